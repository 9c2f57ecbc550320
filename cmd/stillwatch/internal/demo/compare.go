package demo

import (
	"sync"

	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// maxMeasured bounds what is remembered of the groups that correlate measures.
const maxMeasured = 50_000

// measured remembers the groups of accounts that correlate has measured.
type measured struct {
	mu     sync.Mutex
	groups []search.Measurement
	n      int64
}

func (m *measured) add(c search.Measurement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	if len(m.groups) < maxMeasured {
		m.groups = append(m.groups, c)
	}
}

func (m *measured) count() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n
}

// closest returns the group that came closest to a finding among those that consist mostly of the
// accounts; ok is false when none did.
func (m *measured) closest(accounts []string) (best search.Measurement, ok bool) {
	in := make(map[string]bool, len(accounts))
	for _, a := range accounts {
		in[a] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.groups {
		n := 0
		for _, a := range c.Members {
			if in[a] {
				n++
			}
		}
		if 2*n > len(c.Members) && (!ok || c.Margin > best.Margin) {
			best, ok = c, true
		}
	}
	return best, ok
}

// crowd is a set of simulated accounts and what became of them.
type crowd struct {
	id, kind        string
	campaign        bool
	accounts, named int
	// closest is the group out of this crowd that came closest to a finding, when one was measured
	// at all.
	closest  search.Measurement
	measured bool
}

// compare compares what was reported with what the simulator knows.
func (d *demo) compare() []crowd {
	truth := d.world.Truth()
	var out []crowd
	add := func(c crowd, accounts []string) {
		c.accounts, c.named = len(accounts), d.watch.named(accounts)
		c.closest, c.measured = d.groups.closest(accounts)
		out = append(out, c)
	}
	for _, c := range truth.Campaigns {
		add(crowd{id: c.ID, kind: c.Kind, campaign: true}, c.Accounts)
	}
	for _, g := range truth.BenignGroups {
		add(crowd{id: g.ID, kind: g.Kind}, g.Accounts)
	}
	return out
}
