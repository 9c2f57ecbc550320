package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// Partition is one partition that this member of the group owns for now. It is read by one goroutine.
//
// It fetches over a connection of its own on which every request has a deadline, in place of the client library's background reader: what is
// held in memory is bounded by one fetch, nothing is delivered after the partition was handed on, and a fetch that hangs after a broker
// restart fails instead of waiting for ever.
type Partition struct {
	topic  string
	id     int
	client *Client
	note   func(error)
	commit func(topic string, partition int, offset int64)

	conn    *kafka.Conn
	next    int64
	pending []Record
	after   int64 // the offset that follows pending
	bytes   int   // of keys and values in pending
	high    atomic.Int64
	// progress is when the last records came, or when there was nothing to come.
	progress time.Time
	failures int
}

// Topic is the topic's name.
func (p *Partition) Topic() string { return p.topic }

// ID is the partition's number.
func (p *Partition) ID() int { return p.id }

// HighWater is the end of the partition as of the last fetch. It is safe for concurrent use.
func (p *Partition) HighWater() int64 { return p.high.Load() }

// CommitOffset remembers offset, the next to be processed, to be committed to the group from time to time. It serves lag monitoring only. It is
// safe for concurrent use.
func (p *Partition) CommitOffset(offset int64) { p.commit(p.topic, p.id, offset) }

// SetOffset sets the offset of the next read.
func (p *Partition) SetOffset(offset int64) {
	p.next, p.after, p.pending, p.bytes = offset, offset, nil, 0
	p.progress = time.Now()
	p.hangUp()
}

// Bounds asks the leader for the first offset that the partition holds and for its end. It retries until ctx ends.
func (p *Partition) Bounds(ctx context.Context) (first, end int64, err error) {
	err = p.retry(ctx, func(conn *kafka.Conn) error {
		if err := conn.SetDeadline(p.client.deadline(ctx)); err != nil {
			return err
		}
		first, end, err = conn.ReadOffsets()
		return err
	})
	if err == nil {
		p.high.Store(end)
	}
	return first, end, err
}

// Read returns up to limit records. It waits up to wait for them and returns what has come by then, which can be nothing; it also returns early
// with as many bytes as one fetch may bring. Connections that fail are made anew until ctx ends; the only errors are ctx's and
// ErrOffsetOutOfRange.
func (p *Partition) Read(ctx context.Context, limit int, wait time.Duration) (Batch, error) {
	until := time.Now().Add(wait)
	for len(p.pending) < limit && p.bytes < p.client.opts.FetchMaxBytes {
		left := time.Until(until)
		if left <= 0 {
			break
		}
		var got []Record
		err := p.retry(ctx, func(conn *kafka.Conn) (err error) {
			got, err = p.fetch(ctx, conn, min(left, p.client.opts.FetchMaxWait))
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

// retry runs fn on the partition's connection, and again on a new one after an error that may pass, until ctx ends.
func (p *Partition) retry(ctx context.Context, fn func(*kafka.Conn) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := p.attempt(ctx, fn)
		switch {
		case err == nil:
			p.failures = 0
			p.note(nil)
			return nil
		case errors.Is(err, kafka.OffsetOutOfRange):
			return fmt.Errorf("%w: %d of %s/%d", ErrOffsetOutOfRange, p.after, p.topic, p.id)
		case ctx.Err() != nil:
			p.hangUp()
			return ctx.Err()
		}
		p.hangUp()
		p.failures++
		err = explain(err, p.client.opts.Brokers)
		p.client.errlog.Warn("reading a partition failed, retrying", zapError(err), zapTopic(p.topic), zapPartition(p.id))
		p.note(fmt.Errorf("reading %s/%d: %w", p.topic, p.id, err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff(p.failures, 100*time.Millisecond, 5*time.Second)):
		}
	}
}

func (p *Partition) attempt(ctx context.Context, fn func(*kafka.Conn) error) (err error) {
	if p.conn == nil {
		conn, err := p.client.dialLeader(ctx, p.topic, p.id)
		if err != nil {
			return err
		}
		p.conn = conn
	}
	conn := p.conn
	// Closing the connection is what makes a stop immediate: the library's calls do not watch a context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() {
		// The library panics on some malformed batches; that must not take the process down, and a new fetch may well succeed.
		if r := recover(); r != nil {
			err = fmt.Errorf("unreadable batch at offset %d: %v", p.after, r)
		}
	}()
	return fn(conn)
}

// fetch makes one fetch request at p.after and moves p.after behind what came.
func (p *Partition) fetch(ctx context.Context, conn *kafka.Conn, wait time.Duration) ([]Record, error) {
	if _, err := conn.Seek(p.after, kafka.SeekAbsolute|kafka.SeekDontCheck); err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(p.client.deadline(ctx).Add(wait)); err != nil {
		return nil, err
	}
	batch := conn.ReadBatchWith(kafka.ReadBatchConfig{MinBytes: 1, MaxBytes: p.client.opts.FetchMaxBytes, MaxWait: max(wait, time.Millisecond)})
	var records []Record
	var err error
	for {
		var m kafka.Message
		if m, err = batch.ReadMessage(); err != nil {
			break
		}
		if m.Offset < p.after || isTransactionMarker(&m) {
			continue
		}
		records = append(records, Record{
			Topic: p.topic, Partition: p.id, Offset: m.Offset, Time: millis(m.Time), Key: m.Key, Value: m.Value, Headers: headersIn(m.Headers),
		})
	}
	high, next := batch.HighWaterMark(), batch.Offset()
	closeErr := batch.Close()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, kafka.RequestTimedOut):
		// The end of what the broker had; io.EOF from the connection itself is reported as unexpected EOF.
	case len(records) > 0 && closeErr == nil:
	default:
		return nil, err
	}
	p.high.Store(high)
	before := p.after
	p.after = max(p.after, next)
	if p.after > before || p.after >= high {
		p.progress = time.Now()
	} else if time.Since(p.progress) > p.client.opts.StallTimeout {
		p.progress = time.Now()
		return nil, fmt.Errorf("no record from offset %d for %v although the partition ends at %d", p.after, p.client.opts.StallTimeout, high)
	}
	return records, nil
}

// isTransactionMarker reports whether m is the commit or abort record of a producer's transaction. The library hands them out like data.
func isTransactionMarker(m *kafka.Message) bool {
	k, v := m.Key, m.Value
	return len(k) == 4 && k[0] == 0 && k[1] == 0 && k[2] == 0 && k[3] <= 1 && len(v) == 6 && v[0] == 0 && v[1] == 0
}

// millis is a record's timestamp, which the library leaves zero when there is none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func headersIn(in []kafka.Header) []Header {
	if len(in) == 0 {
		return nil
	}
	out := make([]Header, len(in))
	for i := range in {
		out[i] = Header(in[i])
	}
	return out
}

// hangUp drops the connection; the next request makes a new one.
func (p *Partition) hangUp() {
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}

// backoff is the wait before the n-th retry: exponential with jitter, so that many clients do not come back at once.
func backoff(n int, least, most time.Duration) time.Duration {
	d := least << min(n-1, 16)
	if d > most || d <= 0 {
		d = most
	}
	return d/2 + rand.N(d/2+1)
}
