package evaluate

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate/random"
)

// Results are those of random worlds that were drawn in one way.
type Results struct {
	Set                      string
	Seed, Accounts, Duration string
	Cold, Observed           bool

	Worlds []Outcome
	// Groups are those of observed worlds, by name.
	Groups map[string][]Group
}

var resultsPattern = regexp.MustCompile(
	`^random-([a-z]+)-(\d+)-(\d+)-([0-9hms]+)(-cold)?(-observed)?$`,
)

// ParseResults reads the name of a file of results, without its extension.
func ParseResults(name string) (r Results, ok bool) {
	m := resultsPattern.FindStringSubmatch(name)
	if m == nil {
		return r, false
	}
	return Results{
		Set: m[1], Seed: m[2], Accounts: m[3], Duration: m[4], Cold: m[5] != "", Observed: m[6] != "",
	}, true
}

// The marks around the section on random worlds in the document.
const (
	randomBegin = "<!-- random: written by stillwatch evaluate --document -->\n"
	randomEnd   = "<!-- end of random -->\n"
)

// section finds the section on random worlds.
func randomSection(document string) (from, to int, ok bool) {
	from = strings.Index(document, randomBegin)
	to = strings.Index(document, randomEnd)
	if from < 0 || to < from {
		return 0, 0, false
	}
	return from, to + len(randomEnd), true
}

// PutRandom puts a section on random worlds into a document, in place of the one that is there.
func PutRandom(document, section string) string {
	if from, to, ok := randomSection(document); ok {
		return document[:from] + section + document[to:]
	}
	return strings.TrimRight(document, "\n") + "\n\n" + section
}

// KeepRandom keeps the section on random worlds of an earlier document, where it has one: the rest
// is written anew without measuring them.
func KeepRandom(document, earlier string) string {
	from, to, ok := randomSection(earlier)
	if !ok {
		return document
	}
	return PutRandom(document, earlier[from:to])
}

// RenderRandom makes the section on random worlds and its plots by file name. images is the folder
// of the plots as the document refers to it, command what makes the section.
func RenderRandom(
	all []Results, o campaign.Options, images, command string,
) (section string, plots map[string]string, err error) {
	if err := ofOneProgram(all); err != nil {
		return "", nil, err
	}
	var b strings.Builder
	p := &tables{w: &b, within: true}
	p.line("%s## Random worlds\n", randomBegin)
	p.line("Benign groups and campaigns that are composed at random, as [random-worlds.md](random-worlds.md)")
	p.line("says. This section, from results that `evaluate --random N --results DIR` left, is written by\n")
	p.line("```\n%s\n```\n", command)
	for _, r := range all {
		extra := ""
		if r.Cold {
			extra += " --cold"
		}
		if r.Observed {
			extra += " --observe"
		}
		p.line(
			"- `evaluate --random %d --set %s --seed %s --accounts %s --duration %s%s`",
			len(r.Worlds), r.Set, r.Seed, r.Accounts, r.Duration, extra,
		)
	}
	plots = map[string]string{}
	draw := func(names []string, drawn map[string]string) {
		maps.Copy(plots, drawn)
		for _, name := range names {
			p.line("\n![%s](%s/%s)", strings.TrimSuffix(name, ".svg"), images, name)
		}
	}
	p.bySet(all)
	var warm []Outcome
	for _, r := range all {
		if !r.Cold && !r.Observed {
			warm = append(warm, r.Worlds...)
		}
	}
	if len(warm) > 0 {
		p.threshold(warm, &o.Policy)
		p.line("\n### What evasion costs")
		p.evasion(warm)
		draw(costCharts(warm, "random"))
		p.unfound(warm)
	}
	for _, set := range random.Sets() {
		seen := &Observation{Groups: map[string][]Group{}, Options: o}
		for _, r := range all {
			if r.Observed && !r.Cold && r.Set == string(set) {
				seen.add(r)
			}
		}
		if len(seen.Worlds) == 0 {
			continue
		}
		p.line("\n### Other thresholds, set %s", set)
		p.line("\nWhat other thresholds would have given: all of them are moved by the same number of")
		p.line("bits, and each group counts by the best that it showed by then.")
		s := seen.study()
		p.thresholds(s)
		p.threshold(seen.Worlds, &o.Policy)
		p.tacticsAt(s)
		draw(s.rocCharts("random-" + string(set)))
	}
	p.line("%s", strings.TrimSuffix(randomEnd, "\n"))
	return b.String(), plots, p.err
}

// add takes the worlds of results. Worlds of other seeds, sizes and lengths may have one name, so
// that they get names of their own.
func (o *Observation) add(r Results) {
	for _, w := range r.Worlds {
		name := w.Name
		w.Name = fmt.Sprintf("%s-%s-%s", w.Name, r.Accounts, r.Duration)
		o.Worlds = append(o.Worlds, w)
		o.Groups[w.Name] = r.Groups[name]
	}
}

