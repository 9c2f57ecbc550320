package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newOptions returns options for embedded parts that end with the test.
func newOptions(t *testing.T) Options {
	t.Helper()
	kafka, err := embedded.StartKafka(embedded.KafkaOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kafka.Close()) })
	redis, err := embedded.StartRedis("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, redis.Close()) })
	opts := DefaultOptions()
	opts.Config.Kafka.Brokers = []string{kafka.Addr()}
	opts.Config.Redis.Addresses = []string{redis.Addr()}
	opts.Config.HTTP.Address = "127.0.0.1:0"
	opts.Config.Sketch.Secret = "0123456789abcdef0123456789abcdef"
	opts.Config.Topics.Partitions = 3
	return opts
}

// get asks the console of an app or a supervisor.
func get(t *testing.T, a interface{ ConsoleAddr() string }, path string) (code int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + a.ConsoleAddr() + path)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// eventually polls until it holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, time.Minute, 50*time.Millisecond, what)
}

// produce sends gateway events of n accounts.
func produce(t *testing.T, c config.Config, n int) {
	t.Helper()
	produceFrom(t, c, 0, n)
}

// produceFrom sends gateway events of n accounts with numbers from first on.
func produceFrom(t *testing.T, c config.Config, first, n int) {
	t.Helper()
	client, err := stream.New(c.Kafka.Options, nil)
	require.NoError(t, err)
	producer, err := client.Producer(c.Topics.Gateway...)
	require.NoError(t, err)
	defer producer.Close()
	var records []stream.OutRecord
	for i := first; i < first+n; i++ {
		value := fmt.Sprintf(
			`{"schema":"1","id":"req-%d","time":"2026-11-02T10:00:00Z","account":{"id":"acct-%d"},"request":{"model":"m"},`+
				`"content":{"input":[{"role":"user","text":"Solve the task below and show every step of your work."}]}}`,
			i, i,
		)
		records = append(records, stream.OutRecord{
			Topic: c.Topics.Gateway[0], Key: fmt.Appendf(nil, "acct-%d", i), Value: []byte(value),
		})
	}
	require.NoError(t, producer.Produce(t.Context(), records))
}

func TestAnAppStartsBecomesReadyWorksAndStops(t *testing.T) {
	for _, tc := range []struct {
		name  string
		edit  func(*config.Config)
		wants []string
	}{
		{name: "all stages in one process", edit: func(*config.Config) {}, wants: []string{
			"ingest", "fingerprint", "verdicts", "correlate",
		}},
		{
			name: "a keyed gateway topic", edit: func(c *config.Config) { c.Ingest.Keyed = true },
			wants: []string{"fingerprint", "verdicts", "correlate"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := newOptions(t)
			tc.edit(&opts.Config)
			a, err := New(opts)
			require.NoError(t, err)
			require.NoError(t, a.Start(t.Context()))
			defer func() { require.NoError(t, a.Stop(t.Context())) }()

			eventually(t, "ready", func() bool {
				code, _ := get(t, a, "/readyz")
				return code == http.StatusOK
			})
			_, body := get(t, a, "/readyz?verbose")
			var ready struct{ Checks []struct{ Name string } }
			require.NoError(t, json.Unmarshal([]byte(body), &ready))
			require.Len(t, ready.Checks, 2+len(tc.wants))
			for i, name := range tc.wants {
				require.Equal(t, name, ready.Checks[2+i].Name)
			}

			produce(t, opts.Config, 40)
			eventually(t, "40 events counted", func() bool {
				_, metrics := get(t, a, "/metrics")
				return strings.Contains(
					metrics, `stillwatch_events_total{result="ok",stage="fingerprint"} 40`,
				)
			})
			_, metrics := get(t, a, "/metrics")
			require.Contains(t, metrics, `stillwatch_build_info{goversion="go`)
			require.Contains(t, metrics, "go_goroutines")
			require.Contains(t, metrics, "stillwatch_consumer_lag")

			require.ErrorContains(t, a.Start(t.Context()), "starts only once")
			code, _ := get(t, a, "/readyz")
			require.Equal(t, http.StatusOK, code, "and goes on")
		})
	}
}

