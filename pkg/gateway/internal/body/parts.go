package body

import (
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// toolResults reads the texts of a message that is nothing but what tools answered, and tells
// whether it is one: Anthropic's tool_result, Converse's toolResult, Google's functionResponse,
// the AI SDK's tool-result and OpenTelemetry's tool_call_response.
func (r *Reader) toolResults(at int32) (text string, only bool) {
	d := r.doc
	if d.Kind(at) != event.KindArray {
		return "", false
	}
	var texts []string
	only = true
	d.Parts(at, func(part int32) bool {
		result, ok := r.toolResult(part)
		if only = ok; ok && result != "" {
			texts = append(texts, result)
		}
		return ok
	})
	return strings.Join(texts, "\n"), only && r.item(at) != tree.None
}

// toolResult reads a part that is what a tool answered.
func (r *Reader) toolResult(part int32) (text string, ok bool) {
	d := r.doc
	if d.Kind(part) != event.KindObject {
		return "", false
	}
	said := d.Member(part, "toolResult", "functionResponse", "function_response")
	if said == tree.None {
		switch d.Scalar(d.Member(part, "type")) {
		case "tool_result", "tool-result", "tool_call_response":
			said = part
		default:
			return "", false
		}
	}
	said = d.Member(said, "content", "result", "response", "output")
	if inner := d.Member(
		said, "value", "result", "output", "text",
	); d.Kind(said) == event.KindObject {
		said = inner
	}
	return r.Prose(said), true
}

// said is the text of a message. OpenLLMetry, and who has only one text for it, write the list of
// its parts as JSON: such a list is read if it has nothing but texts, for callers may ask about
// one.
func (r *Reader) said(at int32) string {
	d := r.doc
	list := d.Open(at)
	if d.Kind(list) != event.KindArray || r.item(list) == tree.None {
		return r.Prose(at)
	}
	plain := true
	d.Parts(list, func(part int32) bool {
		plain = d.Kind(part) == event.KindObject &&
			d.Kind(d.Member(part, "text")) == event.KindString
		d.Parts(part, func(member int32) bool {
			switch d.Name(member) {
			case "text":
			case "type":
				kinds := []string{"text", "input_text", "output_text"}
				plain = plain && slices.Contains(kinds, d.Scalar(member))
			default:
				plain = false
			}
			return plain
		})
		return plain
	})
	if !plain {
		return r.Prose(at)
	}
	return r.Prose(list)
}

// enclosed returns what a part has its text in that is no plain text: a document of Anthropic's or
// Converse's, a search result, what Converse is told to guard; tree.None for others.
func (r *Reader) enclosed(at int32, kind string) int32 {
	d := r.doc
	if guarded := d.Member(d.Member(at, "guardContent"), "text"); guarded != tree.None {
		return guarded
	}
	switch source := d.Member(at, "source"); {
	case kind == "document" && d.Scalar(d.Member(source, "type")) == "text":
		return d.Member(source, "data")
	case kind == "document":
		return d.Member(source, "content")
	case kind == "search_result", kind == "thinking" || kind == "reasoning":
		return d.Member(at, "content", "thinking", "summary")
	}
	return d.Member(d.Member(d.Member(at, "document"), "source"), "text", "content")
}

// role gives a role the name that most APIs have for it.
func role(name string) string {
	switch name {
	case "model", "CHATBOT", "chatbot", "ai", "AIMessage":
		return "assistant"
	case "USER", "human", "Human":
		return "user"
	case "SYSTEM":
		return "system"
	}
	return name
}
