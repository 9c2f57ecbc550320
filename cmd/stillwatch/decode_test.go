package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

// decoded runs the command and returns the events that it prints.
func decoded(t *testing.T, wantCode int, args ...string) (events []map[string]any, stderr string) {
	t.Helper()
	code, stdout, stderr := execute(t, nil, append([]string{"decode"}, args...)...)
	require.Equal(t, wantCode, code, stderr)
	for line := range strings.Lines(stdout) {
		var ev map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		events = append(events, ev)
	}
	return events, stderr
}

// at is the value at a dotted path, nil where there is none.
func at(ev map[string]any, path string) any {
	var v any = ev
	for name := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func ids(events []map[string]any) (list []string) {
	for _, ev := range events {
		list = append(list, at(ev, "id").(string))
	}
	return list
}

// nativeEvent is a small event; n makes its id.
func nativeEvent(n int) string {
	return fmt.Sprintf(
		`{"id":"e%d","time":%d,"account":{"id":"ada"},"request":{"model":"m"},"content":{"input":"Name a river."}}`,
		n, 1793613600000+n,
	)
}

func TestEveryFormatIsDecodedToCanonicalEvents(t *testing.T) {
	for _, name := range []string{
		"native_full", "litellm_success", "otlp_spans", "kong", "envoy_ai", "apisix", "bedrock",
		"apim", "higress", "helicone", "portkey",
	} {
		path := sampleOf(t, name)
		got, stderr := decoded(t, 0, path)
		require.NotEmpty(t, got, name)
		for _, ev := range got {
			for _, field := range []string{"schema", "id", "time", "request.model"} {
				require.NotNil(t, at(ev, field), name+" "+field)
			}
		}
		require.Contains(t, stderr, fmt.Sprintf("%d events, ", len(got)), name)
		again, _ := decoded(t, 0, "--no-text", path)
		for i, ev := range again {
			require.Nil(t, at(ev, "content"))
			require.Equal(t, at(got[i], "id"), at(ev, "id"))
			require.Equal(t, at(got[i], "usage"), at(ev, "usage"))
		}
	}
}

func TestWhatIsAbsentStaysAbsent(t *testing.T) {
	events, _ := decoded(t, 0, writeFile(
		t, "in.json",
		`{"id":"e1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`,
	))
	for _, path := range []string{
		"tenant", "usage.input_tokens", "usage.cost_usd", "response.status", "request.stream",
		"request.message_count", "content", "sketch",
	} {
		require.Nil(t, at(events[0], path), path)
	}
	require.Equal(t, "2026-11-02T10:00:00.000Z", at(events[0], "time"))

	for _, content := range []string{
		`{"output":"x \",\"input\":[] y"}`, `{"system":"s"}`,
		`{"system":"s","output":"x"}`, `{"reasoning":"r"}`,
	} {
		record := `{"id":"e1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"content":` +
			content + `}`
		events, _ = decoded(t, 0, writeFile(t, "in.json", record))
		var want any
		require.NoError(t, json.Unmarshal([]byte(content), &want))
		require.Equal(t, want, at(events[0], "content"))
	}
}

func TestAFileIsOneRecordOrOneRecordALineByItsName(t *testing.T) {
	lines := nativeEvent(1) + "\n\n" + nativeEvent(2) + "\r\n" + nativeEvent(3)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(lines))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	want := []string{"e1", "e2", "e3"}
	for _, tc := range []struct{ name, text string }{
		{"in.jsonl", lines},
		{"in.ndjson", lines},
		{"in.json", lines},
		{"in.bin", lines},
		{"in.jsonl.gz", packed.String()},
		{"in.json.gz", packed.String()},
		{"in.gz", packed.String()},
		{"array.json", "[" + nativeEvent(1) + ",\n" + nativeEvent(2) + "," + nativeEvent(3) + "]"},
		{"array.jsonl", "[" + nativeEvent(1) + "," + nativeEvent(2) + "]\n" + nativeEvent(3)},
		{"glued.json", nativeEvent(1) + nativeEvent(2) + nativeEvent(3)},
		{"pretty.json", strings.ReplaceAll(lines, `,"`, ",\n  \"")},
	} {
		events, stderr := decoded(t, 0, writeFile(t, tc.name, tc.text))
		require.Equal(t, want, ids(events), tc.name)
		require.Equal(t, "3 events, 0 skipped, 0 dead letters\n", stderr, tc.name)
	}
	events, _ := decoded(t, 0, "--lines", writeFile(t, "in.txt", lines))
	require.Equal(t, want, ids(events))
}

