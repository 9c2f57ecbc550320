package body

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// read reads a request and a response, each as it is and as the string in which most gateways log
// it.
func read(t *testing.T, request, response string, asText bool) *event.Event {
	t.Helper()
	quote := func(body string) string {
		if !asText && strings.HasPrefix(body, "{") {
			return body
		}
		text, err := json.Marshal(body)
		require.NoError(t, err)
		return string(text)
	}
	if request == "" {
		request = "{}"
	}
	d := tree.New(event.DefaultLimits())
	_, err := d.Parse(
		[]byte(`{"request":` + quote(request) + `,"response":` + quote(response) + `}`),
	)
	require.NoError(t, err)
	r, ev := New(d), &event.Event{}
	require.True(t, r.Request(d.Member(0, "request"), ev))
	if response != "" {
		r.Response(d.Member(0, "response"), ev)
	}
	require.NoError(t, d.Err())
	require.Zero(t, r.TakeUnread())
	return ev
}

func known(n int64) event.Int { return event.Int{V: n, Known: true} }

func TestEveryAPIsRequestGivesTheSameConversation(t *testing.T) {
	want := []event.Message{{Role: "user", Text: "Hi"}, {Role: "assistant", Text: "Hello"}, {
		Role: "user", Text: "Why?",
	}}
	for api, body := range map[string]string{
		"OpenAI chat": `{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"text","text":"Hello"}]},` +
			`{"role":"user","content":[{"type":"image_url","image_url":{}},{"type":"text","text":"Why?"}]}]}`,
		"OpenAI responses": `{"input":[{"role":"user","content":"Hi"},{"type":"reasoning","summary":[{"text":"hm"}]},` +
			`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]},` +
			`{"role":"user","content":[{"type":"input_text","text":"Why?"}]}]}`,
		"Anthropic messages": `{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},` +
			`{"type":"text","text":"Hello"}]},{"role":"user","content":[{"type":"text","text":"Why?"}]}]}`,
		"Converse": `{"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"text":"Hello"}]},` +
			`{"role":"user","content":[{"text":"Why?"}]}]}`,
		"Gemini": `{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"hm","thought":true},` +
			`{"text":"Hello"}]},{"parts":[{"text":"Why?"}]}]}`,
		"Cohere chat": `{"message":"Why?","chat_history":[{"role":"USER","message":"Hi"},{"role":"CHATBOT","message":"Hello"}]}`,
		"Llama 3": `{"prompt":"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>` +
			`<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?` +
			`<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"}`,
		"Llama 4": `{"prompt":"<|begin_of_text|><|header_start|>user<|header_end|>\n\nHi<|eot|><|header_start|>assistant<|header_end|>` +
			`\n\nHello<|eot|><|header_start|>user<|header_end|>\n\nWhy?<|eot|><|header_start|>assistant<|header_end|>\n\n"}`,
		"Gemma": `{"prompt":"<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n` +
			`<start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n"}`,
		"DeepSeek": `{"prompt":"<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜>` +
			`<｜User｜>Why?<｜Assistant｜><think>\n"}`,
		"Llama 2":          `{"prompt":"<s>[INST] Hi [/INST] Hello </s><s>[INST] Why? [/INST]"}`,
		"ChatML":           `{"prompt":"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"}`,
		"Anthropic's text": `{"prompt":"\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Why?\n\nAssistant:"}`,
		"Titan":            `{"inputText":"User: Hi\n\nBot: Hello\n\nUser: Why?\n\nBot:"}`,
	} {
		t.Run(api, func(t *testing.T) {
			for _, asText := range []bool{false, true} {
				require.Equal(t, want, read(t, body, "", asText).Content.Input)
			}
		})
	}
	require.Equal(
		t, []event.Message{{Role: "user", Text: "Once"}},
		read(t, `{"prompt":"Once"}`, "", false).Content.Input,
	)
	talk := "What does [INST] mean, and User: or Human:?"
	require.Equal(
		t, []event.Message{{Role: "user", Text: talk}},
		read(t, `{"prompt":"`+talk+`"}`, "", false).Content.Input,
	)
}

