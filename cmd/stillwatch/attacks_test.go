package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// worldWith writes the demo world as LiteLLM logs it, with change in the place of every record.
func worldWith(t *testing.T, world string, change func(n int, record string) []string) string {
	t.Helper()
	text, err := os.ReadFile(world)
	require.NoError(t, err)
	var out bytes.Buffer
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		for _, record := range change(n, strings.TrimSuffix(line, "\n")) {
			out.WriteString(record + "\n")
		}
	}
	path := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o600))
	return path
}

// asUnattacked replays both worlds and demands the same findings.
func asUnattacked(t *testing.T, world, attacked, facts string) {
	t.Helper()
	want, got := replayAs(t, world, facts), replayAs(t, attacked, facts)
	require.NotEmpty(t, want.campaigns, "a world without findings shows nothing")
	require.Equal(t, want.campaigns, got.campaigns)
	require.Zero(t, strings.Compare(want.alerts, got.alerts), "the findings differ")
	require.Zero(t, strings.Compare(want.accounts, got.accounts), "the account records differ")
}

func TestNumbersWithoutAValueInACallersMetadataChangeNoFinding(t *testing.T) {
	world, facts := simulated(t, "litellm")
	numbers := []string{"NaN", "Infinity", "-Infinity"}
	attacked := worldWith(t, world, func(n int, record string) []string {
		poison := `"metadata":{"requester_metadata":{"k":` + numbers[n%len(numbers)] + `,"deep":` +
			strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300) + `},`
		require.Contains(t, record, `"metadata":{`)
		return []string{strings.Replace(record, `"metadata":{`, poison, 1)}
	})
	asUnattacked(t, world, attacked, facts)
}

// TestAFloodOfMadeUpKeysBearsNoFindingAndDilutesNone has every tenth prompt of the world sent twice
// more with keys that the gateway refused, each with another one. When findings are updated depends
// on where batches end, so the world to compare with has the proxy's own health checks in those
// places.
func TestAFloodOfMadeUpKeysBearsNoFindingAndDilutesNone(t *testing.T) {
	world, facts := simulated(t, "litellm")
	flood := func(more func(record string, n int) string) string {
		return worldWith(t, world, func(n int, record string) []string {
			if n%10 != 0 {
				return []string{record}
			}
			return []string{record, more(record, n), more(record, -n)}
		})
	}
	checked := flood(func(record string, _ int) string {
		return withKey(t, record, "litellm-internal-health-check", "success")
	})
	attacked := flood(func(record string, n int) string {
		return withKey(t, record, fmt.Sprintf("made-up-%d", n), "failure")
	})
	asUnattacked(t, checked, attacked, facts)
}

// withKey is the record that LiteLLM writes of a call with another key, of which it knows nothing.
func withKey(t *testing.T, record, key, status string) string {
	t.Helper()
	var call map[string]any
	require.NoError(t, json.Unmarshal([]byte(record), &call))
	call["id"], call["litellm_call_id"], call["status"] = key, key, status
	call["metadata"] = map[string]any{"user_api_key_hash": key, "user_api_key_user_id": nil}
	if status == "failure" {
		call["error_information"] = map[string]any{
			"error_code": "401", "error_class": "ProxyException",
		}
		call["response"] = nil
	}
	text, err := json.Marshal(call)
	require.NoError(t, err)
	return string(text)
}
