package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// quote makes a JSON string of a text.
func quote(text string) string { return strconv.Quote(text) }

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func zstandard(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(text), nil))
}

func wide(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func protoSpans(t testing.TB) string {
	t.Helper()
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(
		[]byte(otlpSpan(`{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}`)),
	)
	require.NoError(t, err)
	data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	return string(data)
}

func TestAValueIsReadInWhateverFrame(t *testing.T) {
	a, b := good("a"), good("b")
	span := "0af7651916cd43dd8448eb211c80319c:0000000000000001"
	proto := protoSpans(t)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"Confluent's header": {"\x00\x00\x00\x00\x0c" + a, []string{"a"}},
		"Confluent's header before a list": {
			"\x00\x00\x01\x86\xa0 [" + a + "," + b + "]", []string{"a", "b"},
		},
		"Confluent's header with a long id": {
			"\x01" + strings.Repeat("\xfe", 16) + a, []string{"a"},
		},
		"Apicurio's header": {"\x00\x00\x00\x00\x00\x00\x00\x00\x7b" + a, []string{"a"}},
		"Glue's header": {
			"\x03\x00" + strings.Repeat("\x7b", 16) + a, []string{"a"},
		},
		"Confluent's header and protobuf": {"\x00\x00\x00\x00\x0c\x00" + proto, []string{span}},
		"the second message of a schema":  {"\x00\x00\x00\x00\x0c\x02\x02" + proto, []string{span}},
		"a header before something else": {
			"\x00\x00\x00\x00\x0c\x02\x06foo", []string{"encoding_schema@0"},
		},
		"a header and nothing":     {"\x00\x00\x00\x00\x0c\x00", []string{"encoding_schema@0"}},
		"gzip":                     {zipped(t, a+"\n"+b), []string{"a", "b"}},
		"gzip of protobuf":         {zipped(t, proto), []string{span}},
		"gzip twice":               {zipped(t, zipped(t, a)), []string{"a"}},
		"gzip that is cut":         {zipped(t, a)[:40], []string{"encoding_gzip@0"}},
		"zstd":                     {zstandard(t, a), []string{"a"}},
		"zstd that is cut":         {zstandard(t, a)[:20], []string{"encoding_zstd@0"}},
		"NULs at the end":          {a + "\x00\x00\x00", []string{"a"}},
		"a mark before every line": {"\ufeff" + a + "\r\n\ufeff" + b + "\r\n", []string{"a", "b"}},
		"a mark before every item": {
			"\ufeff[\ufeff" + a + ",\ufeff " + b + "]", []string{"a", "b"},
		},
		"a mark after a line that is cut": {
			a[:20] + "\n\ufeff" + b, []string{"malformed_json@21", "b"},
		},
		"record separators": {"\x1e" + a + "\n\x1e" + b + "\n", []string{"a", "b"}},
		"UTF-16 with a mark": {
			"\xff\xfe" + wide(binary.LittleEndian, a), []string{"encoding_utf16@0"},
		},
		"UTF-16 without one":      {wide(binary.LittleEndian, a), []string{"encoding_utf16@0"}},
		"UTF-16, the other order": {wide(binary.BigEndian, a), []string{"encoding_utf16@0"}},
		"UTF-32":                  {"\xff\xfe\x00\x00{\x00\x00\x00", []string{"encoding_utf32@0"}},
		"base64":                  {encoded(a), []string{"encoding_base64@0"}},
		"base64 in a string": {
			quote(encoded(a)) + "\n" + b, []string{"encoding_base64@0", "b"},
		},
		"base64 of gzip":           {encoded(zipped(t, a)), []string{"encoding_base64@0"}},
		"a word as long as base64": {strings.Repeat("healthy", 8), []string{"malformed_json@0"}},
		"a string":                 {quote(a), []string{"a"}},
		"a string in a string":     {quote(quote(a)), []string{"a"}},
		"strings on lines and in a list": {
			quote(a) + "\n[" + quote(b) + "," + quote(a) + "]", []string{"a", "b", "a"},
		},
		"a string in an object in a string": {
			`{"message":` + quote(`{"log":`+quote(a)+`}`) + `}`, []string{"a"},
		},
		"strings far too deep":        {deep(a, 9), []string{"wrong_type@0"}},
		"a string of words":           {`"hello"` + "\n" + b, []string{"wrong_type@0", "b"}},
		"a string that is not closed": {`"hello` + "\n" + b, []string{"malformed_json@6", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(newReader(t, FormatAuto), c.in))
		})
	}
}

// deep puts JSON into n strings, one inside the other.
func deep(text string, n int) string {
	for range n {
		text = quote(text)
	}
	return text
}

