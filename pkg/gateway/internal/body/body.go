// Package body reads the bodies of requests and responses, in the shape of any of the APIs that
// gateways stand before: OpenAI's chat completions, completions and responses, Anthropic's messages
// and its older completions, Amazon's Converse and Titan, Meta's Llama, Cohere, Mistral, AI21,
// Google's generateContent, Ollama; whole or as a stream. Every format of pkg/gateway uses it, so
// that a body reads the same whoever logged it.
//
// The dialects are told apart by their names, not by what a record says of its provider: gateways
// translate, and name the provider that they translated for. A Reader only fills what is not known
// yet. What it cannot read is absent; nothing in a body is an error.
package body

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// Reader reads the bodies in a document.
type Reader struct {
	doc *tree.Document
	// unread counts the values that are there and cannot be read.
	unread int64
	// thoughts says that reasoning is text as any other.
	thoughts bool
}

// New makes a reader of bodies in doc.
func New(doc *tree.Document) *Reader { return &Reader{doc: doc} }

// TakeUnread returns how many values were there and could not be read since it was last called.
func (r *Reader) TakeUnread() int64 {
	n := r.unread
	r.unread = 0
	return n
}

// Request reads the body of a request at a place. It tells whether there is one that can be read: a
// gateway may have cut it.
func (r *Reader) Request(at int32, ev *event.Event) bool {
	d, c, req := r.doc, &ev.Content, &ev.Request
	if at = d.Body(at); d.Kind(at) != event.KindObject {
		return false
	}
	if len(c.Input) == 0 {
		c.Input = r.conversation(at, c.Input)
	}
	if c.System == "" {
		c.System = r.Prose(d.Member(at, "system", "instructions", "systemInstruction",
			"system_instruction", "preamble"))
	}
	if c.System == "" { // Of Google's SDKs.
		c.System = r.Prose(
			d.Member(d.Member(at, "config"), "systemInstruction", "system_instruction"),
		)
	}
	if len(c.ReasoningIn) == 0 {
		c.ReasoningIn = r.presented(at, c.ReasoningIn)
	}
	r.Parameters(at, req)
	for _, group := range [...]string{
		"inferenceConfig", "generationConfig", "generation_config", "textGenerationConfig",
		"options", "config",
	} {
		r.Parameters(d.Member(at, group), req)
	}
	if req.Model == "" {
		req.Model = d.Scalar(d.Member(at, "model"))
	}
	if ev.Account.EndUserID == "" {
		ev.Account.EndUserID = d.Scalar(d.Member(at, "user", "safety_identifier"))
	}
	if ev.Account.EndUserID == "" {
		ev.Account.EndUserID = d.Scalar(d.Member(d.Member(at, "metadata"), "user_id"))
	}
	return true
}

// conversation reads the turns of a request.
func (r *Reader) conversation(at int32, dst []event.Message) []event.Message {
	d := r.doc
	list := d.Member(at, "messages", "input", "contents")
	if text := d.Scalar(list); text != "" {
		// What looks like a conversation is none.
		return append(dst, event.Message{Role: "user", Text: text})
	}
	if list != tree.None {
		return r.Messages(list, dst)
	}
	if message := d.Member(at, "message"); message != tree.None { // Cohere's chat.
		dst = r.Messages(d.Member(at, "chat_history"), dst)
		return append(dst, event.Message{Role: "user", Text: r.Prose(message)})
	}
	prompt := d.Member(at, "prompt", "inputText")
	if d.Kind(prompt) == event.KindString {
		return prompts(d.Text(prompt), dst)
	}
	return r.Messages(prompt, dst)
}

// Parameters reads the parameters in an object.
func (r *Reader) Parameters(at int32, req *event.Request) {
	d := r.doc
	d.Parts(at, func(part int32) bool {
		switch d.Name(part) {
		case "temperature":
			r.float(&req.Temperature, part)
		case "top_p", "topP", "p":
			r.float(&req.TopP, part)
		case "n", "candidateCount", "num_generations", "numResults":
			r.integer(&req.N, part)
		case "max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens",
			"maxOutputTokens", "max_tokens_to_sample", "maxTokenCount",
			"max_gen_len", "num_predict":
			r.integer(&req.MaxTokens, part)
		case "seed":
			r.integer(&req.Seed, part)
		case "logprobs", "responseLogprobs":
			r.flag(&req.Logprobs, part)
		case "stream":
			r.flag(&req.Stream, part)
		case "reasoning_effort":
			r.name(&req.ReasoningEffort, part, "effort")
		case "reasoning", "output_config":
			r.name(&req.ReasoningEffort, d.Member(part, "effort"), "")
		case "thinkingConfig":
			r.name(&req.ReasoningEffort, d.Member(part, "thinkingLevel"), "")
		case "response_format", "responseMimeType":
			r.name(&req.ResponseFormat, part, "type")
		case "text":
			r.name(&req.ResponseFormat, d.Member(part, "format"), "type")
		case "tools", "functions":
			r.tools(part, req)
		case "toolConfig":
			r.tools(d.Member(part, "tools"), req)
		case "tool_choice":
			if req.ToolChoice == "" {
				req.ToolChoice = r.ToolName(part)
			}
		}
		return true
	})
}

