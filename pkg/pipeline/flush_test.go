package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/store"
)

// holding is a stage that puts out nothing until it is flushed.
type holding struct{ flushes *atomic.Int64 }

func (holding) Name() string { return "holding" }

func (holding) Counters() []*stage.Counter { return nil }

func (holding) Outputs() []stage.Output { return []stage.Output{stage.Profiles} }

func (h holding) Open(int) (stage.Task, error) { return &holdingTask{flushes: h.flushes}, nil }

type holdingTask struct {
	stage.Base

	flushes *atomic.Int64
	loaded  bool
	held    []string
}

func (t *holdingTask) Needs([]stage.Record) []string {
	if t.loaded {
		return nil
	}
	return []string{"held"}
}

func (t *holdingTask) Load(_ string, value []byte) error {
	t.loaded, t.held = true, strings.Fields(string(value))
	return nil
}

func (t *holdingTask) Process(batch []stage.Record) (stage.Result, error) {
	for i := range batch {
		if string(batch[i].Value) == "hold" {
			t.held = append(t.held, string(batch[i].Key))
		}
	}
	return stage.Result{
		Changes: []stage.Change{{Key: "held", Value: []byte(strings.Join(t.held, " "))}},
	}, nil
}

func (t *holdingTask) Flush() (res stage.Result, err error) {
	if t.flushes.Add(1); !t.loaded {
		return res, errors.New("flushed before it was loaded")
	}
	for _, key := range t.held {
		if key == "fault" {
			return res, errors.New("the flush is broken")
		}
		res.Out = append(res.Out, stage.Out{To: stage.Observations, Value: []byte(key)})
	}
	if len(t.held) > 0 {
		res.Changes = []stage.Change{{Key: "held"}}
	}
	t.held = nil
	return res, nil
}

// memoryStore keeps the state of one partition.
type memoryStore struct {
	mu      sync.Mutex
	next    int64
	state   map[string][]byte
	commits int
}

func (s *memoryStore) Acquire(context.Context, string, string) (Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return memoryLease{s, s.next}, nil
}

func (s *memoryStore) committed() (next int64, commits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.commits
}

type memoryLease struct {
	s    *memoryStore
	next int64
}

func (l memoryLease) Epoch() int64 { return 1 }
func (l memoryLease) Next() int64  { return l.next }

func (l memoryLease) Load(_ context.Context, keys []string) ([][]byte, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = l.s.state[key]
	}
	return values, nil
}

func (l memoryLease) Commit(_ context.Context, c store.Commit) error {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.next = c.Next
	l.s.commits++
	for _, change := range c.Changes {
		if change.Value == nil {
			delete(l.s.state, change.Key)
		} else {
			l.s.state[change.Key] = change.Value
		}
	}
	return nil
}

// inSlowTime runs a test on a stage that holds back, with a fake clock; run starts a pipeline and
// returns how to stop it.
func inSlowTime(
	t *testing.T, outbox bool,
	test func(
		t *testing.T, in *log, kept *memoryStore, sink *memorySink, flushes *atomic.Int64,
		run func() (stop func()),
	),
) {
	synctest.Test(t, func(t *testing.T) {
		in, sink, kept := &log{}, &memorySink{}, &memoryStore{state: map[string][]byte{}}
		flushes := new(atomic.Int64)
		test(t, in, kept, sink, flushes, func() func() {
			opts := testOptions()
			opts.BatchWait, opts.FlushAfter, opts.Outbox = 100*time.Millisecond, 10*time.Second,
				outbox
			p, err := New(Config{
				Options: opts, Stage: holding{flushes}, Source: logSource{in},
				Sink: sink, Store: kept,
			})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); _ = p.Run(ctx) }()
			return func() { cancel(); <-done }
		})
	})
}

func TestWhatATaskHoldsBackComesOutOnceThePartitionIsIdle(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("outbox %v", outbox), func(t *testing.T) {
			inSlowTime(t, outbox, func(
				t *testing.T, in *log, kept *memoryStore, sink *memorySink,
				flushes *atomic.Int64, run func() func(),
			) {
				stop := run()
				// While records come in, more often than every ten seconds, nothing is flushed.
				for range 10 {
					in.add("a", "hold")
					time.Sleep(5 * time.Second)
				}
				require.Zero(t, flushes.Load())
				time.Sleep(6 * time.Second)
				require.Equal(t, int64(1), flushes.Load())
				require.Len(t, sink.values("out"), 10)
				next, commits := kept.committed()
				require.Equal(t, int64(10), next, "the offset stays")
				require.Empty(t, kept.state, "and what was sent is not kept")

				// Once, however long it stays idle.
				time.Sleep(keepAlive / 2)
				require.Equal(t, int64(1), flushes.Load())
				after, now := kept.committed()
				require.Equal(t, next, after)
				require.Equal(t, commits, now, "nothing to do, nothing to commit")

				// And again after the next record.
				in.add("b", "hold")
				time.Sleep(11 * time.Second)
				require.Equal(t, int64(2), flushes.Load())
				require.Equal(t, "b", sink.values("out")[10])
				stop()
			})
		})
	}
}

func TestAFlushOfNothingCommitsNothing(t *testing.T) {
	inSlowTime(t, true, func(
		t *testing.T, in *log, kept *memoryStore, sink *memorySink,
		flushes *atomic.Int64, run func() func(),
	) {
		in.add("a", "nothing to hold")
		stop := run()
		time.Sleep(time.Minute)
		stop()
		_, commits := kept.committed()
		require.Equal(t, 1, commits, "that of the record")
		require.Equal(t, int64(1), flushes.Load())
		require.Empty(t, sink.records)
	})
}

func TestTheNextOwnerBringsOutWhatTheLastOneHeldBack(t *testing.T) {
	inSlowTime(t, false, func(
		t *testing.T, in *log, kept *memoryStore, sink *memorySink,
		_ *atomic.Int64, run func() func(),
	) {
		in.add("a", "hold")
		stop := run()
		time.Sleep(time.Second)
		stop()
		require.Empty(t, sink.values("out"))
		stop = run()
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, []string{"a"}, sink.values("out"))
		next, _ := kept.committed()
		require.Equal(t, int64(1), next)
	})
}

func TestAFlushThatFailsStopsThePartitionAndShows(t *testing.T) {
	in := &log{}
	in.add("fault", "hold")
	opts := testOptions()
	opts.FlushAfter = opts.BatchWait
	p, _ := start(t, Config{
		Options: opts, Stage: holding{new(atomic.Int64)}, Source: logSource{in},
		Sink: &memorySink{}, Store: &memoryStore{state: map[string][]byte{}},
	})
	eventually(t, func() bool {
		s := p.Status()
		return s.Err != nil &&
			strings.Contains(s.Err.Error(), "flushing at offset 1: the flush is broken")
	})
}

func TestFlushingCanBeSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, flushes := &log{}, new(atomic.Int64)
		in.add("a", "hold")
		opts := testOptions()
		opts.BatchWait, opts.FlushAfter = time.Second, 0
		p, err := New(Config{
			Options: opts, Stage: holding{flushes}, Source: logSource{in}, Sink: &memorySink{},
			Store: &memoryStore{state: map[string][]byte{}},
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = p.Run(ctx) }()
		time.Sleep(24 * time.Hour)
		cancel()
		<-done
		require.Zero(t, flushes.Load())
	})
}
