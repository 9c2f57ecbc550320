package campaign

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// weighed is a finding's live members as they measure now, with how they are judged.
type weighed struct {
	// whyNot says why they were not measured; nothing about them is set then.
	whyNot string
	kind   Kind
	policy *decision.Policy
	// severity is the finding's own.
	severity Severity

	members  []int32
	requests int64
	group    *detectors.Group
	score    decision.Assessment
	parts    *decision.Breakdown
	terms    measure.Terms
	// judge says what the rules judge of an assessment, and whether it is a finding; asOne that
	// the accounts are judged as one, by their harvest alone. A tripwire's are not judged.
	judge func(a *decision.Assessment) (decision.Scores, bool)
	asOne bool
}

// weigh measures the live members of a finding as the next evaluation would.
func (l look) weigh(c *Campaign) *weighed {
	w := &weighed{
		whyNot: l.whyNot, kind: c.kind(), policy: &l.engine.o.Policy, severity: c.Severity,
		requests: c.Requests,
	}
	switch {
	case w.kind == KindOverflow:
		w.whyNot = "a summary of other findings has nothing to measure"
	case c.Tripwire == watch.Unreadable:
		w.whyNot = "records that cannot be read have nothing to measure"
	}
	if w.whyNot != "" {
		return w
	}
	s, p := l.search, l.search.Population
	w.members = c.live(p)
	p.Sort(w.members)
	if n := p.CountEntities(w.members); n == 0 || w.kind == KindCampaign && n < search.Trio {
		w.whyNot = "its accounts are silent, and no longer live"
		if n > 0 {
			w.whyNot = fmt.Sprintf("fewer than %d of its customers still live", search.Trio)
		}
		return w
	}
	switch w.kind {
	case KindAccount:
		of := watch.MeasureCustomer(s, w.members)
		w.group, w.score, w.judge, w.asOne = of.Found.Group, of.Found.Score, of.Judge, !of.Apart
	case KindTripwire:
		w.group = s.Group(w.members, 0)
		w.score = s.Assessor.Assess(w.group, 1, false)
	default:
		w.group = s.Group(w.members, detectors.SetOf(c.Defining...))
		if c.Model != nil {
			w.group.Since = c.Model.Takeover.Began
		}
		w.score = s.Assessor.Assess(w.group, 1, true)
		w.judge = func(a *decision.Assessment) (decision.Scores, bool) {
			return a.Scores, decision.Passes(&a.Scores, w.policy)
		}
	}
	if w.kind == KindAccount || w.score.Customer {
		w.terms = p.Terms(w.members)
	}
	w.score.Allowed = w.terms.Allow()
	w.parts = s.Assessor.Break(&w.score, w.group, 1)
	return w
}

// without is the assessment without some detectors.
func (w *weighed) without(detectors ...int) decision.Assessment {
	a := w.parts.Without(func(d int) bool { return slices.Contains(detectors, d) })
	a.Allowed = w.score.Allowed
	return a
}

// passes says whether an assessment makes a finding.
func (w *weighed) passes(a *decision.Assessment) bool {
	_, ok := w.judge(a)
	return ok
}

// outcome is what an assessment would make.
func (w *weighed) outcome(a *decision.Assessment) Outcome {
	scores, passes := w.judge(a)
	out := Outcome{
		Axes:    Axes{hundredths(scores.Coordination), hundredths(scores.Harvest)},
		Finding: passes,
	}
	nearest := w.rules(&scores)[0]
	out.Rule = nearest.Name
	if passes {
		out.Excess = nearest.Excess
		out.Severity = severityOf(w.kind, &scores, len(w.members), w.requests, w.policy)
		return out
	}
	for _, c := range nearest.Conditions {
		if !c.Met {
			out.Misses = append(out.Misses, c)
		}
	}
	return out
}

// aloneRule is what the rule for an account that is judged by itself is called.
const aloneRule = "account"

// rules lists how scores stand to each rule, those that hold before the others and the nearest
// first.
func (w *weighed) rules(s *decision.Scores) (out []RuleState) {
	if w.asOne {
		p := w.policy
		r := RuleState{
			Name: aloneRule, Option: "account_harvest_bits", Threshold: p.AccountHarvest,
			Asks: "the harvest of one account from the threshold on", Holds: s.Harvest >= p.AccountHarvest,
			Conditions: []ConditionState{conditionState(&decision.Condition{
				What: "harvest", Has: s.Harvest, Needs: p.AccountHarvest,
			})},
		}
		if r.Holds {
			r.Excess = hundredths(s.Harvest - p.AccountHarvest)
		}
		return []RuleState{r}
	}
	for id := range decision.NumRules {
		rule := &decision.Rules[id]
		r := RuleState{
			Name: rule.Name, Option: rule.Option, Threshold: rule.Threshold(w.policy),
			Asks: rule.Asks, margin: rule.Margin(s, w.policy),
		}
		if excess := rule.Excess(s, w.policy); excess >= 0 {
			r.Holds, r.margin, r.Excess = true, excess, hundredths(excess)
		}
		for _, c := range decision.Conditions(id, s, w.policy) {
			r.Conditions = append(r.Conditions, conditionState(&c))
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b RuleState) int {
		if a.Holds != b.Holds {
			if a.Holds {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.margin, a.margin)
	})
	return out
}

func conditionState(c *decision.Condition) ConditionState {
	return ConditionState{
		What: c.What, Has: hundredths(c.Has), Needs: hundredths(c.Needs), Count: c.Count,
		Met: c.Met(),
	}
}

// detector is a detector's name by its place in the registry.
func (w *weighed) detector(l look, at int) string { return l.search.Assessor.Registry[at].Spec.ID }
