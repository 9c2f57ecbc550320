package webhook

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/stream"
)

// untilItFails is a context that ends when the sink says that its endpoint fails, and the log in
// which it says so.
func untilItFails(t *testing.T) (context.Context, func(*Sink), *observer.ObservedLogs) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	core, logs := observer.New(zapcore.DebugLevel)
	log := zap.New(core, zap.Hooks(func(e zapcore.Entry) error {
		if strings.Contains(e.Message, "trying again") {
			cancel()
		}
		return nil
	}))
	return ctx, func(s *Sink) { s.log = log }, logs
}

func TestTheOfficialLibraryVerifiesWhatIsPosted(t *testing.T) {
	type posted struct {
		header http.Header
		body   []byte
	}
	got := make(chan posted, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- posted{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	verifies := func(secret string, p posted) error {
		judge, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		return judge.Verify(p.body, p.header)
	}
	for _, tc := range []struct {
		name             string
		secret, previous string
		accepted         []string
		refused          []string
	}{
		{"one secret", secretOf("one"), "", []string{secretOf("one")}, []string{secretOf("two")}},
		{
			"a rotation", secretOf("two"), secretOf("one"),
			[]string{secretOf("one"), secretOf("two")},
			[]string{secretOf("x")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testOptions(server.URL)
			o.Secret, o.PreviousSecret = tc.secret, tc.previous
			s := newSink(t, o)
			require.NoError(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}))
			p := <-got
			require.Equal(t, "a:1", p.header.Get("webhook-id"))
			require.Equal(t, record("a", 1).Value, p.body)
			for _, secret := range tc.accepted {
				require.NoError(t, verifies(secret, p))
			}
			for _, secret := range tc.refused {
				require.Error(t, verifies(secret, p))
			}
			changed := p
			changed.body = []byte(`{"record":"a:2"}`)
			require.Error(t, verifies(tc.secret, changed))
			changed = posted{p.header.Clone(), p.body}
			changed.header.Set("webhook-id", "a:2")
			require.Error(t, verifies(tc.secret, changed))
		})
	}
}

func TestARequestCarriesTheRecordsEventAndTheConfiguredHeaders(t *testing.T) {
	got := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.Header
	}))
	defer server.Close()
	r := record("a", 1)
	r.Headers = append(r.Headers, []stream.Header{
		{Key: "ce_id", Value: []byte("a:1")},
		{Key: "ce_source", Value: []byte("/stillwatch/x/y")},
		{Key: "ce_bad", Value: []byte("a\r\nX-Forged: 1")},
		{Key: "tenant", Value: []byte("acme")},
		{Key: "stillwatch-offset", Value: []byte("7")},
	}...)
	o := testOptions(server.URL)
	o.Headers = map[string]string{"Authorization": "Bearer abc", "X-Team": "soc"}
	o.Version = "1.2.3"
	require.NoError(t, newSink(t, o).Produce(t.Context(), []stream.OutRecord{r}))
	h := <-got
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Stillwatch/1.2.3",
		"Authorization": "Bearer abc", "X-Team": "soc", "Ce-Id": "a:1",
		"Ce-Source": "/stillwatch/x/y", "Ce-Bad": "", "X-Forged": "", "Tenant": "",
		"Stillwatch-Offset": "",
	} {
		require.Equal(t, want, h.Get(name), name)
	}

	o.Format, o.Secret = FormatSlack, ""
	s := newSink(t, o, func(s *Sink) {
		s.body = func([]byte) ([]byte, error) { return []byte("{}"), nil }
	})
	require.NoError(t, s.Produce(t.Context(), []stream.OutRecord{r}))
	h = <-got
	require.Empty(t, h.Get("Ce-Id"), "a message for a person is no CloudEvent")
	require.Empty(t, h.Get("Webhook-Signature"))
	require.Equal(t, "a:1", h.Get("Webhook-Id"))
}

// TestServersOfAllKinds posts to real servers; a record that can be tried again is not taken in the
// time that there is.
func TestServersOfAllKinds(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		elsewhere.Add(1)
	}))
	defer other.Close()
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // taken, refused or open
		code    string
	}{
		{"takes it", func(http.ResponseWriter, *http.Request) {}, "taken", "2xx"},
		{"takes it and breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "only so far")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "taken", "2xx"},
		{"sends more than anybody reads", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, "taken", "2xx"},
		{"sends it elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "refused", "3xx"},
		{"is gone", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusGone)
		}, "refused", "4xx"},
		{"fails", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		}, "open", "5xx"},
		{"hangs up", func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, "open", "none"},
		{"is too slow", func(_ http.ResponseWriter, r *http.Request) {
			// Only who has read a request sees that its client has left.
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, "open", "none"},
		{"speaks no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "who is there?\r\n\r\n")
				_ = conn.Close()
			}
		}, "open", "none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(tc.handler)
			defer server.Close()
			o := testOptions(server.URL)
			if tc.name == "is too slow" {
				o.Timeout = 100 * time.Millisecond
			}
			ctx, log, _ := untilItFails(t)
			s := newSink(t, o, log)
			err := s.Produce(ctx, []stream.OutRecord{record("a", 1)})
			var partial *stream.PartialError
			var refused *stream.RefusedError
			switch tc.want {
			case "taken":
				require.NoError(t, err)
			case "refused":
				require.ErrorAs(t, err, &refused)
			default:
				require.ErrorAs(t, err, &partial)
			}
			require.InDelta(t, 1, testutil.ToFloat64(s.metrics.codes[tc.code]), 0)
			require.Zero(t, testutil.ToFloat64(s.metrics.waiting), "nothing waits in the end")
		})
	}
	require.Zero(t, elsewhere.Load(), "a redirect is not followed")
}

