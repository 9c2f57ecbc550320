package evaluate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mathext"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/simulate/random"
)

// sure is how sure the upper bound is, on one side.
const sure = 0.95

// Upper is the upper bound of a Poisson mean of which n were seen, 95 % sure (Garwood 1936): half
// of the chi-square quantile with 2(n+1) degrees of freedom. None seen gives 3, the rule of three.
func Upper(n int) float64 { return mathext.GammaIncRegInv(float64(n+1), sure) }

// WriteObserved writes the tables of worlds in which nothing was found, only measured.
func WriteObserved(w io.Writer, title string, o *Observation) error {
	p := &tables{w: w}
	p.line("# %s, observed\n", title)
	s := o.study()
	p.thresholds(s)
	p.threshold(o.Worlds, &o.Options.Policy)
	p.tacticsAt(s)
	return p.err
}

// WriteRandom writes the tables of random worlds as Markdown. policy holds the thresholds by which
// they were measured.
func WriteRandom(w io.Writer, title string, worlds []Outcome, policy *decision.Policy) error {
	p := &tables{w: w}
	p.line("# %s\n", title)
	p.summary(worlds)
	p.threshold(worlds, policy)
	p.care(worlds)
	p.tactics(worlds)
	p.costs(worlds)
	p.mechanisms(worlds)
	p.evidence(worlds)
	p.falses(worlds)
	return p.err
}

// tables writes until the first error.
type tables struct {
	w   io.Writer
	err error
	// within says that the tables are a part of a section.
	within bool
}

func (p *tables) line(format string, args ...any) {
	if p.err == nil {
		if _, err := fmt.Fprintf(p.w, format+"\n", args...); err != nil {
			p.err = fmt.Errorf("write the tables: %w", err)
		}
	}
}

func (p *tables) title(title string) {
	level := "##"
	if p.within {
		level = "####"
	}
	p.line("\n%s %s\n", level, title)
}

func (p *tables) head(title string, columns ...string) {
	p.title(title)
	p.line("| %s |", strings.Join(columns, " | "))
	p.line("|%s", strings.Repeat("---|", len(columns)))
}

// sizeable says that a campaign has to be found: smaller and slower ones show little.
func (c *CampaignOutcome) sizeable() bool {
	return c.Accounts >= sizeableAccounts && c.rate() >= sizeableRate
}

// The size and the requests an account and day from which a campaign has to be found: the aim that
// the detection was built for.
const (
	sizeableAccounts = 20
	sizeableRate     = 3
	sizeableWords    = "20 accounts and 3 requests an account and day or more"
)

// rate is the requests an account and day.
func (c *CampaignOutcome) rate() float64 {
	if c.Cost == nil || c.Cost.AccountDaysPer1000 == 0 {
		return 0
	}
	return 1000 * c.Cost.RequestsPerAnswer / c.Cost.AccountDaysPer1000
}

// figure is a row of the summary.
type figure struct{ name, value string }

// figures sum worlds up.
func figures(worlds []Outcome) []figure {
	var days, accountDays float64
	var falses, honest, named, wrong, with int
	for i := range worlds {
		o := &worlds[i]
		days += o.Days
		accountDays += o.Days * float64(o.Honest)
		falses += len(o.False)
		honest += o.Honest
		named += o.Named
		wrong += o.Wrong
		if len(o.False) > 0 {
			with++
		}
	}
	days, accountDays = max(days, 1e-9), max(accountDays, 1e-9)
	out := []figure{
		{
			"worlds, honest accounts, world-days",
			fmt.Sprintf("%d, %d, %.1f", len(worlds), honest, days),
		},
		{"false findings, worlds with one", fmt.Sprintf("%d, %d", falses, with)},
		{
			"false findings a world-day (95 % upper bound)",
			fmt.Sprintf("%.2f (%.2f)", float64(falses)/days, Upper(falses)/days),
		},
		{
			fmt.Sprintf("the same for %d honest accounts", manyAccounts),
			fmt.Sprintf(
				"%.2f (%.2f)", manyAccounts*float64(falses)/accountDays,
				manyAccounts*Upper(falses)/accountDays,
			),
		},
		{
			"accounts named, honest ones among them",
			fmt.Sprintf("%d, %d (precision %s)", named, wrong, share(named-wrong, named)),
		},
	}
	all := fareOf(worlds, every)
	out = append(
		out, figure{"campaigns found", fmt.Sprintf("%d of %d", all.found, all.n)},
		figure{"accounts of campaigns named (recall)", share(all.hit, all.accounts)},
		figure{
			"share leaked until half of the accounts were named: median, nine in ten",
			all.leaked(0.5) + ", " + all.leaked(0.9),
		},
	)
	large := fareOf(worlds, (*CampaignOutcome).sizeable)
	hidden := fareOf(worlds, func(c *CampaignOutcome) bool {
		return c.sizeable() && !c.oneCustomer()
	})
	return append(
		out, figure{
			"of " + sizeableWords + ": found; recall, precision; leaked (median, nine in ten) until " +
				"half of the accounts were named, until it was found",
			large.words(),
		}, figure{
			"the same without those told of as one customer at Low", hidden.words(),
		},
	)
}