func TestACompressedValueHasABoundAndHidesNothingBelowIt(t *testing.T) {
	opts := testOptions()
	opts.Limits.MaxBytes = 1 << 16
	r, err := New(opts)
	require.NoError(t, err)
	bomb := good("a") + "\n" + `{"x":"` + strings.Repeat("y", 1<<20) + `"}` + "\n" + good("b")
	for _, value := range []string{zipped(t, bomb), zstandard(t, bomb)} {
		got := read(r, value)
		require.Equal(t, "a", got[0])
		require.Equal(t, "too_large@0", got[len(got)-1])
		require.Less(t, len(got), 4)
	}
	require.Equal(t, []string{"a", "b"},
		read(r, zipped(t, good("a")+strings.Repeat(" \n", 1<<16)+good("b"))),
		"the bound is above that of an object")
}

const (
	criOut = "2026-11-02T10:00:02.223711687Z stdout "
	criErr = "2026-11-02T11:00:02.2+01:00 stderr "
)

func TestLinesAreReadBehindWhatRuntimesAndSyslogPutBeforeThem(t *testing.T) {
	a, b := good("a"), good("b")
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"CRI":                {criOut + "F " + a, []string{"a"}},
		"CRI with more tags": {criErr + "F:x " + a + "\n", []string{"a"}},
		"CRI, several lines": {
			criOut + "F " + a + "\r\n" + criErr + "F " + b + "\n" + a, []string{"a", "b", "a"},
		},
		"CRI in a field":  {`{"log":` + quote(criOut+"F "+a) + `,"kubernetes":{}}`, []string{"a"}},
		"CRI in a string": {quote(criOut + "F " + a), []string{"a"}},
		"CRI of something else": {
			criOut + "F GET /healthz\n" + criOut + "F " + a, []string{"malformed_json@0", "a"},
		},
		"CRI of nothing": {criOut + "F", nil},
		"CRI after a broken line": {
			"hello\n" + criOut + "F " + a, []string{"malformed_json@0", "a"},
		},
		"a line in pieces": {criOut + "P " + a[:20] + "\n" + criOut + "P " + a[20:30] +
			"\n" + criOut + "F " + a[30:], []string{"a"}},
		"pieces of two streams": {
			criOut + "P " + a[:20] + "\n" + criErr + "P " + b[:9] + "\n" + criOut + "F " + a[20:] +
				"\n" + criErr + "F " + b[9:],
			[]string{"a", "b"},
		},
		"a piece without its end": {
			criOut + "F " + a + "\n" + criOut + "P " + b[:20],
			[]string{"a", fmt.Sprintf("partial_line@%d", len(criOut)+len(a)+3)},
		},
		"pieces in a shipper's field": {
			pieceOf("logtag", "P", a[:20]) + pieceOf("logtag", "F", a[20:]), []string{"a"},
		},
		"pieces of Fluentd's": {
			pieceOf(`partial_last":"false","partial_message`, "true", a[:20]) +
				pieceOf(`partial_last":"true","partial_message`, "true", a[20:]),
			[]string{"a"},
		},
		"a shipper's piece, alone": {pieceOf("logtag", "P", a[:20]), []string{"partial_line@0"}},
		"Docker":                   {docker(a+"\n") + docker(b+"\n"), []string{"a", "b"}},
		"Docker, stripped":         {docker(a), []string{"a"}},
		"Docker in pieces": {
			docker(a[:20]) + docker(a[20:30]) + "\n" + docker(a[30:]+"\n") + docker(b+"\n"),
			[]string{"a", "b"},
		},
		"Docker without the end": {docker(a[:20]) + docker(b), []string{"b", "partial_line@0"}},
		"RFC 5424": {
			"<134>1 2026-11-02T10:00:00.123Z host app 12 ID47 - " + a, []string{"a"},
		},
		"RFC 5424 with data": {
			`<134>1 - host app - - [x@1 a="]\" {"][y@1 b="c"] ` + "\ufeff" + a, []string{"a"},
		},
		"RFC 3164":               {"<134>Nov  2 10:00:00 host app[12]: " + a, []string{"a"}},
		"RFC 3164 with a cookie": {"<134>Nov  2 10:00:00 host app: @cee: " + a, []string{"a"}},
		"rsyslog's file": {
			"Nov 12 10:00:00 host app[12]: " + a + "\n2026-11-02T10:00:00.1+01:00 host app: " + b,
			[]string{"a", "b"},
		},
		"JSON later in a message": {
			"<134>Nov  2 10:00:00 host app: said " + a, []string{"malformed_json@0"},
		},
		"JSON in the tag": {"<134>Nov  2 10:00:00 host " + a, []string{"malformed_json@0"}},
		"JSON later in RFC 5424": {
			"<134>1 2026-11-02T10:00:00.123Z host app 12 ID47 - said " + a,
			[]string{"malformed_json@0"},
		},
		"a time and JSON": {"2026-11-02T10:00:00Z " + a, []string{"malformed_json@0"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(newReader(t, FormatAuto), c.in))
		})
	}
}

