package body

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// Ids of reasoning blocks, made up in the shape of the providers'.
const (
	signed1 = "EqoBCkgIARABGAIiQL2UoU0b1OHYi+0000000001=="
	signed2 = "EqoBCkgIARABGAIiQL2UoU0b1OHYi+0000000002=="
	item    = "rs_045fb12aa0dfc2ea0069170733badc81"
	respID  = "resp_045fb12aa0dfc2ea0069170733badc"
)

func TestTheReasoningThatARequestPresentsIsToldByItsIDs(t *testing.T) {
	for api, c := range map[string]struct {
		body string
		want []string
	}{
		"Anthropic": {
			`{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"` + signed1 + `"},` +
				`{"type":"redacted_thinking","data":"` + signed2 + `"},{"type":"text","text":"Hello"}]},{"role":"user","content":"Why?"}]}`,
			[]string{signed1, signed2},
		},
		"OpenAI responses, kept by the caller": {
			`{"store":false,"input":[{"role":"user","content":"Hi"},{"type":"reasoning","id":"` + item + `","summary":[],"encrypted_content":"` + signed1 + `"},` +
				`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]},{"role":"user","content":"Why?"}]}`,
			[]string{signed1},
		},
		"OpenAI responses, kept by the provider": {
			`{"input":[{"role":"user","content":"Hi"},{"type":"reasoning","id":"` + item + `","summary":[]},{"type":"function_call","name":"f","arguments":"{}"}]}`,
			[]string{item},
		},
		"OpenAI responses, by the answer": {
			`{"input":"` + signed1 + `","previous_response_id":"` + respID + `"}`,
			[]string{respID},
		},
		"Converse": {
			`{"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"` + signed1 + `"}}},` +
				`{"reasoningContent":{"redactedContent":"` + signed2 + `"}},{"text":"Hello"}]}]}`,
			[]string{signed1, signed2},
		},
		"Gemini": {
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"` + signed1 + `"},` +
				`{"text":"Hello","thought_signature":"` + signed2 + `"}]}]}`,
			[]string{signed1, signed2},
		},
		"Gemini by chat completions": {
			`{"messages":[{"role":"assistant","tool_calls":[{"id":"call_1","function":{"name":"f"},"extra_content":{"google":{"thought_signature":"` + signed1 + `"}}}]}]}`,
			[]string{signed1},
		},
		"LiteLLM": {
			`{"messages":[{"role":"assistant","content":"Hello","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"` + signed1 + `"}],` +
				`"provider_specific_fields":{"thought_signatures":["` + signed2 + `"]}}]}`,
			[]string{signed2, signed1},
		},
		"OpenRouter": {
			`{"messages":[{"role":"assistant","content":"Hello","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"` + signed1 + `"},` +
				`{"type":"reasoning.encrypted","data":"` + signed2 + `"}]}]}`,
			[]string{signed1, signed2},
		},
		"what people and tools say": {
			`{"messages":[{"role":"user","content":[{"type":"thinking","thinking":"hm","signature":"` + signed1 + `"}]},` +
				`{"role":"tool","content":[{"type":"text","text":"x","thoughtSignature":"` + signed1 + `"}]},{"role":"assistant","content":"` + signed2 + `"}]}`,
			nil,
		},
		"prompts in a list": {
			`{"input":["` + signed1 + `","{\"role\":\"assistant\",\"thoughtSignature\":\"` + signed2 + `\"}"]}`,
			nil,
		},
		"what clients put in place of one": {
			`{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"thinking","signature":"none"},` +
				`{"type":"thinking","signature":7},{"type":"thinking","signature":{"a":"` + signed1 + `"}},{"type":"thinking","signature":"I made this one up"}]}]}`,
			nil,
		},
	} {
		t.Run(api, func(t *testing.T) {
			for _, asText := range []bool{false, true} {
				ev := read(t, c.body, "", asText)
				require.Equal(t, c.want, ev.Content.ReasoningIn)
				require.Empty(t, ev.Content.ReasoningOut)
			}
		})
	}
}

