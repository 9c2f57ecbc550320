package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/store"
)

type runCmd struct {
	configFlag

	Stages   []string `placeholder:"STAGE" help:"Run only these stages: ingest, fingerprint, correlate. Comma-separated."`
	Embedded bool     `help:"Run on an embedded Kafka and Redis that listen on this machine, in place of the configured ones."`
}

// Run runs the service until the context ends. SIGHUP has it read its configuration again.
func (c runCmd) Run(ctx context.Context, t terminal) error {
	loaded, err := c.read(t)
	if err != nil {
		return usage(err)
	}
	if c.Embedded {
		return runEmbedded(ctx, t, loaded.Config)
	}
	if loaded.Config.Sketch.Secret == "" {
		return usage(errors.New(
			"sketch.secret is not set: prompts must not leave ingest unkeyed; make one with `openssl rand -hex 32`, " +
				"keep it, and set sketch.secret_file or STILLWATCH_SKETCH_SECRET to it (the same for every instance)",
		))
	}
	// Systems that have no such signal never send it.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	return runService(ctx, t, app.SupervisorOptions{
		Loaded: loaded, Signals: hangups,
		Load: func() (config.Loaded, error) { return c.read(t) },
	}, nil)
}

// read reads the configuration with the stages of the command line.
func (c runCmd) read(t terminal) (config.Loaded, error) {
	loaded, err := config.Read(c.Config, t.env)
	if err != nil || len(c.Stages) == 0 {
		return loaded, err
	}
	loaded.Config.Stages = c.Stages
	if err := loaded.Config.Validate(); err != nil {
		return loaded, fmt.Errorf("--stages: %w", err)
	}
	return loaded, nil
}

// runService runs the service until the context ends; started is called when it is up.
func runService(
	ctx context.Context, t terminal, opts app.SupervisorOptions, started func(*app.Supervisor),
) error {
	logs, err := app.NewLogs(opts.Loaded.Config.Log, t.err)
	if err != nil {
		return usage(err)
	}
	opts.Logs, opts.Version = logs, version
	log := logs.Logger()
	defer func() { _ = log.Sync() }()
	store.LogClient(log.Named("redis"))
	s, err := app.NewSupervisor(opts)
	if err != nil {
		return usage(err)
	}
	return s.Run(ctx, started)
}
