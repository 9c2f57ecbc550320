package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestMain(m *testing.M) {
	store.LogClient(zap.NewNop())
	goleak.VerifyTestMain(m)
}

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	o := store.DefaultOptions()
	o.Addresses = []string{miniredis.RunT(t).Addr()}
	s, err := store.Open(testContext(t), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func testOptions() Options {
	o := DefaultOptions()
	o.BatchRecords = 7
	o.BatchWait = 5 * time.Millisecond
	o.RetryMin, o.RetryMax = time.Millisecond, 20*time.Millisecond
	o.Outputs = map[stage.Output]string{stage.Observations: "out", stage.DeadLetters: "dead"}
	return o
}

// bad counts the dead letters of counting.
var bad = stage.DeadLettered("bad")

// counting is a stage that counts records by key, and says so for each. Every record that it emits
// carries the number of the computation that made it, so that one computed twice is told from one
// sent twice.
type counting struct {
	runs    *atomic.Int64
	rebuild bool
}

func newCounting() counting { return counting{runs: new(atomic.Int64)} }

func (counting) Name() string { return "counting" }

func (counting) Counters() []*stage.Counter {
	return []*stage.Counter{stage.OK, bad}
}

func (counting) Outputs() []stage.Output {
	return []stage.Output{stage.Observations, stage.DeadLetters}
}

func (c counting) Open(int) (stage.Task, error) {
	t := &countingTask{runs: c.runs, counts: map[string]int{}}
	if c.rebuild {
		return &rebuildingTask{countingTask: t}, nil
	}
	return t, nil
}

type countingTask struct {
	stage.Base

	runs   *atomic.Int64
	counts map[string]int
}

func (t *countingTask) Needs(batch []stage.Record) []string {
	if batch == nil {
		return []string{"always"}
	}
	var keys []string
	for i := range batch {
		key := string(batch[i].Key)
		if _, ok := t.counts[key]; !ok {
			t.counts[key] = 0
			keys = append(keys, key)
		}
	}
	return keys
}

func (t *countingTask) Load(key string, value []byte) error {
	n := 0
	if value != nil {
		var err error
		if n, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
	}
	t.counts[key] = n
	return nil
}

func (t *countingTask) Process(batch []stage.Record) (stage.Result, error) {
	run := t.runs.Add(1)
	res := stage.Result{Counts: stage.Counts{}}
	touched := map[string]bool{}
	for i := range batch {
		r := &batch[i]
		if string(r.Value) == "fault" {
			return stage.Result{}, errors.New("the stage is broken")
		}
		key := string(r.Key)
		t.counts[key]++
		if !touched[key] {
			touched[key] = true
		}
		value := fmt.Appendf(nil, "%s=%d run=%d", key, t.counts[key], run)
		if strings.HasPrefix(string(r.Value), "pad") {
			value = append(value, r.Value...)
		}
		res.Out = append(res.Out, stage.Out{
			To: stage.Observations, Key: []byte(key), Value: value,
			Headers: []stage.Header{{Key: "n", Value: []byte{1}}},
		})
		res.Counts.Add(1, stage.OK)
		if string(r.Value) == "bad" {
			res.Out = append(res.Out, stage.Out{To: stage.DeadLetters, Key: []byte(key)})
			res.Counts.Add(1, bad, "bad")
		}
	}
	for key := range touched {
		res.Changes = append(res.Changes, stage.Change{
			Key: key, Value: []byte(strconv.Itoa(t.counts[key])),
		})
	}
	return res, nil
}

// rebuildingTask remembers what it was rebuilt from.
type rebuildingTask struct {
	*countingTask
	rebuilt []int64
}

func (t *rebuildingTask) RebuildFrom() int64 { return 0 }

func (t *rebuildingTask) Rebuild(batch []stage.Record) error {
	for i := range batch {
		t.rebuilt = append(t.rebuilt, batch[i].Offset)
	}
	return nil
}

// log is a topic with one partition.
type log struct {
	mu        sync.Mutex
	records   []stream.Record
	first     int64
	committed atomic.Int64
}

func (l *log) add(key, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, stream.Record{
		Topic: "in", Offset: int64(len(l.records)), Key: []byte(key), Value: []byte(value),
	})
}

func (l *log) end() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.records))
}

// logPartition reads a log.
type logPartition struct {
	log  *log
	next int64
}

func (p *logPartition) Topic() string             { return "in" }
func (p *logPartition) ID() int                   { return 0 }
func (p *logPartition) SetOffset(offset int64)    { p.next = offset }
func (p *logPartition) CommitOffset(offset int64) { p.log.committed.Store(offset) }

func (p *logPartition) Bounds(ctx context.Context) (first, end int64, err error) {
	return p.log.first, p.log.end(), ctx.Err()
}

func (p *logPartition) Read(
	ctx context.Context, limit int, wait time.Duration,
) (stream.Batch, error) {
	end := p.log.end()
	if p.next < p.log.first || p.next > end {
		return stream.Batch{}, stream.ErrOffsetOutOfRange
	}
	if p.next == end {
		pause(ctx, wait)
		return stream.Batch{Next: end, HighWater: end}, ctx.Err()
	}
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	to := min(p.next+int64(limit), end)
	b := stream.Batch{Records: p.log.records[p.next:to:to], Next: to, HighWater: end}
	p.next = to
	return b, ctx.Err()
}

// logSource hands out one log.
type logSource struct{ log *log }

func (s logSource) Status() stream.Status { return stream.Status{Joined: true, Partitions: 1} }

func (s logSource) Run(ctx context.Context, handle func(context.Context, Partition)) error {
	handle(ctx, &logPartition{log: s.log})
	<-ctx.Done()
	return nil
}

// memorySink keeps what is produced.
type memorySink struct {
	mu      sync.Mutex
	records []stream.OutRecord
	fail    func([]stream.OutRecord) error
}

func (s *memorySink) Produce(ctx context.Context, records []stream.OutRecord) error {
	if s.fail != nil {
		if err := s.fail(records); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, records...)
	return ctx.Err()
}

func (s *memorySink) values(topic string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for i := range s.records {
		if s.records[i].Topic == topic {
			out = append(out, string(s.records[i].Value))
		}
	}
	return out
}

// start runs a pipeline until stop is called.
func start(t testing.TB, cfg Config, edit ...func(*Pipeline)) (p *Pipeline, stop func()) {
	t.Helper()
	p, err := New(cfg)
	require.NoError(t, err)
	for _, e := range edit {
		e(p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-done)
		})
	}
	t.Cleanup(stop)
	return p, stop
}

// eventually polls until ok.
func eventually(t testing.TB, ok func() bool, why ...any) {
	t.Helper()
	require.Eventually(t, ok, 30*time.Second, 2*time.Millisecond, why...)
}

// state reads what is stored of all partitions of a topic, without the outbox.
func state(t testing.TB, s *store.Store, topic string, partitions int) map[string]int {
	t.Helper()
	out := map[string]int{}
	for i := range partitions {
		err := s.Scan(testContext(t), "counting", fmt.Sprintf("%s:%d", topic, i),
			func(key string, value []byte) error {
				if isOutboxKey(key) {
					return nil
				}
				n, err := strconv.Atoi(string(value))
				out[key] += n
				return err
			})
		require.NoError(t, err)
	}
	return out
}
