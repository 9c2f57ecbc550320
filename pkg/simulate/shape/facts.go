package shape

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// FactColumns are the columns of a file of facts, as docs/enrichment.md describes it.
func FactColumns() []string {
	return []string{
		"tenant", "account", "created_at", "payment_fp", "payment_issuer", "plan", "org_id",
		"verified", "email_domain", "contract", "purpose",
	}
}

// Facts gathers what events say of their accounts: what a table of accounts would know.
type Facts struct {
	rows map[factKey]*factRow
	// Changed is how many accounts were not always what they are in the table: it holds what
	// their last event said.
	Changed int
}

// factKey names an account as the service knows it.
type factKey struct{ tenant, account string }

// factRow are the columns after the account's.
type factRow struct {
	values  [9]string
	changed bool
}

// NewFacts begins a table.
func NewFacts() *Facts { return &Facts{rows: map[factKey]*factRow{}} }

// Restored are the fields that the service fills from the table.
func Restored() []string {
	var out []string
	for _, name := range FactColumns()[2:] {
		out = append(out, "account."+name)
	}
	return out
}

// Add takes what an event says of its account. read is what the shape carries of the event: the
// table has the account's name in the records.
func (f *Facts) Add(ev, read *event.Event) {
	key := factKey{read.Tenant, Who(read)}
	a := &ev.Account
	values := [9]string{
		"", a.PaymentFP, a.PaymentIssuer, a.Plan, a.OrgID, "", a.EmailDomain, a.Contract, a.Purpose,
	}
	if a.CreatedAt != 0 {
		values[0] = iso(a.CreatedAt)
	}
	if a.Verified.Known {
		values[5] = strconv.FormatBool(a.Verified.V)
	}
	row := f.rows[key]
	if row == nil {
		row = &factRow{}
		f.rows[factKey{strings.Clone(key.tenant), strings.Clone(key.account)}] = row
	}
	for i, v := range values {
		if v == "" || v == row.values[i] || !event.ValidIdentity(v) {
			continue
		}
		if row.values[i] != "" && !row.changed {
			row.changed = true
			f.Changed++
		}
		row.values[i] = strings.Clone(v)
	}
}

// Len is the number of accounts.
func (f *Facts) Len() int { return len(f.rows) }

// Write writes the table as CSV, by tenant and account.
func (f *Facts) Write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(FactColumns()); err != nil {
		return fmt.Errorf("write facts: %w", err)
	}
	keys := slices.SortedFunc(maps.Keys(f.rows), func(a, b factKey) int {
		if c := strings.Compare(a.tenant, b.tenant); c != 0 {
			return c
		}
		return strings.Compare(a.account, b.account)
	})
	for _, key := range keys {
		row := append([]string{key.tenant, key.account}, f.rows[key].values[:]...)
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write facts: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write facts: %w", err)
	}
	return nil
}
