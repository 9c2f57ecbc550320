package campaign

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// accountExplainer explains how an account stands.
type accountExplainer struct{ look }

// nearestGroups is how many open findings that do not name an account are told of, the nearest.
const nearestGroups = 3

func (x accountExplainer) explain(name string) *ExplainedAccount {
	a := x.tenant.population.Named(name)
	v := x.tenant.verdict(name, x.now)
	out := &ExplainedAccount{
		Account: name, Live: a != nil, Status: v.Status, Groups: []AccountInGroup{},
		Verdicts: []ExplainedVerdict{}, Says: []string{},
	}
	if a != nil {
		x.describe(out, a)
	}
	var near []AccountInGroup
	for _, c := range x.tenant.campaigns {
		g := AccountInGroup{FindingBrief: brief(c), Unnamed: slices.Contains(c.Unnamed, name)}
		g.Named, g.Member = c.Members[name]
		var l *membership.Likelihood
		if a != nil && x.search != nil && c.kind() == KindCampaign && c.Model != nil {
			l = x.fit(&g, c, a)
		}
		g.Says = x.saysOf(c, &g, a, l)
		switch {
		case g.Member || g.Unnamed:
			out.Groups = append(out.Groups, g)
		case g.Fit != nil && !c.Closed:
			near = append(near, g)
		}
	}
	slices.SortStableFunc(out.Groups, func(a, b AccountInGroup) int {
		return cmp.Or(compareBool(b.Member && !b.Closed, a.Member && !a.Closed),
			cmp.Compare(b.Opened, a.Opened))
	})
	slices.SortStableFunc(near, func(a, b AccountInGroup) int {
		return cmp.Compare(b.Fit.Bits-b.Fit.Needs, a.Fit.Bits-a.Fit.Needs)
	})
	out.Groups = append(out.Groups, near[:min(len(near), nearestGroups)]...)
	if a != nil {
		out.Verdicts = x.verdicts(a)
	}
	out.Says = x.says(out)
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// describe fills in what the account is and what it shows by itself.
func (x accountExplainer) describe(out *ExplainedAccount, a *index.Account) {
	p := &a.Profile
	out.Org, out.FirstSeen, out.LastSeen = p.Org, p.FirstSeen, p.LastSeen
	out.Requests, out.Requests24h, out.Output = p.Requests, p.Requests24h, p.OutputTokens
	out.Stack = stackOf(a)
	out.Vouched = a.Entity != a.Order
	if out.Vouched {
		for _, o := range x.tenant.population.Slots {
			if o != nil && o.Entity == a.Entity {
				out.Customer++
			}
		}
	}
	if x.search == nil {
		return
	}
	of := watch.MeasureCustomer(x.search, []int32{a.Slot})
	_, passes := of.Judge(&of.Found.Score)
	o := &x.engine.o
	out.Alone = &AloneState{
		Harvest: hundredths(of.Found.Score.Harvest), NeedsHarvest: o.AccountHarvest,
		Requests: p.Requests24h, NeedsRequests: o.Watch.AccountRequests,
		Finding: passes && p.Requests24h >= o.Watch.AccountRequests,
	}
}

// fit measures the account against a campaign.
func (x accountExplainer) fit(
	g *AccountInGroup, c *Campaign, a *index.Account,
) *membership.Likelihood {
	population := x.tenant.population
	holds := c.holds(population)
	inside := g.Member || g.Unnamed
	l := c.fit(a, x.search, inside, holds)
	s := l.Standing(c.Model.Size, float64(population.Entities()))
	carried := membership.CarriedBy(c.Model, &a.Profile)
	f := &FitState{
		LogOdds: hundredths(s.Bits - s.Prior), Bits: hundredths(s.Bits),
		Prior: hundredths(s.Prior), Needs: hundredths(s.Needs), Stays: hundredths(s.Stays),
		Causes: s.Causes, NeedsCauses: s.NeedsCauses, Alone: s.Alone,
		Families: []FamilyBits{}, Behaviour: hundredths(l.Behaviour()),
		Linked: a.LinkedTo(holds), Shared: []SharedState{},
		Phrases: carried.Phrases, Of: carried.Of, Text: hundredths(carried.Share),
		HasLayout: carried.HasLayout, Layout: carried.Layout,
	}
	for i, family := range detectors.Families {
		if bits := hundredths(l.Families[i]); bits != 0 {
			f.Families = append(f.Families, FamilyBits{family, bits})
		}
	}
	slices.SortStableFunc(f.Families, func(a, b FamilyBits) int {
		return cmp.Compare(b.Bits, a.Bits)
	})
	others := x.search.Assessor.Context.Baseline
	for _, v := range membership.SharedBy(c.Model, &a.Profile, others, inside) {
		state := SharedState{
			Attribute: v.Attribute.String(), Family: v.Family, Reported: v.Value != 0,
			Members: hundredths(v.Members), Others: thousandths(v.Others),
			Bits: hundredths(v.Bits),
		}
		switch {
		case v.Attribute < attribute.NumKept:
			state.Value, _ = a.Label(v.Attribute, v.Value)
		case v.Value > 0:
			// The number of a day, from 1.
			ms := int64(v.Value-1) * fingerprint.Day
			state.Value = time.UnixMilli(ms).UTC().Format(time.DateOnly)
		}
		f.Shared = append(f.Shared, state)
	}
	slices.SortStableFunc(f.Shared, func(a, b SharedState) int {
		return cmp.Compare(b.Bits, a.Bits)
	})
	g.Fit = f
	return &l
}

// thousandths rounds a share of everybody, which may be small.
func thousandths(v float64) float64 { return hundredths(v*10) / 10 }

// saysOf says why the account is a member of a group or not; l is how it fits, nil where it was not
// measured or membership does not go by that.
func (x accountExplainer) saysOf(
	c *Campaign, g *AccountInGroup, a *index.Account, l *membership.Likelihood,
) []string {
	says := []string{}
	if l == nil {
		switch {
		case !g.Member:
			return says
		case c.kind() == KindTripwire:
			says = append(says, "It is named because it is one of the accounts that "+
				c.Tripwire.Does(c.Signs)+".")
		case c.kind() == KindAccount && !c.Customer:
			says = append(says, "The finding is about this account alone.")
		case c.kind() == KindAccount:
			says = append(says, "The finding is about all accounts of its customer.")
		}
		return says
	}
	population := float64(x.tenant.population.Entities())
	s := l.Standing(c.Model.Size, population)
	if !g.Member {
		return append(says, x.whyNotNamed(c, g, a, &s)...)
	}
	says = append(says, fmt.Sprintf("It fits the group with %.1f bits; beforehand it was %.1f bits "+
		"less likely to be a member than not, so the odds that it is one are %s.",
		s.Bits, s.Prior, odds(s.Bits-s.Prior)))
	if !s.Remains {
		return append(says, "What it shows now no longer fits: it will be let go.")
	}
	var needed []string
	for _, family := range detectors.Families {
		if l.Families.On(family) <= 0 {
			continue
		}
		less := l.Without(family)
		if rest := less.Standing(c.Model.Size, population); !rest.Remains {
			needed = append(needed, string(family))
		}
	}
	if len(needed) > 0 {
		return append(says, "Without what it shows of "+either(needed)+" it would be let go.")
	}
	return append(says, "It would stay a member without any one of the signal families on which "+
		"it agrees.")
}

// whyNotNamed says why the account is no member.
func (x accountExplainer) whyNotNamed(
	c *Campaign, g *AccountInGroup, a *index.Account, s *membership.Standing,
) (says []string) {
	if g.Unnamed {
		says = append(says, "It is a likely member, and has shown too little to be named.")
	}
	switch {
	case x.tenant.saidOf(c, a.Profile.Account) == review.Dismiss:
		says = append(says, "It is not named because an analyst's verdict on it says dismiss.")
	case s.Fits && c.Closed:
		says = append(says, "It would fit; the finding is closed.")
	case s.Fits && x.search.Claims.Has(a.Slot):
		says = append(says, "It would fit, and is in another campaign, which explains it.")
	case s.Fits:
		says = append(says, "It fits, and will be named at the next evaluation that looks at it.")
	default:
		if s.Bits < s.Needs {
			says = append(says, fmt.Sprintf("It is not named: it fits with %.1f bits, and %.1f are "+
				"needed.", s.Bits, s.Needs))
		}
		if !s.Alone && s.Causes < s.NeedsCauses {
			says = append(says, fmt.Sprintf("It agrees with the members on %s; %d are needed where "+
				"the text does not speak alone.", countOf(s.Causes, "cause"), s.NeedsCauses))
		}
	}
	return says
}

// odds writes log odds in bits as odds.
func odds(bits float64) string {
	const sure = 20
	switch {
	case bits > sure:
		return "more than a million to one"
	case bits < 0:
		return "below even"
	default:
		return fmt.Sprintf("%.0f to one", math.Exp2(bits))
	}
}

// countOf writes a count with its noun.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// either writes names as a choice in a sentence.
func either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", of ") + " or of " + names[last]
}

