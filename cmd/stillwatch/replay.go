package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/lookup"
)

// asInService lets recorded events be read as the service reads those of a topic, and completed from the same files. Facts in a topic would need a
// Kafka.
func asInService(conf *config.Config, topic string, t terminal) error {
	if err := knownTopic(*conf, topic); err != nil {
		return err
	}
	conf.Ingest.Gateway = conf.Ingest.Gateway.For(topic)
	if conf.Ingest.Enrich.FactsTopic != "" {
		fmt.Fprintln(t.err, "ingest.enrich.facts_topic is not read here: for the results of the service, give its facts as ingest.enrich.facts_file")
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
		return usage(fmt.Errorf("--topic: %q is none of topics.gateway (%s)", topic, strings.Join(conf.Topics.Gateway, ", ")))
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

// replay runs the files through the stages; workers of 0 are one per core.
func replay(ctx context.Context, stderr io.Writer, stages backtest.Stages, events []string, workers int, sink *backtest.Files) (stats backtest.Stats, err error) {
	o := backtest.DefaultOptions()
	o.Workers = workers
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if sink.Judge != nil {
		o.Tap = sink.Judge.Event
	}
	readers, size, closeAll, err := openAll(events)
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	bar := progress(stderr, size)
	stats, err = backtest.Run(ctx, o, stages, io.MultiReader(readers...), sink, func(bytes int64) { _ = bar.Set64(bytes) })
	return stats, errors.Join(err, bar.Finish())
}
