package sketch_test

import (
	"encoding/json"
	"fmt"

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
			Input:  []sketch.Message{{Role: "user", Text: "Explain step by step why the sky is blue and sunsets are red."}},
		}),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(record))
	fmt.Println("the same secret and options make the check", encoder.Check())
	// Output:
	// {"account":{"id":"acct_9f31"},"id":"req_01","request":{"message_count":1,"model":"m-large-2"},"schema":"1","sketch":{"version":1,"check":"afdae2b678c63a04","exact":"9d94532fb5f18fbc","shingles":["1414efb2d61896b2","1f0b60e36dcf9226"],"continuation":"247c6fc6a842e6dc","tokens":13,"intents":{"reasoning":1}},"time":"2026-11-02T10:00:00Z"}
	// the same secret and options make the check afdae2b678c63a04
}
