package shape

import "github.com/stillwatch/stillwatch/pkg/event"

// reason returns what a dialect calls the reason for which an answer ended.
func (d dialect) reason(reason string) string {
	words := map[string]string{}
	switch d {
	case messages:
		words = map[string]string{
			"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use",
			"content_filter": "refusal",
		}
	case converse:
		words = map[string]string{
			"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use",
			"content_filter": "content_filtered",
		}
	case responses:
		words = map[string]string{"stop": "completed", "tool_calls": "completed"}
	}
	if word := words[reason]; word != "" {
		return word
	}
	return reason
}

// reasons translates the reasons. All APIs but OpenAI's older two give one answer, with one.
func (d dialect) reasons(reasons []string) (out []string) {
	for i, reason := range reasons {
		if i > 0 && d != chat && d != completion {
			break
		}
		out = append(out, d.reason(reason))
	}
	return out
}

// responseBody is what the model's server answered: an answer, or an error.
func responseBody(ev *event.Event, d dialect) object {
	if failed(ev) {
		return errorBody(ev, d)
	}
	switch d {
	case responses:
		return responsesAnswer(ev)
	case messages:
		return messagesAnswer(ev)
	case converse:
		return converseAnswer(ev)
	case embeddings:
		return object{
			{"object", "list"},
			{"data", list{}},
			{"model", ev.Request.Model},
			{"usage", openAIUsage(&ev.Usage)},
		}
	default:
		return choicesAnswer(ev, d)
	}
}

// failed tells whether a request was not answered.
func failed(ev *event.Event) bool {
	return ev.Response.Status != event.StatusOK && ev.Response.Status != ""
}

func errorBody(ev *event.Event, d dialect) (b object) {
	var failure object
	failure.put("message", "the request was not answered")
	failure.put("type", ev.Response.ErrorType)
	if d == messages {
		b.put("type", "error")
	}
	b.put("error", failure)
	return b
}

// choicesAnswer is the answer of OpenAI's older APIs: a choice for each reason.
func choicesAnswer(ev *event.Event, d dialect) (b object) {
	b.put("id", "chatcmpl-"+ev.ID)
	b.put("object", map[dialect]string{chat: "chat.completion", completion: "text_completion"}[d])
	b.set("created", ev.Time/1000)
	b.put("model", ev.Request.Model)
	reasons := ev.Response.FinishReasons
	if len(reasons) == 0 {
		reasons = []string{""}
	}
	var choices list
	for i, reason := range reasons {
		text, reasoning := ev.Content.Output, ev.Content.Reasoning
		if i > 0 {
			text, reasoning = "", ""
		}
		c := object{{"index", i}}
		if reason == "" {
			c.set("finish_reason", nil)
		} else {
			c.set("finish_reason", reason)
		}
		if d == completion {
			c.set("text", text)
		} else {
			m := object{{"role", "assistant"}, {"content", text}}
			m.put("reasoning_content", reasoning)
			c.set("message", m)
		}
		choices = append(choices, c)
	}
	b.put("choices", choices)
	b.put("usage", openAIUsage(&ev.Usage))
	return b
}

// openAIUsage counts cached input as a part of the input.
func openAIUsage(u *event.Usage) (o object) {
	o.put("prompt_tokens", u.Input)
	o.put("completion_tokens", u.Output)
	o.put("total_tokens", total(u))
	o.put("prompt_tokens_details", counted("cached_tokens", u.CacheRead))
	o.put("completion_tokens_details", counted("reasoning_tokens", u.Reasoning))
	return o
}

func counted(name string, n event.Int) (o object) {
	o.put(name, n)
	return o
}

func total(u *event.Usage) event.Int {
	return event.Int{V: u.Input.V + u.Output.V, Known: u.Input.Known && u.Output.Known}
}

func responsesAnswer(ev *event.Event) (b object) {
	b.put("id", "resp_"+ev.ID)
	b.put("object", "response")
	b.put("model", ev.Request.Model)
	if reasons := responses.reasons(ev.Response.FinishReasons); len(reasons) > 0 {
		if reasons[0] == "completed" {
			b.put("status", "completed")
		} else {
			b.put("status", "incomplete")
			b.put("incomplete_details", named("reason", reasons[0]))
		}
	}
	var output list
	if ev.Content.Reasoning != "" {
		output = append(output, object{
			{
				"type", "reasoning",
			}, {"summary", list{object{{"type", "summary_text"}, {"text", ev.Content.Reasoning}}}},
		})
	}
	if ev.Content.Output != "" {
		output = append(output, object{
			{"type", "message"},
			{"role", "assistant"},
			{"content", list{object{{"type", "output_text"}, {"text", ev.Content.Output}}}},
		})
	}
	b.set("output", output)
	u := &ev.Usage
	var usage object
	usage.put("input_tokens", u.Input)
	usage.put("input_tokens_details", counted("cached_tokens", u.CacheRead))
	usage.put("output_tokens", u.Output)
	usage.put("output_tokens_details", counted("reasoning_tokens", u.Reasoning))
	b.put("usage", usage)
	return b
}

func messagesAnswer(ev *event.Event) (b object) {
	b.put("id", "msg_"+ev.ID)
	b.put("type", "message")
	b.put("role", "assistant")
	b.put("model", ev.Request.Model)
	var content list
	if ev.Content.Reasoning != "" {
		content = append(content, object{{"type", "thinking"}, {"thinking", ev.Content.Reasoning}})
	}
	if ev.Content.Output != "" {
		content = append(content, object{{"type", "text"}, {"text", ev.Content.Output}})
	}
	b.set("content", content)
	if reasons := messages.reasons(ev.Response.FinishReasons); len(reasons) > 0 {
		b.put("stop_reason", reasons[0])
	}
	var usage object
	usage.put("input_tokens", fresh(&ev.Usage))
	usage.put("cache_read_input_tokens", ev.Usage.CacheRead)
	usage.put("cache_creation_input_tokens", ev.Usage.CacheWrite)
	usage.put("output_tokens", ev.Usage.Output)
	b.put("usage", usage)
	return b
}

func converseAnswer(ev *event.Event) (b object) {
	var content list
	if ev.Content.Reasoning != "" {
		content = append(content, object{
			{"reasoningContent", object{{"reasoningText", named("text", ev.Content.Reasoning)}}},
		})
	}
	if ev.Content.Output != "" {
		content = append(content, object{{"text", ev.Content.Output}})
	}
	b.set("output", object{{"message", object{{"role", "assistant"}, {"content", content}}}})
	if reasons := converse.reasons(ev.Response.FinishReasons); len(reasons) > 0 {
		b.put("stopReason", reasons[0])
	}
	var usage object
	usage.put("inputTokens", fresh(&ev.Usage))
	usage.put("outputTokens", ev.Usage.Output)
	usage.put("cacheReadInputTokens", ev.Usage.CacheRead)
	usage.put("cacheWriteInputTokens", ev.Usage.CacheWrite)
	b.put("usage", usage)
	return b
}

// fresh is the input as Anthropic and Amazon count it: without what was read from the cache or
// written to it.
func fresh(u *event.Usage) event.Int {
	return event.Int{V: max(0, u.Input.V-u.CacheRead.V-u.CacheWrite.V), Known: u.Input.Known}
}
