package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// execute runs one command line with only the given environment.
func execute(
	t *testing.T, env map[string]string, args ...string,
) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	code = run(t.Context(), args, terminal{out: &out, err: &errs, env: lookup})
	return code, out.String(), errs.String()
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stillwatch.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestCommandLinesEndWithTheRightCodeAndOneClearLine(t *testing.T) {
	for _, tc := range []struct {
		name   string
		args   []string
		config string
		env    map[string]string
		code   int
		stdout string
		stderr []string
	}{
		{name: "help", args: []string{"--help"}, stdout: "Usage: stillwatch"},
		{name: "version", args: []string{"version"}, stdout: "stillwatch dev (go"},
		{name: "an unknown command", args: []string{"rnu"}, code: 2, stderr: []string{
			"stillwatch: unexpected argument rnu",
		}},
		{name: "an unknown flag", args: []string{"run", "--embed"}, code: 2, stderr: []string{
			"stillwatch: unknown flag --embed, did you mean \"--embedded\"?",
		}},
		{
			name: "a valid configuration", args: []string{"config", "check"},
			config: "log: {level: debug}", stdout: "The configuration is valid.",
		},
		{
			name: "an invalid configuration", args: []string{"config", "check"},
			config: "kafka:\n  brokerz: [a]\nlog: {level: loud}", code: 2,
			stderr: []string{
				`stillwatch.yaml:2: unknown key "kafka.brokerz"; did you mean "kafka.brokers"?`,
				`stillwatch: log.level: want debug, info, warn or error, not "loud"`,
			},
		},
		{
			name:   "a configuration with facts that are not there",
			args:   []string{"config", "check"},
			config: "ingest: {enrich: {facts_file: /nowhere.csv}}", code: 2,
			stderr: []string{
				"stillwatch: ingest.enrich.facts_file: /nowhere.csv: no such file or directory",
			},
		},
		{
			name: "a mapping that is not there", args: []string{"mapping", "test", "kongo", "-"},
			code: 2,
			stderr: []string{
				"stillwatch: kongo is no built-in mapping (stillwatch mapping show lists them) and no file that can be read: no such file or directory",
			},
		},
		{
			name: "an override", args: []string{"config", "print"},
			env:    map[string]string{"STILLWATCH_KAFKA_BROKERS": "k1:9092, k2:9092"},
			stdout: `brokers: ['k1:9092', 'k2:9092']`,
		},
		{
			name: "secrets are masked", args: []string{"config", "print"},
			env:    map[string]string{"STILLWATCH_SKETCH_SECRET": "hunter2hunter2hunter2"},
			stdout: "secret: '********'",
		},
		{
			name: "the schema", args: []string{"config", "schema"},
			stdout: `"$schema": "https://json-schema.org/draft/2020-12/schema"`,
		},
		{name: "run without a secret", args: []string{"run"}, code: 2, stderr: []string{
			"stillwatch: sketch.secret is not set",
		}},
		{
			name: "run with an unknown stage",
			args: []string{"run", "--embedded", "--stages", "ingest,egress"}, code: 2,
			stderr: []string{`stillwatch: --stages: stages: no stage is called "egress"`},
		},
		{
			name: "run without a broker", args: []string{"run"}, code: 1,
			config: "startup_timeout: 300ms\nkafka: {brokers: ['127.0.0.1:1']}\nhttp: {enabled: false}\nsketch: {secret: 0123456789abcdef}\nlog: {level: error}",
			stderr: []string{
				"stillwatch: cannot reach kafka at 127.0.0.1:1: connection refused; check kafka.brokers; gave up after startup_timeout (300ms)",
			},
		},
		{
			name: "health of nothing",
			args: []string{"health", "--url", "http://127.0.0.1:1/readyz"}, code: 1,
			stderr: []string{"stillwatch: http://127.0.0.1:1/readyz does not answer"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.config != "" {
				tc.args = append(tc.args, "--config", file(t, tc.config))
			}
			code, stdout, stderr := execute(t, tc.env, tc.args...)
			require.Equal(t, tc.code, code, stderr)
			require.Contains(t, stdout, tc.stdout)
			require.NotContains(t, stdout+stderr, "hunter2")
			lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
			if len(tc.stderr) == 0 {
				require.Empty(t, stderr)
				return
			}
			require.Len(t, lines, len(tc.stderr), stderr)
			for i, want := range tc.stderr {
				require.True(t, strings.HasPrefix(lines[i], "stillwatch: "), lines[i])
				require.Contains(t, lines[i], want)
			}
		})
	}
}

func TestHealthSaysWhatIsMissing(t *testing.T) {
	ready := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(
				`{"status":"not ready","checks":[{"name":"kafka","ok":false,"reason":"no answer"},{"name":"redis","ok":false}]}`,
			))
		}
	}))
	defer server.Close()

	code, stdout, _ := execute(t, nil, "health", "--url", server.URL)
	require.Equal(t, 0, code)
	require.Equal(t, "ready\n", stdout)

	ready = false
	code, _, stderr := execute(t, nil, "health", "--url", server.URL)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "503 Service Unavailable (kafka: no answer; redis)")
}

func TestRunEmbeddedServesUntilItIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs bytes.Buffer
	// What is printed once the service is up tells that it is up.
	out := &trigger{on: "Ctrl-C stops it.", do: cancel}
	code := run(ctx, []string{"run", "--embedded"}, terminal{
		out: out, err: &errs, env: func(string) (string, bool) { return "", false },
	})
	require.Equal(t, 0, code, errs.String())
	require.Empty(t, errs.String())
	for _, want := range []string{
		"llm.gateway.events", "stillwatch.alerts", "/readyz", "/metrics", "kcat -P",
		"hashed with a random one",
	} {
		require.Contains(t, out.String(), want)
	}
}

// trigger is a buffer that calls do when a text has been written to it.
type trigger struct {
	bytes.Buffer

	on string
	do func()
}

func (w *trigger) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Contains(w.String(), w.on) {
		w.do()
	}
	return n, err
}
