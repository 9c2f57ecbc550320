package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "0123456789abcdef0123"

func newHandler(t *testing.T, opts Options, checks ...Check) http.Handler {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{
		Name: "stillwatch_test_total", Help: "A test.",
	}))
	s, err := New(opts, reg, checks, zap.NewNop())
	require.NoError(t, err)
	return s.http.Handler
}

func get(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func passing(name string) Check {
	return Check{Name: name, Probe: func(context.Context) error { return nil }}
}

func failing(name, why string) Check {
	return Check{Name: name, Probe: func(context.Context) error { return errors.New(why) }}
}

func TestReadyzSaysWhichCheckFails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		target string
		checks []Check
		code   int
		want   readyBody
	}{
		{
			name: "every check passes", target: "/readyz",
			checks: []Check{passing("kafka"), passing("redis")},
			code:   http.StatusOK, want: readyBody{Status: "ready", Checks: []CheckResult{}},
		},
		{
			name: "verbose lists the checks that pass", target: "/readyz?verbose",
			checks: []Check{passing("kafka")}, code: http.StatusOK,
			want: readyBody{Status: "ready", Checks: []CheckResult{{Name: "kafka", OK: true}}},
		},
		{
			name: "one fails", target: "/readyz",
			checks: []Check{passing("kafka"), failing("redis", "no answer")},
			code:   http.StatusServiceUnavailable,
			want: readyBody{
				Status: "not ready", Checks: []CheckResult{{Name: "redis", Reason: "no answer"}},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := get(newHandler(t, DefaultOptions(), tc.checks...), tc.target)
			require.Equal(t, tc.code, w.Code)
			var got readyBody
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.Equal(t, tc.want, got)
		})
	}
}

func TestAProbeThatHangsFailsReadinessInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(
			t, DefaultOptions(), Check{Name: "kafka", Probe: func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}},
		)
		begin := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, get(h, "/readyz").Code)
		require.Equal(t, DefaultOptions().ProbeTimeout, time.Since(begin))
	})
}

func TestProbesAreSharedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		h := newHandler(t, DefaultOptions(), Check{
			Name: "kafka", Probe: func(context.Context) error { asked++; return nil },
		})
		for range 5 {
			get(h, "/readyz")
		}
		require.Equal(t, 1, asked)
		time.Sleep(probeEvery)
		get(h, "/readyz")
		require.Equal(t, 2, asked)
	})
}

func TestOnlyHealthAndReadinessGoWithoutTheToken(t *testing.T) {
	opts := DefaultOptions()
	opts.Address, opts.Token = "0.0.0.0:0", token
	h := newHandler(t, opts, failing("kafka", "dial tcp broker-7.internal:9092: refused"))

	require.Equal(t, http.StatusOK, get(h, "/healthz").Code)
	open := get(h, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, open.Code)
	require.Contains(t, open.Body.String(), "kafka")
	require.NotContains(t, open.Body.String(), "broker-7",
		"a stranger is not told about internal hosts")
	require.Contains(t, get(h, "/readyz", "Authorization", "Bearer "+token).Body.String(),
		"broker-7")

	require.Equal(t, http.StatusUnauthorized, get(h, "/metrics").Code)
	require.Equal(
		t, http.StatusUnauthorized, get(h, "/metrics", "Authorization", "Bearer wrong").Code,
	)
	require.Equal(t, http.StatusUnauthorized, get(h, "/metrics", "Authorization", token).Code)
	w := get(h, "/metrics", "Authorization", "Bearer "+token)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "stillwatch_test_total 0")
}

func TestEveryAnswerCarriesStrictHeaders(t *testing.T) {
	h := newHandler(t, DefaultOptions())
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nothing"} {
		header := get(h, path).Header()
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-store", header.Get("Cache-Control"), path)
	}
}

func TestOnlyGetIsServed(t *testing.T) {
	h := newHandler(t, DefaultOptions())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/healthz", nil))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*Options)
		want string
	}{
		{
			"an address without a port", func(o *Options) { o.Address = "localhost" },
			"address: want host:port",
		},
		{
			"all interfaces without a token", func(o *Options) { o.Address = ":9464" },
			"token: required",
		},
		{
			"a public address without a token", func(o *Options) { o.Address = "192.0.2.1:9464" },
			"token: required",
		},
		{"a short token", func(o *Options) { o.Token = "hunter2" }, "token: shorter than 16"},
		{
			"no probe timeout", func(o *Options) { o.ProbeTimeout = 0 },
			"probe_timeout: must be positive",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := DefaultOptions()
			tc.edit(&opts)
			err := opts.Validate()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:1", "[::1]:9464", "127.8.9.1:80"} {
		opts := DefaultOptions()
		opts.Address = address
		require.NoError(t, opts.Validate(), address)
	}
}

func TestTheServerServesUntilStopped(t *testing.T) {
	opts := DefaultOptions()
	opts.Address = "127.0.0.1:0"
	s, err := New(opts, prometheus.NewRegistry(), nil, zap.NewNop())
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()), "stopping before the start is fine")
	require.NoError(t, s.Start(t.Context()))

	other, err := New(
		Options{Enabled: true, Address: s.Addr(), ProbeTimeout: time.Second},
		prometheus.NewRegistry(), nil, zap.NewNop(),
	)
	require.NoError(t, err)
	require.ErrorContains(t, other.Start(t.Context()), "set http.address")

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + s.Addr() + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.JSONEq(t, `{"status":"ok"}`, string(body))

	require.NoError(t, s.Stop(t.Context()))
	_, err = client.Get("http://" + s.Addr() + "/healthz")
	require.Error(t, err)
}

func TestOtherOptionsAndChecksAreInForceWithTheNextRequest(t *testing.T) {
	opts := DefaultOptions()
	s, err := New(opts, prometheus.NewRegistry(), []Check{failing("old", "why")}, zap.NewNop())
	require.NoError(t, err)
	h := s.http.Handler
	require.Equal(t, http.StatusOK, get(h, "/metrics").Code)
	require.Contains(t, get(h, "/readyz").Body.String(), `"old"`)

	next := opts
	next.Token = token
	require.NoError(t, s.Use(next, []Check{passing("new")}))
	require.Equal(t, http.StatusUnauthorized, get(h, "/metrics").Code)
	require.Equal(t, http.StatusOK, get(h, "/readyz").Code, "not the answer that was remembered")

	next.Token = "short"
	require.ErrorContains(t, s.Use(next, nil), "token")
	next = opts
	next.Address = "127.0.0.1:1"
	require.ErrorContains(t, s.Use(next, nil), "it listens on 127.0.0.1:9464")
	require.Equal(t, http.StatusUnauthorized, get(h, "/metrics").Code, "all stays as it was")
}