// verdicts lists the verdicts that cover the account, the newest first.
func (x accountExplainer) verdicts(a *index.Account) []ExplainedVerdict {
	out := []ExplainedVerdict{}
	counted := false
	for _, h := range slices.Backward(x.tenant.book.All()) {
		if scope := &h.Verdict.Scope; scope.One() || !scope.Covers(reviewed{a}) {
			continue
		}
		e := explainedVerdict(h)
		e.Covers = 1
		// Of those in force the last one counts.
		e.Counts = e.InForce && !counted
		counted = counted || e.InForce
		out = append(out, e)
	}
	return out
}

// says says why the account stands as it does. An account that no finding has named has no
// standing.
func (x accountExplainer) says(out *ExplainedAccount) []string {
	var says []string
	named, open := 0, 0
	for i := range out.Groups {
		if g := &out.Groups[i]; g.Member {
			if named++; !g.Closed {
				open++
			}
		}
	}
	switch {
	case x.engine.inShadow:
		out.Status = ""
		says = append(says, "All findings are in shadow: no account has a standing.")
	case out.Status == Implicated:
		says = append(says, "It is implicated: an open finding of severity Medium or more names it.")
	case out.Status == Watched:
		says = append(says, "It is watched: an open finding of severity Low names it.")
	case out.Status == Allowed:
		says = append(says, "It is allowed: an open finding names it, and an analyst has allowed "+
			"the account or the group.")
	case named > 0:
		says = append(says, "It is cleared: findings have named it, and none that is open does.")
	default:
		out.Status = ""
		says = append(says, "No finding names it.")
	}
	if !out.Live && x.whyNot == "" {
		says = append(says, "It is silent: nothing is known of it now but what findings say.")
	}
	if s := out.Alone; s != nil && open == 0 && !s.Finding {
		says = append(says, fmt.Sprintf("By itself it is no finding: its harvest is %.1f bits where "+
			"%.2f are needed, with %d requests in a day where %d are.",
			s.Harvest, s.NeedsHarvest, s.Requests, s.NeedsRequests))
	}
	return says
}
