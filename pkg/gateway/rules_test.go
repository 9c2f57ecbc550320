package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// The tests in this file hold the rules by which what gateways report is made alike, one test for
// each.

// one reads a record with one event in it and returns a copy of what a test may ask for.
func one(t *testing.T, record string) (out event.Event) {
	t.Helper()
	events := 0
	visit := func(ev *event.Event, err error) bool {
		if skip, ok := errors.AsType[*SkipError](err); ok && skip.Reason == ReasonWaiting {
			return true
		}
		require.NoError(t, err)
		events++
		out = *ev
		out.Content.Input = append([]event.Message(nil), ev.Content.Input...)
		return true
	}
	r := newReader(t, FormatAuto)
	r.Read([]byte(record), visit)
	r.Flush(visit)
	require.Equal(t, 1, events)
	return out
}

// golden returns the record of a golden file.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	require.NoError(t, err)
	return archive.Files[0].Data
}

func kong(usage, more string) string {
	return `{"started_at":1793613600123,"tries":[],"request":{"id":"k"},"response":{"status":200},"latencies":{"request":10.5},"consumer":{"id":"c"},` +
		`"ai":{"proxy":{"usage":` + usage + `,"meta":{"request_model":"m"}` + more + `}}}`
}

func otlpSpan(attributes string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0000000000000001","startTimeUnixNano":"1793613600123456789",` +
		`"endTimeUnixNano":"1793613600623456789","attributes":[{"key":"user.id","value":{"stringValue":"u"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},` +
		attributes + `]}]}]}]}`
}

func TestTimesAndDurationsOfEveryUnitBecomeMilliseconds(t *testing.T) {
	lite := one(t, `{"id":"l","call_type":"acompletion","stream":true,"status":"success","startTime":1793613600.5,"completionStartTime":1793613600.75,"endTime":1793613601.5,"model":"m","metadata":{"user_api_key_hash":"h"}}`)
	require.Equal(t, int64(1793613600500), lite.Time, "seconds")
	require.Equal(t, event.Float{V: 1000, Known: true}, lite.Response.LatencyMS)
	require.Equal(t, event.Float{V: 250, Known: true}, lite.Response.TTFTMS)

	naive := one(t, `{"id":"l","call_type":"acompletion","startTime":"2026-11-02 10:00:00.500","model":"m","metadata":{"user_api_key_hash":"h"}}`)
	require.Equal(t, lite.Time, naive.Time, "a naive time is in UTC")

	span := one(
		t, otlpSpan(`{"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":0.25}}`),
	)
	require.Equal(t, int64(1793613600123), span.Time, "nanoseconds")
	require.Equal(t, event.Float{V: 500, Known: true}, span.Response.LatencyMS)
	require.Equal(t, event.Float{V: 250, Known: true}, span.Response.TTFTMS, "seconds")

	ms := one(t, kong(`{"prompt_tokens":1}`, ""))
	require.Equal(t, int64(1793613600123), ms.Time)
	require.Equal(t, event.Float{V: 10.5, Known: true}, ms.Response.LatencyMS)
}

func TestOutputIncludesReasoningAndInputIncludesTheCache(t *testing.T) {
	bedrock := `{"schemaType":"ModelInvocationLog","timestamp":"2026-11-02T10:00:00Z","requestId":"r","modelId":"m","identity":{"arn":"a"},"input":{%s},"output":{"outputBodyJson":{"usage":{"input_tokens":8,"cache_read_input_tokens":100,"cache_creation_input_tokens":20}}}}`
	beside := one(t, fmt.Sprintf(
		bedrock,
		`"inputTokenCount":8,"cacheReadInputTokenCount":100,"cacheWriteInputTokenCount":20`,
	))
	require.Equal(t, int64(128), beside.Usage.Input.V, "of the log")
	inBody := one(t, fmt.Sprintf(bedrock, ``))
	require.Equal(t, int64(128), inBody.Usage.Input.V, "of Anthropic's own usage")
	require.Equal(t, int64(100), inBody.Usage.CacheRead.V)
	require.Equal(t, int64(20), inBody.Usage.CacheWrite.V)

	kong := one(t, kong(
		`{"prompt_tokens":28,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":5}}`,
		"",
	))
	require.Equal(t, int64(28), kong.Usage.Input.V, "OpenAI's count has them already")
	require.Equal(t, int64(20), kong.Usage.Output.V)
}

