package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/verdicts"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

type backtestCmd struct {
	configFlag
	Truth    string   `placeholder:"FILE" help:"Labels (truth.json, with harvest.ids.gz beside it): print how well the campaigns were found."`
	Alerts   string   `placeholder:"FILE" help:"Write the OCSF findings here, one a line, in the order of emission; - is standard output."`
	Accounts string   `placeholder:"FILE" help:"Write the account records here, one a line, in the order of emission; - is standard output."`
	Shadow   string   `placeholder:"FILE" help:"Write the findings in shadow (correlate.shadow) here, one a line, in the order of emission; - is standard output."`
	Verdicts string   `placeholder:"FILE" help:"Verdict records of analysts, one a line: each counts from its time on, as in service."`
	Audit    string   `placeholder:"FILE" help:"Write what became of the verdicts here, one audit record a line; - is standard output."`
	Report   string   `placeholder:"FILE" help:"Write an HTML page here that shows what was found, when and why, and with --truth how well; it opens without a network."`
	Topic    string   `placeholder:"NAME" help:"Read the events as those of this gateway topic: in the format that is configured for it."`
	Workers  int      `placeholder:"N" help:"Goroutines that work; the output does not depend on it. Default: one per core."`
	Events   []string `arg:"" help:"Files of gateway events, one record a line (.jsonl, .gz, .zst), or - for standard input."`
}

// backtestSecret keys the hashes of a backtest without a configured secret: nothing leaves the
// process, and equal runs must give equal output.
const backtestSecret = "stillwatch backtest, not for production"

// Run replays the files through the live stages.
func (c backtestCmd) Run(ctx context.Context, t terminal) (err error) {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if conf.Sketch.Secret == "" {
		conf.Sketch.Secret = backtestSecret
	}
	if err := c.judgeable(conf); err != nil {
		return err
	}
	o := replayOptions(c.Workers)
	if c.Verdicts != "" {
		if o.Verdicts, err = backtest.ReadVerdicts(c.Verdicts); err != nil {
			return err
		}
	}
	judge, report, err := c.watch(conf)
	if err != nil {
		return err
	}
	conf.Ingest.KeepSeen = c.Truth != ""
	if err := asInService(&conf, c.Topic, t); err != nil {
		return err
	}
	stages, err := stagesOf(conf)
	if err != nil {
		return err
	}
	if report != nil {
		o.Observe = report.Observed
		if stages.Correlate, err = correlateOf(conf, report.Measured); err != nil {
			return err
		}
	}
	sink, err := c.sink(t)
	if err != nil {
		return err
	}
	sink.Judge = judge
	defer func() { err = errors.Join(err, sink.Close()) }()
	start := time.Now()
	stats, err := replay(ctx, t.err, o, stages, c.Events, sink)
	if err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	findings := func(activity string) int64 { return stats.Counts.Of(correlate.Findings, activity) }
	fmt.Fprintf(t.err,
		"%d records in %.1f s (%.0f a second); findings created %d, updated %d, closed %d%s; dead letters %d%s\n",
		stats.Records, took, float64(stats.Records)/took, findings("create"),
		findings("update"), findings("close"), inShadow(conf, &stats),
		sink.DeadLetters, deadReasons(&stats))
	if stats.Records > 0 && sink.DeadLetters == stats.Records {
		return errors.New(
			"not one record could be read; docs/event.md says what can be read and what the reasons mean",
		)
	}
	if c.Truth != "" {
		if err := judge.Unmet(); err != nil {
			return err
		}
	}
	// The page first: standard out may be a pipe that nobody reads to the end.
	if report != nil {
		if err := c.write(report, stats, t); err != nil {
			return err
		}
	}
	if c.Truth == "" {
		return nil
	}
	res := judge.Result()
	return res.Print(t.out)
}

// judgeable says why there would be nothing to score or to show.
func (c backtestCmd) judgeable(conf config.Config) error {
	if conf.Correlate.Shadow.All && (c.Truth != "" || c.Report != "") {
		return usage(errors.New(
			"backtest: --truth and --report are about the findings that alert, and with " +
				"correlate.shadow.all there are none; leave them out, or set " +
				config.EnvName("correlate.shadow.all") + "=false",
		))
	}
	return nil
}

