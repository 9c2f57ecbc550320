package gateway

import "strings"

// What endpointOf calls the endpoints of APIs.
const (
	endpointLLM   = "llm"
	endpointOther = "other"
)

// endpoints are the segments of paths by which APIs tell what a request is for: those of OpenAI,
// Anthropic, Google, Amazon, Cohere, Azure, Ollama, vLLM and the gateways in front of them, and those
// of health checks. The last segment that is here counts, as in operationOf.
var endpoints = map[string]string{
	"completions": endpointLLM, "completion": endpointLLM, "complete": endpointLLM, "chat": endpointLLM, "responses": endpointLLM,
	"messages": endpointLLM, "batches": endpointLLM, "generate": endpointLLM, "runs": endpointLLM, "submit_tool_outputs": endpointLLM,
	"converse": endpointLLM, "converse-stream": endpointLLM, "invoke": endpointLLM, "invoke-with-response-stream": endpointLLM,
	"embeddings": endpointLLM, "embed": endpointLLM, "rerank": endpointLLM, "moderations": endpointLLM, "realtime": endpointLLM,
	"images": endpointLLM, "generations": endpointLLM, "edits": endpointLLM, "variations": endpointLLM, "audio": endpointLLM,
	"speech": endpointLLM, "transcriptions": endpointLLM, "translations": endpointLLM,

	"count_tokens": endpointOther, "count-tokens": endpointOther, "input_tokens": endpointOther, "tokenize": endpointOther,
	"detokenize": endpointOther, "tokenizer": endpointOther,
	"models": endpointOther, "engines": endpointOther, "tags": endpointOther, "ps": endpointOther, "version": endpointOther,
	"files": endpointOther, "uploads": endpointOther, "fine_tuning": endpointOther, "fine-tunes": endpointOther,
	"vector_stores": endpointOther, "assistants": endpointOther, "threads": endpointOther, "steps": endpointOther, "evals": endpointOther,
	"containers": endpointOther, "conversations": endpointOther, "input_items": endpointOther, "cancel": endpointOther, "results": endpointOther,
	"mcp": endpointOther, "sse": endpointOther, "a2a": endpointOther, "agent-card.json": endpointOther, "agent.json": endpointOther,
	"health": endpointOther, "healthz": endpointOther, "healthcheck": endpointOther, "readyz": endpointOther, "livez": endpointOther,
	"ready": endpointOther, "live": endpointOther, "readiness": endpointOther, "liveness": endpointOther, "liveliness": endpointOther,
	"ping": endpointOther, "status": endpointOther, "metrics": endpointOther, "favicon.ico": endpointOther, "robots.txt": endpointOther,
}

// endpointOf tells by the path of a request, or its URL, and its method, whether it asks a model for
// something ("llm") or not ("other"), "" when neither can be told. Lists of models, files, polls,
// counts of tokens, tools and health checks do not, nor does anything that only reads or deletes,
// but a conversation over a WebSocket, which begins with a GET.
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
			case strings.Contains(verb, "generatecontent") || strings.Contains(verb, "predict") || strings.Contains(verb, "embedcontent"):
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