func TestNumbersMayBeStringsAndWordsForNothingAreAbsent(t *testing.T) {
	base := `{"gen_ai.request.model":"m","response_code":"200","start_time":"2026-11-02T10:00:00Z","downstream_remote_address":"192.0.2.1:80","x-request-id":"r","gen_ai.usage.input_tokens":%s,"gen_ai.usage.output_tokens":%s,"session.id":%s}`
	known := one(t, fmt.Sprintf(base, `"15"`, `"0"`, `"s"`))
	require.Equal(t, event.Int{V: 15, Known: true}, known.Usage.Input)
	require.Equal(t, event.Int{V: 0, Known: true}, known.Usage.Output, "zero is not absent")
	for _, nothing := range []string{`"-"`, `""`, `null`} {
		ev := one(t, fmt.Sprintf(base, nothing, nothing, nothing))
		require.False(t, ev.Usage.Input.Known)
		require.False(t, ev.Usage.Output.Known)
		require.Empty(t, ev.Request.SessionID)
	}
	for _, wrong := range []string{`"many"`, `-1`, `1.5`, `{}`, `[1]`, `true`, `"0x10"`, `1e99`} {
		require.False(t, one(t, fmt.Sprintf(base, wrong, `1`, `"s"`)).Usage.Input.Known, wrong)
	}
}

func TestARecordOfAnyFormatMayHoldManyEvents(t *testing.T) {
	reads := func(name string) int {
		n := 0
		newReader(t, FormatAuto).Read(
			golden(t, name), func(*event.Event, error) bool { n++; return true },
		)
		return n
	}
	require.Equal(t, 3, reads("kong"), "an array")
	require.Equal(t, 3, reads("envoy_ai"), "lines")
	require.Equal(t, 7, reads("apim"), "envelopes of Event Hubs")
	require.Equal(t, 4, reads("otlp_spans"), "a batch of OpenTelemetry")
}

func TestJSONInStringsIsRead(t *testing.T) {
	ev := one(t, kong(
		`{"prompt_tokens":1}`,
		`,"payload":{"request":"{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"}`,
	))
	require.Equal(t, []event.Message{{Role: "user", Text: "Hi"}}, ev.Content.Input)

	ev = one(t, `{"ai_log":"{\"model\":\"m\",\"consumer\":\"c\",\"input_token\":\"10\"}","request_id":"r","start_time":"2026-11-02T10:00:00Z"}`)
	require.Equal(t, event.Int{V: 10, Known: true}, ev.Usage.Input)
}

func TestAPromptThatIsJSONIsStillAPrompt(t *testing.T) {
	for _, prompt := range []string{`{"a":1}`, `[{"text":"x"},{"b":2}]`, `{"a":1,"a":2}`, `["x"]`} {
		text, err := json.Marshal(prompt)
		require.NoError(t, err)
		ev := one(t, otlpSpan(`{"key":"gen_ai.prompt","value":{"stringValue":`+string(text)+`}}`))
		require.Equal(t, []event.Message{{Role: "user", Text: prompt}}, ev.Content.Input)
	}
}

