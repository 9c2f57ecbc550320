package e2e

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions is a producer of transactions that writes to one partition, so that those of two
// producers stand between one another.
type transactions struct {
	t      *testing.T
	client *kgo.Client
	topic  string
}

func (d *deployment) transactions(name string) *transactions {
	d.t.Helper()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(d.brokers()), kgo.TransactionalID(d.name+name),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	require.NoError(d.t, err)
	d.t.Cleanup(client.Close)
	return &transactions{t: d.t, client: client, topic: d.topic("gateway")}
}

func (p *transactions) begin() { require.NoError(p.t, p.client.BeginTransaction()) }

// write has the messages acknowledged, whatever becomes of the transaction.
func (p *transactions) write(messages []kafka.Message) {
	p.t.Helper()
	for i := range messages {
		res := p.client.ProduceSync(p.context(), &kgo.Record{
			Topic: p.topic, Partition: 0, Key: messages[i].Key, Value: messages[i].Value,
		})
		require.NoError(p.t, res.FirstErr())
	}
}

func (p *transactions) end(how kgo.TransactionEndTry) {
	p.t.Helper()
	require.NoError(p.t, p.client.EndTransaction(p.context(), how))
}

func (p *transactions) context() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// TestOnlyCommittedTransactionsAreRead writes to one partition from two producers: what one aborts
// must not be seen, and what comes behind the beginning of an open transaction is seen when that
// has ended, and no other record waits for it.
func TestOnlyCommittedTransactionsAreRead(t *testing.T) {
	t.Parallel()
	const each = 20
	d := newDeployment(t)
	s := d.start().waitReady()
	messages := traffic(6, 6*each)
	part := func(i int) []kafka.Message { return messages[i*each : (i+1)*each] }
	first, second := d.transactions("-first"), d.transactions("-second")

	first.begin()
	first.write(part(0)[:each/2])
	second.begin()
	second.write(part(1))
	first.write(part(0)[each/2:])
	second.end(kgo.TryAbort)
	first.end(kgo.TryCommit)
	d.waitAccounts(part(0))

	second.begin()
	second.write(part(2))
	first.begin()
	first.write(part(3))
	first.end(kgo.TryCommit)
	// Another partition does not wait for the open transaction.
	plain := part(4)
	for i := range plain {
		plain[i].Partition = 1
	}
	d.write(plain)
	d.waitAccounts(part(0), part(4))

	second.end(kgo.TryAbort)
	d.waitAccounts(part(0), part(3), part(4))
	d.write(part(5)) // Behind all of it, in the same partition.
	d.waitAccounts(part(0), part(3), part(4), part(5))
	d.waitDone(4 * each)
	require.Zero(t, s.stop(), s.log)
	require.Empty(t, d.read(d.topic("dead_letters")))
}

// write writes messages without a transaction, to the partitions that they name.
func (d *deployment) write(messages []kafka.Message) {
	d.t.Helper()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(d.brokers()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	require.NoError(d.t, err)
	defer client.Close()
	for i := range messages {
		m := &messages[i]
		res := client.ProduceSync(d.t.Context(), &kgo.Record{
			Topic: d.topic("gateway"), Partition: int32(m.Partition), Key: m.Key, Value: m.Value,
		})
		require.NoError(d.t, res.FirstErr())
	}
}

// waitAccounts waits until the observations are those of the messages, and none of others.
func (d *deployment) waitAccounts(parts ...[]kafka.Message) {
	d.t.Helper()
	want := make(map[string]int)
	for _, messages := range parts {
		for i := range messages {
			want[string(messages[i].Key)]++
		}
	}
	eventually(d.t, func() error {
		got := make(map[string]int)
		for _, o := range d.observations() {
			got[o.Account]++
		}
		if !maps.Equal(want, got) {
			return fmt.Errorf("observations of %v, not %v", got, want)
		}
		return nil
	})
}
