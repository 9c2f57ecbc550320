package shape

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// reader reads a shape's records as the service does, its format recognised.
func reader(t require.TestingT) *gateway.Reader {
	opts := gateway.DefaultOptions()
	for _, f := range configs.Mappings() {
		opts.Builtin = append(opts.Builtin, gateway.MappingFile{Name: f.Name, Text: f.Text})
	}
	opts.Secret = []byte("a secret for tests only, of no use")
	r, err := gateway.New(opts)
	require.NoError(t, err)
	return r
}

// decode returns the one event of a record.
func decode(
	t require.TestingT, r *gateway.Reader, headers []gateway.Header, record []byte,
) event.Event {
	var out event.Event
	events := 0
	visit := func(ev *event.Event, err error) bool {
		if errors.As(err, new(*gateway.SkipError)) {
			return true // A part of a call, whose event comes with another or in the end.
		}
		require.NoError(t, err, "%s", record)
		events++
		out = *ev
		out.Content.Input = append([]event.Message(nil), ev.Content.Input...)
		out.Request.Tools = append([]string(nil), ev.Request.Tools...)
		out.Response.FinishReasons = append([]string(nil), ev.Response.FinishReasons...)
		return true
	}
	r.ReadRecord(record, headers, visit)
	r.Flush(visit)
	require.Equal(t, 1, events, "%s", record)
	return out
}

// same compares every field of two events.
func same(t require.TestingT, want, got *event.Event, record []byte) {
	var wrong []string
	for _, f := range gateway.Fields() {
		if f.Path == "content.reasoning_out" {
			continue // The shapes of OpenAI's responses make an id for each answer.
		}
		if a, b := f.Value(want), f.Value(got); !equal(a, b) {
			wrong = append(wrong, f.Path)
			require.Equal(t, a, b, "%s (wrong: %v) of %.3000s", f.Path, wrong, record)
		}
	}
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case []string:
		b, ok := b.([]string)
		return ok && strings.Join(a, "\x00") == strings.Join(b, "\x00") && len(a) == len(b)
	case []event.Message:
		b, ok := b.([]event.Message)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

func TestReadingARecordGivesWhatItsShapeCarries(t *testing.T) {
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			r := reader(t)
			rapid.Check(t, func(t *rapid.T) {
				ev := drawEvent(t)
				record := s.Append(nil, &ev)
				want := s.Carried(&ev)
				got := decode(t, r, s.Headers(), record)
				same(t, &want, &got, record)
				fromLine := decode(t, r, nil, s.AppendLine(nil, &ev))
				same(t, &want, &fromLine, record)
				require.Equal(t, Who(&got), s.Account(&ev))
			})
		})
	}
}

