package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stream"
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

func TestASignalPutsAChangedConfigurationInForce(t *testing.T) {
	s := startService(t, usual+"reload: {watch_files: false}\n")
	addr := s.ConsoleAddr()
	produce(t, s.conf, 10)
	s.ingested(10)

	s.sighup(resultUnchanged)
	require.Contains(t, s.log.String(), "the configuration is what it was: nothing is reloaded")

	s.write(s.text(usual + `
reload: {watch_files: false}
alerts: {console_url: "https://console.example"}
correlate: {total_bits: 7}
log: {level: debug, format: console}
`))
	s.sighup(resultOK)
	require.Equal(t, addr, s.ConsoleAddr(), "the listener stays")
	require.Contains(t, s.log.String(),
		`"changed":["correlate.total_bits","alerts.console_url","log.level","log.format"]`,
		"the keys are told before the stages are stopped")
	require.Contains(t, s.log.String(), "\tDEBUG\t", "the log's level and format are changed")
	s.becomesReady()
	produce(t, s.conf, 10)
	// Counters go on from where they were.
	eventually(t, "the events are seen to come again", func() bool {
		return s.metric(`dropped_total{reason="duplicate_id",stage="fingerprint"}`) == 10
	})
	require.Equal(t, 10, s.metric(`events_total{result="ok",stage="fingerprint"}`))

	s.stop()
	require.Equal(t, "https://console.example", s.app.opts.Config.Alerts.ConsoleURL)
	require.InDelta(t, 7, s.app.opts.Config.Correlate.Policy.Total, 0)
}

func TestAnotherListOfTopicsIsReadAfterAReload(t *testing.T) {
	s := startService(t, usual)
	produce(t, s.conf, 5)
	s.ingested(5)
	s.write(s.text(`
sketch: {secret: 0123456789abcdef0123456789abcdef}
topics: {partitions: 3, gateway: [llm.gateway.events, other.gateway]}
`))
	s.wait(resultOK, 1)
	other := s.conf
	other.Topics.Gateway = []string{"other.gateway"}
	produceFrom(t, other, 100, 7)
	s.ingested(12)
}

func TestWhatCannotBePutInForceLeavesEverythingAsItWas(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	s := startService(t, usual+"reload: {watch_files: false}\n")
	s.becomesReady()
	produced := 0
	for _, tc := range []struct{ name, text, want string }{
		{"no YAML", "stages: [ingest", "did not find expected"},
		{"an unknown key", s.text(usual + "colour: red\n"), `unknown key \"colour\"`},
		{
			"two mistakes", s.text(usual + "colour: red\nshutdown_timeout: never\n"),
			`unknown key \"colour\"; `,
		},
		{
			"a broker that is not there", strings.ReplaceAll(
				impatient(s.text(usual)), s.conf.Kafka.Brokers[0], "127.0.0.1:1",
			), "cannot reach kafka at 127.0.0.1:1: connection refused; check kafka.brokers",
		},
		{
			"a redis that is not there", strings.ReplaceAll(
				impatient(s.text(usual)), s.conf.Redis.Addresses[0], "127.0.0.1:1",
			), "cannot reach redis at 127.0.0.1:1: connection refused; check redis.addresses",
		},
		{
			"a topic that must not be created", s.text(`
sketch: {secret: 0123456789abcdef0123456789abcdef}
topics: {create: false, alerts: other.alerts}
`), "other.alerts",
		},
		{
			"a topic that cannot be what it has to be", s.text(`
sketch: {secret: 0123456789abcdef0123456789abcdef}
topics: {profiles: llm.gateway.events, gateway: [other.gateway]}
`), "has 3 partitions and must have 1",
		},
		{"no secret", s.text(""), "sketch.secret is not set"},
		{
			"a port that is taken", strings.ReplaceAll(
				s.text(usual), "127.0.0.1:0", taken.Addr().String(),
			), "set http.address to a free one",
		},
		{
			"certificates that are not there", strings.ReplaceAll(
				s.text(usual), "redis: {", "redis: {tls: {enabled: true, ca_file: /no/such.pem}, ",
			), "no such file",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := s.log.String()
			s.write(tc.text)
			s.sighup(resultFailed)
			said := strings.TrimPrefix(s.log.String(), before)
			line := ""
			for l := range strings.Lines(said) {
				if strings.Contains(l, "the configuration was not reloaded") {
					require.Empty(t, line, "it is said once")
					line = l
				}
			}
			require.Contains(t, line, tc.want)
			require.NotContains(t, said, "0123456789abcdef", "no secret is logged")
			require.NotContains(t, said, "stage stopped", "nothing was stopped")
			code, _ := get(t, s, "/readyz")
			require.Equal(t, http.StatusOK, code)
			produceFrom(t, s.conf, produced, 3)
			produced += 3
			s.ingested(produced)
		})
	}
	s.write(s.text(usual + "reload: {watch_files: false}\n"))
	s.sighup(resultUnchanged)
}

