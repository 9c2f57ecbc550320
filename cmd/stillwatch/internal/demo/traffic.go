package demo

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

const (
	// flushRecords is how many records are produced at once at most, flushEvery how long one waits
	// for others.
	flushRecords = 1000
	flushEvery   = 50 * time.Millisecond
	// maxBacklog is how many events may be under way: a slow machine slows the simulated clock down
	// instead of piling up.
	maxBacklog = 20_000
)

// traffic plays a world into the gateway topic, faster than time.
type traffic struct {
	world    *simulate.World
	producer *stream.Producer
	topic    string
	// wall is how long the whole world is to take on a machine that is fast enough.
	wall time.Duration
	// processed tells how many events the service has counted.
	processed func() int64

	sent, accounts, clock atomic.Int64
	done                  atomic.Bool
}

// play produces the world's events, keyed by account, until the last one or the end of ctx.
func (t *traffic) play(ctx context.Context) error {
	begin, end := t.world.Span()
	speed := float64(end.Sub(begin)) / float64(t.wall)
	p := pace{from: begin, speed: speed, began: time.Now()}
	seen := map[string]struct{}{}
	batch := make([]stream.OutRecord, 0, flushRecords)
	flush := func(until time.Time) error {
		if err := t.producer.Produce(ctx, batch); err != nil {
			return err
		}
		t.sent.Add(int64(len(batch)))
		t.clock.Store(until.UnixMilli())
		batch = batch[:0]
		for t.sent.Load()-t.processed() > maxBacklog {
			if err := p.hold(ctx, flushEvery); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		rec, ok := t.world.Next()
		if !ok {
			break
		}
		at := time.UnixMilli(rec.Time)
		if wait := p.until(at); wait > flushEvery || len(batch) == flushRecords {
			if err := flush(at); err != nil {
				return err
			}
			if err := sleep(ctx, p.until(at)); err != nil {
				return err
			}
		}
		if _, known := seen[rec.Account]; !known {
			seen[rec.Account] = struct{}{}
			t.accounts.Add(1)
		}
		batch = append(batch, stream.OutRecord{
			Topic: t.topic, Key: []byte(rec.Account), Value: bytes.Clone(rec.JSON),
		})
	}
	if err := flush(end); err != nil {
		return err
	}
	t.done.Store(true)
	return nil
}

// pace maps simulated to wall time.
type pace struct {
	from  time.Time
	speed float64
	began time.Time
}

// until is how long it is, on the wall, until the simulated moment.
func (p *pace) until(at time.Time) time.Duration {
	return time.Until(p.began.Add(time.Duration(float64(at.Sub(p.from)) / p.speed)))
}

// hold stops the simulated clock for d.
func (p *pace) hold(ctx context.Context, d time.Duration) error {
	p.began = p.began.Add(d)
	return sleep(ctx, d)
}

// sleep waits for d unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