// drawEvent makes an event as a gateway could have it.
func drawEvent(t *rapid.T) event.Event {
	maybe := func(name string) bool { return rapid.Bool().Draw(t, "has "+name) }
	word := func(name string) string {
		if !maybe(name) {
			return ""
		}
		// Nothing that looks like a credential, such as rk_0: those are dropped.
		return rapid.StringMatching(`[a-q][a-z0-9]{0,15}`).Draw(t, name)
	}
	number := func(name string, lo, hi int64) event.Int {
		if !maybe(name) {
			return event.Int{}
		}
		return event.Int{V: rapid.Int64Range(lo, hi).Draw(t, name), Known: true}
	}
	float := func(name string, hi float64) event.Float {
		if !maybe(name) {
			return event.Float{}
		}
		return event.Float{V: rapid.Float64Range(0, hi).Draw(t, name), Known: true}
	}
	flag := func(name string) event.Bool {
		if !maybe(name) {
			return event.Bool{}
		}
		return event.Bool{V: rapid.Bool().Draw(t, name), Known: true}
	}
	oneOf := func(name string, words ...string) string {
		return rapid.SampledFrom(words).Draw(t, name)
	}
	prose := func(name string) string { return drawText(t, name) }

	name := rapid.StringMatching(`[a-z0-9]{4,20}`)
	ev := event.Event{ID: "req_" + name.Draw(t, "id"), Tenant: word("tenant")}
	ev.Time = rapid.Int64Range(1_600_000_000_000, 1_900_000_000_000).Draw(t, "time")
	ev.Source = event.Source{Gateway: word("gateway"), Instance: word("instance")}
	ev.Account = event.Account{
		ID: "acct_" + name.Draw(t, "account"), OrgID: word("org"), TeamID: word("team"),
		UserID: word("user"), EndUserID: word("end user"), KeyHash: word("key hash"),
		Plan: word("plan"), PaymentFP: word("payment"), PaymentIssuer: word("issuer"),
		EmailDomain: word("domain"), Verified: flag("verified"),
		Contract: word("contract"), Purpose: word("purpose"),
	}
	if maybe("created at") {
		ev.Account.CreatedAt = 1_600_000_000_000
	}
	ev.Client = event.Client{
		IP: oneOf("ip", "", "203.0.113.7", "2001:db8::7"), ASN: number("asn", 1, 1<<32-1),
		ASOrg: word("as org"), Country: oneOf("country", "", "DE", "US"),
		UserAgent: oneOf("agent", "", "openai-python/1.99.1", `a "quoted" agent`),
		JA4:       word("ja4"), JA3: word("ja3"), DeviceID: word("device"),
	}
	ev.Request = event.Request{
		Operation: oneOf("operation", "chat", "chat", "completion", "responses", "messages",
			"embedding", "batch"),
		Model: "m-" + word("model"), SessionID: word("session"), Stream: flag("stream"),
		Temperature: float("temperature", 2), TopP: float("top_p", 1), N: number("n", 1, 9),
		MaxTokens: number("max", 1, 1<<20), Seed: number("seed", -9, 1<<50),
		Logprobs: flag("logprobs"), ReasoningEffort: oneOf("effort", "", "low", "high"),
		ResponseFormat: oneOf("format", "", "text", "json_object", "json_schema"),
		Tools:          rapid.SliceOfN(rapid.StringMatching(`[a-z_]{1,9}`), 0, 3).Draw(t, "tools"),
		ToolChoice:     oneOf("tool choice", "", "auto", "none", "required", "bash"),
	}
	// Zeros beside no count of tokens are figures of a call that was not metered.
	if ev.Usage.Output = number("output", 100, 1<<20); ev.Usage.Output.Known {
		ev.Usage.Reasoning = number("reasoning", 1, 99)
	}
	if ev.Usage.Input = number("input", 1000, 1<<20); ev.Usage.Input.Known {
		ev.Usage.CacheRead = number("cached", 0, 500)
		ev.Usage.CacheWrite = number("cache written", 0, 499)
		ev.Usage.CostUSD = float("cost", 9)
	}
	drawResponse(t, &ev)
	if maybe("content") {
		for i := range rapid.IntRange(1, 4).Draw(t, "turns") {
			role := oneOf("role", "user", "assistant", "tool")
			if i == 0 {
				role = "user"
			}
			ev.Content.Input = append(
				ev.Content.Input, event.Message{Role: role, Text: prose("turn")},
			)
		}
		ev.Request.MessageCount = event.Int{V: int64(len(ev.Content.Input)), Known: true}
		if maybe("system") {
			ev.Content.System = prose("system")
		}
		if maybe("answer") {
			ev.Content.Output = prose("answer")
		}
		if maybe("reasoning") {
			// Not JSON: a text of a reasoning part is opened where it is one.
			ev.Content.Reasoning = word("reasoning")
		}
	}
	return ev
}

func drawResponse(t *rapid.T, ev *event.Event) {
	s := &ev.Response
	codes := rapid.SampledFrom([]int64{200, 200, 200, 400, 403, 404, 408, 429, 500, 503, 529})
	s.HTTPStatus = event.Int{V: codes.Draw(t, "status"), Known: true}
	s.Status = event.NormalStatus("", s.HTTPStatus)
	if s.Status != event.StatusOK {
		// As OpenAI and Anthropic call them.
		kinds := map[int64][]string{
			400: {"invalid_request_error", "content_policy_violation"}, 403: {"permission_error"},
			429: {"rate_limit_error"}, 500: {"api_error", "server_error"},
			503: {"overloaded_error"},
			529: {"overloaded_error"},
		}
		s.ErrorType = rapid.SampledFrom(append(kinds[s.HTTPStatus.V], "")).Draw(t, "error")
	} else {
		reasons := rapid.SampledFrom([]string{"stop", "length", "tool_calls", "content_filter"})
		s.FinishReasons = []string{reasons.Draw(t, "reason")}
		if ev.Request.Operation == "responses" {
			s.FinishReasons = []string{"stop"}
		}
	}
	if rapid.Bool().Draw(t, "has latency") {
		s.LatencyMS = event.Float{V: rapid.Float64Range(10, 1e6).Draw(t, "latency"), Known: true}
	}
	if rapid.Bool().Draw(t, "has first token") {
		s.TTFTMS = event.Float{V: rapid.Float64Range(1, 1e5).Draw(t, "first token"), Known: true}
	}
}

// drawText makes a text of several scripts, with what JSON has to escape and JSON itself, that does
// not look like a word for nothing.
func drawText(t *rapid.T, name string) string {
	text := rapid.SampledFrom([]string{
		"What is it?", "Löse: 2 + 2 = ?\n\tZeig die Schritte.", `{"role":"user","content":"hi"}`,
		"[1, 2]", "数を数える。", `a "b" \ c`, "<think>", "line\r\nline", "\u0001", "data: x",
	}).Draw(t, name)
	return text + rapid.StringMatching(`[ a-zA-Z0-9äé.,!?]{0,40}`).Draw(t, name+" more")
}
