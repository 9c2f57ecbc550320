// Package model is a model server for the interop tests: it answers the calls of calls.json as
// OpenAI's and Anthropic's APIs do, with the same text and the same counts every time. The same
// file tells the drivers what to ask, and the tests what a gateway has to report.
package model

import (
	_ "embed" // for the calls
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

//go:embed calls.json
var calls []byte

// Call is one call of an API, its answer, and what is known of it.
type Call struct {
	Name string `json:"name"`
	API  string `json:"api"`
	// Marker is a text of the request that no other call has.
	Marker  string          `json:"marker"`
	Request json.RawMessage `json:"request"`
	// Status is what the server answers, 200 when it is 0.
	Status int    `json:"status"`
	Answer Answer `json:"answer"`
	// Event is the part of the canonical event that follows from the request and the answer.
	Event json.RawMessage `json:"event"`
}

// Answer is what the model says.
type Answer struct {
	Output    string         `json:"output"`
	Reasoning string         `json:"reasoning"`
	Tool      string         `json:"tool"`
	Arguments string         `json:"arguments"`
	Finish    string         `json:"finish"`
	Usage     map[string]any `json:"usage"`
}

// Calls returns all calls.
func Calls() ([]Call, error) {
	var list []Call
	if err := json.Unmarshal(calls, &list); err != nil {
		return nil, fmt.Errorf("calls.json: %w", err)
	}
	return list, nil
}

const (
	// created is a time in answers that have one.
	created = 1795911808
	// maxRequest is the longest request that is read.
	maxRequest = 1 << 20
)

// Handler answers the calls.
func Handler(list []Call) http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, answer func(http.ResponseWriter, *Call, bool)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, list, answer)
		})
	}
	for _, root := range [...]string{"", "/v1"} {
		handle(root+"/chat/completions", chat)
		handle(root+"/completions", completion)
		handle(root+"/responses", responses)
		handle(root+"/embeddings", embeddings)
		handle(root+"/messages", messages)
		mux.HandleFunc(
			"POST "+root+"/messages/count_tokens",
			func(w http.ResponseWriter, _ *http.Request) {
				write(w, http.StatusOK, map[string]any{"input_tokens": 1})
			},
		)
		mux.HandleFunc("GET "+root+"/responses/{id}", func(w http.ResponseWriter, _ *http.Request) {
			write(w, http.StatusOK, response(unknown("/responses")))
		})
		mux.HandleFunc("GET "+root+"/models", func(w http.ResponseWriter, _ *http.Request) {
			write(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
				map[string]any{"id": "corvid-2", "object": "model", "created": created},
			}})
		})
	}
	return mux
}

func serve(
	w http.ResponseWriter,
	r *http.Request,
	list []Call,
	answer func(http.ResponseWriter, *Call, bool),
) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request struct {
		Stream bool `json:"stream"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := unknown(r.URL.Path)
	for i := range list {
		if strings.Contains(string(body), list[i].Marker) {
			call = &list[i]
		}
	}
	w.Header().Set("X-Request-Id", "req-"+call.Name)
	if call.Status >= http.StatusBadRequest {
		fail(w, call)
		return
	}
	answer(w, call, request.Stream)
}

// unknown answers what no driver asks on purpose, such as a gateway's own health checks.
func unknown(path string) *Call {
	call := &Call{
		Name: "unknown",
		Answer: Answer{Output: "Yes.", Finish: "stop", Usage: map[string]any{
			"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2,
		}},
	}
	if strings.HasSuffix(path, "/messages") || strings.HasSuffix(path, "/responses") {
		call.Answer.Usage = map[string]any{"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
	}
	return call
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// fail answers with an error as both APIs write it.
func fail(w http.ResponseWriter, call *Call) {
	kind := "invalid_request_error"
	switch call.Status {
	case http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case http.StatusUnauthorized:
		kind = "authentication_error" // of the gateway's own key: its user is not in question
	}
	write(w, call.Status, map[string]any{"type": "error", "error": map[string]any{
		"type": kind, "code": kind, "message": "The model says no.", "param": nil,
	}})
}

// events writes server-sent events.
type events struct{ w http.ResponseWriter }

func stream(w http.ResponseWriter) events {
	w.Header().Set("Content-Type", "text/event-stream")
	return events{w}
}

// send writes one event; OpenAI's chat streams have no names.
func (e events) send(name string, v any) {
	if name != "" {
		fmt.Fprintf(e.w, "event: %s\n", name)
	}
	data, _ := json.Marshal(v)
	fmt.Fprintf(e.w, "data: %s\n\n", data)
	if f, ok := e.w.(http.Flusher); ok {
		f.Flush()
	}
}

func (e events) done() { fmt.Fprint(e.w, "data: [DONE]\n\n") }

// pieces splits a text in two, as a stream brings it.
func pieces(text string) []string {
	half := len(text) / 2
	return []string{text[:half], text[half:]}
}
