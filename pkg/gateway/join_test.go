package gateway

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// noon is when the calls of these tests begin, in seconds.
const noon = 1793613600

// part is a span or log record of a test.
type part struct {
	// span and parent are ids; a log record has an event instead of a parent.
	trace        uint16
	span, parent byte
	event        string
	// from and to are seconds after noon.
	from, to float64
	// attrs are attributes, and body that of a log record.
	attrs map[string]any
	body  map[string]any
}

func stamp(seconds float64) pcommon.Timestamp {
	return pcommon.Timestamp(noon*1e9 + int64(seconds*1e9))
}

// chat is a span of a call, whose attributes are those that are given besides.
func chat(trace uint16, span, parent byte, attrs ...any) part {
	p := part{trace: trace, span: span, parent: parent, to: 2, attrs: map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
	}}
	for i := 0; i < len(attrs); i += 2 {
		p.attrs[attrs[i].(string)] = attrs[i+1]
	}
	return p
}

// other is a span of something else.
func other(trace uint16, span, parent byte) part {
	return part{
		trace: trace, span: span, parent: parent, to: 2, attrs: map[string]any{"http.route": "/"},
	}
}

// details is the log record that has the text of a call.
func details(trace uint16, span byte, input string) part {
	return part{
		trace: trace, span: span, event: "gen_ai.client.inference.operation.details", from: 2,
		attrs: map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "user.id": "ann",
			"gen_ai.input.messages":  text("user", input),
			"gen_ai.output.messages": text("assistant", "answer to "+input),
		},
	}
}

// message is the log record of one message.
func message(trace uint16, span byte, name string, at float64, body map[string]any) part {
	return part{
		trace: trace, span: span, event: name, from: at, body: body,
		attrs: map[string]any{"gen_ai.system": "openai"},
	}
}

