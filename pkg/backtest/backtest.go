// Package backtest drives the live stages over recorded events, without Kafka and Redis: the same
// code with the events' time as the clock.
//
// The output does not depend on the number of cores: events are cut into batches of a fixed size,
// sketched in parallel but handed on in order, and fingerprinted in a fixed number of partitions
// whose results are joined in partition order.
package backtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Options bounds a run.
type Options struct {
	// Workers is the number of goroutines that sketch; it does not change the output.
	Workers int
	// Partitions and Batch are the simulated topic's partitions and the records per batch; they are
	// part of the result's definition.
	Partitions, Batch int
	// MaxLine is the longest record in bytes; a longer one becomes a dead letter.
	MaxLine int
	// Tap, when set, sees every event that ingest took in, in order, where ingest keeps them
	// (ingest.Options.KeepSeen).
	Tap func(stage.Seen)
	// Observe, when set, sees every observation that ingest makes of them, in order. It must not
	// keep references to its memory.
	Observe func(out stage.Out)
	// Verdicts are records of what analysts said (pkg/review), in any order: each is handed in when
	// the events' time has reached it, those of later times at the end.
	Verdicts [][]byte
}

// DefaultOptions are the options that the documentation's figures were measured with.
func DefaultOptions() Options {
	return Options{Workers: 2, Partitions: 16, Batch: 1024, MaxLine: 16 << 20}
}

// Stages are the stages to drive; Verdicts is needed only where there are verdicts.
type Stages struct{ Ingest, Fingerprint, Correlate, Verdicts stage.Stage }

// Sink receives what the stages produce, in order.
type Sink interface {
	Write(out stage.Out) error
}

// Stats counts what went through.
type Stats struct {
	Records int64
	Bytes   int64
	// Counts are those of all stages together.
	Counts stage.Counts
}

// DeadReasons counts the dead letters by why they are there.
func (s *Stats) DeadReasons() map[string]int64 {
	reasons := map[string]int64{}
	for what, n := range s.Counts {
		if what.Counter.Kind == stage.Rejected {
			reasons[what.Labels[0]] += n
		}
	}
	return reasons
}

type chunk struct {
	records []stage.Record
	// tooLarge holds the offsets of the records beyond MaxLine, whose bytes were passed over.
	tooLarge []int64
	bytes    int64
	result   chan ingested
}

type ingested struct {
	result stage.Result
	err    error
}

// Run reads newline-separated records from r until its end. progress, when not nil, is told the
// bytes read after every batch.
func Run(
	ctx context.Context, o Options, st Stages, r io.Reader, sink Sink, progress func(bytes int64),
) (Stats, error) {
	stats := Stats{Counts: stage.Counts{}}
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *chunk)
	order := make(chan *chunk, 2*max(o.Workers, 1))
	// joining is set once the records are read in order; what the workers make of them is not
	// needed then.
	var joining atomic.Bool
	g.Go(func() error {
		defer close(work)
		defer close(order)
		return read(ctx, o, r, work, order)
	})
	for range max(o.Workers, 1) {
		g.Go(func() error {
			task, err := st.Ingest.Open(0)
			if err != nil {
				return err
			}
			for c := range work {
				if joining.Load() {
					c.result <- ingested{}
					continue
				}
				res, err := task.Process(c.records)
				c.result <- ingested{res, err}
			}
			return nil
		})
	}
	g.Go(func() error { return consume(ctx, o, st, order, &joining, sink, progress, &stats) })
	err := g.Wait()
	return stats, err
}

