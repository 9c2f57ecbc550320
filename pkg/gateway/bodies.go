package gateway

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// The bodies of requests and responses, in the shape of any of the APIs that gateways stand before: OpenAI's chat completions, completions
// and responses, Anthropic's messages, Amazon's converse and Titan, Google's generateContent. They only fill what is not known yet.

// requestBody reads the body of a request: a JSON object, or the prompt itself.
func (a *mapped) requestBody(at int32, ev *event.Event) {
	d, c, r := a.doc, &ev.Content, &ev.Request
	body := at
	if at = d.enter(body); d.kind(at) != event.KindObject {
		// Cut by the gateway, or in a dialect that only the model's server reads, as with NaN.
		a.broken = d.nodes[body].failure != ""
		return
	}
	if len(c.Input) == 0 {
		c.Input = d.messages(d.member(at, "messages", "input", "prompt", "contents", "inputText"), c.Input)
	}
	if c.System == "" {
		c.System = strings.Join(d.prose(d.member(at, "system", "instructions", "systemInstruction", "system_instruction"), nil), "\n")
	}
	a.parameters(at, r)
	for _, group := range [...]string{"inferenceConfig", "generationConfig", "generation_config", "textGenerationConfig"} {
		a.parameters(d.member(at, group), r)
	}
	if r.Model == "" {
		r.Model = d.scalar(d.member(at, "model"))
	}
	if ev.Account.EndUserID == "" {
		ev.Account.EndUserID = d.scalar(d.member(at, "user", "safety_identifier"))
	}
	list := d.member(at, "tools", "functions")
	if list == none {
		list = d.member(d.member(at, "toolConfig"), "tools")
	}
	if len(r.Tools) == 0 {
		d.parts(list, func(at int32) bool {
			if name := d.toolName(at); name != "" {
				r.Tools = append(r.Tools, name)
			}
			return true
		})
	}
	if r.ToolChoice == "" {
		r.ToolChoice = d.toolName(d.member(at, "tool_choice"))
	}
}

// parameters reads the parameters in an object.
func (a *mapped) parameters(at int32, r *event.Request) {
	d := a.doc
	if at == none {
		return
	}
	float := func(dst *event.Float, names ...string) {
		if !dst.Known {
			*dst = parseFloat(d.scalar(d.member(at, names...)))
		}
	}
	integer := func(dst *event.Int, names ...string) {
		if !dst.Known {
			lo, hi := kindInt.bounds()
			*dst = parseInt(d.scalar(d.member(at, names...)), lo, hi)
		}
	}
	flag := func(dst *event.Bool, names ...string) {
		if !dst.Known {
			*dst = parseBool(d.scalar(d.member(at, names...)))
		}
	}
	float(&r.Temperature, "temperature")
	float(&r.TopP, "top_p", "topP")
	integer(&r.N, "n", "candidateCount")
	integer(&r.MaxTokens, "max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens", "maxOutputTokens", "max_tokens_to_sample",
		"maxTokenCount", "max_gen_len")
	integer(&r.Seed, "seed")
	flag(&r.Logprobs, "logprobs", "responseLogprobs")
	flag(&r.Stream, "stream")
	if r.ReasoningEffort == "" {
		r.ReasoningEffort = d.scalar(d.member(at, "reasoning_effort"))
	}
	if r.ReasoningEffort == "" {
		r.ReasoningEffort = d.scalar(d.member(d.member(at, "reasoning", "output_config"), "effort"))
	}
	if r.ResponseFormat == "" {
		format := d.member(at, "response_format", "responseMimeType")
		if format == none {
			format = d.member(d.member(at, "text"), "format")
		}
		if d.kind(format) == event.KindObject {
			format = d.member(format, "type")
		}
		r.ResponseFormat = d.scalar(format)
	}
}

// responseBody reads the body of a response: a JSON object, the list of a stream's chunks, or the answer itself.
func (a *mapped) responseBody(at int32, ev *event.Event) {
	d := a.doc
	inner := d.inside(at)
	var answer answer
	switch d.kind(inner) {
	case event.KindObject:
		a.chunk(inner, ev, &answer)
	case event.KindArray:
		d.parts(inner, func(at int32) bool {
			a.chunk(d.inside(at), ev, &answer)
			return true
		})
	default:
		answer.text.WriteString(d.scalar(at))
	}
	c := &ev.Content
	if c.Output == "" {
		c.Output = answer.text.String()
	}
	if c.Reasoning == "" {
		c.Reasoning = answer.reasoning.String()
	}
	if len(ev.Response.FinishReasons) == 0 {
		ev.Response.FinishReasons = append(ev.Response.FinishReasons, answer.reasons...)
	}
}

