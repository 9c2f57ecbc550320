package stream

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startKafka starts an in-process broker; topics get four partitions each.
func startKafka(t *testing.T, topics []string, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	opts = append([]kfake.Opt{
		kfake.NumBrokers(1),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}),
	}, opts...)
	if len(topics) > 0 {
		opts = append(opts, kfake.SeedTopics(4, topics...))
	}
	c, err := kfake.NewCluster(opts...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func testOptions(addrs []string) Options {
	o := DefaultOptions()
	o.Brokers = addrs
	o.FetchMaxWait = 20 * time.Millisecond
	o.HeartbeatInterval = 50 * time.Millisecond
	o.LagCommitInterval = 50 * time.Millisecond
	return o
}

func newClient(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o, nil)
	require.NoError(t, err)
	return c
}

func newProducer(t *testing.T, c *Client, topics ...string) *Producer {
	t.Helper()
	p, err := c.Producer(topics...)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// lone makes a partition reader without a group.
func lone(t *testing.T, c *Client, topic string, id int, offset int64) *Partition {
	t.Helper()
	p := &Partition{
		topic: topic, id: id, client: c, note: func(error) {}, commit: func(string, int, int64) {},
	}
	p.SetOffset(offset)
	t.Cleanup(p.closeConnection)
	return p
}

func numbered(topic string, from, to int) []OutRecord {
	var out []OutRecord
	for i := from; i < to; i++ {
		out = append(out, OutRecord{
			Topic: topic, Key: []byte("k" + strconv.Itoa(i)), Value: []byte(strconv.Itoa(i)),
		})
	}
	return out
}

// collector keeps what the members of a group read, by partition.
type collector struct {
	mu   sync.Mutex
	seen map[string]int
}

func newCollector() *collector { return &collector{seen: map[string]int{}} }

func (c *collector) add(records []Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range records {
		c.seen[fmt.Sprintf("%s=%s", records[i].Key, records[i].Value)]++
	}
}

func (c *collector) count() (distinct, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.seen {
		total += n
	}
	return len(c.seen), total
}
