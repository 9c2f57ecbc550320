package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/sketchfilter"
)

type sketchCmd struct {
	configFlag
	Format string   `placeholder:"NAME" help:"Format of the records, as ingest.gateway.format in the configuration."`
	Events []string `arg:"" optional:"" help:"Files of gateway records, one a line (.jsonl, .gz, .zst), or - for standard input, which is the default."`
}

// Run filters the records to standard output.
func (c sketchCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if conf.Sketch.Secret == "" {
		return usage(errors.New(
			"sketch.secret is not set: name the service's configuration with --config, or put the secret it has into STILLWATCH_SKETCH_SECRET",
		))
	}
	if c.Format != "" {
		conf.Ingest.Gateway.Format = c.Format
		if err := conf.Ingest.Gateway.Validate(); err != nil {
			return usage(err)
		}
	}
	filter, err := sketchfilter.New(conf.Ingest.Options, conf.Sketch.Keys())
	if err != nil {
		return err
	}
	if len(c.Events) == 0 {
		c.Events = []string{"-"}
	}
	for _, path := range c.Events {
		if err = filter.File(ctx, path, t.out, complainAbout(t, path)); err != nil {
			break
		}
	}
	if err == nil {
		err = filter.End(t.out, complainAbout(t, "end of input"))
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	n := filter.Counts
	fmt.Fprintf(t.err,
		"%d events written, %d left out on purpose, %d broken, %d without their other half\n",
		n.Events, n.Skipped, n.Broken, n.Unjoined)
	if err == nil && n.Broken > 0 {
		return fmt.Errorf(
			"%d records could not be read and were left out; docs/event.md says what the reasons mean",
			n.Broken,
		)
	}
	return err
}

// complainAbout tells what of a file could not be read.
func complainAbout(t terminal, path string) sketchfilter.Complain {
	name := path
	if path == "-" {
		name = "standard input"
	}
	return func(line int64, reason string) { fmt.Fprintf(t.err, "%s:%d: %s\n", name, line, reason) }
}