// TestAConfigurationThatDoesNotWorkIsTakenBack has the broker refuse the new members: that is only
// known when the old ones have left.
func TestAConfigurationThatDoesNotWorkIsTakenBack(t *testing.T) {
	s := startService(t, usual+"reload: {watch_files: false}\n")
	produceFrom(t, s.conf, 0, 3)
	s.ingested(3)
	s.write(strings.ReplaceAll(
		impatient(s.text(usual)), "rebalance_timeout: 5s",
		"rebalance_timeout: 2s, session_timeout: 2h",
	))
	s.sighup(resultFailed)
	produceFrom(t, s.conf, 3, 3)
	s.ingested(6)
	require.Contains(t, s.log.String(), "joining group stillwatch-")
}

func TestAServiceThatCannotGoBackEndsWithAnError(t *testing.T) {
	s := startService(t, usual)
	s.stop()
	before := s.loaded
	before.Config.Redis.Addresses = []string{"127.0.0.1:1"}
	before.Config.StartupTimeout = time.Second
	err := s.restore(t.Context(), before)
	require.ErrorContains(t, err, "cannot be started again: cannot reach redis")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.restore(ended, before), "who is stopped does not go back")
}

func TestAConfigMapThatIsSwappedIsReloaded(t *testing.T) {
	// As Kubernetes does it: files are links through "..data", a link to a folder with a date.
	s := &service{
		t: t, log: &logText{}, signals: make(chan os.Signal, 1), conf: newOptions(t).Config,
	}
	folder := t.TempDir()
	s.path = filepath.Join(folder, "stillwatch.yaml")
	n := 0
	swap := func(files map[string]string) {
		n++
		version := filepath.Join(folder, fmt.Sprintf("..2026_11_02_%d", n))
		require.NoError(t, os.Mkdir(version, 0o700))
		for name, text := range files {
			require.NoError(t, os.WriteFile(filepath.Join(version, name), []byte(text), 0o600))
		}
		link := filepath.Join(folder, "..data_tmp")
		require.NoError(t, os.Symlink(filepath.Base(version), link))
		require.NoError(t, os.Rename(link, filepath.Join(folder, "..data")))
	}
	const secret = "stillwatch.secret"
	text := s.text(fmt.Sprintf("sketch: {secret_file: %q}\n", filepath.Join(folder, secret)))
	swap(map[string]string{"stillwatch.yaml": text, secret: "0123456789abcdef0123456789abcdef"})
	for _, name := range []string{"stillwatch.yaml", secret} {
		require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
	}
	s.run()

	swap(map[string]string{
		"stillwatch.yaml": text + "alerts: {instance: blue}\n",
		secret:            "0123456789abcdef0123456789abcdef",
	})
	s.wait(resultOK, 1)
	swap(map[string]string{
		"stillwatch.yaml": text + "alerts: {instance: blue}\n",
		secret:            "another secret of this deployment",
	})
	s.wait(resultOK, 2)
	require.Contains(t, s.log.String(), `"changed":["sketch.secret"]`)
	require.NotContains(t, s.log.String(), "another secret")
	swap(map[string]string{"stillwatch.yaml": text})
	s.wait(resultFailed, 1)
	swap(map[string]string{
		"stillwatch.yaml": "# a remark\n" + text + "alerts: {instance: blue}\n",
		secret:            "another secret of this deployment",
	})
	s.wait(resultUnchanged, 1)
}

