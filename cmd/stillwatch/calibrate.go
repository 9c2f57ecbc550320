package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
)

type calibrateCmd struct {
	configFlag
	Rate    float64  `default:"0.1" placeholder:"N" help:"False findings wanted a day. Default: ${default}."`
	Trust   bool     `help:"Count groups far beyond the thresholds as honest too: only when somebody has looked at them."`
	Nearest int      `default:"5" placeholder:"N" help:"How many of the groups nearest to the thresholds to explain. Default: ${default}."`
	Topic   string   `placeholder:"NAME" help:"Read the events as those of this gateway topic: in the format that is configured for it."`
	Workers int      `placeholder:"N" help:"Goroutines that work; the output does not depend on it. Default: one per core."`
	Events  []string `arg:"" help:"Files of gateway events believed to be honest, oldest first, one record a line (.jsonl, .gz, .zst), or - for standard input."`
}

// Run replays the files, measures every group, and recommends thresholds.
func (c calibrateCmd) Run(ctx context.Context, t terminal) (err error) {
	if !(c.Rate > 0) || math.IsInf(c.Rate, 1) {
		return usage(errors.New("calibrate: --rate must be positive"))
	}
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	cal, err := c.measure(ctx, t, conf)
	if err != nil {
		return err
	}
	if cal.Days() == 0 {
		return fmt.Errorf(
			"no group was measured: give events of at least %d accounts (correlate.min_population) over more than %s (correlate.warm_up)",
			conf.Correlate.MinPopulation, conf.Correlate.WarmUp,
		)
	}
	return adviceText{
		out: t.out, o: conf.Correlate, advice: cal.Advise(c.Rate, c.Trust), nearest: c.Nearest,
	}.print()
}

// measure replays the files with nothing ever found, and collects what was measured.
func (c calibrateCmd) measure(
	ctx context.Context, t terminal, conf config.Config,
) (cal *backtest.Calibration, err error) {
	if conf.Sketch.Secret == "" {
		conf.Sketch.Secret = backtestSecret
	}
	if err := asInService(&conf, c.Topic, t); err != nil {
		return nil, err
	}
	stages, err := stagesOf(conf)
	if err != nil {
		return nil, err
	}
	cal = backtest.NewCalibration(conf.Correlate)
	stages.Correlate, err = correlate.New(correlate.Options{
		Campaign: backtest.Observing(conf.Correlate), Alert: conf.Alerts, Trace: cal.Add,
	})
	if err != nil {
		return nil, err
	}
	sink := &backtest.Files{}
	stats, err := replay(ctx, t.err, replayOptions(c.Workers), stages, c.Events, sink)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(t.err, "%d records over %.1f days in which groups were judged; dead letters %d%s\n",
		stats.Records, cal.Days(), sink.DeadLetters, deadReasons(&stats))
	return cal, nil
}

// adviceText prints a calibration.
type adviceText struct {
	out     io.Writer
	o       campaign.Options
	advice  backtest.Advice
	nearest int
}

func (p adviceText) print() error {
	p.snippet()
	if err := p.table(); err != nil {
		return err
	}
	p.trust()
	if far := p.advice.Far; len(far) > 0 {
		p.groups(fmt.Sprintf(
			"WARNING: groups far beyond the thresholds: %d. This traffic may not be honest. Look at them first: the figures above leave them out (--trust counts them in)",
			len(far),
		), far)
	}
	near := p.advice.Honest
	p.groups("Nearest to the thresholds", near[:min(len(near), max(p.nearest, 0))])
	return nil
}