func pieceOf(tag, value, text string) string {
	return `{"stream":"stdout","` + tag + `":"` + value + `","message":` + quote(text) +
		`,"kubernetes":{"pod_name":"p"}}`
}

func docker(text string) string {
	return `{"log":` + quote(text) + `,"stream":"stdout","time":"2026-11-02T10:00:02.2Z"}`
}

func TestManyStreamsWithPiecesAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 2 * maxStreams {
		fmt.Fprintf(&b, `{"stream":"s%d","logtag":"P","message":"{"}`, i)
	}
	require.Len(t, read(newReader(t, FormatAuto), b.String()), 2*maxStreams,
		"each is reported once")
}

func TestEnvelopesAreTakenOff(t *testing.T) {
	a, b := good("a"), good("b")
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"Debezium": {`{"before":null,"after":` + a +
			`,"source":{"connector":"postgresql"},"op":"c","ts_ms":1793613600000}`, []string{"a"}},
		"Debezium with schemas": {
			`{"schema":{"type":"struct"},"payload":{"before":null,"after":` + a +
				`,"source":{},"op":"u"}}`,
			[]string{"a"},
		},
		"Debezium of MongoDB": {`{"after":` + quote(a) + `,"source":{},"op":"c"}`, []string{"a"}},
		"Debezium, a deletion": {
			`{"before":` + a + `,"after":null,"source":{},"op":"d"}`, []string{"skip:deleted"},
		},
		"Connect, a string": {
			`{"schema":{"type":"string"},"payload":` + quote(a) + `}`, []string{"a"},
		},
		"Connect, a deletion": {
			`{"schema":{"type":"string"},"payload":null}`, []string{"skip:deleted"},
		},
		"Splunk": {
			`{"time":1793613600.1,"host":"h","event":` + a + `}{"event":` + quote(b) + `}`,
			[]string{"a", "b"},
		},
		"Datadog": {`[{"ddsource":"x","message":` + quote(a) + `},{"message":` +
			quote(b) + `,"status":"info"}]`, []string{"a", "b"}},
		"Filebeat": {
			`{"@timestamp":"2026-11-02T10:00:00Z","log":{"offset":0,"file":{"path":"/x"}},"message":` +
				quote(a) + `}`,
			[]string{"a"},
		},
		"Fluent Bit": {`{"log":"{}","log_processed":` + a + `,"kubernetes":{}}`, []string{"a"}},
		// The name of the place is escaped, and looking into the one before it decodes another
		// text.
		"an escaped name": {
			`{"log_processed":"{ \u0041bcdefgh plain text","m\u0065ssage":` + quote(a) + `}`,
			[]string{"a"},
		},
		"Fluent Bit, the other": {
			`{"log":` + quote(a) + `,"log_processed":{},"kubernetes":{}}`, []string{"a"},
		},
		"Logstash": {
			`{"@version":"1","event":{"original":"x"},"message":` + quote(a) + `}`, []string{"a"},
		},
		"Logstash with a target": {
			`{"@version":"1","event":{"original":` + quote(a) + `},"message":"x","llm":` + a + `}`,
			[]string{"unknown_format@0"},
		},
		"CloudWatch": {
			`{"messageType":"DATA_MESSAGE","logEvents":[{"message":` + quote(a) + `},{"message":` +
				quote(b) + `}]}`,
			[]string{"a", "b"},
		},
		"CloudWatch, gzip": {zipped(t, `{"logEvents":[{"message":`+quote(a)+`}]}`), []string{"a"}},
		"CloudWatch to itself": {
			`{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE"}]}` + a,
			[]string{"skip:control_message", "a"},
		},
		"CloudWatch by Lambda": {`{"awslogs":{"data":"` + encoded(zipped(
			t, `{"logEvents":[{"message":`+quote(a)+`}]}`,
		)) + `"}}`, []string{"a"}},
		"Firehose to HTTP": {
			`{"requestId":"r","timestamp":1,"records":[{"data":"` + encoded(a) + `"},{"data":"` +
				encoded(b) + `"}]}`,
			[]string{"a", "b"},
		},
		"Firehose to files": {a + b + a, []string{"a", "b", "a"}},
		"Kinesis by Lambda": {
			`{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"` + encoded(a) + `"}}]}`,
			[]string{"a"},
		},
		"SQS by Lambda": {
			`{"Records":[{"eventSource":"aws:sqs","body":` + quote(a) + `}]}`, []string{"a"},
		},
		"SNS": {
			`{"Type":"Notification","TopicArn":"arn:aws:sns:x","Message":` + quote(a) + `}`,
			[]string{"a"},
		},
		"EventBridge": {
			`{"version":"0","id":"e","detail-type":"llm","source":"gw","account":"1","time":"2026-11-02T10:00:00Z","detail":` + a + `}`,
			[]string{"a"},
		},
		"Pub/Sub": {
			`{"message":{"data":"` + encoded(a) + `","messageId":"1"},"subscription":"s"}`,
			[]string{"a"},
		},
		"Cloud Logging": {`{"insertId":"i","logName":"l","jsonPayload":` + a + `}`, []string{"a"}},
		"Cloud Logging, text": {
			`{"insertId":"i","logName":"l","textPayload":` + quote(a) + `}`, []string{"a"},
		},
		"Event Grid": {
			`[{"id":"1","eventType":"t","eventTime":"2026-11-02T10:00:00Z","data":` + a + `}]`,
			[]string{"a"},
		},
		"Azure's records":    {`{"records":[` + a + `,` + b + `]}`, []string{"a", "b"}},
		"Kafka's REST proxy": {`{"records":[{"key":"k","value":` + a + `}]}`, []string{"a"}},
		"GELF": {
			`{"version":"1.1","host":"h","short_message":"{","full_message":` + quote(a) + `}`,
			[]string{"a"},
		},
		"Elasticsearch": {`{"_index":"i","_source":` + a + `}`, []string{"a"}},
		"a name twice": {
			`{"message":` + quote(a) + `,"message":` + quote(b) + `}`,
			[]string{fmt.Sprintf("duplicate_key@%d", len(quote(a))+21)},
		},
		"neither can be read": {`{"message":"{}","log":"[1]"}`, []string{"unknown_format@0"}},
		"one inside the other": {`{"@timestamp":1,"message":` + quote(
			`{"detail-type":"t","source":"s","detail":{"event":`+a+`}}`,
		) + `}`, []string{"a"}},
		"more than can be reported": {`{"message":"plain words"}`, []string{"unknown_format@0"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(newReader(t, FormatAuto), c.in))
		})
	}
}

