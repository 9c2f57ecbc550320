package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// hugeValues are raw values that a caller may send, too large to be tried in every place.
func hugeValues() map[string]string {
	fields := make([]string, 70000)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return map[string]string{
		"many fields": "{" + strings.Join(fields, ",") + "}",
		"a huge text": `"` + strings.Repeat("t", 1<<20) + `"`,
	}
}

// hostileValues are raw values that a caller may send in place of any that it chooses.
func hostileValues() map[string]string {
	const deep = 300
	return map[string]string{
		"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "-1e999": "-1e999",
		"1e999": "1e999", "a huge integer": "123456789012345678901234567890", "null": "null",
		"true": "true", "a list": `[1,"a",null]`, "an object": `{"a":{"b":1}}`,
		"empty":              `""`,
		"a deep object":      strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep),
		"a deep list":        strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"a name twice":       `{"a":1,"a":2,"model":"x","model":"y"}`,
		"a long id":          `"` + strings.Repeat("i", 300) + `"`,
		"control characters": `"\u0000\u001b[31m\n"`,
		"a lone surrogate":   `"\ud800"`,
		"no UTF-8":           "\"\xff\xfe\xc0\"",
		"a key":              `"sk-proj-0123456789abcdef"`,
		"an authorization":   `"Bearer 0123456789abcdef"`,
		"JSON in a string":   `"{\"model\":"`,
	}
}

// callersCase is a record of a format, with where in it the caller chose the values. "~" stands for
// the JSON in a string.
type callersCase struct {
	record  string
	callers []string
	// claims are among them and name the account where the gateway trusts its callers with that.
	claims []string
}

const (
	aRequestBody  = `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"u"}]}],"temperature":0.2,"top_p":1,"n":1,"max_tokens":9,"seed":7,"logprobs":false,"stream":false,"user":"e","reasoning_effort":"low","response_format":{"type":"text"},"tools":[{"type":"function","function":{"name":"bash"}}],"tool_choice":"auto","metadata":{"a":"b"}}`
	aResponseBody = `{"id":"c","choices":[{"message":{"role":"assistant","content":"w","reasoning_content":"r"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}`
)