// words are the figures by which campaigns that have to be found are judged.
func (f *fare) words() string {
	return fmt.Sprintf(
		"%d of %d; %s, %s; %s, %s; %s, %s", f.found, f.n, share(f.hit, f.accounts),
		share(f.own, f.members), f.leaked(0.5), f.leaked(0.9), f.first(0.5), f.first(0.9),
	)
}

// oneCustomer says that half of the accounts or more are told of at Low, as one customer in the
// open who collects outputs, which is for contracts to judge.
func (c *CampaignOutcome) oneCustomer() bool { return !c.Found && c.Low >= 0.5 }

func (p *tables) summary(worlds []Outcome) {
	p.line("| figure | value |\n|---|---|")
	for _, f := range figures(worlds) {
		p.line("| %s | %s |", f.name, f.value)
	}
}

// fare is how a number of campaigns fared.
type fare struct {
	n, found, accounts, hit, members, own int
	shares, firsts, hours                 []float64
}

func fareOf(worlds []Outcome, which func(*CampaignOutcome) bool) fare {
	var f fare
	for i := range worlds {
		for j := range worlds[i].Campaigns {
			c := &worlds[i].Campaigns[j]
			if !which(c) {
				continue
			}
			f.add(*c)
		}
	}
	f.sort()
	return f
}

func (f *fare) add(c CampaignOutcome) {
	f.n++
	f.accounts += c.Accounts
	f.hit += int(c.Recall*float64(c.Accounts) + 0.5)
	f.members += c.Members
	f.own += c.Own
	f.shares = append(f.shares, c.HalfLeaked)
	f.firsts = append(f.firsts, c.Leaked)
	if c.Found {
		f.found++
		f.hours = append(f.hours, c.Hours)
	}
}

func (f *fare) sort() {
	slices.Sort(f.shares)
	slices.Sort(f.firsts)
	slices.Sort(f.hours)
}

// quantile is the smallest value that a share of sorted values does not exceed.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func (f *fare) leaked(q float64) string {
	if len(f.shares) == 0 {
		return "–"
	}
	return percent(quantile(f.shares, q))
}

// first is a quantile of what leaked until the first finding.
func (f *fare) first(q float64) string {
	if len(f.firsts) == 0 {
		return "–"
	}
	return percent(quantile(f.firsts, q))
}

func (f *fare) hour() string {
	if len(f.hours) == 0 {
		return "never"
	}
	return fmt.Sprintf("%.1f h", quantile(f.hours, 0.5))
}

// row is a row of a table of fares.
func (f *fare) row(name string) string {
	return fmt.Sprintf(
		"| %s | %d | %d | %s | %s | %s | %s |", name, f.n, f.found, share(f.hit, f.accounts),
		share(f.own, f.members), f.leaked(0.5), f.hour(),
	)
}

func (p *tables) fare(name string, f fare) { p.line("%s", f.row(name)) }

var fareColumns = []string{
	"campaigns", "found", "recall", "precision", "leaked (median)", "found after (median)",
}

// care divides campaigns by the mean care of their tactics. Tactics of one care come together, so
// that the table by tactic alone does not say which of them hides a campaign.
func (p *tables) care(worlds []Outcome) {
	p.head("By care", append([]string{"mean care of the tactics"}, fareColumns...)...)
	care := map[string]int{}
	for _, t := range random.Tactics() {
		care[t.Name] = t.Care
	}
	from := -1.0
	for _, class := range []struct {
		name string
		upTo float64
	}{{"blatant, up to 0.8", 0.8}, {"usual, 0.8 to 1.3", 1.3}, {"careful, more", 2}} {
		f := fareOf(worlds, func(c *CampaignOutcome) bool {
			sum := 0
			for _, name := range c.Tactics {
				sum += care[name]
			}
			mean := float64(sum) / float64(max(1, len(c.Tactics)))
			return mean > from && mean <= class.upTo
		})
		from = class.upTo
		if f.n > 0 {
			p.fare(class.name, f)
		}
	}
}

func (p *tables) tactics(worlds []Outcome) {
	p.head("By tactic", append([]string{"tactic"}, fareColumns...)...)
	for _, t := range random.Tactics() {
		f := fareOf(
			worlds, func(c *CampaignOutcome) bool { return slices.Contains(c.Tactics, t.Name) },
		)
		if f.n > 0 {
			p.fare(fmt.Sprintf("%s: %s (care %d)", t.Dimension, t.Name, t.Care), f)
		}
	}
}