func TestABodyThatCanBeReadInTwoWaysIsNotReadButItsEventCounts(t *testing.T) {
	r := newReader(t, FormatAuto)
	for _, body := range []string{
		`{\"messages\":[{\"role\":\"user\",\"content\":\"harmless\"}],\"messages\":[]}`,
		strings.Repeat(`[`, 300) + strings.Repeat(`]`, 300),
		`{\"messages\":[{\"role\":\"user\",\"content\":\"cut`,
	} {
		record := kong(`{"prompt_tokens":1}`, `,"payload":{"request":"`+body+`"}`)
		r.Read([]byte(record), func(ev *event.Event, err error) bool {
			require.NoError(t, err)
			require.Equal(t, "c", ev.Account.ID)
			require.Equal(t, event.Int{V: 1, Known: true}, ev.Usage.Input)
			require.False(t, ev.Content.Present())
			return true
		})
		require.EqualValues(t, 1, r.TakeUnread().Bodies)
	}
	require.Zero(t, r.TakeUnread())
	ev := one(t, kong(
		`{"prompt_tokens":1}`,
		`,"payload":{"request":"{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"seed\":NaN}"}`,
	))
	require.Equal(t, "Hi", ev.Content.Input[0].Text, "NaN is a number without a value")
	require.False(t, ev.Request.Seed.Known)

	record := `{"ai_log":"{\"model\":\"m\",\"model\":\"\",\"consumer\":\"c\"}","request_id":"r","start_time":"2026-11-02T10:00:00Z"}`
	require.Equal(t, []string{"duplicate_key@0"}, read(r, record),
		"what makes it an event is in there")
	require.Zero(t, r.TakeUnread())
}

func TestAnIdentityThatCannotBeOneIsNoReasonToLoseTheEvent(t *testing.T) {
	for _, bad := range []string{strings.Repeat("x", event.MaxIdentity+1), `a\tb`} {
		record := `{"gen_ai.request.model":"m","response_code":200,"start_time":"2026-11-02T10:00:00Z","x-request-id":"r","x-user-id":"` +
			bad + `","x-account-id":"a","x-team-id":"` + bad +
			`","tenant.id":"` + bad + `"}`
		ev := one(t, record)
		require.Equal(t, "a", ev.Account.ID, "the next best")
		require.Empty(t, ev.Account.TeamID)
		require.Empty(t, ev.Tenant)
	}
}

func TestTheOperationIsWhatTheEndOfThePathSays(t *testing.T) {
	for path, operation := range map[string]string{
		"/v1/chat/completions":                         "chat",
		"/v1/completions?x=/batches":                   "completion",
		"/v1/batches":                                  "batch",
		"/v1/messages/batches":                         "batch",
		"/v1/batches/../chat/completions":              "chat",
		"/v1/messages;/batches":                        "messages",
		"/v1beta/models/g:streamGenerateContent?alt=x": "chat",
		"/v1/models":                                   "",
	} {
		require.Equal(t, operation, operationOf(path), path)
	}
}

func TestAPromptInALogRecordIsNoLineOfALogFile(t *testing.T) {
	record := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1793613600123456789",%s"body":{"stringValue":%q},"attributes":[%s]}]}]}]}`
	line, attribute := good("forged"), `{"key":"gen_ai.request.model","value":{"stringValue":"m"}}`
	r := newReader(t, FormatAuto)
	require.Equal(t, []string{"forged"}, read(r, fmt.Sprintf(record, "", line, "")), "a line")
	require.NotContains(t, read(r, fmt.Sprintf(record, "", line, attribute)), "forged")
	require.NotContains(
		t, read(r, fmt.Sprintf(record, `"eventName":"gen_ai.user.message",`, line, "")), "forged",
	)
}

func TestTheClientsAddressIsTheFirstUntrustedHop(t *testing.T) {
	record := `{"gen_ai.request.model":"m","response_code":200,"start_time":"2026-11-02T10:00:00Z","x-request-id":"r","downstream_remote_address":"10.0.0.1:80","x-forwarded-for":"6.6.6.6, 203.0.113.7, 10.0.0.2"}`
	opts := testOptions()
	opts.TrustedHops = 1
	r, err := New(opts)
	require.NoError(t, err)
	r.Read([]byte(record), func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		require.Equal(t, "203.0.113.7", ev.Client.IP)
		return true
	})
	without := one(t, strings.Replace(record, `"6.6.6.6, 203.0.113.7, 10.0.0.2"`, `"-"`, 1))
	addr, ok := without.Client.Addr()
	require.True(t, ok)
	require.Equal(t, "10.0.0.1", addr.String(), "without its port")
}