func TestNothingIsLostOrCountedTwiceWhereManyReloadsComeWhileEventsFlow(t *testing.T) {
	s := startService(t, usual+"reload: {watch_files: false}\n")
	const batches, size, reloads = 60, 25, 8
	var flowing sync.WaitGroup
	flowing.Go(func() {
		for i := range batches {
			produceFrom(t, s.conf, i*size, size)
		}
	})
	// The process is alive all the time, and its counters never go back.
	probing, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		last := 0
		for probing.Err() == nil {
			code, _ := get(t, s, "/healthz")
			if code != http.StatusOK {
				t.Errorf("/healthz says %d", code)
			}
			now := s.metric(`events_total{result="ok",stage="ingest"}`)
			if now < last {
				t.Errorf("a counter fell from %d to %d", last, now)
			}
			last = now
		}
	})
	for i := range reloads {
		s.write(s.text(usual + fmt.Sprintf(
			"reload: {watch_files: false}\nalerts: {instance: green-%d}\n", i,
		)))
		s.sighup(resultOK)
	}
	flowing.Wait()
	s.ingested(batches * size)
	cancel()
	watching.Wait()
	require.Equal(t, batches*size, s.metric(`events_total{result="ok",stage="ingest"}`))
	for _, lost := range []string{
		`events_total{result="duplicate",stage="fingerprint"}`,
		`events_total{result="dead_letter",stage="ingest"}`,
		`fenced_total{stage="ingest"}`, `fenced_total{stage="fingerprint"}`,
	} {
		require.Zero(t, s.metric(lost), lost)
	}
	require.Equal(t, reloads, s.reloads(resultOK))
	require.Zero(t, s.reloads(resultFailed))
}

func TestASecretIsRotatedByAReload(t *testing.T) {
	const older, newer = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	s := startService(t, fmt.Sprintf("topics: {partitions: 1}\nsketch: {secret: %s}\n", older))
	produceFrom(t, s.conf, 0, 1)
	s.ingested(1)
	s.write(s.text(fmt.Sprintf(
		"topics: {partitions: 1}\nsketch: {secret: %s, previous_secret: %s}\n", newer, older,
	)))
	s.wait(resultOK, 1)
	produceFrom(t, s.conf, 1, 1)
	s.ingested(2)

	client, err := stream.New(s.conf.Kafka.Options, nil)
	require.NoError(t, err)
	var seen []fingerprint.Observation
	ctx, cancel := context.WithCancel(t.Context())
	err = client.Follow(ctx, "stillwatch.observations", cancel, func(records []stream.Record) {
		for i := range records {
			var o fingerprint.Observation
			require.NoError(t, o.UnmarshalBinary(records[i].Value))
			seen = append(seen, o)
		}
	})
	require.True(t, err == nil || errors.Is(err, context.Canceled), err)
	require.Len(t, seen, 2)
	require.NotEmpty(t, seen[0].Sketch.Turn)
	require.Subset(t, seen[1].Sketch.Turn, seen[0].Sketch.Turn,
		"the same text is known by the previous secret as well")
	require.Greater(t, len(seen[1].Sketch.Turn), len(seen[0].Sketch.Turn), "and by the new one")
}

func TestHTTPMovesToAnotherAddressWithoutAPause(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())
	s := startService(t, usual)
	s.write(strings.ReplaceAll(s.text(usual), "127.0.0.1:0", addr))
	eventually(t, "it listens on the new address", func() bool { return s.ConsoleAddr() == addr })
	s.wait(resultOK, 1)
	s.write(strings.ReplaceAll(s.text(usual), `{address: "127.0.0.1:0"}`, "{enabled: false}"))
	eventually(t, "nothing listens", func() bool { return s.ConsoleAddr() == "" })
	_, err = net.Dial("tcp", addr)
	require.Error(t, err)
}
