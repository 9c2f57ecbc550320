package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

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
	require.InDelta(t, 7, s.app.opts.Config.Correlate.Total, 0)
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
	const batches, size, reloads = 60, 25, 6
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
	// Where a busy machine has a request to Kafka repeated, fingerprint drops the repetition. When
	// nothing more is to come, each event has to be counted once.
	eventually(t, "all is read", func() bool {
		_, metrics := get(t, s, "/metrics")
		left := regexp.MustCompile(`(?m)^stillwatch_consumer_lag{.*} [^0]`)
		return !left.MatchString(metrics)
	})
	require.Equal(t, batches*size, s.metric(`events_total{result="ok",stage="fingerprint"}`))
	for _, stage := range []string{"ingest", "fingerprint"} {
		require.Zero(t, s.metric(fmt.Sprintf(
			`events_total{result="dead_letter",stage=%q}`, stage,
		)), stage)
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