// name reads a name that is not known yet, or the member of an object that has it.
func (r *Reader) name(dst *string, at int32, member string) {
	if *dst != "" {
		return
	}
	if r.doc.Kind(at) == event.KindObject {
		at = r.doc.Member(at, member)
	}
	*dst = r.doc.Scalar(at)
}

// tools reads the names of the tools.
func (r *Reader) tools(list int32, req *event.Request) {
	d := r.doc
	if len(req.Tools) > 0 {
		return
	}
	d.Parts(list, func(at int32) bool {
		declared := d.Member(at, "functionDeclarations", "function_declarations")
		if declared == tree.None {
			req.Tools = r.appendTool(at, req.Tools)
			return true
		}
		d.Parts(declared, func(at int32) bool { // Google's: a tool of many functions.
			req.Tools = r.appendTool(at, req.Tools)
			return true
		})
		return true
	})
}

func (r *Reader) appendTool(at int32, dst []string) []string {
	if name := r.ToolName(at); name != "" {
		dst = append(dst, name)
	}
	return dst
}

// ToolName reads the name of a tool in any of the APIs' shapes.
func (r *Reader) ToolName(at int32) string {
	d := r.doc
	inner := d.Inside(at)
	if d.Kind(inner) != event.KindObject {
		return d.Scalar(at)
	}
	for _, in := range [...]int32{d.Member(inner, "function", "toolSpec", "tool"), inner} {
		if v := d.Scalar(d.Member(in, "name")); v != "" {
			return v
		}
		if schema := d.Member(in, "json_schema"); d.Kind(d.Inside(schema)) == event.KindObject {
			return r.ToolName(schema)
		}
	}
	return d.Scalar(d.Member(inner, "type"))
}

// Messages appends the conversation at a place: a list of messages, one of them, or a lone text,
// which is one user turn. A text that is JSON is a conversation only if it looks like one: callers
// may ask about JSON.
func (r *Reader) Messages(at int32, dst []event.Message) []event.Message {
	d := r.doc
	list := at
	if d.Kind(at) == event.KindString {
		if list = d.Open(at); !r.IsConversation(list) {
			if d.Known(at) {
				dst = append(dst, event.Message{Role: "user", Text: d.Text(at)})
			}
			return dst
		}
	}
	if d.Kind(list) == event.KindObject {
		return r.message(list, dst)
	}
	d.Parts(list, func(at int32) bool {
		switch {
		case d.Kind(at) == event.KindString && d.Known(at):
			dst = append(dst, event.Message{Role: "user", Text: d.Text(at)})
		case d.Kind(at) == event.KindArray:
			// LangChain's, one conversation for each prompt of a batch.
			d.Parts(at, func(at int32) bool { dst = r.message(at, dst); return true })
		default:
			dst = r.message(at, dst)
		}
		return true
	})
	return dst
}

// IsConversation tells whether every part of a list, or an object, has a role.
func (r *Reader) IsConversation(at int32) bool {
	d := r.doc
	if d.Kind(at) == event.KindObject {
		return d.Member(at, "role") != tree.None ||
			d.Member(d.Member(at, "message"), "role") != tree.None
	}
	parts, ok := 0, d.Kind(at) == event.KindArray
	d.Parts(at, func(part int32) bool {
		parts++
		ok = ok && d.Kind(part) == event.KindObject && r.IsConversation(part)
		return ok
	})
	return ok && parts > 0
}

