package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// secretOf is the environment with the secret that a backtest has without a configured one.
func secretOf(secret string) map[string]string {
	return map[string]string{"STILLWATCH_SKETCH_SECRET": secret}
}

// TestDetectionOnSketchesIsDetectionOnText replays worlds as they are and once more as stillwatch
// sketch writes them: all findings and all account records have to be the same to the byte. The
// folders that STILLWATCH_WORLDS lists are replayed besides (make test-privacy WORLDS=...).
func TestDetectionOnSketchesIsDetectionOnText(t *testing.T) {
	for _, scenario := range []string{"mix-common", "fact-relay-marks", "fact-tongues"} {
		t.Run(scenario, func(t *testing.T) {
			dir := t.TempDir()
			events := filepath.Join(dir, "events.jsonl")
			code, _, stderr := execute(
				t, nil, "simulate", scenario, "--duration", "8h", "-o", events, "--truth",
				filepath.Join(dir, "truth.json"),
			)
			require.Equal(t, 0, code, stderr)
			sketchesEqualText(t, events)
		})
	}
	for world := range strings.FieldsSeq(os.Getenv("STILLWATCH_WORLDS")) {
		t.Run(filepath.Base(world), func(t *testing.T) {
			sketchesEqualText(t, filepath.Join(world, "events.jsonl.zst"))
		})
	}
}

func sketchesEqualText(t *testing.T, events string) {
	t.Helper()
	dir := t.TempDir()
	code, sketched, stderr := execute(t, secretOf(backtestSecret), "sketch", events)
	require.Equal(t, 0, code, stderr)
	require.NotContains(t, sketched, `"content"`)
	require.Contains(t, sketched, `"sketch":{"version":1,"check":"`)
	path := filepath.Join(dir, "sketched.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(sketched), 0o600))
	var alerts, accounts []string
	for i, input := range []string{events, path} {
		to := func(name string) string { return filepath.Join(dir, name+string(rune('0'+i))) }
		code, _, stderr := execute(
			t, nil, "backtest", "--alerts", to("alerts"), "--accounts", to("accounts"), input,
		)
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stderr, "dead letters 0\n")
		for name, list := range map[string]*[]string{"alerts": &alerts, "accounts": &accounts} {
			text, err := os.ReadFile(to(name))
			require.NoError(t, err)
			*list = append(*list, string(text))
		}
	}
	require.NotEmpty(t, alerts[0], "a world without findings shows nothing")
	require.NotEmpty(t, accounts[0])
	// Not require.Equal, whose difference would be megabytes.
	require.Zero(t, strings.Compare(alerts[0], alerts[1]), "the findings differ")
	require.Zero(t, strings.Compare(accounts[0], accounts[1]), "the account records differ")
	t.Logf("%d finding records and %d account records are the same",
		strings.Count(alerts[0], "\n"), strings.Count(accounts[0], "\n"))
}

func TestSketchesOfAnotherSecretBecomeDeadLetters(t *testing.T) {
	record := `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"content":{"input":"hello"}}`
	code, sketched, stderr := execute(
		t, secretOf("another secret than that of the service"), "sketch", file(t, record),
	)
	require.Equal(t, 0, code, stderr)
	code, _, stderr = execute(t, nil, "backtest", file(t, sketched))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "dead letters 1 (other_sketch_key 1)")
}

func TestSketchSaysWhatItCannotReadButNotWhatIsInIt(t *testing.T) {
	record := `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"content":{"input":"my secret"}}`
	input := file(t, record+"\n{\"my secret\":\n"+record)
	code, sketched, stderr := execute(t, secretOf(backtestSecret), "sketch", input)
	require.Equal(t, 1, code)
	require.Equal(t, 2, strings.Count(sketched, "\n"))
	require.Contains(t, stderr, input+":2: event: malformed_json")
	require.Contains(t, stderr,
		"2 events written, 0 left out on purpose, 1 broken, 0 without their other half\nstillwatch: 1 records could not be read")
	require.NotContains(t, stderr+sketched, "my secret")

	code, _, stderr = execute(t, nil, "sketch", input)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "sketch.secret is not set")
	code, _, stderr = execute(t, secretOf(backtestSecret), "sketch", "--format", "none", input)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `format "none" is not known`)
	code, _, stderr = execute(t, secretOf(backtestSecret), "sketch", input+"x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "open events")
}
