package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// sampleOf writes the record of one of the gateway package's golden files to a file.
func sampleOf(t *testing.T, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile("../../pkg/gateway/testdata/" + name + ".txtar")
	require.NoError(t, err)
	return writeFile(t, name+".json", string(archive.Files[0].Data))
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheDoctorTellsWhatDetectionCanSee(t *testing.T) {
	code, stdout, stderr := execute(t, nil, "doctor", sampleOf(t, "envoy_ai"))
	require.Equal(t, 0, code, stderr)
	for _, want := range []string{
		"Format envoy_ai: 2 events", "client.ip                    100 %",
		"client.ja4                    50 %",
		"blind  prompt_template    needs content.input or sketch",
		"weak   stack              needs client.user_agent, client.ja4",
		"no access log has it: send traces besides", "No gateway knows account.created_at",
		"not_llm                      1",
	} {
		require.Contains(t, stdout, want)
	}
	require.NotContains(t, stdout, "weak   network")

	code, stdout, stderr = execute(t, nil, "doctor", writeFile(t, "x.json", `{"level":"info"}`))
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "unknown_format")
	require.Contains(t, stderr, "not one event could be read")
}

func TestTheDoctorExaminesATopic(t *testing.T) {
	kafka, err := embedded.StartKafka(embedded.KafkaOptions{Partitions: 2, AutoCreate: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, kafka.Close()) }()
	opts := stream.DefaultOptions()
	opts.Brokers = []string{kafka.Addr()}
	client, err := stream.New(opts, nil)
	require.NoError(t, err)
	_, err = client.EnsureTopics(t.Context(), []stream.TopicSpec{
		{Name: "mine", Partitions: 3}, {Name: "empty", Partitions: 3},
	}, true)
	require.NoError(t, err)
	producer, err := client.Producer("mine")
	require.NoError(t, err)
	defer producer.Close()
	var records []stream.OutRecord
	for i := range 300 {
		value := fmt.Sprintf(
			`{"rid":"r%d","at":"2026-11-02T10:00:00Z","who":"acct-%d","llm":"m","old":%v}`,
			i, i, i < 240,
		)
		records = append(records, stream.OutRecord{
			Topic: "mine", Key: fmt.Append(nil, i), Value: []byte(value),
		})
	}
	require.NoError(t, producer.Produce(t.Context(), records))
	mapping := writeFile(
		t, "mine.yaml",
		"name: mine\nfields: {id: rid, time: at, account.id: who, request.model: llm}\n",
	)
	conf := file(
		t,
		"topics: {gateway: [llm.gateway.events, mine]}\ningest: {gateway: {format: native, mappings: ["+
			mapping+"], topics: {mine: {format: mine}}}}",
	)

	code, stdout, stderr := execute(
		t, nil, "doctor", "-c", conf, "--brokers", kafka.Addr(), "--topic", "mine",
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout,
		"Topic mine: 300 records of 3 partitions, all that it holds\n\nFormat mine: 300 events\n",
		"in the topic's own format")
	require.NotContains(t, stdout, "acct-")

	code, stdout, stderr = execute(
		t, map[string]string{"STILLWATCH_KAFKA_BROKERS": kafka.Addr()}, "doctor", "-c", conf,
		"--topic", "mine", "--sample", "10",
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout,
		"Topic mine: 30 records of 3 partitions, the newest 10 of each partition\n\nFormat mine: 30 events\n")

	for _, tc := range []struct{ topic, lint string }{
		{
			"empty",
			"topic empty is empty: there is nothing to examine until its gateway writes to it",
		},
		{"absent", "topic absent does not exist"},
	} {
		code, stdout, stderr = execute(
			t, nil, "doctor", "--brokers", kafka.Addr(), "--topic", tc.topic,
		)
		require.Equal(t, 1, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, tc.lint)
	}
}

func TestTheDoctorReadsAFileAsATopicsRecords(t *testing.T) {
	conf := file(t, "topics: {gateway: [a, b]}\ningest: {gateway: {topics: {b: {format: native}}}, enrich: {facts_topic: f}}")
	code, stdout, stderr := execute(
		t, nil, "doctor", "-c", conf, "--topic", "a", sampleOf(t, "envoy_ai"),
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "ingest.enrich fills more")
	code, stdout, _ = execute(t, nil, "doctor", "-c", conf, "--topic", "b", sampleOf(t, "envoy_ai"))
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Cannot be read")
	for _, args := range [][]string{{"doctor"}, {"doctor", "--topic", "a", "--sample", "0"}, {
		"doctor", "--topic", "a", "--brokers", "x",
	}} {
		code, _, _ = execute(t, nil, args...)
		require.Equal(t, 2, code, args)
	}
}

func TestTheDoctorKnowsAdviceForEveryBuiltInFormat(t *testing.T) {
	for _, name := range []string{
		"apisix", "apim", "bedrock", "envoy_ai", "helicone", "higress", "kong", "litellm_success",
		"otlp_spans", "portkey",
	} {
		code, stdout, stderr := execute(t, nil, "doctor", sampleOf(t, name))
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stdout, "What to switch on in the gateway:", name)
	}
}

func TestAMappingIsTriedOnASample(t *testing.T) {
	mapping := writeFile(
		t, "mine.yaml",
		"name: mine\nfields:\n  id: rid\n  time: {from: at, unit: s}\n  account.id: who\n  request.model: llm.model\n  account.key_hash: {from: authorization, as: hash}\n",
	)
	sample := writeFile(
		t, "sample.json",
		`{"rid":"r1","at":1793613600,"who":"acme","llm":{"model":"m"},"authorization":"Bearer sk-0123456789abcdef"}`+"\n{}",
	)
	code, stdout, stderr := execute(t, nil, "mapping", "test", mapping, sample)
	require.Equal(t, 0, code, stderr)
	for _, want := range []string{
		"item 1\n", `account.id                   "acme"`,
		"time                         2026-11-02T10:00:00Z", "unknown:",
		"content.input", "item 2: ",
	} {
		require.Contains(t, stdout, want)
	}
	require.NotContains(t, stdout, "sk-0123456789abcdef")

	code, stdout, _ = execute(t, nil, "mapping", "test", "apim", sampleOf(t, "apim"))
	require.Equal(t, 0, code)
	require.Contains(t, stdout, "waiting_for_other_half")

	code, _, stderr = execute(
		t, nil, "mapping", "test",
		writeFile(t, "bad.yaml", "name: x\nfields: {id: {form: a}}"), sample,
	)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `line 2: a field has no "form"`)
}

func TestBuiltInMappingsAreShown(t *testing.T) {
	code, stdout, _ := execute(t, nil, "mapping", "show")
	require.Equal(t, 0, code)
	for _, f := range configs.Mappings() {
		name := f.Name[:len(f.Name)-len(".yaml")]
		require.Contains(t, stdout, name+"\n")
		code, text, _ := execute(t, nil, "mapping", "show", name)
		require.Equal(t, 0, code)
		require.Equal(t, string(f.Text), text)
		require.Contains(t, text, "\nname: "+name+"\n", "the file is called what the format is")
	}
	code, _, stderr := execute(t, nil, "mapping", "show", "pigeon")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `no mapping is called "pigeon"`)
}