// answer is what the parts of a response have said so far.
type answer struct {
	text, reasoning strings.Builder
	reasons         []string
}

func (w *answer) reason(text string) {
	if text != "" {
		w.reasons = append(w.reasons, text)
	}
}

// chunk reads a response, or one chunk of a streamed one.
func (a *mapped) chunk(at int32, ev *event.Event, w *answer) {
	d := a.doc
	if d.kind(at) != event.KindObject {
		return
	}
	say := func(at int32) { w.text.WriteString(strings.Join(d.prose(at, nil), "\n")) }
	think := func(at int32) { w.reasoning.WriteString(strings.Join(d.prose(at, nil), "\n")) }
	// OpenAI's choices, Google's candidates, Amazon's results.
	d.parts(d.member(at, "choices", "candidates", "results"), func(choice int32) bool {
		message := d.member(choice, "message", "delta")
		say(d.member(message, "content"))
		think(d.member(message, "reasoning_content", "reasoning"))
		say(d.member(d.member(choice, "content"), "parts"))
		say(d.member(choice, "text", "outputText"))
		w.reason(d.scalar(d.member(choice, "finish_reason", "finishReason", "completionReason")))
		return true
	})
	// Anthropic's message and OpenAI's response: parts of several types; Amazon's converse: a message with them.
	a.blocks(d.member(at, "content"), w)
	a.blocks(d.member(d.member(d.member(at, "output"), "message"), "content"), w)
	if output := d.member(at, "output"); d.kind(output) == event.KindArray {
		a.blocks(output, w)
	}
	w.reason(d.scalar(d.member(at, "stop_reason", "stopReason")))
	// What streams of Anthropic's and Amazon's are made of.
	for _, delta := range [...]int32{d.member(at, "delta"), d.member(d.member(at, "contentBlockDelta"), "delta")} {
		say(d.member(delta, "text"))
		think(d.member(delta, "thinking"))
		think(d.member(d.member(delta, "reasoningContent"), "text"))
		w.reason(d.scalar(d.member(delta, "stop_reason")))
	}
	w.reason(d.scalar(d.member(d.member(at, "messageStop"), "stopReason")))
	if failure := d.member(at, "error"); ev.Response.ErrorType == "" && d.kind(failure) == event.KindObject {
		ev.Response.ErrorType = d.scalar(d.member(failure, "type", "code"))
	}
	for _, with := range [...]int32{at, d.member(at, "message"), d.member(at, "metadata")} {
		a.usage(d.member(with, "usage", "usageMetadata"), &ev.Usage)
	}
}

// blocks reads the parts of an answer: text and reasoning apart.
func (a *mapped) blocks(at int32, w *answer) {
	d := a.doc
	if d.kind(at) == event.KindString {
		w.text.WriteString(d.scalar(at))
		return
	}
	d.parts(at, func(block int32) bool {
		switch {
		case d.scalar(d.member(block, "type")) == "thinking":
			w.reasoning.WriteString(d.scalar(d.member(block, "thinking")))
		case d.scalar(d.member(block, "type")) == "reasoning":
			w.reasoning.WriteString(strings.Join(d.prose(d.member(block, "summary", "content", "text"), nil), "\n"))
		case d.member(block, "reasoningContent") != none:
			w.reasoning.WriteString(d.scalar(d.member(d.member(d.member(block, "reasoningContent"), "reasoningText"), "text")))
		case d.member(block, "text") != none:
			w.text.WriteString(d.scalar(d.member(block, "text")))
		default: // A message of OpenAI's responses.
			w.text.WriteString(strings.Join(d.prose(d.member(block, "content"), nil), "\n"))
		}
		return true
	})
}

// usage reads a usage object in any of the APIs' dialects.
func (a *mapped) usage(at int32, u *event.Usage) {
	d := a.doc
	if at == none {
		return
	}
	get := func(at int32, names ...string) event.Int {
		lo, hi := kindTokens.bounds()
		return parseInt(d.scalar(d.member(at, names...)), lo, hi)
	}
	fill := func(dst *event.Int, v event.Int) {
		if !dst.Known {
			*dst = v
		}
	}
	in := d.member(at, "prompt_tokens_details", "input_tokens_details")
	out := d.member(at, "completion_tokens_details", "output_tokens_details")
	// These stand beside a count that leaves them out: Anthropic's and Amazon's way, and Google's with its thoughts.
	read := get(at, "cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount")
	written := get(at, "cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount")
	thoughts := get(at, "thoughtsTokenCount")

	input := get(at, "prompt_tokens", "promptTokenCount")
	if !input.Known {
		if input = get(at, "input_tokens", "inputTokens", "inputTokenCount"); input.Known {
			input.V += read.V + written.V
		}
	}
	output := get(at, "completion_tokens", "output_tokens", "outputTokens", "candidatesTokenCount", "outputTokenCount")
	output.V += thoughts.V
	output.Known = output.Known || thoughts.Known
	fill(&u.Input, input)
	fill(&u.Output, output)
	fill(&u.CacheRead, read)
	fill(&u.CacheRead, get(in, "cached_tokens"))
	fill(&u.CacheRead, get(at, "cachedContentTokenCount"))
	fill(&u.CacheWrite, written)
	fill(&u.CacheWrite, get(in, "cache_creation_tokens"))
	fill(&u.Reasoning, thoughts)
	fill(&u.Reasoning, get(out, "reasoning_tokens"))
}

