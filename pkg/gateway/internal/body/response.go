package body

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// answer is what the parts of a response have said so far.
type answer struct {
	text, reasoning []string
	reasons         []string
	// ids are those of the reasoning blocks, signature the one that is being streamed.
	ids       []string
	signature signature
	failure   string
	usage     event.Usage
}

func (w *answer) say(text string) {
	if text != "" {
		w.text = append(w.text, text)
	}
}

func (w *answer) think(text string) {
	if text != "" {
		w.reasoning = append(w.reasoning, text)
	}
}

func (w *answer) reason(text string) {
	if text != "" && (len(w.reasons) == 0 || w.reasons[len(w.reasons)-1] != text) {
		w.reasons = append(w.reasons, text)
	}
}

// Response reads the body of a response at a place: a JSON object, the chunks of a stream in a
// list, in lines or as server-sent events, or the answer itself.
func (r *Reader) Response(at int32, ev *event.Event) {
	d := r.doc
	var w answer
	inner := d.Inside(at)
	switch d.Kind(inner) {
	case event.KindObject:
		r.chunk(inner, &w)
	case event.KindArray:
		d.Parts(inner, func(part int32) bool {
			if text := d.Text(part); text != "" {
				r.stream(text, &w)
			} else {
				r.chunk(part, &w)
			}
			return true
		})
	default:
		if text := d.Text(at); !r.stream(text, &w) {
			w.say(text)
		}
	}
	r.fill(&w, ev)
}

// fill gives the event what it does not know yet.
func (r *Reader) fill(w *answer, ev *event.Event) {
	c := &ev.Content
	if c.Output == "" {
		c.Output = strings.Join(w.text, "")
	}
	if c.Reasoning == "" {
		c.Reasoning = strings.Join(w.reasoning, "")
	}
	if w.signed(); len(c.ReasoningOut) == 0 {
		c.ReasoningOut = append(c.ReasoningOut, w.ids...)
	}
	if len(ev.Response.FinishReasons) == 0 {
		ev.Response.FinishReasons = append(ev.Response.FinishReasons, w.reasons...)
	}
	if ev.Response.ErrorType == "" {
		ev.Response.ErrorType = w.failure
	}
	fillUsage(&ev.Usage, &w.usage)
}

// stream reads the chunks of a stream in a text: server-sent events (the data fields; WHATWG HTML,
// section 9.2), or JSON values one after the other. It tells whether the text is one.
func (r *Reader) stream(text string, w *answer) bool {
	text = strings.TrimLeft(text, " \r\n\t\ufeff")
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return r.sequence(text, w)
	}
	events := false
	for _, field := range [...]string{"data:", "event:", "id:", "retry:", ":"} {
		events = events || strings.HasPrefix(text, field)
	}
	if !events {
		return false
	}
	found := false
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(line, "data:")
		if data = strings.TrimSpace(data); !ok || data == "" {
			continue
		}
		found = r.sequence(data, w) || data == "[DONE]" || found
	}
	return found
}

// sequence reads JSON values one after the other, up to the first that is cut. It tells whether
// there is an object among them.
func (r *Reader) sequence(text string, w *answer) bool {
	d := r.doc
	found := false
	for text != "" {
		mark := d.Len()
		at, rest := d.Next(text)
		if at == tree.None {
			break
		}
		text = rest
		if d.Kind(at) == event.KindArray {
			d.Parts(at, func(part int32) bool { r.chunk(part, w); return true })
		}
		r.chunk(at, w)
		found = found || d.Kind(at) == event.KindObject
		d.Truncate(mark) // A stream has thousands of chunks, of which only the texts are kept.
	}
	return found
}