func TestEveryAPIsSystemPromptIsFound(t *testing.T) {
	for api, body := range map[string]string{
		"OpenAI responses":  `{"instructions":"Be brief.","input":"x"}`,
		"Anthropic, text":   `{"system":"Be brief.","messages":[]}`,
		"Anthropic, blocks": `{"system":[{"type":"text","text":"Be brief."}],"messages":[]}`,
		"Converse":          `{"system":[{"text":"Be brief."}]}`,
		"Gemini":            `{"systemInstruction":{"parts":[{"text":"Be brief."}]}}`,
		"Cohere":            `{"preamble":"Be brief.","message":"x"}`,
	} {
		require.Equal(t, "Be brief.", read(t, body, "", false).Content.System, api)
	}
}

func TestEveryAPIsParametersAreRead(t *testing.T) {
	want := event.Request{
		Temperature: event.Float{V: 0.5, Known: true}, TopP: event.Float{V: 0.9, Known: true},
		MaxTokens: known(77), Tools: []string{"bash"},
	}
	for api, body := range map[string]string{
		"OpenAI chat":      `{"temperature":0.5,"top_p":0.9,"max_completion_tokens":77,"tools":[{"type":"function","function":{"name":"bash"}}]}`,
		"OpenAI responses": `{"temperature":0.5,"top_p":0.9,"max_output_tokens":77,"tools":[{"type":"function","name":"bash"}]}`,
		"Anthropic":        `{"temperature":0.5,"top_p":0.9,"max_tokens":77,"tools":[{"name":"bash","input_schema":{}}]}`,
		"Converse": `{"inferenceConfig":{"temperature":0.5,"topP":0.9,"maxTokens":77},` +
			`"toolConfig":{"tools":[{"toolSpec":{"name":"bash"}}]}}`,
		"Gemini": `{"generationConfig":{"temperature":0.5,"topP":0.9,"maxOutputTokens":77},` +
			`"tools":[{"functionDeclarations":[{"name":"bash"}]}]}`,
		"Titan, with tools": `{"textGenerationConfig":{"temperature":0.5,"topP":0.9,"maxTokenCount":77},"tools":[{"name":"bash"}]}`,
		"Ollama":            `{"options":{"temperature":0.5,"top_p":0.9,"num_predict":77},"tools":[{"function":{"name":"bash"}}]}`,
	} {
		require.Equal(t, want, read(t, body, "", false).Request, api)
	}
}

// answered is what every answer below says.
type answered struct {
	output, reasoning, finish string
	in, out, think, cached    int64
}

