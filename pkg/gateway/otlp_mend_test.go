package gateway

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// accountsIn reads a record and names the accounts of its events; nothing may be lost.
func accountsIn(t *testing.T, record []byte) (accounts []string) {
	t.Helper()
	visit := func(ev *event.Event, err error) bool {
		if err == nil {
			accounts = append(accounts, ev.Account.ID)
		} else {
			require.ErrorAs(t, err, new(*SkipError))
		}
		return true
	}
	r := newReader(t, "otlp")
	r.Read(record, visit)
	r.Flush(visit)
	return accounts
}

func spanJSON(n int, account, attribute string) string {
	return fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","name":"chat","startTimeUnixNano":"1794200400000000000",`+
		`"endTimeUnixNano":"1794200401000000000","attributes":[%s{"key":"user.id","value":{"stringValue":%q}},`+
		`{"key":"gen_ai.request.model","value":{"stringValue":"m"}},`+
		`{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"content\":\"{\\\"intValue\\\":null}\"}]"}}]}`,
		n, n, attribute, account)
}

func TestOneValueInAnAttributeLosesNoCallOfItsRequest(t *testing.T) {
	for _, value := range []string{
		`{"doubleValue":null}`, `{"doubleValue":"NaN"}`, `{"doubleValue":NaN}`,
		`{"doubleValue":-Infinity}`, `{"doubleValue":1e999}`, `{"doubleValue":{}}`,
		`{"doubleValue":"x"}`, `{"doubleValue":"\u0031"}`, `{"intValue":null}`,
		`{"intValue":1e+300}`, `{"intValue":7.5}`, `{"intValue":"99999999999999999999"}`,
		`{"intValue":[1]}`, `{"intValue":{"low":1,"high":2}}`, `{"boolValue":null}`,
		`{"boolValue":"true"}`, `{"boolValue":1}`, `{"bytesValue":"!!"}`, `{"bytesValue":5}`,
		`{"stringValue":5}`, `{"stringValue":true}`, `{"stringValue":{"a":"\""}}`,
		`{ "intValue" : null }`, `{}`, `null`,
		`{"kvlistValue":{"values":[{"key":"doubleValue","value":{"doubleValue":null}}]}}`,
	} {
		one := spanJSON(1, "first", `{"key":"gen_ai.request.temperature","value":`+value+`},`)
		record := `{"resourceSpans":[{"scopeSpans":[{"spans":[` + one + "," +
			spanJSON(2, "second", "") + `]}]}]}`
		require.Equal(t, []string{"first", "second"}, accountsIn(t, []byte(record)), value)
	}
}

func TestMendingARequestLeavesItsStringsAlone(t *testing.T) {
	text := `{"a":"\"intValue\":null","b":[{"key":"intValue","value":{"intValue":"12"}}],"c":{"doubleValue":0.5,"boolValue":true}}`
	require.Equal(t, text, string(mendOTLP([]byte(text))))
	require.JSONEq(
		t, `{"absentValue":null,"x":"intValue"}`,
		string(mendOTLP([]byte(`{"intValue" : 1.5,"x":"intValue"}`))),
	)
}

// nestedValue is a value of lists and objects in turn.
func nestedValue(v pcommon.Value, depth int) {
	for range depth / 2 {
		v = v.SetEmptySlice().AppendEmpty().SetEmptyMap().PutEmpty("k")
	}
	v.SetStr("deep")
}

func TestADeepValueInProtobufLosesNoCallOfItsRequest(t *testing.T) {
	for _, depth := range []int{10, 50, 500, 50000} {
		traces, logs := ptrace.NewTraces(), plog.NewLogs()
		spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for i, account := range []string{"first", "second"} {
			span, record := spans.AppendEmpty(), records.AppendEmpty()
			span.SetTraceID(pcommon.TraceID{1, byte(i)})
			span.SetSpanID(pcommon.SpanID{1, byte(i)})
			span.SetStartTimestamp(1794200400000000000)
			span.SetEndTimestamp(1794200401000000000)
			record.SetTimestamp(1794200400000000000)
			for _, list := range []pcommon.Map{span.Attributes(), record.Attributes()} {
				nestedValue(list.PutEmpty("gen_ai.tool.definitions"), depth)
				list.PutStr("user.id", account)
				list.PutStr("gen_ai.request.model", "m")
				list.PutStr("gen_ai.input.messages", `[{"role":"user","content":"hello"}]`)
			}
			nestedValue(record.Body(), depth)
			nestedValue(span.Events().AppendEmpty().Attributes().PutEmpty("a"), depth)
		}
		data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		require.NoError(t, err)
		require.Equal(t, []string{"first", "second"}, accountsIn(t, data), depth)
		data, err = (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		require.Equal(t, []string{"first", "second"}, accountsIn(t, data), depth)
	}
}

func TestPruningKeepsWhatIsNotDeepAsItIs(t *testing.T) {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetName(strings.Repeat("name ", 100))
	span.SetStartTimestamp(5)
	nestedValue(span.Attributes().PutEmpty("a"), 8)
	span.Links().AppendEmpty().Attributes().PutBool("b", true)
	data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	require.Equal(
		t, hex.EncodeToString(data), hex.EncodeToString(prune(data, protoTraces, maxValueDepth)),
	)
	for cut := range data {
		prune(data[:cut], protoTraces, maxValueDepth) // Must not panic.
	}
}

func TestManyStringsWithJSONDoNotKeepThePromptShut(t *testing.T) {
	tools := strings.Repeat(`{"stringValue":"{\"type\":\"function\",\"name\":\"f\"}"},`, 300)
	tools = `{"key":"ai.prompt.tools","value":{"arrayValue":{"values":[` +
		strings.TrimSuffix(tools, ",") + `]}}},`
	r := newReader(t, "otlp")
	record := `{"resourceSpans":[{"scopeSpans":[{"spans":[` + spanJSON(1, "first", tools) + `]}]}]}`
	read := 0
	r.Read([]byte(record), func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		require.Len(t, ev.Request.Tools, 300)
		require.Equal(
			t, []event.Message{{Role: "user", Text: `{"intValue":null}`}}, ev.Content.Input,
		)
		read++
		return true
	})
	require.Equal(t, 1, read)
}
