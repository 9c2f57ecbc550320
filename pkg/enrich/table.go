package enrich

import (
	"sync"
	"unique"
)

// DefaultTenant is the tenant of rows and events that name none.
const DefaultTenant = "default"

// Table holds facts by tenant and account. It is safe for concurrent use.
//
// An account takes 200 to 350 bytes: strings that many accounts have in common are kept once, its
// identity and its payment fingerprint are its own.
type Table struct {
	mu      sync.RWMutex
	tenants map[string]map[string]Facts
	n       int
	// owners remembers for which account a key of a compacted topic spoke, where that is not the
	// key itself: a deletion names the key only.
	owners map[string]owner
}

type owner struct{ tenant, account string }

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{tenants: map[string]map[string]Facts{}, owners: map[string]owner{}}
}

// Facts returns what is known of an account.
func (t *Table) Facts(tenant, account string) (Facts, bool) {
	if tenant == "" {
		tenant = DefaultTenant
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	f, ok := t.tenants[tenant][account]
	return f, ok
}

// Len is how many accounts the table knows.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.n
}

// set puts a row into the table, in place of an earlier one of the account.
func (t *Table) set(r *Row) {
	// Few values are many accounts': they are kept once.
	for _, shared := range []*string{
		&r.Tenant, &r.Facts.PaymentIssuer, &r.Facts.Plan, &r.Facts.OrgID, &r.Facts.EmailDomain,
		&r.Facts.Contract, &r.Facts.Purpose,
	} {
		*shared = unique.Make(*shared).Value()
	}
	accounts := t.tenants[r.Tenant]
	if accounts == nil {
		accounts = map[string]Facts{}
		t.tenants[r.Tenant] = accounts
	}
	before := len(accounts)
	accounts[r.Account] = r.Facts
	t.n += len(accounts) - before
}

func (t *Table) remove(o owner) {
	accounts := t.tenants[o.tenant]
	before := len(accounts)
	delete(accounts, o.account)
	t.n += len(accounts) - before
}

// Update takes a record of a compacted topic: the key names the account, unless the value does; a
// nil value removes what the key last told. A record that cannot be read is an error and changes
// nothing.
func (t *Table) Update(key, value []byte) error {
	name := string(key)
	if value == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.remove(t.forget(name))
		return nil
	}
	row, err := readJSON(name, value)
	if err != nil {
		return err
	}
	now := owner{row.Tenant, row.Account}
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.forget(name); last != now {
		t.remove(last)
	}
	if now != (owner{DefaultTenant, name}) {
		t.owners[name] = now
	}
	t.set(row)
	return nil
}

// forget returns the account for which a key last spoke, and forgets that it did.
func (t *Table) forget(key string) owner {
	o, ok := t.owners[key]
	if !ok {
		return owner{DefaultTenant, key}
	}
	delete(t.owners, key)
	return o
}
