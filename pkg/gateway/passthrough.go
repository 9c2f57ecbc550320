package gateway

import (
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// passedThrough opens the text in which LiteLLM logs the whole body of a call of a pass-through
// endpoint, as if it were a prompt. Only of such calls: callers may ask about JSON.
func passedThrough(operation string, d *tree.Document, bodies *body.Reader, ev *event.Event) {
	c := &ev.Content
	switch operation {
	case "pass_through_endpoint", "allm_passthrough_route", "llm_passthrough_route":
	default:
		return
	}
	if len(c.Input) != 1 {
		return
	}
	text := c.Input[0].Text
	at := d.Add(event.KindString, "", text)
	if d.Kind(d.Open(at)) != event.KindObject {
		return
	}
	c.Input = c.Input[:0]
	if bodies.Request(at, ev); len(c.Input) == 0 && c.System == "" {
		c.Input = append(c.Input, event.Message{Role: "user", Text: text})
	}
}