func TestStagesRunApart(t *testing.T) {
	opts := newOptions(t)
	var apps []*App
	for _, s := range config.AllStages() {
		o := opts
		o.Config.Stages = []string{s}
		a, err := New(o)
		require.NoError(t, err)
		require.NoError(t, a.Start(t.Context()))
		t.Cleanup(func() { require.NoError(t, a.Stop(context.WithoutCancel(t.Context()))) })
		apps = append(apps, a)
	}
	produce(t, opts.Config, 10)
	eventually(t, "profiles reach correlate", func() bool {
		for _, a := range apps {
			if code, _ := get(t, a, "/readyz"); code != http.StatusOK {
				return false
			}
		}
		_, metrics := get(t, apps[1], "/metrics")
		return strings.Contains(
			metrics, `stillwatch_events_total{result="ok",stage="fingerprint"} 10`,
		)
	})
}

func TestRunStopsGracefullyAndCanBeStartedAgainWithAnotherSupervisor(t *testing.T) {
	opts := newOptions(t)
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		s, logs := newSupervisor(t, opts)
		require.NoError(t, s.Run(ctx, func(*Supervisor) { cancel() }))
		require.Contains(t, logs.String(), `"msg":"stopped"`)
		require.NoError(t, s.app.Stop(t.Context()), "a second stop does nothing")
	}
}

func TestAStartThatFailsLeavesNothingBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	for _, tc := range []struct {
		name string
		edit func(*config.Config)
		want string
	}{
		{
			"no broker", func(c *config.Config) { c.Kafka.Brokers = []string{"127.0.0.1:1"} },
			"cannot reach kafka at 127.0.0.1:1: connection refused; check kafka.brokers; gave up after startup_timeout (500ms)",
		},
		{
			"no redis", func(c *config.Config) { c.Redis.Addresses = []string{"127.0.0.1:1"} },
			"cannot reach redis at 127.0.0.1:1: connection refused; check redis.addresses; gave up after startup_timeout (500ms)",
		},
		{
			"a missing topic", func(c *config.Config) { c.Topics.Create = false },
			"stillwatch.observations",
		},
		{"a port that is taken", func(c *config.Config) {
			c.HTTP.Address = taken.Addr().String()
		}, "set http.address to a free one"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := newOptions(t)
			opts.Config.StartupTimeout = 500 * time.Millisecond
			tc.edit(&opts.Config)
			s, _ := newSupervisor(t, opts)
			err := s.Run(t.Context(), nil)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestTheStartWaitsForABrokerThatComesLate(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())

	opts := newOptions(t)
	opts.Config.Kafka.Brokers = []string{addr}
	core, logs := observer.New(zap.WarnLevel)
	opts.Log = zap.New(core)
	a, err := New(opts)
	require.NoError(t, err)
	started := make(chan error, 1)
	go func() { started <- a.Start(t.Context()) }()
	eventually(t, "a log line says what it waits for", func() bool {
		return logs.FilterMessage("waiting for kafka").Len() > 0
	})
	code, body := get(t, a, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "not connected yet")

	kafka, err := embedded.StartKafka(embedded.KafkaOptions{Listen: []string{addr}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kafka.Close()) })
	require.NoError(t, <-started)
	require.NoError(t, a.Stop(t.Context()))
}

func TestAnInterruptedStartIsNoError(t *testing.T) {
	opts := newOptions(t)
	opts.Config.Kafka.Brokers = []string{"127.0.0.1:1"}
	s, logs := newSupervisor(t, opts)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, nil) }()
	eventually(t, "it waits", func() bool {
		return strings.Contains(logs.String(), "waiting for kafka")
	})
	cancel()
	require.NoError(t, <-ended)
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*Options)
		want string
	}{
		{"no logger", func(o *Options) { o.Log = nil }, "app: Options.Log is required"},
		{"no secret", func(o *Options) { o.Config.Sketch.Secret = "" }, "sketch.secret is not set"},
		{
			"a bad configuration", func(o *Options) { o.Config.Stages = nil },
			"stages: name at least one",
		},
		{"half of a keyed pair", func(o *Options) {
			o.Config.Ingest.Keyed, o.Config.Stages = true, []string{"ingest"}
		}, "name both or neither"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := DefaultOptions()
			opts.Config.Sketch.Secret = "0123456789abcdef"
			tc.edit(&opts)
			_, err := New(opts)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestCleanUpsRunInReverseOrderAndAllOfThem(t *testing.T) {
	var c cleanups
	var order []string
	step := func(name string, err error) {
		c.push(name, func(context.Context) error { order = append(order, name); return err })
	}
	step("first", nil)
	step("second", errors.New("stuck"))
	step("third", nil)
	require.EqualError(t, c.run(t.Context()), "stop second: stuck")
	require.Equal(t, []string{"third", "second", "first"}, order)
	require.NoError(t, c.run(t.Context()))
}
