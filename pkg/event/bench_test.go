package event

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// metadata is a typical event of about 1 kB without content.
const metadata = `{"schema":"1","id":"req_01m1wjm9014j582eq5tj15aves","time":"2026-09-07T00:00:00.001Z","account":{"id":"acct_j0dsewt127etrb3w",` +
	`"org_id":"org_5f21","key_hash":"827373d719c18b75d11b993cb5fb3000ac2f71db1be013aa2cbd5639c1fe4737","created_at":"2026-07-31T10:46:26Z",` +
	`"plan":"api","payment_fp":"2d8f0e1bdae98350783f468aee723c64","payment_issuer":"cdfdf667","email_domain":"tordale.example","verified":false},` +
	`"client":{"ip":"198.19.48.123","asn":64911,"as_org":"Lambdafarm","country":"US","user_agent":"Anthropic/Python 0.64.0",` +
	`"ja4":"t13d1118h1_c4eb8c6d5131_0f148e4ea4a4"},"request":{"operation":"chat","model":"vega-2","session_id":"s_771","stream":true,` +
	`"temperature":0.7,"top_p":1,"n":1,"max_tokens":2048,"logprobs":false,"reasoning_effort":"high","tools":["bash","edit"],"message_count":5},` +
	`"usage":{"input_tokens":343,"output_tokens":1130,"reasoning_tokens":800,"cost_usd":0.0123},"response":{"http_status":200,"status":"ok",` +
	`"finish_reasons":["stop"],"latency_ms":2781.0,"ttft_ms":305.5}}`

const prompt = `As content moderator at Xanion you help its users. Result: Answer with one word: allow, review or remove.\n\nHi, extremely fun. ` +
	`I wish you were there. “Muont everest”, Bermuda triangle, Atlantis, North pole.\n\nDecide whether the post breaks the community rules.`

const conversation = `,"content":{"system":"` + prompt + prompt +
	`","input":[{"role":"user","text":"` + prompt +
	`"},{"role":"assistant","text":"` + prompt + prompt + `"},{"role":"user","text":"` +
	prompt + `"}]}}`

// texts are the events that are measured.
func texts() map[string]string {
	return map[string]string{
		"1 kB without content":                    metadata,
		"3 kB with a conversation of three turns": metadata[:len(metadata)-1] + conversation,
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, text := range texts() {
		b.Run(name, func(b *testing.B) {
			ev := &Event{}
			require.NoError(b, NewDecoder(DefaultLimits()).Decode([]byte(text), ev))
			var line []byte
			b.ReportAllocs()
			for b.Loop() {
				line = AppendJSON(line[:0], ev)
			}
			b.SetBytes(int64(len(line)))
			require.True(b, json.Valid(line))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range texts() {
		b.Run(name, func(b *testing.B) {
			data, d, ev := []byte(text), NewDecoder(DefaultLimits()), &Event{}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Decode(data, ev); err != nil {
					b.Fatal(err)
				}
			}
			require.Equal(b, int64(1130), ev.Usage.Output.V)
			require.Equal(b, name != "1 kB without content", ev.Content.Present())
		})
	}
	b.Run("1 kB without content by encoding/json into a map, for comparison", func(b *testing.B) {
		data := []byte(metadata)
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var m map[string]any
			if err := json.Unmarshal(data, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
