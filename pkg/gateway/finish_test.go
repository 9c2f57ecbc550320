package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// lite is a LiteLLM payload of a user; more has further members.
func lite(more string) string {
	return `{"id":"r","litellm_call_id":"c","startTime":1793613600.5,"model":"openai/m","call_type":"acompletion","status":"success",` +
		`"metadata":{"user_api_key_hash":"h","user_api_key_user_id":"u"},` + more + `}`
}

// bedrock is a model invocation log with a request's body.
func bedrock(body string) string {
	return `{"schemaType":"ModelInvocationLog","timestamp":"2026-11-02T10:00:00Z","requestId":"r","modelId":"m","operation":"Converse",` +
		`"identity":{"arn":"a"},"input":{"inputBodyJson":` + body + `}}`
}

func TestSystemMessagesAreNoTurnsInAnyFormat(t *testing.T) {
	chat := `[{"role":"system","content":"Be brief."},{"role":"user","content":"Why?"}]`
	quoted := strings.ReplaceAll(chat, `"`, `\"`)
	for format, record := range map[string]string{
		"native": strings.Replace(good("a"), `"request":{`, `"content":{"input":`+
			strings.ReplaceAll(chat, "content", "text")+`},"request":{"message_count":2,`, 1),
		"litellm": lite(`"messages":` + chat),
		"kong": kong(
			`{"prompt_tokens":1}`, `,"payload":{"request":"{\"messages\":`+quoted+`}"}`,
		),
		"bedrock": bedrock(`{"messages":` + chat + `}`),
		"otlp": otlpSpan(
			`{"key":"gen_ai.input.messages","value":{"stringValue":"` + quoted + `"}}`,
		),
		"apisix": `{"route_id":"1","start_time":1793613600123,"apisix_latency":2,"consumer":{"username":"c"},"request":{"headers":{"x-request-id":"a"},"uri":"/v1/chat/completions"},` +
			`"llm_summary":{"model":"m"},"llm_request":{"messages":` + chat + `}}`,
		"higress": `{"ai_log":"{\"model\":\"m\",\"consumer\":\"c\",\"messages\":` + quoted +
			`}","request_id":"r","start_time":"2026-11-02T10:00:00Z"}`,
		"portkey": `{"ai_org":"o","req_units":1,"ai_model":"m","trace_id":"t","created_at":"2026-11-02T10:00:00Z","metadata":{"_user":"u"},"request":{"body":{"messages":` +
			chat + `}}}`,
	} {
		t.Run(format, func(t *testing.T) {
			ev := one(t, record)
			require.Equal(t, "Be brief.", ev.Content.System)
			require.Equal(t, []event.Message{{Role: "user", Text: "Why?"}}, ev.Content.Input)
			require.Equal(t, event.Int{V: 1, Known: true}, ev.Request.MessageCount)
		})
	}
	late := one(t, lite(
		`"messages":[{"role":"user","content":"a"},{"role":"developer","content":"b"},{"role":"user","content":"c"}]`,
	))
	require.Equal(t, event.Int{V: 2, Known: true}, late.Request.MessageCount,
		"nor one in the middle")
	told := one(t, strings.Replace(
		good("a"), `"request":{`, `"content":{"input":"last"},"request":{"message_count":9,`, 1,
	))
	require.Equal(t, event.Int{V: 9, Known: true}, told.Request.MessageCount,
		"a gateway may send the last turn only")
}

func TestALoggersFillerIsNoPrompt(t *testing.T) {
	r := newReader(t, FormatAuto)
	for _, filler := range []string{
		"default-message-value", "redacted-by-litellm", "__REDACTED__", "[REDACTED]",
		"<redacted>", "[Filtered]",
	} {
		for name, record := range map[string]string{
			"LiteLLM": lite(`"messages":[{"role":"user","content":"` + filler +
				`"}],"response":{"choices":[{"message":{"content":"` + filler + `"}}]}`),
			"a text": lite(`"messages":"` + filler + `","response":"` + filler + `"`),
			"OpenTelemetry": otlpSpan(
				`{"key":"gen_ai.prompt.0.role","value":{"stringValue":"user"}},{"key":"gen_ai.prompt.0.content","value":{"stringValue":"` +
					filler + `"}},` +
					`{"key":"gen_ai.system_instructions","value":{"stringValue":"` + filler + `"}}`,
			),
		} {
			ev := one(t, record)
			require.False(t, ev.Content.Present(), "%s: %s", name, filler)
			require.Empty(t, ev.Content.Output)
			require.False(t, ev.Request.MessageCount.Known)
			require.Equal(t, []string{ev.ID}, read(r, record))
			require.Equal(t, Unread{Fillers: 1}, r.TakeUnread())
		}
	}
	for _, hidden := range []string{
		`[{"role":"system","content":"Solve x."},{"role":"user","content":"redacted-by-litellm"}]`,
		`[{"role":"user","content":"redacted-by-litellm"},{"role":"user","content":"Solve x."}]`,
		`[{"role":"user","content":"What does default-message-value mean?"}]`,
	} {
		require.True(t,
			func() bool { ev := one(t, lite(`"messages":`+hidden)); return ev.Content.Present() }(),
			"a caller hides nothing with it")
	}
}

