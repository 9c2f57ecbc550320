package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secretOf is a valid secret that tells which one it is.
func secretOf(what string) string {
	return SecretPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(what, 30)[:30]))
}

func testOptions(url string) Options {
	o := DefaultOptions()
	o.Name, o.URL, o.Secret = "soar", url, secretOf("one")
	return o
}

// kafka is a producer that keeps what it is given.
type kafka struct {
	mu      sync.Mutex
	records []stream.OutRecord
	err     error
}

func (k *kafka) Produce(_ context.Context, records []stream.OutRecord) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.records = append(k.records, records...)
	return k.err
}

// newSink makes a sink that is closed with the test.
func newSink(t testing.TB, o Options, edit ...func(*Sink)) *Sink {
	t.Helper()
	s, err := New(o, &kafka{}, NewMetrics(prometheus.NewRegistry()), zap.NewNop())
	require.NoError(t, err)
	for _, e := range edit {
		e(s)
	}
	t.Cleanup(s.Close)
	return s
}

// record is the nth record of a finding.
func record(finding string, n int) stream.OutRecord {
	id := fmt.Sprintf("%s:%d", finding, n)
	return stream.OutRecord{
		Topic: Target, Key: []byte(finding), Value: []byte(`{"record":"` + id + `"}`),
		Headers: []stream.Header{{Key: "webhook-id", Value: []byte(id)}},
	}
}

// request is what a transport was asked.
type request struct {
	id   string
	at   time.Duration // since the transport was made
	body string
}

// transport answers requests in this process, for tests with a clock of their own.
type transport struct {
	mu       sync.Mutex
	began    time.Time
	requests []request
	// answers says what comes of the nth request for an id, from 1. A status of 0 is an error.
	answers func(id string, n int) (status int, header http.Header)
	// takes is how long an answer takes.
	takes time.Duration

	active, most int
}

func use(tr *transport) func(*Sink) {
	tr.began = time.Now()
	return func(s *Sink) { s.client.Transport = tr }
}

func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	id := r.Header.Get("webhook-id")
	tr.mu.Lock()
	tr.requests = append(tr.requests, request{id, time.Since(tr.began), string(body)})
	n := 0
	for _, before := range tr.requests {
		if before.id == id {
			n++
		}
	}
	tr.active++
	tr.most = max(tr.most, tr.active)
	tr.mu.Unlock()
	defer func() {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.active--
	}()
	if !pause(r.Context(), tr.takes) {
		return nil, r.Context().Err()
	}
	status, header := tr.answers(id, n)
	if status == 0 {
		return nil, errors.New("the line is cut")
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Header: header,
		Body: io.NopCloser(strings.NewReader("status " + strconv.Itoa(status))),
	}, nil
}

// ids are the ids of all requests, in order.
func (tr *transport) ids() (ids []string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, r := range tr.requests {
		ids = append(ids, r.id)
	}
	return ids
}

// times are when an id was asked for.
func (tr *transport) times(id string) (out []time.Duration) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, r := range tr.requests {
		if r.id == id {
			out = append(out, r.at)
		}
	}
	return out
}

// refusedBy takes apart the error of a Produce call whose other records were all taken.
func refusedBy(t require.TestingT, err error) []stream.Refused {
	var refused *stream.RefusedError
	require.ErrorAs(t, err, &refused)
	return refused.Refused
}

// header is a header of a dead letter.
func header(r *stream.Refused, key string) string {
	i := slices.IndexFunc(r.Headers, func(h stream.Header) bool { return h.Key == key })
	if i < 0 {
		return ""
	}
	return string(r.Headers[i].Value)
}