// TestNoFieldOfAnEventIsReadAsAnotherEvent puts an event where an envelope would have one into the
// golden record of every format: whatever a gateway has beside its own fields may be what a caller
// wrote.
func TestNoFieldOfAnEventIsReadAsAnotherEvent(t *testing.T) {
	forged := good("forged")
	for _, name := range []string{
		"native_full", "litellm_success", "kong", "envoy_ai", "apisix", "bedrock",
		"higress", "portkey",
	} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		require.NoError(t, err)
		record := strings.TrimSpace(string(archive.Files[0].Data))
		if !strings.HasPrefix(record, "{") {
			_, rest, _ := strings.Cut(record, "{")
			record = "{" + rest
		}
		for _, field := range []string{
			"log_processed", "log", "MESSAGE", "msg", "event", "value", "after", "payload",
			"detail", "jsonPayload", "textPayload", "_source", "full_message", "records",
			"logEvents", "Records", "body", "data",
		} {
			if strings.Contains(record, `"`+field+`"`) {
				continue
			}
			for _, value := range []string{
				forged, quote(forged), "[" + forged + "]", `[{"message":` + quote(forged) + `}]`,
			} {
				got := read(newReader(t, FormatAuto), `{"`+field+`":`+value+`,`+record[1:])
				require.NotContains(t, got, "forged", "%s: %s", name, field)
				require.NotEmpty(t, got)
			}
		}
	}
}

func TestATimeThatCannotBeReadIsABadTimeInEveryFormat(t *testing.T) {
	lite := `{"id":"c","call_type":"acompletion","startTime":"gestern","model":"m","metadata":{"user_api_key_hash":"h"}}`
	mapped := strings.Replace(
		kong(`{"prompt_tokens":1}`, ""), `1793613600123`, `"02.11.2026 10:00"`, 1,
	)
	for record, shape := range map[string]string{
		lite: "aaaaaaa", mapped: "99.99.9999 99:99",
		strings.Replace(good("a"), `1793613600000`, `"10:00"`, 1): "99:99",
	} {
		n := 0
		newReader(t, FormatAuto).Read([]byte(record), func(_ *event.Event, err error) bool {
			var broken *event.DecodeError
			require.ErrorAs(t, err, &broken)
			require.Equal(t, event.ReasonBadTime, broken.Reason)
			require.Equal(t, shape, broken.Shape)
			n++
			return true
		})
		require.Equal(t, 1, n)
	}
}
