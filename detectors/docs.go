package detectors

import (
	"fmt"
	"strings"
)

// Markdown renders the registry's Specs as docs/detectors.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Detectors\n\nGenerated from the Specs in `detectors/`; `go test ./detectors -update` writes it anew.\n\n" +
		"Two questions are asked of every group of accounts, and a campaign needs a yes to both: do they act as one (coordination), and do they collect outputs to\n" +
		"train on (harvest)? Every detector answers in bits; negative bits are mitigating evidence.\n")
	for _, axis := range []Axis{Coordination, Harvest} {
		title := "Coordination"
		if axis == Harvest {
			title = "Harvest"
		}
		fmt.Fprintf(&b,
			"\n## %s\n\n| detector | signal family | bits | what it sees |\n|---|---|---|---|\n",
			title)
		all := All()
		for i := range all {
			s := &all[i].Spec
			if s.Axis == axis {
				fmt.Fprintf(&b, "| [%s](#%s) | %s | %g to %g | %s |\n",
					s.ID, s.ID, s.Family, s.Min, s.Max, s.Summary)
			}
		}
		for i := range all {
			s := &all[i].Spec
			if s.Axis != axis {
				continue
			}
			fmt.Fprintf(&b,
				"\n### %s\n\n%s\n\n- Why it works: %s\n- Evading it: %s\n- Honest look-alikes: %s\n",
				s.ID, s.Summary, s.Why, s.Evasion, s.LookAlikes)
			if len(s.Needs) > 0 {
				fmt.Fprintf(&b, "- Blind without: `%s`\n", strings.Join(s.Needs, "`, `"))
			}
		}
	}
	return b.String()
}
