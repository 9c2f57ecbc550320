package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// sampleAccounts is how many accounts of a group are named.
const sampleAccounts = 5

// groups explains groups under a title.
func (p adviceText) groups(title string, list []*backtest.Group) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(p.out, "\n%s:\n", title)
	for i, g := range list {
		m := &g.Best
		where := fmt.Sprintf("%s bits below the threshold", bits(-g.Excess))
		if g.Excess >= 0 {
			where = fmt.Sprintf("%s bits beyond the threshold", bits(g.Excess))
		}
		if !g.Fitted {
			where += ", unpruned"
		}
		fmt.Fprintf(p.out, "\n%2d. %s: %d accounts that share %s",
			i+1, where, len(m.Members), strings.TrimSuffix(m.Origin, ", fitted"))
		if m.Tenant != "" && m.Tenant != "default" {
			fmt.Fprintf(p.out, ", tenant %s", m.Tenant)
		}
		fmt.Fprintf(p.out, "\n    near it from %s to %s, nearest at %s\n",
			stamp(g.First), stamp(g.Last), stamp(m.Time))
		fmt.Fprintf(p.out, "    what it is   %s\n", reading(m))
		fmt.Fprintf(p.out, "    coordination %s: %s\n",
			bits(m.Coordination), strongest(m, detectors.Coordination))
		fmt.Fprintf(p.out, "    harvest      %s: %s\n",
			bits(m.Harvest), strongest(m, detectors.Harvest))
		families := make([]string, len(m.Agreeing))
		for i, family := range m.Agreeing {
			families[i] = string(family)
		}
		fmt.Fprintf(p.out, "    families     %s; %d independent causes\n",
			cmp.Or(strings.Join(families, ", "), "none"), m.Causes)
		fmt.Fprintf(p.out, "    %s\n", p.decides(g))
		names := m.Members[:min(len(m.Members), sampleAccounts)]
		fmt.Fprintf(p.out, "    accounts     %s", strings.Join(names, ", "))
		if more := len(m.Members) - len(names); more > 0 {
			fmt.Fprintf(p.out, " and %d more", more)
		}
		fmt.Fprintln(p.out)
	}
}

// decides says which option would report a group that is below the threshold (the nearest rule's),
// or which options together would leave out one that is beyond it.
func (p adviceText) decides(g *backtest.Group) string {
	m := &g.Best
	policy := &p.o.Policy
	if g.Excess < 0 {
		id, excess := decision.Nearest(&m.Scores, policy)
		rule := &decision.Rules[id]
		return fmt.Sprintf("reported     with %s %s or less",
			rule.Option, bits(rule.Threshold(policy)+excess))
	}
	above := func(v float64) string { return bits(math.Floor(10*v+1) / 10) }
	var needed []string
	for i := range decision.Rules {
		rule := &decision.Rules[i]
		if excess := rule.Excess(&m.Scores, policy); excess >= 0 {
			needed = append(needed, rule.Option+" "+above(rule.Threshold(policy)+excess))
		}
	}
	out := strings.Join(needed, " and ")
	if decision.Rules[decision.Combined].Excess(&m.Scores, policy) >= 0 && len(needed) == 1 {
		out += fmt.Sprintf(", or harvest_bits %s, or coordination_bits %s",
			above(m.Harvest), above(m.Coordination))
	}
	return "left alone   with " + out + " or more"
}

// strongest lists an axis's strongest detectors, and the strongest that is mitigating evidence.
func strongest(m *search.Measurement, axis detectors.Axis) string {
	type entry struct {
		id   string
		bits float64
	}
	var list []entry
	for _, d := range detectors.All() {
		if b, ok := m.Bits[d.Spec.ID]; ok && d.Spec.Axis == axis && math.Abs(b) >= 0.1 {
			list = append(list, entry{d.Spec.ID, b})
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(b.bits, a.bits) })
	if len(list) > 5 {
		list = append(list[:4], list[len(list)-1])
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = fmt.Sprintf("%s %+.1f", e.id, e.bits)
	}
	return strings.Join(parts, ", ")
}

// tellingBits is the evidence worth a mention in one sentence: as much as makes a family agree.
const tellingBits = 1.5

// reading says in a sentence what a group is: the honest reading that leaves the least open, the
// strongest evidence that it leaves, of a harvest, and against.
func reading(m *search.Measurement) string {
	h := &decision.Hypotheses[m.Explanation]
	out := "if honest, this is " + h.Name
	if m.Customer {
		out = "this is openly one customer with many accounts"
	}
	open, harvest, against := "", "", ""
	most, mostHarvest, least := 0.0, 0.0, 0.0
	for _, d := range detectors.All() {
		b, s := m.Bits[d.Spec.ID], &d.Spec
		told := fmt.Sprintf("%s (%s %+.1f)", sentence(s.Summary), s.ID, b)
		unexplained := s.Axis == detectors.Coordination && s.Explained&h.Causes == 0
		switch {
		case unexplained && b > most:
			open, most = told, b
		case s.Axis == detectors.Harvest && b > mostHarvest:
			harvest, mostHarvest = told, b
		case b < least:
			against = fmt.Sprintf("%s (%s %+.1f)", mitigating(s.Summary), s.ID, b)
			least = b
		}
	}
	if most >= tellingBits {
		out += "; not explained by that: " + open
	} else {
		out += ", which explains what the accounts have in common"
	}
	if mostHarvest >= tellingBits {
		out += "; like a harvest: " + harvest
	} else {
		out += "; little looks like a harvest"
	}
	if least <= -tellingBits {
		out += "; against it: " + against
	}
	return out
}

// sentence is the first sentence of a text, to stand within another.
func sentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	first = strings.TrimSuffix(first, ".")
	if first == "" {
		return first
	}
	return strings.ToLower(first[:1]) + first[1:]
}

// mitigating is what a detector's summary names as mitigating evidence.
func mitigating(summary string) string {
	for part := range strings.SplitSeq(strings.TrimSuffix(summary, "."), ". ") {
		before, after, ok := strings.Cut(part, "itigating evidence")
		if !ok {
			continue
		}
		if after != "" { // "Mitigating evidence: what it is"
			return sentence(strings.TrimPrefix(after, ": "))
		}
		for _, verb := range []string{" is m", " are m"} { // "What it is is mitigating evidence"
			if what, ok := strings.CutSuffix(before, verb); ok {
				return sentence(what)
			}
		}
	}
	return "unlike others"
}
