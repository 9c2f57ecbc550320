package verdict

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options are where the topic is, and what follows from it.
type Options struct {
	// Kafka is how to reach Kafka. What is about groups and producing is not used.
	Kafka stream.Options `yaml:"kafka"`
	// Topic is topics.accounts of Stillwatch.
	Topic string `yaml:"topic"`
	// StaleAfter is how long the topic may go unread before answers are Stale: at least 2 s.
	StaleAfter time.Duration `yaml:"stale_after"`
	Policy     Policy        `yaml:"policy"`
}

// leastStaleAfter is twice what a read of a quiet topic takes and what its fetch may take beyond
// that, rounded up: below it a healthy client would be stale between two reads.
const leastStaleAfter = 2 * time.Second

// DefaultOptions are those of Stillwatch, on this machine. A minute is longer than the restart of a
// broker.
func DefaultOptions() Options {
	kafka := stream.DefaultOptions()
	kafka.ClientID = "stillwatch-verdict"
	return Options{
		Kafka: kafka, Topic: "stillwatch.accounts", StaleAfter: time.Minute,
		Policy: DefaultPolicy(),
	}
}

// Validate reports everything that is wrong with the options, in one error.
func (o *Options) Validate() error {
	errs := []error{o.Kafka.Validate(), o.Policy.Validate()}
	if o.Topic == "" {
		errs = append(errs, errors.New("topic: name the topic of accounts"))
	}
	if o.StaleAfter < leastStaleAfter {
		errs = append(errs, fmt.Errorf(
			"stale_after: %v is shorter than %v", o.StaleAfter, leastStaleAfter,
		))
	}
	return errors.Join(errs...)
}

// Client knows the standing of every account that Stillwatch has named. It is made by New, learns
// while Follow runs, and may be asked by any number of goroutines.
type Client struct {
	opts  Options
	kafka *stream.Client
	log   *zap.Logger
	table *Table

	// began is when the client was made; known is until when the topic is known, in nanoseconds
	// after began, and 0 before it was read.
	began     time.Time
	known     atomic.Int64
	read      chan struct{}
	readOnce  sync.Once
	following atomic.Bool
	// complaints is how many records were complained of.
	complaints int
}

// New makes a client; it does not connect. log may be nil; what it is given names no account.
func New(opts Options, log *zap.Logger) (*Client, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("verdict: %w", err)
	}
	if log == nil {
		log = zap.NewNop()
	}
	kafka, err := stream.New(opts.Kafka, log)
	if err != nil {
		return nil, fmt.Errorf("verdict: %w", err)
	}
	return &Client{
		opts: opts, kafka: kafka, log: log, table: NewTable(), began: time.Now(),
		read: make(chan struct{}),
	}, nil
}

// The waits between attempts to begin.
const leastWait, mostWait = 100 * time.Millisecond, 5 * time.Second

// Follow reads the topic from its first record and goes on with what comes, until ctx ends; then it
// returns nil. It tries again whatever fails, from the start on, so that a gateway can start while
// Kafka is down. Only what waiting does not mend when it begins is an error: a refused login, a
// certificate that is not accepted, a right that is missing. Follow may be called again after it
// has returned, and by one goroutine at a time.
func (c *Client) Follow(ctx context.Context) error {
	if !c.following.CompareAndSwap(false, true) {
		return errors.New("verdict: the client follows already; call Follow once")
	}
	defer c.following.Store(false)
	waits := remote.Waits(leastWait, mostWait)
	for {
		err := c.kafka.FollowWith(ctx, c.opts.Topic, stream.Follower{
			Visit: c.visit, Current: c.current,
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case stream.IsFatal(err):
			return fmt.Errorf("verdict: follow topic %s: %w", c.opts.Topic, err)
		}
		c.log.Warn("the accounts topic can't be followed, retrying",
			zap.String("topic", c.opts.Topic), zap.Error(err))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(waits.NextBackOff()):
		}
	}
}

// maxComplaints bounds what is logged of records that cannot be read; all are counted.
const maxComplaints = 5

// visit takes records of the topic.
func (c *Client) visit(records []stream.Record) {
	for i := range records {
		r := &records[i]
		err := c.table.Update(r.Key, r.Value)
		if err == nil {
			continue
		}
		if c.complaints++; c.complaints <= maxComplaints {
			c.log.Warn("an account record that can't be read leaves the account's standing as it was",
				zap.String("topic", r.Topic), zap.Int("partition", r.Partition),
				zap.Int64("offset", r.Offset), zap.Error(err),
				zap.Bool("further_ones_are_only_counted", c.complaints == maxComplaints))
		}
	}
}

// current takes until when the topic is known.
func (c *Client) current(until time.Time) {
	// What was known before the client was made cannot be told from never.
	known := max(until.Sub(c.began), 1)
	age, read := c.Age()
	c.known.Store(int64(known))
	c.readOnce.Do(func() {
		c.log.Info("the accounts topic was read", zap.String("topic", c.opts.Topic),
			zap.Int64("records", c.table.Stats().Records))
		close(c.read)
	})
	if read && age > c.opts.StaleAfter {
		c.log.Info("the accounts topic is read again", zap.String("topic", c.opts.Topic),
			zap.Duration("after", age))
	}
}

// Read is closed when the topic has been read to its end for the first time: a gateway that fails
// closed can wait for it before it takes requests.
func (c *Client) Read() <-chan struct{} { return c.read }

// Age is how long ago the topic was known as a whole for the last time; read is false when it never
// was.
func (c *Client) Age() (age time.Duration, read bool) {
	known := c.known.Load()
	if known == 0 {
		return 0, false
	}
	return time.Since(c.began) - time.Duration(known), true
}

// Freshness says how old the knowledge may be.
func (c *Client) Freshness() Freshness {
	switch age, read := c.Age(); {
	case !read:
		return NeverRead
	case age > c.opts.StaleAfter:
		return Stale
	default:
		return Fresh
	}
}

// Lookup answers what is known about an account. Both names are those of the gateway's events; an
// empty tenant is "default".
func (c *Client) Lookup(tenant, account string) Answer {
	// Asked before the table: an answer must not be called fresher than it is.
	freshness := c.Freshness()
	if freshness == NeverRead {
		return Answer{}
	}
	return Answer{Standing: c.table.Lookup(tenant, account), Freshness: freshness}
}

// Decide decides about a request of an account, as Options.Policy says.
func (c *Client) Decide(tenant, account string) Decision {
	return c.opts.Policy.Decide(c.Lookup(tenant, account))
}

// Members returns the accounts whose standing names a finding, in no order: for measures that are
// taken outside of the gateway's requests, such as the revocation of keys. It looks at every
// account: some tens of milliseconds for a million.
func (c *Client) Members(uid string) []Account { return c.table.Members(uid) }

// Stats returns the figures of what was read.
func (c *Client) Stats() Stats { return c.table.Stats() }
