package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestABrokenRecordStillSaysWhoAskedWhereThatCanBeRead(t *testing.T) {
	cases := map[string]struct{ record, account, tenant string }{
		"native, cut in the prompt": {
			`{"id":"r","time":1793613600000,"tenant":"t","account":{"id":"a"},"request":{"model":"m"},"content":{"input":"cut`,
			"a", "t",
		},
		"native, a time that is none": {
			`{"id":"r","account":{"id":"a"},"request":{"model":"m"},"time":"once"}`, "a", "",
		},
		"LiteLLM, cut in the messages": {
			`{"id":"l","litellm_call_id":"c","call_type":"acompletion","model":"m","startTime":1793613600.5,` +
				`"metadata":{"user_api_key_hash":"h","user_api_key_user_id":"u"},"messages":[{"role":"user","content":"cut`,
			"u", "",
		},
		"Kong, cut in the payload": {
			`{"started_at":1793613600123,"tries":[],"request":{"id":"k"},"response":{"status":200},"latencies":{"request":1},` +
				`"consumer":{"id":"c"},"ai":{"proxy":{"payload":{"request":"cut`, "c", "",
		},
		"Envoy, without a time": {
			`{"gen_ai.request.model":"m","response_code":200,"x-request-id":"r","x-user-id":"u"}`,
			"u", "",
		},
		"nothing that is known": {`{"what":{"is":"this`, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			visits := 0
			newReader(t, FormatAuto).Read([]byte(c.record), func(ev *event.Event, err error) bool {
				visits++
				require.ErrorAs(t, err, new(*event.DecodeError))
				require.Equal(t, c.account, ev.Account.ID)
				require.Equal(t, c.tenant, ev.Tenant)
				return true
			})
			require.Equal(t, 1, visits)
		})
	}
}