func callersCases(t *testing.T) map[string]callersCase {
	quote := func(text string) string {
		out, err := json.Marshal(text)
		require.NoError(t, err)
		return string(out)
	}
	return map[string]callersCase{
		"native": {
			record: `{"id":"r","time":1793613600123,"source":{"gateway":"native"},"account":{"id":"acme","end_user_id":"e"},"client":{"ip":"203.0.113.9","user_agent":"ua","device_id":"d"},"request":{"operation":"chat","model":"m","session_id":"s","stream":false,"temperature":1,"top_p":1,"n":1,"max_tokens":9,"seed":7,"logprobs":false,"reasoning_effort":"low","response_format":"text","tools":["bash"],"tool_choice":"auto","message_count":1},"usage":{"input_tokens":3,"output_tokens":2},"response":{"http_status":200,"finish_reasons":["stop"]},"content":{"system":"s","input":[{"role":"user","text":"u"}],"output":"w","reasoning":"r"},"extra":{"a":1}}`,
			callers: []string{
				"account.end_user_id", "client.user_agent", "client.device_id", "request.operation",
				"request.session_id", "request.stream", "request.temperature", "request.n",
				"request.max_tokens", "request.seed", "request.logprobs", "request.response_format",
				"request.tools", "request.message_count", "response.finish_reasons",
				"content.system", "content.input", "content.output", "content.reasoning", "extra",
			},
		},
		"litellm": {
			record: `{"id":"r","trace_id":"t","call_type":"acompletion","status":"success","stream":false,"startTime":1793613600.123,"endTime":1793613601.5,"completionStartTime":1793613601,"model":"m","model_group":"m","custom_llm_provider":"openai","prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"end_user":"e","requester_ip_address":"203.0.113.9","request_tags":["User-Agent: ua"],"messages":[{"role":"user","content":"u"}],"response":` +
				aResponseBody +
				`,"model_parameters":{"temperature":1,"max_tokens":9,"tools":[{"type":"function","function":{"name":"bash"}}],"user":"e"},"metadata":{"user_api_key_hash":"h","user_api_key_user_id":"acme","requester_metadata":{"a":{"b":1}},"requester_custom_headers":{"x":"y"},"spend_logs_metadata":{"a":1}}}`,
			callers: []string{
				"end_user", "request_tags", "messages", "response", "model_parameters", "model",
				"model_group", "trace_id", "metadata.requester_metadata",
				"metadata.spend_logs_metadata",
			},
		},
		"kong": {
			record: `{"started_at":1793613600123,"client_ip":"203.0.113.9","tries":[],"latencies":{"request":1},"upstream_uri":"/v1/chat/completions","consumer":{"id":"acme"},"request":{"id":"r","uri":"/chat?x=y","url":"https://gw/chat","method":"POST","querystring":{"x":"y"},"headers":{"user-agent":"ua","x-session-id":"s","x-ja4":"j","x-device-id":"d","host":"gw"}},"response":{"status":200},"ai":{"proxy":{"meta":{"request_model":"m","provider_name":"openai"},"usage":{"prompt_tokens":3,"completion_tokens":2},"payload":{"request":` +
				quote(aRequestBody) + `,"response":` + quote(aResponseBody) + `}}}}`,
			callers: []string{
				"request.uri", "request.url", "request.querystring", "request.headers",
				"ai.proxy.payload", "ai.proxy.meta.request_model",
			},
		},
		"apisix": {
			record: `{"start_time":1793613600123,"client_ip":"203.0.113.9","route_id":"r","apisix_latency":1,"latency":2,"consumer":{"username":"acme"},"request":{"uri":"/v1/chat/completions","url":"https://gw/v1/chat/completions","method":"POST","querystring":{"a":"b"},"headers":{"x-request-id":"q","user-agent":"ua","x-session-id":"s","host":"gw"},"body":` +
				quote(aRequestBody) +
				`},"response":{"status":200,"headers":{"x-request-id":"q"},"body":` +
				quote(aResponseBody) +
				`},"llm_summary":{"request_model":"m","model":"m","prompt_tokens":"3","completion_tokens":"2","stream":"false","end_user_id":"e"},"llm_request":{"messages":[{"role":"user","content":"u"}],"stream":false},"llm_response_text":{"content":"w"}}`,
			callers: []string{
				"request.uri", "request.url", "request.querystring", "request.headers",
				"request.body", "response.headers", "response.body", "llm_request",
				"llm_response_text", "llm_summary.request_model", "llm_summary.model",
				"llm_summary.end_user_id",
			},
		},
		"envoy_ai": {
			record: `{"start_time":"2026-11-02T10:00:00.123Z","x-request-id":"q","response_code":200,"duration":3,"downstream_remote_address":"203.0.113.9:1","x-forwarded-for":"203.0.113.9","user-agent":"ua",":authority":"gw","x-envoy-origin-path":"/v1/chat/completions","method":"POST","session.id":"s","account.id":"acme","gen_ai.request.model":"m","gen_ai.response.model":"m","gen_ai.usage.input_tokens":3,"gen_ai.usage.output_tokens":2,"mcp.session.id":"x"}`,
			callers: []string{
				"x-request-id", "x-forwarded-for", "user-agent", ":authority",
				"x-envoy-origin-path", "session.id", "gen_ai.request.model",
				"gen_ai.response.model", "mcp.session.id",
			},
		},
		"higress": {
			record: `{"start_time":"2026-11-02T10:00:00.123Z","request_id":"q","response_code":200,"duration":3,"downstream_remote_address":"203.0.113.9:1","x_forwarded_for":"203.0.113.9","user_agent":"ua","authority":"gw","path":"/v1/chat/completions","method":"POST","ai_log":` +
				quote(`{"consumer":"acme","model":"m","input_token":3,"output_token":2,"chat_round":1,"session_id":"s","messages":[{"role":"user","content":"u"}],"question":"u","system":"s","answer":"w","reasoning":"r","temperature":0.1,"max_tokens":9,"response_type":"normal","chat_id":"c"}`) +
				`}`,
			callers: []string{
				"request_id", "x_forwarded_for", "user_agent", "authority", "path",
				"ai_log.~.model", "ai_log.~.session_id", "ai_log.~.messages", "ai_log.~.question",
				"ai_log.~.system", "ai_log.~.answer", "ai_log.~.reasoning", "ai_log.~.temperature",
				"ai_log.~.max_tokens", "ai_log.~.chat_id",
			},
		},
		"helicone": {
			record: `{"authorization":"Bearer k","heliconeMeta":{"gatewayModel":"m","providerModelId":"m","promptInputs":{"a":"b"}},"log":{"request":{"id":"r","userId":"u","properties":{"Helicone-Session-Id":"s","model":"m"},"heliconeApiKeyId":77,"targetUrl":"https://api.example.org/v1/chat/completions","path":"/v1/chat/completions","countryCode":"DE","requestCreatedAt":"2026-11-02T10:00:00.123Z","isStream":true},"response":{"id":"a","status":200,"delayMs":3,"timeToFirstToken":1}}}`,
			callers: []string{
				"heliconeMeta.gatewayModel", "heliconeMeta.providerModelId",
				"heliconeMeta.promptInputs", "log.request.userId",
				"log.request.properties", "log.request.isStream",
			},
			claims: []string{"log.request.userId"},
		},
		"portkey": {
			record: `{"created_at":"2026-11-02T10:00:00.123Z","ai_org":"openai","ai_model":"m","req_units":3,"res_units":2,"request_url":"https://api.example.org/v1/chat/completions","request_method":"POST","response_status_code":200,"trace_id":"t","virtual_key":"vk","stream_mode":"non-stream","metadata":{"_user":"u","session_id":"s"},"request":{"body":` +
				aRequestBody + `},"response":{"body":` + aResponseBody + `}}`,
			callers: []string{"ai_model", "trace_id", "metadata", "request.body", "response.body"},
			claims:  []string{"metadata", "metadata._user"},
		},
		"bedrock": {
			record: `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-02T10:00:00.123Z","accountId":"123456789012","region":"eu-west-1","requestId":"r","identity":{"arn":"arn:aws:iam::123456789012:user/acme"},"operation":"Converse","modelId":"m","requestMetadata":{"user":"u","team":"t","session":"s"},"input":{"inputContentType":"application/json","inputBodyJson":` +
				aRequestBody + `,"inputTokenCount":3},"output":{"outputBodyJson":` + aResponseBody +
				`,"outputTokenCount":2}}`,
			callers: []string{
				"modelId", "requestMetadata", "input.inputBodyJson", "output.outputBodyJson",
			},
		},
		"apim": {
			record: `{"records":[{"time":"2026-11-02T10:00:00.123Z","category":"GatewayLogs","correlationId":"r","callerIpAddress":"203.0.113.9","durationMs":3,"properties":{"method":"POST","url":"https://gw/openai/deployments/m/chat/completions","responseCode":200,"apimSubscriptionId":"acme","requestHeaders":{"User-Agent":"ua"}}},{"time":"2026-11-02T10:00:00.123Z","category":"GatewayLlmLogs","correlationId":"r","properties":{"modelName":"m","deploymentName":"m","promptTokens":3,"completionTokens":2,"sequenceNumber":0,"requestMessages":[{"role":"user","content":"u"}],"responseMessages":[{"role":"assistant","content":"w"}]}}]}`,
			callers: []string{
				"records.0.properties.url", "records.0.properties.requestHeaders",
				"records.1.properties.modelName", "records.1.properties.deploymentName",
				"records.1.properties.requestMessages", "records.1.properties.responseMessages",
			},
		},
	}
}