func TestAServerThatComesBackGetsTheRecord(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusOK)
	}))
	defer server.Close()
	core, logs := observer.New(zapcore.DebugLevel)
	s, err := New(testOptions(server.URL), &kafka{}, NewMetrics(prometheus.NewRegistry()),
		zap.New(core))
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}))
	require.EqualValues(t, 2, calls.Load())
	require.Equal(t, 1, logs.FilterMessage("the webhook does not take records; trying again").Len())
	require.Equal(t, 1, logs.FilterMessage("the webhook takes records again").Len())
}

func TestAServerIsTrustedByItsCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS.MinVersion = tls.VersionTLS12
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{
		Type: "CERTIFICATE", Bytes: server.Certificate().Raw,
	}), 0o600))
	o := testOptions(server.URL)
	o.TLS.CAFile = ca
	s := newSink(t, o)
	require.NoError(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}))

	ctx, log, logs := untilItFails(t)
	s = newSink(t, testOptions(server.URL), log)
	var partial *stream.PartialError
	err := s.Produce(ctx, []stream.OutRecord{record("a", 1)})
	require.ErrorAs(t, err, &partial)
	require.Contains(t, fmt.Sprint(logs.All()[0].ContextMap()), "check webhooks.soar.tls")

	o.TLS.CAFile = "no-such.pem"
	_, err = New(o, &kafka{}, NewMetrics(prometheus.NewRegistry()), zap.NewNop())
	require.ErrorContains(t, err, "tls.ca_file: open no-such.pem")
}

// TestNothingSecretIsEverShown posts to servers that repeat everything, and to none, and looks for
// the secrets wherever something is written.
func TestNothingSecretIsEverShown(t *testing.T) {
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			// Where what is read of the answer ends, a secret is cut off at any place.
			for pad := range 40 {
				_, _ = fmt.Fprintf(w, "%s\x1b[31m\n%s %s %s %s", strings.Repeat("-", pad),
					r.URL.Path, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("X-Key"))
			}
		}
	}
	refusing := httptest.NewServer(echo(http.StatusForbidden))
	defer refusing.Close()
	failing := httptest.NewServer(echo(http.StatusBadGateway))
	defer failing.Close()
	const room = "/services/T0S3CR3T/B0S3CR3T?token=qu3ry"
	secrets := []string{
		"S3CR3T", "qu3ry", "b34r3r", "k3y", secretOf("one"), secretOf("two"),
		strings.TrimPrefix(secretOf("one"), SecretPrefix), "r0ut1ng",
	}
	for i, url := range []string{
		refusing.URL, failing.URL, "http://127.0.0.1:1", "https://127.0.0.1:1",
		"http://no-such-host.invalid", strings.Replace(failing.URL, "http:", "https:", 1),
	} {
		for _, format := range []string{FormatPagerDuty, FormatOCSF} {
			if i > 0 && format == FormatOCSF {
				continue // It differs in what is posted only.
			}
			core, logs := observer.New(zapcore.DebugLevel)
			o := testOptions(url + room)
			o.PreviousSecret, o.Format = secretOf("two"), format
			o.Headers = map[string]string{"Authorization": "Bearer b34r3r", "X-Key": "k3y"}
			o.GiveUpAfter = time.Second
			if format == FormatPagerDuty {
				o.RoutingKey = "r0ut1ng"
			}
			registry := prometheus.NewRegistry()
			s, err := New(o, &kafka{}, NewMetrics(registry), zap.New(core))
			require.NoError(t, err)
			s.body = func(value []byte) ([]byte, error) {
				return append(value, o.RoutingKey...), nil
			}
			refused := refusedBy(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}))
			s.Close()
			shown := headersOf(refused)
			for _, entry := range logs.All() {
				shown += fmt.Sprint(entry.Message, entry.ContextMap())
			}
			families, err := registry.Gather()
			require.NoError(t, err)
			shown += fmt.Sprint(families)
			require.NotEmpty(t, logs.All())
			require.NotContains(t, shown, "\x1b")
			for _, secret := range secrets {
				require.NotContains(t, shown, secret, "%s %s", url, format)
			}
			require.LessOrEqual(t, len(header(&refused[0], headerDetail)), 300)
		}
	}
}

func TestWhatAServerSaysIsShortAndHarmless(t *testing.T) {
	s := newSink(t, testOptions("http://127.0.0.1/a-secret-path"))
	for text, want := range map[string]string{
		"":                                   "",
		"invalid_blocks":                     "invalid_blocks",
		" two\r\n\tlines \x00\x1b[2J\u202e ": "two lines [2J",
		"\xff\xfe":                           "",
		"in /a-secret-path here":             "in *** here",
		strings.Repeat("é", 300):             strings.Repeat("é", 100) + "…",
	} {
		require.Equal(t, want, s.clean(text, false))
	}
	cut := strings.Repeat("x", 50) + "/a-secret"
	require.NotContains(t, s.clean(cut, true), "secret", "a secret that is cut off at the end")
}

// headersOf are all headers of dead letters.
func headersOf(refused []stream.Refused) string {
	var b strings.Builder
	for i := range refused {
		for _, h := range refused[i].Headers {
			b.WriteString(h.Key + "=" + string(h.Value) + "\n")
		}
	}
	return b.String()
}