// chunk reads a response, or one chunk of a streamed one: each name means one thing, whoever's API
// it belongs to.
func (r *Reader) chunk(at int32, w *answer) {
	d := r.doc
	if at = d.Inside(at); d.Kind(at) != event.KindObject {
		return
	}
	kind := d.Scalar(d.Member(at, "type"))
	d.Parts(at, func(part int32) bool {
		if !d.Known(part) {
			return true
		}
		switch name := d.Name(part); name {
		case "choices", "candidates", "results", "outputs", "generations", "completions":
			r.alternatives(part, w)
		case "content": // Anthropic's message, or one of Google's SDKs.
			if inner := d.Member(part, "parts"); inner != tree.None {
				part = inner
			}
			r.blocks(part, w)
		case "message": // Cohere's and Ollama's chat; the first event of Anthropic's streams.
			r.blocks(d.Member(part, "content"), w)
			merge(&w.usage, r.usage(d.Member(part, "usage")))
		case "output":
			r.output(at, part, w)
		case "id":
			r.responseID(at, part, w)
		case "item": // Of a stream of OpenAI's responses; before it is done, an id may be half.
			if kind == "response.output_item.done" {
				r.mint(w, part)
			}
		case "content_block": // The first event of each block in Anthropic's streams.
			r.mint(w, part)
		case "response":
			r.again(part, kind, w)
		case "generation": // Llama's, after its template.
			w.say(strings.TrimLeft(d.Text(part), "\n"))
		case "completion", "outputText": // Anthropic's older API, AI21's and Titan's streams.
			w.say(d.Text(part))
		case "text": // Cohere's.
			if kind == "" || kind == "text-generation" {
				w.say(d.Text(part))
			}
		case "delta":
			r.deltaIDs(at, part, w)
			r.delta(part, kind, w)
		case "contentBlockDelta": // Amazon's Converse.
			r.deltaIDs(part, d.Member(part, "delta"), w)
			r.delta(d.Member(part, "delta"), kind, w)
		case "messageStop":
			w.reason(d.Scalar(d.Member(part, "stopReason")))
		case "stop_reason", "stopReason", "completionReason", "finish_reason", "done_reason":
			w.reason(d.Scalar(part))
		case "error":
			if w.failure == "" && d.Kind(part) == event.KindObject {
				w.failure = d.Scalar(d.Member(part, "type", "code"))
			}
		case "usage", "usageMetadata", "usage_metadata", "amazon-bedrock-invocationMetrics":
			merge(&w.usage, r.usage(part))
		case "metadata": // The last event of a Converse stream.
			merge(&w.usage, r.usage(d.Member(part, "usage")))
		case "meta": // Cohere's.
			merge(&w.usage, r.usage(d.Member(part, "tokens", "billed_units")))
		case "prompt_token_count", "inputTextTokenCount", "prompt_eval_count":
			// Counts without an object of their own.
			merge(&w.usage, r.usage(at))
		}
		return true
	})
}

// alternatives reads the list of an answer's alternatives: OpenAI's choices, Google's candidates,
// Amazon's results, Mistral's outputs, Cohere's generations, AI21's completions.
func (r *Reader) alternatives(list int32, w *answer) {
	d := r.doc
	d.Parts(list, func(choice int32) bool {
		d.Parts(choice, func(part int32) bool {
			switch d.Name(part) {
			case "message", "delta":
				w.ids = r.messageIDs(part, w.ids)
				r.blocks(d.Member(part, "content"), w)
				w.say(d.Text(d.Member(part, "refusal")))
				w.think(r.Prose(d.Member(part, "reasoning_content", "reasoning")))
			case "content":
				if inner := d.Member(part, "parts"); inner != tree.None {
					part = inner
				}
				r.blocks(part, w)
			case "text", "outputText":
				w.say(d.Text(part))
			case "data":
				w.say(d.Text(d.Member(part, "text")))
			case "finish_reason", "finishReason", "completionReason", "stop_reason":
				if d.Kind(part) == event.KindObject { // AI21's.
					part = d.Member(part, "reason")
				}
				w.reason(d.Scalar(part))
			case "tokenCount": // Titan's, of one result.
				merge(&w.usage, event.Usage{Output: Int(d.Scalar(part), 0, maxTokens)})
			}
			return true
		})
		return true
	})
}

