//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.yaml.in/yaml/v3"

	"github.com/stillwatch/stillwatch/test/harness"
)

// TestTheCollectorBringsEveryCaptureToKafka sends what the instrumentations sent through a real
// Collector, which is configured as docs/gateways/otlp.md says, to a real broker, in both
// encodings.
func TestTheCollectorBringsEveryCaptureToKafka(t *testing.T) {
	brokers := harness.Kafka(t)
	for _, encoding := range []string{"otlp_proto", "otlp_json"} {
		for _, file := range captures(t) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			requests := strings.Split(strings.TrimSpace(string(data)), "\n")
			if !strings.HasPrefix(requests[0], `{"resource`) {
				continue
			}
			name := filepath.Base(filepath.Dir(file))
			t.Run(encoding+"/"+name, func(t *testing.T) {
				topic := harness.Name(t)
				createTopic(t, brokers, topic)
				l := newLab(t)
				send(t, l.collector(t, brokers, topic, encoding), requests)
				var files []string
				for i, value := range consume(t, brokers, topic, encoding, count(t, requests)) {
					path := filepath.Join(t.TempDir(), fmt.Sprintf("%04d.record", i))
					require.NoError(t, os.WriteFile(path, value, 0o600))
					files = append(files, path)
				}
				check(
					t,
					readExpectations(t, filepath.Join(filepath.Dir(file), expectFile)),
					decode(t, files...),
					true,
				)
			})
		}
	}
}

// collector starts a Collector with the page's configuration and returns the address of its
// receiver.
func (l *lab) collector(t *testing.T, brokers []string, topic, encoding string) string {
	t.Helper()
	var config map[string]any
	block := codeBlock(t, docs+"otlp.md", "send_batch_size")
	require.NoError(t, yaml.Unmarshal([]byte(block), &config))
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	merge(config, map[string]any{
		"receivers": map[string]any{"otlp": map[string]any{"protocols": map[string]any{
			"http": map[string]any{"endpoint": address},
			"grpc": map[string]any{"endpoint": "127.0.0.1:0"},
		}}},
		"exporters": map[string]any{"kafka/stillwatch": map[string]any{
			"brokers": brokers,
			"traces":  map[string]any{"topic": topic, "encoding": encoding},
			"logs":    map[string]any{"topic": topic, "encoding": encoding},
		}},
		"service": map[string]any{
			"telemetry": map[string]any{"metrics": map[string]any{"level": "none"}},
		},
	})
	if encoding == "otlp_json" {
		delete(
			config["exporters"].(map[string]any)["kafka/stillwatch"].(map[string]any),
			"record_headers",
		)
	}
	data, err := yaml.Marshal(config)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "collector.yaml")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	// A receiver of OTLP answers 405 to what is no POST; it answers 200 to an empty request.
	l.startUntil(
		t,
		environment(),
		func() bool { return posts("http://"+address+"/v1/traces", "{}") == nil },
		filepath.Join(l.software, "collector", "otelcol"),
		"--config",
		path,
	)
	return "http://" + address
}

// merge adds the members of objects to those of others.
func merge(into, from map[string]any) {
	for key, value := range from {
		inner, isObject := value.(map[string]any)
		old, wasObject := into[key].(map[string]any)
		if isObject && wasObject {
			merge(old, inner)
			continue
		}
		if isObject {
			value = maps.Clone(inner)
		}
		into[key] = value
	}
}

func posts(url, body string) error {
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return nil
}

func send(t *testing.T, collector string, requests []string) {
	t.Helper()
	for _, request := range requests {
		path := "/v1/traces"
		if strings.HasPrefix(request, `{"resourceLogs"`) {
			path = "/v1/logs"
		}
		require.NoError(t, posts(collector+path, request))
	}
}

// count returns how many spans and log records there are.
func count(t *testing.T, requests []string) (n int) {
	t.Helper()
	for _, request := range requests {
		if traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(request)); err == nil {
			n += traces.SpanCount()
		}
		if logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs([]byte(request)); err == nil {
			n += logs.LogRecordCount()
		}
	}
	return n
}

func createTopic(t *testing.T, brokers []string, topic string) {
	t.Helper()
	client := kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 20 * time.Second}
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{
			Topic: topic, NumPartitions: 3, ReplicationFactor: 1,
			ConfigEntries: []kafka.ConfigEntry{
				{ConfigName: "max.message.bytes", ConfigValue: "4000000"},
			},
		}},
	})
	require.NoError(t, err)
	require.NoError(t, res.Errors[topic])
}

// consume reads a topic until so many spans and log records have come, and returns the records of
// its partitions in turn.
func consume(t *testing.T, brokers []string, topic, encoding string, want int) (values [][]byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitFor)
	defer cancel()
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, GroupID: topic, GroupTopics: []string{topic},
		StartOffset: kafka.FirstOffset, MaxWait: 100 * time.Millisecond,
	})
	defer func() { _ = reader.Close() }()
	for seen := 0; seen < want; {
		message, err := reader.FetchMessage(ctx)
		require.NoError(t, err, "%d of %d spans and log records came", seen, want)
		values = append(values, message.Value)
		n, signal := inside(message.Value, encoding)
		require.Positive(t, n, "a record of %s that is none", signal)
		seen += n
		for _, h := range message.Headers {
			require.Equal(t, "content-type", h.Key)
		}
	}
	return values
}

// inside tells how many spans or log records a record holds.
func inside(value []byte, encoding string) (n int, signal string) {
	if encoding == "otlp_json" {
		if bytes.HasPrefix(value, []byte(`{"resourceLogs"`)) {
			logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(value)
			return found(err, logs.LogRecordCount), "logs"
		}
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(value)
		return found(err, traces.SpanCount), "traces"
	}
	// No record of one signal that has a time can be read as the other.
	if traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(value); err == nil {
		return traces.SpanCount(), "traces"
	}
	logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(value)
	return found(err, logs.LogRecordCount), "logs"
}

func found(err error, count func() int) int {
	if err != nil {
		return 0
	}
	return count()
}