func TestAFileBeyondTheLargestRecordIsReadByLinesOrIsADeadLetter(t *testing.T) {
	conf := file(t, "ingest: {max_record_bytes: 400}")
	lines := nativeEvent(1) + "\n" + nativeEvent(2) + "\n" + nativeEvent(3) + "\n" + nativeEvent(4)
	events, _ := decoded(t, 0, "-c", conf, writeFile(t, "in.json", lines))
	require.Equal(t, []string{"e1", "e2", "e3", "e4"}, ids(events))

	events, stderr := decoded(
		t, 1, "-c", conf, writeFile(t, "in.json", "["+strings.ReplaceAll(lines, "\n", ",\n")+"]"),
	)
	require.Empty(t, events)
	require.Contains(t, stderr, "in.json:1:1: dead letter: too_large")

	long := `{"id":"` + strings.Repeat("x", 400) + `"}`
	events, stderr = decoded(
		t, 1, "-c", conf, writeFile(t, "in.jsonl", nativeEvent(1)+"\n"+long+"\n"+nativeEvent(2)),
	)
	require.Equal(t, []string{"e1", "e2"}, ids(events))
	require.Contains(t, stderr, "in.jsonl:2:1 (line 2): dead letter: too_large")
}

func TestDecodeTellsWhatBecameOfTheRest(t *testing.T) {
	kong := `{"ai":{"proxy":{"meta":{"request_model":"m"},"payload":{"request":"{\"messages\":"}}},"latencies":{},"started_at":1793613600000,` +
		`"request":{"id":"k1"},"consumer":{"id":"c"}}`
	input := nativeEvent(1) + "\n\n" +
		`{"latencies":{},"started_at":1793613600000,"tries":[]}` + "\n" +
		kong + "\n" +
		"[" + nativeEvent(2) + `,{"id":"e3","account":{"id":"a"},"request":{"model":"m"}}]` + "\n" +
		`{"level":"info"}` + "\n" +
		`{"records":[{"time":"2026-11-02T10:00:00Z","category":"GatewayLogs","properties":{"correlationId":"w"}}]}` + "\n"
	path := writeFile(t, "in.jsonl", input)
	events, stderr := decoded(t, 1, path)
	require.Equal(t, []string{"e1", "k1", "e2"}, ids(events))
	lines := strings.Split(stderr, "\n")
	for i, want := range []string{
		":2:1 (line 3): skipped: not_llm",
		":3:1 (line 4): event with an unread body",
		":4:2 (line 5): dead letter: missing_field in time at byte",
		":5:1 (line 6): dead letter: unknown_format at byte 0",
		":6:1 (line 7): waiting for its other half",
	} {
		require.True(t, strings.HasPrefix(lines[i], path+want), lines[i])
	}
	require.Contains(t, stderr,
		"3 events, 1 skipped, 2 dead letters, 1 waited for their other half")
	require.Contains(t, stderr, "1 events with unread parts\n")
	require.Contains(t, stderr, "stillwatch: 2 objects could not be read")

	_, stderr = decoded(t, 0, writeFile(t, "empty.json", " \n"))
	require.Contains(t, stderr,
		"empty.json:1: skipped: empty\n0 events, 1 skipped, 0 dead letters\n")
}

func TestARecordWithTooMuchBrokenIsGivenUpAndThatIsSaid(t *testing.T) {
	broken := writeFile(t, "in.json", strings.Repeat("{\"a\":\n", 1500)+nativeEvent(1))
	events, stderr := decoded(t, 1, broken)
	require.Empty(t, events)
	require.Contains(t, stderr,
		":1:1001: the rest of the record is not read: too much of it is broken\n0 events, 0 skipped, 1001 dead letters\n")
	events, _ = decoded(t, 1, "--lines", broken)
	require.Len(t, events, 1)
}