// costs are the classes of the table by the attacker's cost: working account days for a thousand
// answers.
var costs = []struct {
	name string
	upTo float64
}{{"up to 10", 10}, {"10 to 40", 40}, {"40 to 150", 150}, {"more", 1e18}}

func (p *tables) costs(worlds []Outcome) {
	p.head("By the attacker's cost", append(append([]string{"account days for 1,000 answers"}, fareColumns...),
		"tokens an answer (median)", "cards (median)", "accounts (median)")...)
	from := -1.0
	for _, class := range costs {
		in := func(c *CampaignOutcome) bool {
			if c.Cost == nil {
				return false
			}
			days := c.Cost.AccountDaysPer1000
			return days > from && days <= class.upTo
		}
		f := fareOf(worlds, in)
		var tokens, cards, accounts []float64
		for i := range worlds {
			for j := range worlds[i].Campaigns {
				if c := &worlds[i].Campaigns[j]; in(c) {
					tokens, cards = append(
						tokens, c.Cost.TokensPerAnswer,
					), append(cards, float64(c.Cost.Cards))
					accounts = append(accounts, float64(c.Accounts))
				}
			}
		}
		from = class.upTo
		if f.n == 0 {
			continue
		}
		for _, list := range [][]float64{tokens, cards, accounts} {
			slices.Sort(list)
		}
		p.line(
			"%s %.0f | %.0f | %.0f |", f.row(class.name), quantile(tokens, 0.5),
			quantile(cards, 0.5), quantile(accounts, 0.5),
		)
	}
}

func (p *tables) mechanisms(worlds []Outcome) {
	type row struct{ crowds, hit, falses, accounts, wrong int }
	rows := map[string]*row{}
	for i := range worlds {
		for _, c := range worlds[i].Crowds {
			names := c.Mechanisms
			if len(names) == 0 {
				names = []string{"no mechanism: " + kindOf(c.ID)}
			}
			for _, name := range names {
				r := rows[name]
				if r == nil {
					r = &row{}
					rows[name] = r
				}
				r.crowds++
				r.falses += c.False
				r.accounts += c.Accounts
				r.wrong += c.Wrong
				if c.False > 0 {
					r.hit++
				}
			}
		}
	}
	p.head(
		"Mechanisms in crowds with false findings", "mechanism", "crowds", "crowds with one",
		"false findings", "accounts", "accounts named wrongly",
	)
	names := slices.SortedFunc(
		maps.Keys(rows),
		func(a, b string) int {
			return cmp.Or(cmp.Compare(rows[b].falses, rows[a].falses), cmp.Compare(a, b))
		},
	)
	for _, name := range names {
		r := rows[name]
		p.line(
			"| %s | %d | %d | %d | %d | %d |", name, r.crowds, r.hit, r.falses, r.accounts, r.wrong,
		)
	}
}

// kindOf is the first word of a crowd's id.
func kindOf(id string) string {
	kind, _, _ := strings.Cut(id, "-")
	return kind
}

func (p *tables) evidence(worlds []Outcome) {
	type row struct {
		axis string
		n    int
		sum  float64
	}
	rows := map[string]*row{}
	total := 0
	for i := range worlds {
		for _, f := range worlds[i].False {
			total++
			for _, b := range f.Evidence {
				if b.Bits < 1 {
					continue
				}
				r := rows[b.Detector]
				if r == nil {
					r = &row{axis: b.Axis}
					rows[b.Detector] = r
				}
				r.n++
				r.sum += b.Bits
			}
		}
	}
	if total == 0 {
		return
	}
	p.head(
		"Evidence of false findings, of one bit or more when they became Medium", "detector",
		"axis", "in findings", "mean bits there",
	)
	names := slices.SortedFunc(
		maps.Keys(rows),
		func(a, b string) int {
			return cmp.Or(cmp.Compare(rows[b].n, rows[a].n), cmp.Compare(a, b))
		},
	)
	for _, name := range names {
		r := rows[name]
		p.line("| %s | %s | %d of %d | %.1f |", name, r.axis, r.n, total, r.sum/float64(r.n))
	}
}

func (p *tables) falses(worlds []Outcome) {
	first := true
	for i := range worlds {
		for _, f := range worlds[i].False {
			if first {
				p.line("\n## False findings\n")
				first = false
			}
			var evidence []string
			for _, b := range f.Evidence {
				evidence = append(evidence, fmt.Sprintf("%s %+.1f", b.Detector, b.Bits))
			}
			what := strings.Join(f.Mechanisms, " + ")
			p.line(
				"- `%s` %s (%s), %d accounts, severity %d: %s", worlds[i].Name, f.Group,
				cmp.Or(what, "no mechanism"), f.Members, f.Severity, strings.Join(evidence, ", "),
			)
		}
	}
}