// inShadow tells of the findings in shadow, where there may be some.
func inShadow(conf config.Config, stats *backtest.Stats) string {
	if !conf.Correlate.Shadow.On() {
		return ""
	}
	findings := map[string]int64{}
	for _, activity := range []string{"create", "update", "close"} {
		for _, alerted := range []string{"true", "false"} {
			findings[activity] += stats.Counts.Of(correlate.ShadowFindings, activity, alerted)
		}
	}
	return fmt.Sprintf("; in shadow created %d (%d of them alert as well), updated %d, closed %d",
		findings["create"], stats.Counts.Of(correlate.ShadowFindings, "create", "true"),
		findings["update"], findings["close"])
}

// sink opens the files that are written.
func (c backtestCmd) sink(t terminal) (sink *backtest.Files, err error) {
	sink = &backtest.Files{}
	for _, f := range []struct {
		name string
		into *io.WriteCloser
	}{
		{c.Alerts, &sink.Alerts},
		{c.Accounts, &sink.Accounts},
		{c.Shadow, &sink.Shadow},
		{c.Audit, &sink.Audit},
	} {
		if *f.into, err = create(f.name, t.out); err != nil {
			return nil, errors.Join(err, sink.Close())
		}
	}
	return sink, nil
}

// watch makes what follows the run: a judge when there is something to score or to show, and the
// report when one is wanted.
func (c backtestCmd) watch(
	conf config.Config,
) (judge *backtest.Judge, report *backtest.Report, err error) {
	var truth *backtest.Truth
	if c.Truth != "" {
		if truth, err = backtest.ReadTruth(c.Truth); err != nil {
			return nil, nil, err
		}
	}
	if c.Truth != "" || c.Report != "" {
		judge = backtest.NewJudge(truth)
	}
	if c.Report != "" {
		o := backtest.ReportOptions{
			Campaign: conf.Correlate, Groups: backtest.DefaultGroups, Version: version,
		}
		for _, path := range c.Events {
			// Where it lay is nobody's business who is shown the page.
			o.Inputs = append(o.Inputs, filepath.Base(path))
		}
		report, err = backtest.NewReport(o, judge)
	}
	return judge, report, err
}

// write writes the report when the run is over: one that failed leaves an older page as it is.
func (c backtestCmd) write(report *backtest.Report, stats backtest.Stats, t terminal) (err error) {
	f, err := create(c.Report, t.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if err := report.Write(w, stats); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// deadReasons lists why records became dead letters, empty when none did.
func deadReasons(stats *backtest.Stats) string {
	var list []string
	why := stats.DeadReasons()
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		list = append(list, fmt.Sprintf("%s %d", reason, why[reason]))
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// stagesOf makes the stages as the service would.
func stagesOf(c config.Config) (st backtest.Stages, err error) {
	st.Verdicts = verdicts.New()
	if st.Ingest, err = ingest.New(c.Ingest.Options, c.Sketch.Keys()...); err != nil {
		return st, err
	}
	// There is no store to reload an account from: all of them stay in memory.
	c.Fingerprint.MaxAccounts = 0
	if st.Fingerprint, err = fingerprinting.New(c.Fingerprint); err != nil {
		return st, err
	}
	st.Correlate, err = correlateOf(c, nil)
	return st, err
}

// correlateOf makes the correlate stage; trace, when not nil, gets every group that is
// measured.
func correlateOf(c config.Config, trace func(search.Measurement)) (stage.Stage, error) {
	c.Alerts.Version = version
	list, err := config.ReadWatchLists(c.Correlate.WatchLists)
	if err != nil {
		return nil, err
	}
	watch := correlate.WatchOptions{
		List: func() *watchlist.List { return list }, Secrets: c.Sketch.Secrets(),
	}
	return correlate.New(correlate.Options{
		Campaign: c.Correlate, Alert: c.Alerts, Trace: trace, Watch: watch,
	})
}

func create(path string, stdout io.Writer) (io.WriteCloser, error) {
	switch path {
	case "":
		return nil, nil
	case "-":
		return nopCloser{stdout}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create output: %w", err)
	}
	return f, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
