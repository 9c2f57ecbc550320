package model

import (
	"maps"
	"net/http"
)

func messages(w http.ResponseWriter, call *Call, streamed bool) {
	a := call.Answer
	body := map[string]any{
		"id": "msg_" + call.Name, "type": "message", "role": "assistant", "model": "plover-3",
		"content": blocks(a), "stop_reason": a.Finish, "stop_sequence": nil, "usage": a.Usage,
	}
	if !streamed {
		write(w, http.StatusOK, body)
		return
	}
	s := stream(w)
	begun := maps.Clone(body)
	usage := maps.Clone(a.Usage)
	usage["output_tokens"] = 1
	begun["content"], begun["stop_reason"], begun["usage"] = []any{}, nil, usage
	s.send("message_start", map[string]any{"type": "message_start", "message": begun})
	s.send("content_block_start", map[string]any{
		"type": "content_block_start", "index": 0,
		"content_block": map[string]any{"type": "text", "text": ""},
	})
	for _, text := range pieces(a.Output) {
		s.send("content_block_delta", map[string]any{
			"type": "content_block_delta", "index": 0,
			"delta": map[string]any{"type": "text_delta", "text": text},
		})
	}
	s.send("content_block_stop", map[string]any{"type": "content_block_stop", "index": 0})
	s.send("message_delta", map[string]any{
		"type":  "message_delta",
		"delta": map[string]any{"stop_reason": a.Finish, "stop_sequence": nil},
		"usage": map[string]any{"output_tokens": a.Usage["output_tokens"]},
	})
	s.send("message_stop", map[string]any{"type": "message_stop"})
}

// blocks are the parts of an answer of the Messages API.
func blocks(a Answer) []any {
	var list []any
	if a.Reasoning != "" {
		list = append(
			list,
			map[string]any{"type": "thinking", "thinking": a.Reasoning, "signature": "c2ln"},
		)
	}
	return append(list, map[string]any{"type": "text", "text": a.Output})
}