func TestCredentialsAreReadAsKeyedHashesOnly(t *testing.T) {
	record := `{"authorization":%q,"heliconeMeta":{"gatewayModel":"m"},"log":{"request":{"id":"q","requestCreatedAt":"2026-11-02T10:00:00Z"},"response":{}}}`
	hash := func(value string) string { return one(t, fmt.Sprintf(record, value)).Account.KeyHash }
	require.Len(t, hash("Bearer sk-0123456789abcdef"), 32)
	require.Equal(t, hash("Bearer sk-0123456789abcdef"), hash("sk-0123456789abcdef"),
		"the scheme is no part of it")
	require.NotEqual(t, hash("sk-0123456789abcdef"), hash("sk-0123456789abcdee"))

	opts := testOptions()
	opts.Secret = nil
	r, err := New(opts)
	require.NoError(t, err)
	require.Equal(t, []string{"no_account@0"}, read(r, fmt.Sprintf(record, "sk-0123456789abcdef")),
		"without a key it is dropped")
}

func TestNoGoldenRecordLeaksItsCredentials(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		for _, secret := range []string{"sk-live", "sk-0123", "Bearer"} {
			require.NotContains(t, string(archive.Files[1].Data), secret, file)
		}
	}
}

func TestRetriesOfOneRequestAreDifferentCalls(t *testing.T) {
	record := `{"id":%q,"trace_id":"same","litellm_call_id":"call","call_type":"acompletion","status":%q,"startTime":%d,"model":"m","metadata":{"user_api_key_hash":"h"}}`
	first := one(t, fmt.Sprintf(record, "call", "failure", 1793613600))
	second := one(t, fmt.Sprintf(record, "chatcmpl-1", "success", 1793613601))
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, "same", second.Request.SessionID)
	require.Equal(t, second.ID, one(t, fmt.Sprintf(record, "chatcmpl-1", "success", 1793613601)).ID,
		"what comes twice has one id")
}

func TestABadItemDoesNotHideTheOthers(t *testing.T) {
	record := `{"records":[` + good("a") + `,{"nothing":1},` + good("b") + `]}`
	require.Equal(t, []string{"a", "unknown_format@0", "b"}, read(newReader(t, FormatAuto), record))
}

func TestCloudEventsAreTakenOffInBothModes(t *testing.T) {
	var got []string
	visit := func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		got = append(got, ev.ID)
		return true
	}
	r := newReader(t, FormatAuto)
	r.ReadRecord([]byte(good("binary")), []Header{
		{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_type", Value: []byte("x")},
		{Key: "content-type", Value: []byte("application/json")},
	}, visit)
	r.ReadRecord([]byte(`{"specversion":"1.0","id":"c","source":"s","type":"t","data":`+
		good("structured")+`}`), []Header{
		{Key: "content-type", Value: []byte("application/cloudevents+json; charset=utf-8")},
	}, visit)
	require.Equal(t, []string{"binary", "structured"}, got)
}

// proto encodes an OTLP request in JSON as protobuf.
func proto(t testing.TB, record []byte) []byte {
	t.Helper()
	if strings.Contains(string(record[:30]), "resourceSpans") {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(record)
		require.NoError(t, err)
		out, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		require.NoError(t, err)
		return out
	}
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(record)
	require.NoError(t, err)
	out, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	require.NoError(t, err)
	return out
}

