package backtest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Reach is how many bits below the threshold groups are measured as thoroughly as those beyond, to
// see how their number falls towards the threshold.
const Reach = 3

// observeEvery is the least event time between two evaluations: what a group shows changes slowly,
// and evaluations are expensive where no group is left out of the search.
const observeEvery = 30 * time.Minute

// Observing returns the options for a calibration: the same search, in which no group ever becomes
// a campaign. In service a group is reported, and then left out of the search, as soon as it is
// beyond a threshold; here it is measured again and again, so that one sees how far it gets. A
// group within Reach of a threshold has its members fitted as if it was beyond.
func Observing(o campaign.Options) campaign.Options {
	o.Observe = true
	// It is about the findings that alert, or would.
	o.Shadow.All, o.Shadow.Unseen = false, true
	o.Total -= Reach
	o.Operator -= Reach
	o.Purpose -= Reach
	o.Interval = max(o.Interval, observeEvery)
	return o
}

// Calibration collects what correlate measures on traffic that is believed to be honest.
type Calibration struct {
	o           campaign.Options
	first, last int64
	held        map[uint64]*sighting
	refs        int
	accounts    map[uint64]struct{}
	labels      labels
}

// sighting is one set of accounts, as often as it was measured.
type sighting struct {
	best        search.Measurement
	excess      float64
	rule        decision.RuleID
	first, last int64
}

// maxRefs bounds the members that are held, over all sightings: about 1 GB at worst. Beyond it,
// sightings of one group are joined at once.
const maxRefs = 1 << 24

// NewCalibration makes a collector; o is what the service would run with.
func NewCalibration(o campaign.Options) *Calibration {
	return &Calibration{o: o, held: map[uint64]*sighting{}, accounts: map[uint64]struct{}{}}
}

// Saw takes in an observation: it counts the accounts. It is the run's Observe.
func (c *Calibration) Saw(out stage.Out) { c.accounts[xxh3.Hash(out.Key)] = struct{}{} }

// Add takes in one measurement; it is the stage's Trace.
func (c *Calibration) Add(m search.Measurement) {
	if c.first == 0 {
		c.first = m.Time
	}
	c.last = max(c.last, m.Time)
	rule, excess := decision.Nearest(&m.Scores, &c.o.Policy)
	if excess < -Reach || len(m.Members) == 0 {
		return
	}
	key := identity(&m)
	s := c.held[key]
	if s == nil {
		s = &sighting{best: m, excess: excess, rule: rule, first: m.Time, last: m.Time}
		c.held[key] = s
		c.refs += len(m.Members)
		if c.refs > maxRefs {
			c.compact()
		}
		return
	}
	s.last = m.Time
	if excess > s.excess {
		s.best, s.excess, s.rule = m, excess, rule
	}
}

// identity names a set of accounts, apart for groups as found and as fitted. Members come in one
// order, whatever the group.
func identity(m *search.Measurement) uint64 {
	h := xxh3.New()
	if m.Fitted {
		_, _ = h.WriteString("fitted")
	}
	for _, s := range append([]string{m.Tenant}, m.Members...) {
		_, _ = h.WriteString(s)
		_, _ = h.WriteString("\x00")
	}
	return h.Sum64()
}

// compact keeps the best sightings of each group only.
func (c *Calibration) compact() {
	groups := c.Groups()
	clear(c.held)
	c.refs = 0
	for _, g := range groups {
		for _, s := range []*sighting{g.fitted, g.raw} {
			if s != nil {
				s.first, s.last = g.First, g.Last
				c.held[identity(&s.best)] = s
				c.refs += len(s.best.Members)
			}
		}
	}
}

// Days is the event time in which groups were judged.
func (c *Calibration) Days() float64 {
	if c.first == 0 {
		return 0
	}
	return float64(c.last-c.first+Observing(c.o).Interval.Milliseconds()) / 86_400_000
}

// Group is one group of accounts over the whole recording, as a finding would follow it.
type Group struct {
	// Best is the measurement that came nearest to a threshold, or went farthest beyond: of the
	// fitted group if it ever was one, for only that is reported.
	Best search.Measurement
	// Excess is by how many bits that was beyond the threshold (negative: below) of the rule by
	// which it came nearest.
	Excess float64
	Rule   decision.RuleID
	// RawExcess is the same before bystanders were pruned.
	RawExcess float64
	// Fitted says that Best is of the fitted group.
	Fitted bool
	// First and Last are when it was first and last within Reach.
	First, Last int64

	fitted, raw *sighting
}

// Groups joins the sightings to distinct groups, those farthest beyond a threshold first. As in the
// search, the best sighting takes its accounts away from the others: one that consists mostly of
// accounts of better ones is the same group again, at another time or found in another way.
func (c *Calibration) Groups() []*Group {
	list := make([]*sighting, 0, len(c.held))
	for _, s := range c.held {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *sighting) int {
		fitted := func(s *sighting) int {
			if s.best.Fitted {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(fitted(a), fitted(b)), cmp.Compare(b.excess, a.excess),
			cmp.Compare(a.first, b.first), cmp.Compare(a.best.Tenant, b.best.Tenant),
			slices.Compare(a.best.Members, b.best.Members))
	})
	type account struct{ tenant, name string }
	owner := map[account]*Group{}
	counts := map[*Group]int{}
	var out []*Group
	for _, s := range list {
		clear(counts)
		var home *Group
		left := len(s.best.Members)
		for _, a := range s.best.Members {
			if g := owner[account{s.best.Tenant, a}]; g != nil {
				left--
				if counts[g]++; home == nil || counts[g] > counts[home] {
					home = g
				}
			}
		}
		if left >= c.o.Search.MinGroup && 2*left > len(s.best.Members) {
			home = nil
		}
		if home == nil {
			home = &Group{
				RawExcess: math.Inf(-1), Excess: s.excess, Rule: s.rule, Best: s.best,
				Fitted: s.best.Fitted, First: s.first, Last: s.last,
			}
			out = append(out, home)
		}
		home.First, home.Last = min(home.First, s.first), max(home.Last, s.last)
		switch {
		case s.best.Fitted && home.fitted == nil:
			home.fitted = s
		case !s.best.Fitted && s.excess > home.RawExcess:
			home.raw, home.RawExcess = s, s.excess
		}
		for _, a := range s.best.Members {
			if k := (account{s.best.Tenant, a}); owner[k] == nil {
				owner[k] = home
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *Group) int { return cmp.Compare(b.Excess, a.Excess) })
	return out
}
