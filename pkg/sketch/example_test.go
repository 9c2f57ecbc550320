package sketch_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// A gateway makes one Encoder when it starts and asks it for the object "sketch" of every request.
func Example() {
	opts := sketch.DefaultOptions()
	opts.Key = []byte("the secret that stillwatch has as sketch.secret")
	encoder, err := sketch.NewEncoder(opts)
	if err != nil {
		panic(err)
	}

	record, err := json.Marshal(map[string]any{
		"schema": "1", "id": "req_01", "time": "2026-11-02T10:00:00Z",
		"account": map[string]any{"id": "acct_9f31"},
		"request": map[string]any{"model": "m-large-2", "message_count": 1},
		"sketch": encoder.Sketch(&sketch.Content{
			System: "You are a helpful assistant.",
			Input: []sketch.Message{{
				Role: "user", Text: "Explain step by step why the sky is blue and sunsets are red.",
			}},
		}),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(record))
	fmt.Println("the same secret and options make the check", encoder.Check())
	// Output:
	// {"account":{"id":"acct_9f31"},"id":"req_01","request":{"message_count":1,"model":"m-large-2"},"schema":"1","sketch":{"version":1,"check":"afdae2b678c63a04","exact":"9d94532fb5f18fbc","shingles":["1414efb2d61896b2","1f0b60e36dcf9226"],"continuation":"247c6fc6a842e6dc","subject":"0000000000000000e00000e0002000000000000000e000000000000000000000","tokens":13,"intents":{"reasoning":1}},"time":"2026-11-02T10:00:00Z"}
	// the same secret and options make the check afdae2b678c63a04
}

// Two requests that were made from one template share shingles, and nothing else: what they say can
// be read from neither sketch.
func ExampleSketcher() {
	opts := sketch.DefaultOptions()
	opts.Key = []byte("the secret that stillwatch has as sketch.secret")
	sketcher, err := sketch.New(opts)
	if err != nil {
		panic(err)
	}
	const template = "You are a patient teacher. Explain the following topic to a beginner, list the " +
		"steps of your reasoning one by one, and end with a short summary. Topic: "

	var first, second sketch.Sketch
	for topic, out := range map[string]*sketch.Sketch{
		"the tides": &first, "compound interest": &second,
	} {
		sketcher.Sketch(&event.Event{Content: event.Content{
			Input: []event.Message{{Role: "user", Text: template + topic}},
		}}, out)
	}
	shared := 0
	for _, hash := range first.Turn {
		if slices.Contains(second.Turn, hash) {
			shared++
		}
	}
	fmt.Println("the same prompt:", first.Exact == second.Exact)
	fmt.Printf("shingles kept: %d and %d, shared: %d\n", len(first.Turn), len(second.Turn), shared)
	fmt.Println("asks for reasoning:", first.Intents&sketch.Reasoning != 0)
	// Output:
	// the same prompt: false
	// shingles kept: 7 and 6, shared: 6
	// asks for reasoning: true
}
