package stream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// partitionWatch is how often a followed topic is asked whether it has more partitions.
const partitionWatch = 10 * time.Second

// Follower is told of a topic that FollowWith reads. Each of its functions is called by one
// goroutine at a time; all but Visit may be nil.
type Follower struct {
	// Visit is called with records of one partition, in order.
	Visit func([]Record)
	// CaughtUp is called once, when every partition has been read to where it ended at the start.
	CaughtUp func()
	// Current is told until when the topic is known: Visit has seen every record that was
	// acknowledged before that time. It is called from then on when all partitions have been read
	// to their end once, several times a second also while nothing comes, and the time never goes
	// back. While a partition cannot be read the time stays, which tells a quiet topic from a
	// broken connection.
	Current func(until time.Time)
}

// Follow reads every partition of a topic from its first record on, and goes on with what comes,
// until ctx ends. It joins no group and commits nothing: for topics that are read into memory as a
// whole. caughtUp is called once, when every partition has been read to where it ended at the
// start. visit is called with records of one partition, in order, and by one goroutine at a time.
// Connections that fail are made anew; the only errors are those of the start.
func (c *Client) Follow(
	ctx context.Context, topic string, caughtUp func(), visit func([]Record),
) error {
	return c.FollowWith(ctx, topic, Follower{Visit: visit, CaughtUp: caughtUp})
}

// FollowWith is Follow for a follower that asks for more than records.
func (c *Client) FollowWith(ctx context.Context, topic string, f Follower) error {
	return c.follow(ctx, topic, partitionWatch, f)
}

func (c *Client) follow(
	ctx context.Context, topic string, watch time.Duration, f Follower,
) error {
	n, err := c.Partitions(ctx, topic)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	serial := func(records []Record) {
		mu.Lock()
		defer mu.Unlock()
		f.Visit(records)
	}
	known := &knownTimes{until: make([]time.Time, n), tell: f.Current}
	var running, behind sync.WaitGroup
	behind.Add(n)
	for id := range n {
		running.Go(func() {
			done := sync.OnceFunc(behind.Done)
			defer done()
			c.followPartition(ctx, topic, id, done, serial, known)
		})
	}
	running.Go(func() {
		behind.Wait()
		if ctx.Err() == nil && f.CaughtUp != nil {
			f.CaughtUp()
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
					known.add(time.Now())
					running.Go(func() {
						c.followPartition(ctx, topic, id, func() {}, serial, known)
					})
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
	known *knownTimes,
) {
	p := c.lone(topic, id)
	defer p.closeConnection()
	began := time.Now()
	first, end, err := p.Bounds(ctx)
	if err == nil {
		err = p.through(ctx, first, end, readWait, visit)
	}
	if err != nil {
		return // ctx has ended: everything else is tried again
	}
	caughtUp()
	known.set(id, began)
	quiet := 0
	for ctx.Err() == nil {
		began := time.Now()
		batch, err := p.Read(ctx, readAtOnce, readWait)
		if errors.Is(err, ErrOffsetOutOfRange) {
			if first, _, err := p.Bounds(ctx); err == nil {
				p.SetOffset(first)
			}
			continue
		}
		if len(batch.Records) > 0 {
			visit(batch.Records)
			quiet = 0
		} else {
			quiet++
		}
		// As in through, the last offsets may have no record: they are not waited for for ever.
		if err == nil && (batch.Next >= batch.HighWater || quiet >= quietReads) {
			known.set(id, began)
		}
	}
}

// knownTimes keeps until when each partition of a followed topic is known, and tells the oldest.
type knownTimes struct {
	mu    sync.Mutex
	until []time.Time
	tell  func(time.Time)
}

// add takes in a partition that was made at that time or before.
func (k *knownTimes) add(made time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.until = append(k.until, made)
}

// set notes until when a partition is known.
func (k *knownTimes) set(id int, until time.Time) {
	if k.tell == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	// Time goes on from made, which is later than when reading a new partition began.
	if until.After(k.until[id]) {
		k.until[id] = until
	}
	oldest := slices.MinFunc(k.until, time.Time.Compare)
	if !oldest.IsZero() {
		k.tell(oldest)
	}
}
