package verdict

import (
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// Table holds the standings of accounts. It is made by NewTable, fed with the records of the topic
// in their order by Update, and may be asked by any number of goroutines meanwhile: a lookup takes
// no lock and allocates nothing. It has no clock and does no input or output.
type Table struct {
	current atomic.Pointer[generation]

	mu                             sync.Mutex // held by Update
	records, unreadable, forgotten atomic.Int64
	byStatus                       [statuses]atomic.Int64
}

// NewTable makes an empty table.
func NewTable() *Table {
	t := &Table{}
	t.current.Store(newGeneration(maphash.MakeSeed(), 0))
	return t
}

// Update takes one record of the topic. A nil value, a tombstone, forgets the account. A record
// that cannot be read is counted and leaves the account's standing as it was; the error says what
// is wrong with it and names no account. key and value may be used again afterwards.
func (t *Table) Update(key, value []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records.Add(1)
	id, err := readKey(key)
	if err == nil && value == nil {
		t.forget(id)
		return nil
	}
	var what said
	if err == nil {
		what, err = read(id, value)
	}
	if err != nil {
		t.unreadable.Add(1)
		return fmt.Errorf("verdict: read account record: %w", err)
	}
	t.put(id, &what)
	return nil
}

func (t *Table) put(id identity, what *said) {
	g := t.current.Load()
	if g.worn() {
		g = g.next()
		t.current.Store(g)
	}
	if old, _ := g.find(id); old != nil {
		t.byStatus[old.status()].Add(-1)
	}
	g.put(id, what)
	t.byStatus[what.status].Add(1)
}

func (t *Table) forget(id identity) {
	t.forgotten.Add(1)
	g := t.current.Load()
	if old, _ := g.find(id); old != nil {
		t.byStatus[old.status()].Add(-1)
		g.forget(id)
	}
}

// Lookup returns the standing of an account, which is the zero Standing for one that was never
// named. Both names are those of the gateway's events, unescaped; an empty tenant is "default".
func (t *Table) Lookup(tenant, account string) Standing {
	g := t.current.Load()
	e, _ := g.find(identify(tenant, account))
	if e == nil {
		return Standing{}
	}
	return e.standing(*g.texts.Load())
}

// Account is an account by name.
type Account struct{ Tenant, Account string }

// Members returns the accounts whose standing names a finding, in no order. It looks at every
// account: some tens of milliseconds for a million.
func (t *Table) Members(uid string) []Account {
	var members []Account
	g := t.current.Load()
	for e := range g.each() {
		found := findings{refs: e.refs(), texts: *g.texts.Load()}
		for finding := range found.all() {
			if finding.UID == uid {
				members = append(members, Account{
					Tenant: g.text(e.tenant()), Account: string(e.account()),
				})
				break
			}
		}
	}
	return members
}

// Stats are the table's figures.
type Stats struct {
	// Accounts counts the accounts that are kept by their status; unknown are those whose status
	// this release does not know.
	Accounts map[Status]int64
	// Records counts the records taken, Unreadable those of them that could not be read, Forgotten
	// those that were tombstones.
	Records, Unreadable, Forgotten int64
}

// Stats returns the table's figures.
func (t *Table) Stats() Stats {
	s := Stats{
		Accounts: make(map[Status]int64, statuses), Records: t.records.Load(),
		Unreadable: t.unreadable.Load(), Forgotten: t.forgotten.Load(),
	}
	for i := range t.byStatus {
		s.Accounts[Status(i)] = t.byStatus[i].Load()
	}
	return s
}
