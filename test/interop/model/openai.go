package model

import "net/http"

// dated is how the API calls the model that was asked for as corvid-2.
const dated = "corvid-2-2026-10-01"

func chat(w http.ResponseWriter, call *Call, streamed bool) {
	a := call.Answer
	head := func(object string) map[string]any {
		return map[string]any{
			"id": "chatcmpl-" + call.Name, "object": object, "created": created, "model": dated,
		}
	}
	if streamed {
		chatStream(w, a, head)
		return
	}
	message := map[string]any{"role": "assistant", "content": a.Output}
	if a.Tool != "" {
		message["content"] = nil
		message["tool_calls"] = []any{map[string]any{
			"id": "call_1", "type": "function",
			"function": map[string]any{"name": a.Tool, "arguments": a.Arguments},
		}}
	}
	body := head("chat.completion")
	body["choices"] = []any{
		map[string]any{"index": 0, "message": message, "finish_reason": a.Finish},
	}
	body["usage"] = a.Usage
	write(w, http.StatusOK, body)
}

func chatStream(w http.ResponseWriter, a Answer, head func(string) map[string]any) {
	s := stream(w)
	delta := func(delta map[string]any, finish any) {
		body := head("chat.completion.chunk")
		body["choices"] = []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}
		s.send("", body)
	}
	delta(map[string]any{"role": "assistant", "content": ""}, nil)
	for _, text := range pieces(a.Output) {
		delta(map[string]any{"content": text}, nil)
	}
	delta(map[string]any{}, a.Finish)
	body := head("chat.completion.chunk")
	body["choices"], body["usage"] = []any{}, a.Usage
	s.send("", body)
	s.done()
}

func completion(w http.ResponseWriter, call *Call, _ bool) {
	write(w, http.StatusOK, map[string]any{
		"id": "cmpl-" + call.Name, "object": "text_completion", "created": created,
		"model": "corvid-text",
		"choices": []any{map[string]any{
			"index": 0, "text": call.Answer.Output,
			"finish_reason": call.Answer.Finish, "logprobs": nil,
		}},
		"usage": call.Answer.Usage,
	})
}

func embeddings(w http.ResponseWriter, call *Call, _ bool) {
	write(w, http.StatusOK, map[string]any{
		"object": "list", "model": "corvid-embed", "usage": call.Answer.Usage,
		"data": []any{
			map[string]any{
				"object": "embedding", "index": 0, "embedding": []float64{0.25, 0.5, 0.75},
			},
		},
	})
}

func responses(w http.ResponseWriter, call *Call, streamed bool) {
	body := response(call)
	if !streamed {
		write(w, http.StatusOK, body)
		return
	}
	s := stream(w)
	begun := response(call)
	begun["status"], begun["output"], begun["usage"] = "in_progress", []any{}, nil
	s.send(
		"response.created",
		map[string]any{"type": "response.created", "sequence_number": 0, "response": begun},
	)
	for i, text := range pieces(call.Answer.Output) {
		s.send("response.output_text.delta", map[string]any{
			"type": "response.output_text.delta", "sequence_number": i + 1,
			"item_id":      "msg_" + call.Name,
			"output_index": 0, "content_index": 0, "delta": text, "logprobs": []any{},
		})
	}
	const last = 3
	s.send(
		"response.completed",
		map[string]any{"type": "response.completed", "sequence_number": last, "response": body},
	)
}

// response is the object that the Responses API answers with.
func response(call *Call) map[string]any {
	a := call.Answer
	var output []any
	if a.Reasoning != "" {
		output = append(output, map[string]any{
			"id": "rs_" + call.Name, "type": "reasoning",
			"summary": []any{map[string]any{"type": "summary_text", "text": a.Reasoning}},
		})
	}
	output = append(output, map[string]any{
		"id": "msg_" + call.Name, "type": "message", "role": "assistant", "status": "completed",
		"content": []any{
			map[string]any{"type": "output_text", "text": a.Output, "annotations": []any{}},
		},
	})
	return map[string]any{
		"id": "resp_" + call.Name, "object": "response", "created_at": created, "model": dated,
		"status": "completed", "output": output, "usage": a.Usage,
		"error": nil, "incomplete_details": nil,
		"instructions": nil, "metadata": map[string]any{},
		"parallel_tool_calls": true, "temperature": 1,
		"tool_choice": "auto", "tools": []any{}, "top_p": 1,
		"max_output_tokens": nil, "previous_response_id": nil, "store": true,
		"truncation": "disabled", "text": map[string]any{"format": map[string]any{"type": "text"}},
	}
}