// snippet prints what to put into the configuration.
func (p adviceText) snippet() {
	a := &p.advice
	fmt.Fprintf(
		p.out, "# stillwatch.yaml, for %g false findings a day\ncorrelate:\n  total_bits: %s\n",
		a.Rate, bits(a.Total),
	)
	if a.Operator != p.o.Operator {
		fmt.Fprintf(p.out, "  operator_bits: %s\n", bits(a.Operator))
	}
	if a.Purpose != p.o.Purpose {
		fmt.Fprintf(p.out, "  purpose_bits: %s\n", bits(a.Purpose))
	}
	fmt.Fprintln(p.out)
	total := func(shift float64) string { return bits(p.o.Total + shift) }
	if a.Shift < a.Floor {
		fmt.Fprintf(p.out,
			"This traffic would allow total_bits %s. The default %s was chosen on other traffic as well and is kept here; go below it at your own risk.\n",
			total(a.Shift), total(a.Floor))
	}
	fmt.Fprintf(p.out, "To be 95 %% sure from this recording alone, total_bits would have to be %s",
		total(a.Cautious))
	if a.Moves[decision.Operator] {
		fmt.Fprintf(p.out, " and operator_bits %s", bits(p.o.Operator+a.Cautious))
	}
	if a.Moves[decision.Purpose] {
		fmt.Fprintf(p.out, " and purpose_bits %s", bits(p.o.Purpose+a.Cautious))
	}
	fmt.Fprintln(p.out, "; each bit more finds campaigns later, or loses the weakest.")
}

// table prints what each threshold would have cost.
func (p adviceText) table() error {
	a := &p.advice
	fmt.Fprintln(p.out)
	tw := tabwriter.NewWriter(p.out, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(
		tw,
		"total_bits\tgroups beyond\tbefore pruning\tseen a day\texpected a day\tat most (95 %)\t",
	)
	for _, s := range a.Shifts() {
		fitted, raw := a.Beyond(s)
		var marks []string
		for _, m := range []struct {
			at   float64
			name string
		}{{a.Total - p.o.Total, "recommended"}, {0, "configured"}, {a.Floor, "default"}} {
			if math.Abs(s-m.at) < 0.05 {
				marks = append(marks, m.name)
			}
		}
		mark := strings.Join(marks, ", ")
		if mark != "" {
			mark = "  " + mark
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%.2g\t%.2g\t%.2g\t%s\n",
			bits(p.o.Total+s), fitted, raw, float64(fitted)/a.Days, a.Tail.Rate(s),
			a.Tail.Upper(s), mark)
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// trust says how much the figures can be trusted.
func (p adviceText) trust() {
	a := &p.advice
	fmt.Fprintf(p.out,
		"\nThe expectation is an exponential tail fitted to the %d groups that came within %.1f bits of the threshold or went beyond it; groups beyond a threshold exceed it by %.1f bits on average.\n",
		a.Tail.N, -a.Tail.Threshold, a.Tail.Mean)
	if need := 3 / a.Rate; a.Days < need {
		fmt.Fprintf(p.out,
			"%.1f days are extrapolated: to see %g a day instead of expecting it takes %.0f days of traffic without a group beyond the threshold (the rule of three).\n",
			a.Days, a.Rate, need)
	}
	if a.Tail.N < 5 {
		fmt.Fprintln(
			p.out,
			"So few groups say little about the tail: it depends on the assumption that each bit more is half as likely. Record for longer, or more accounts.",
		)
	}
	fmt.Fprintln(
		p.out,
		"A group counts once, however long it lasts; groups that last all the time are all met in the first days, so that a short recording overstates the rate.",
	)
}

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
		fmt.Fprintf(p.out, "    coordination %s: %s\n",
			bits(m.Coordination), strongest(m, detectors.Coordination))
		fmt.Fprintf(p.out, "    harvest      %s: %s\n",
			bits(m.Harvest), strongest(m, detectors.Harvest))
		fmt.Fprintf(p.out, "    beyond       what %s explains\n",
			decision.Hypotheses[m.Explanation].Name)
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

// bits writes a number of bits with at most one decimal.
func bits(v float64) string { return fmt.Sprintf("%g", math.Round(10*v)/10) }

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }
