package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

var errCrash = errors.New("crashed")

// crasher lets a number of steps pass and then has everything fail, as for a process that was
// killed. Every call of the parts is two steps: before it has its effect, and after.
type crasher struct {
	mu    sync.Mutex
	left  int // steps; negative for no crash
	down  bool
	crash func()
	steps []string
}

func (c *crasher) step(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, name)
	if c.left == 0 {
		c.down = true
		c.crash()
	}
	c.left--
	if c.down {
		return errCrash
	}
	return nil
}

func (c *crasher) around(name string, fn func() error) error {
	if err := c.step("before " + name); err != nil {
		return err
	}
	err := fn()
	if err := c.step("after " + name); err != nil {
		return err
	}
	return err
}

type crashingStore struct {
	Store
	c *crasher
}

func (s crashingStore) Acquire(ctx context.Context, stage, partition string) (l Lease, err error) {
	err = s.c.around("acquire", func() error {
		l, err = s.Store.Acquire(ctx, stage, partition)
		return err
	})
	return crashingLease{l, s.c}, err
}

type crashingLease struct {
	Lease
	c *crasher
}

func (l crashingLease) Load(ctx context.Context, keys []string) (v [][]byte, err error) {
	err = l.c.around("load", func() error {
		v, err = l.Lease.Load(ctx, keys)
		return err
	})
	return v, err
}

func (l crashingLease) Commit(ctx context.Context, c store.Commit) error {
	return l.c.around("commit", func() error { return l.Lease.Commit(ctx, c) })
}

type crashingSink struct {
	Sink
	c *crasher
}

func (s crashingSink) Produce(ctx context.Context, records []stream.OutRecord) error {
	return s.c.around("produce", func() error { return s.Sink.Produce(ctx, records) })
}

// TestACrashAtAnyPointLosesAndDoublesNothing kills the pipeline at every step in turn, lets another
// one finish the work, and compares the state with that of an undisturbed run.
func TestACrashAtAnyPointLosesAndDoublesNothing(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("outbox %v", outbox), func(t *testing.T) {
			in := &log{}
			want := map[string]int{}
			for i := range 40 {
				key := fmt.Sprintf("k%d", i%6)
				in.add(key, "x")
				want[key]++
			}
			opts := testOptions()
			opts.Outbox = outbox
			for at := 0; ; at++ {
				redis := openStore(t)
				sink := &memorySink{}
				counter := newCounting()
				in.committed.Store(0)

				// The crash.
				c := &crasher{left: at}
				p, err := New(Config{
					Options: opts, Stage: counter, Source: logSource{in},
					Sink: crashingSink{sink, c}, Store: crashingStore{FromStore(redis), c},
				})
				require.NoError(t, err)
				p.opts.ShutdownTimeout = time.Millisecond // the dead do not tidy up
				ctx, cancel := context.WithCancel(context.Background())
				c.crash = cancel
				done := make(chan struct{})
				go func() { defer close(done); _ = p.Run(ctx) }()
				crashed := true
				for deadline := time.Now().Add(20 * time.Second); ctx.Err() == nil; {
					require.True(t, time.Now().Before(deadline))
					if in.committed.Load() == in.end() && sent(t, redis, outbox) {
						crashed = false
						cancel()
					}
					pause(ctx, time.Millisecond)
				}
				<-done

				// The successor.
				if crashed {
					_, stop := start(t, Config{
						Options: opts, Stage: counter, Source: logSource{in},
						Sink: sink, Store: FromStore(redis),
					})
					eventually(t, func() bool {
						return next(t, redis) == in.end() && sent(t, redis, outbox)
					})
					stop()
				}
				where := "no crash"
				if crashed {
					where = c.steps[at]
				}
				require.Equal(t, want, state(t, redis, "in", 1), "crash at step %d, %s", at, where)
				checkOutput(t, sink, want, outbox, where)
				if !crashed {
					require.Greater(t, at, 20, "the crashes covered whole batches")
					return
				}
			}
		})
	}
}

// checkOutput checks that every record was emitted, and with an outbox that copies of one are
// identical.
func checkOutput(t *testing.T, sink *memorySink, want map[string]int, exact bool, where string) {
	t.Helper()
	content := map[string]string{}
	for _, v := range sink.values("out") {
		name, _, _ := strings.Cut(v, " run=")
		if before, ok := content[name]; ok && exact {
			require.Equal(t, before, v, "the same record with another content, %s", where)
		}
		content[name] = v
	}
	total := 0
	for key, n := range want {
		for i := 1; i <= n; i++ {
			require.Contains(t, content, fmt.Sprintf("%s=%d", key, i), where)
		}
		total += n
	}
	require.Len(t, content, total)
}

// next is the committed offset.
func next(t testing.TB, s *store.Store) int64 {
	t.Helper()
	n, err := s.Committed(testContext(t), "counting", "in:0")
	require.NoError(t, err)
	return n
}

// sent reports whether the outbox is empty.
func sent(t testing.TB, s *store.Store, outbox bool) bool {
	t.Helper()
	empty := true
	require.NoError(t, s.Scan(testContext(t), "counting", "in:0", func(key string, _ []byte) error {
		empty = empty && !isOutboxKey(key)
		return nil
	}))
	return empty || !outbox
}
