package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

func TestSimulateWritesEventsAndTheirTruth(t *testing.T) {
	dir := t.TempDir()
	truth := filepath.Join(dir, "truth.json")
	packed := filepath.Join(dir, "events.jsonl.zst")
	code, stdout, stderr := execute(
		t, nil, "simulate", "demo", "--duration", "5h", "--output", packed, "--truth", truth,
	)
	require.Equal(t, 0, code, stderr)
	require.Empty(t, stdout)
	require.Regexp(t, `^\d+ events in `, stderr)

	f, err := os.Open(packed)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	z, err := zstd.NewReader(f)
	require.NoError(t, err)
	defer z.Close()
	events, err := io.ReadAll(z)
	require.NoError(t, err)

	data, err := os.ReadFile(truth)
	require.NoError(t, err)
	var got simulate.Truth
	require.NoError(t, json.Unmarshal(data, &got))
	require.Len(t, got.Campaigns, 1)
	total := 0
	for _, c := range got.Counts {
		total += c.Events
	}
	require.Equal(t, total, bytes.Count(events, []byte{'\n'}))

	ids, err := os.Open(filepath.Join(dir, "harvest.ids.gz"))
	require.NoError(t, err)
	defer func() { require.NoError(t, ids.Close()) }()
	unpacked, err := gzip.NewReader(ids)
	require.NoError(t, err)
	list, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Equal(t, got.Campaigns[0].Exchanges, bytes.Count(list, []byte{'\n'}))

	// Standard output carries the same events.
	code, stdout, stderr = execute(t, nil, "simulate", "demo", "--duration", "5h", "-o", "-")
	require.Equal(t, 0, code, stderr)
	require.Equal(t, string(events), stdout)
}

func TestSimulateTakesTextsFromFiles(t *testing.T) {
	prompts := filepath.Join(t.TempDir(), "prompts.txt")
	require.NoError(
		t, os.WriteFile(prompts, []byte("whatever happened to the lighthouse\n"), 0o600),
	)
	code, stdout, stderr := execute(
		t, nil, "simulate", "honest-tiny", "--duration", "3h", "--seed", "8", "--prompts", prompts,
		"-o", "-",
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "whatever happened to the lighthouse")
}

func TestADirectoryDoesNotHideABuiltInScenario(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("honest-tiny", 0o700))
	code, stdout, stderr := execute(
		t, nil, "simulate", "honest-tiny", "--duration", "2h", "-o", "-",
	)
	require.Equal(t, 0, code, stderr)
	require.NotEmpty(t, stdout)
}

func TestSimulateSaysWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"no scenario": {[]string{"simulate", "-o", "-"}, "name a scenario"},
		"an unknown scenario": {
			[]string{"simulate", "nosuch", "-o", "-"}, "--list shows the built-in ones",
		},
		"nowhere to write": {[]string{"simulate", "demo"}, "give either --output FILE or --kafka"},
		"a missing text file": {
			[]string{"simulate", "demo", "-o", "-", "--items", "nosuch.txt"}, "nosuch.txt",
		},
		"a broken scenario": {[]string{
			"simulate", file(t, "duration: 1h\ncrowds: [{kind: ghosts, accounts: 1}]"), "-o", "-",
		}, "ghosts"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := execute(t, nil, tc.args...)
			require.Equal(t, 2, code, stderr)
			require.Contains(t, stderr, tc.want)
		})
	}
	code, stdout, _ := execute(t, nil, "simulate", "--list")
	require.Equal(t, 0, code)
	require.Contains(t, stdout, "ladder-0-plain")
}

func TestSimulateProducesToTheGatewayTopic(t *testing.T) {
	broker, err := embedded.StartKafka(embedded.KafkaOptions{})
	require.NoError(t, err)
	defer func() { require.NoError(t, broker.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(broker.Addr())}
	made, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: "gw", NumPartitions: 1, ReplicationFactor: 1}},
	})
	require.NoError(t, err)
	require.NoError(t, made.Errors["gw"])

	env := map[string]string{
		"STILLWATCH_KAFKA_BROKERS": broker.Addr(), "STILLWATCH_TOPICS_GATEWAY": "gw",
	}
	code, _, stderr := execute(t, env, "simulate", "honest-tiny", "--duration", "2h", "--kafka")
	require.Equal(t, 0, code, stderr)
	var events int64
	_, err = fmt.Sscanf(stderr, "%d events", &events)
	require.NoError(t, err)
	require.Positive(t, events)

	r := kafka.NewReader(kafka.ReaderConfig{Brokers: broker.Addrs(), Topic: "gw", Partition: 0})
	defer func() { require.NoError(t, r.Close()) }()
	for range events {
		m, err := r.ReadMessage(ctx)
		require.NoError(t, err)
		var ev struct{ Account struct{ ID string } }
		require.NoError(t, json.Unmarshal(m.Value, &ev))
		require.Equal(t, string(m.Key), ev.Account.ID)
	}

	code, _, stderr = execute(t, env, "simulate", "honest-tiny", "--duration", "2h", "--kafka",
		"--format", "otlp_proto")
	require.Equal(t, 0, code, stderr)
	for range events {
		m, err := r.ReadMessage(ctx)
		require.NoError(t, err)
		require.Equal(
			t, []kafka.Header{{Key: "content-type", Value: []byte("application/x-protobuf")}},
			m.Headers,
		)
		require.Equal(t, byte(0x0a), m.Value[0], "the frame of protobuf")
		require.Contains(t, string(m.Value), string(m.Key))
	}
}