// text is a conversation of one message.
func text(role, words string) string {
	b, err := json.Marshal([]any{map[string]any{
		"role": role, "parts": []any{map[string]any{"type": "text", "content": words}},
	}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// request makes an export request of parts of one kind.
func request(t testing.TB, proto bool, parts ...part) []byte {
	t.Helper()
	fill := func(m pcommon.Map, from map[string]any) { require.NoError(t, m.FromRaw(from)) }
	if parts[0].event == "" {
		traces := ptrace.NewTraces()
		spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for _, p := range parts {
			s := spans.AppendEmpty()
			s.SetTraceID(pcommon.TraceID{byte(p.trace), byte(p.trace >> 8)})
			s.SetSpanID(pcommon.SpanID{p.span})
			s.SetParentSpanID(pcommon.SpanID{p.parent})
			s.SetStartTimestamp(stamp(p.from))
			s.SetEndTimestamp(stamp(p.to))
			fill(s.Attributes(), p.attrs)
		}
		var b []byte
		var err error
		if proto {
			b, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		} else {
			b, err = (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		}
		require.NoError(t, err)
		return b
	}
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, p := range parts {
		l := records.AppendEmpty()
		l.SetTraceID(pcommon.TraceID{byte(p.trace), byte(p.trace >> 8)})
		l.SetSpanID(pcommon.SpanID{p.span})
		l.SetTimestamp(stamp(p.from))
		l.SetEventName(p.event)
		fill(l.Attributes(), p.attrs)
		if p.body != nil {
			fill(l.Body().SetEmptyMap(), p.body)
		}
	}
	var b []byte
	var err error
	if proto {
		b, err = (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	} else {
		b, err = (&plog.JSONMarshaler{}).MarshalLogs(logs)
	}
	require.NoError(t, err)
	return b
}

// collector notes what a reader has visited.
type collector struct {
	events  []string
	skipped map[string]int
	broken  []string
}

func (c *collector) visit(ev *event.Event, err error) bool {
	skip, skipped := errors.AsType[*SkipError](err)
	switch {
	case skipped:
		if c.skipped == nil {
			c.skipped = map[string]int{}
		}
		c.skipped[skip.Reason]++
	case err != nil:
		c.broken = append(c.broken, err.Error())
	default:
		var b strings.Builder
		dump(&b, "", reflect.ValueOf(*ev))
		c.events = append(c.events, b.String())
	}
	return true
}

// joined reads records and returns what comes of them.
func joined(t testing.TB, r *Reader, records ...[]byte) *collector {
	t.Helper()
	c := &collector{}
	for _, record := range records {
		r.ReadRecord(record, nil, c.visit)
	}
	r.Flush(c.visit)
	require.Zero(t, r.Held(), "nothing is left")
	return c
}

// calls are the calls of the tests by name: their parts, and what has to be in each of the events.
var calls = []struct {
	name  string
	parts []part
	want  [][]string
	// not must be in no event.
	not []string
	// early says that the outer span may be complete before the inner one comes. Its event is then
	// that of the call.
	early bool
}{
	{
		name: "a span and its details event",
		parts: []part{
			chat(1, 1, 0, "user.id", "ann", "gen_ai.usage.output_tokens", 500),
			details(1, 1, "primes"),
		},
		want: [][]string{{
			`Account.ID = "ann"`, "Output = 500", "LatencyMS = 2000", `Text = "primes"`,
			`Output = "answer to primes"`, "MessageCount = 1",
		}},
	},
	{
		name: "a details event whose span has the model alone",
		parts: []part{
			chat(1, 1, 0, "user.id", "ann"),
			{
				trace: 1, span: 1, event: "gen_ai.client.inference.operation.details", from: 2,
				attrs: map[string]any{
					"gen_ai.input.messages": text("user", "primes"),
				},
			},
		},
		want: [][]string{
			{`Account.ID = "ann"`, `Model = "m"`, `Text = "primes"`, "LatencyMS = 2000"},
		},
	},
	{
		name: "one log record for every message",
		parts: []part{
			message(
				1, 1, "gen_ai.system.message", 0.1, map[string]any{"content": "You are a poet."},
			),
			message(1, 1, "gen_ai.user.message", 0.1, map[string]any{"content": "On glaciers."}),
			message(1, 1, "gen_ai.assistant.message", 0.2, map[string]any{
				"content": "Which?", "role": "assistant",
			}),
			message(
				1, 1, "gen_ai.tool.message", 0.3, map[string]any{"content": "Aletsch", "id": "c1"},
			),
			message(1, 1, "gen_ai.choice", 2, map[string]any{
				"index": 0, "finish_reason": "stop",
				"message": map[string]any{"role": "assistant", "content": "Ice, slow"},
			}),
			chat(1, 1, 0, "user.id", "ann", "gen_ai.usage.output_tokens", 160),
		},
		want: [][]string{{
			`System = "You are a poet."`, `Input[0].Role = "user"`,
			`Input[0].Text = "On glaciers."`, `Input[1].Text = "Which?"`,
			`Input[2].Text = "Aletsch"`, `Content.Output = "Ice, slow"`,
			`FinishReasons[0] = "stop"`, `Status = "ok"`, "MessageCount = 3",
			"Output = 160", `Account.ID = "ann"`,
		}},
	},
	{
		name: "messages with JSON in one attribute, without a body",
		parts: []part{
			{trace: 1, span: 1, event: "gen_ai.user.message", attrs: map[string]any{
				"gen_ai.event.content": `{"role":"user","content":[{"type":"text","text":"On glaciers."}]}`,
			}},
			{trace: 1, span: 1, event: "gen_ai.choice", from: 1, attrs: map[string]any{
				"gen_ai.event.content": `{"message":{"content":"Ice"},"finish_reason":"stop","index":0}`,
			}},
			chat(1, 1, 0, "user.id", "ann"),
		},
		want: [][]string{{`Input[0].Text = "On glaciers."`, `Content.Output = "Ice"`}},
	},
	{
		name: "spans of two instrumentations",
		parts: []part{
			chat(1, 2, 1, "user.id", "ann", "gen_ai.usage.output_tokens", 340),
			chat(1, 1, 0, "user.id", "ann", "gen_ai.usage.output_tokens", 341),
		},
		want: [][]string{{":0200000000000000", "Output = 340"}},
	},
	{
		name: "an outer span that knows more",
		parts: []part{
			chat(1, 2, 1, "gen_ai.usage.output_tokens", 340),
			chat(1, 1, 0, "user.id", "ann", "session.id", "s1", "client.address", "203.0.113.5",
				"gen_ai.usage.output_tokens", 999, "gen_ai.usage.input_tokens", 5),
			details(1, 1, "outer"),
		},
		want: [][]string{{
			":0200000000000000", `Account.ID = "ann"`, `SessionID = "s1"`, `IP = "203.0.113.5"`,
			"Output = 340", `Text = "outer"`,
		}},
		not:   []string{"Usage.Input"},
		early: true,
	},
	{
		name: "other spans between",
		parts: []part{
			chat(1, 4, 3, "gen_ai.usage.output_tokens", 340),
			other(1, 3, 2),
			{trace: 1, span: 2, parent: 1, to: 2, attrs: map[string]any{
				"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "s2",
			}},
			chat(1, 1, 9, "user.id", "ann"),
		},
		want: [][]string{{":0400000000000000", `Account.ID = "ann"`, `SessionID = "s2"`}},
	},
	{
		name: "two calls side by side in one trace",
		parts: []part{
			other(1, 1, 0),
			chat(1, 2, 1, "user.id", "ann"),
			chat(1, 3, 1, "user.id", "ann"),
		},
		want: [][]string{{":0200000000000000"}, {":0300000000000000"}},
	},
	{
		name: "a retry within one outer span",
		parts: []part{
			chat(1, 2, 1, "gen_ai.usage.output_tokens", 0, "error.type", "timeout"),
			chat(1, 3, 1, "gen_ai.usage.output_tokens", 7),
			chat(1, 1, 0, "user.id", "ann"),
		},
		want: [][]string{
			{":0200000000000000", `ErrorType = "timeout"`, `Account.ID = "ann"`},
			{":0300000000000000", "Output = 7", `Account.ID = "ann"`},
		},
	},
	{
		name:  "a span without details",
		parts: []part{chat(1, 1, 0, "user.id", "ann")},
		want:  [][]string{{`Account.ID = "ann"`}},
	},
	{
		name:  "a details event without a span",
		parts: []part{details(1, 1, "primes")},
		want:  [][]string{{`Account.ID = "ann"`, `Text = "primes"`}},
	},
	{
		name: "two calls with details each, of two traces",
		parts: []part{
			chat(1, 1, 0, "user.id", "ann"), details(1, 1, "primes"),
			chat(2, 1, 0, "user.id", "ann"), details(2, 1, "rivers"),
		},
		want: [][]string{
			{"01000000000000000000000000000000:", `"primes"`},
			{"02000000000000000000000000000000:", `"rivers"`},
		},
	},
}

func TestWhatIsToldOfOneCallIsOneEventWhateverTheOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			var first []string
			r := newReader(t, FormatAuto)
			for round := range 200 {
				parts := slices.Clone(c.parts)
				if round > 0 {
					rng.Shuffle(len(parts), func(i, k int) {
						parts[i], parts[k] = parts[k], parts[i]
					})
				}
				got := joined(t, r, cut(t, rng, parts)...)
				require.Empty(t, got.broken)
				slices.Sort(got.events)
				if round == 0 {
					first = got.events
					requireEvents(t, c.want, c.not, got.events)
				}
				if c.early {
					require.Len(t, got.events, len(first))
					continue
				}
				require.Equal(t, first, got.events, "round %d: %v", round, parts)
			}
		})
	}
}

// cut makes records of parts: one of one part or several, in either encoding.
func cut(t *testing.T, rng *rand.Rand, parts []part) (records [][]byte) {
	for len(parts) > 0 {
		n := 1
		for n < len(parts) && (parts[n].event == "") == (parts[0].event == "") && rng.IntN(2) == 0 {
			n++
		}
		records = append(records, request(t, rng.IntN(2) == 0, parts[:n]...))
		parts = parts[n:]
	}
	return records
}

func requireEvents(t *testing.T, want [][]string, not, got []string) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		for _, w := range want[i] {
			require.Contains(t, got[i], w)
		}
		for _, n := range not {
			require.NotContains(t, got[i], n)
		}
	}
}