// ofOneProgram is an error where results are of several programs or configurations.
func ofOneProgram(all []Results) error {
	var first *Outcome
	for _, r := range all {
		for i := range r.Worlds {
			w := &r.Worlds[i]
			if first == nil {
				first = w
			}
			if w.Program != first.Program || w.Options != first.Options {
				return fmt.Errorf(
					"the results are of several programs or configurations (%s, %s and %s, %s)",
					first.Program, first.Options, w.Program, w.Options,
				)
			}
		}
	}
	return nil
}

// bySet is the summary, a column for each set, warm and cold.
func (p *tables) bySet(all []Results) {
	type column struct {
		name   string
		worlds []Outcome
	}
	var columns []column
	for _, cold := range []bool{false, true} {
		for _, set := range random.Sets() {
			c := column{name: string(set)}
			if cold {
				c.name += ", cold"
			}
			for _, r := range all {
				if r.Set == string(set) && r.Cold == cold && !r.Observed {
					c.worlds = append(c.worlds, r.Worlds...)
				}
			}
			if len(c.worlds) > 0 {
				columns = append(columns, c)
			}
		}
	}
	if len(columns) == 0 {
		return
	}
	names := []string{"figure"}
	rows := [][]string{}
	for i, c := range columns {
		names = append(names, c.name)
		for j, f := range figures(c.worlds) {
			if i == 0 {
				rows = append(rows, []string{f.name})
			}
			rows[j] = append(rows[j], f.value)
		}
	}
	p.line("\n| %s |\n|%s", strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	for _, row := range rows {
		p.line("| %s |", strings.Join(row, " | "))
	}
}

// evasion is the table by tactic: what a campaign with it gets, and what that costs its operator.
// Tactics come together: a row is about the campaigns that used it.
func (p *tables) evasion(worlds []Outcome) {
	p.line("\nMedians of the campaigns that used a tactic, whatever else they did. An account day is an")
	p.line("account that works for a day; accounts held are made, bought or leased.\n")
	columns := append(append([]string{"tactic", "set", "care"}, fareColumns...),
		"account days for 1,000 answers", "accounts", "cards", "requests an answer",
		"tokens an answer", "rewrites an answer")
	p.line("| %s |\n|%s", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, t := range random.Tactics() {
		which := func(c *CampaignOutcome) bool { return slices.Contains(c.Tactics, t.Name) }
		f := fareOf(worlds, which)
		if f.n == 0 {
			continue
		}
		name := fmt.Sprintf("%s: %s | %s | %d", t.Dimension, t.Name, random.SetOf(t.Name), t.Care)
		p.line("%s %s |", f.row(name), strings.Join(medianCosts(worlds, which), " | "))
	}
}

// medianCosts are the medians of what campaigns cost.
func medianCosts(worlds []Outcome, which func(*CampaignOutcome) bool) (out []string) {
	for _, of := range []struct {
		format string
		value  func(c *CampaignOutcome) float64
	}{
		{"%.0f", func(c *CampaignOutcome) float64 { return c.Cost.AccountDaysPer1000 }},
		{"%.0f", func(c *CampaignOutcome) float64 {
			return float64(c.Cost.Made + c.Cost.Bought + c.Cost.Leased)
		}},
		{"%.0f", func(c *CampaignOutcome) float64 { return float64(c.Cost.Cards) }},
		{"%.1f", func(c *CampaignOutcome) float64 { return c.Cost.RequestsPerAnswer }},
		{"%.0f", func(c *CampaignOutcome) float64 { return c.Cost.TokensPerAnswer }},
		{"%.1f", func(c *CampaignOutcome) float64 { return c.Cost.RewritesPerAnswer }},
	} {
		var values []float64
		for i := range worlds {
			for j := range worlds[i].Campaigns {
				if c := &worlds[i].Campaigns[j]; c.Cost != nil && which(c) {
					values = append(values, of.value(c))
				}
			}
		}
		if len(values) == 0 {
			out = append(out, "–")
			continue
		}
		slices.Sort(values)
		out = append(out, fmt.Sprintf(of.format, quantile(values, 0.5)))
	}
	return out
}

// unfound lists the campaigns of the size that has to be found and that were not, cheapest first.
func (p *tables) unfound(worlds []Outcome) {
	var missed []CampaignOutcome
	for i := range worlds {
		for _, c := range worlds[i].Campaigns {
			if !c.Found && c.sizeable() {
				missed = append(missed, c)
			}
		}
	}
	if len(missed) == 0 {
		return
	}
	slices.SortStableFunc(missed, func(a, b CampaignOutcome) int {
		return cmp.Compare(a.Cost.AccountDaysPer1000, b.Cost.AccountDaysPer1000)
	})
	p.line("\nNot found, of the campaigns of %s:\n", sizeableWords)
	for _, c := range missed {
		p.line(
			"- %d accounts, %.0f account days for 1,000 answers, %.0f tokens an answer: %s",
			c.Accounts, c.Cost.AccountDaysPer1000, c.Cost.TokensPerAnswer,
			strings.Join(c.Tactics, ", "),
		)
	}
}