func TestHalvesInTwoRecordsMakeOneEvent(t *testing.T) {
	half := func(category, more string) string {
		return `{"records":[{"time":"2026-11-02T10:00:00Z","category":"` + category +
			`","properties":{"correlationId":"c1","modelName":"m","apimSubscriptionId":"s"` + more +
			`}}]}`
	}
	text := half("GatewayLlmLogs", `,"promptTokens":12`) + "\n" + half("GatewayLogs", "")
	for _, name := range []string{"in.jsonl", "in.json"} {
		events, stderr := decoded(t, 0, writeFile(t, name, text))
		require.Equal(t, []string{"c1"}, ids(events))
		require.Contains(t, stderr, ": waiting for its other half\n")
	}
	// The halves may lie in two files as well.
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "1.jsonl"), filepath.Join(dir, "2.jsonl")}
	for i, line := range strings.Split(text, "\n") {
		require.NoError(t, os.WriteFile(paths[i], []byte(line), 0o600))
	}
	events, _ := decoded(t, 0, paths...)
	require.Equal(t, []string{"c1"}, ids(events))
}

func TestRecordsAreDecodedByAMappingFileOrAsATopics(t *testing.T) {
	mapping := writeFile(
		t, "map.yaml",
		"name: mine\nfields: {id: rid, time: at, account.id: who, request.model: llm, account.key_hash: {from: key, as: hash}}\n",
	)
	record := `{"rid":"r1","at":"2026-11-02T10:00:00Z","who":"acme","llm":"m","key":"Bearer sk-0123456789abcdef"}`
	sample := writeFile(t, "in.jsonl", record+"\n"+record)
	events, _ := decoded(t, 0, "--mapping", mapping, sample)
	require.Equal(t, []string{"r1", "r1"}, ids(events))
	require.Equal(t, "acme", at(events[0], "account.id"))
	require.Len(t, at(events[0], "account.key_hash"), 32)
	_, stderr := decoded(t, 1, sample)
	require.Contains(t, stderr, "unknown_format")
	_, stderr = decoded(t, 1, "--mapping", mapping, writeFile(t, "native.json", nativeEvent(1)))
	require.Contains(t, stderr, "dead letter")

	conf := file(
		t,
		"topics: {gateway: [a, b]}\nsketch: {secret: 0123456789abcdef}\ningest: {gateway: {format: native, mappings: ["+
			mapping+"], topics: {b: {format: mine}}}}",
	)
	again, _ := decoded(t, 0, "-c", conf, "--topic", "b", sample)
	require.Len(t, again, 2)
	require.NotEqual(t, at(events[0], "account.key_hash"), at(again[0], "account.key_hash"),
		"hashed with the service's secret")
	_, _ = decoded(t, 1, "-c", conf, "--topic", "a", sample)
	_, _ = decoded(t, 0, "-c", conf, "--format", "mapping", sample)
}

func TestDecodeIsAskedForSomethingWrong(t *testing.T) {
	sample := writeFile(t, "in.json", nativeEvent(1))
	for _, tc := range []struct {
		code int
		args []string
		says string
	}{
		{2, nil, "expected \"<file> ...\""},
		{2, []string{"--format", "none", sample}, `format "none" is not known`},
		{2, []string{"--topic", "none", sample}, `--topic: "none" is none of topics.gateway`},
		{2, []string{"--mapping", sample + "x", sample}, "no file that can be read"},
		{2, []string{"--mapping", writeFile(t, "bad.yaml",
			"name: x\nfields: {id: {form: a}}"), sample}, `line 2: a field has no "form"`},
		{1, []string{sample + "x"}, "open events"},
	} {
		events, stderr := decoded(t, tc.code, tc.args...)
		require.Empty(t, events)
		require.Contains(t, stderr, tc.says)
	}
}

func TestDecodeNamesNoTextWhenItIsLeftOut(t *testing.T) {
	sample := writeFile(t, "in.jsonl", `{"my secret":"x","my secret":"y"}`+"\n"+nativeEvent(1))
	code, stdout, stderr := execute(t, nil, "decode", "--no-text", sample)
	require.Equal(t, 1, code)
	require.NotContains(t, stdout+stderr, "secret")
	require.NotContains(t, stdout+stderr, "river")
	require.Contains(t, stderr, ":1:1 (line 1): dead letter: duplicate_key")
}

// gone is a pipe that nobody reads any more.
type gone struct{}

func (gone) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestAReaderThatLeavesEarlyIsNoError(t *testing.T) {
	var errs bytes.Buffer
	code := run(t.Context(), []string{"decode", writeFile(t, "in.json", nativeEvent(1))},
		terminal{out: gone{}, err: &errs, env: func(string) (string, bool) { return "", false }})
	require.Equal(t, 0, code)
	require.Equal(t, "1 events, 0 skipped, 0 dead letters\n", errs.String())
}