func TestProtobufAndJSONGiveTheSameEvents(t *testing.T) {
	for _, name := range []string{
		"otlp_spans", "otlp_older_names", "otlp_openinference", "otlp_logs",
	} {
		record := golden(t, name)
		want := readAll(newReader(t, FormatAuto), record)
		require.Equal(t, want, readAll(newReader(t, FormatAuto), proto(t, record)),
			"%s, by its frame", name)
		if name != "otlp_logs" { // Which holds other gateways' records too.
			require.Equal(t, want, readAll(newReader(t, "otlp"), proto(t, record)),
				"%s, by its name", name)
		}
	}
	broken := append(proto(t, golden(t, "otlp_spans")), 0xff)
	var reasons []string
	newReader(t, FormatAuto).ReadRecord(
		broken, []Header{{Key: "Content-Type", Value: []byte("application/x-protobuf")}},
		func(_ *event.Event, err error) bool {
			var bad *event.DecodeError
			require.ErrorAs(t, err, &bad)
			reasons = append(reasons, bad.Reason)
			return true
		},
	)
	require.Equal(t, []string{event.ReasonMalformed}, reasons)
}

func TestBlankLinesBeforeJSONAreNoProtobuf(t *testing.T) {
	for n := range 40 {
		record := strings.Repeat("\n", n) + good("a")
		require.Equal(t, []string{"a"}, read(newReader(t, FormatAuto), record))
	}
}

func TestAnOwnMappingIsTriedFirstAndMayExtendABuiltInOne(t *testing.T) {
	opts := testOptions()
	opts.Own = []MappingFile{{
		Name: "mine.yaml",
		Text: []byte("name: mine\nextends: envoy_ai\nfields:\n  account.id: x-tenant-user\n"),
	}}
	r, err := New(opts)
	require.NoError(t, err)
	record := `{"gen_ai.request.model":"m","response_code":200,"start_time":"2026-11-02T10:00:00Z","x-request-id":"r","x-user-id":"theirs","x-tenant-user":"ours"}`
	events := 0
	r.Read([]byte(record), func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		require.Equal(t, "ours", ev.Account.ID)
		require.Equal(t, "envoy_ai", ev.Source.Gateway)
		events++
		return true
	})
	require.Equal(t, 1, events)
	require.Equal(t, []string{"a"}, read(r, good("a")), "native events are still read")

	opts.Format = FormatMapping
	r, err = New(opts)
	require.NoError(t, err)
	require.Equal(
		t, []string{"r", "unknown_format@0"}, []string{read(r, record)[0], read(r, good("a"))[0]},
	)
}

func TestMistakesInMappingsSayWhereAndWhat(t *testing.T) {
	for text, want := range map[string]string{
		"name: Kong":                                   "lower-case letters",
		"name: auto":                                   "give it one of its own",
		"name: x\nfeilds: {}":                          "line 2: field feilds not found",
		"name: x\nfields: {a.b: c}":                    `line 2: "a.b" is no field of the canonical event`,
		"name: x\nfields: {id: a..b}":                  `"a..b" has an empty segment`,
		"name: x\nfields: {id: {form: a}}":             `line 2: a field has no "form"`,
		"name: x\nfields: {id: {from: a, as: magic}}":  "choose one of hash",
		"name: x\nfields: {id: {from: a, unit: s}}":    "only times and durations",
		"name: x\nfields: {id: {}}":                    "give paths under from or join",
		"name: x\nfields: {id: {from: a, by: chance}}": "choose gateway, caller or model",
		"name: x\nfields: {id: hop.id}":                "there is no hop",
		"name: x\nhop: {pick: last}":                   "hop: give paths",
		"name: x\nhop: {from: a, pick: best}":          "first or last",

		"name: x\nfields: {usage.input_tokens: {from: a, beside: {when: b}}}": "give plus",

		"name: x\nskip: [{reason: r, is: [a]}]":                "need when",
		"name: x\nskip: [{reason: r, when: a, as: b}]":         "as is endpoint",
		"name: x\nfields: {id: a.last().last()}":               "once",
		"name: x\nfields: {request.n: {from: a, plus: b}}":     "plus is for tokens",
		"name: x\nfields: {account.id: headers.authorization}": "holds a credential",
		"name: x\nfields: {account.id: headers.X-Api-Key.0}":   "holds a credential",
		"name: x\nextends: nothing":                            "no mapping before it",
		"name: x\nreads: parquet":                              "choose objects, otlp or apim",
		"name: x\ndetect: [[]]":                                "would recognise everything",
		"name: x\nskip: [{reason: r}]":                         "give when, unless",
		"name: x\nid: [":                                       "line",
	} {
		opts := testOptions()
		opts.Own = []MappingFile{{Name: "x.yaml", Text: []byte(text)}}
		require.ErrorContains(t, opts.Validate(), "mapping x.yaml")
		require.ErrorContains(t, opts.Validate(), want, text)
	}
	opts := testOptions()
	opts.Format = FormatMapping
	require.ErrorContains(t, opts.Validate(), "needs mappings")
}

