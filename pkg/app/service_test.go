package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

// logText is the log of a supervisor.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSupervisor makes a supervisor of a configuration that never changes.
func newSupervisor(t *testing.T, opts Options) (*Supervisor, *logText) {
	t.Helper()
	text := &logText{}
	logs, err := NewLogs(opts.Config.Log, text)
	require.NoError(t, err)
	s, err := NewSupervisor(SupervisorOptions{
		Loaded: config.Loaded{Config: opts.Config}, Logs: logs, Version: opts.Version,
	})
	require.NoError(t, err)
	return s, text
}

// service is a running supervisor with a configuration in a file.
type service struct {
	*Supervisor

	t       *testing.T
	log     *logText
	path    string
	signals chan os.Signal
	// conf is what the file begins with.
	conf config.Config
	stop func()
}

// text is the configuration of a service on embedded parts, with more YAML after it.
func (s *service) text(more string) string {
	return fmt.Sprintf(`
kafka: {brokers: ["%s"], heartbeat_interval: 500ms, rebalance_timeout: 5s}
redis: {addresses: ["%s"]}
http: {address: "127.0.0.1:0"}
startup_timeout: 20s
`, s.conf.Kafka.Brokers[0], s.conf.Redis.Addresses[0]) + more
}

// impatient has a start given up soon: for what never comes.
func impatient(text string) string {
	return strings.ReplaceAll(text, "startup_timeout: 20s", "startup_timeout: 2s")
}

// usual is what most of the tests have in the file besides.
const usual = `
sketch: {secret: 0123456789abcdef0123456789abcdef}
topics: {partitions: 3}
`

func (s *service) write(text string) {
	s.t.Helper()
	// Renamed into its place, so that nobody reads the half of it.
	require.NoError(s.t, os.WriteFile(s.path+".new", []byte(text), 0o600))
	require.NoError(s.t, os.Rename(s.path+".new", s.path))
}

// startService runs a service whose files are not watched, unless the text says so.
func startService(t *testing.T, more string) *service {
	t.Helper()
	s := &service{
		t: t, log: &logText{}, path: filepath.Join(t.TempDir(), "stillwatch.yaml"),
		signals: make(chan os.Signal, 1), conf: newOptions(t).Config,
	}
	s.write(s.text(more))
	s.run()
	return s
}

func (s *service) run() {
	s.t.Helper()
	environment := func(string) (string, bool) { return "", false }
	load := func() (config.Loaded, error) { return config.Read(s.path, environment) }
	loaded, err := load()
	require.NoError(s.t, err)
	logs, err := NewLogs(loaded.Config.Log, s.log)
	require.NoError(s.t, err)
	s.Supervisor, err = NewSupervisor(SupervisorOptions{
		Loaded: loaded, Load: load, Signals: s.signals, Logs: logs, Version: "dev",
	})
	require.NoError(s.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.Run(ctx, func(*Supervisor) { close(started) })
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(s.t, <-ended)
	})
	s.t.Cleanup(s.stop)
	<-started
}

// metric is the value of a series, 0 when it is not there.
func (s *service) metric(name string) int {
	s.t.Helper()
	_, metrics := get(s.t, s, "/metrics")
	for line := range strings.Lines(metrics) {
		if value, ok := strings.CutPrefix(line, "stillwatch_"+name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			require.NoError(s.t, err)
			return int(n)
		}
	}
	return 0
}

func (s *service) reloads(result string) int {
	s.t.Helper()
	return s.metric(fmt.Sprintf(`config_reloads_total{result=%q}`, result))
}

// sighup asks for a reload and waits until it has the result.
func (s *service) sighup(result string) {
	s.t.Helper()
	before := s.reloads(result)
	s.signals <- syscall.SIGHUP
	s.wait(result, before+1)
}

func (s *service) wait(result string, n int) {
	s.t.Helper()
	eventually(s.t, "a reload is "+result, func() bool { return s.reloads(result) == n })
	want := 1
	if result == resultFailed {
		want = 0
	}
	require.Equal(s.t, want, s.metric("config_last_reload_successful"))
}

func (s *service) becomesReady() {
	s.t.Helper()
	eventually(s.t, "ready", func() bool {
		code, _ := get(s.t, s, "/readyz")
		return code == http.StatusOK
	})
}

// ingested waits until so many events were counted for their accounts.
func (s *service) ingested(n int) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%d events counted", n), func() bool {
		return s.metric(`events_total{result="ok",stage="fingerprint"}`) == n
	})
}
