package shape

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// dialect is the API in whose terms bodies are written.
type dialect int

const (
	chat       dialect = iota // OpenAI's chat completions
	completion                // OpenAI's completions: one prompt
	responses                 // OpenAI's responses
	messages                  // Anthropic's messages
	converse                  // Amazon's converse
	embeddings                // OpenAI's embeddings
)

// dialectOf returns the API that an operation belongs to.
func dialectOf(ev *event.Event) dialect {
	switch ev.Request.Operation {
	case "completion":
		// A prompt is one text.
		if len(ev.Content.Input) < 2 && ev.Content.System == "" && len(ev.Request.Tools) == 0 {
			return completion
		}
	case "responses":
		return responses
	case "messages":
		return messages
	case "embedding":
		return embeddings
	}
	return chat
}

// lost are the fields for which a dialect's bodies have no place.
func (d dialect) lost() []string {
	switch d {
	case completion:
		return []string{
			"request.logprobs", "request.reasoning_effort", "request.response_format",
			"request.tools", "request.tool_choice", "content.reasoning",
		}
	case responses:
		return []string{"request.n", "request.seed", "request.logprobs"}
	case messages:
		return []string{
			"account.end_user_id", "request.n", "request.seed", "request.logprobs",
			"request.response_format",
		}
	case converse:
		return []string{
			"request.n", "request.seed", "request.logprobs", "request.reasoning_effort",
			"request.response_format", "request.tool_choice",
		}
	case embeddings:
		return []string{
			"request.stream", "request.temperature", "request.top_p", "request.n",
			"request.max_tokens", "request.seed", "request.logprobs", "request.reasoning_effort",
			"request.response_format", "request.tools", "request.tool_choice", "content.system",
			"content.output", "content.reasoning", "response.finish_reasons",
		}
	default:
		return nil
	}
}

// path returns the path of an operation's requests, "" for one that has none of its own.
func pathOf(operation string) string {
	switch operation {
	case "chat":
		return "/v1/chat/completions"
	case "completion":
		return "/v1/completions"
	case "responses":
		return "/v1/responses"
	case "messages":
		return "/v1/messages"
	case "embedding":
		return "/v1/embeddings"
	case "batch":
		return "/v1/batches"
	}
	return ""
}

// readPath clears an operation that has no path.
func readPath(ev *event.Event) {
	if pathOf(ev.Request.Operation) == "" {
		ev.Request.Operation = ""
	}
}

// requestBody is what the caller sent.
func requestBody(ev *event.Event, d dialect) object {
	switch d {
	case completion:
		return completionRequest(ev)
	case responses:
		return responsesRequest(ev)
	case messages:
		return messagesRequest(ev)
	case converse:
		return converseRequest(ev)
	case embeddings:
		return embeddingsRequest(ev)
	default:
		return chatRequest(ev)
	}
}

func chatRequest(ev *event.Event) (b object) {
	r := &ev.Request
	b.put("model", r.Model)
	b.put("messages", turns(ev, true, plainTurn))
	b.put("temperature", r.Temperature)
	b.put("top_p", r.TopP)
	b.put("n", r.N)
	b.put("max_tokens", r.MaxTokens)
	b.put("seed", r.Seed)
	b.put("logprobs", r.Logprobs)
	b.put("reasoning_effort", r.ReasoningEffort)
	b.put("response_format", typed(r.ResponseFormat))
	b.put("tools", tools(r.Tools, func(name string) object {
		return object{{"type", "function"}, {"function", object{{"name", name}}}}
	}))
	switch r.ToolChoice {
	case "auto", "none", "required", "":
		b.put("tool_choice", r.ToolChoice)
	default:
		b.put("tool_choice", object{
			{"type", "function"}, {"function", object{{"name", r.ToolChoice}}},
		})
	}
	b.put("stream", r.Stream)
	b.put("user", ev.Account.EndUserID)
	return b
}

func completionRequest(ev *event.Event) (b object) {
	r := &ev.Request
	b.put("model", r.Model)
	if len(ev.Content.Input) == 1 {
		b.put("prompt", ev.Content.Input[0].Text)
	}
	b.put("temperature", r.Temperature)
	b.put("top_p", r.TopP)
	b.put("n", r.N)
	b.put("max_tokens", r.MaxTokens)
	b.put("seed", r.Seed)
	b.put("stream", r.Stream)
	b.put("user", ev.Account.EndUserID)
	return b
}

