package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// groupExplainer explains a finding.
type groupExplainer struct {
	look

	c *Campaign
	w *weighed
}

func (x groupExplainer) explain() *ExplainedGroup {
	c := x.c
	out := &ExplainedGroup{
		State:     x.state(),
		Strongest: Axes{hundredths(c.Coordination), hundredths(c.Harvest)},
		Timeline:  append([]Point{}, c.Timeline...),
		Members:   x.members(), Unnamed: len(c.Unnamed),
		Similar: x.tenant.similar(c), Verdicts: x.verdicts(),
	}
	if c.kind() == KindTripwire {
		out.Tripwire = c.Tripwire.Asks(x.engine.o.Search.MinGroup, x.engine.o.Watch)
	}
	if x.w.whyNot != "" {
		out.Evidence = stored(c.Evidence)
		out.Against = x.againstStored()
		return out
	}
	out.Now = &Axes{hundredths(x.w.score.Coordination), hundredths(x.w.score.Harvest)}
	if x.w.judge != nil {
		scores, passes := x.w.judge(&x.w.score)
		out.Holds, out.Rules = passes, x.w.rules(&scores)
	}
	out.Evidence, out.Blind = x.evidence()
	if c.kind() == KindCampaign {
		out.Readings = x.readings()
	}
	out.Against = x.against(out)
	if x.w.judge != nil {
		out.Differs = differ{x.look, x.w}.differs()
	}
	return out
}

// state is the finding in brief.
func (x groupExplainer) state() FindingState {
	c := x.c
	return FindingState{
		UID: c.UID(), Campaign: c.ID, Kind: c.kind(), Title: title(c), Summary: summary(c),
		NextStep: nextStep(c), Severity: c.Severity, Confidence: c.Confidence, Closed: c.Closed,
		CloseReason: c.CloseReason, Muted: c.Review.allows(), Shadow: x.engine.inShadow,
		Opened:   c.Opened,
		Modified: c.Modified, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen, Sequence: c.Sequence,
		Members: len(c.Members), Requests: c.Requests, Related: slices.Clone(c.Related),
		WeakSince: c.WeakSince,
	}
}

// stored lists the evidence of the strongest measurement.
func stored(list []detectors.Evidence) []ExplainedEvidence {
	out := []ExplainedEvidence{}
	for i := range list {
		e := &list[i]
		out = append(out, ExplainedEvidence{
			Detector: e.Detector, Axis: axisName(e.Axis), Family: e.Family, Bits: e.Bits,
			Observed: e.Observed, Expected: e.Expected, Note: e.Note,
		})
	}
	sortEvidence(out)
	return out
}

func axisName(a detectors.Axis) string {
	if a == detectors.Harvest {
		return "harvest"
	}
	return "coordination"
}

// sortEvidence puts coordination before harvest, and the strongest first.
func sortEvidence(list []ExplainedEvidence) {
	slices.SortStableFunc(list, func(a, b ExplainedEvidence) int {
		return cmp.Or(cmp.Compare(a.Axis, b.Axis), cmp.Compare(b.Bits, a.Bits),
			cmp.Compare(a.Detector, b.Detector))
	})
}

// evidence lists what each detector says now, and those that had nothing to judge by.
func (x groupExplainer) evidence() (out []ExplainedEvidence, blind []string) {
	out = []ExplainedEvidence{}
	registry := x.search.Assessor.Registry
	for _, p := range x.w.parts.Parts() {
		d, m := &registry[p.Detector], x.w.score.Measures[p.Detector]
		e := ExplainedEvidence{
			Detector: d.Spec.ID, Axis: axisName(d.Spec.Axis), Family: d.Spec.Family,
			Bits: hundredths(m.Bits),
		}
		e.Observed, e.Expected, e.Note = d.Explain(x.w.group, m)
		if x.w.judge != nil && (!x.w.asOne || d.Spec.Axis == detectors.Harvest) {
			counted := hundredths(p.Counted)
			e.Counted, e.Counts = &counted, x.counts(&p)
			if m.Bits != 0 {
				without := x.w.without(p.Detector)
				outcome := x.w.outcome(&without)
				e.Without = &outcome
			}
		}
		out = append(out, e)
	}
	sortEvidence(out)
	for i := range registry {
		if !x.w.score.Measured[i] {
			blind = append(blind, registry[i].Spec.ID)
		}
	}
	return out, blind
}

// counts says why not all of a detector's bits count, empty where they do.
func (x groupExplainer) counts(p *decision.Part) string {
	if p.Explained {
		return "explained by " + decision.Hypotheses[x.w.score.Explanation].Name
	}
	var why []string
	if p.Behind >= 0 {
		why = append(why, "a quarter, beside "+x.w.detector(x.look, p.Behind))
	}
	if p.Selected {
		why = append(why, "half, because the group was found by it")
	}
	if p.Program {
		why = append(why, "a quarter, because text and client are one program")
	}
	return strings.Join(why, "; ")
}

