package app

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/console"
)

// SupervisorOptions is what a Supervisor is made of.
type SupervisorOptions struct {
	// Loaded is the configuration to begin with.
	Loaded config.Loaded
	// Load reads the configuration again. Nil says that it never changes.
	Load func() (config.Loaded, error)
	// Signals asks for a reload with everything that comes; nil for never.
	Signals <-chan os.Signal
	// Logs writes the log; level and format change with the configuration. Required.
	Logs *Logs
	// Version of the binary, for metrics and findings.
	Version string
	// Trace, when set, gets every group of accounts that correlate measures; see Options.
	Trace func(search.Measurement)
}

// Supervisor is the service as long as its process lives: it serves HTTP, and runs one App after
// the other, each with the configuration that was put in force last.
//
// A changed configuration is put in force in three steps (reload.go). It is loaded and validated;
// an App is made of it and connected, while the one in force goes on; then the stages of the old
// one finish and commit their batch and leave their groups, and those of the new one join. What
// fails before the last step leaves everything as it was. Nothing is lost or counted twice, because
// a partition is handed on as between two processes (pkg/pipeline).
type Supervisor struct {
	opts SupervisorOptions
	log  *zap.Logger
	// process are the metrics of the process, totals those of the apps, reloads those of reloading.
	process *prometheus.Registry
	totals  *totals
	reloads *reloadMetrics
	// console is nil while HTTP is off.
	console atomic.Pointer[console.Server]
	// swapping is set while the stages are handed from one app to the next.
	swapping atomic.Bool

	// app is the one in force, loaded its configuration. Only Run's goroutine uses them.
	app    *App
	loaded config.Loaded
	// files are those of the configuration that was loaded last, in force or not.
	files config.Files
	watch fileWatch
}

// NewSupervisor checks the options and builds everything that needs no network.
func NewSupervisor(opts SupervisorOptions) (*Supervisor, error) {
	if opts.Logs == nil {
		return nil, errors.New("app: SupervisorOptions.Logs is required")
	}
	if opts.Load == nil {
		opts.Signals = nil
	}
	s := &Supervisor{
		opts: opts, log: opts.Logs.Logger(), process: processMetrics(opts.Version),
		totals: &totals{}, loaded: opts.Loaded, files: opts.Loaded.Files,
	}
	if err := opts.Loaded.Config.Validate(); err != nil {
		return nil, err
	}
	s.reloads = newReloadMetrics(s.process)
	s.watch = fileWatch{log: s.log.Named("reload"), changed: make(chan struct{}, 1)}
	var err error
	s.app, err = s.build(opts.Loaded.Config)
	return s, err
}

// build makes the app of a configuration. HTTP is the supervisor's.
func (s *Supervisor) build(c config.Config) (*App, error) {
	c.HTTP.Enabled = false
	return New(Options{Config: c, Log: s.log, Version: s.opts.Version, Trace: s.opts.Trace})
}

// ConsoleAddr is where health and metrics are served, empty when they are not. It is safe for
// concurrent use.
func (s *Supervisor) ConsoleAddr() string {
	if server := s.console.Load(); server != nil {
		return server.Addr()
	}
	return ""
}

// Run starts the service, calls started (which may be nil), puts changed configurations in force,
// and stops gracefully when ctx ends or a stage fails. A start that ctx cuts short is no error. It
// is called once.
func (s *Supervisor) Run(ctx context.Context, started func(*Supervisor)) error {
	begin := time.Now()
	if err := s.start(ctx); err != nil {
		_ = s.stop(ctx)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	s.log.Info(
		"started", zap.Strings("stages", s.loaded.Config.Stages),
		zap.String("http", s.ConsoleAddr()), zap.Duration("took", time.Since(begin)),
	)
	if started != nil {
		started(s)
	}
	failure := s.supervise(ctx)
	begin = time.Now()
	if err := s.stop(ctx); err != nil {
		return errors.Join(failure, err)
	}
	s.log.Info("stopped", zap.Duration("took", time.Since(begin)))
	return failure
}

// start begins to serve HTTP first, so that liveness and the reason why it is not ready yet can be
// asked for all the time.
func (s *Supervisor) start(ctx context.Context) error {
	s.follow(s.app)
	server, err := s.listen(ctx, s.loaded.Config.HTTP, s.app)
	if err != nil {
		return err
	}
	s.console.Store(server)
	if err := s.app.prepare(ctx); err != nil {
		return err
	}
	s.app.startStages(ctx)
	s.reloads.succeeded()
	return nil
}

// supervise puts changed configurations in force until ctx ends, which is no error, or a stage
// fails.
func (s *Supervisor) supervise(ctx context.Context) error {
	defer s.watch.end()
	for {
		if s.opts.Load != nil {
			s.watch.follow(ctx, s.watched())
		}
		var trigger string
		select {
		case <-ctx.Done():
			s.log.Info(
				"stopping", zap.Duration("at_most", s.loaded.Config.ShutdownTimeout),
			)
			return nil
		case err := <-s.app.failed:
			s.log.Error("a stage failed, stopping", zap.Error(err))
			return err
		case <-s.opts.Signals:
			trigger = "signal"
		case <-s.watch.changed:
			if !s.files.Changed() {
				continue
			}
			trigger = "file"
		}
		if err := s.reload(ctx, trigger); err != nil {
			return err
		}
	}
}

// watched are the files whose change asks for a reload.
func (s *Supervisor) watched() []string {
	if !s.loaded.Config.Reload.WatchFiles {
		return nil
	}
	return s.files.Paths()
}

// listen returns the server that serves an app: the one that there is, where the address stays, and
// nil where HTTP is off.
func (s *Supervisor) listen(
	ctx context.Context, opts console.Options, a *App,
) (*console.Server, error) {
	if !opts.Enabled {
		return nil, nil
	}
	if now := s.console.Load(); now != nil && now.Serves(opts) {
		return now, nil
	}
	server, err := console.New(
		opts, prometheus.Gatherers{s.process, s.totals}, s.checks(a), s.log.Named("http"),
	)
	if err != nil {
		return nil, err
	}
	if err := server.Start(ctx); err != nil {
		return nil, err
	}
	return server, nil
}

// checks are the app's conditions of readiness, and that it is not just taking over.
func (s *Supervisor) checks(a *App) []console.Check {
	return append(a.checks(), console.Check{Name: "reload", Probe: func(context.Context) error {
		if s.swapping.Load() {
			return errors.New("a changed configuration is being put in force")
		}
		return nil
	}})
}

// stop ends the app and then HTTP, within the time that the configuration gives.
func (s *Supervisor) stop(ctx context.Context) error {
	ctx, cancel := s.stopContext(ctx)
	defer cancel()
	err := s.app.Stop(ctx)
	if server := s.console.Swap(nil); server != nil {
		err = errors.Join(err, server.Stop(ctx))
	}
	return err
}

// stopContext is for what has to be done although ctx may be over.
func (s *Supervisor) stopContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.loaded.Config.ShutdownTimeout)
}
