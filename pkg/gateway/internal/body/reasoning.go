package body

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// The names under which the APIs have the ids of reasoning blocks (docs/gateways/README.md says
// where each was read):
//
//   - Anthropic's messages: "signature" of a block "thinking", "data" of one "redacted_thinking";
//     streamed in a delta of the type "signature_delta", and in "content_block_start";
//   - OpenAI's responses: "encrypted_content", else "id", of an item "reasoning"; "id" of the
//     answer, which the next request has as "previous_response_id"; streamed whole in
//     "response.output_item.done" and "response.completed";
//   - Amazon's Converse: "reasoningContent", with "reasoningText.signature" or "redactedContent";
//     streamed as "reasoningContent.signature";
//   - Google's generateContent: "thoughtSignature" of any part; "thought_signature" in its SDKs, and
//     under "extra_content.google" of a tool call in its chat completions;
//   - chat completions of LiteLLM: "thinking_blocks" as Anthropic's, and "thought_signatures" under
//     "provider_specific_fields"; of OpenRouter: "reasoning_details".

// presented reads the ids of the reasoning blocks in the body of a request.
func (r *Reader) presented(at int32, dst []string) []string {
	d := r.doc
	dst = r.MessageIDs(d.Member(at, "messages", "input", "contents"), dst)
	return event.AddReasoningID(dst, d.Scalar(d.Member(at, "previous_response_id")))
}

// MessageIDs appends the ids of reasoning blocks in a conversation. A text among its messages is a
// prompt, whatever it looks like.
func (r *Reader) MessageIDs(at int32, dst []string) []string {
	d := r.doc
	switch d.Kind(at) {
	case event.KindObject:
		return r.messageIDs(at, dst)
	case event.KindArray:
		d.Parts(at, func(part int32) bool { dst = r.MessageIDs(part, dst); return true })
	}
	return dst
}

// ReasoningIDs appends the ids of reasoning blocks at a place: a list of ids, one of them, or a
// conversation, in which the model's own messages may have some.
func (r *Reader) ReasoningIDs(at int32, dst []string) []string {
	d := r.doc
	switch list := d.Inside(at); d.Kind(list) {
	case event.KindObject:
		return r.messageIDs(list, dst)
	case event.KindArray:
		d.Parts(list, func(part int32) bool { dst = r.ReasoningIDs(part, dst); return true })
		return dst
	}
	return event.AddReasoningID(dst, d.Text(at))
}

// messageIDs appends the ids of one message or item. What people and tools say has none.
func (r *Reader) messageIDs(at int32, dst []string) []string {
	d := r.doc
	if inner := d.Member(at, "message", "kwargs"); d.Kind(inner) == event.KindObject &&
		d.Member(at, "role", "content", "parts") == tree.None {
		at = inner
	}
	if who := role(d.Scalar(d.Member(at, "role"))); who != "" && who != "assistant" {
		return dst
	}
	dst = r.blockIDs(at, dst)
	for _, name := range [...]string{
		"thinking_blocks", "reasoning_details", "content", "parts", "contents", "tool_calls",
	} {
		if list := d.Member(at, name); d.Kind(list) == event.KindArray {
			d.Parts(list, func(block int32) bool { dst = r.blockIDs(block, dst); return true })
		}
	}
	return dst
}

// blockIDs appends the ids of one part of a message.
func (r *Reader) blockIDs(at int32, dst []string) []string {
	d := r.doc
	if inner := d.Member(at, "message_content"); d.Kind(inner) == event.KindObject {
		at = inner
	}
	if d.Kind(at) != event.KindObject {
		return dst
	}
	add := func(from int32, names ...string) {
		dst = event.AddReasoningID(dst, d.Text(d.Member(from, names...)))
	}
	switch d.Scalar(d.Member(at, "type")) {
	case "thinking", "reasoning.text":
		add(at, "signature")
	case "redacted_thinking", "reasoning.encrypted":
		add(at, "data")
	case "reasoning":
		add(at, "encrypted_content", "signature", "id")
	}
	add(at, "thoughtSignature", "thought_signature")
	add(d.Member(d.Member(at, "extra_content"), "google"), "thought_signature")
	add(d.Member(at, "provider_specific_fields"), "thought_signature")
	d.Parts(d.Member(d.Member(at, "provider_specific_fields"), "thought_signatures"),
		func(id int32) bool { dst = event.AddReasoningID(dst, d.Text(id)); return true })
	if thought := d.Member(at, "reasoningContent"); thought != tree.None {
		add(d.Member(thought, "reasoningText"), "signature")
		add(thought, "redactedContent")
	}
	return dst
}

// mint notes the ids of a part of the answer.
func (r *Reader) mint(w *answer, at int32) { w.ids = r.blockIDs(at, w.ids) }

// responseID is the name under which OpenAI's API keeps an answer of its responses, unless the
// caller did not want it kept.
func (r *Reader) responseID(whole, id int32, w *answer) {
	name := r.doc.Text(id)
	if strings.HasPrefix(name, "resp_") && r.doc.Scalar(r.doc.Member(whole, "store")) != "false" {
		w.ids = event.AddReasoningID(w.ids, name)
	}
}

// signature is an id that a stream may have in pieces: of is the number of its block, text what
// there is of it so far.
type signature struct{ of, text string }

// sign notes a piece of the id of a streamed block.
func (w *answer) sign(of, piece string) {
	if piece == "" {
		return
	}
	if of != w.signature.of {
		w.signed()
		w.signature.of = of
	}
	text := w.signature.text + piece
	w.signature.text = text[max(0, len(text)-event.MaxReasoningID):]
}

// signed notes the id of a block that is over.
func (w *answer) signed() {
	w.ids = event.AddReasoningID(w.ids, w.signature.text)
	w.signature = signature{}
}

// deltaIDs reads the ids in a piece of a stream, whose chunk says of which block it is.
func (r *Reader) deltaIDs(chunk, delta int32, w *answer) {
	d := r.doc
	of := d.Scalar(d.Member(chunk, "index", "contentBlockIndex"))
	w.sign(of, d.Text(d.Member(delta, "signature")))
	thought := d.Member(delta, "reasoningContent")
	w.sign(of, d.Text(d.Member(thought, "signature", "redactedContent")))
}
