package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// The operations that are retried, as metrics and faults name them.
const (
	opAcquire   = "acquire"
	opLoad      = "load"
	opCommit    = "commit"
	opProduce   = "produce"
	opPartition = "partition"
)

// keepAlive is how often a partition without records commits all the same, so that its offset does
// not expire while it is owned.
const keepAlive = time.Hour

// worker works on one partition with one lease and one task; after any error both are thrown away.
type worker struct {
	p    *Pipeline
	part Partition
	name string
	log  *zap.Logger

	lease     Lease
	task      stage.Task
	next      int64
	unsent    int // chunks of the outbox in the store that are not marked as sent
	rewound   bool
	committed time.Time
	// active is when the last record was dealt with, flushed whether the task was flushed since.
	active  time.Time
	flushed bool
}

// run works until soft ends, which is no error, or something stops the partition. It reports
// whether a batch was committed.
func (w *worker) run(soft context.Context) (processed bool, err error) {
	hard, cancel := grace(soft, w.p.opts.ShutdownTimeout)
	defer cancel()
	if err := w.openPartition(soft, hard); err != nil {
		return false, err
	}
	w.p.setOpen(w.name, true)

	// The reader fetches the next batch while this one is processed; the channel has no buffer, so
	// it is one batch ahead and no more.
	batches := make(chan stream.Batch)
	var readErr error
	reading, stop := context.WithCancel(soft)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(batches)
		readErr = w.read(reading, batches)
	}()
	defer func() { stop(); <-done }()

	for b := range batches {
		if soft.Err() != nil {
			break
		}
		if err := w.batch(hard, &b); err != nil {
			return processed, err
		}
		processed = true
	}
	stop()
	<-done
	if soft.Err() != nil {
		return processed, nil
	}
	return processed, readErr
}

