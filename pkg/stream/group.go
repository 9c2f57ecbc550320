package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
)

// GroupOptions is which partitions to share with whom.
type GroupOptions struct {
	// ID is the consumer group. Members with the same ID share the partitions of Topics.
	ID     string
	Topics []string
}

// Status is a snapshot of how a group member is doing.
type Status struct {
	// Joined is true while the member is part of the group, also when it was given no partition.
	Joined bool
	// Partitions is how many partitions are being handled.
	Partitions int
	// Err is why the member is not joined or why a partition can't be read, in one line; nil when
	// all is well.
	Err error
}

// Group is one member of a consumer group.
type Group struct {
	client *Client
	opts   GroupOptions

	mu         sync.Mutex
	joined     bool
	generation int32
	joinErr    error
	readErr    map[string]error
	owned      int
	offsets    map[string]map[int]int64
}

// Group makes a group member; Run joins.
func (c *Client) Group(opts GroupOptions) (*Group, error) {
	if opts.ID == "" {
		return nil, errors.New("a consumer group needs an id")
	}
	if len(opts.Topics) == 0 {
		return nil, fmt.Errorf("consumer group %s needs a topic", opts.ID)
	}
	return &Group{
		client: c, opts: opts, readErr: map[string]error{}, offsets: map[string]map[int]int64{},
	}, nil
}

// ID is the consumer group's name.
func (g *Group) ID() string { return g.opts.ID }

// Status returns how the member is doing. It is safe for concurrent use.
func (g *Group) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Status{Joined: g.joined, Partitions: g.owned, Err: g.joinErr}
	for _, err := range g.readErr {
		if s.Err == nil {
			s.Err = err
		}
	}
	return s
}

// Run joins the group and calls handle in a goroutine of its own for every partition that this
// member is given. handle's context ends when the partition has to be handed on or ctx ends; handle
// should then finish what it began and return well within the rebalance timeout, because the group
// waits for it. Run rejoins after every rebalance, retries all errors (see Status), and returns nil
// when ctx has ended, every handle has returned and the group has been left.
func (g *Group) Run(ctx context.Context, handle func(ctx context.Context, p *Partition)) error {
	o := g.client.opts
	cg, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                g.opts.ID,
		Brokers:           o.Brokers,
		Dialer:            g.client.dialer,
		Topics:            g.opts.Topics,
		GroupBalancers:    []kafka.GroupBalancer{balancer{}},
		HeartbeatInterval: o.HeartbeatInterval,
		SessionTimeout:    o.SessionTimeout,
		RebalanceTimeout:  o.RebalanceTimeout,
		JoinGroupBackoff:  time.Second,
		Timeout:           o.RequestTimeout,
		StartOffset:       kafka.FirstOffset,
		// A topic that gets more partitions is noticed without a restart.
		WatchPartitionChanges:  true,
		PartitionWatchInterval: 10 * time.Second,
		Logger:                 g.client.debugLogger(),
		ErrorLogger:            g.client.errorLogger(),
	})
	if err != nil {
		return fmt.Errorf("consumer group %s: %w", g.opts.ID, err)
	}
	var handlers sync.WaitGroup
	var last *kafka.Generation
	for {
		gen, err := cg.Next(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			g.note(err)
			continue
		}
		last = gen
		g.begin(ctx, gen, handle, &handlers)
	}
	// The member stays in the group, heartbeats and all, until the handlers have finished: only
	// then may others start.
	handlers.Wait()
	if last != nil {
		g.flush(last)
	}
	err = cg.Close()
	g.mu.Lock()
	g.joined = false
	g.mu.Unlock()
	return err
}

// begin starts one handler per partition of the generation.
func (g *Group) begin(
	ctx context.Context, gen *kafka.Generation, handle func(context.Context, *Partition),
	handlers *sync.WaitGroup,
) {
	log := g.client.log
	g.mu.Lock()
	g.joined, g.joinErr, g.generation = true, nil, gen.ID
	clear(g.readErr)
	clear(g.offsets)
	g.mu.Unlock()
	n := 0
	for topic, assigned := range gen.Assignments {
		for _, a := range assigned {
			n++
			handlers.Add(1)
			p := &Partition{
				topic: topic, id: a.ID, client: g.client, commit: g.remember,
				note: g.noteRead(topic, a.ID),
			}
			gen.Start(func(gctx context.Context) {
				defer handlers.Done()
				if gctx.Err() != nil {
					// it was over before it began, and nobody waits for this function any more
					return
				}
				hctx, cancel := context.WithCancel(ctx)
				defer cancel()
				defer context.AfterFunc(gctx, cancel)()
				g.own(1)
				handle(hctx, p)
				p.closeConnection()
				g.own(-1)
				// A function that returns ends the generation for all partitions, so one that is
				// done early waits.
				<-hctx.Done()
			})
		}
	}
	log.Info(
		"joined the consumer group", zap.String("group", g.opts.ID),
		zap.Int32("generation", gen.ID), zap.Int("partitions", n),
	)
	gen.Start(func(gctx context.Context) {
		ticker := time.NewTicker(g.client.opts.LagCommitInterval)
		defer ticker.Stop()
		for {
			select {
			case <-gctx.Done():
				g.mu.Lock()
				if g.generation == gen.ID {
					g.joined = false
				}
				g.mu.Unlock()
				return
			case <-ticker.C:
				g.flush(gen)
			}
		}
	})
}

func (g *Group) own(n int) {
	g.mu.Lock()
	g.owned += n
	g.mu.Unlock()
}

// note takes an error of joining the group.
func (g *Group) note(err error) {
	if errors.Is(err, kafka.RebalanceInProgress) {
		return
	}
	err = explain(err, g.client.opts.Brokers)
	g.mu.Lock()
	g.joined, g.joinErr = false, fmt.Errorf("joining group %s: %w", g.opts.ID, err)
	g.mu.Unlock()
	g.client.errlog.Warn(
		"joining the consumer group failed, retrying", zap.String("group", g.opts.ID),
		zapError(err),
	)
}

// noteRead returns what takes the errors of reading one partition; nil clears.
func (g *Group) noteRead(topic string, partition int) func(error) {
	key := fmt.Sprintf("%s/%d", topic, partition)
	failing := false
	return func(err error) {
		if err == nil && !failing {
			return
		}
		failing = err != nil
		g.mu.Lock()
		defer g.mu.Unlock()
		if err == nil {
			delete(g.readErr, key)
		} else {
			g.readErr[key] = err
		}
	}
}

// remember keeps an offset until the next flush.
func (g *Group) remember(topic string, partition int, offset int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.offsets[topic]
	if m == nil {
		m = map[int]int64{}
		g.offsets[topic] = m
	}
	m[partition] = offset
}

// flush commits the remembered offsets. A failure costs a monitoring figure and nothing else.
func (g *Group) flush(gen *kafka.Generation) {
	g.mu.Lock()
	offsets := g.offsets
	g.offsets = map[string]map[int]int64{}
	g.mu.Unlock()
	if len(offsets) == 0 {
		return
	}
	if err := gen.CommitOffsets(offsets); err != nil {
		g.client.errlog.Debug(
			"committing offsets for lag monitoring failed", zap.String("group", g.opts.ID),
			zapError(err),
		)
	}
}
