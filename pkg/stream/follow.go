package stream

import (
	"context"
	"errors"
	"sync"
	"time"
)

// partitionWatch is how often a followed topic is asked whether it has more partitions.
const partitionWatch = 10 * time.Second

// Follow reads every partition of a topic from its first record on, and goes on with what comes,
// until ctx ends. It joins no group and commits nothing: for topics that are read into memory as a
// whole. caughtUp is called once, when every partition has been read to where it ended at the
// start. visit is called with records of one partition, in order, and by one goroutine at a time.
// Connections that fail are made anew; the only errors are those of the start.
func (c *Client) Follow(
	ctx context.Context, topic string, caughtUp func(), visit func([]Record),
) error {
	return c.follow(ctx, topic, partitionWatch, caughtUp, visit)
}

func (c *Client) follow(
	ctx context.Context, topic string, watch time.Duration, caughtUp func(), visit func([]Record),
) error {
	n, err := c.Partitions(ctx, topic)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	serial := func(records []Record) {
		mu.Lock()
		defer mu.Unlock()
		visit(records)
	}
	var running, behind sync.WaitGroup
	behind.Add(n)
	for id := range n {
		running.Go(func() {
			done := sync.OnceFunc(behind.Done)
			defer done()
			c.followPartition(ctx, topic, id, done, serial)
		})
	}
	running.Go(func() {
		behind.Wait()
		if ctx.Err() == nil {
			caughtUp()
		}
	})
	tick := time.NewTicker(watch)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			// One that cannot be had now is there at the next tick; so are the partitions.
			if more, err := c.Partitions(ctx, topic); err == nil {
				for ; n < more; n++ {
					id := n
					running.Go(func() { c.followPartition(ctx, topic, id, func() {}, serial) })
				}
			}
		}
	}
	running.Wait()
	return nil
}

// followPartition reads one partition to its end, says so, and goes on.
func (c *Client) followPartition(
	ctx context.Context, topic string, id int, caughtUp func(), visit func([]Record),
) {
	p := c.lone(topic, id)
	defer p.closeConnection()
	first, end, err := p.Bounds(ctx)
	if err == nil {
		err = p.through(ctx, first, end, readWait, visit)
	}
	if err != nil {
		return // ctx has ended: everything else is tried again
	}
	caughtUp()
	for ctx.Err() == nil {
		batch, err := p.Read(ctx, readAtOnce, readWait)
		if errors.Is(err, ErrOffsetOutOfRange) {
			if first, _, err := p.Bounds(ctx); err == nil {
				p.SetOffset(first)
			}
			continue
		}
		if len(batch.Records) > 0 {
			visit(batch.Records)
		}
	}
}
