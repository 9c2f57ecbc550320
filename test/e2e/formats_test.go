package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestEveryTopicIsReadInItsOwnFormat(t *testing.T) {
	t.Parallel()
	const events = 60
	sources := []struct {
		format  string
		records []kafka.Message
		broken  string
	}{
		// What is broken is a good record of another topic's format, so that no recognition can
		// have read it.
		{"native", traffic(6, events), kongRecord(0)},
		{"otlp", spans(t, events), string(traffic(1, 1)[0].Value)},
		{"kong", kongRecords(events), string(spans(t, 1)[0].Value)},
	}
	d := newDeployment(t)
	var topics []string
	formats := section{}
	for _, source := range sources {
		topic := d.name + "." + source.format + textTopic
		topics = append(topics, topic)
		formats[topic] = section{"format": source.format}
	}
	d.set(section{
		"topics": section{"gateway": topics},
		"ingest": section{"gateway": section{"topics": formats}},
	})
	s := d.start().waitReady()
	for i, source := range sources {
		half := len(source.records) / 2
		d.produce(topics[i], source.records[:half])
		d.produce(topics[i], []kafka.Message{{Key: []byte("broken"), Value: []byte(source.broken)}})
		d.produce(topics[i], source.records[half:])
	}
	eventually(t, func() error {
		if made, dead := len(d.observations()),
			len(d.read(d.topic("dead_letters"))); made < len(sources)*events ||
			dead < len(sources) {
			return fmt.Errorf("%d observations and %d dead letters", made, dead)
		}
		return nil
	})
	require.Zero(t, s.stop(), s.log)

	byAccount := make(map[string]int)
	for _, o := range d.observations() {
		require.True(t, o.HasText, "the prompts of %s were found", o.Account)
		byAccount[o.Account]++
	}
	want := make(map[string]int)
	for i := range 6 {
		for _, account := range []string{"acct-%d", "otlp-%d", "kong-%d"} {
			want[fmt.Sprintf(account, i)] = events / 6
		}
	}
	require.Equal(t, want, byAccount)
	letters := make(map[string]string)
	for _, letter := range d.read(d.topic("dead_letters")) {
		require.NotEmpty(t, header(letter, "stillwatch-reason"))
		letters[header(letter, "stillwatch-topic")] += string(letter.Value)
	}
	for i, source := range sources {
		require.Equal(t, source.broken, letters[topics[i]],
			"the broken record of %s comes whole", source.format)
	}

	for i, source := range sources {
		report := string(command(t, "doctor", "--config", d.file(), "--topic", topics[i]))
		require.Contains(t, report, fmt.Sprintf(
			"Topic %s: %d records of %d partitions, all that it holds\n\nFormat %s: %d events\n",
			topics[i], len(source.records)+1, partitions, source.format, events,
		))
		require.Contains(t, report, "Cannot be read")
		require.NotContains(t, report, "acct-")
	}
	report := string(command(
		t, "doctor", "--config", d.file(), "--topic", topics[0], "--sample", "2",
	))
	require.Contains(t, report, fmt.Sprintf(
		"%d records of %d partitions, the newest 2 of each partition", 2*partitions, partitions,
	))
}

// spans makes requests of the OpenTelemetry Protocol in protobuf, each with two calls of a model
// and a span that is none.
func spans(t *testing.T, events int) (requests []kafka.Message) {
	t.Helper()
	for i := 0; i < events; i += 2 {
		traces := ptrace.NewTraces()
		resource := traces.ResourceSpans().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", "gateway")
		scope := resource.ScopeSpans().AppendEmpty()
		scope.Spans().AppendEmpty().SetName("GET /healthz")
		for n := i; n < min(i+2, events); n++ {
			span := scope.Spans().AppendEmpty()
			span.SetName("chat m-large-2")
			span.SetTraceID(pcommon.TraceID{15: byte(n + 1)})
			span.SetSpanID(pcommon.SpanID{7: byte(n + 1)})
			at := trafficStart.Add(time.Duration(n) * time.Second)
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Second)))
			for name, value := range map[string]string{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-large-2",
				"user.id": fmt.Sprintf("otlp-%d", n%6), "client.address": "198.18.4.7",
				"gen_ai.input.messages": fmt.Sprintf(
					`[{"role":"user","parts":[{"type":"text","content":"Tell me of the year %d."}]}]`,
					1900+n,
				),
			} {
				span.Attributes().PutStr(name, value)
			}
		}
		value, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		require.NoError(t, err)
		requests = append(requests, kafka.Message{Key: fmt.Append(nil, i), Value: value})
	}
	return requests
}

// kongRecords makes records as Kong's kafka-log writes them.
func kongRecords(events int) (all []kafka.Message) {
	for i := range events {
		all = append(all, kafka.Message{Key: fmt.Append(nil, i), Value: []byte(kongRecord(i))})
	}
	return all
}

func kongRecord(i int) string {
	return fmt.Sprintf(`{"started_at":%d,"client_ip":"203.0.113.9","workspace":"ws-1","request":{"id":"kong-req-%d","uri":"/chat","headers":{"user-agent":"client/1.0"}},`+
		`"response":{"status":200},"latencies":{"request":2698},"consumer":{"id":"kong-%d"},"ai":{"proxy":{"usage":{"prompt_tokens":28,"completion_tokens":20},`+
		`"meta":{"request_model":"command-r","provider_name":"cohere"},"payload":{"request":"{\"model\":\"command-r\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me of the year %d.\"}]}"}}}}`,
		trafficStart.Add(time.Duration(i)*time.Second).UnixMilli(), i, i%6, 1900+i)
}