func TestZeroTokensOnASuccessAreUnknown(t *testing.T) {
	none := `"usage_object":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}`
	record := strings.Replace(
		lite(`"prompt_tokens":0,"completion_tokens":0,"response_cost":0`), `"metadata":{`,
		`"metadata":{`+none+`,`, 1,
	)
	require.Equal(t, event.Usage{}, one(t, record).Usage)
	for name, record := range map[string]string{
		"kong":  kong(`{"prompt_tokens":0,"completion_tokens":0,"cost":0}`, ""),
		"envoy": `{"gen_ai.request.model":"m","response_code":200,"start_time":"2026-11-02T10:00:00Z","x-user-id":"u","gen_ai.usage.input_tokens":0,"gen_ai.usage.output_tokens":0}`,
		"native": strings.Replace(
			good("a"), `"request":{`,
			`"response":{"status":"ok"},"usage":{"input_tokens":0,"output_tokens":0,"reasoning_tokens":0},"request":{`,
			1,
		),
	} {
		require.Equal(t, event.Usage{}, one(t, record).Usage, name)
	}
	answered := strings.Replace(
		good("a"), `"request":{`,
		`"response":{"status":"ok"},"usage":{"input_tokens":9,"output_tokens":0},"content":{"output":"x"},"request":{`,
		1,
	)
	require.False(t, one(t, answered).Usage.Output.Known, "there is an answer")
	embedded := strings.Replace(
		good("a"), `"request":{`,
		`"response":{"status":"ok"},"usage":{"input_tokens":9,"output_tokens":0},"request":{"operation":"embedding",`,
		1,
	)
	require.Equal(t, event.Int{V: 0, Known: true}, one(t, embedded).Usage.Output)
	failed := strings.Replace(
		good("a"), `"request":{`,
		`"response":{"status":"error"},"usage":{"input_tokens":0,"output_tokens":0},"request":{`, 1,
	)
	require.Equal(t, event.Usage{}, one(t, failed).Usage, "nobody metered a call that failed")
}

func TestACachedCountAboveTheInputStandsBesideIt(t *testing.T) {
	for usage, want := range map[string]int64{
		`{"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":90}}`: 100,
		`{"prompt_tokens":90,"prompt_tokens_details":{"cached_tokens":10}}`: 90,
	} {
		require.Equal(t, want, one(t, kong(usage, "")).Usage.Input.V)
	}
}

func TestCallsThatAskNoModelAreSkippedWhateverTheyAreCalled(t *testing.T) {
	record := `{"id":"r","time":1793613600000,"account":{"id":"a"},"request":{"model":"m","operation":%q}}`
	for _, operation := range []string{
		"call_mcp_tool", "list_mcp_tools", "aretrieve_batch", "alist_batches", "acancel_batch",
		"afile_content", "acreate_file", "file_list", "alist_input_items", "acreate_thread",
		"a_add_message", "acreate_fine_tuning_job", "avideo_content", "video_status", "arun_code",
		"acreate_realtime_client_secret", "aget_responses", "adelete_responses",
		"avector_store_search", "health_check", "ahealth_check", "list_models", "count_tokens",
		"ping", "execute_tool", "mcp/tools.call", "files.upload",
	} {
		require.Equal(
			t, []string{"skip:not_llm"},
			read(newReader(t, FormatAuto), fmt.Sprintf(record, operation)), operation,
		)
		require.Equal(t, []string{"skip:not_llm"}, read(newReader(t, FormatAuto), strings.Replace(
			lite(`"messages":[]`), "acompletion", operation, 1,
		)), operation)
	}
	for _, operation := range []string{
		"", "chat", "completion", "acompletion", "aresponses", "anthropic_messages",
		"text_completion", "generate_content", "embedding", "batch", "acreate_batch",
		"pass_through_endpoint", "allm_passthrough_route", "image_generation", "arerank",
		"invoke_model", "assistant",
	} {
		require.Equal(
			t, []string{"r"},
			read(newReader(t, FormatAuto), fmt.Sprintf(record, operation)), operation,
		)
	}
	tagged := lite(`"request_tags":["litellm-internal-health-check"]`)
	require.Equal(t, []string{"c:r"}, read(newReader(t, FormatAuto), tagged),
		"a tag that a caller chose")
	keys := strings.NewReplacer(
		`"user_api_key_hash":"h"`,
		`"user_api_key_hash":"2ee659761968def976c7905217d96fa6e765f300dfb066f6c73fd3c279b3435a"`,
	)
	require.Equal(t, []string{"skip:not_llm"}, read(newReader(t, FormatAuto), keys.Replace(tagged)))
	nobody := strings.NewReplacer(`"h"`, "null", `"u"`, "null")
	require.Equal(
		t, []string{"skip:not_llm"}, read(newReader(t, FormatAuto), nobody.Replace(tagged)),
	)
}

