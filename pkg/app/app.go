// Package app is the whole service as a value: it wires the stages to Kafka and Redis, serves
// health and metrics, and starts and stops in order, so that commands, the demo and tests run the
// same thing in-process.
package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/console"
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/lookup"
	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options is what an App is made of.
type Options struct {
	Config config.Config
	// Log receives everything there is to tell; required.
	Log *zap.Logger
	// Version of the binary, for metrics and findings.
	Version string
	// Trace, when set, gets every group of accounts that correlate measures, from its own
	// goroutine: for the demo and for reports.
	Trace func(search.Measurement)
}

// DefaultOptions returns the default configuration without a secret, and a silent logger.
func DefaultOptions() Options {
	return Options{Config: config.Default(), Log: zap.NewNop(), Version: "dev"}
}

func (o Options) validate() error {
	if o.Log == nil {
		return errors.New("app: Options.Log is required")
	}
	if err := o.Config.Validate(); err != nil {
		return err
	}
	if o.Config.Sketch.Secret == "" {
		return errors.New("sketch.secret is not set: prompts are only kept as hashes keyed with it")
	}
	return nil
}

// App is the service under one configuration. It is started once; where the configuration may
// change, a Supervisor runs one after the other.
type App struct {
	opts     Options
	log      *zap.Logger
	registry *prometheus.Registry
	// metrics are those of the stages.
	metrics *pipeline.Metrics
	stages  []*stageRun
	lists   *watchLists
	console *console.Server
	// facts is what events are completed from, nil for nothing; factsRead is closed when it is all
	// there.
	facts     *lookup.Sources
	factsRead chan struct{}

	cleanups cleanups
	// startOnce guards against a second Start; stages report their end on failed.
	startOnce sync.Once
	failed    chan error

	// mu guards what connect sets up, for the readiness checks that run meanwhile.
	mu    sync.Mutex
	kafka *stream.Client
	redis *store.Store
}

