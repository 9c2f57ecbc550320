package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/test/tools"
)

// program is a group of a dozen accounts with one program among honest people.
const program = `
name: program
description: a dozen accounts with one program
seed: 49652
duration: 48h
crowds:
  - {kind: chat, accounts: 200}
  - {kind: apps, accounts: 60, rate: 10}
  - {kind: agents, accounts: 40, groups: 2, rate: 8}
  - {kind: library, accounts: 20}
campaigns:
  - id: program
    kind: small group
    accounts: 12
    rate: 40
    prompt: {style: template, position: system}
    pool: {payments: 3, sign_up: tight, stack: one, addresses: 2}
    schedule: {cv: 1, balance: random}
`

// worldOf simulates a scenario and returns the events with the campaign's accounts.
func worldOf(t *testing.T, scenario, seed string) (lines [][]byte, accounts []string) {
	t.Helper()
	dir := t.TempDir()
	events, truth := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "truth.json")
	code, _, stderr := execute(
		t, nil, "simulate", file(t, scenario), "--seed", seed, "-o", events, "--truth", truth,
	)
	require.Equal(t, 0, code, stderr)
	data, err := os.ReadFile(truth)
	require.NoError(t, err)
	var labels simulate.Truth
	require.NoError(t, json.Unmarshal(data, &labels))
	require.Len(t, labels.Campaigns, 1)
	data, err = os.ReadFile(events)
	require.NoError(t, err)
	return bytes.Split(bytes.TrimSpace(data), []byte("\n")), labels.Campaigns[0].Accounts
}

// tooling is what an attacker brings along to new accounts: the client and its parameters.
func tooling() map[string][]string {
	return map[string][]string{
		"client": {"user_agent", "ja4"},
		"request": {
			"temperature", "top_p", "n", "max_tokens", "stream",
			"reasoning_effort", "response_format",
		},
	}
}

// equip gives the events of some accounts the tooling of another event.
func equip(t *testing.T, lines [][]byte, accounts []string, from map[string]any) {
	t.Helper()
	for i, line := range lines {
		var ev map[string]any
		require.NoError(t, json.Unmarshal(line, &ev))
		if !slices.Contains(accounts, ev["account"].(map[string]any)["id"].(string)) {
			continue
		}
		for section, fields := range tooling() {
			to := ev[section].(map[string]any)
			for _, f := range fields {
				delete(to, f)
				if v, ok := from[section].(map[string]any)[f]; ok {
					to[f] = v
				}
			}
		}
		var err error
		lines[i], err = json.Marshal(ev)
		require.NoError(t, err)
	}
}

func TestWhatOneProviderSharesTripsAnotherOneWhereTheToolingComesBack(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, lines [][]byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, append(bytes.Join(lines, []byte("\n")), '\n'), 0o600))
		return path
	}
	first, attackers := worldOf(t, program, "1")
	alerts := filepath.Join(dir, "alerts.jsonl")
	code, _, stderr := execute(t, nil, "backtest", write("first.jsonl", first), "--alerts", alerts)
	require.Equal(t, 0, code, stderr)
	code, bundle, stderr := execute(
		t, nil, "stix", "export", "--producer", "Example AI", "--tlp", "green", alerts,
	)
	require.Equal(t, 0, code, stderr)
	list := filepath.Join(dir, "list.json")
	require.NoError(t, os.WriteFile(list, []byte(bundle), 0o600))
	judged := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(judged, "campaign.json"), []byte(bundle), 0o600))
	code, stdout, stderr := execute(t, nil, "stix", "check", list)
	require.Equal(t, 0, code, stderr)
	require.Regexp(
		t,
		`(?m)^watched   Shared .* of Coordinated model distillation [0-9a-f]{8} \(Example AI\), confidence \d+$`,
		stdout,
	)
	require.Regexp(t, `\n[1-9]\d* watched for, 0 expired, 0 revoked, 0 unusable\n$`, stdout)

	// Another provider's world: new accounts with the same tooling, and nothing that passes the
	// line.
	second, replaced := worldOf(t, program, "2")
	require.NotContains(t, replaced, attackers[0])
	for _, line := range first {
		var ev map[string]any
		require.NoError(t, json.Unmarshal(line, &ev))
		if slices.Contains(attackers, ev["account"].(map[string]any)["id"].(string)) {
			equip(t, second, replaced, ev)
			break
		}
	}
	path := write("second.jsonl", second)
	for watch, findings := range map[string]bool{"": false, list: true} {
		config := silent
		if watch != "" {
			config = `correlate: {total_bits: 99, operator_bits: 99, coordination_bits: 99, watch_lists: ["` +
				watch + `"]}` + "\n"
		}
		out := filepath.Join(dir, "out.jsonl")
		code, _, stderr = execute(
			t, nil, "backtest", "-c", file(t, config), path, "--alerts", out,
			"--accounts", out+".accounts",
		)
		require.Equal(t, 0, code, stderr)
		found := readFindings(t, out)
		require.Equal(t, findings, len(found) > 0)
		for _, f := range found {
			require.Equal(t, campaign.KindTripwire, f.Kind)
			require.Equal(t, campaign.Low, f.Severity)
			require.Equal(t, "Accounts match a watch list", f.Title)
			require.Contains(t, f.Summary, "(Example AI), confidence ")
			for _, m := range f.Sample {
				require.Contains(t, replaced, m.Account, "nobody else is named: %s", f.Summary)
			}
		}
		if findings {
			require.GreaterOrEqual(t, found[len(found)-1].Members, 10, "of 12")
			// What matched a list is nothing to share.
			code, _, stderr = execute(t, nil, "stix", "export", "--producer", "Other", out)
			require.Equal(t, 1, code)
			require.Contains(t, stderr, "name one with --finding")
			code, stdout, stderr = execute(
				t, nil, "stix", "export", "--producer", "Other", "--finding", found[0].UID, out,
			)
			require.Equal(t, 0, code, stderr)
			require.Contains(t, stdout, `"type":"bundle"`)
			require.NoError(
				t, os.WriteFile(filepath.Join(judged, "tripwire.json"), []byte(stdout), 0o600),
			)
		}
	}
	tools.ValidateSTIX(t, judged)
}

func TestStixCommandsSayWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		args []string
		code int
		want string
	}{
		"no finding": {
			"", []string{"export", "--producer", "x"}, 1, "none of 0 findings is to be shared",
		},
		"no record": {
			"\n{}\n",
			[]string{"export", "--producer", "x"},
			1, "line 2: alert: read finding: the record is no Detection Finding",
		},
		"another finding": {
			"",
			[]string{"export", "--producer", "x", "--finding", "f-1"},
			2, "no record of finding f-1",
		},
		"no producer": {"", []string{"export"}, 2, "missing flags: --producer"},
		"an unknown marking": {
			"", []string{"export", "--producer", "x", "--tlp", "purple"}, 2, "--tlp must be one of",
		},
		"a key that is absent": {
			"",
			[]string{"export", "--producer", "x", "--pseudonym-key-file", "none.key"},
			1, "pseudonym key: open none.key",
		},
		"no bundle": {"[]", []string{"check"}, 1, "stillwatch.yaml: no JSON object"},
		"STIX 1":    {"<x/>", []string{"check"}, 1, "stillwatch.yaml: XML; STIX 1 is not read"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := execute(
				t, nil, append(append([]string{"stix"}, c.args...), file(t, c.text))...,
			)
			require.Equal(t, c.code, code, stderr)
			require.Contains(t, stderr, c.want)
		})
	}
}

func TestStixCheckNamesWhatIsNotWatchedFor(t *testing.T) {
	code, stdout, stderr := execute(t, nil, "stix", "check", file(t, `{"type":"bundle","objects":[
		{"type":"indicator","id":"indicator--1","name":"a host","pattern_type":"stix","pattern":"[ipv4-addr:value = '203.0.113.7']","confidence":70},
		{"type":"indicator","id":"indicator--2","name":"an old one","pattern_type":"stix","pattern":"[domain-name:value = 'a.example']","valid_until":"2020-01-01T00:00:00Z"},
		{"type":"indicator","id":"indicator--3","revoked":true},
		{"type":"indicator","id":"indicator--4","name":"a file","pattern_type":"stix","pattern":"[file:name = 'x']"}]}`))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, `watched   a host, confidence 70
          indicator--1
          [ipv4-addr:value ISSUBSET '203.0.113.0/24']
expired   an old one, until 2020-01-01T00:00:00Z
          indicator--2
          [x-stillwatch-account:email_domain = 'a.example']
revoked   indicator--3
unusable  a file indicator--4: file:name is nothing that is known of an account
1 watched for, 1 expired, 1 revoked, 1 unusable
`, stdout)
}

func TestStixCheckSaysWhatOfAPatternIsLeftOut(t *testing.T) {
	code, stdout, stderr := execute(t, nil, "stix", "check", file(t, `{"more":true,"objects":[
		{"type":"indicator","id":"indicator--1","name":"a host","pattern":"[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.77' AND network-traffic:dst_port = 443] START t'2026-01-01T00:00:00Z' STOP t'2096-11-01T00:00:00Z'"},
		{"type":"indicator","id":"indicator--2","name":"its server","pattern":"[network-traffic:dst_ref.value = '192.0.2.8']"}]}`))
	require.Equal(t, 0, code, stderr)
	require.Regexp(t, `^watched   a host, until 2096-11-01T00:00:00Z
          indicator--1
          \[ipv4-addr:value ISSUBSET '192\.0\.2\.0/24'\]
          left out: network-traffic:src_ref\.type = 'ipv4-addr': the address itself says so
          left out: network-traffic:dst_port = '443': every request to the gateway is like this
unusable  its server indicator--2: network-traffic:dst_ref\.value is nothing that is known of an account: it is about another party, whom traffic goes to
note      .*stillwatch\.yaml: the last TAXII envelope says that more objects follow: .*
1 watched for, 0 expired, 0 revoked, 1 unusable
$`, stdout)
}
