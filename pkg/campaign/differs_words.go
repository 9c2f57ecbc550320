package campaign

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// says says in sentences what would have to differ.
func (d differ) says(out *Differs, holds bool) (says []string) {
	scores, _ := d.w.judge(&d.w.score)
	nearest := d.w.rules(&scores)[0]
	if !holds {
		return append([]string{
			"What its accounts show now makes no finding: " + lacks(unmet(nearest.Conditions)) +
				". A finding that is open keeps its severity, and is withdrawn when it has measured " +
				fmt.Sprintf("%d bits", -decision.WeakMargin) +
				" below the thresholds for correlate.withdraw.",
		}, factsSay(out.Facts)...)
	}
	says = append(says, fmt.Sprintf(
		"It is a finding by the %s rule, %.1f bits beyond the threshold: correlate.%s could be "+
			"%.1f in place of %.1f.",
		nearest.Name, nearest.Excess, nearest.Option, nearest.Threshold+nearest.Excess,
		nearest.Threshold,
	))
	if s := d.saySeverity(&scores); s != "" {
		says = append(says, s)
	}
	says = append(says, sayFewest(out), saySlack(out))
	if d.w.judge != nil && !d.w.asOne {
		says = append(says, d.sayAccounts(out.LeastAccounts))
	}
	says = slices.DeleteFunc(says, func(s string) bool { return s == "" })
	return append(says, factsSay(out.Facts)...)
}

func factsSay(facts []Fact) (says []string) {
	for i := range facts {
		says = append(says, facts[i].Says)
	}
	return says
}

// saySeverity says how far a High finding is from Medium, and a Medium one from High.
func (d differ) saySeverity(s *decision.Scores) string {
	if d.w.kind != KindCampaign || s.Customer {
		return ""
	}
	p := d.w.policy
	kept := ""
	now := severityOf(d.w.kind, s, len(d.w.members), d.w.requests, p)
	if d.w.severity > now {
		kept = " The finding keeps its higher severity while it is open."
	}
	margin := decision.Rules[decision.Combined].Margin(s, p)
	if !decision.High(s, p) {
		return fmt.Sprintf(
			"It measures Medium; with %.1f bits more by the combined rule it would be High.",
			p.HighMargin-margin) + kept
	}
	name := "High"
	if now == Critical {
		name = "Critical, for its size,"
	}
	return fmt.Sprintf(
		"It measures %s because it meets the combined rule by %.1f bits (correlate.high_margin is "+
			"%.1f); with %.1f bits less it would be Medium.",
		name, margin, p.HighMargin, margin-p.HighMargin) + kept
}

// sayFewest says without which detectors it would be no finding.
func sayFewest(out *Differs) string {
	switch {
	case len(out.Deciding) > 1:
		return fmt.Sprintf("Each of %s decides: without it alone it would be no finding.",
			list(out.Deciding))
	case out.Fewest == nil:
		return "No set of detectors decides: it would be a finding without any of them."
	case len(out.Deciding) == 1:
		return fmt.Sprintf("%s decides: without it alone it would be no finding (%s).",
			out.Deciding[0], lacks(out.Fewest.Outcome.Misses))
	}
	what := "It would be no finding"
	if out.Fewest.Exact {
		what = fmt.Sprintf("No fewer than %d detectors decide: it would be no finding",
			len(out.Fewest.Detectors))
	}
	return fmt.Sprintf("%s without %s together, and still one without any part of these (%s).",
		what, list(out.Fewest.Detectors), lacks(out.Fewest.Outcome.Misses))
}

// saySlack says how many bits of each axis could go.
func saySlack(out *Differs) string {
	c, h := out.Coordination, out.Harvest
	switch {
	case c != nil && h != nil:
		return fmt.Sprintf("All else being equal, up to %.1f bits of coordination could go, or up "+
			"to %.1f of harvest, before it is no finding.", *c, *h)
	case c != nil:
		return fmt.Sprintf("All else being equal, up to %.1f bits of coordination could go before "+
			"it is no finding; the harvest does not decide.", *c)
	case h != nil:
		return fmt.Sprintf("All else being equal, up to %.1f bits of harvest could go before it is "+
			"no finding; the coordination does not decide.", *h)
	default:
		return ""
	}
}

// sayAccounts says how many accounts would be enough.
func (d differ) sayAccounts(least int) string {
	if fewest := d.engine.o.Search.MinGroup; least == 0 {
		return fmt.Sprintf("The number of its accounts does not decide: with the same figures %d, "+
			"the fewest that are looked at, would be a finding too.", fewest)
	}
	return fmt.Sprintf("With the same figures %d accounts would be a finding, and %d would not, "+
		"because a smaller group must show more.", least, least-1)
}

func sayCustomer(o *Outcome) string {
	s := "If they were one customer in the open (one contract, one organisation, one e-mail domain " +
		"of its own, or one payer on one network), "
	if !o.Finding {
		return s + "it would be no finding either."
	}
	return s + "it would be reported at Low for the contract to judge, and its accounts watched and " +
		"not implicated."
}

func sayVouched(o *Outcome, apart bool) string {
	s := "If you vouched for them as one customer (a verified organisation, or a contract with " +
		"verified accounts), this finding would be withdrawn"
	how := "as one account"
	if apart {
		how = "as a group that belongs together"
	}
	if o.Finding {
		return fmt.Sprintf("%s, and one of kind account would take its place: judged %s, with %.1f "+
			"bits of harvest, it would be %.1f bits beyond the threshold. It would be Low, or "+
			"Informational with a declared purpose that allows to collect outputs.",
			s, how, o.Harvest, o.Excess)
	}
	return fmt.Sprintf("%s, and none would take its place: %s.", s, lacks(o.Misses))
}

func saySameItems(o *Outcome, now Outcome) string {
	s := "If they sent the same items as each other, they might be people who replay one public set: "
	switch {
	case !o.Finding:
		return s + "then it would be no finding (" + lacks(o.Misses) + ")."
	case o.Coordination < now.Coordination:
		return s + fmt.Sprintf("that would leave %.1f bits of coordination, and it would still be "+
			"a finding.", o.Coordination)
	default:
		return s + "that would explain no more than the nearest reading does."
	}
}

// unmet lists the conditions that are not met.
func unmet(conditions []ConditionState) (out []ConditionState) {
	for _, c := range conditions {
		if !c.Met {
			out = append(out, c)
		}
	}
	return out
}

// lacks says which conditions are not met.
func lacks(misses []ConditionState) string {
	var parts []string
	for i := range misses {
		m := &misses[i]
		if m.Count {
			parts = append(parts, fmt.Sprintf("%s: %.0f where %.0f are needed", m.What, m.Has, m.Needs))
		} else {
			parts = append(parts, fmt.Sprintf("%s: %.2f bits where %.2f are needed",
				m.What, m.Has, m.Needs))
		}
	}
	if len(parts) == 0 {
		return "nothing is lacking"
	}
	return strings.Join(parts, ", ")
}

// list writes names as a list in a sentence.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