func TestEveryAPIsResponseIsReadWholeAndAsAStream(t *testing.T) {
	sse := func(chunks ...string) string {
		return "data: " + strings.Join(chunks, "\n\ndata: ") + "\n\ndata: [DONE]\n\n"
	}
	for api, c := range map[string]struct {
		body string
		want answered
	}{
		"OpenAI chat": {
			`{"choices":[{"message":{"role":"assistant","content":"Moss.","reasoning_content":"Hm."},"finish_reason":"stop"}],` +
				`"usage":{"prompt_tokens":30,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":20},"completion_tokens_details":{"reasoning_tokens":4}}}`,
			answered{"Moss.", "Hm.", "stop", 30, 9, 4, 20},
		},
		"OpenAI chat, streamed": {
			sse(`{"choices":[{"delta":{"role":"assistant","content":"Mo"}}]}`,
				`{"choices":[{"delta":{"content":"ss."}}]}`,
				`{"choices":[{"delta":{},"finish_reason":"stop"}]}`,
				`{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":9}}`),
			answered{"Moss.", "", "stop", 30, 9, 0, 0},
		},
		"OpenAI completion": {
			`{"choices":[{"text":"Moss.","finish_reason":"length"}]}`,
			answered{output: "Moss.", finish: "length"},
		},
		"OpenAI refusal": {
			`{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}`,
			answered{output: "No.", finish: "stop"},
		},
		"OpenAI responses": {
			`{"object":"response","status":"completed","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]},` +
				`{"type":"message","content":[{"type":"output_text","text":"Moss."}]}],` +
				`"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":20},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":4}}}`,
			answered{"Moss.", "Hm.", "completed", 30, 9, 4, 20},
		},
		"OpenAI responses, cut short": {
			`{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"Mo"}]}]}`,
			answered{output: "Mo", finish: "max_output_tokens"},
		},
		"OpenAI responses, streamed": {
			sse(
				`{"type":"response.output_text.delta","delta":"Mo"}`,
				`{"type":"response.output_text.delta","delta":"ss."}`,
				`{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Moss."}]}],"usage":{"input_tokens":30,"output_tokens":9}}}`,
			),
			answered{"Moss.", "", "completed", 30, 9, 0, 0},
		},
		"Anthropic": {
			`{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"Moss."}],"stop_reason":"end_turn",` +
				`"usage":{"input_tokens":10,"cache_read_input_tokens":20,"output_tokens":9}}`,
			answered{"Moss.", "Hm.", "end_turn", 30, 9, 0, 20},
		},
		"Anthropic, streamed": {
			"event: message_start\n" + sse(
				`{"type":"message_start","message":{"content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":20,"output_tokens":1}}}`,
				`{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"Hm."}}`,
				`{"type":"content_block_delta","delta":{"type":"text_delta","text":"Mo"}}`,
				`{"type":"content_block_delta","delta":{"type":"text_delta","text":"ss."}}`,
				`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}`,
			),
			answered{"Moss.", "Hm.", "end_turn", 30, 9, 0, 20},
		},
		"Converse": {
			`{"output":{"message":{"content":[{"reasoningContent":{"reasoningText":{"text":"Hm."}}},{"text":"Moss."}]}},"stopReason":"end_turn",` +
				`"usage":{"inputTokens":10,"cacheReadInputTokens":20,"outputTokens":9}}`,
			answered{"Moss.", "Hm.", "end_turn", 30, 9, 0, 20},
		},
		"Converse, streamed": {
			`[{"contentBlockDelta":{"delta":{"reasoningContent":{"text":"Hm."}}}},{"contentBlockDelta":{"delta":{"text":"Moss."}}},` +
				`{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":30,"outputTokens":9}}}]`,
			answered{"Moss.", "Hm.", "end_turn", 30, 9, 0, 0},
		},
		"Titan": {
			`{"inputTextTokenCount":30,"results":[{"tokenCount":9,"outputText":"Moss.","completionReason":"FINISH"}]}`,
			answered{"Moss.", "", "FINISH", 30, 9, 0, 0},
		},
		"Llama": {
			`{"generation":"\n\nMoss.","prompt_token_count":30,"generation_token_count":9,"stop_reason":"stop"}`,
			answered{"Moss.", "", "stop", 30, 9, 0, 0},
		},
		"Mistral": {
			`{"outputs":[{"text":"Moss.","stop_reason":"stop"}]}`,
			answered{output: "Moss.", finish: "stop"},
		},
		"Cohere": {
			`{"text":"Moss.","finish_reason":"COMPLETE","meta":{"tokens":{"input_tokens":30,"output_tokens":9}}}`,
			answered{"Moss.", "", "COMPLETE", 30, 9, 0, 0},
		},
		"Cohere v2": {
			`{"message":{"role":"assistant","content":[{"type":"text","text":"Moss."}]},"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":30,"output_tokens":9}}}`,
			answered{"Moss.", "", "COMPLETE", 30, 9, 0, 0},
		},
		"Cohere, streamed": {
			`{"event_type":"text-generation","text":"Mo"}` + "\n" +
				`{"event_type":"text-generation","text":"ss."}` + "\n" +
				`{"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"Moss."}}`,
			answered{output: "Moss.", finish: "COMPLETE"},
		},
		"AI21": {
			`{"completions":[{"data":{"text":"Moss."},"finishReason":{"reason":"endoftext"}}]}`,
			answered{output: "Moss.", finish: "endoftext"},
		},
		"Gemini": {
			`{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm.","thought":true},{"text":"Moss."}]},"finishReason":"STOP"}],` +
				`"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":5,"thoughtsTokenCount":4,"cachedContentTokenCount":20}}`,
			answered{"Moss.", "Hm.", "STOP", 30, 9, 4, 20},
		},
		"Gemini, streamed": {
			`[{"candidates":[{"content":{"parts":[{"text":"Mo"}]}}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":2}},` +
				`{"candidates":[{"content":{"parts":[{"text":"ss."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":9}}]`,
			answered{"Moss.", "", "STOP", 30, 9, 0, 0},
		},
		"Ollama": {
			`{"message":{"role":"assistant","content":"Moss."},"done_reason":"stop","prompt_eval_count":30,"eval_count":9}`,
			answered{"Moss.", "", "stop", 30, 9, 0, 0},
		},
		"Ollama's generate, streamed": {
			`{"response":"Mo"}` + "\n" + `{"response":"ss.","done_reason":"stop"}`,
			answered{output: "Moss.", finish: "stop"},
		},
		"the answer itself": {"Moss.", answered{output: "Moss."}},
	} {
		t.Run(api, func(t *testing.T) {
			ev := read(t, "", c.body, true)
			got := answered{
				ev.Content.Output, ev.Content.Reasoning,
				strings.Join(ev.Response.FinishReasons, ","),
				ev.Usage.Input.V, ev.Usage.Output.V, ev.Usage.Reasoning.V, ev.Usage.CacheRead.V,
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestTurnsOfToolsAndOfTheModelAreNoneOfTheUser(t *testing.T) {
	ev := read(
		t,
		`{"input":[{"role":"user","content":"Hi"},{"type":"function_call","name":"f","arguments":"{}"},{"type":"function_call_output","output":"7"}]}`,
		"", false,
	)
	require.Equal(t, []event.Message{
		{Role: "user", Text: "Hi"}, {Role: "assistant"}, {Role: "tool", Text: "7"},
	}, ev.Content.Input)
}

func TestValuesThatCannotBeReadAreCounted(t *testing.T) {
	d := tree.New(event.DefaultLimits())
	_, err := d.Parse([]byte(
		`{"temperature":NaN,"top_p":"much","max_tokens":1.5,"seed":{},"logprobs":5,"n":3,"stream":"true"}`,
	))
	require.NoError(t, err)
	r, ev := New(d), &event.Event{}
	require.True(t, r.Request(0, ev))
	require.Equal(
		t, event.Request{N: known(3), Stream: event.Bool{V: true, Known: true}}, ev.Request,
	)
	require.EqualValues(t, 4, r.TakeUnread(), "an object has no text")
}

// FuzzBody reads any text as a request and as a response. Invariants: it never panics, counts are
// not negative, ids of reasoning blocks are bounded, and no text comes out that is longer than the
// input.
func FuzzBody(f *testing.F) {
	f.Add(`{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}`)
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n")
	f.Add(`{"prompt":"<|start_header_id|>user<|end_header_id|>x"}`)
	f.Add(`[{"response":"{\"a\":1}{"},"{",{"output":[[]]}]`)
	f.Add(`{"messages":[{"role":"assistant","content":[{"type":"thinking","signature":"EqoBCkgIARABGAIiQL2U"}]}],` +
		`"previous_response_id":"resp_0123456789abcdef"}`)
	f.Add("data: {\"index\":0,\"delta\":{\"signature\":\"EqoBCkgIAR\"}}\n\ndata: {\"index\":0,\"delta\":{\"signature\":\"ABGAIiQL2U\"}}\n")
	d := tree.New(event.Limits{MaxBytes: 1 << 16, MaxDepth: 64, MaxFields: 100})
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		if _, err := d.Parse([]byte(`{"b":` + string(quoted) + `}`)); err != nil {
			return
		}
		r, ev := New(d), &event.Event{}
		r.Request(d.Member(0, "b"), ev)
		r.Response(d.Member(0, "b"), ev)
		for _, ids := range [...][]string{ev.Content.ReasoningIn, ev.Content.ReasoningOut} {
			require.Equal(t, ids, event.BoundReasoningIDs(slices.Clone(ids)))
		}
		for _, n := range [...]event.Int{
			ev.Usage.Input, ev.Usage.Output, ev.Usage.Reasoning,
			ev.Usage.CacheRead, ev.Usage.CacheWrite,
		} {
			require.GreaterOrEqual(t, n.V, int64(0))
		}
		require.LessOrEqual(t, len(ev.Content.Output), 3*len(text), "an invalid byte becomes three")
	})
}