// output reads what Amazon's Converse and OpenAI's responses have under that name. The latter says
// by its status how it ended.
func (r *Reader) output(whole, at int32, w *answer) {
	d := r.doc
	r.blocks(d.Member(d.Member(at, "message"), "content"), w)
	if d.Kind(at) != event.KindArray {
		return
	}
	r.blocks(at, w)
	if reason := d.Scalar(d.Member(d.Member(whole, "incomplete_details"), "reason")); reason != "" {
		w.reason(reason)
	} else if len(w.reasons) == 0 {
		w.reason(d.Scalar(d.Member(whole, "status")))
	}
}

// again reads a response inside of a chunk: the last event of a stream of OpenAI's responses or of
// Cohere's chat has all once more. A text is Ollama's answer.
func (r *Reader) again(at int32, kind string, w *answer) {
	d := r.doc
	if d.Kind(at) != event.KindObject {
		// Or a whole body, as LiteLLM logs those of its pass-through endpoints.
		var body answer
		if text := d.Text(at); r.stream(text, &body) &&
			(len(body.text) > 0 || body.usage.Output.Known || len(body.reasons) > 0) {
			w.text, w.reasoning = append(w.text, body.text...),
				append(w.reasoning, body.reasoning...)
			w.reasons = append(w.reasons, body.reasons...)
			body.signed()
			for _, id := range body.ids {
				w.ids = event.AddReasoningID(w.ids, id)
			}
			merge(&w.usage, body.usage)
		} else {
			w.say(text)
		}
		return
	}
	switch kind {
	case "response.completed", "response.incomplete", "response.failed":
	default:
		if d.Member(at, "text") == tree.None {
			return
		}
	}
	w.text, w.reasoning = nil, nil
	r.chunk(at, w)
}

// delta reads what streams are made of: OpenAI's responses, Anthropic's, Amazon's, Cohere's.
func (r *Reader) delta(delta int32, kind string, w *answer) {
	d := r.doc
	if d.Kind(delta) == event.KindString {
		switch kind {
		case "response.output_text.delta", "response.refusal.delta":
			w.say(d.Text(delta))
		case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
			w.think(d.Text(delta))
		}
		return
	}
	w.say(d.Text(d.Member(delta, "text")))
	w.think(d.Text(d.Member(delta, "thinking")))
	w.think(d.Text(d.Member(d.Member(delta, "reasoningContent"), "text")))
	w.reason(d.Scalar(d.Member(delta, "stop_reason", "finish_reason")))
	content := d.Member(d.Member(delta, "message"), "content")
	w.say(d.Text(d.Member(content, "text")))
	w.think(d.Text(d.Member(content, "thinking")))
	merge(&w.usage, r.usage(d.Member(delta, "usage")))
}

// blocks reads the parts of an answer: text and reasoning apart.
func (r *Reader) blocks(at int32, w *answer) {
	d := r.doc
	if d.Kind(at) == event.KindString {
		w.say(d.Text(at))
		return
	}
	if d.Kind(at) != event.KindArray {
		return
	}
	d.Parts(at, func(block int32) bool {
		r.mint(w, block)
		kind := d.Scalar(d.Member(block, "type"))
		inner := d.Member(block, "reasoningContent")
		switch {
		case kind == "thinking":
			w.think(r.Prose(d.Member(block, "thinking")))
		case kind == "reasoning":
			w.think(r.Prose(d.Member(block, "summary", "content", "text")))
		case inner != tree.None:
			w.think(d.Text(d.Member(d.Member(inner, "reasoningText"), "text")))
		case d.Scalar(d.Member(block, "thought")) == "true":
			w.think(d.Text(d.Member(block, "text")))
		case kind == "refusal":
			w.say(d.Text(d.Member(block, "refusal")))
		case d.Member(block, "text") != tree.None:
			w.say(d.Text(d.Member(block, "text")))
		case kind == "message" || kind == "text" || kind == "":
			w.say(r.Prose(d.Member(block, "content")))
		}
		return true
	})
}
