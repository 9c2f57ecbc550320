package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"

	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/lookup"
)

// asInService lets recorded events be read as the service reads those of a topic, and completed
// from the same files. Facts in a topic would need a Kafka.
func asInService(conf *config.Config, topic string, t terminal) error {
	if err := knownTopic(*conf, topic); err != nil {
		return err
	}
	conf.Ingest.Gateway = conf.Ingest.Gateway.For(topic)
	if conf.Ingest.Enrich.FactsTopic != "" {
		fmt.Fprintln(
			t.err,
			"ingest.enrich.facts_topic is not read here: for the results of the service, give its facts as ingest.enrich.facts_file",
		)
		conf.Ingest.Enrich.FactsTopic = ""
	}
	facts, err := readFacts(conf, t)
	if err != nil {
		return err
	}
	conf.Ingest.Enricher = facts.Enricher()
	return nil
}

// knownTopic tells whether a topic that is named is one of the gateways'.
func knownTopic(conf config.Config, topic string) error {
	if topic != "" && !slices.Contains(conf.Topics.Gateway, topic) {
		return usage(fmt.Errorf(
			"--topic: %q is none of topics.gateway (%s)",
			topic, strings.Join(conf.Topics.Gateway, ", "),
		))
	}
	return nil
}

// readFacts reads the files that events are completed from, as the start of the service does.
func readFacts(conf *config.Config, t terminal) (*lookup.Sources, error) {
	log, err := app.NewLogger(config.Log{Level: "warn", Format: "console"}, t.err)
	if err != nil {
		return nil, err
	}
	facts, err := lookup.New(conf.Ingest.Enrich, log, prometheus.NewRegistry())
	if err != nil {
		return nil, usage(err)
	}
	return facts, nil
}

// replayOptions are the options of a replay; workers of 0 are one per core.
func replayOptions(workers int) backtest.Options {
	o := backtest.DefaultOptions()
	if o.Workers = workers; workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// replay runs the files through the stages, with a bar on a terminal.
func replay(
	ctx context.Context, stderr io.Writer, o backtest.Options, stages backtest.Stages,
	events []string, sink *backtest.Files,
) (stats backtest.Stats, err error) {
	if sink.Judge != nil {
		o.Tap = sink.Judge.Event
	}
	readers, size, closeAll, err := openAll(events)
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	bar := progress(stderr, size)
	// A file that grows meanwhile is longer than the bar, which is no reason to stop.
	tell := func(bytes int64) { _ = bar.Set64(bytes) }
	stats, err = backtest.Run(ctx, o, stages, io.MultiReader(readers...), sink, tell)
	return stats, errors.Join(err, bar.Finish())
}

// openAll opens the files in the order given, to be read as one stream. The size is that of the
// unpacked bytes when it is known, else -1.
func openAll(paths []string) (readers []io.Reader, size int64, closeAll func() error, err error) {
	var closers []io.Closer
	closeAll = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	for _, p := range paths {
		r, err := backtest.Open(p)
		if err != nil {
			return nil, 0, nil, errors.Join(err, closeAll())
		}
		closers = append(closers, r)
		// A file whose last line has no end must not run into the next file; empty lines are passed
		// over.
		readers = append(readers, r, strings.NewReader("\n"))
		f, plain := r.(*os.File)
		if !plain || size < 0 {
			size = -1
			continue
		}
		info, err := f.Stat()
		if err != nil {
			return nil, 0, nil, errors.Join(fmt.Errorf("open events: %w", err), closeAll())
		}
		size += info.Size()
	}
	return readers, size, closeAll, nil
}

// progress is a bar on a terminal and silent elsewhere.
func progress(w io.Writer, size int64) *progressbar.ProgressBar {
	if f, ok := w.(*os.File); !ok || !isatty.IsTerminal(f.Fd()) {
		w = io.Discard
	}
	// The bar's own goroutine, which turns a spinner where the size is unknown, reads without a
	// lock what Set64 writes: do without it.
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true), progressbar.OptionSetDescription("replaying"),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetSpinnerChangeInterval(0))
}
