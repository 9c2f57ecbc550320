// Package backtest drives the live stages over recorded events, without Kafka and Redis: the same code with the events' time as the clock.
//
// The output does not depend on the number of cores: events are cut into batches of a fixed size, sketched in parallel but handed on in order, and
// fingerprinted in a fixed number of partitions whose results are joined in partition order.
package backtest

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Options bounds a run.
type Options struct {
	// Workers is the number of goroutines that sketch; it does not change the output.
	Workers int
	// Partitions and Batch are the simulated topic's partitions and the records per batch; they are part of the result's definition.
	Partitions, Batch int
	// MaxLine is the longest record in bytes.
	MaxLine int
	// Tap, when set, sees every input record in order.
	Tap func(record []byte)
}

// DefaultOptions are the options that the documentation's figures were measured with.
func DefaultOptions() Options {
	return Options{Workers: 2, Partitions: 16, Batch: 1024, MaxLine: 16 << 20}
}

// Stages are the three stages to drive.
type Stages struct{ Ingest, Fingerprint, Correlate stage.Stage }

// Sink receives what the stages produce, in order.
type Sink interface {
	Write(out stage.Out) error
}

// Stats counts what went through.
type Stats struct {
	Records int64
	Bytes   int64
	Counts  map[string]int64
}

type chunk struct {
	records []stage.Record
	bytes   int64
	result  chan ingested
}

type ingested struct {
	result stage.Result
	err    error
}

// Run reads newline-separated records from r until its end. progress, when not nil, is told the bytes read after every batch.
func Run(ctx context.Context, o Options, st Stages, r io.Reader, sink Sink, progress func(bytes int64)) (Stats, error) {
	stats := Stats{Counts: map[string]int64{}}
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan *chunk)
	order := make(chan *chunk, 2*max(o.Workers, 1))
	g.Go(func() error {
		defer close(work)
		defer close(order)
		return read(ctx, o, r, work, order)
	})
	for range max(o.Workers, 1) {
		g.Go(func() error {
			task := st.Ingest.Open(0)
			for c := range work {
				res, err := task.Process(c.records)
				c.result <- ingested{res, err}
			}
			return nil
		})
	}
	g.Go(func() error { return consume(ctx, o, st, order, sink, progress, &stats) })
	err := g.Wait()
	return stats, err
}

// read cuts the input into chunks and hands each to the workers and, in order, to the consumer.
func read(ctx context.Context, o Options, r io.Reader, work, order chan<- *chunk) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<20), o.MaxLine)
	var offset int64
	c := &chunk{result: make(chan ingested, 1)}
	flush := func() error {
		if len(c.records) == 0 {
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
	for s.Scan() {
		line := s.Bytes()
		if len(line) == 0 {
			continue
		}
		c.records = append(c.records, stage.Record{Topic: "backtest", Offset: offset, Value: append([]byte(nil), line...)})
		c.bytes += int64(len(line)) + 1
		offset++
		if len(c.records) == o.Batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("read events after record %d: %w", offset, err)
	}
	return flush()
}

func consume(ctx context.Context, o Options, st Stages, order <-chan *chunk, sink Sink, progress func(int64), stats *Stats) error {
	tasks := make([]stage.Task, o.Partitions)
	for i := range tasks {
		tasks[i] = st.Fingerprint.Open(i)
		if err := preload(tasks[i], nil); err != nil {
			return err
		}
	}
	correlate := st.Correlate.Open(0)
	if err := preload(correlate, nil); err != nil {
		return err
	}
	offsets := make([]int64, o.Partitions)
	results := make([]stage.Result, o.Partitions)
	var profiles int64
	for c := range order {
		var in ingested
		select {
		case in = <-c.result:
		case <-ctx.Done():
			return ctx.Err()
		}
		if in.err != nil {
			return fmt.Errorf("ingest: %w", in.err)
		}
		stats.Records += int64(len(c.records))
		stats.Bytes += c.bytes
		if o.Tap != nil {
			for i := range c.records {
				o.Tap(c.records[i].Value)
			}
		}
		count(stats.Counts, in.result.Counts)
		parts := make([][]stage.Record, o.Partitions)
		for _, out := range in.result.Out {
			if out.To != stage.Observations {
				if err := sink.Write(out); err != nil {
					return err
				}
				continue
			}
			p := int(xxh3.Hash(out.Key) % uint64(o.Partitions))
			parts[p] = append(parts[p], stage.Record{Topic: "observations", Partition: p, Offset: offsets[p], Key: out.Key, Value: out.Value})
			offsets[p]++
		}
		var g errgroup.Group
		g.SetLimit(max(o.Workers, 1))
		for p := range tasks {
			if len(parts[p]) == 0 {
				results[p] = stage.Result{}
				continue
			}
			g.Go(func() error {
				if err := preload(tasks[p], parts[p]); err != nil {
					return err
				}
				res, err := tasks[p].Process(parts[p])
				results[p] = res
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return fmt.Errorf("fingerprint: %w", err)
		}
		var batch []stage.Record
		for p := range results {
			count(stats.Counts, results[p].Counts)
			for _, out := range results[p].Out {
				if out.To != stage.Profiles {
					if err := sink.Write(out); err != nil {
						return err
					}
					continue
				}
				batch = append(batch, stage.Record{Topic: "profiles", Offset: profiles, Key: out.Key, Value: out.Value})
				profiles++
			}
		}
		if len(batch) > 0 {
			if err := preload(correlate, batch); err != nil {
				return err
			}
			res, err := correlate.Process(batch)
			if err != nil {
				return fmt.Errorf("correlate: %w", err)
			}
			count(stats.Counts, res.Counts)
			for _, out := range res.Out {
				if err := sink.Write(out); err != nil {
					return err
				}
			}
		}
		if progress != nil {
			progress(stats.Bytes)
		}
	}
	return nil
}

// preload answers a task's needs from an empty store: everything lives in the tasks' memory.
func preload(t stage.Task, batch []stage.Record) error {
	for _, k := range t.Needs(batch) {
		if err := t.Load(k, nil); err != nil {
			return err
		}
	}
	return nil
}

func count(into, from map[string]int64) {
	for k, v := range from {
		into[k] += v
	}
}
