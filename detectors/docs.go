package detectors

import (
	"fmt"
	"strings"
)

// Markdown renders the registry's Specs as docs/detectors.md, with what each showed over groups of
// honest accounts, by detector and kind of group.
func Markdown(measured map[string]map[string]Figures) string {
	var b strings.Builder
	b.WriteString("# Detectors\n\nGenerated from the Specs in `detectors/`; `go test ./detectors -update` writes it anew.\n\n" +
		"Two questions are asked of every group of accounts, and a campaign needs a yes to both: do they act as one (coordination), and do they collect outputs to\n" +
		"train on (harvest)? Every detector answers in bits; negative bits are mitigating evidence. *Explained by* names the honest causes, any of which\n" +
		"explains the evidence: coordination is what the best of them, or of their combinations, [leaves over](alerts.md#what-an-honest-cause-explains).\n\n" +
		"The law: over groups of honest accounts the mean of 2^bits is at most 1, so that 2^bits is an e-value (Vovk & Wang 2021) and chance gives b bits in\n" +
		"at most one group of 2^b. A detector of which only one side counts pays for that with some hundredths of a bit, which is why its bits can be a\n" +
		"little negative. `go test ./test/evalues` holds it; [what it showed](#measured) is written by `make evalues`.\n")
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
				"\n### %s\n\n%s\n\n- Why it works: %s\n- Null: %s\n- Evading it: %s\n- Honest look-alikes: %s\n",
				s.ID, s.Summary, s.Why, strings.TrimSuffix(s.Null, ".")+".", s.Evasion,
				s.LookAlikes)
			if s.Explained != 0 {
				fmt.Fprintf(&b, "- Explained by: %s\n", s.Explained)
			}
			if len(s.Needs) > 0 {
				fmt.Fprintf(&b, "- Blind without: `%s`\n", strings.Join(s.Needs, "`, `"))
			}
		}
	}
	b.WriteString("\n## Measured\n\nOver groups of honest accounts in random worlds (docs/random-worlds.md, set develop): groups drawn from all accounts;\n" +
		"drawn from accounts with as many requests, within a factor of two; the candidates of the search; and those whose members were fitted.\n" +
		"Mean of 2^bits, with its standard error, and the 99.9 % quantile of the bits. What a detector says nothing of has 0 bits.\n" +
		"The law is about the first kind. What the others show beyond is what drawing from alike accounts and what searching add\n" +
		"([0017](decisions/0017-evidence.md)).\n")
	for _, k := range Kinds {
		fmt.Fprintf(&b, "\n### %s\n\n| detector | groups | measured | mean of 2^bits | 99.9 %% |\n|---|---|---|---|---|\n", k.Title)
		all := All()
		for i := range all {
			f := measured[all[i].Spec.ID][k.Name]
			fmt.Fprintf(&b, "| %s | %d | %d | %.3f ± %.3f | %.2f |\n",
				all[i].Spec.ID, f.Groups, f.Measured, f.Mean, f.Error, f.Rare)
		}
	}
	return b.String()
}
