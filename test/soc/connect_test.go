package soc

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/test/harness"
)

// The sinks for OpenSearch and Splunk are in no registry that the tests reach. A real Kafka Connect
// runs their files with the sink of Apache Kafka in their place, so that topics, converters and
// transforms are tried; what the sink for OpenSearch sends then is written by the test
// (node.upsert).
func TestKafkaConnectHandsRecordsOnAsTheyAre(t *testing.T) {
	alerts := records(t).alerts
	brokers, topic := harness.Kafka(t), harness.Name(t)
	produce(t, brokers, topic, alerts)

	folder := t.TempDir()
	exact := filepath.Join(folder, "findings.jsonl")
	connectors := []string{connector(t, "file.properties", topic, exact)}
	parsed := map[string]string{}
	for _, name := range []string{
		"opensearch-findings", "opensearch-records", "opensearch-accounts", "splunk",
	} {
		parsed[name] = filepath.Join(folder, name)
		connectors = append(connectors, connector(t, name+".properties", topic, parsed[name]))
	}
	harness.StartConnect(t, brokers, connectors...)

	var want []string
	for _, r := range alerts {
		want = append(want, string(r.Value))
	}
	require.Equal(t, want, written(t, exact, len(alerts)))
	for name, file := range parsed {
		require.Len(t, written(t, file, len(alerts)), len(alerts), name)
	}

	// A forwarder that reads the file brings the documents that the topic has.
	n := openSearch(t)
	index := n.fresh("records")
	var list []line
	for _, value := range written(t, exact, len(alerts)) {
		list = append(list, line{value: []byte(value)})
	}
	n.insert(index, list...)
	_, docs := n.search(index, all)
	require.Len(t, docs, len(alerts))
}

// connector is a file of configs/soc/connect with the sink that writes files in the place of its
// own, whose options are left out.
func connector(t *testing.T, name, topic, file string) string {
	t.Helper()
	options := properties(t, name)
	options["connector.class"] = "org.apache.kafka.connect.file.FileStreamSinkConnector"
	require.Regexp(t, `^stillwatch\.(alerts|accounts)$`, options["topics"])
	options["topics"], options["file"] = topic, file
	var lines []string
	for key, value := range options {
		switch group, _, _ := strings.Cut(key, "."); {
		case slices.Contains([]string{"name", "topics", "file", "connector.class", "tasks.max"}, key),
			slices.Contains([]string{"transforms", "value"}, group), key == "key.converter":
			lines = append(lines, key+"="+value)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func produce(t *testing.T, brokers []string, topic string, list []record) {
	t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 10 * time.Second}
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}},
	})
	require.NoError(t, err)
	require.NoError(t, res.Errors[topic])
	w := &kafka.Writer{
		Addr: client.Addr, Topic: topic, RequiredAcks: kafka.RequireAll,
		BatchTimeout: 10 * time.Millisecond, Compression: kafka.Lz4,
	}
	defer func() { require.NoError(t, w.Close()) }()
	var messages []kafka.Message
	for _, r := range list {
		messages = append(messages, kafka.Message{Key: []byte(r.Key), Value: r.Value})
	}
	require.NoError(t, w.WriteMessages(t.Context(), messages...))
}

// written waits until a file has so many lines.
func written(t *testing.T, file string, n int) (lines []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		data, err := os.ReadFile(file)
		if err != nil || bytes.Count(data, []byte("\n")) < n {
			return false
		}
		lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		return true
	}, time.Minute, 20*time.Millisecond, "%s never had %d lines", file, n)
	return lines
}
