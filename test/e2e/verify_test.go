package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert/verify"
	"github.com/stillwatch/stillwatch/test/harness"
)

// verifyFindings holds the deployment's alerts against what is promised to their readers. It is
// done at the end of every test. Tests with a broker of their own are about connections: they send
// no events, and some have stopped the broker.
func (d *deployment) verifyFindings() {
	d.t.Helper()
	if shared := harness.Kafka(d.t)[0]; d.brokers() != shared {
		d.t.Logf("no alerts to verify at %s: the test has a broker of its own", d.brokers())
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	topic := d.topic("alerts")
	_, err := d.endOffsetsWithin(ctx, topic)
	for isTemporary(err) && ctx.Err() == nil {
		// A topic that was just created has no leader yet.
		time.Sleep(settle)
		_, err = d.endOffsetsWithin(ctx, topic)
	}
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		return // The service never came so far as to create it.
	}
	require.NoError(d.t, err)
	v := verify.New(verify.Options{})
	for _, m := range d.readWithin(ctx, topic) {
		at := fmt.Sprintf("%s, partition %d offset %d", topic, m.Partition, m.Offset)
		for _, fault := range v.Add(verify.Record{At: at, Key: m.Key, Value: m.Value}) {
			assert.Fail(d.t, "the alerts contradict each other", fault)
		}
	}
	d.t.Logf("alerts verified: %+v", v.Summary())
}

// settle is how long a topic's metadata are given before they are asked for again.
const settle = 100 * time.Millisecond

// isTemporary says that the broker may answer otherwise in a moment.
func isTemporary(err error) bool {
	var answer kafka.Error
	return errors.As(err, &answer) && answer.Temporary() &&
		!errors.Is(err, kafka.UnknownTopicOrPartition)
}
