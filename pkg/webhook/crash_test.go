package webhook_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/forwarding"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

// topic is a partition of finding records, and the source that hands it out.
type topic struct{ records []stream.Record }

func (t *topic) Run(ctx context.Context, handle func(context.Context, pipeline.Partition)) error {
	handle(ctx, &reader{topic: t})
	<-ctx.Done()
	return nil
}

func (t *topic) Status() stream.Status { return stream.Status{Joined: true, Partitions: 1} }

type reader struct {
	*topic
	next int64
}

func (r *reader) Topic() string          { return "alerts" }
func (r *reader) ID() int                { return 0 }
func (r *reader) SetOffset(offset int64) { r.next = offset }
func (r *reader) CommitOffset(int64)     {}
func (r *reader) Bounds(context.Context) (first, end int64, err error) {
	return 0, int64(len(r.records)), nil
}

func (r *reader) Read(ctx context.Context, limit int, wait time.Duration) (stream.Batch, error) {
	end := int64(len(r.records))
	to := min(r.next+int64(limit), end)
	b := stream.Batch{Records: r.records[r.next:to:to], Next: to, HighWater: end}
	if r.next == to {
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	r.next = to
	return b, ctx.Err()
}

// mortal is a store whose process dies at a number of its commits, before or after it took effect.
type mortal struct {
	pipeline.Store
	commits atomic.Int64
	at      int64
	after   bool
	die     context.CancelFunc
}

func (m *mortal) Acquire(ctx context.Context, stage, part string) (pipeline.Lease, error) {
	l, err := m.Store.Acquire(ctx, stage, part)
	return mortalLease{l, m}, err
}

type mortalLease struct {
	pipeline.Lease
	m *mortal
}

func (l mortalLease) Commit(ctx context.Context, c store.Commit) error {
	if l.m.commits.Add(1) != l.m.at {
		return l.Lease.Commit(ctx, c)
	}
	if l.m.after {
		_ = l.Lease.Commit(ctx, c)
	}
	l.m.die()
	return pipeline.ErrFenced // Nothing that a dead process does has an effect.
}

// kafka keeps dead letters.
type kafka struct {
	mu      sync.Mutex
	letters []stream.OutRecord
}

func (k *kafka) Produce(_ context.Context, records []stream.OutRecord) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.letters = append(k.letters, records...)
	return nil
}

// posts are the ids that a server was asked for, with the bodies.
type posts struct {
	mu     sync.Mutex
	ids    []string
	bodies map[string]string
	faults []string
}

func (p *posts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body strings.Builder
	_, _ = fmt.Fprint(&body, r.Header.Get("Ce-Id"), " ")
	buf := make([]byte, 1<<16)
	n, _ := r.Body.Read(buf)
	body.Write(buf[:n])
	id := r.Header.Get("webhook-id")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, id)
	if before, ok := p.bodies[id]; ok && before != body.String() {
		p.faults = append(p.faults, id+" comes with another content")
	}
	p.bodies[id] = body.String()
	if strings.HasPrefix(id, "refused") {
		w.WriteHeader(http.StatusGone)
	}
}

func finding(uid string, n int) stream.Record {
	id := fmt.Sprintf("%s:%d", uid, n)
	return stream.Record{
		Topic: "alerts", Key: []byte(uid), Value: fmt.Appendf(nil,
			`{"class_uid":2004,"activity_id":2,"severity_id":3,"metadata":{"uid":%q,"sequence":%d},"finding_info":{"uid":%q}}`,
			id, n, uid),
		Headers: []stream.Header{{Key: "ce_id", Value: []byte(id)}},
	}
}

// TestACrashBetweenPostAndCommitRepeatsTheSameRecords kills the process at every commit in turn,
// before or after it took effect, and lets another one go on.
func TestACrashBetweenPostAndCommitRepeatsTheSameRecords(t *testing.T) {
	in := &topic{}
	for i := range 12 {
		r := finding([]string{"a", "b", "refused"}[i%3], i/3+1)
		r.Offset = int64(i)
		in.records = append(in.records, r)
	}
	for _, after := range []bool{false, true} {
		// 12 records in batches of 3 make 4 commits.
		for at := int64(1); at <= 4; at++ {
			t.Run(fmt.Sprintf("commit %d, after it took effect: %t", at, after), func(t *testing.T) {
				redis := openStore(t)
				got := &posts{bodies: map[string]string{}}
				server := httptest.NewServer(got)
				defer server.Close()
				letters := &kafka{}

				ctx, die := context.WithCancel(t.Context())
				first := &mortal{Store: pipeline.FromStore(redis), at: at, after: after, die: die}
				require.NoError(t, work(ctx, server.URL, in, letters, first))
				posted := len(got.ids)
				require.Len(t, letters.letters, int(at), "a letter of each batch until it died")

				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				done := make(chan error, 1)
				go func() {
					done <- work(ctx, server.URL, in, letters, pipeline.FromStore(redis))
				}()
				require.Eventually(t, func() bool {
					next, err := redis.Committed(t.Context(), "webhook-soar", "alerts:0")
					return err == nil && next == 12
				}, 20*time.Second, 5*time.Millisecond)
				stop()
				require.NoError(t, <-done)

				require.Empty(t, got.faults)
				require.Len(t, got.bodies, 12, "every record was posted")
				again := 3
				if after {
					again = 0
				}
				require.Len(t, got.ids, 12+again, "no more than the batch comes again")
				require.Len(t, letters.letters, 4+again/3)
				if again > 0 {
					batch := map[string]bool{}
					for _, id := range got.ids[posted-3 : posted] {
						batch[id] = true
					}
					for _, id := range got.ids[posted : posted+3] {
						require.True(t, batch[id], "%s is a record of the batch that was lost", id)
					}
				}
				for i := range letters.letters {
					requireLetter(t, &letters.letters[i])
				}
			})
		}
	}
}

// requireLetter checks a dead letter: the record whole, with all that is to be known of it.
func requireLetter(t *testing.T, r *stream.OutRecord) {
	t.Helper()
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	n := strings.TrimPrefix(headers["webhook-id"], "refused:")
	require.Equal(t, "dead", r.Topic)
	require.Equal(t, "refused", string(r.Key))
	require.Equal(t, string(finding("refused", int(n[0]-'0')).Value), string(r.Value))
	offset := 3*int(n[0]-'0') - 1
	require.Equal(t, map[string]string{
		"stillwatch-reason": "refused", "stillwatch-detail": "status 410",
		"stillwatch-status": "410", "stillwatch-attempts": "1", "stillwatch-webhook": "soar",
		"stillwatch-topic": "alerts", "stillwatch-partition": "0",
		"stillwatch-offset": fmt.Sprint(offset), "webhook-id": "refused:" + n,
		"ce_id": "refused:" + n,
	}, headers)
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	store.LogClient(zap.NewNop())
	o := store.DefaultOptions()
	o.Addresses = []string{miniredis.RunT(t).Addr()}
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// work runs the webhook until ctx ends.
func work(ctx context.Context, url string, in *topic, letters *kafka, s pipeline.Store) error {
	o := webhook.DefaultOptions()
	o.Name, o.URL = "soar", url
	o.Secret = webhook.SecretPrefix +
		base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	sink, err := webhook.New(o, letters, webhook.NewMetrics(prometheus.NewRegistry()), zap.NewNop())
	if err != nil {
		return err
	}
	defer sink.Close()
	forward, err := forwarding.New("soar", forwarding.DefaultFilter())
	if err != nil {
		return err
	}
	opts := pipeline.DefaultOptions()
	opts.BatchRecords, opts.BatchWait = 3, time.Millisecond
	opts.ShutdownTimeout, opts.RetryMin = time.Second, time.Millisecond
	opts.Outputs = map[stage.Output]string{
		stage.Webhook: webhook.Target, stage.DeadLetters: "dead",
	}
	p, err := pipeline.New(pipeline.Config{
		Options: opts, Stage: forward, Source: in, Sink: sink, Store: s,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}