func (w *worker) read(ctx context.Context, batches chan<- stream.Batch) error {
	for {
		b, err := w.part.Read(ctx, w.p.opts.BatchRecords, w.p.opts.BatchWait)
		if err != nil {
			return err
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// openPartition takes the ownership and brings the task to the committed offset.
func (w *worker) openPartition(soft, hard context.Context) error {
	if err := w.retry(soft, opAcquire, func(ctx context.Context) (err error) {
		w.lease, err = w.p.store.Acquire(ctx, w.p.stage.Name(), w.name)
		return err
	}); err != nil {
		return err
	}
	task, err := w.p.stage.Open(w.part.ID())
	if err != nil {
		return fmt.Errorf("opening the stage: %s", remote.OneLine(err))
	}
	w.task = task
	if err := w.load(soft, w.task.Needs(nil)); err != nil {
		return err
	}
	if err := w.resend(soft, hard); err != nil {
		return err
	}
	first, end, err := w.part.Bounds(soft)
	if err != nil {
		return err
	}
	w.next = w.startOffset(first, end)
	if w.rewound {
		w.task.Rewound()
	}
	if err := w.rebuild(soft, max(first, w.task.RebuildFrom())); err != nil {
		return err
	}
	w.part.SetOffset(w.next)
	w.committed, w.active = time.Now(), time.Now()
	if w.lease.Next() == store.NoOffset && w.p.opts.Start == Latest {
		// Commit at the first pause where the partition begins: without it, records that come while
		// nobody works on it would be passed over, because the next owner begins behind them.
		w.committed = time.Time{}
	}
	w.lag(end)
	w.log.Info(
		"partition opened", zap.Int64("epoch", w.lease.Epoch()),
		zap.Int64("offset", w.next), zap.Int64("end", end),
	)
	return nil
}

// startOffset is where to go on, given what the partition holds. Records that are gone are counted,
// not passed over in silence.
func (w *worker) startOffset(first, end int64) int64 {
	start := first
	if w.p.opts.Start == Latest {
		start = end
	}
	next := w.lease.Next()
	switch {
	case next == store.NoOffset:
		return start
	case next < first:
		w.log.Error("records were deleted by the topic's retention before they were processed; raise retention.ms",
			zap.Int64("committed", next), zap.Int64("first", first), zap.Int64("lost", first-next))
		w.p.metrics.dropped.WithLabelValues(droppedRetention).Add(float64(first - next))
		return first
	case next > end:
		w.rewound = true
		w.log.Error("the committed offset lies behind the end of the partition: the topic was made anew or lost records",
			zap.Int64("committed", next), zap.Int64("end", end), zap.Int64("going_on_at", start),
			zap.String("start", w.p.opts.Start))
		return start
	}
	return next
}

// rebuild feeds the task the records from first up to the next offset.
func (w *worker) rebuild(ctx context.Context, first int64) error {
	if first >= w.next {
		return nil
	}
	began, records := time.Now(), 0
	w.part.SetOffset(first)
	for at := first; at < w.next; {
		b, err := w.part.Read(ctx, w.p.opts.BatchRecords, w.p.opts.BatchWait)
		if err != nil {
			return err
		}
		for len(b.Records) > 0 && b.Records[len(b.Records)-1].Offset >= w.next {
			b.Records = b.Records[:len(b.Records)-1]
		}
		if len(b.Records) > 0 {
			if err := w.task.Rebuild(b.Records); err != nil {
				return fmt.Errorf("rebuilding from offset %d: %w", at, err)
			}
			records += len(b.Records)
		}
		at = b.Next
	}
	took := time.Since(began)
	w.p.metrics.rebuild.Observe(took.Seconds())
	w.log.Info(
		"partition rebuilt from its topic", zap.Int("records", records), zap.Duration("took", took),
	)
	return nil
}

// batch processes one batch and commits it. ctx outlives the order to stop by the shutdown timeout.
func (w *worker) batch(ctx context.Context, b *stream.Batch) error {
	if len(b.Records) == 0 {
		return w.idle(ctx, b)
	}
	began := time.Now()
	records := b.Records
	if err := w.load(ctx, w.task.Needs(records)); err != nil {
		return err
	}
	result, err := w.task.Process(records)
	if err != nil {
		return fmt.Errorf("processing offsets %d to %d: %w", records[0].Offset, b.Next-1, err)
	}
	// From here on the task has the batch in its memory: the result is carried through or the task
	// is thrown away.
	if err := w.finish(ctx, b.Next, &result); err != nil {
		return err
	}
	w.active, w.flushed = time.Now(), false
	w.p.metrics.records.Observe(float64(len(records)))
	w.p.metrics.batch.Observe(time.Since(began).Seconds())
	w.part.CommitOffset(w.next)
	w.lag(b.HighWater)
	return nil
}

// finish produces and commits a result, and counts it.
func (w *worker) finish(ctx context.Context, next int64, r *stage.Result) error {
	finish := w.produceFirst
	if w.p.opts.Outbox {
		finish = w.commitFirst
	}
	if err := finish(ctx, next, r); err != nil {
		return err
	}
	w.count(r.Counts)
	return nil
}

// count adds the counts of the stage. One that it did not declare is a fault of the stage that must
// not stop the work.
func (w *worker) count(counts stage.Counts) {
	if err := w.p.metrics.count(counts); err != nil {
		w.log.Error("not everything was counted", zap.Error(err))
	}
}

// produceFirst produces the records and commits the state then.
func (w *worker) produceFirst(ctx context.Context, next int64, r *stage.Result) error {
	out, err := w.address(r.Out)
	if err != nil {
		return err
	}
	if err := w.produce(ctx, out); err != nil {
		return err
	}
	return w.commit(ctx, next, r.Changes)
}

// idle is a batch without records: time to bring out what the task holds back, and to say that the
// outbox was sent and the partition is alive.
func (w *worker) idle(ctx context.Context, b *stream.Batch) error {
	w.lag(b.HighWater)
	if err := w.flush(ctx, max(w.next, b.Next)); err != nil {
		return err
	}
	if w.unsent == 0 && b.Next <= w.next && time.Since(w.committed) < keepAlive {
		return nil
	}
	if err := w.commit(ctx, max(w.next, b.Next), w.clearOutbox(0)); err != nil {
		return err
	}
	w.unsent = 0
	return nil
}

// flush brings out what the task holds back, once in every stretch of time without records.
func (w *worker) flush(ctx context.Context, next int64) error {
	after := w.p.opts.FlushAfter
	if w.flushed || after == 0 || time.Since(w.active) < after {
		return nil
	}
	for more := true; more; {
		if err := w.load(ctx, w.task.Needs(nil)); err != nil {
			return err
		}
		result, err := w.task.Flush()
		if err != nil {
			return fmt.Errorf("flushing at offset %d: %w", next, err)
		}
		if len(result.Out) > 0 || len(result.Changes) > 0 {
			if err := w.finish(ctx, next, &result); err != nil {
				return err
			}
		}
		more = result.More
	}
	w.flushed = true
	return nil
}

// load hands the task the values of keys.
func (w *worker) load(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	var values [][]byte
	if err := w.retry(ctx, opLoad, func(ctx context.Context) (err error) {
		values, err = w.lease.Load(ctx, keys)
		return err
	}); err != nil {
		return err
	}
	for i, key := range keys {
		if err := w.task.Load(key, values[i]); err != nil {
			return fmt.Errorf("reading stored state: %w", err)
		}
	}
	w.reportRepairs()
	return nil
}

// reportRepairs counts and logs the stored state that the task had to mend.
func (w *worker) reportRepairs() {
	repaired := w.task.Repaired()
	w.count(repaired)
	for what, n := range repaired {
		w.log.Warn(
			"stored state was repaired: an earlier version wrote it wrongly; nothing is to be done",
			zap.String("what", what.Counter.Name), zap.Int64("count", n),
		)
	}
}

// commit stores changes and offset, retrying the same commit until it took or the partition is
// lost.
func (w *worker) commit(ctx context.Context, next int64, changes []stage.Change) error {
	c := store.Commit{Next: next, Rewind: w.rewound, Changes: make([]store.Change, len(changes))}
	size := 0
	for i := range changes {
		c.Changes[i] = store.Change(changes[i])
		size += len(changes[i].Value)
	}
	if err := w.retry(ctx, opCommit, func(ctx context.Context) error {
		began := time.Now()
		err := w.lease.Commit(ctx, c)
		w.p.metrics.commit.Observe(time.Since(began).Seconds())
		return err
	}); err != nil {
		return err
	}
	w.next, w.rewound = next, false
	w.committed = time.Now()
	w.p.metrics.stateKeys.Add(float64(len(changes)))
	w.p.metrics.stateBytes.Add(float64(size))
	return nil
}

// retry runs fn until it succeeds, fails for good, or ctx ends. Meanwhile the pipeline's status
// tells why it waits.
func (w *worker) retry(ctx context.Context, op string, fn func(context.Context) error) error {
	waits := remote.Waits(w.p.opts.RetryMin, w.p.opts.RetryMax)
	for n := 1; ; n++ {
		err := fn(ctx)
		if err == nil {
			if n > 1 {
				w.p.setFault(w.name, op, nil)
				w.log.Info("works again", zap.String("op", op), zap.Int("attempts", n))
			}
			return nil
		}
		var tooLarge *store.ValueTooLargeError
		if errors.Is(err, ErrFenced) || errors.As(err, &tooLarge) || ctx.Err() != nil {
			return err
		}
		w.p.metrics.retries.WithLabelValues(op).Inc()
		w.p.setFault(w.name, op, err)
		wait := waits.NextBackOff()
		w.log.Warn(
			"failed, trying again", zap.String("op", op), zap.Int("attempt", n),
			zap.Duration("retry_in", wait), zap.Error(err),
		)
		if !pause(ctx, wait) {
			return err
		}
	}
}

func (w *worker) lag(high int64) {
	partition := strconv.Itoa(w.part.ID())
	w.p.metrics.m.lag.WithLabelValues(w.p.metrics.stage, w.part.Topic(), partition).Set(
		float64(max(0, high-w.next)),
	)
	for kind, n := range w.task.Sizes() {
		w.p.metrics.m.sizes.WithLabelValues(w.p.metrics.stage, w.part.Topic(), partition, kind).
			Set(float64(n))
	}
}

func (w *worker) dropLag() {
	l := prometheus.Labels{
		"stage": w.p.metrics.stage, "topic": w.part.Topic(), "partition": strconv.Itoa(w.part.ID()),
	}
	w.p.metrics.m.lag.Delete(l)
	w.p.metrics.m.sizes.DeletePartialMatch(l)
}

// grace returns a context that ends d after parent does, so that what was begun can be finished.
func grace(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		if pause(ctx, d) {
			cancel()
		}
	})
	return ctx, func() { stop(); cancel() }
}
