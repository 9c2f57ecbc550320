package evaluate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// NearGroup is how near one distinct group of mostly honest accounts came to being a finding in a
// world, or how far it went beyond.
type NearGroup struct {
	// Margin is the best that it showed: by how many bits all conditions of a rule could be raised
	// until the group is no finding, negative below.
	Margin float64 `json:"margin"`
	Rule   string  `json:"rule"`
	// Size counts its accounts. Crowd is the labelled group that most of them are of.
	Size       int      `json:"size"`
	Crowd      string   `json:"crowd"`
	Mechanisms []string `json:"mechanisms,omitempty"`
	// Time is when it showed that (event time, Unix ms).
	Time         int64   `json:"time"`
	Coordination float64 `json:"coordination"`
	Harvest      float64 `json:"harvest"`
	// Reported says that it was a finding. What is reported leaves the search, so that it came at
	// least so far.
	Reported bool `json:"reported,omitempty"`
}

const (
	// leastMargin is the margin from which groups count. Farther below no campaign is looked for
	// either, and the groups there say little about those near the thresholds.
	leastMargin = -4
	// Deeper is by how many bits deeper than in service members must be fitted for those groups to
	// be seen: as deep as with Observe, five bits below. Fitting adds a bit at most.
	Deeper = backtest.Reach
	// leastPurpose is the bits of purpose from which a group can come near by the purpose rule:
	// every group with a text of its own and none is as far below that rule as the threshold is
	// high, which says nothing of how likely more is.
	leastPurpose = 0.5
)

// Nearness collects the groups that came near to being a finding.
type Nearness struct {
	policy decision.Policy
	// best has the best measurement of each set of accounts.
	best map[string]*measured
}

type measured struct {
	NearGroup

	members []string
}

// NewNearness makes a collector; p holds the thresholds that would hold.
func NewNearness(p decision.Policy) *Nearness {
	return &Nearness{policy: p, best: map[string]*measured{}}
}

// Add takes in one measurement; it is the stage's Trace.
func (n *Nearness) Add(m search.Measurement) {
	// A single account is no group; its findings are Low.
	if !m.Fitted || len(m.Members) < 2 {
		return
	}
	if m.Purpose < leastPurpose {
		m.Text = 0
	}
	rule, margin := decision.Closest(&m.Scores, &n.policy)
	if margin <= leastMargin {
		return
	}
	key := strings.Join(m.Members, "\x00")
	if known := n.best[key]; known != nil && known.Margin >= margin {
		known.Reported = known.Reported || m.Found
		return
	} else if known != nil {
		m.Found = m.Found || known.Reported
	}
	n.best[key] = &measured{NearGroup{
		Margin: margin, Rule: decision.Rules[rule].Name, Size: len(m.Members), Time: m.Time,
		Coordination: m.Coordination, Harvest: m.Harvest, Reported: m.Found,
	}, m.Members}
}

// Groups lists the distinct groups of mostly honest accounts, the nearest first, and one of each
// crowd. As when a tenant is calibrated, the best one takes its accounts away: another that
// consists mostly of them is the same group again. So is another one of the same crowd: what
// brought the crowd together explains both. The list is never nil: results of a program that did
// not look have none.
func (n *Nearness) Groups(truth *simulate.Truth, minGroup int) []NearGroup {
	crowds := map[string]*simulate.BenignGroup{}
	for i := range truth.BenignGroups {
		for _, a := range truth.BenignGroups[i].Accounts {
			crowds[a] = &truth.BenignGroups[i]
		}
	}
	all := make([]*measured, 0, len(n.best))
	for _, g := range n.best {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *measured) int {
		return cmp.Or(
			cmp.Compare(b.Margin, a.Margin), cmp.Compare(a.Time, b.Time),
			slices.Compare(a.members, b.members),
		)
	})
	out := []NearGroup{}
	taken, seen := map[string]bool{}, map[string]bool{}
	for _, g := range all {
		honest, fresh := 0, 0
		of := map[string]int{}
		for _, a := range g.members {
			if c := crowds[a]; c != nil {
				honest++
				of[c.ID]++
				if n := of[c.ID]; n > of[g.Crowd] || n == of[g.Crowd] && c.ID < g.Crowd {
					g.Crowd, g.Mechanisms = c.ID, c.Mechanisms
				}
			}
		}
		// At least half are of campaigns: a finding about it would be true.
		if 2*honest <= len(g.members) {
			continue
		}
		for _, a := range g.members {
			if !taken[a] {
				fresh++
			}
			taken[a] = true
		}
		// People whom no mechanism brought together are no crowd.
		again := len(g.Mechanisms) > 0 && seen[g.Crowd]
		seen[g.Crowd] = true
		if !again && (fresh == g.Size || fresh >= minGroup && 2*fresh > g.Size) {
			out = append(out, g.NearGroup)
		}
	}
	return out
}
