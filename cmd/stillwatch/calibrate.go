package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

type calibrateCmd struct {
	kafkaFlags
	Labels      string   `placeholder:"FILE" help:"What analysts said of findings: records of the audit topic, one a line, as verdict list --all --json prints them. Groups that they dismissed count as honest, groups that they confirmed do not count."`
	LabelsTopic bool     `help:"Read what analysts said from topics.audit."`
	Rate        *float64 `placeholder:"N" help:"False findings wanted a day. Default: 0.01 for each 5,000 accounts in the events, and no less than 0.01."`
	Trust       bool     `help:"Count groups far beyond the thresholds as honest too: only when somebody has looked at them."`
	Nearest     int      `default:"5" placeholder:"N" help:"How many of the groups nearest to the thresholds to explain. Default: ${default}."`
	Write       string   `placeholder:"FILE" help:"Write the recommended thresholds here, for run --config: into a copy of the configuration of --config (which may be FILE itself), else as a configuration that has nothing else."`
	Topic       string   `placeholder:"NAME" help:"Read the events as those of this gateway topic: in the format that is configured for it."`
	Workers     int      `placeholder:"N" help:"Goroutines that work; the output does not depend on it. Default: one per core."`
	Events      []string `arg:"" help:"Files of gateway events believed to be honest, oldest first, one record a line (.jsonl, .gz, .zst), or - for standard input."`
}

// Run replays the files, measures every group, and recommends thresholds.
func (c calibrateCmd) Run(ctx context.Context, t terminal) (err error) {
	rate := 0.0
	if c.Rate != nil {
		if rate = *c.Rate; !(rate > 0) || math.IsInf(rate, 1) {
			return usage(errors.New("calibrate: --rate must be positive"))
		}
	}
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	judgements, err := c.judgements(ctx, t, conf)
	if err != nil {
		return err
	}
	cal, err := c.measure(ctx, t, conf)
	if err != nil {
		return err
	}
	cal.Label(judgements)
	if cal.Days() == 0 {
		return fmt.Errorf(
			"no group was measured: give events of at least %d accounts (correlate.min_population) over more than %s (correlate.warm_up)",
			conf.Correlate.MinPopulation, conf.Correlate.WarmUp,
		)
	}
	p := adviceText{
		out: t.out, o: conf.Correlate, advice: cal.Advise(rate, c.Trust), ownRate: c.Rate != nil,
		nearest: c.Nearest,
	}
	if err := p.print(); err != nil || c.Write == "" {
		return err
	}
	return c.write(t, p)
}

// judgements reads what analysts said.
func (c calibrateCmd) judgements(
	ctx context.Context, t terminal, conf config.Config,
) ([]review.Label, error) {
	switch {
	case c.Labels != "" && c.LabelsTopic:
		return nil, usage(errors.New("calibrate: give --labels or --labels-topic, not both"))
	case c.Labels != "":
		history, err := backtest.ReadHistory(c.Labels)
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		return history.Labels(), nil
	case !c.LabelsTopic:
		return nil, nil
	}
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return nil, usage(err)
	}
	history, unread, err := readAudit(ctx, client, conf.Topics.Audit)
	if err != nil {
		return nil, fmt.Errorf("--labels-topic: %w", err)
	}
	if unread > 0 {
		fmt.Fprintf(t.err, "%d records of topic %s are no audit entries\n",
			unread, conf.Topics.Audit)
	}
	return history.Labels(), nil
}

// write puts the recommended thresholds into a file.
func (c calibrateCmd) write(t terminal, p adviceText) error {
	text := p.heading() + "# A whole configuration: all that is not here has its default.\n"
	if c.Config != "" {
		data, err := os.ReadFile(c.Config)
		if err != nil {
			return fmt.Errorf("read the configuration: %w", err)
		}
		text = string(data)
	}
	settings := p.settings()
	text, err := config.Change(text, settings...)
	if err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	//nolint:gosec // The path is the one that the command line names.
	if err := os.WriteFile(c.Write, []byte(text), 0o600); err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	fmt.Fprintf(t.err, "written to %s; stillwatch run --config %s uses it\n", c.Write, c.Write)
	for _, s := range settings {
		if name := config.EnvName(s.Section + "." + s.Key); set(t, name) {
			fmt.Fprintf(t.err, "%s is set, and overrides what the file says: unset it\n", name)
		}
	}
	return nil
}