// valuesAt lists the paths of a value and of all that it holds.
func valuesAt(path string, v any) []string {
	out := []string{path}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = append(out, valuesAt(path+"."+name, v[name])...)
		}
	case []any:
		for i := range v {
			out = append(out, valuesAt(path+"."+strconv.Itoa(i), v[i])...)
		}
	case string:
		if inner, ok := opened(v); ok {
			out = append(out, valuesAt(path+".~", inner)...)
		}
	}
	return out
}

func opened(text string) (any, bool) {
	var inner any
	return inner, strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &inner) == nil
}

// step goes one step of a path, and tells how to come back with something else in the place.
func step(v any, segment string) (next any, back func(raw string) string) {
	const mark = "@@here@@"
	write := func(v any, raw string) string {
		out, _ := json.Marshal(v)
		return strings.Replace(string(out), `"`+mark+`"`, raw, 1)
	}
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[segment]; ok {
			return inner, func(raw string) string {
				c := maps.Clone(v)
				c[segment] = mark
				return write(c, raw)
			}
		}
	case []any:
		if i, err := strconv.Atoi(segment); err == nil && i < len(v) {
			return v[i], func(raw string) string {
				c := slices.Clone(v)
				c[i] = mark
				return write(c, raw)
			}
		}
	case string:
		if inner, ok := opened(v); ok && segment == "~" {
			return inner, func(raw string) string {
				// Written out by hand: encoding/json would mend what is no UTF-8.
				return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(raw) + `"`
			}
		}
	}
	return nil, nil
}

