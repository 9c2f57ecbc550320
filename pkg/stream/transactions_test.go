package stream

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// transactional makes a producer of transactions to one partition.
func transactional(t *testing.T, brokers []string, id string) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...), kgo.TransactionalID(id),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
	)
	require.NoError(t, err)
	t.Cleanup(c.CloseAllowingRebalance)
	return c
}

func put(t *testing.T, c *kgo.Client, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		require.NoError(t, c.ProduceSync(
			testContext(t), &kgo.Record{Topic: topic, Value: []byte(strconv.Itoa(i))},
		).FirstErr())
	}
}

func end(t *testing.T, c *kgo.Client, how kgo.TransactionEndTry) {
	t.Helper()
	require.NoError(t, c.EndTransaction(testContext(t), how))
}

// values reads a partition until it has n records.
func values(t *testing.T, p *Partition, n int) (got []string) {
	t.Helper()
	ctx := testContext(t)
	for len(got) < n {
		batch, err := p.Read(ctx, 1000, 20*time.Millisecond)
		require.NoError(t, err)
		for i := range batch.Records {
			got = append(got, string(batch.Records[i].Value))
		}
	}
	return got
}

func TestRecordsOfAbortedTransactionsAreNotRead(t *testing.T) {
	k := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	a, b := transactional(t, k.ListenAddrs(), "a"), transactional(t, k.ListenAddrs(), "b")
	require.NoError(t, a.BeginTransaction())
	require.NoError(t, b.BeginTransaction())
	put(t, a, "in", 0, 3)
	put(t, b, "in", 10, 13) // Between those of the other.
	put(t, a, "in", 3, 5)
	end(t, b, kgo.TryAbort)
	end(t, a, kgo.TryCommit)
	require.NoError(t, b.BeginTransaction())
	put(t, b, "in", 20, 22)
	end(t, b, kgo.TryAbort)
	require.NoError(t, b.BeginTransaction())
	put(t, b, "in", 30, 32)
	end(t, b, kgo.TryCommit)

	p := lone(t, c, "in", 0, 0)
	require.Equal(t, []string{"0", "1", "2", "3", "4", "30", "31"}, values(t, p, 7))
	batch, err := p.Read(testContext(t), 10, 50*time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, batch.Records)
	require.Equal(t, batch.HighWater, batch.Next, "what ends a transaction is passed over")

	// From the middle of an aborted one.
	require.Equal(t, []string{"4", "30", "31"}, values(t, lone(t, c, "in", 0, 7), 3))
}

func TestAnOpenTransactionIsWaitedForAndIsNoStall(t *testing.T) {
	k := startKafka(t, []string{"in"})
	o := testOptions(k.ListenAddrs())
	o.StallTimeout = time.Second
	c := newClient(t, o)
	a, b := transactional(t, k.ListenAddrs(), "a"), transactional(t, k.ListenAddrs(), "b")
	require.NoError(t, b.BeginTransaction())
	put(t, b, "in", 0, 2)
	end(t, b, kgo.TryCommit)
	require.NoError(t, a.BeginTransaction())
	put(t, a, "in", 10, 12)
	require.NoError(t, b.BeginTransaction())
	put(t, b, "in", 20, 22)
	end(t, b, kgo.TryCommit)

	notes := 0
	p := lone(t, c, "in", 0, 0)
	p.note = func(err error) {
		if err != nil {
			notes++
		}
	}
	require.Equal(t, []string{"0", "1"}, values(t, p, 2))
	batch, err := p.Read(testContext(t), 10, 1200*time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, batch.Records)
	require.Equal(t, batch.HighWater, batch.Next)
	require.Zero(t, notes, "nothing went wrong")

	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	tail, err := c.Tail(ctx, "in", 100, func([]Record) {})
	require.NoError(t, err)
	require.EqualValues(t, 2, tail.Records, "a tail ends where nothing more may be read")

	end(t, a, kgo.TryAbort)
	require.Equal(t, []string{"20", "21"}, values(t, p, 2))
}