func set(t terminal, name string) bool {
	_, ok := t.env(name)
	return ok
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
	o := replayOptions(c.Workers)
	o.Observe = cal.Saw
	stats, err := replay(ctx, t.err, o, stages, c.Events, sink)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(t.err, "%d records over %.1f days in which groups were judged; dead letters %d%s\n",
		stats.Records, cal.Days(), sink.DeadLetters, deadReasons(&stats))
	return cal, nil
}

// adviceText prints a calibration.
type adviceText struct {
	out    io.Writer
	o      campaign.Options
	advice backtest.Advice
	// ownRate says that the user chose the rate.
	ownRate bool
	nearest int
}

func (p adviceText) print() error {
	p.snippet()
	if err := p.table(); err != nil {
		return err
	}
	p.trust()
	p.judged()
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

// heading says what the thresholds are for.
func (p adviceText) heading() string {
	return fmt.Sprintf(
		"# stillwatch.yaml, for %.3g false findings a day: %s\n", p.advice.Rate, p.why(),
	)
}

// why is the reason for the rate.
func (p adviceText) why() string {
	if p.ownRate {
		return "as --rate says"
	}
	a := &p.advice
	why := fmt.Sprintf(
		"%g for each %d accounts, of which the events have %d",
		backtest.TargetRate, backtest.TargetAccounts, a.Accounts,
	)
	if a.Accounts < backtest.TargetAccounts {
		why = fmt.Sprintf(
			"one in %.0f days, for the events have no more than %d accounts (%d)",
			1/backtest.TargetRate, backtest.TargetAccounts, a.Accounts,
		)
	}
	return why
}

// settings are the recommended options: total_bits, and the others where they change.
func (p adviceText) settings() []config.Setting {
	a := &p.advice
	var out []config.Setting
	add := func(rule decision.RuleID, bits float64) {
		out = append(out, config.Setting{
			Section: "correlate", Key: decision.Rules[rule].Option, Value: math.Round(10*bits) / 10,
		})
	}
	add(decision.Combined, a.Total)
	if a.Operator != p.o.Operator {
		add(decision.Operator, a.Operator)
	}
	if a.Purpose != p.o.Purpose {
		add(decision.Purpose, a.Purpose)
	}
	return out
}

// snippet prints what to put into the configuration.
func (p adviceText) snippet() {
	a := &p.advice
	fmt.Fprint(p.out, p.heading(), "correlate:\n")
	for _, s := range p.settings() {
		fmt.Fprintf(p.out, "  %s: %s\n", s.Key, bits(s.Value))
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

// judged says what analysts' verdicts changed, and which of what they confirmed would be missed.
func (p adviceText) judged() {
	a := &p.advice
	if a.Dismissed+len(a.Confirmed) > 0 {
		fmt.Fprintf(p.out,
			"Of what analysts judged, groups that they dismissed and that count as honest: %d; groups that they confirmed and that do not count: %d.\n",
			a.Dismissed, len(a.Confirmed))
	}
	if len(a.Missed) > 0 {
		p.groups(fmt.Sprintf(
			"WARNING: groups that analysts confirmed and that these thresholds would leave alone: %d",
			len(a.Missed),
		), a.Missed)
	}
}

// trust says how much the figures can be trusted.
func (p adviceText) trust() {
	a := &p.advice
	fmt.Fprintf(p.out,
		"\nThe expectation is an exponential tail fitted to the %d groups that came within %.1f bits of the threshold or went beyond it; groups beyond a threshold exceed it by %.1f bits on average.\n",
		a.Tail.N, -a.Tail.Threshold, a.Tail.Mean)
	if need := 3 / a.Rate; a.Days < need {
		fmt.Fprintf(p.out,
			"%.1f days are extrapolated: to see %.3g a day instead of expecting it takes %.0f days of traffic without a group beyond the threshold (the rule of three).\n",
			a.Days, a.Rate, need)
	}
	if a.Tail.N < 5 {
		fmt.Fprintln(
			p.out,
			"So few groups say little about the tail: the expectation is mostly what the defaults were chosen for, and that each bit more is half as likely. Record for longer, or more accounts.",
		)
	}
	fmt.Fprintln(
		p.out,
		"A group counts once, however long it lasts; groups that last all the time are all met in the first days, so that a short recording overstates the rate.",
	)
}

// bits writes a number of bits with at most one decimal.
func bits(v float64) string { return fmt.Sprintf("%g", math.Round(10*v)/10) }

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }
