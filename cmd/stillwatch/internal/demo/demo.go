// Package demo shows Stillwatch at work: simulated gateway traffic, in which a coordinated pool
// hides among honest accounts, is played at high speed into the production service, and what comes
// out of the alert topic is shown.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/local"
	"github.com/stillwatch/stillwatch/configs/scenarios"
	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options says where the demo is shown and how long it may take.
type Options struct {
	Out io.Writer
	// Terminal keeps one line up to date and the service running after the finding; otherwise
	// progress is printed line by line, and the demo ends by itself.
	Terminal bool
	Color    bool
	// Width of the terminal in columns; 0 takes 100.
	Width int
	// Wall is how long the simulated traffic takes on a machine that is fast enough, Limit when the
	// demo gives up waiting for a finding.
	Wall, Limit time.Duration
	Version     string
	// Log receives the service's log.
	Log *zap.Logger
}

// DefaultOptions play the traffic in 18 seconds and give up after 60.
func DefaultOptions() Options {
	return Options{
		Out: io.Discard, Wall: 18 * time.Second, Limit: time.Minute,
		Version: "dev", Log: zap.NewNop(),
	}
}

// ErrNothingFound says that no finding came within the limit.
var ErrNothingFound = errors.New(
	"no finding came within the time limit; on a slow or busy machine, give it more with --limit",
)

// demo is one running demo.
type demo struct {
	opts    Options
	conf    config.Config
	world   *simulate.World
	app     *app.App
	traffic *traffic
	watch   *watch
	gauges  gauges
	groups  measured
	screen  *screen
	began   time.Time
}

// Run runs the demo until it is over or ctx ends, which is no error.
func Run(ctx context.Context, opts Options) (err error) {
	d := &demo{opts: opts, began: time.Now(), conf: config.Default()}
	d.screen = &screen{out: opts.Out, terminal: opts.Terminal, color: opts.Color, width: opts.Width}
	text, err := scenarios.Read("demo")
	if err != nil {
		return fmt.Errorf("demo scenario: %w", err)
	}
	scenario, err := simulate.Load(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("demo scenario: %w", err)
	}
	if d.world, err = simulate.New(scenario, simulate.Texts{}); err != nil {
		return fmt.Errorf("demo scenario: %w", err)
	}
	// The batches are many and small, and the writer of lz4 takes buffers of megabytes for each.
	d.conf.Kafka.Compression = "snappy"
	parts, err := local.Start(local.Options{}, &d.conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.Close()) }()
	d.app, err = app.New(app.Options{
		Config: d.conf, Log: opts.Log, Version: opts.Version, Trace: d.groups.add,
	})
	if err != nil {
		return err
	}
	if err := d.app.Start(ctx); err != nil {
		return interrupted(ctx, err)
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.conf.ShutdownTimeout)
		defer cancel()
		err = errors.Join(err, d.app.Stop(stop))
	}()
	err = interrupted(ctx, d.play(ctx))
	if opts.Terminal {
		d.screen.printf("\nStopped.\n")
	}
	return err
}

// interrupted drops the errors that come from the user's own Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the user's own Ctrl-C is no error
	}
	return err
}

// play starts traffic and watch, follows them, and shows what was found.
func (d *demo) play(ctx context.Context) error {
	client, err := stream.New(d.conf.Kafka.Options, d.opts.Log)
	if err != nil {
		return err
	}
	gateway := d.conf.Topics.Gateway[0]
	producer, err := client.Producer(gateway)
	if err != nil {
		return err
	}
	defer producer.Close()
	d.gauges = gauges{d.app.Registry()}
	d.traffic = &traffic{
		world: d.world, producer: producer, topic: gateway,
		wall: d.opts.Wall, processed: d.processed,
	}
	if d.watch, err = newWatch(client, d.conf.Topics); err != nil {
		return err
	}
	d.screen.intro(d.conf, d.app.ConsoleAddr(), d.world)

	group, inner := errgroup.WithContext(ctx)
	inner, stop := context.WithCancel(inner)
	group.Go(func() error { return d.traffic.play(inner) })
	group.Go(func() error { return d.watch.run(inner) })
	group.Go(func() error {
		defer stop()
		return d.follow(inner)
	})
	// Whatever ends first ends the others: their cancellation is no news.
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// How often the figures are read, how often they are printed where a line cannot be kept up to
// date, and for how long nothing may move before all is taken to have arrived.
const (
	glance     = 200 * time.Millisecond
	printEvery = 2 * time.Second
	idle       = 1500 * time.Millisecond
)

// follow shows the progress until the traffic is over and what it led to has arrived, then shows
// what was found. On a terminal it stays until ctx ends.
func (d *demo) follow(ctx context.Context) error {
	var printed, moved time.Time
	var last progress
	for {
		if err := sleep(ctx, glance); err != nil {
			return err
		}
		found, err := d.watch.found()
		if err != nil {
			return err
		}
		now, p := time.Now(), d.progress(len(found))
		if p.work() != last.work() {
			moved = now
		}
		if p.findings > 0 && last.findings == 0 {
			d.screen.announce(found[0], p)
		}
		last = p
		if d.opts.Terminal || now.Sub(printed) >= printEvery {
			d.screen.progress(p)
			printed = now
		}
		over := now.Sub(d.began) >= d.opts.Limit
		if over && len(found) == 0 {
			return ErrNothingFound
		}
		if over ||
			d.traffic.done.Load() && p.backlog == 0 && now.Sub(moved) >= idle && len(found) > 0 {
			break
		}
	}
	found, err := d.watch.found()
	if err != nil {
		return err
	}
	d.screen.findings(found)
	d.screen.comparison(d.compare(), d.conf.Correlate)
	d.screen.next(d.conf, d.app.ConsoleAddr(), d.opts.Terminal)
	if d.opts.Terminal {
		<-ctx.Done()
	}
	return nil
}

// progress is how far the demo is.
type progress struct {
	elapsed                    time.Duration
	clock                      time.Time
	sent, processed, backlog   int64
	accounts, profiles, groups int64
	findings                   int
}

// work is what changes while anything is under way.
func (p progress) work() [4]int64 { return [4]int64{p.sent, p.processed, p.profiles, p.groups} }

func (d *demo) progress(findings int) progress {
	return progress{
		elapsed:   time.Since(d.began),
		clock:     time.UnixMilli(d.traffic.clock.Load()).UTC(),
		sent:      d.traffic.sent.Load(),
		processed: d.processed(),
		backlog:   int64(d.gauges.sum("stillwatch_consumer_lag", "", "")),
		accounts:  d.traffic.accounts.Load(),
		profiles:  int64(d.gauges.sum("stillwatch_events_total", "stage", config.StageCorrelate)),
		groups:    d.groups.count(),
		findings:  findings,
	}
}

// processed is how many events the service has counted into fingerprints.
func (d *demo) processed() int64 {
	return int64(d.gauges.sum("stillwatch_events_total", "stage", config.StageFingerprint))
}
