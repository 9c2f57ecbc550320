// Package pipeline drives a stage over Kafka and Redis: it owns partitions, loads the state that a
// batch needs, has the stage compute, produces what comes out, and commits state and offset
// together.
//
// What is guaranteed, whatever is killed when:
//   - Every record of an input partition changes the state exactly once, because the state and the
//     offset that it was computed up to are one transaction, and an owner who lost the partition
//     can't commit.
//   - Without an outbox, records are produced before the progress is committed, so a crash in
//     between produces the records of the batch again, computed anew: a receiver has to recognise
//     repetitions by their source offset, and they need not be byte-identical.
//   - With Options.Outbox, the outgoing records are committed with the state that they belong to,
//     before they are produced, and produced again when the partition is opened and they were not
//     marked as sent. A crash can emit the same record twice, but never a different one in its
//     place, and never one whose state was lost.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Options is how a pipeline takes batches.
type Options struct {
	// BatchRecords is the most records of a batch.
	BatchRecords int `yaml:"batch_records"`
	// BatchWait is how long a batch may take to fill: the latency that is paid for fewer, larger
	// commits.
	BatchWait time.Duration `yaml:"batch_wait"`
	// FlushAfter is how long a partition has to bring nothing until the stage is asked for what it
	// holds back, so that the last changes of a stream that stops come out; 0 leaves them until the
	// stream goes on.
	FlushAfter time.Duration `yaml:"flush_after"`
	// Start is where a partition begins that has no committed offset, or whose offset is gone:
	// earliest or latest.
	Start string `yaml:"start"`
	// ShutdownTimeout is how long a batch may take to be finished after the pipeline was told to
	// stop or to hand a partition on.
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
	// RetryMin and RetryMax bound the wait before an operation is tried again; it doubles from one
	// to the other.
	RetryMin time.Duration `yaml:"retry_min"`
	RetryMax time.Duration `yaml:"retry_max"`

	// Outputs maps a stage's outputs to topics.
	Outputs map[stage.Output]string `yaml:"-"`
	// Outbox makes outgoing records part of the commit; see the package's guarantees.
	Outbox bool `yaml:"-"`
}

// The values of Options.Start.
const (
	Earliest = "earliest"
	Latest   = "latest"
)

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{
		BatchRecords:    1000,
		BatchWait:       100 * time.Millisecond,
		FlushAfter:      30 * time.Second,
		Start:           Earliest,
		ShutdownTimeout: 20 * time.Second,
		RetryMin:        100 * time.Millisecond,
		RetryMax:        10 * time.Second,
	}
}

// Validate reports everything that is wrong with the options, in one error.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.BatchRecords < 1 || o.BatchRecords > 100_000 {
		bad("batch_records: %d is not between 1 and 100000", o.BatchRecords)
	}
	if o.BatchWait < time.Millisecond || o.BatchWait > time.Minute {
		bad("batch_wait: %v is not between 1ms and 1m", o.BatchWait)
	}
	if o.FlushAfter != 0 && (o.FlushAfter < o.BatchWait || o.FlushAfter > 24*time.Hour) {
		bad("flush_after: %v is neither 0 nor between batch_wait and 24h", o.FlushAfter)
	}
	if o.Start != Earliest && o.Start != Latest {
		bad("start: %q is neither earliest nor latest", o.Start)
	}
	if o.ShutdownTimeout < time.Second {
		bad("shutdown_timeout: %v is shorter than 1s", o.ShutdownTimeout)
	}
	if o.RetryMin < time.Millisecond || o.RetryMax < o.RetryMin {
		bad("retry_min, retry_max: %v, %v: from 1ms, and retry_max not below retry_min",
			o.RetryMin, o.RetryMax)
	}
	return errors.Join(errs...)
}

// Config is what a pipeline is made of. Log and Metrics may be nil.
type Config struct {
	Options Options
	Stage   stage.Stage
	Source  Source
	Sink    Sink
	Store   Store
	Log     *zap.Logger
	Metrics *Metrics
}

// Pipeline runs one stage.
type Pipeline struct {
	opts    Options
	stage   stage.Stage
	source  Source
	sink    Sink
	store   Store
	log     *zap.Logger
	metrics *stageMetrics

	mu     sync.Mutex
	open   map[string]bool // by partition name; false until it is ready to process
	faults map[fault]error
}

// fault is a place where something goes wrong at present.
type fault struct {
	partition string
	op        string
}

