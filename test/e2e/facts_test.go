package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

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

	// Each event is one request of one account, and comes when what is known of the account has changed.
	event := func(known int) fingerprint.Observation {
		s.waitMetric(factsKnown, known)
		seen := len(d.observations())
		d.produce(d.topic("gateway"), traffic(1, seen+1)[seen:])
		eventually(t, func() error {
			if n := len(d.observations()); n <= seen {
				return fmt.Errorf("%d observations", n)
			}
			return nil
		})
		return d.observations()[seen]
	}
	fact := func(account, value string) {
		m := kafka.Message{Key: []byte(account)}
		if value != "" {
			m.Value = []byte(value)
		}
		d.produce(topic, []kafka.Message{m})
	}
	require.Zero(t, event(0).Facets[fingerprint.Payment])
	fact("acct-0", `{"payment_fp":"9c1e"}`)
	first := event(1).Facets[fingerprint.Payment]
	require.NotZero(t, first)
	fact("acct-0", "")
	require.Zero(t, event(0).Facets[fingerprint.Payment], "a tombstone removes what was known")
	fact("acct-0", `{"payment_fp":"4fd0"}`)
	second := event(1).Facets[fingerprint.Payment]
	require.NotZero(t, second)
	require.NotEqual(t, first, second)

	// What compaction leaves has gaps between the offsets, and none of the records that it removed.
	require.Zero(t, s.stop(), s.log)
	d.compact(topic, func(i int) { fact("acct-1", fmt.Sprintf(`{"plan":"plan-%d"}`, i)) })
	s = d.set(section{"topics": section{"create": false}}).start().waitReady()
	require.Equal(t, second, event(2).Facets[fingerprint.Payment])
	require.NotContains(t, s.log.String(), "cleanup.policy")
	require.Zero(t, s.stop(), s.log)

	plain := d.name + ".plain"
	d.createTopic(plain, 1)
	s = d.set(section{"ingest": section{"enrich": section{"facts_topic": plain}}}).start().waitReady()
	require.Contains(t, s.log.String(), "topic "+plain+" has cleanup.policy=delete and should have compact")
	require.Zero(t, s.stop(), s.log)
}

// compact lets produce write until the broker has compacted the topic.
func (d *deployment) compact(topic string, produce func(i int)) {
	d.t.Helper()
	var settings []kafka.IncrementalAlterConfigsRequestConfig
	for _, s := range []string{"segment.ms=100", "min.cleanable.dirty.ratio=0.01", "delete.retention.ms=0"} {
		name, value, _ := strings.Cut(s, "=")
		settings = append(settings, kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet})
	}
	res, err := d.client.IncrementalAlterConfigs(d.t.Context(), &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: settings}},
	})
	require.NoError(d.t, err)
	for _, r := range res.Resources {
		require.NoError(d.t, r.Error)
	}
	produced := len(d.read(topic))
	eventually(d.t, func() error {
		time.Sleep(100 * time.Millisecond) // a segment is only closed by a record that comes so much later
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
