package doctor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

func reader(t *testing.T) *decode.Reader {
	t.Helper()
	opts := gateway.DefaultOptions()
	for _, m := range configs.Mappings() {
		opts.Builtin = append(opts.Builtin, gateway.MappingFile(m))
	}
	r, err := decode.New(decode.Options{Gateway: opts, MaxRecord: 1 << 20})
	require.NoError(t, err)
	return r
}

// examine puts outcomes into an exam and returns what it prints.
func examine(t *testing.T, outcomes ...decode.Outcome) (*Exam, string) {
	t.Helper()
	e, r := New(), reader(t)
	for i := range outcomes {
		if outcomes[i].Format == "" {
			outcomes[i].Format = "litellm"
		}
		e.Add(r, &outcomes[i])
	}
	var b strings.Builder
	require.NoError(t, e.Print(&b))
	return e, b.String()
}

// call makes an event of a call that lasts a second; more changes it.
func made(id string, more func(*event.Event)) *event.Event {
	ev := &event.Event{ID: id, Time: 1793613600000}
	ev.Account.ID, ev.Request.Model = "ada", "m"
	ev.Response.LatencyMS = event.Float{V: 1000, Known: true}
	if more != nil {
		more(ev)
	}
	return ev
}

func tokens(in, out int64) func(*event.Event) {
	return func(ev *event.Event) {
		ev.Usage.Input, ev.Usage.Output = event.Int{V: in, Known: true},
			event.Int{V: out, Known: true}
	}
}

func TestAFillerIsNoPromptAndIsNamedWithItsSwitch(t *testing.T) {
	text := func(ev *event.Event) {
		ev.Content.Input = []event.Message{{Role: "user", Text: "Name a river."}}
	}
	outcomes := []decode.Outcome{{Event: made("0", nil), Unread: gateway.Unread{Fillers: 1}}}
	for i := range 999 {
		outcomes = append(outcomes, decode.Outcome{Event: made(fmt.Sprint(i+1), text)})
	}
	_, out := examine(t, outcomes...)
	require.Contains(t, out,
		"  content.input                 99 %\n", "rounded up it would look like all")
	require.Contains(t, out,
		"Of 1 events the logger put a text of its own in place of what was said")
	require.Contains(t, out, ":\n  litellm_settings.turn_off_message_logging: false\n")
	require.NotContains(t, out, "body is not read")
}

func TestUnreadBodiesAndValuesAreNamed(t *testing.T) {
	_, out := examine(
		t, decode.Outcome{Event: made("1", nil), Unread: gateway.Unread{Bodies: 1, Values: 1}},
		decode.Outcome{Event: made("2", nil), Unread: gateway.Unread{Values: 1}},
	)
	require.Contains(t, out, "Of 1 events the body is not read")
	require.Contains(t, out, "2 values are of the wrong type or range, and count as absent.")
}

func TestUnprovedIdentityIsNamed(t *testing.T) {
	skip := decode.Outcome{
		Event: &event.Event{}, Err: &gateway.SkipError{Reason: "unauthenticated"},
	}
	_, out := examine(t, skip, skip, decode.Outcome{Event: made("1", nil)})
	require.Contains(t, out, "  unauthenticated              2\n")
	require.Contains(t, out, "2 calls belong to no account")
}

func TestDeadLettersThatNameAccountsSayHowMany(t *testing.T) {
	dead := func(account string) decode.Outcome {
		ev := &event.Event{}
		ev.Account.ID = account
		return decode.Outcome{
			Event: ev, Err: &event.DecodeError{Reason: event.ReasonBadTime, Field: "time"},
		}
	}
	_, out := examine(t, dead("ada"), dead("ada"), dead("bea"), dead(""), decode.Outcome{
		Event: &event.Event{}, Err: &event.DecodeError{Reason: event.ReasonMalformed},
	})
	require.Contains(t, out, "No event was found.\n")
	require.Contains(t, out,
		"  bad_time (time)              4   3 of them name their account: 2 accounts\n")
	require.Contains(t, out, "  malformed_json               1\n")
}

