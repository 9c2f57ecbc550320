package stream

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/segmentio/kafka-go"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// Partition is one partition that this member of the group owns for now. It is read by one
// goroutine.
//
// It fetches over a connection of its own on which every request has a deadline, in place of the
// client library's background reader: what is held in memory is bounded by one fetch, nothing is
// delivered after the partition was handed on, and a fetch that hangs after a broker restart fails
// instead of waiting for ever.
type Partition struct {
	topic  string
	id     int
	client *Client
	note   func(error)
	commit func(topic string, partition int, offset int64)

	conn    *leader
	next    int64
	pending []Record
	after   int64 // the offset that follows pending
	bytes   int   // of keys and values in pending
	high    atomic.Int64
	// progress is when the last records came, or when there was nothing to come.
	progress time.Time
	// waits are the waits between failures, nil when the last attempt worked.
	waits *backoff.ExponentialBackOff
}

// Topic is the topic's name.
func (p *Partition) Topic() string { return p.topic }

// ID is the partition's number.
func (p *Partition) ID() int { return p.id }

// HighWater is the end of what may be read of the partition as of the last fetch: an open
// transaction ends it. It is safe for concurrent use.
func (p *Partition) HighWater() int64 { return p.high.Load() }

// CommitOffset remembers offset, the next to be processed, to be committed to the group from time
// to time. It serves lag monitoring only. It is safe for concurrent use.
func (p *Partition) CommitOffset(offset int64) { p.commit(p.topic, p.id, offset) }

// SetOffset sets the offset of the next read.
func (p *Partition) SetOffset(offset int64) {
	p.next, p.after, p.pending, p.bytes = offset, offset, nil, 0
	p.progress = time.Now()
	p.closeConnection()
}

// Bounds asks the leader for the first offset that the partition holds and for its end. It retries
// until ctx ends.
func (p *Partition) Bounds(ctx context.Context) (first, end int64, err error) {
	err = p.retry(ctx, func(l *leader) error {
		if err := l.conn.SetDeadline(p.client.deadline(ctx)); err != nil {
			return err
		}
		first, end, err = l.conn.ReadOffsets()
		return err
	})
	if err == nil {
		p.high.Store(end)
	}
	return first, end, err
}

// Read returns up to limit records. It waits up to wait for them and returns what has come by then,
// which can be nothing; it also returns early with as many bytes as one fetch may bring.
// Connections that fail are made anew until ctx ends; the only errors are ctx's and
// ErrOffsetOutOfRange.
func (p *Partition) Read(ctx context.Context, limit int, wait time.Duration) (Batch, error) {
	until := time.Now().Add(wait)
	for len(p.pending) < limit && p.bytes < p.client.opts.FetchMaxBytes {
		left := time.Until(until)
		if left <= 0 {
			break
		}
		var got []Record
		err := p.retry(ctx, func(l *leader) (err error) {
			got, err = p.fetch(ctx, l, min(left, p.client.opts.FetchMaxWait))
			return err
		})
		if err != nil {
			if len(p.pending) > 0 && !errors.Is(err, ErrOffsetOutOfRange) {
				break
			}
			return Batch{Next: p.next, HighWater: p.HighWater()}, err
		}
		for i := range got {
			p.bytes += len(got[i].Key) + len(got[i].Value)
		}
		if p.pending == nil {
			p.pending = got
		} else {
			p.pending = append(p.pending, got...)
		}
	}
	return p.take(limit), nil
}

// take cuts a batch off the front of what was fetched.
func (p *Partition) take(limit int) Batch {
	b := Batch{HighWater: p.HighWater()}
	if len(p.pending) > limit {
		b.Records = p.pending[:limit:limit]
		p.pending = p.pending[limit:]
		b.Next = b.Records[limit-1].Offset + 1
	} else {
		b.Records, p.pending = p.pending, nil
		b.Next = p.after
	}
	for i := range b.Records {
		p.bytes -= len(b.Records[i].Key) + len(b.Records[i].Value)
	}
	p.next = b.Next
	return b
}

// retry runs fn on the partition's connection, and again on a new one after an error that may pass,
// until ctx ends.
func (p *Partition) retry(ctx context.Context, fn func(*leader) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := p.attempt(ctx, fn)
		switch {
		case err == nil:
			p.waits = nil
			p.note(nil)
			return nil
		case errors.Is(err, kafka.OffsetOutOfRange):
			return fmt.Errorf("%w: %d of %s/%d", ErrOffsetOutOfRange, p.after, p.topic, p.id)
		case ctx.Err() != nil:
			p.closeConnection()
			return ctx.Err()
		}
		p.closeConnection()
		if p.waits == nil {
			p.waits = remote.Waits(leastReadWait, mostReadWait)
		}
		err = explain(err, p.client.opts.Brokers)
		p.client.errlog.Warn(
			"reading a partition failed, retrying", zapError(err),
			zapTopic(p.topic), zapPartition(p.id),
		)
		p.note(fmt.Errorf("reading %s/%d: %w", p.topic, p.id, err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(p.waits.NextBackOff()):
		}
	}
}

func (p *Partition) attempt(ctx context.Context, fn func(*leader) error) (err error) {
	if p.conn == nil {
		conn, err := p.client.dialLeader(ctx, p.topic, p.id)
		if err != nil {
			return err
		}
		p.conn = conn
	}
	conn := p.conn
	// Closing the connection is what makes a stop immediate: the library's calls do not watch a
	// context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() {
		// A library that panics on a malformed batch must not take the process down, and a new
		// fetch may well succeed.
		if r := recover(); r != nil {
			err = fmt.Errorf("unreadable batch at offset %d: %v", p.after, r)
		}
	}()
	return fn(conn)
}

// closeConnection closes the connection; the next request makes a new one.
func (p *Partition) closeConnection() {
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}

// The waits between attempts to read, and to write or to look at a topic.
const (
	leastReadWait, mostReadWait   = 100 * time.Millisecond, 5 * time.Second
	leastWriteWait, mostWriteWait = 50 * time.Millisecond, time.Second
)