// read cuts the input into chunks and hands each to the workers and, in order, to the consumer.
func read(ctx context.Context, o Options, r io.Reader, work, order chan<- *chunk) error {
	l := NewLines(r, o.MaxLine)
	var offset int64
	c := &chunk{result: make(chan ingested, 1)}
	flush := func() error {
		if len(c.records)+len(c.tooLarge) == 0 {
			return nil
		}
		for _, ch := range []chan<- *chunk{order, work} {
			select {
			case ch <- c:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		c = &chunk{result: make(chan ingested, 1)}
		return nil
	}
	for {
		line, size, err := l.Next()
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return fmt.Errorf("read events after record %d: %w", offset, err)
		}
		switch {
		case size == 0:
			continue
		case line == nil:
			c.tooLarge = append(c.tooLarge, offset)
		default:
			c.records = append(c.records, stage.Record{
				Topic: topic, Offset: offset, Value: bytes.Clone(line),
			})
		}
		c.bytes += size + 1
		offset++
		if len(c.records)+len(c.tooLarge) == o.Batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// topic is the name of the simulated gateway topic.
const topic = "backtest"

// passedOver counts the records beyond MaxLine.
var passedOver = stage.DeadLettered(event.ReasonTooLarge)

// passOver makes dead letters of the records beyond MaxLine. Their content is left out: that it
// could not be held is why they are there.
func (r *run) passOver(offsets []int64) error {
	for _, offset := range offsets {
		r.stats.Counts.Add(1, passedOver, event.ReasonTooLarge)
		err := r.sink.Write(stage.NewDeadLetter(&stage.Record{Topic: topic, Offset: offset},
			event.ReasonTooLarge,
			fmt.Sprintf("the record has more than %d bytes, its content is left out", r.o.MaxLine)))
		if err != nil {
			return err
		}
	}
	return nil
}

func consume(
	ctx context.Context, o Options, st Stages, order <-chan *chunk, joining *atomic.Bool,
	sink Sink, progress func(int64),
	stats *Stats,
) error {
	r := &run{o: o, sink: sink, stats: stats, offsets: make([]int64, o.Partitions)}
	for i := range o.Partitions {
		task, err := open(st.Fingerprint, i)
		if err != nil {
			return err
		}
		r.tasks = append(r.tasks, task)
	}
	var err error
	if r.correlate, err = open(st.Correlate, 0); err != nil {
		return err
	}
	if r.given, err = newGiven(o.Verdicts, st.Verdicts); err != nil {
		return err
	}
	for c := range order {
		var in ingested
		select {
		case in = <-c.result:
		case <-ctx.Done():
			return ctx.Err()
		}
		in = r.inOrder(st.Ingest, c, in)
		joining.Store(r.joining != nil)
		if in.err != nil {
			return fmt.Errorf("ingest: %w", in.err)
		}
		stats.Records += int64(len(c.records) + len(c.tooLarge))
		stats.Bytes += c.bytes
		if err := r.passOver(c.tooLarge); err != nil {
			return err
		}
		if err := r.batch(in.result); err != nil {
			return err
		}
		if progress != nil {
			progress(stats.Bytes)
		}
	}
	// What ingest and the fingerprints hold back for later events comes out now.
	if err := r.flushIngest(); err != nil {
		return err
	}
	if err := r.fingerprint(
		func(p int) (stage.Result, error) { return r.tasks[p].Flush() },
	); err != nil {
		return err
	}
	return r.giveRest()
}

// open makes a task with its state, which is empty.
func open(s stage.Stage, partition int) (stage.Task, error) {
	task, err := s.Open(partition)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Name(), err)
	}
	return task, preload(task, nil)
}

// inOrder returns what ingest makes of a chunk, in is what a worker made of it. Where the gateway
// reports a call in several records, a worker that does not get the chunk with the other parts
// never sees the call: from the first chunk on of which parts are held, one task reads everything
// in order.
func (r *run) inOrder(ingest stage.Stage, c *chunk, in ingested) ingested {
	if in.err != nil || r.joining == nil && !in.result.InOrder {
		return in
	}
	if r.joining == nil {
		var err error
		if r.joining, err = ingest.Open(0); err != nil {
			return ingested{err: err}
		}
	}
	res, err := r.joining.Process(c.records)
	return ingested{result: res, err: err}
}

// flushIngest brings out the calls whose other parts the recording does not have.
func (r *run) flushIngest() error {
	for more := r.joining != nil; more; {
		res, err := r.joining.Flush()
		if err != nil {
			return fmt.Errorf("ingest: %w", err)
		}
		if err := r.batch(res); err != nil {
			return err
		}
		more = res.More
	}
	return nil
}

// run is what a consumer holds.
type run struct {
	o         Options
	sink      Sink
	stats     *Stats
	tasks     []stage.Task
	correlate stage.Task
	given     *given
	// joining reads in order what has to be; nil as long as nothing has.
	joining stage.Task
	// offsets and profiles are the next offsets of the simulated topics.
	offsets  []int64
	profiles int64
}

// batch hands what ingest made of a chunk to the fingerprints.
func (r *run) batch(in stage.Result) error {
	if r.o.Tap != nil {
		for _, seen := range in.Seen {
			r.o.Tap(seen)
		}
	}
	parts := make([][]stage.Record, r.o.Partitions)
	observations, rest := split(in, stage.Observations)
	r.stats.Counts.AddAll(in.Counts)
	if err := r.write(rest); err != nil {
		return err
	}
	for _, out := range observations {
		if r.o.Observe != nil {
			r.o.Observe(out)
		}
		p := int(xxh3.Hash(out.Key) % uint64(r.o.Partitions))
		parts[p] = append(parts[p], stage.Record{
			Topic: "observations", Partition: p, Offset: r.offsets[p],
			Key: out.Key, Value: out.Value,
		})
		r.offsets[p]++
	}
	return r.fingerprint(func(p int) (stage.Result, error) {
		if len(parts[p]) == 0 {
			return stage.Result{}, nil
		}
		if err := preload(r.tasks[p], parts[p]); err != nil {
			return stage.Result{}, err
		}
		return r.tasks[p].Process(parts[p])
	})
}

// fingerprint runs a step on all partitions at once, joins the results in partition order and hands
// the profiles to correlate.
func (r *run) fingerprint(step func(partition int) (stage.Result, error)) error {
	results := make([]stage.Result, r.o.Partitions)
	var g errgroup.Group
	g.SetLimit(max(r.o.Workers, 1))
	for p := range results {
		g.Go(func() (err error) {
			results[p], err = step(p)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("fingerprint: %w", err)
	}
	var batch []stage.Record
	for _, res := range results {
		r.stats.Counts.AddAll(res.Counts)
		profiles, rest := split(res, stage.Profiles)
		if err := r.write(rest); err != nil {
			return err
		}
		for _, out := range profiles {
			batch = r.appendProfile(batch, out)
			due, err := r.given.due(out)
			if err != nil {
				return err
			}
			if batch, err = r.appendVerdicts(batch, due); err != nil {
				return err
			}
		}
	}
	return r.correlated(batch)
}
