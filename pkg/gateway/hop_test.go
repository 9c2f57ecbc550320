package gateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// readWith reads a record with a mapping of its own and returns the first event's, or the reason
// for which there is none.
func readWith(t *testing.T, mapping, record string) (ev event.Event, reason string) {
	t.Helper()
	opts := testOptions()
	opts.Own = []MappingFile{{Name: "x.yaml", Text: []byte(mapping)}}
	opts.Format = FormatMapping
	r, err := New(opts)
	require.NoError(t, err)
	r.Read([]byte(record), func(got *event.Event, err error) bool {
		ev = *got
		ev.Response.FinishReasons = append([]string(nil), got.Response.FinishReasons...)
		if err != nil {
			ev, reason = event.Event{}, err.Error()
		}
		return false
	})
	return ev, reason
}

func TestAllFieldsOfAnEventAreOfTheTryThatAnswered(t *testing.T) {
	const mapping = `
name: x
detect: [[calls]]
hop:
  from: calls
  has: [model]
  never: [judge]
  pick: last
  answered: {when: status, is: ["2*"]}
fields:
  id: id
  time: time
  account.id: user
  request.model: hop.model
  usage.input_tokens: hop.in
  usage.output_tokens: hop.out
  content.output: hop.text
`
	record := func(calls string) string {
		return `{"id":"r","time":1793613600000,"user":"u","model":"not a hop","in":99,"calls":` +
			calls + `}`
	}
	const failed, answered, later = `{"model":"a","status":503,"in":1,"text":"no"}`,
		`{"model":"b","status":200,"in":2,"out":3}`,
		`{"model":"c","status":429,"in":4,"out":5,"text":"no"}`
	for calls, want := range map[string]string{
		"[" + failed + "," + answered + "]":           "b",
		"[" + answered + "," + later + "]":            "b",
		"[" + failed + "," + later + "]":              "c",
		"[" + failed + `,{"status":200},{"judge":1}]`: "a",
		answered: "b",
		`"[{\"model\":\"d\",\"status\":200,\"in\":2}]"`:      "d",
		"[" + answered + `,{"model":"e","status":"200 OK"}]`: "e",
	} {
		ev, reason := readWith(t, mapping, record(calls))
		require.Empty(t, reason, calls)
		require.Equal(t, want, ev.Request.Model, calls)
		if want == "b" {
			require.Equal(t, int64(2), ev.Usage.Input.V)
			require.Equal(t, int64(3), ev.Usage.Output.V)
			require.Empty(t, ev.Content.Output, "never the text of another call")
		}
	}
	for _, none := range []string{"[]", "7", `"[{"`, `[{"in":1}]`, "null"} {
		_, reason := readWith(t, mapping, record(none))
		require.Contains(t, reason, "request.model", none)
	}
}

func TestNeverPartsAreNoHopsWhateverTheirOrder(t *testing.T) {
	const mapping = "name: x\nhop: {from: ['ai.main', 'ai.*'], has: [model], never: ['*-judge', 'cache*']}\n" +
		"fields: {id: id, time: time, account.id: user, request.model: hop.model}"
	for calls, want := range map[string]string{
		`{"a-judge":{"model":"j"},"main":{"model":"m"}}`:                      "m",
		`{"other":{"model":"o"},"main":{"model":"m"}}`:                        "m",
		`{"a-judge":{"model":"j"},"cache_x":{"model":"c"},"z":{"model":"z"}}`: "z",
		`{"A-Judge":{"model":"j"},"plain":{"models":"c"},"z":{"model":"z"}}`:  "z",
	} {
		ev, reason := readWith(
			t, mapping, `{"id":"r","time":1793613600000,"user":"u","ai":`+calls+`}`,
		)
		require.Empty(t, reason, calls)
		require.Equal(t, want, ev.Request.Model, calls)
	}
	_, reason := readWith(
		t, mapping, `{"id":"r","time":1793613600000,"user":"u","ai":{"a-judge":{"model":"j"}}}`,
	)
	require.Contains(t, reason, "request.model")
}