func TestACallRefusedForLackOfAKeyIsOfNobody(t *testing.T) {
	native := `{"id":"r","time":1793613600000,"account":{%s},"client":{"ip":"192.0.2.1"},"request":{"model":"m"},"response":{"http_status":%d}}`
	unknown := `{"id":"r","litellm_call_id":"c","startTime":1793613600.5,"model":"m","call_type":"acompletion","status":"failure",` +
		`"metadata":{"user_api_key_hash":"made-up"%s},"error_information":{"error_code":"%d","error_class":%q%s}}`
	for want, records := range map[string][]string{
		"skip:unauthenticated": {
			fmt.Sprintf(native, `"key_hash":"made-up"`, 401), fmt.Sprintf(native, ``, 401),
			fmt.Sprintf(unknown, "", 401, "ProxyException", ""),
			fmt.Sprintf(unknown, "", 400, "ProxyException", ""),
			fmt.Sprintf(unknown, `,"user_api_key_user_id":null,"requester_metadata":null`,
				401, "HTTPException", ""),
			strings.Replace(
				strings.Replace(fmt.Sprintf(unknown, "", 401, "Exception", ""), `"401"`, `""`, 1),
				`"made-up"`, "null", 1,
			),
		},
		"r": {
			fmt.Sprintf(native, `"id":"a"`, 401), fmt.Sprintf(native, `"key_hash":"h"`, 403),
			fmt.Sprintf(native, `"key_hash":"h"`, 429),
		},
		"c:r": {},
	} {
		for _, record := range records {
			require.Equal(t, []string{want}, read(newReader(t, FormatAuto), record), record)
		}
	}
	for _, record := range []string{
		fmt.Sprintf(unknown, `,"user_api_key_user_id":"u"`, 400, "ProxyException", ""),
		fmt.Sprintf(unknown, `,"user_api_key_alias":"k"`, 400, "ProxyException", ""),
		fmt.Sprintf(unknown, "", 401, "AuthenticationError", `,"llm_provider":"openai"`),
		fmt.Sprintf(unknown, "", 400, "BadRequestError", ""),
		fmt.Sprintf(unknown, `,"requester_metadata":{}`, 400, "ProxyException", ""),
		fmt.Sprintf(unknown, `,"requester_custom_headers":{}`, 401, "HTTPException", ""),
		fmt.Sprintf(unknown, "", 429, "ProxyException", ""),
	} {
		require.Equal(t, "made-up", one(t, record).Account.KeyHash, record)
	}
}

func TestTheBodyOfAPassThroughCallIsNoPrompt(t *testing.T) {
	request := `{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"Why?\"}]}`
	answer := `{\"choices\":[{\"message\":{\"content\":\"So.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}`
	record := lite(`"messages":[{"role":"user","content":"` + request +
		`"}],"response":{"response":"` + answer + `"},"prompt_tokens":0,"completion_tokens":0`)
	through := one(t, strings.Replace(record, "acompletion", "pass_through_endpoint", 1))
	require.Equal(t, event.Content{
		System: "S", Input: []event.Message{{Role: "user", Text: "Why?"}}, Output: "So.",
	}, through.Content)
	require.Equal(t, event.Int{V: 1, Known: true}, through.Request.MessageCount)
	require.Equal(t, event.Int{V: 9, Known: true}, through.Request.MaxTokens)
	require.Equal(t, [2]int64{5, 2}, [2]int64{through.Usage.Input.V, through.Usage.Output.V})
	asked := one(t, record)
	require.Contains(t, asked.Content.Input[0].Text, `"max_tokens"`, "a caller may ask about JSON")
}

