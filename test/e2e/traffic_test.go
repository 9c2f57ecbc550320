package e2e

import (
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// trafficStart is the time of the first event of all made-up traffic.
var trafficStart = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// traffic makes a plain stream of events, one every 200 ms, over so many accounts, keyed by
// account. It is the same at each call.
func traffic(accounts, events int) []kafka.Message {
	subjects := []string{
		"rivers", "compilers", "bread", "tax law", "sailing", "protein folding", "jazz", "glaciers",
	}
	messages := make([]kafka.Message, events)
	for i := range messages {
		account := (i*7919 + i/accounts*13) % accounts
		at := trafficStart.Add(time.Duration(i) * 200 * time.Millisecond)
		messages[i] = kafka.Message{
			Key: fmt.Appendf(nil, "acct-%d", account),
			Value: fmt.Appendf(
				nil, `{"schema":"1","id":"req-%d","time":%q,"source":{"gateway":"test"},`+
					`"account":{"id":"acct-%d","org_id":"org-%d","created_at":"2026-10-01T00:00:00Z"},`+
					`"client":{"ip":"198.18.%d.%d","user_agent":"client/%d.0"},`+
					`"request":{"operation":"chat","model":"m-large-2","session_id":"s-%d","message_count":1,"max_tokens":1024},`+
					`"usage":{"input_tokens":%d,"output_tokens":%d},"response":{"http_status":200,"status":"ok","finish_reasons":["stop"]},`+
					`"content":{"input":[{"role":"user","text":"Tell me, as you would tell a patient child, what matters most about %s in the year %d."}]}}`,
				i, at.Format(time.RFC3339Nano), account, account%7, account%20, i%250, account%3,
				i/5, 40+i%60, 200+i%300, subjects[i%len(subjects)], 1900+i%113,
			),
		}
	}
	return messages
}
