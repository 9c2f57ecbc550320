package evaluate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// Group is a group of accounts that was measured near a threshold or beyond. It is kept as a line
// of JSON.
type Group struct {
	World string `json:"world"`
	// Time is the event time of the evaluation (Unix ms), Origin how the group was found.
	Time   int64  `json:"time"`
	Origin string `json:"origin"`
	// Fitted says that its members were fitted: only such groups become findings. Found says that
	// it is a finding with the thresholds that held, were findings made.
	Fitted bool `json:"fitted"`
	Found  bool `json:"found"`
	// Margin is by how many bits the thresholds could be raised until the nearest rule only just
	// made it a finding, causes left out; negative below. Excess is the same with the causes that
	// must agree; none where they do not.
	Margin float64  `json:"margin"`
	Excess *float64 `json:"excess,omitempty"`
	Size   int      `json:"size"`
	// Purity is the share of the members that are of a campaign. Campaigns and Honest say which
	// accounts they are: numbers within the labelled group.
	Purity    float64          `json:"purity"`
	Campaigns map[string][]int `json:"campaigns,omitempty"`
	Honest    map[string][]int `json:"honest,omitempty"`
	// Mechanisms are those of the honest members' crowds, Leaked the share of each campaign's
	// harvest that had been served.
	Mechanisms map[string][]string `json:"mechanisms,omitempty"`
	Leaked     map[string]float64  `json:"leaked,omitempty"`
	Scores     decision.Scores     `json:"scores"`
	Bits       map[string]float64  `json:"bits"`
}

// groupStep is by how many bits a group must raise the best of one of its accounts to be kept once
// more: finer steps than half a bit (a factor of 1.4) tell a threshold nothing.
const groupStep = 0.5

// Observed collects the groups that an engine measures which makes no findings. Of the groups of
// one evaluation the best come first; one is kept when it raises the best of one of its accounts,
// so that what is kept says for each threshold which accounts were beyond it first, and when. The
// best of each account is kept as well, by however little it is better.
type Observed struct {
	policy decision.Policy
	at     int64
	round  []Group
	// members are those of the round's groups.
	members map[int][]string
	best    map[accountKind]float64
	kept    []Group
	who     [][]string
	// tops are the best of the groups that raised their accounts by less than a step.
	tops map[accountKind]*top
}

// top is a group that is kept if nothing better comes.
type top struct {
	group   Group
	members []string
}

// accountKind is an account and the kind of group that it is in: groups that were not fitted, or
// whose causes do not agree, must not hide those that were and do.
type accountKind struct {
	account        string
	fitted, causes bool
}

// NewObserved makes a collector; p holds the thresholds that would hold.
func NewObserved(p decision.Policy) *Observed {
	p.Observe = false
	return &Observed{
		policy: p, best: map[accountKind]float64{}, members: map[int][]string{},
		tops: map[accountKind]*top{},
	}
}

// Add takes in one measurement; it is the stage's Trace.
func (o *Observed) Add(m search.Measurement) {
	if m.Time != o.at {
		o.flush()
		o.at = m.Time
	}
	margin := o.margin(m.Scores)
	// A single account is no group; its findings are Low.
	if len(m.Members) < 2 || margin < -backtest.Reach {
		return
	}
	g := Group{
		Time: m.Time, Origin: m.Origin, Fitted: m.Fitted, Margin: margin, Size: len(m.Members),
		Scores: m.Scores, Bits: m.Bits,
	}
	if _, excess := decision.Nearest(&m.Scores, &o.policy); !math.IsInf(excess, 0) {
		g.Excess = &excess
		g.Found = g.Fitted && excess >= 0
	}
	o.members[len(o.round)] = m.Members
	o.round = append(o.round, g)
}

// margin is the excess were there causes enough, and how much is missing where another condition
// stands in the way.
func (o *Observed) margin(s decision.Scores) float64 {
	s.Causes = o.policy.Families
	if _, excess := decision.Nearest(&s, &o.policy); !math.IsInf(excess, 0) {
		return excess
	}
	return decision.Margin(&s, &o.policy)
}