// New checks the options and builds everything that needs no network.
func New(opts Options) (*App, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	a := &App{
		opts: opts, log: opts.Log, registry: prometheus.NewRegistry(),
		factsRead: make(chan struct{}),
	}
	var files []string
	if opts.Config.Runs(config.StageCorrelate) {
		files = opts.Config.Correlate.WatchLists
	}
	var err error
	if a.lists, err = newWatchLists(files, a.log.Named("watch"), a.registry); err != nil {
		return nil, err
	}
	var enricher *enrich.Enricher
	if opts.Config.Runs(config.StageIngest) {
		facts, err := lookup.New(opts.Config.Ingest.Enrich, a.log.Named("enrich"), a.registry)
		if err != nil {
			return nil, err
		}
		if enricher = facts.Enricher(); enricher != nil {
			a.facts = facts
		}
	}
	if a.stages, err = newStages(opts, enricher, a.lists); err != nil {
		return nil, err
	}
	// Each stage reports at most one error.
	a.failed = make(chan error, len(a.stages))
	a.metrics = pipeline.NewMetrics(a.registry)
	for _, s := range a.stages {
		if err := a.metrics.Expose(s.stage); err != nil {
			return nil, err
		}
		// A stage that cannot be opened would start, and open no partition.
		if _, err := s.stage.Open(0); err != nil {
			return nil, fmt.Errorf("stage %s: %w", s.stage.Name(), err)
		}
	}
	if opts.Config.HTTP.Enabled {
		if a.console, err = console.New(
			opts.Config.HTTP, prometheus.Gatherers{processMetrics(opts.Version), a.registry},
			a.checks(), a.log.Named("http"),
		); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Registry holds the app's metrics, without those of the process.
func (a *App) Registry() *prometheus.Registry { return a.registry }

// ConsoleAddr is where health and metrics are served, empty when they are not.
func (a *App) ConsoleAddr() string {
	if a.console == nil {
		return ""
	}
	return a.console.Addr()
}

// Start begins to serve HTTP, waits for Kafka and Redis up to startup_timeout, sees to the topics
// and starts the stages. When it fails or ctx ends, what was set up is torn down again.
func (a *App) Start(ctx context.Context) error {
	first := false
	a.startOnce.Do(func() { first = true })
	if !first {
		return errors.New("app: an App starts only once")
	}
	err := a.start(ctx)
	if err != nil {
		// The caller's context may be over: the roll-back has its own time.
		stopCtx, cancel := context.WithTimeout(
			context.WithoutCancel(ctx), a.opts.Config.ShutdownTimeout,
		)
		defer cancel()
		_ = a.Stop(stopCtx)
	}
	return err
}

func (a *App) start(ctx context.Context) error {
	// HTTP comes first and goes last: liveness and the reason why it is not ready yet can be asked
	// for all the time.
	if a.console != nil {
		if err := a.console.Start(ctx); err != nil {
			return err
		}
		a.cleanups.push("http", a.console.Stop)
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	a.startStages(ctx)
	return nil
}

// prepare does what can fail: it connects, sees to the topics and reads the account facts. An app
// in the groups of the same stages goes on undisturbed.
func (a *App) prepare(ctx context.Context) error {
	if err := a.connect(ctx); err != nil {
		return err
	}
	a.lists.start(ctx, &a.cleanups)
	return a.startFacts(ctx)
}

// Stop ends everything in the reverse order of the start: the stages finish the batch under way,
// commit it and leave their groups, then the connections close, then HTTP. It gives up waiting when
// ctx ends. Calling it again, or without a start, does nothing.
func (a *App) Stop(ctx context.Context) error {
	return a.cleanups.run(ctx)
}

// startFacts reads the topic of account facts to its end, so that no event is taken without them,
// and keeps everything fresh from then on. It takes as long as it takes: nothing is lost meanwhile,
// and /readyz tells.
func (a *App) startFacts(ctx context.Context) error {
	if a.facts == nil {
		return nil
	}
	kafka, _ := a.connected()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	failed := make(chan error, 1)
	running.Go(func() {
		if err := a.facts.Follow(background, kafka, func() { close(a.factsRead) }); err != nil {
			failed <- fmt.Errorf("account facts: %w", err)
		}
	})
	running.Go(func() { a.facts.Watch(background) })
	a.cleanups.push("account facts", func(context.Context) error {
		cancel()
		running.Wait()
		return nil
	})
	select {
	case <-a.factsRead:
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// startStages runs every stage in a goroutine of its own until they are stopped or one fails.
func (a *App) startStages(ctx context.Context) {
	// The stages outlive the context of the start; Stop ends them.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, s := range a.stages {
		running.Go(func() {
			if err := s.pipeline.Run(ctx); err != nil && ctx.Err() == nil {
				a.failed <- fmt.Errorf("stage %s: %w", s.stage.Name(), err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		running.Wait()
		close(done)
	}()
	a.cleanups.push("stages", func(stop context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stop.Done():
			return fmt.Errorf(
				"not finished within shutdown_timeout (%s); what was not committed is processed again after the next start",
				config.FormatDuration(a.opts.Config.ShutdownTimeout),
			)
		}
	})
}

// joinPoll is how often it is looked whether the stages have joined.
const joinPoll = 20 * time.Millisecond

// joined waits until all stages are in their groups. It is an error when one fails, or when it
// takes longer than a start may take and the group for its rebalance.
func (a *App) joined(ctx context.Context) error {
	c := a.opts.Config
	atMost := c.StartupTimeout + c.Kafka.RebalanceTimeout
	late := time.NewTimer(atMost)
	defer late.Stop()
	poll := time.NewTicker(joinPoll)
	defer poll.Stop()
	for {
		err := a.notJoined()
		if err == nil {
			return nil
		}
		select {
		case <-poll.C:
		case failure := <-a.failed:
			return failure
		case <-late.C:
			return fmt.Errorf("%w; gave up after %s", err, config.FormatDuration(atMost))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// notJoined says what a stage that is not in its group waits for, nil when there is none.
func (a *App) notJoined() error {
	for _, s := range a.stages {
		switch st := s.pipeline.Status(); {
		case st.Joined:
		case st.Err != nil:
			return fmt.Errorf("stage %s: %w", s.stage.Name(), st.Err)
		default:
			return fmt.Errorf("stage %s has not joined its consumer group", s.stage.Name())
		}
	}
	return nil
}