func TestACallThatHasAllWaitsForNothing(t *testing.T) {
	full := chat(1, 1, 0, "user.id", "ann", "gen_ai.input.messages", text("user", "hi"))
	http := other(1, 5, 0)
	below := chat(1, 1, 5, "user.id", "ann", "gen_ai.input.messages", text("user", "hi"))
	bare := chat(1, 1, 0, "user.id", "ann")
	for name, c := range map[string]struct {
		records [][]part
		// after is the number of records after which there is an event.
		after int
	}{
		"a root span with text":               {[][]part{{full}}, 1},
		"one whose parent ends the trace":     {[][]part{{below, http}}, 1},
		"one whose parent comes later":        {[][]part{{below}, {http}}, 2},
		"one whose parent came before":        {[][]part{{http}, {below}}, 2},
		"one whose text comes":                {[][]part{{bare}, {details(1, 1, "hi")}}, 2},
		"one whose text came before":          {[][]part{{details(1, 1, "hi")}, {bare}}, 2},
		"one with a span of something within": {[][]part{{full, other(1, 2, 1)}}, 1},
		"one whose agent ends the trace": {
			[][]part{{below}, {{trace: 1, span: 5, to: 2, attrs: map[string]any{
				"gen_ai.operation.name": "invoke_agent",
			}}}},
			2,
		},
		"the inner of two, when the outer came": {
			[][]part{{chat(1, 2, 1, "gen_ai.input.messages", text("user", "hi"))}, {bare}}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, got := newReader(t, FormatAuto), &collector{}
			for i, parts := range c.records {
				require.Empty(t, got.events)
				require.Less(t, i, c.after)
				r.Read(request(t, true, parts...), got.visit)
			}
			require.Len(t, got.events, 1)
			r.Flush(got.visit)
			require.Len(t, got.events, 1, "once")
		})
	}
}