// flush keeps what is new in the evaluation that has ended.
func (o *Observed) flush() {
	order := make([]int, len(o.round))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(o.round[b].Margin, o.round[a].Margin)
	})
	for _, i := range order {
		g, members := &o.round[i], o.members[i]
		raised := false
		var t *top
		for _, account := range members {
			k := accountKind{account, g.Fitted, g.Excess != nil}
			best, ok := o.best[k]
			switch {
			case !ok || g.Margin >= best+groupStep:
				o.best[k], raised = g.Margin, true
			case g.Margin > best && (o.tops[k] == nil || g.Margin > o.tops[k].group.Margin):
				if t == nil {
					t = &top{*g, members}
				}
				o.tops[k] = t
			}
		}
		if raised {
			o.kept, o.who = append(o.kept, *g), append(o.who, members)
		}
	}
	o.round = o.round[:0]
	clear(o.members)
}

// keepTops keeps the best of each account that is not kept yet, in the order of time.
func (o *Observed) keepTops() {
	more := map[*top]bool{}
	for k, t := range o.tops {
		if t.group.Margin > o.best[k] {
			more[t] = true
		}
	}
	clear(o.tops)
	all := make([]*top, 0, len(o.kept)+len(more))
	for i := range o.kept {
		all = append(all, &top{o.kept[i], o.who[i]})
	}
	all = slices.AppendSeq(all, maps.Keys(more))
	slices.SortStableFunc(all, func(a, b *top) int {
		return cmp.Or(
			cmp.Compare(a.group.Time, b.group.Time), cmp.Compare(b.group.Margin, a.group.Margin),
			slices.Compare(a.members, b.members), cmp.Compare(a.group.Origin, b.group.Origin),
		)
	})
	o.kept, o.who = o.kept[:0], o.who[:0]
	for _, t := range all {
		o.kept, o.who = append(o.kept, t.group), append(o.who, t.members)
	}
}

// Groups labels the groups that were kept. leaked is the share of a campaign's harvest that had
// been served at a time.
func (o *Observed) Groups(
	truth *simulate.Truth, leaked func(campaign string, at int64) float64,
) []Group {
	o.flush()
	o.keepTops()
	type label struct {
		group    string
		number   int
		campaign bool
	}
	labels, mechanisms := map[string]label{}, map[string][]string{}
	for _, c := range truth.Campaigns {
		for i, a := range c.Accounts {
			labels[a] = label{c.ID, i, true}
		}
	}
	for _, b := range truth.BenignGroups {
		mechanisms[b.ID] = b.Mechanisms
		for i, a := range b.Accounts {
			labels[a] = label{b.ID, i, false}
		}
	}
	for i := range o.kept {
		g := &o.kept[i]
		g.World = truth.Corpus
		g.Campaigns, g.Honest = map[string][]int{}, map[string][]int{}
		g.Mechanisms, g.Leaked = map[string][]string{}, map[string]float64{}
		own := 0
		for _, a := range o.who[i] {
			l := labels[a]
			if l.campaign {
				own++
				g.Campaigns[l.group] = append(g.Campaigns[l.group], l.number)
				g.Leaked[l.group] = leaked(l.group, g.Time)
				continue
			}
			g.Honest[l.group] = append(g.Honest[l.group], l.number)
			if m := mechanisms[l.group]; len(m) > 0 {
				g.Mechanisms[l.group] = m
			}
		}
		g.Purity = float64(own) / float64(g.Size)
	}
	return o.kept
}

// WriteGroups writes a world's groups as lines of JSON; the file is there whole or not at all.
func WriteGroups(path string, groups []Group) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".groups-")
	if err != nil {
		return fmt.Errorf("keep the groups: %w", err)
	}
	enc := json.NewEncoder(f)
	for i := range groups {
		if err = enc.Encode(&groups[i]); err != nil {
			break
		}
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the groups: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// ReadGroups reads what WriteGroups wrote; there are none where there is no file.
func ReadGroups(path string) (groups []Group, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the groups: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for dec := json.NewDecoder(f); ; {
		var g Group
		if err := dec.Decode(&g); errors.Is(err, io.EOF) {
			return groups, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the groups in %s: %w", path, err)
		}
		groups = append(groups, g)
	}
}