func TestCallsThatAreToldTwiceAreNamedWithTheSwitchThatEndsIt(t *testing.T) {
	const trace = "5b8efff798038103d269b633813fc60c"
	outer, inner := trace+":00f067aa0ba902b1", trace+":00f067aa0ba902b2"
	later := func(ms int64, more func(*event.Event)) func(*event.Event) {
		return func(ev *event.Event) {
			if more != nil {
				more(ev)
			}
			ev.Time += ms
		}
	}
	model := func(name string) func(*event.Event) {
		return func(ev *event.Event) { ev.Request.Model = name }
	}
	lasts := func(ms float64) func(*event.Event) {
		return func(ev *event.Event) { ev.Response.LatencyMS = event.Float{V: ms, Known: ms > 0} }
	}
	for _, tc := range []struct {
		name          string
		first, second decode.Outcome
		want          Twice
		says          string
	}{
		{
			name: "a record that was sent again", first: decode.Outcome{Event: made("1", nil)},
			second: decode.Outcome{Event: made("1", nil)}, want: Twice{Repeated: 1},
			says: "1 events have the id and the time of another: sent again, they count once.",
		},
		{
			name:   "a span and the record of its details",
			first:  decode.Outcome{Event: made(outer, nil)},
			second: decode.Outcome{Event: made(outer, later(1000, nil))}, want: Twice{SameID: 1},
			says: "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only",
		},
		{
			name:   "two spans of one call",
			first:  decode.Outcome{Event: made(inner, later(10, lasts(900)))},
			second: decode.Outcome{Event: made(outer, nil)}, want: Twice{Nested: 1},
			says: "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
		},
		{
			name:   "two spans, one of which names the model's release",
			first:  decode.Outcome{Event: made(outer, model("gpt-9"))},
			second: decode.Outcome{Event: made(inner, model("gpt-9-2026-01-01"))},
			want:   Twice{Nested: 1},
		},
		{
			name:   "a log and a span",
			first:  decode.Outcome{Event: made("1", tokens(5, 70)), Format: "litellm"},
			second: decode.Outcome{Event: made(outer, later(1500, tokens(5, 70))), Format: "otlp"},
			want:   Twice{TwoFormats: 1}, says: "send the log or the spans, not both",
		},
		{
			name:   "two calls of one trace, one after the other",
			first:  decode.Outcome{Event: made(outer, nil)},
			second: decode.Outcome{Event: made(inner, later(1500, nil))},
		},
		{
			name:   "two calls of one trace at once, with other answers",
			first:  decode.Outcome{Event: made(outer, tokens(5, 70))},
			second: decode.Outcome{Event: made(inner, tokens(5, 71))},
		},
		{
			name:   "two calls of one trace at once, of other models",
			first:  decode.Outcome{Event: made(outer, model("a"))},
			second: decode.Outcome{Event: made(inner, model("b"))},
		},
		{
			name:   "spans of which nobody knows how long they lasted",
			first:  decode.Outcome{Event: made(outer, lasts(0))},
			second: decode.Outcome{Event: made(inner, lasts(0))},
		},
		{
			name:   "equal calls of one format",
			first:  decode.Outcome{Event: made("1", tokens(5, 70))},
			second: decode.Outcome{Event: made("2", tokens(5, 70))},
		},
		{
			name:  "equal calls of two formats an hour apart",
			first: decode.Outcome{Event: made("1", tokens(5, 70)), Format: "litellm"},
			second: decode.Outcome{
				Event: made("2", later(3600_000, tokens(5, 70))), Format: "kong",
			},
		},
		{
			name:   "calls of two formats of which the tokens are unknown",
			first:  decode.Outcome{Event: made("1", nil), Format: "litellm"},
			second: decode.Outcome{Event: made("2", nil), Format: "kong"},
		},
		{
			name: "one id in two tenants", first: decode.Outcome{Event: made("1", nil)},
			second: decode.Outcome{Event: made("1", func(ev *event.Event) { ev.Tenant = "b" })},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, out := examine(t, tc.first, tc.second)
			require.Equal(t, tc.want, e.Twice)
			require.Contains(t, out, tc.says)
			require.Equal(
				t, tc.want.SameID+tc.want.Nested+tc.want.TwoFormats > 0,
				strings.Contains(out, "would count as requests of their own"),
			)
		})
	}
}

func TestHalvesThatNeverMetAreNamedWithWhatBringsThemTogether(t *testing.T) {
	e, r := New(), reader(t)
	half := func(id, at string) string {
		return `{"records":[{"time":"` + at +
			`","category":"GatewayLlmLogs","properties":{"correlationId":"` + id +
			`","modelName":"m"}}]}`
	}
	add := func(o *decode.Outcome) error { e.Add(r, o); return nil }
	for _, record := range []string{
		half("a", "2026-11-02T10:00:00Z"), half("b", "2026-11-02T11:00:00Z"),
	} {
		require.NoError(t, r.Record(decode.Place{}, []byte(record), nil, add))
	}
	require.NoError(t, e.End(r))
	var b strings.Builder
	require.NoError(t, e.Print(&b))
	require.Regexp(t, `Of [12] events the other part did not come`, b.String())
	require.Contains(t, b.String(),
		"  apim: send the categories GatewayLogs and GatewayLlmLogs to one hub")
	require.Contains(t, joinAdvice("otlp"), "partition_traces_by_id")
}