func TestTheSessionInsideAnEndUsersIDIsTakenApart(t *testing.T) {
	const device = "a1a1a1a1a1a1a1a1"
	for text, want := range map[string][2]string{
		`{"device_id":"` + device + `","account_uuid":"","session_id":"s-1"}`: {device, "s-1"},
		"user_" + device + "_account__session_s-1":                            {device, "s-1"},
		"user_" + device + "_account_acc-9_session_s-1":                       {device, "s-1"},
		`{"user_id":"u-1"}`:        {"u-1", ""},
		"plain":                    {"plain", ""},
		`{"colour":"red"}`:         {`{"colour":"red"}`, ""},
		"user_account_of_somebody": {"user_account_of_somebody", ""},
		`{"device_id":`:            {`{"device_id":`, ""},
	} {
		quoted := strings.ReplaceAll(text, `"`, `\"`)
		for _, record := range []string{
			lite(`"trace_id":"another","end_user":"` + quoted + `"`),
			strings.Replace(good("a"), `"account":{`, `"account":{"end_user_id":"`+quoted+`",`, 1),
		} {
			ev := one(t, record)
			require.Equal(t, want[0], ev.Account.EndUserID)
			if want[1] != "" {
				require.Equal(t, want[1], ev.Request.SessionID)
			}
		}
	}
	body := one(t, kong(
		`{"prompt_tokens":1}`,
		`,"payload":{"request":"{\"metadata\":{\"user_id\":\"user_`+device+
			`_account__session_s-1\"},\"messages\":[]}"}`,
	))
	require.Equal(t, device, body.Account.EndUserID)
	require.Equal(t, "s-1", body.Request.SessionID)
}

func TestAnIdOrModelThatCannotBeUsedIsNoReasonToLoseTheEvent(t *testing.T) {
	envoy := `{"gen_ai.request.model":%s,"response_code":200,"start_time":"2026-11-02T10:00:00Z","x-user-id":"u","x-request-id":%s}`
	ids := map[string]bool{}
	for _, id := range []string{`"sk-0123456789abcdef"`, `null`, `""`, `"-"`, `{}`, `NaN`} {
		record := fmt.Sprintf(envoy, `"m"`, id)
		ev := one(t, record)
		require.True(t, strings.HasPrefix(ev.ID, "derived:"), id)
		require.Equal(t, ev.ID, one(t, record).ID, "the same record has the same id")
		ids[ev.ID] = true
	}
	require.Len(t, ids, 1)
	other := one(t, strings.Replace(fmt.Sprintf(envoy, `"m"`, `null`), `"u"`, `"v"`, 1))
	require.NotContains(t, ids, other.ID)

	require.Equal(
		t, event.UnknownModel,
		one(t, fmt.Sprintf(envoy, `"sk-0123456789abcdef"`, `"r"`)).Request.Model,
	)
	require.Equal(
		t, event.UnknownModel,
		one(t, strings.Replace(good("a"), `"model":"m"`, `"model":{"name":"m"}`, 1)).Request.Model,
	)
	refused := strings.Replace(
		strings.Replace(lite(`"messages":[]`), `"success"`, `"failure"`, 1), `"openai/m"`, `""`, 1,
	)
	require.Equal(t, event.UnknownModel, one(t, refused).Request.Model,
		"it failed before anybody looked at the model")
}

func TestACallersHostileValuesDoNotLoseALiteLLMEvent(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 3000) + "1" + strings.Repeat("}", 3000)
	many := `{"k":1` + strings.Repeat(`,"k":1`, 70000) + "}"
	for name, hostile := range map[string]string{
		"NaN": "NaN", "infinity": "Infinity", "minus infinity": "-Infinity", "overflow": "1e999",
		"a deep object": deep, "many names": many,
		"a long text":        `"` + strings.Repeat("x", 100000) + `"`,
		"control characters": `"a\u0000\u001b"`, "half a surrogate": `"\ud83d"`,
		"a credential": `"sk-0123456789abcdef"`, "bad UTF-8": "\"\xff\xfe\"",
		"a list": `[[],{"a":[1]}]`, "true": "true",
	} {
		t.Run(name, func(t *testing.T) {
			for _, record := range []string{
				lite(`"model_parameters":{"temperature":` + hostile + `,"max_tokens":` + hostile +
					`,"tools":` + hostile + `,"user":` + hostile + `}`),
				lite(`"messages":` + hostile),
				lite(`"messages":[{"role":` + hostile + `,"content":` + hostile + `}]`),
				lite(`"response":` + hostile),
				lite(`"response":{"choices":[{"message":{"content":` + hostile +
					`},"finish_reason":` + hostile + `}],"usage":` + hostile + `}`),
				lite(`"end_user":` + hostile), lite(`"request_tags":` + hostile),
				lite(`"trace_id":` + hostile), lite(`"session_id":` + hostile),
				lite(`"user_agent":` + hostile),
				strings.Replace(lite(`"x":1`), `"metadata":{`, `"metadata":{"requester_metadata":`+
					hostile+`,"requester_custom_headers":{"x-ja4":`+hostile+`},`, 1),
			} {
				ev := one(t, record)
				require.Equal(t, "u", ev.Account.ID)
				require.Equal(t, int64(1793613600500), ev.Time)
			}
		})
	}
}