// stepName splits a path where the next name ends, which may have dots of its own.
func stepName(v any, path string) (next any, back func(string) string, rest string) {
	for end := range len(path) + 1 {
		if end == len(path) || path[end] == '.' {
			if next, back = step(v, path[:end]); back != nil {
				return next, back, strings.TrimPrefix(path[end:], ".")
			}
		}
	}
	return nil, nil, ""
}

// replaced returns a record with a raw value in another's place.
func replaced(t *testing.T, v any, path, raw string) string {
	t.Helper()
	if path == "" {
		return raw
	}
	next, back, rest := stepName(v, path)
	require.NotNil(t, back, "nothing at %s", path)
	return back(replaced(t, next, rest, raw))
}

func find(t *testing.T, v any, path string) any {
	t.Helper()
	for path != "" {
		next, back, rest := stepName(v, path)
		require.NotNil(t, back, "nothing at %s", path)
		v, path = next, rest
	}
	return v
}

func TestNothingThatACallerChoosesLosesItsEvent(t *testing.T) {
	hostile, huge := hostileValues(), hugeValues()
	for format, c := range callersCases(t) {
		t.Run(format, func(t *testing.T) {
			var whole any
			require.NoError(t, json.Unmarshal([]byte(c.record), &whole))
			r := newReader(t, FormatAuto)
			honest, ok := onlyEvent(t, r, c.record)
			require.True(t, ok)
			check := func(path string, values map[string]string) {
				for name, raw := range values {
					ev, ok := onlyEvent(t, r, replaced(t, whole, path, raw))
					require.True(t, ok, "%s at %s", name, path)
					require.Equal(t, honest.Time, ev.Time, "%s at %s", name, path)
					require.Equal(t, format, ev.Source.Gateway, "%s at %s", name, path)
					if !slices.Contains(c.claims, path) {
						require.Equal(t, honest.Account.ID, ev.Account.ID, "%s at %s", name, path)
					}
				}
			}
			check(c.callers[0], huge)
			check(c.callers[len(c.callers)-1], huge)
			for _, top := range c.callers {
				for _, path := range valuesAt(top, find(t, whole, top)) {
					check(path, hostile)
				}
			}
		})
	}
}

// onlyEvent returns the one event of a record; what is skipped beside it is half of it.
func onlyEvent(t *testing.T, r *Reader, record string) (ev event.Event, ok bool) {
	t.Helper()
	visit := func(got *event.Event, err error) bool {
		checkVisit(t, []byte(record), got, err)
		switch {
		case err == nil:
			require.False(t, ok, "two events")
			ev, ok = event.Event{Time: got.Time}, true
			ev.Account.ID, ev.Source.Gateway = strings.Clone(got.Account.ID),
				strings.Clone(got.Source.Gateway)
		case !errors.As(err, new(*SkipError)):
			t.Log(err)
		default:
			var skip *SkipError
			errors.As(err, &skip)
			if skip.Reason != ReasonWaiting {
				t.Log(err)
			}
		}
		return true
	}
	r.Read([]byte(record), visit)
	r.Flush(visit)
	return ev, ok
}

func TestValuesThatCannotBeReadAreCounted(t *testing.T) {
	record := `{"start_time":"2026-11-02T10:00:00Z","x-request-id":"q","response_code":200,"account.id":"acme","x-envoy-origin-path":"/v1/chat/completions","gen_ai.request.model":"m",%s}`
	for more, want := range map[string]int64{
		`"session.id":"s","gen_ai.usage.input_tokens":"3"`:                      0,
		`"session.id":"-","gen_ai.usage.input_tokens":null`:                     0,
		`"session.id":{"a":1},"gen_ai.usage.input_tokens":"three"`:              2,
		`"tenant.id":"\u0000"`:                                                  1,
		`"x-forwarded-for":"nowhere"`:                                           1,
		`"x-forwarded-for":"nowhere","downstream_remote_address":"192.0.2.1:1"`: 0,
	} {
		r := newReader(t, FormatAuto)
		ev, ok := onlyEvent(t, r, fmt.Sprintf(record, more))
		require.True(t, ok, more)
		require.Equal(t, "acme", ev.Account.ID)
		require.Equal(t, want, r.TakeUnread().Values, more)
	}
}