// messages appends the conversation at a node: a list of messages, one of them, or a lone text, which is one user turn. A text that is JSON
// is a conversation only if it looks like one: callers may ask about JSON.
func (d *document) messages(at int32, dst []event.Message) []event.Message {
	list := at
	if d.kind(at) == event.KindString {
		if list = d.open(at); !d.isConversation(list) {
			if d.known(at) {
				dst = append(dst, event.Message{Role: "user", Text: d.nodes[at].text})
			}
			return dst
		}
	}
	if d.kind(list) == event.KindObject {
		return d.message(list, dst)
	}
	d.parts(list, func(at int32) bool {
		if d.kind(at) == event.KindString && d.known(at) {
			dst = append(dst, event.Message{Role: "user", Text: d.nodes[at].text})
		} else {
			dst = d.message(at, dst)
		}
		return true
	})
	return dst
}

// isConversation tells whether every part of a list, or an object, has a role.
func (d *document) isConversation(at int32) bool {
	if d.kind(at) == event.KindObject {
		return d.member(at, "role") != none || d.member(d.member(at, "message"), "role") != none
	}
	ok := d.kind(at) == event.KindArray && d.nodes[at].first != 0
	d.parts(at, func(part int32) bool {
		ok = ok && d.kind(part) == event.KindObject && d.isConversation(part)
		return ok
	})
	return ok
}

// message appends one turn. Some conventions put it into an object of its own.
func (d *document) message(at int32, dst []event.Message) []event.Message {
	if d.kind(at) != event.KindObject {
		return dst
	}
	if inner := d.member(at, "message"); d.kind(inner) == event.KindObject {
		at = inner
	}
	m := event.Message{Role: d.scalar(d.member(at, "role"))}
	switch m.Role {
	case "":
		m.Role = "user"
	case "model":
		m.Role = "assistant"
	}
	m.Text = strings.Join(d.prose(d.member(at, "text", "content", "parts", "contents", "output"), nil), "\n")
	return append(dst, m)
}

// prose appends the texts at a node: one, or those of its parts. Parts without one (images, tool calls) and reasoning are left out.
func (d *document) prose(at int32, dst []string) []string {
	switch d.kind(at) {
	case event.KindString:
		return append(dst, d.nodes[at].text)
	case event.KindArray:
		d.parts(at, func(part int32) bool {
			switch d.kind(part) {
			case event.KindString:
				dst = append(dst, d.nodes[part].text)
			case event.KindObject:
				dst = d.proseOf(part, dst)
			}
			return true
		})
	case event.KindObject:
		return d.proseOf(at, dst)
	}
	return dst
}

// proseOf appends the text of one part, which has it under "text", or under "content" beside the type "text".
func (d *document) proseOf(at int32, dst []string) []string {
	if inner := d.member(at, "message_content"); inner != none {
		at = inner
	}
	if text := d.member(at, "text"); d.kind(text) == event.KindString {
		return append(dst, d.nodes[text].text)
	}
	content := d.member(at, "content")
	if kind := d.scalar(d.member(at, "type")); d.kind(content) == event.KindString && (kind == "text" || kind == "") {
		return append(dst, d.nodes[content].text)
	}
	if result := d.member(at, "result", "response"); d.kind(result) == event.KindString && d.scalar(d.member(at, "type")) == "tool_call_response" {
		return append(dst, d.nodes[result].text)
	}
	if parts := d.member(at, "parts"); d.kind(parts) == event.KindArray {
		return d.prose(parts, dst)
	}
	return dst
}

// toolName reads the name of a tool in any of the APIs' shapes.
func (d *document) toolName(at int32) string {
	inner := d.inside(at)
	if d.kind(inner) != event.KindObject {
		return d.scalar(at)
	}
	for _, in := range [...]int32{d.member(inner, "function", "toolSpec", "tool"), inner} {
		if v := d.scalar(d.member(in, "name")); v != "" {
			return v
		}
	}
	return d.scalar(d.member(inner, "type"))
}