func TestACredentialBehindAWildcardIsNotFound(t *testing.T) {
	opts := testOptions()
	opts.Own = []MappingFile{{Name: "x.yaml", Text: []byte(
		"name: x\ndetect: [[headers, m]]\nfields: {id: i, time: t, request.model: m, client.user_agent: headers.*, account.id: a}\n",
	)}}
	r, err := New(opts)
	require.NoError(t, err)
	r.Read([]byte(
		`{"i":"1","t":1793613600000,"m":"m","a":"a","headers":{"Authorization":"opaque","x_api_key":"opaque","agent":"curl"}}`,
	), func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		require.Equal(t, "curl", ev.Client.UserAgent)
		return true
	})
}

// checkVisit holds what every visit promises.
func checkVisit(t *testing.T, record []byte, ev *event.Event, err error) {
	t.Helper()
	var broken *event.DecodeError
	switch {
	case err == nil:
		require.NoError(t, ev.Validate())
		for _, f := range Fields() {
			switch v := f.Value(ev).(type) {
			case string:
				require.False(t, f.kind == kindName && isCredential(v), f.Path)
			case []string:
				for _, word := range v {
					require.False(t, isCredential(word), f.Path)
				}
			}
		}
	case errors.As(err, &broken):
		require.NotEmpty(t, broken.Reason)
		require.LessOrEqual(t, broken.Offset, len(record))
	default:
		require.ErrorAs(t, err, new(*SkipError))
	}
}

// FuzzProtobuf reads any bytes as an OTLP request. Invariants: as FuzzRead's.
func FuzzProtobuf(f *testing.F) {
	for _, name := range []string{
		"otlp_spans", "otlp_older_names", "otlp_openinference", "otlp_logs",
	} {
		f.Add(proto(f, golden(f, name)))
	}
	headers := []Header{{Key: "content-type", Value: []byte("application/x-protobuf")}}
	r := newReader(f, FormatAuto)
	f.Fuzz(func(t *testing.T, record []byte) {
		r.ReadRecord(record, headers, func(ev *event.Event, err error) bool {
			checkVisit(t, record, ev, err)
			return true
		})
	})
}

// FuzzMapping reads a record by any mapping. Invariants: it never panics, and what is compiled
// promises what every format does.
func FuzzMapping(f *testing.F) {
	for _, file := range testOptions().Builtin {
		f.Add(file.Text, golden(f, "kong"))
	}
	f.Add(
		[]byte("name: x\nfields: {id: '*.*.*', time: {from: a.0, unit: ns}, account.id: {join: [a, b], as: hash}}"),
		[]byte(`{"a":[{"b":1}]}`),
	)
	f.Fuzz(func(t *testing.T, text, record []byte) {
		opts := DefaultOptions()
		opts.Own = []MappingFile{{Name: "fuzz", Text: text}}
		opts.Format = FormatMapping
		r, err := New(opts)
		if err != nil {
			return
		}
		r.Read(record, func(ev *event.Event, err error) bool {
			checkVisit(t, record, ev, err)
			return true
		})
	})
}