// message appends one turn. Some conventions put it into an object of its own.
func (r *Reader) message(at int32, dst []event.Message) []event.Message {
	d := r.doc
	if d.Kind(at) != event.KindObject {
		return dst
	}
	// Beside a role or a text of its own, it is a name that the caller put there.
	if inner := d.Member(at, "message", "prompt", "kwargs"); d.Kind(inner) == event.KindObject &&
		d.Member(at, "role", "content", "parts") == tree.None {
		at = inner
	}
	m := event.Message{Role: role(d.Scalar(d.Member(at, "role")))}
	if m.Role == "" {
		switch d.Scalar(d.Member(at, "type")) {
		case "reasoning": // The model's own, carried over.
			return dst
		case "function_call", "ai":
			m.Role = "assistant"
		case "function_call_output", "tool":
			m.Role = "tool"
		case "system":
			m.Role = "system"
		default:
			m.Role = "user"
		}
	}
	said := d.Member(at, "content", "parts", "contents", "text", "output", "message")
	if results, only := r.toolResults(said); only {
		// Most APIs have what a tool answered in a message of the user.
		m.Role, m.Text = "tool", results
	} else {
		// What a user marks as a thought is a part of the prompt.
		r.thoughts = m.Role != "assistant"
		m.Text = r.said(said)
		r.thoughts = false
	}
	return append(dst, m)
}

// Prose is the text at a place: one, or those of its parts with newlines between them. Parts
// without one (images, tool calls) and reasoning are left out.
func (r *Reader) Prose(at int32) string {
	if r.doc.Kind(at) == event.KindString {
		return r.doc.Text(at)
	}
	return strings.Join(r.Texts(at, nil), "\n")
}

// Texts appends the texts at a place.
func (r *Reader) Texts(at int32, dst []string) []string {
	d := r.doc
	switch d.Kind(at) {
	case event.KindString:
		return append(dst, d.Text(at))
	case event.KindArray:
		d.Parts(at, func(part int32) bool {
			switch d.Kind(part) {
			case event.KindString:
				dst = append(dst, d.Text(part))
			case event.KindObject:
				dst = r.part(part, dst)
			}
			return true
		})
	case event.KindObject:
		return r.part(at, dst)
	}
	return dst
}

// Reasoning appends the texts of reasoning at a place: a text, or the parts of messages that are
// reasoning.
func (r *Reader) Reasoning(at int32, dst []string) []string {
	d := r.doc
	if d.Kind(at) == event.KindString && d.Kind(d.Open(at)) == event.KindInvalid {
		return append(dst, d.Text(at))
	}
	r.reasoningIn(d.Inside(at), &dst)
	return dst
}

// item is the first item of a list, tree.None without.
func (r *Reader) item(list int32) int32 {
	first := int32(tree.None)
	r.doc.Parts(list, func(at int32) bool { first = at; return false })
	return first
}

// reasoningIn looks for parts that are reasoning in messages and lists of parts.
func (r *Reader) reasoningIn(at int32, dst *[]string) {
	d := r.doc
	if d.Kind(at) == event.KindArray {
		d.Parts(at, func(part int32) bool { r.reasoningIn(part, dst); return true })
		return
	}
	if d.Kind(at) != event.KindObject {
		return
	}
	if inner := d.Member(at, "message", "message_content"); d.Kind(inner) == event.KindObject {
		at = inner
	}
	switch d.Scalar(d.Member(at, "type")) {
	case "reasoning", "thinking":
		said := d.Member(at, "content", "text", "thinking", "summary")
		text := r.Prose(said)
		// OpenLLMetry writes the summary's parts as the JSON of a list.
		if list := d.Open(said); d.Scalar(d.Member(r.item(list), "type")) == "summary_text" {
			text = r.Prose(list)
		}
		if text != "" {
			*dst = append(*dst, text)
		}
		return
	}
	if text := d.Text(d.Member(at, "reasoning_content")); text != "" {
		*dst = append(*dst, text)
	}
	if parts := d.Member(at, "parts", "contents", "content"); d.Kind(parts) == event.KindArray {
		r.reasoningIn(parts, dst)
	}
}

// part appends the text of one part, which has it under "text", or under "content" beside the type
// "text".
func (r *Reader) part(at int32, dst []string) []string {
	d := r.doc
	if inner := d.Member(
		at, "message_content", "message", "completion",
	); d.Kind(inner) == event.KindObject {
		at = inner
	}
	kind := d.Scalar(d.Member(at, "type"))
	reasons := kind == "reasoning" || kind == "thinking" ||
		d.Scalar(d.Member(at, "thought")) == "true"
	if reasons && !r.thoughts {
		return dst
	}
	if inner := r.enclosed(at, kind); inner != tree.None {
		return r.Texts(inner, dst)
	}
	if text := d.Member(at, "text"); d.Kind(text) == event.KindString {
		return append(dst, d.Text(text))
	}
	content := d.Member(at, "content")
	if d.Kind(content) == event.KindString && (kind == "text" || kind == "") {
		return append(dst, d.Text(content))
	}
	if parts := d.Member(at, "parts", "contents"); d.Kind(parts) == event.KindArray {
		return r.Texts(parts, dst)
	}
	return dst
}
