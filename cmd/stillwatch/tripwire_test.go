package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// circle is a dozen unlike accounts that serve the users of one relay by turns, among others.
const circle = `
name: circle
description: a relay of a dozen accounts
seed: 5
duration: 48h
crowds:
  - {kind: chat, accounts: 150}
  - {kind: apps, accounts: 40, rate: 5}
campaigns:
  - id: relay
    kind: relay with real users' conversations
    accounts: 12
    rate: 30
    prompt: {style: relay}
    pool: {sign_up: wide, stack: native, device: own}
    schedule: {shape: diurnal, cv: 2, balance: lru}
    reactions: {handover: true, rate_limited: 0.1}
`

// silent is a configuration in which no group is beyond a threshold.
const silent = "correlate: {total_bits: 99, operator_bits: 99, coordination_bits: 99}\n"

func TestARelayBelowTheLineTripsOnTheConversationsItHandsOver(t *testing.T) {
	dir := t.TempDir()
	events, alerts := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "alerts.jsonl")
	code, _, stderr := execute(
		t, nil, "simulate", file(t, circle), "-o", events, "--truth",
		filepath.Join(dir, "truth.json"),
	)
	require.Equal(t, 0, code, stderr)
	code, _, stderr = execute(t, nil, "backtest", "-c", file(t, silent), events, "--alerts", alerts)
	require.Equal(t, 0, code, stderr)
	found := readFindings(t, alerts)
	require.NotEmpty(t, found)
	for _, f := range found {
		require.Equal(t, campaign.KindTripwire, f.Kind)
		require.Equal(t, campaign.Low, f.Severity)
		require.Contains(t, f.Summary, "accounts continue each other's conversations")
		require.LessOrEqual(t, f.Members, 12, "nobody else is named")
	}
}

func readFindings(t *testing.T, path string) (list []*campaign.Finding) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		f, err := alert.Parse([]byte(line))
		require.NoError(t, err)
		list = append(list, f)
	}
	return list
}