func TestAnOuterSpanThatWaitedForNothingStandsForOneCallWithinIt(t *testing.T) {
	outer := chat(1, 1, 0, "user.id", "ann", "gen_ai.input.messages", text("user", "hi"))
	inner := func(span byte) part { return chat(1, span, 1, "user.id", "ann") }
	for n := range 4 {
		r := newReader(t, FormatAuto)
		records := [][]byte{request(t, true, outer)}
		for i := range n {
			records = append(records, request(t, true, inner(byte(10+i))))
		}
		require.Len(t, joined(t, r, records...).events, max(1, n))
	}
}

func TestACallerCannotHideACallByNamingItAsTheParentOfAnother(t *testing.T) {
	first := chat(1, 1, 0, "user.id", "ann")
	second := chat(1, 2, 1, "user.id", "ann")
	second.from, second.to = 5, 7
	got := joined(t, newReader(t, FormatAuto), request(t, true, first), request(t, true, second))
	require.Len(t, got.events, 2, "the first was over when the second began")
	got = joined(t, newReader(t, FormatAuto), request(t, true, second, first))
	require.Len(t, got.events, 2)

	// The same parent for ever, which never comes, holds nothing up.
	r := newReader(t, FormatAuto)
	c := &collector{}
	for i := range 2000 {
		p := chat(1, 0, 200, "user.id", "ann", "gen_ai.input.messages", text("user", "hi"))
		p.from, p.to = float64(i), float64(i)
		record := ptrace.NewTraces()
		s := record.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID{1})
		s.SetSpanID(pcommon.SpanID{1, byte(i), byte(i >> 8)})
		s.SetParentSpanID(pcommon.SpanID{200})
		s.SetStartTimestamp(stamp(p.from))
		s.SetEndTimestamp(stamp(p.to))
		require.NoError(t, s.Attributes().FromRaw(p.attrs))
		b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(record)
		require.NoError(t, err)
		r.Read(b, c.visit)
	}
	require.Greater(t, len(c.events), 1900)
	require.Less(t, r.Held(), 30)
	for _, call := range r.otlp.calls.j.calls {
		require.Less(t, len(call.of.within), 200)
	}
	r.Flush(c.visit)
	require.Len(t, c.events, 2000)
}