// New makes a pipeline; Run runs it.
func New(cfg Config) (*Pipeline, error) {
	if err := cfg.Options.Validate(); err != nil {
		return nil, err
	}
	switch {
	case cfg.Stage == nil:
		return nil, errors.New("a pipeline needs a stage")
	case cfg.Source == nil, cfg.Sink == nil, cfg.Store == nil:
		return nil, errors.New("a pipeline needs a source, a sink and a store")
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nopRegisterer{})
	}
	name := cfg.Stage.Name()
	metrics, err := cfg.Metrics.forStage(cfg.Stage)
	if err != nil {
		return nil, err
	}
	return &Pipeline{
		opts: cfg.Options, stage: cfg.Stage, source: cfg.Source, sink: cfg.Sink, store: cfg.Store,
		log: cfg.Log.With(zap.String("stage", name)), metrics: metrics,
		open: map[string]bool{}, faults: map[fault]error{},
	}, nil
}

// Run works until ctx ends: then it stops fetching, finishes and commits the batches under way
// within the shutdown timeout, leaves the group and returns nil.
func (p *Pipeline) Run(ctx context.Context) error {
	p.log.Info("stage started")
	defer p.log.Info("stage stopped")
	return p.source.Run(ctx, p.handle)
}

// Status is a snapshot for readiness checks.
type Status struct {
	Stage string
	// Joined is true while this process is a member of the stage's consumer group.
	Joined bool
	// Assigned is how many partitions it was given, Open how many of them have loaded their state
	// and are being processed. A standby has none.
	Assigned, Open int
	// KafkaOK and RedisOK are false while an operation on them is failing.
	KafkaOK, RedisOK bool
	// Err is what goes wrong at present, in one line; nil when all is well.
	Err error
}

// Ready reports whether the stage is doing its work, or stands by with nothing to do.
func (s *Status) Ready() bool { return s.Joined && s.Err == nil && s.Open == s.Assigned }

// Status returns how the pipeline is doing. It is safe for concurrent use.
func (p *Pipeline) Status() Status {
	src := p.source.Status()
	s := Status{
		Stage: p.stage.Name(), Joined: src.Joined, KafkaOK: src.Err == nil,
		RedisOK: true, Err: src.Err,
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Assigned = len(p.open)
	for _, ready := range p.open {
		if ready {
			s.Open++
		}
	}
	keys := slices.SortedFunc(maps.Keys(p.faults), func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.op, b.op))
	})
	for _, k := range keys {
		switch k.op {
		case opProduce:
			s.KafkaOK = false
		case opAcquire, opLoad, opCommit:
			s.RedisOK = false
		}
		if s.Err == nil {
			s.Err = p.faults[k]
		}
	}
	return s
}

// handle works on one partition until ctx ends. What stops a partition short of that is waited out,
// and the partition is opened anew.
func (p *Pipeline) handle(ctx context.Context, part Partition) {
	name := partitionName(part)
	log := p.log.With(zap.String("topic", part.Topic()), zap.Int("partition", part.ID()))
	p.setOpen(name, false)
	p.metrics.owned.Inc()
	defer func() {
		p.metrics.owned.Dec()
		p.forget(name)
	}()
	waits := remote.Waits(p.opts.RetryMin, p.opts.RetryMax)
	for ctx.Err() == nil {
		w := &worker{p: p, part: part, name: name, log: log}
		processed, err := w.run(ctx)
		p.setOpen(name, false)
		w.dropLag()
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				log.Warn(
					"partition given up before its last batch was committed; its next owner repeats it",
					zap.Error(err),
				)
			}
			return
		}
		if processed {
			waits.Reset()
		}
		wait := waits.NextBackOff()
		if errors.Is(err, ErrFenced) {
			// Either the group is about to say that the partition is someone else's, which then
			// ends ctx, or another deployment uses the same prefix in Redis; taking it back at once
			// would only make the two fence each other off as fast as they can.
			p.metrics.fenced.Inc()
			wait = p.opts.RetryMax
			log.Warn("another owner took over the partition", zap.Duration("retry_in", wait))
		} else {
			log.Error("partition stopped", zap.Error(err), zap.Duration("retry_in", wait))
		}
		p.setFault(name, opPartition, fmt.Errorf("%s %s: %w", p.stage.Name(), name, err))
		pause(ctx, wait)
	}
}

func (p *Pipeline) setOpen(name string, ready bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[name] = ready
	if ready {
		// Also what an operation was waiting for when the worker before this one was given up.
		p.clearFaults(name)
	}
}

func (p *Pipeline) clearFaults(name string) {
	for k := range p.faults {
		if k.partition == name {
			delete(p.faults, k)
		}
	}
}

// setFault notes that op of a partition fails, or, with nil, that it no longer does.
func (p *Pipeline) setFault(name, op string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.faults, fault{name, op})
	} else {
		p.faults[fault{name, op}] = err
	}
}

func (p *Pipeline) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, name)
	p.clearFaults(name)
}

// partitionName names a partition's state in the store. It holds the topic, because offsets and
// state mean nothing for another one.
func partitionName(part Partition) string { return fmt.Sprintf("%s:%d", part.Topic(), part.ID()) }

// pause waits for d or for the end of ctx, and reports whether ctx lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
