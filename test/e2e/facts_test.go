package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// factsKnown is the number of accounts of which the topic tells something.
const factsKnown = `stillwatch_enrich_facts{source="topic"}`

func TestFactsOfATopicHoldFromTheRecordOnThatTellsThem(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	topic := d.name + ".facts"
	d.set(section{"ingest": section{"enrich": section{"facts_topic": topic}}})
	s := d.start().waitReady()
	require.Equal(t, "compact", d.topicConfig(topic, "cleanup.policy"))

	// All events are requests of one account.
	seen := 0
	send := func() {
		d.produce(d.topic("gateway"), traffic(1, seen+1)[seen:])
		seen++
	}
	observed := func() fingerprint.Observation {
		eventually(t, func() error {
			if n := len(d.observations()); n < seen {
				return fmt.Errorf("%d observations of %d events", n, seen)
			}
			return nil
		})
		return d.observations()[seen-1]
	}
	event := func(known int) fingerprint.Observation {
		s.waitMetric(factsKnown, known)
		send()
		return observed()
	}
	fact := func(account, value string) {
		m := kafka.Message{Key: []byte(account)}
		if value != "" {
			m.Value = []byte(value)
		}
		d.produce(topic, []kafka.Message{m})
	}
	require.Zero(t, event(0).Values[attribute.Payment])
	fact("acct-0", `{"payment_fp":"9c1e"}`)
	first := event(1).Values[attribute.Payment]
	require.NotZero(t, first)
	fact("acct-0", "")
	require.Zero(t, event(0).Values[attribute.Payment], "a tombstone removes what was known")
	fact("acct-0", `{"payment_fp":"4fd0"}`)
	second := event(1).Values[attribute.Payment]
	require.NotZero(t, second)
	require.NotEqual(t, first, second)

	// What compaction leaves has gaps between the offsets, and none of the records that it removed.
	require.Zero(t, s.stop(), s.log)
	d.compact(topic, func(i int) { fact("acct-1", fmt.Sprintf(`{"plan":"plan-%d"}`, i)) })
	// The event waits already when the service starts, and what is known of its account comes last
	// in a topic that takes longer to read than the groups take to form.
	bulk := make([]kafka.Message, 100_000)
	for i := range bulk {
		bulk[i] = kafka.Message{Key: fmt.Append(nil, "other-", i), Value: []byte(`{"plan":"pro"}`)}
	}
	d.produce(topic, bulk)
	fact("acct-0", `{"payment_fp":"e07a"}`)
	send()
	s = d.set(section{"topics": section{"create": false}}).start().waitReady()
	third := observed().Values[attribute.Payment]
	require.NotContains(t, []uint64{0, first, second}, third,
		"no event is taken before all facts are there")
	require.Equal(t, third, event(len(bulk) + 2).Values[attribute.Payment])
	require.NotContains(t, s.log.String(), "cleanup.policy")
	require.Zero(t, s.stop(), s.log)

	plain := d.name + ".plain"
	d.createTopic(plain, 1)
	s = d.set(section{"ingest": section{"enrich": section{"facts_topic": plain}}}).start().
		waitReady()
	require.Contains(t, s.log.String(),
		"topic "+plain+" has cleanup.policy=delete and should have compact")
	require.Zero(t, s.stop(), s.log)
}

// compact lets produce write until the broker has compacted the topic.
func (d *deployment) compact(topic string, produce func(i int)) {
	d.t.Helper()
	var settings []kafka.IncrementalAlterConfigsRequestConfig
	for _, s := range []string{
		"segment.ms=100", "min.cleanable.dirty.ratio=0.01", "delete.retention.ms=0",
	} {
		name, value, _ := strings.Cut(s, "=")
		settings = append(settings, kafka.IncrementalAlterConfigsRequestConfig{
			Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet,
		})
	}
	res, err := d.client.IncrementalAlterConfigs(
		d.t.Context(), &kafka.IncrementalAlterConfigsRequest{
			Resources: []kafka.IncrementalAlterConfigsRequestResource{
				{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: settings},
			},
		},
	)
	require.NoError(d.t, err)
	for _, r := range res.Resources {
		require.NoError(d.t, r.Error)
	}
	produced := len(d.read(topic))
	eventually(d.t, func() error {
		// a segment is only closed by a record that comes so much later
		time.Sleep(100 * time.Millisecond)
		produce(produced)
		produced++
		if held := len(d.read(topic)); held >= produced-1 {
			return fmt.Errorf("%d of %d records are there still", held, produced)
		}
		return nil
	})
}

// observations returns what ingest has made of the events.
func (d *deployment) observations() []fingerprint.Observation {
	d.t.Helper()
	records := d.read(d.topic("observations"))
	all := make([]fingerprint.Observation, len(records))
	for i, record := range records {
		require.NoError(d.t, all[i].UnmarshalBinary(record.Value))
	}
	return all
}
