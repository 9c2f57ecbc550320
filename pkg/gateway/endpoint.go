package gateway

import "strings"

// What endpointOf calls the endpoints of APIs.
const (
	endpointLLM   = "llm"
	endpointOther = "other"
)

// endpoints are the segments of paths by which APIs tell what a request is for: those of OpenAI,
// Anthropic, Google, Amazon, Cohere, Azure, Ollama, vLLM and the gateways in front of them, and
// those of health checks. The last segment that is here counts, as in operationOf.
var endpoints = endpointsOf(map[string]string{
	endpointLLM: `completions completion complete chat responses messages batches generate runs
		submit_tool_outputs converse converse-stream invoke invoke-with-response-stream
		embeddings embed rerank moderations realtime images generations edits variations
		audio speech transcriptions translations`,
	endpointOther: `count_tokens count-tokens input_tokens tokenize detokenize tokenizer models engines
		tags ps version files uploads fine_tuning fine-tunes vector_stores assistants
		threads steps evals containers conversations input_items cancel results mcp sse a2a
		agent-card.json agent.json health healthz healthcheck readyz livez ready live
		readiness liveness liveliness ping status metrics favicon.ico robots.txt`,
})

// endpointsOf lists the words of each kind.
func endpointsOf(words map[string]string) map[string]string {
	out := map[string]string{}
	for kind, list := range words {
		for word := range strings.FieldsSeq(list) {
			out[word] = kind
		}
	}
	return out
}

// endpointOf tells by the path of a request, or its URL, and its method, whether it asks a model
// for something ("llm") or not ("other"), "" when neither can be told. Lists of models, files,
// polls, counts of tokens, tools and health checks do not, nor does anything that only reads or
// deletes, but a conversation over a WebSocket, which begins with a GET.
func endpointOf(method, target string) string {
	kind, realtime := endpointOfPath(target)
	switch strings.ToUpper(method) {
	case "GET", "HEAD", "OPTIONS", "DELETE", "TRACE":
		if !realtime {
			return endpointOther
		}
	}
	return kind
}

func endpointOfPath(target string) (kind string, realtime bool) {
	target, _, _ = strings.Cut(strings.ToLower(target), "?")
	target, _, _ = strings.Cut(target, "#")
	target, _, _ = strings.Cut(target, ";")
	if _, rest, ok := strings.Cut(target, "://"); ok {
		_, target, _ = strings.Cut(rest, "/")
	}
	thread := false
	for segment := range strings.SplitSeq(target, "/") {
		// Google's APIs put the verb behind a colon.
		if _, verb, ok := strings.Cut(segment, ":"); ok {
			switch {
			case verb == "counttokens" || verb == "computetokens":
				kind = endpointOther
			case strings.Contains(verb, "generatecontent"), strings.Contains(verb, "predict"),
				strings.Contains(verb, "embedcontent"):
				kind, realtime = endpointLLM, strings.HasPrefix(verb, "bidi")
			}
			continue
		}
		known, ok := endpoints[segment]
		if !ok {
			continue
		}
		kind, realtime = known, segment == "realtime"
		if segment == "messages" && thread {
			kind = endpointOther // One that waits in a thread until a run reads it.
		}
		thread = thread || segment == "threads"
	}
	return kind, realtime
}

// operationOf names the operation that a path of an API, or another convention's name, stands for.
// The last of several parts counts: what is before it may be there for show, as in
// /v1/batches/../messages, and so may parameters.
func operationOf(text string) string {
	if path, _, _ := strings.Cut(text, "?"); strings.IndexByte(path, '/') >= 0 {
		path, _, _ = strings.Cut(path, ";")
		last, found := -1, ""
		for _, known := range [...]struct{ part, operation string }{
			{"/batches", "batch"},
			{"/chat/completions", "chat"},
			{"/completions", "completion"},
			{"/responses", "responses"},
			{"/messages", "messages"},
			{"/embeddings", "embedding"},
			{":generateContent", "chat"},
			{":streamGenerateContent", "chat"},
			{"/converse", "chat"},
			{"/images/", "image"},
			{"/audio/", "audio"},
		} {
			// /chat/completions ends like /completions, and is the longer.
			if at := strings.LastIndex(path, known.part); at >= 0 && at+len(known.part) > last {
				last, found = at+len(known.part), known.operation
			}
		}
		return found
	}
	switch text {
	case "generate_content":
		return "chat"
	case "embeddings":
		return "embedding"
	}
	return operation(text)
}

// modelName takes the provider, or the path of a resource's name, off a model's name.
func modelName(text string) string {
	if strings.HasPrefix(text, "arn:") {
		return text[strings.LastIndexByte(text, '/')+1:]
	}
	prefix, rest, ok := strings.Cut(text, "/")
	if ok && rest != "" && (prefix == "models" || isProvider(prefix)) {
		return rest
	}
	return text
}
