package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/store"
)

type runCmd struct {
	configFlag

	Stages   []string `placeholder:"STAGE" help:"Run only these stages: ingest, fingerprint, correlate. Comma-separated."`
	Embedded bool     `help:"Run on an embedded Kafka and Redis that listen on this machine, in place of the configured ones."`
}

// Run runs the service until the context ends.
func (c runCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if len(c.Stages) > 0 {
		conf.Stages = c.Stages
		if err := conf.Validate(); err != nil {
			return usage(fmt.Errorf("--stages: %w", err))
		}
	}
	if c.Embedded {
		return runEmbedded(ctx, t, conf)
	}
	if conf.Sketch.Secret == "" {
		return usage(errors.New(
			"sketch.secret is not set: prompts must not leave ingest unkeyed; make one with `openssl rand -hex 32`, " +
				"keep it, and set sketch.secret_file or STILLWATCH_SKETCH_SECRET to it (the same for every instance)",
		))
	}
	return runApp(ctx, t, conf, nil)
}

// runApp runs the app until the context ends; started is called when it is up.
func runApp(ctx context.Context, t terminal, conf config.Config, started func(*app.App)) error {
	log, err := app.NewLogger(conf.Log, t.err)
	if err != nil {
		return usage(err)
	}
	defer func() { _ = log.Sync() }()
	store.LogClient(log.Named("redis"))
	a, err := app.New(app.Options{Config: conf, Log: log, Version: version})
	if err != nil {
		return usage(err)
	}
	return a.Run(ctx, started)
}
