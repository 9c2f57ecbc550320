package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// Partitions counts a topic's partitions. A topic that does not exist is an error, and is not
// created.
func (c *Client) Partitions(ctx context.Context, topic string) (int, error) {
	if err := c.Ping(ctx); err != nil {
		return 0, err
	}
	transport := c.transport(time.Minute, topic)
	defer transport.CloseIdleConnections()
	client := &kafka.Client{
		Addr: kafka.TCP(c.opts.Brokers...), Transport: transport, Timeout: c.opts.RequestTimeout,
	}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, explain(err, c.opts.Brokers)
	}
	for i := range meta.Topics {
		switch t := &meta.Topics[i]; {
		case t.Name != topic:
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			return 0, fmt.Errorf("topic %s does not exist", topic)
		case t.Error != nil:
			return 0, fmt.Errorf("topic %s: %w", topic, explain(t.Error, c.opts.Brokers))
		default:
			return len(t.Partitions), nil
		}
	}
	return 0, fmt.Errorf("topic %s does not exist", topic)
}

// lone makes the reader of a partition that is read without a group: there is nobody to share with,
// and no offset is committed.
func (c *Client) lone(topic string, id int) *Partition {
	return &Partition{
		topic: topic, id: id, client: c, note: func(error) {}, commit: func(string, int, int64) {},
	}
}

// Tail is how much of a topic a tail was.
type Tail struct {
	// Partitions is how many the topic has, Records how many records were read, Held how many
	// offsets the topic holds.
	Partitions    int
	Records, Held int64
	// Missed lists the partitions that were not read to their end when the time was over.
	Missed []int
}

// tailAtOnce is how many partitions are read side by side: one without a leader must not keep the
// others waiting for ever.
const tailAtOnce = 8

// Tail reads the last records of every partition of a topic, up to last of each, and ends where the
// partitions ended when it came to them. It joins no group and commits nothing. visit is called
// with records of one partition, in order, and by one goroutine at a time. When ctx ends meanwhile,
// what is missing is in the result, and that is no error.
func (c *Client) Tail(
	ctx context.Context, topic string, last int, visit func([]Record),
) (Tail, error) {
	n, err := c.Partitions(ctx, topic)
	if err != nil {
		return Tail{}, err
	}
	t := Tail{Partitions: n}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(tailAtOnce)
	for id := range n {
		g.Go(func() error {
			held, err := c.tail(ctx, topic, id, last, func(records []Record) {
				mu.Lock()
				defer mu.Unlock()
				t.Records += int64(len(records))
				visit(records)
			})
			mu.Lock()
			defer mu.Unlock()
			t.Held += held
			if err != nil && ctx.Err() != nil {
				t.Missed = append(t.Missed, id)
				return nil
			}
			return err
		})
	}
	return t, g.Wait()
}

// tail reads the end of one partition and returns how many offsets the partition holds.
func (c *Client) tail(
	ctx context.Context, topic string, id, last int, visit func([]Record),
) (held int64, err error) {
	p := c.lone(topic, id)
	defer p.closeConnection()
	first, end, err := p.Bounds(ctx)
	if err != nil {
		return 0, err
	}
	held = end - first
	return held, p.through(ctx, max(first, end-int64(last)), end, readWait, visit)
}

// readAtOnce is how many records, and readWait how long, one read of a partition without a group
// takes; after so many as quietReads that bring nothing there is nothing.
const (
	readAtOnce = 1000
	readWait   = 500 * time.Millisecond
	quietReads = 20
)

// through reads from one offset to another. The last offsets may have no record, where compaction
// has removed deletions or a broker has lost records: it does not wait for them for ever. (A
// connection that fails does not end it: Read tries again.)
func (p *Partition) through(
	ctx context.Context, from, end int64, wait time.Duration, visit func([]Record),
) error {
	p.SetOffset(from)
	quiet := 0
	for at := from; at < end && quiet < quietReads; {
		batch, err := p.Read(ctx, int(min(end-at, readAtOnce)), wait)
		if errors.Is(err, ErrOffsetOutOfRange) {
			// Retention has passed by meanwhile.
			first, _, err := p.Bounds(ctx)
			if err != nil {
				return err
			}
			at = max(at, first)
			p.SetOffset(at)
			continue
		}
		if err != nil {
			return err
		}
		records := batch.Records
		for len(records) > 0 && records[len(records)-1].Offset >= end {
			records = records[:len(records)-1]
		}
		if len(records) > 0 {
			visit(records)
		}
		if quiet++; batch.Next > at {
			quiet = 0
		}
		at = batch.Next
		if quiet > 0 && at >= batch.HighWater {
			break // An open transaction is all that is left.
		}
	}
	return nil
}
