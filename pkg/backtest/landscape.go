package backtest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// landscape keeps the groups of accounts that the search looked at, each with its best measurement,
// and at most so many: those nearest to the threshold.
type landscape struct {
	most  int
	truth *Truth
	// groups are keyed by origin and members.
	groups map[groupKey]*group
	// closest is, per labelled group, the one that came nearest to the threshold out of those that
	// consist mostly of its accounts.
	closest map[string]*group
	// total counts the measurements, dropped the groups that were let go for want of room.
	total, dropped int64
}

type groupKey struct{ origin, members uint64 }

// group is a measured group of accounts, without its members.
type group struct {
	key          groupKey
	origin, bits string
	size         int
	// largest is the labelled group of most members, share its part of them; majority is the same
	// where that is at least half, else mixed.
	largest, majority             string
	share                         float64
	coordination, harvest, margin float64
	families                      int
	found                         bool
}

func newLandscape(most int, t *Truth) *landscape {
	return &landscape{
		most: most, truth: t, groups: map[groupKey]*group{}, closest: map[string]*group{},
	}
}

func (m *landscape) add(c *search.Measurement) {
	m.total++
	k := groupKey{origin: xxh3.HashString(c.Tenant + "\x00" + c.Origin)}
	for _, a := range c.Members {
		// A sum, because a set has no order.
		k.members += xxh3.HashString(a)
	}
	known := m.groups[k]
	if known != nil && c.Margin <= known.margin {
		known.found = known.found || c.Found
		return
	}
	g := &group{
		key: k, origin: c.Origin, size: len(c.Members), bits: strongest(c.Bits),
		coordination: c.Coordination, harvest: c.Harvest, margin: c.Margin,
		families: len(c.Agreeing), found: c.Found || known != nil && known.found,
	}
	if known != nil {
		g.largest, g.majority, g.share = known.largest, known.majority, known.share
	} else {
		g.largest, g.share = m.largest(c.Members)
		if g.majority = g.largest; g.share < .5 {
			g.majority = mixed
		}
	}
	m.groups[k] = g
	if best := m.closest[g.majority]; best == nil || g.margin > best.margin {
		m.closest[g.majority] = g
	}
	if len(m.groups) >= 2*m.most {
		m.trim()
	}
}

// mixed is the majority of a group of accounts in which no labelled group has half of them.
const mixed = "mixed"

// largest is the labelled group that most of the accounts belong to.
func (m *landscape) largest(accounts []string) (group string, share float64) {
	by := map[string]int{}
	for _, a := range accounts {
		by[m.truth.groupOf(a)]++
	}
	for g, n := range by {
		if n > by[group] || n == by[group] && g < group {
			group = g
		}
	}
	return group, float64(by[group]) / float64(max(len(accounts), 1))
}

// trim drops all but the groups nearest to the threshold.
func (m *landscape) trim() {
	list := m.list()
	for _, g := range list[min(len(list), m.most):] {
		delete(m.groups, g.key)
		m.dropped++
	}
}

// list sorts the groups, the best first.
func (m *landscape) list() []*group {
	list := make([]*group, 0, len(m.groups))
	for _, g := range m.groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(
			cmp.Compare(b.margin, a.margin), cmp.Compare(a.key.origin, b.key.origin),
			cmp.Compare(a.key.members, b.key.members),
		)
	})
	return list
}

// shownBits is how many detectors a tooltip names.
const shownBits = 4

// strongest names the detectors that say most, for or against.
func strongest(bits map[string]float64) string {
	ids := make([]string, 0, len(bits))
	for id, b := range bits {
		if math.Abs(b) >= 0.5 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(math.Abs(bits[b]), math.Abs(bits[a])), cmp.Compare(a, b))
	})
	var parts []string
	for _, id := range ids[:min(len(ids), shownBits)] {
		parts = append(parts, fmt.Sprintf("%s %+.1f", id, bits[id]))
	}
	return strings.Join(parts, ", ")
}