// readings lists the honest readings, those that apply first and the nearest of them before others.
func (x groupExplainer) readings() (out []ExplainedReading) {
	for _, r := range x.w.parts.Readings() {
		e := ExplainedReading{
			Name: r.Hypothesis.Name, Price: hundredths(r.Price), Leaves: hundredths(r.Leaves),
			Applies: r.Applies, Explains: []string{},
		}
		for _, d := range r.Explains {
			e.Explains = append(e.Explains, x.w.detector(x.look, d))
		}
		out = append(out, e)
	}
	nearest := decision.Hypotheses[x.w.score.Explanation].Name
	rank := func(r *ExplainedReading) int {
		switch {
		case r.Name == nearest:
			return 0
		case r.Applies:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(out, func(a, b ExplainedReading) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.Leaves, b.Leaves))
	})
	return out
}

// members lists all accounts ever named, in the order in which they were.
func (x groupExplainer) members() []ExplainedMember {
	c, p := x.c, x.tenant.population
	out := make([]ExplainedMember, 0, len(c.Members))
	holds := c.holds(p)
	for _, name := range sortedKeys(c.Members) {
		m := ExplainedMember{Account: name, Named: c.Members[name]}
		if a := p.Named(name); a != nil {
			m.Live, m.Org, m.Requests = true, a.Profile.Org, a.Profile.Requests
			m.FirstSeen, m.LastSeen = a.Profile.FirstSeen, a.Profile.LastSeen
			m.Stack = stackOf(a)
			if x.search != nil && c.Model != nil {
				l := c.fit(a, x.search, true, holds)
				m.Agreement, m.Families = l.Agreement()
				m.Agreement = hundredths(m.Agreement)
				s := l.Standing(c.Model.Size, float64(p.Entities()))
				m.LogOdds = hundredths(s.Bits - s.Prior)
			}
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b ExplainedMember) int {
		return cmp.Compare(a.Named, b.Named)
	})
	return out
}

// stackOf is the readable form of the account's client software.
func stackOf(a *index.Account) string {
	text, _ := a.Label(attribute.Stack, a.Profile.Value(attribute.Stack))
	return text
}

// verdicts lists the verdicts that are held and are about the group, the newest first.
func (x groupExplainer) verdicts() []ExplainedVerdict {
	out := []ExplainedVerdict{}
	for _, h := range x.tenant.book.All() {
		scope := &h.Verdict.Scope
		about := isAbout(scope, x.c)
		covers := 0.0
		if about {
			covers = 1
		} else if !scope.One() {
			covers = coveredShare(
				x.tenant.population, x.c.live(x.tenant.population), scope,
			)
		}
		if covers == 0 {
			continue
		}
		e := explainedVerdict(h)
		e.Covers = hundredths(covers)
		e.Counts = x.c.Review != nil && x.c.Review.Verdict == h.Verdict.ID
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

func explainedVerdict(h *review.Held) ExplainedVerdict {
	v := &h.Verdict
	return ExplainedVerdict{
		ID: v.ID, Action: v.Action, Author: v.Author, Reason: v.Reason, Given: v.Time,
		Expires: v.Expires, Ended: h.Ended, InForce: h.Ended == 0, Scope: v.Scope,
	}
}

// againstStored says what speaks against a finding that cannot be measured.
func (x groupExplainer) againstStored() []string {
	out := []string{}
	for i := range x.c.Evidence {
		if e := &x.c.Evidence[i]; e.Bits < 0 {
			out = append(out, mitigating(e.Note, e.Observed, e.Expected, e.Bits))
		}
	}
	if x.c.Explanation != "" {
		out = append(out, "The honest reading that came nearest: "+x.c.Explanation+".")
	}
	return out
}

// against says what speaks against a finding.
func (x groupExplainer) against(g *ExplainedGroup) []string {
	out := []string{}
	for i := range g.Evidence {
		if e := &g.Evidence[i]; e.Bits < -mostPrice {
			out = append(out, mitigating(e.Note, e.Observed, e.Expected, e.Bits))
		}
	}
	if len(g.Readings) > 0 {
		r := &g.Readings[0]
		s := "The honest reading that comes nearest is " + r.Name + ": it "
		if len(r.Explains) > 0 {
			s += "explains " + strings.Join(r.Explains, ", ") + ", and "
		}
		s += fmt.Sprintf("leaves %.1f bits of coordination", r.Leaves)
		if r.Price > 0 {
			s += fmt.Sprintf(" (%.1f of them because it takes several causes at once)", r.Price)
		}
		out = append(out, s+".")
	}
	if x.w.judge != nil && !x.w.asOne {
		if more := decision.SmallGroup(x.w.score.Size); more > 0 {
			out = append(out, fmt.Sprintf(
				"It has %.0f accounts, those of one customer counted once: a group so small must "+
					"show %.1f bits more.", x.w.score.Size, more))
		}
	}
	if x.w.kind == KindCampaign && x.w.score.Customer {
		out = append(out, "Its accounts are one customer in the open.")
	}
	switch {
	case x.w.terms.Allow():
		out = append(out, "The contract of its accounts is for "+x.w.terms.Purpose+
			", which allows to collect outputs.")
	case x.w.terms.Contract:
		out = append(out, "Its accounts are under one contract that you vouch for.")
	}
	return out
}

// mitigating is a sentence about evidence against.
func mitigating(note, observed, expected string, bits float64) string {
	s := observed
	if note != "" {
		s = note + ": " + observed
	}
	if expected != "" {
		s += ", against " + expected
	}
	return fmt.Sprintf("%s (%.1f bits)", s, bits)
}
