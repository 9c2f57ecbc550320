package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// asLiteLLM is an event as the LiteLLM proxy would log it, with the account's facts in its key's metadata.
func asLiteLLM(ev *event.Event) any {
	messages := chat(ev)
	metadata := map[string]any{
		"user_api_key_hash": ev.Account.KeyHash, "user_api_key_user_id": ev.Account.ID,
		"requester_custom_headers": map[string]any{"x-ja4": ev.Client.JA4},
		"user_api_key_auth_metadata": map[string]any{
			"created_at": ev.Account.CreatedAt, "payment_fp": ev.Account.PaymentFP, "payment_issuer": ev.Account.PaymentIssuer,
		},
	}
	record := map[string]any{
		"id": ev.ID, "call_type": "acompletion", "model_map_information": map[string]any{}, "status": "success",
		"startTime": float64(ev.Time) / 1000, "endTime": (float64(ev.Time) + ev.Response.LatencyMS.V) / 1000, "stream": ev.Request.Stream.V,
		"model": ev.Request.Model, "requester_ip_address": ev.Client.IP, "user_agent": ev.Client.UserAgent, "metadata": metadata,
		"messages": messages, "prompt_tokens": ev.Usage.Input.V, "completion_tokens": ev.Usage.Output.V, "model_parameters": parameters(ev),
	}
	if ev.Response.Status != event.StatusOK {
		record["status"] = "failure"
	}
	return record
}

// asKong is an event as Kong's log plugins would write it.
func asKong(ev *event.Event) any {
	body := parameters(ev)
	body["messages"] = chat(ev)
	payload, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return map[string]any{
		"started_at": ev.Time, "client_ip": ev.Client.IP, "tries": []any{}, "latencies": map[string]any{"request": ev.Response.LatencyMS.V},
		"consumer": map[string]any{"id": ev.Account.ID}, "response": map[string]any{"status": ev.Response.HTTPStatus.V},
		"request": map[string]any{"id": ev.ID, "uri": "/v1/chat/completions", "headers": map[string]any{"user-agent": ev.Client.UserAgent, "x-ja4": ev.Client.JA4}},
		"ai": map[string]any{"proxy": map[string]any{
			"meta":    map[string]any{"request_model": ev.Request.Model},
			"usage":   map[string]any{"prompt_tokens": ev.Usage.Input.V, "completion_tokens": ev.Usage.Output.V},
			"payload": map[string]any{"request": string(payload)},
		}},
	}
}

// chat is the conversation as the chat API has it.
func chat(ev *event.Event) (messages []map[string]any) {
	if ev.Content.System != "" {
		messages = append(messages, map[string]any{"role": "system", "content": ev.Content.System})
	}
	for _, m := range ev.Content.Input {
		messages = append(messages, map[string]any{"role": m.Role, "content": m.Text})
	}
	return messages
}

func parameters(ev *event.Event) map[string]any {
	p := map[string]any{}
	if ev.Request.Temperature.Known {
		p["temperature"] = ev.Request.Temperature.V
	}
	if ev.Request.MaxTokens.Known {
		p["max_tokens"] = ev.Request.MaxTokens.V
	}
	return p
}

// converted writes recorded events in the shape of a gateway.
func converted(t *testing.T, events string, shape func(*event.Event) any) string {
	t.Helper()
	text, err := os.ReadFile(events)
	require.NoError(t, err)
	decoder := event.NewDecoder(event.DefaultLimits())
	var b strings.Builder
	out := json.NewEncoder(&b)
	for line := range strings.Lines(string(text)) {
		var ev event.Event
		require.NoError(t, decoder.Decode([]byte(line), &ev))
		require.NoError(t, out.Encode(shape(&ev)))
	}
	return writeFile(t, "events.jsonl", b.String())
}

func TestRecordsOfEveryFormatAreScored(t *testing.T) {
	dir := t.TempDir()
	native, truth := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "truth.json")
	code, _, stderr := execute(t, nil, "simulate", "demo", "-o", native, "--truth", truth)
	require.Equal(t, 0, code, stderr)
	campaign := regexp.MustCompile(`(?m)^pool +synchronised pool, one template with slots +48 +(yes|no) `)
	for name, shape := range map[string]func(*event.Event) any{"litellm": asLiteLLM, "kong": asKong} {
		t.Run(name, func(t *testing.T) {
			events := converted(t, native, shape)
			var tables []string
			for _, workers := range []string{"1", "3"} {
				code, stdout, stderr := execute(t, nil, "backtest", events, "--truth", truth, "--workers", workers)
				require.Equal(t, 0, code, stderr)
				require.Contains(t, stderr, "dead letters 0\n")
				require.Regexp(t, campaign, stdout, "all of its accounts are met")
				require.Regexp(t, `(?m)^chat +chat hobbyists +189 `, stdout)
				tables = append(tables, stdout)
			}
			require.Equal(t, tables[0], tables[1])
			require.Contains(t, tables[0], " yes ", "the campaign is found")
			require.Contains(t, tables[0], "(precision 1.0000), recall 1.0000")
		})
	}
}

func TestATruthOfOtherTrafficIsAnErrorAndNoPrecision(t *testing.T) {
	dir := t.TempDir()
	truth, page := filepath.Join(dir, "truth.json"), filepath.Join(dir, "out.html")
	require.NoError(t, os.WriteFile(truth, []byte(`{"campaigns":[{"id":"c","accounts":["ada","bea"]}]}`), 0o600))
	event := func(account string) string {
		return writeFile(t, "in.jsonl", fmt.Sprintf(`{"id":"1","time":1793613600000,"account":{"id":%q},"request":{"model":"m"}}`, account))
	}
	code, stdout, stderr := execute(t, nil, "backtest", event("eve"), "--truth", truth, "--report", page)
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "the truth is of other traffic: not one of its 2 accounts is in the 1 events")
	require.NoFileExists(t, page)

	code, stdout, stderr = execute(t, nil, "backtest", event("ada"), "--truth", truth)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "accounts named 0, wrongly 0 (no precision: nobody was named), recall 0.0000")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "harvest.ids"), []byte("7\n"), 0o600))
	code, stdout, stderr = execute(t, nil, "backtest", event("ada"), "--truth", truth)
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "not one of its 1 harvest ids is in the 1 events")
}
