package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRecordsOfEveryFormatAreScored scores a world in the shape of two gateways, with the accounts'
// facts beside it.
func TestRecordsOfEveryFormatAreScored(t *testing.T) {
	campaign := regexp.MustCompile(
		`(?m)^pool +synchronised pool, one template with slots +48 +yes `,
	)
	for _, name := range []string{"litellm", "kong"} {
		t.Run(name, func(t *testing.T) {
			events, facts := simulated(t, name)
			truth := filepath.Join(filepath.Dir(events), "truth.json")
			conf := file(t, fmt.Sprintf("ingest: {enrich: {facts_file: %q}}", facts))
			var tables []string
			for _, workers := range []string{"1", "3"} {
				code, stdout, stderr := execute(
					t, nil, "backtest", events, "--config", conf, "--truth", truth,
					"--workers", workers,
				)
				require.Equal(t, 0, code, stderr)
				require.Contains(t, stderr, "dead letters 0\n")
				require.Regexp(t, campaign, stdout, "all of its accounts are met, and it is found")
				require.Regexp(t, `(?m)^chat +chat hobbyists +124 `, stdout)
				tables = append(tables, stdout)
			}
			require.Equal(t, tables[0], tables[1])
			require.Contains(t, tables[0], "(precision 1.0000), recall 1.0000")
		})
	}
}

func TestATruthOfOtherTrafficIsAnErrorAndNoPrecision(t *testing.T) {
	dir := t.TempDir()
	truth, page := filepath.Join(dir, "truth.json"), filepath.Join(dir, "out.html")
	require.NoError(t, os.WriteFile(
		truth, []byte(`{"campaigns":[{"id":"c","accounts":["ada","bea"]}]}`), 0o600,
	))
	event := func(account string) string {
		return writeFile(t, "in.jsonl", fmt.Sprintf(
			`{"id":"1","time":1793613600000,"account":{"id":%q},"request":{"model":"m"}}`, account,
		))
	}
	code, stdout, stderr := execute(
		t, nil, "backtest", event("eve"), "--truth", truth, "--report", page,
	)
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr,
		"the truth is of other traffic: not one of its 2 accounts is in the 1 events")
	require.NoFileExists(t, page)

	code, stdout, stderr = execute(t, nil, "backtest", event("ada"), "--truth", truth)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout,
		"accounts named 0, wrongly 0 (no precision: nobody was named), recall 0.0000")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "harvest.ids"), []byte("7\n"), 0o600))
	code, stdout, stderr = execute(t, nil, "backtest", event("ada"), "--truth", truth)
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "not one of its 1 harvest ids is in the 1 events")
}