func TestMessagesWhoseSpanNeverComesAreToldOf(t *testing.T) {
	r := newReader(t, FormatAuto)
	got := joined(t, r, request(t, false,
		message(1, 1, "gen_ai.user.message", 0, map[string]any{"content": "hi"}),
		message(
			1, 1, "gen_ai.choice", 1, map[string]any{"message": map[string]any{"content": "ho"}},
		),
	))
	require.Empty(t, got.events)
	require.Equal(t, map[string]int{ReasonWaiting: 2, ReasonUnjoined: 1}, got.skipped)
	require.Equal(t, int64(1), r.TakeUnjoined())
	require.Zero(t, r.TakeUnjoined())

	// With an account and a model of their own they are an event.
	hi := message(1, 1, "gen_ai.user.message", 0, map[string]any{"content": "hi"})
	hi.attrs["user.id"], hi.attrs["gen_ai.request.model"] = "ann", "m"
	got = joined(t, r, request(t, false, hi))
	require.Len(t, got.events, 1)
	require.Contains(t, got.events[0], `"hi"`)
	require.Zero(t, r.TakeUnjoined())

	// A span without an account is not half an event: it is reported as what it is.
	got = joined(t, r, request(t, true, chat(1, 1, 7)))
	require.Equal(t, map[string]int{ReasonWaiting: 1, event.ReasonNoAccount: 1}, got.skipped)
	require.Zero(t, r.TakeUnjoined())
}

func TestRecordsThatAreDeliveredTwiceCountOnce(t *testing.T) {
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			var records [][]byte
			for _, p := range c.parts {
				records = append(records, request(t, true, p), request(t, false, p))
			}
			got := joined(t, newReader(t, FormatAuto), records...)
			slices.Sort(got.events)
			requireEvents(t, c.want, c.not, got.events)
		})
	}
}

func TestJoiningOfSpansCanBeSwitchedOff(t *testing.T) {
	opts := testOptions()
	opts.Join.OTLPWindow = 0
	r, err := New(opts)
	require.NoError(t, err)
	got := &collector{}
	r.Read(
		request(t, true, chat(1, 1, 0, "user.id", "ann"), chat(1, 2, 1, "user.id", "ann")),
		got.visit,
	)
	r.Read(request(t, true, details(1, 1, "hi")), got.visit)
	require.Len(t, got.events, 3)
	r.Read(
		request(t, true, message(1, 1, "gen_ai.user.message", 0, map[string]any{"content": "hi"})),
		got.visit,
	)
	require.Equal(t, map[string]int{ReasonUnjoined: 1}, got.skipped)
	require.Zero(t, r.Held())
}

func TestAWindowClosesByTheTimeOfTheRecords(t *testing.T) {
	r, got := newReader(t, FormatAuto), &collector{}
	read := func(at float64, span byte) {
		p := chat(9, span, 0, "user.id", "ann")
		p.from, p.to = at, at
		r.Read(request(t, true, p), got.visit)
	}
	for i := range 10 {
		read(float64(i*5), byte(i+1))
	}
	require.Len(t, got.events, 5, "those that are more than 20 s older than the newest")
	// One record from the future changes nothing, and many are believed.
	read(5000, 100)
	require.Len(t, got.events, 5)
	read(50, 101)
	require.Len(t, got.events, 6)
	for i := range leapsForward {
		read(5000, byte(102+i))
	}
	require.Len(t, got.events, 11+leapsForward, "all but the newest")
	// When it turns out that they were wrong, nothing waits for their time to come.
	for i := range leapsBack {
		read(60, byte(120+i))
	}
	require.Len(t, got.events, 12+leapsForward+leapsBack)
	require.Zero(t, r.Held())
}

