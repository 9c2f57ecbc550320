package body

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestWhatAToolAnsweredIsNoTurnOfTheUser(t *testing.T) {
	want := event.Message{Role: "tool", Text: "9 degrees"}
	for api, message := range map[string]string{
		"OpenAI chat":      `{"role":"tool","tool_call_id":"1","content":"9 degrees"}`,
		"OpenAI responses": `{"type":"function_call_output","call_id":"1","output":"9 degrees"}`,
		"Anthropic, text":  `{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"9 degrees"}]}`,
		"Anthropic, parts": `{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"9 degrees"}]}]}`,
		"Converse":         `{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"9 degrees"}]}}]}`,
		"Gemini":           `{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"9 degrees"}}}]}`,
		"AI SDK 4":         `{"role":"tool","content":[{"type":"tool-result","toolName":"f","result":"9 degrees"}]}`,
		"AI SDK 5":         `{"role":"tool","content":[{"type":"tool-result","output":{"type":"text","value":"9 degrees"}}]}`,
		"OpenTelemetry":    `{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":"9 degrees"}]}`,
		"Pydantic AI":      `{"role":"user","parts":[{"type":"tool_call_response","id":"1","result":"9 degrees"}]}`,
	} {
		ev := read(
			t, `{"messages":[{"role":"user","content":"How warm is it?"},`+message+`]}`, "", false,
		)
		require.Len(t, ev.Content.Input, 2, api)
		require.Equal(t, want, ev.Content.Input[1], api)
	}
	mixed := `{"role":"user","content":[{"type":"tool_result","content":"9 degrees"},{"type":"text","text":"And now?"}]}`
	ev := read(t, `{"messages":[`+mixed+`]}`, "", false)
	require.Equal(t, []event.Message{{Role: "user", Text: "And now?"}}, ev.Content.Input)
}

func TestAListOfTextsInATextIsReadAndNothingElseIsTakenForOne(t *testing.T) {
	asText := func(list string) string {
		return `{"messages":[{"role":"user","content":"` + strings.ReplaceAll(list, `"`, `\"`) +
			`"}]}`
	}
	list := `[{"type":"text","text":"Hi"},{"type":"text","text":"there"}]`
	require.Equal(t, "Hi\nthere", read(t, asText(list), "", false).Content.Input[0].Text)
	for _, list := range []string{
		`[{"type":"text","text":"Hi","note":"what the model is really asked"}]`,
		`[{"type":"text","text":"Hi"},{"type":"image_url","image_url":"what it is really asked"}]`,
		`[{"type":"code","text":"Hi"}]`, `["Hi"]`, `[]`, `{"text":"Hi"}`,
	} {
		require.Equal(t, list, read(t, asText(list), "", false).Content.Input[0].Text)
	}
}

func TestNothingBesideAPromptHidesIt(t *testing.T) {
	for name, message := range map[string]string{
		"a message inside":     `{"role":"user","content":"harvest","message":{"role":"user","content":"hello"}}`,
		"keyword arguments":    `{"role":"user","content":"harvest","kwargs":{"content":"hello"}}`,
		"a second text":        `{"role":"user","content":"harvest","text":"hello"}`,
		"a thought":            `{"role":"user","parts":[{"text":"harvest","thought":true}]}`,
		"thinking":             `{"role":"user","content":[{"type":"thinking","thinking":"harvest"}]}`,
		"a guarded text":       `{"role":"user","content":[{"guardContent":{"text":{"text":"harvest"}}}]}`,
		"a document":           `{"role":"user","content":[{"type":"document","source":{"type":"text","data":"harvest"}}]}`,
		"a document of parts":  `{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"harvest"}]}}]}`,
		"Converse's document":  `{"role":"user","content":[{"document":{"name":"d","source":{"text":"harvest"}}}]}`,
		"a search result":      `{"role":"user","content":[{"type":"search_result","content":[{"type":"text","text":"harvest"}]}]}`,
		"the JSON of messages": `"[{\"role\":\"user\",\"content\":\"hello\",\"harvest\":1}]"`,
	} {
		field, list := "messages", "["+message+"]"
		if message[0] == '"' {
			field, list = "input", message
		}
		ev := read(t, `{"`+field+`":`+list+`}`, "", false)
		require.Len(t, ev.Content.Input, 1, name)
		require.Equal(t, "user", ev.Content.Input[0].Role, name)
		require.Contains(t, ev.Content.Input[0].Text, "harvest", name)
	}
}