func responsesRequest(ev *event.Event) (b object) {
	r := &ev.Request
	b.put("model", r.Model)
	b.put("instructions", ev.Content.System)
	b.put("input", turns(ev, false, func(m event.Message) object {
		kind := "input_text"
		if m.Role == "assistant" {
			kind = "output_text"
		}
		return object{
			{"role", speaker(m.Role)},
			{"content", list{object{{"type", kind}, {"text", m.Text}}}},
		}
	}))
	b.put("temperature", r.Temperature)
	b.put("top_p", r.TopP)
	b.put("max_output_tokens", r.MaxTokens)
	b.put("reasoning", named("effort", r.ReasoningEffort))
	if r.ResponseFormat != "" {
		b.put("text", object{{"format", typed(r.ResponseFormat)}})
	}
	b.put("tools", tools(r.Tools, func(name string) object {
		return object{{"type", "function"}, {"name", name}}
	}))
	switch r.ToolChoice {
	case "auto", "none", "required", "":
		b.put("tool_choice", r.ToolChoice)
	default:
		b.put("tool_choice", object{{"type", "function"}, {"name", r.ToolChoice}})
	}
	b.put("stream", r.Stream)
	b.put("user", ev.Account.EndUserID)
	return b
}

func messagesRequest(ev *event.Event) (b object) {
	r := &ev.Request
	b.put("model", r.Model)
	b.put("system", ev.Content.System)
	b.put("messages", turns(ev, false, func(m event.Message) object {
		return object{
			{"role", speaker(m.Role)},
			{"content", list{object{{"type", "text"}, {"text", m.Text}}}},
		}
	}))
	b.put("temperature", r.Temperature)
	b.put("top_p", r.TopP)
	b.put("max_tokens", r.MaxTokens)
	b.put("output_config", named("effort", r.ReasoningEffort))
	b.put("tools", tools(r.Tools, func(name string) object {
		return object{{"name", name}, {"input_schema", object{{"type", "object"}}}}
	}))
	switch choice := anthropicChoice(r.ToolChoice); choice {
	case "auto", "any", "none", "":
		b.put("tool_choice", typed(choice))
	default:
		b.put("tool_choice", object{{"type", "tool"}, {"name", choice}})
	}
	b.put("stream", r.Stream)
	return b
}

func converseRequest(ev *event.Event) (b object) {
	r := &ev.Request
	if ev.Content.System != "" {
		b.put("system", list{object{{"text", ev.Content.System}}})
	}
	b.put("messages", turns(ev, false, func(m event.Message) object {
		return object{{"role", speaker(m.Role)}, {"content", list{object{{"text", m.Text}}}}}
	}))
	var config object
	config.put("maxTokens", r.MaxTokens)
	config.put("temperature", r.Temperature)
	config.put("topP", r.TopP)
	b.put("inferenceConfig", config)
	var toolConfig object
	toolConfig.put("tools", tools(r.Tools, func(name string) object {
		return object{
			{"toolSpec", object{{"name", name}, {"inputSchema", object{{"json", object{}}}}}},
		}
	}))
	b.put("toolConfig", toolConfig)
	return b
}

func embeddingsRequest(ev *event.Event) (b object) {
	b.put("model", ev.Request.Model)
	var input list
	for _, m := range ev.Content.Input {
		input = append(input, m.Text)
	}
	b.put("input", input)
	b.put("user", ev.Account.EndUserID)
	return b
}

// turns writes the conversation, in OpenAI's chat with the system prompt as its first message.
func turns(ev *event.Event, system bool, turn func(event.Message) object) (out list) {
	if system && ev.Content.System != "" {
		out = append(out, plainTurn(event.Message{Role: "system", Text: ev.Content.System}))
	}
	for _, m := range ev.Content.Input {
		out = append(out, turn(m))
	}
	return out
}

func plainTurn(m event.Message) object { return object{{"role", m.Role}, {"content", m.Text}} }

// speaker returns the role of a turn in APIs that know two.
func speaker(role string) string {
	if role == "assistant" {
		return role
	}
	return "user"
}

// anthropicChoice translates what OpenAI calls required.
func anthropicChoice(choice string) string {
	if choice == "required" {
		return "any"
	}
	return choice
}

func tools(names []string, tool func(name string) object) (out list) {
	for _, name := range names {
		out = append(out, tool(name))
	}
	return out
}

// typed is an object with a type; empty without one.
func typed(kind string) object { return named("type", kind) }

func named(name, value string) (o object) {
	o.put(name, value)
	return o
}

// carry changes an event as the bodies of its dialect do.
func (d dialect) carry(ev *event.Event) {
	clearFields(ev, d.lost())
	if d == messages {
		ev.Request.ToolChoice = anthropicChoice(ev.Request.ToolChoice)
	}
	if d == completion && len(ev.Content.Input) == 1 {
		ev.Content.Input = []event.Message{{Role: "user", Text: ev.Content.Input[0].Text}}
	}
	if d == responses || d == messages || d == converse || d == embeddings {
		ev.Content.Input = slices.Clone(ev.Content.Input)
		for i := range ev.Content.Input {
			m := &ev.Content.Input[i]
			if m.Role = speaker(m.Role); d == embeddings {
				m.Role = "user" // A text, which nobody said.
			}
		}
	}
	ev.Response.FinishReasons = d.reasons(ev.Response.FinishReasons)
}