func TestRoomIsBounded(t *testing.T) {
	opts := testOptions()
	opts.Join.MaxPending = 10
	few, err := New(opts)
	require.NoError(t, err)
	opts = testOptions()
	opts.Join.MaxBytes = 100_000
	small, err := New(opts)
	require.NoError(t, err)
	for _, r := range []*Reader{few, small} {
		got := &collector{}
		for i := range 200 {
			r.Read(request(t, true, chat(uint16(i), 1, 9, "user.id", "ann",
				"gen_ai.input.messages", text("user", strings.Repeat("x", 20_000)))), got.visit)
			require.LessOrEqual(t, r.otlp.calls.j.waiting, 10)
		}
		require.GreaterOrEqual(t, len(got.events), 190, "none is lost")
		r.Flush(got.visit)
		require.Len(t, got.events, 200)
	}
}

// spanEvents makes a request of a root span with events.
func spanEvents(t *testing.T, events ...part) []byte {
	t.Helper()
	traces := ptrace.NewTraces()
	s := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID{1})
	s.SetSpanID(pcommon.SpanID{1})
	s.SetStartTimestamp(stamp(0))
	s.SetEndTimestamp(stamp(2))
	require.NoError(t, s.Attributes().FromRaw(chat(1, 1, 0, "user.id", "ann").attrs))
	for _, p := range events {
		e := s.Events().AppendEmpty()
		e.SetName(p.event)
		e.SetTimestamp(stamp(p.from))
		require.NoError(t, e.Attributes().FromRaw(p.attrs))
	}
	b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	return b
}

func TestTheTextInTheEventsOfASpanIsReadWhateverTheConvention(t *testing.T) {
	happened := func(name string, attrs map[string]any) part {
		return part{event: name, attrs: attrs}
	}
	for name, events := range map[string][]part{
		"content events": {
			happened("gen_ai.content.prompt", map[string]any{
				"gen_ai.prompt": `[{"role":"user","content":"On glaciers."}]`,
			}),
			happened("gen_ai.content.completion", map[string]any{
				"gen_ai.completion": `[{"role":"assistant","content":"Ice"}]`,
			}),
		},
		"details": {happened("gen_ai.client.inference.operation.details", map[string]any{
			"gen_ai.input.messages":  text("user", "On glaciers."),
			"gen_ai.output.messages": text("assistant", "Ice"),
		})},
		"messages as JSON": {
			happened("gen_ai.user.message", map[string]any{
				"gen_ai.event.content": `{"role":"user","content":"On glaciers."}`,
			}),
			happened("gen_ai.choice", map[string]any{
				"gen_ai.event.content": `{"message":{"content":"Ice"},"index":0}`,
			}),
		},
		"messages in attributes": {
			happened("gen_ai.user.message", map[string]any{"content": `[{"text":"On glaciers."}]`}),
			happened("gen_ai.choice", map[string]any{
				"message": `[{"text":"Ice"}]`, "finish_reason": "end_turn",
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := joined(t, newReader(t, FormatAuto), spanEvents(t, events...))
			require.Empty(t, got.skipped, "all is there: nothing waits")
			require.Len(t, got.events, 1)
			require.Contains(t, got.events[0], `Content.Input[0].Text = "On glaciers."`)
			require.Contains(t, got.events[0], `Content.Output = "Ice"`)
			require.NotContains(t, got.events[0], "Input[1]")
		})
	}
}

func TestTheTextOfASpanWithoutAModelCompletesTheCall(t *testing.T) {
	bare := part{trace: 1, span: 1, to: 2, attrs: map[string]any{
		"gen_ai.system": "openai", "session.id": "s1",
	}}
	for _, records := range [][][]byte{
		{request(t, true, bare), request(t, true, details(1, 1, "primes"))},
		{request(t, true, details(1, 1, "primes")), request(t, true, bare)},
	} {
		got := joined(t, newReader(t, FormatAuto), records...)
		require.Len(t, got.events, 1)
		for _, want := range []string{
			`Text = "primes"`, "LatencyMS = 2000", `SessionID = "s1"`, `Model = "m"`,
		} {
			require.Contains(t, got.events[0], want)
		}
	}
	got := joined(t, newReader(t, FormatAuto), request(t, true, bare))
	require.Empty(t, got.events)
	require.Equal(t, map[string]int{ReasonNotLLM: 1}, got.skipped)
}
