package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPseudonymIsPrintedForAValue(t *testing.T) {
	env := secretOf("a secret of thirty-two bytes, ok?")
	code, first, stderr := execute(t, env, "pseudonym", "payment", "card-7", "--tenant", "acme")
	require.Equal(t, 0, code, stderr)
	require.Regexp(t, `^payment:[0-9a-f]{16}\n$`, first)
	_, other, _ := execute(t, env, "pseudonym", "payment", "card-7")
	require.NotEqual(t, first, other, "each tenant has its own")
	_, issuer, _ := execute(t, env, "pseudonym", "issuer", "card-7", "--tenant", "acme")
	require.NotContains(t, issuer, strings.TrimPrefix(first, "payment"))

	env["STILLWATCH_SKETCH_PREVIOUS_SECRET"] = "the secret before, of thirty bytes"
	_, both, _ := execute(t, env, "pseudonym", "payment", "card-7", "--tenant", "acme")
	require.True(t, strings.HasPrefix(both, first), "the current one first")
	require.Len(t, strings.Fields(both), 2, "findings from before the rotation have the other")

	list := filepath.Join(t.TempDir(), "cards")
	require.NoError(t, os.WriteFile(list, []byte("card-1\r\nunknown\ncard-7\n"), 0o600))
	delete(env, "STILLWATCH_SKETCH_PREVIOUS_SECRET")
	_, lines, _ := execute(
		t, env, "pseudonym", "payment", "--from", list, "--tenant", "acme",
	)
	require.Len(t, strings.Split(strings.TrimSpace(lines), "\n"), 2, "a word for nothing has none")
	require.Contains(t, lines, strings.TrimSpace(first)+"\tcard-7\n")
}

func TestAPseudonymThatThereIsNotIsRefused(t *testing.T) {
	env := secretOf("a secret of thirty-two bytes, ok?")
	for want, args := range map[string][]string{
		"these have: payment, issuer, device, contract": {"network", "203.0.113.0/24"},
		"give either a value or --from":                 {"payment"},
		"a word for nothing":                            {"payment", "unknown"},
	} {
		code, _, stderr := execute(t, env, append([]string{"pseudonym"}, args...)...)
		require.Equal(t, 2, code)
		require.Contains(t, stderr, want)
	}
	code, _, stderr := execute(t, nil, "pseudonym", "payment", "x")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "sketch.secret is not set")
}

// TestAFindingLeadsToTheRequestsAndPaymentsBehindIt plays what an analyst does: the ids of a
// finding are looked up in the gateway's own records, and so is what a pseudonym stands for.
func TestAFindingLeadsToTheRequestsAndPaymentsBehindIt(t *testing.T) {
	dir := t.TempDir()
	events, alerts := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "alerts.jsonl")
	truth := filepath.Join(dir, "truth.json")
	code, _, stderr := execute(
		t, nil, "simulate", "mix-common", "--duration", "8h", "-o", events, "--truth", truth,
	)
	require.Equal(t, 0, code, stderr)
	code, _, stderr = execute(t, nil, "backtest", "--alerts", alerts, events)
	require.Equal(t, 0, code, stderr)

	sent := sentByID(t, events)
	type values []struct {
		Value string  `json:"value"`
		Share float64 `json:"share"`
	}
	checked, shared, paid := 0, 0, 0
	data, err := os.ReadFile(alerts)
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		var finding struct {
			Evidences []struct {
				UID     string `json:"uid"`
				Request struct {
					Agent string `json:"user_agent"`
				} `json:"http_request"`
				JA4 []struct {
					Value string `json:"value"`
				} `json:"ja4_fingerprint_list"`
				Data struct {
					Networks values `json:"networks"`
					Payments values `json:"payments"`
					Requests []struct {
						ID      string `json:"id"`
						Carried string `json:"carried"`
					} `json:"request_ids"`
				} `json:"data"`
			} `json:"evidences"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &finding))
		for _, e := range finding.Evidences {
			require.NotEmpty(t, e.Data.Requests, "of %s", e.UID)
			for _, r := range e.Data.Requests {
				event, ok := sent[r.ID]
				require.True(t, ok, "the gateway sent %s", r.ID)
				require.Equal(t, event.Account.ID, e.UID)
				checked++
				if r.Carried == "shared" {
					shared++
				}
			}
			require.NotEmpty(t, e.Data.Networks)
			require.True(t, slices.ContainsFunc(sent.of(e.UID), func(s sentEvent) bool {
				return s.Client.Agent == e.Request.Agent &&
					(s.Client.JA4 == "" || len(e.JA4) > 0 && s.Client.JA4 == e.JA4[0].Value)
			}), "the client of %s as it was sent", e.UID)
			newest := sent[e.Data.Requests[0].ID]
			if len(e.Data.Payments) == 0 {
				require.Empty(t, newest.Account.Payment)
				continue
			}
			_, out, _ := execute(
				t, secretOf(backtestSecret), "pseudonym", "payment", newest.Account.Payment,
			)
			require.True(t, slices.ContainsFunc(strings.Fields(out), func(p string) bool {
				return p == e.Data.Payments[0].Value
			}), "%s of %v", out, e.Data.Payments)
			paid++
		}
	}
	require.Greater(t, checked, 50)
	require.Greater(t, shared, checked/2)
	require.Positive(t, paid)
}

// sentEvent is what the test reads of an event.
type sentEvent struct {
	ID      string `json:"id"`
	Account struct {
		ID      string `json:"id"`
		Payment string `json:"payment_fp"`
	} `json:"account"`
	Client struct {
		Agent string `json:"user_agent"`
		JA4   string `json:"ja4"`
	} `json:"client"`
}

// sentEvents are events by their id.
type sentEvents map[string]sentEvent

// of lists the events of an account.
func (s sentEvents) of(account string) (list []sentEvent) {
	for _, e := range s {
		if e.Account.ID == account {
			list = append(list, e)
		}
	}
	return list
}

func sentByID(t *testing.T, path string) sentEvents {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	sent := sentEvents{}
	for line := range strings.Lines(string(data)) {
		var e sentEvent
		require.NoError(t, json.Unmarshal([]byte(line), &e), "%.80s", line)
		sent[e.ID] = e
	}
	return sent
}