func TestAValueStandsInWhereNothingElseDoes(t *testing.T) {
	const mapping = "name: x\nbody: {request: body}\nfields: {id: id, time: time, account.id: user, request.model: {from: [a, b.last().m], value: unknown, map: {NONE: ''}}}"
	for record, want := range map[string]string{
		`"a":"m"`:                                   "m",
		`"a":"NONE","b":[{"m":"x"},{"m":"y"}]`:      "y",
		`"a":{"no":"name"},"body":{"model":"sent"}`: "sent",
		`"b":[]`: "unknown",
	} {
		ev, reason := readWith(t, mapping, `{"id":"r","time":1793613600000,"user":"u",`+record+`}`)
		require.Empty(t, reason, record)
		require.Equal(t, want, ev.Request.Model, record)
	}
}

func TestConditionsOfSkipping(t *testing.T) {
	const mapping = `
name: x
skip:
  - {reason: refused, when: status, is: ["401"], without: [user, tokens]}
  - {reason: both, when: kind, is: [tool], also: {when: name, is: ["*poll*"]}}
  - {reason: ended, when: kind, is: ["*.done"]}
fields: {id: id, time: time, account.id: {from: user, value: nobody}, request.model: {value: m}}
`
	for record, want := range map[string]string{
		`"status":401`:                        "refused",
		`"status":"401","user":"","tokens":0`: "refused",
		`"status":401,"user":{"name":"a"}`:    "refused",
		`"status":401,"user":"u"`:             "",
		`"status":401,"tokens":1`:             "",
		`"status":4010`:                       "",
		`"kind":"tool","name":"my_POLLing"`:   "both",
		`"kind":"tool","name":"other"`:        "",
		`"kind":"Call.Done"`:                  "ended",
	} {
		_, reason := readWith(t, mapping, `{"id":"r","time":1793613600000,`+record+`}`)
		if want != "" {
			want = "gateway: skipped: " + want
		}
		require.Equal(t, want, reason, record)
	}
}

func TestEndpointsAreToldByPathAndMethod(t *testing.T) {
	for target, want := range map[string]string{
		"POST /v1/chat/completions":                          "llm",
		"POST https://api.example.org/v1/messages?beta=true": "llm", "POST /v1/responses": "llm",
		"POST /v1beta/models/gemini-x:streamGenerateContent?alt=sse": "llm",
		"POST /model/anthropic.claude-x/invoke":                      "llm",
		"POST /openai/deployments/models/chat/completions":           "llm",
		"POST /v1/models/../chat/completions":                        "llm",
		"POST /v1/threads/t/runs":                                    "llm",
		"GET /v1/realtime?model=m":                                   "llm",
		"GET /v1beta/models/m:bidiGenerateContent":                   "llm",
		"POST /api/generate":                                         "llm",
		"POST /v1/batches":                                           "llm",
		"POST /v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict": "llm",

		"GET /v1/models": "other", " /v1/models/gpt-x": "other",
		"POST /v1/messages/count_tokens": "other", "POST /v1beta/models/m:countTokens": "other",
		"POST /v1/responses/input_tokens": "other", "POST /tokenize": "other",
		"POST /v1/files": "other", " /v1/files/f/content": "other",
		"GET /v1/responses/resp_1": "other", "POST /v1/responses/resp_1/cancel": "other",
		"GET /v1/batches/b": "other", "POST /mcp": "other", "POST /v1/threads/t/messages": "other",
		"DELETE /v1/chat/completions/c": "other", "OPTIONS /v1/chat/completions": "other",
		"HEAD /": "other", " /healthz": "other", " /health/readiness": "other", "GET /x": "other",
		" /.well-known/agent-card.json": "other", "POST /v1/vector_stores/v/search": "other",

		"POST /x": "", "POST ": "", "POST /": "", " chat/": "llm",
		"POST /v1/chat/completions#/models": "llm", "POST /v1/chat/completions;/models": "llm",
	} {
		method, path, _ := strings.Cut(target, " ")
		require.Equal(t, want, endpointOf(method, path), target)
	}
}