func TestTheReasoningInAnAnswerIsToldByItsIDsWholeAndAsAStream(t *testing.T) {
	sse := func(chunks ...string) string {
		return "data: " + strings.Join(chunks, "\n\ndata: ") + "\n\ndata: [DONE]\n\n"
	}
	output := `"output":[{"type":"reasoning","id":"` + item + `","summary":[],"encrypted_content":"` + signed1 + `"},{"type":"message","content":[{"type":"output_text","text":"Moss."}]}]`
	for api, c := range map[string]struct {
		body string
		want []string
	}{
		"Anthropic": {
			`{"id":"msg_0123456789abcdef","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"` + signed1 + `"},` +
				`{"type":"redacted_thinking","data":"` + signed2 + `"},{"type":"text","text":"Moss."}]}`,
			[]string{signed1, signed2},
		},
		"Anthropic, streamed": {
			"event: message_start\n" + sse(
				`{"type":"message_start","message":{"id":"msg_0123456789abcdef","content":[]}}`,
				`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}`,
				`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"`+signed1+`"}}`,
				`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"`+signed2+`"}}`,
				`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Moss."}}`,
			),
			[]string{signed2, signed1},
		},
		"Anthropic, streamed with two thoughts": {
			sse(
				`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"`+signed1+`"}}`,
				`{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"`+signed2+`"}}`,
			),
			[]string{signed1, signed2},
		},
		"OpenAI responses": {
			`{"id":"` + respID + `","object":"response","store":true,` + output + `}`,
			[]string{respID, signed1},
		},
		"OpenAI responses that the provider does not keep": {
			`{"id":"` + respID + `","object":"response","store":false,` + output + `}`,
			[]string{signed1},
		},
		"OpenAI responses, streamed": {
			sse(
				`{"type":"response.created","response":{"id":"`+respID+`","object":"response","output":[]}}`,
				`{"type":"response.output_item.added","item":{"type":"reasoning","id":"`+item+`","encrypted_content":"`+signed1[:20]+`"}}`,
				`{"type":"response.output_item.done","item":{"type":"reasoning","id":"`+item+`","summary":[],"encrypted_content":"`+signed1+`"}}`,
				`{"type":"response.completed","response":{"id":"`+respID+`","object":"response","status":"completed",`+output+`}}`,
			),
			[]string{respID, signed1},
		},
		"OpenAI responses, streamed and cut": {
			sse(`{"type":"response.output_item.done","item":{"type":"reasoning","id":"` + item + `","summary":[]}}`),
			[]string{item},
		},
		"OpenAI chat": {
			`{"id":"chatcmpl-0123456789abcdef","choices":[{"message":{"role":"assistant","content":"Moss.","reasoning_content":"Hm."}}]}`,
			nil,
		},
		"Converse": {
			`{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"` + signed1 + `"}}},{"text":"Moss."}]}}}`,
			[]string{signed1},
		},
		"Converse, streamed in pieces": {
			`[{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm."}}}},` +
				`{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"` + signed1[:10] + `"}}}},` +
				`{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"` + signed1[10:] + `"}}}},` +
				`{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"Moss."}}}]`,
			[]string{signed1},
		},
		"Gemini": {
			`{"candidates":[{"content":{"role":"model","parts":[{"text":"Moss.","thoughtSignature":"` + signed1 + `"}]}}]}`,
			[]string{signed1},
		},
		"Gemini, streamed": {
			`[{"candidates":[{"content":{"parts":[{"text":"Mo"}]}}]},{"candidates":[{"content":{"parts":[{"text":"ss.","thoughtSignature":"` + signed1 + `"}]}}]}]`,
			[]string{signed1},
		},
		"LiteLLM": {
			`{"choices":[{"message":{"role":"assistant","content":"Moss.","thinking_blocks":[{"type":"thinking","thinking":"Hm.","signature":"` + signed1 + `"}]}}]}`,
			[]string{signed1},
		},
		"LiteLLM, streamed": {
			sse(`{"choices":[{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"Hm."}]}}]}`,
				`{"choices":[{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"`+signed1+`"}]}}]}`),
			[]string{signed1},
		},
		"OpenRouter": {
			`{"choices":[{"message":{"content":"Moss.","reasoning_details":[{"type":"reasoning.encrypted","data":"` + signed1 + `"}]}}]}`,
			[]string{signed1},
		},
		"Ollama": {`{"message":{"role":"assistant","content":"Moss.","thinking":"Hm."}}`, nil},
	} {
		t.Run(api, func(t *testing.T) {
			for _, asText := range []bool{false, true} {
				ev := read(t, "", c.body, asText)
				require.Equal(t, c.want, ev.Content.ReasoningOut)
				require.Empty(t, ev.Content.ReasoningIn)
			}
		})
	}
}

func TestIDsOfReasoningMayBeListedByThemselves(t *testing.T) {
	d := tree.New(event.DefaultLimits())
	_, err := d.Parse([]byte(`{"one":"` + signed1 + `","some":["` + signed1 + `","` + signed2 + `",{"a":1},7],` +
		`"openinference":[{"message":{"role":"assistant","contents":[{"message_content":{"type":"reasoning","signature":"` + signed1 + `"}}]}}]}`))
	require.NoError(t, err)
	r := New(d)
	require.Equal(t, []string{signed1}, r.ReasoningIDs(d.Member(0, "one"), nil))
	require.Equal(t, []string{signed1, signed2}, r.ReasoningIDs(d.Member(0, "some"), nil))
	require.Equal(t, []string{signed1}, r.ReasoningIDs(d.Member(0, "openinference"), nil))
	require.Empty(t, r.ReasoningIDs(tree.None, nil))
}
