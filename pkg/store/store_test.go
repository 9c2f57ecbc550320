package store

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) {
	LogClient(zap.NewNop())
	goleak.VerifyTestMain(m)
}

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// server is what the tests run on: an in-process Redis, or the real one that STILLWATCH_TEST_REDIS
// names (addresses, comma separated).
type server struct {
	addrs []string
	mini  *miniredis.Miniredis // nil for a real one
}

func startServer(t testing.TB) server {
	t.Helper()
	if env := os.Getenv("STILLWATCH_TEST_REDIS"); env != "" {
		return server{addrs: strings.Split(env, ",")}
	}
	m := miniredis.RunT(t)
	return server{addrs: []string{m.Addr()}, mini: m}
}

func openStore(t testing.TB, s server, edit ...func(*Options)) *Store {
	t.Helper()
	o := DefaultOptions()
	o.Addresses = s.addrs
	o.Prefix = fmt.Sprintf("test-%s", nonce())
	for _, e := range edit {
		e(&o)
	}
	st, err := Open(testContext(t), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func acquire(t testing.TB, s *Store) *Lease {
	t.Helper()
	l, err := s.Acquire(testContext(t), "fingerprint", "topic:0")
	require.NoError(t, err)
	return l
}

func load(t testing.TB, l *Lease, keys ...string) []string {
	t.Helper()
	values, err := l.Load(testContext(t), keys)
	require.NoError(t, err)
	out := make([]string, len(values))
	for i, v := range values {
		if out[i] = string(v); v == nil {
			out[i] = "-"
		}
	}
	return out
}

func set(pairs ...string) []Change {
	var changes []Change
	for i := 0; i < len(pairs); i += 2 {
		changes = append(changes, Change{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return changes
}

func TestStateAndOffsetAreThereForTheNextOwner(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	l := acquire(t, s)
	require.Equal(t, NoOffset, l.Next())
	require.Equal(t, NoOffset, peekNext(t, s))
	require.Equal(t, []string{"-", "-"}, load(t, l, "a", "b"))
	require.NoError(t, l.Commit(ctx, Commit{Next: 0}))
	require.NoError(t, l.Commit(ctx, Commit{
		Next: 10, Changes: set("a", "1", "b", "2", "tenant\x00account", "", "c", "3"),
	}))
	require.NoError(t, l.Commit(ctx, Commit{
		Next: 20, Changes: append(set("b", "22"), Change{Key: "c"}),
	}))
	require.Equal(t, int64(20), l.Next())

	l2 := acquire(t, s)
	require.Equal(t, int64(20), l2.Next())
	require.Equal(t, l.Epoch()+1, l2.Epoch())
	require.Equal(t, []string{"22", "-", "1", ""}, load(t, l2, "b", "c", "a", "tenant\x00account"))

	other, err := s.Acquire(ctx, "fingerprint", "topic:1")
	require.NoError(t, err)
	require.Equal(t, NoOffset, other.Next())
	require.Equal(t, []string{"-"}, load(t, other, "a"), "partitions do not see each other's keys")
}

func TestAFencedOwnerCommitsNothing(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	old := acquire(t, s)
	require.NoError(t, old.Commit(ctx, Commit{Next: 5, Changes: set("a", "old")}))
	now := acquire(t, s)
	require.ErrorIs(t, old.Commit(ctx, Commit{Next: 6, Changes: set("a", "late")}), ErrFenced)
	require.Equal(t, []string{"old"}, load(t, now, "a"))
	require.NoError(t, now.Commit(ctx, Commit{Next: 6, Changes: set("a", "new")}))
	require.ErrorIs(t, old.Commit(ctx, Commit{Next: 7}), ErrFenced, "for ever")
	require.Equal(t, []string{"new"}, load(t, now, "a"))
	require.Equal(t, int64(6), acquire(t, s).Next())
}

// TestAnOwnerFencedInTheMiddleOfItsCommitChangesNothing has the takeover come between the look at
// the owner and the write.
func TestAnOwnerFencedInTheMiddleOfItsCommitChangesNothing(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	old := acquire(t, s)
	hook := &beforeExec{do: func() { acquire(t, s) }}
	s2 := &Store{opts: s.opts, client: redis.NewUniversalClient(mustOptions(t, s))}
	t.Cleanup(func() { _ = s2.Close() })
	if cluster, ok := s2.client.(*redis.ClusterClient); ok {
		cluster.OnNewNode(func(node *redis.Client) { node.AddHook(hook) })
	} else {
		s2.client.AddHook(hook)
	}
	old.store = s2
	require.ErrorIs(t, old.Commit(ctx, Commit{Next: 1, Changes: set("a", "1")}), ErrFenced)
	require.Equal(t, int64(1), hook.calls.Load())
	l := acquire(t, s)
	require.Equal(t, NoOffset, l.Next())
	require.Equal(t, []string{"-"}, load(t, l, "a"))
}

func mustOptions(t testing.TB, s *Store) *redis.UniversalOptions {
	t.Helper()
	o, err := s.opts.client()
	require.NoError(t, err)
	return o
}

// beforeExec runs do once, before the first transaction.
type beforeExec struct {
	do    func()
	calls atomic.Int64
}

func (h *beforeExec) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (h *beforeExec) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (h *beforeExec) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if cmds[0].Name() == "multi" && h.calls.Add(1) == 1 {
			h.do()
		}
		return next(ctx, cmds)
	}
}

// TestACommitWhoseAnswerIsLostIsMadeOnce cuts the connection before the server gets the
// transaction, and after it has executed it.
func TestACommitWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			srv := startServer(t)
			if len(srv.addrs) > 1 {
				t.Skip("a cluster's nodes announce their own addresses, which lead past the proxy")
			}
			proxy := startProxy(t, srv.addrs[0])
			direct := openStore(t, srv)
			s := openStore(t, server{addrs: []string{proxy.addr()}}, func(o *Options) {
				o.Prefix = direct.opts.Prefix
			})
			ctx := testContext(t)
			l := acquire(t, s)
			require.NoError(t, l.Commit(ctx, Commit{Next: 1, Changes: set("n", "1")}))

			c := Commit{Next: 2, Changes: set("n", "2")}
			proxy.cut(when)
			err := l.Commit(ctx, c)
			require.Error(t, err)
			require.NotErrorIs(t, err, ErrFenced)
			committed := when == "after"
			require.Equal(t, committed, peekNext(t, direct) == 2)
			if committed {
				// Make a second write visible, if there is one.
				require.NoError(t, direct.client.Set(
					ctx, l.keys.state+"n", wrapValue([]byte("mark"), l.inc), 0,
				).Err())
			}
			require.NoError(t, l.Commit(ctx, c))
			require.Equal(
				t, map[bool]string{true: "mark", false: "2"}[committed], load(t, l, "n")[0],
			)
			require.NoError(t, l.Commit(ctx, Commit{Next: 3, Changes: set("n", "3")}))
			require.Equal(t, int64(3), peekNext(t, direct))
		})
	}
}

func peekNext(t testing.TB, s *Store) int64 {
	t.Helper()
	n, err := s.Committed(testContext(t), "fingerprint", "topic:0")
	require.NoError(t, err)
	return n
}

// proxy forwards to Redis and can cut the connection around a transaction.
type proxy struct {
	listener net.Listener
	target   string
	mode     atomic.Value
}

func startProxy(t testing.TB, target string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: ln, target: target}
	p.mode.Store("")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return p
}

func (p *proxy) addr() string    { return p.listener.Addr().String() }
func (p *proxy) cut(when string) { p.mode.Store(when) }

func (p *proxy) serve(c net.Conn) {
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = c.Close()
		return
	}
	var swallow atomic.Bool
	go func() {
		defer func() { _ = c.Close() }()
		buf := make([]byte, 64<<10)
		for {
			n, err := up.Read(buf)
			if err != nil {
				return
			}
			if swallow.Load() {
				// The answer of the transaction is lost, but only once there is one: an array,
				// after the lines that acknowledge its commands.
				if bytes.IndexByte(buf[:n], '*') >= 0 {
					return
				}
				continue
			}
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	defer func() { _, _ = up.Close(), c.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if mode := p.mode.Load(); mode != "" &&
			strings.Contains(strings.ToLower(string(buf[:n])), "multi") {
			p.mode.Store("")
			if mode == "before" {
				return
			}
			swallow.Store(true)
		}
		if _, err := up.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestAPartitionWhoseMetaKeyIsLostStartsAnewWithoutOldState(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	l := acquire(t, s)
	require.NoError(t, l.Commit(ctx, Commit{Next: 7, Changes: set("a", "1", "b", "1")}))
	require.NoError(t, s.client.Del(ctx, l.keys.meta).Err())

	require.ErrorIs(t, l.Commit(ctx, Commit{Next: 8, Changes: set("a", "2")}), ErrFenced,
		"the owner notices")
	l2 := acquire(t, s)
	require.Equal(t, NoOffset, l2.Next())
	require.Equal(t, []string{"-", "-"}, load(t, l2, "a", "b"),
		"state without its offset would be counted twice")
	require.NoError(t, l2.Commit(ctx, Commit{Next: 1, Changes: set("a", "new")}))
	require.Equal(t, []string{"new", "-"}, load(t, l2, "a", "b"))
	seen := map[string]string{}
	require.NoError(t, s.Scan(ctx, "fingerprint", "topic:0", func(key string, value []byte) error {
		seen[key] = string(value)
		return nil
	}))
	require.Equal(t, map[string]string{"a": "new"}, seen)
}

func TestAnOffsetGoesBackOnlyWhenTheCommitSaysSo(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	l := acquire(t, s)
	require.NoError(t, l.Commit(ctx, Commit{Next: 7}))
	require.EqualError(t, l.Commit(ctx, Commit{Next: 3}), "commit of offset 3 after 7")
	require.NoError(t, l.Commit(ctx, Commit{Next: 3, Rewind: true}))
	require.EqualValues(t, 3, acquire(t, s).Next())
}

func TestDamagedMetaAndValuesAreReported(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	l := acquire(t, s)
	require.NoError(t, l.Commit(ctx, Commit{Next: 7, Changes: set("a", "1")}))
	require.NoError(t, s.client.Set(ctx, l.keys.state+"a", "x", 0).Err())
	_, err := l.Load(ctx, []string{"a"})
	require.EqualError(t, err, "a state value of 1 bytes has an unknown format",
		"the key, which may name a person, stays out of logs")
	require.NoError(t, s.client.HSet(ctx, l.keys.meta, fieldNext, "seven").Err())
	_, err = s.Acquire(ctx, "fingerprint", "topic:0")
	require.ErrorContains(t, err, "not a number; delete the key "+l.keys.meta)
	require.NoError(t, s.client.HSet(ctx, l.keys.meta, fieldNext, 7, fieldIncarnation, "?").Err())
	_, err = s.Acquire(ctx, "fingerprint", "topic:0")
	require.ErrorContains(t, err, "damaged")
}

func TestEveryKeyExpires(t *testing.T) {
	s := openStore(t, startServer(t), func(o *Options) { o.TTL = 48 * time.Hour })
	ctx := testContext(t)
	l := acquire(t, s)
	ttl := func(key string) time.Duration {
		d, err := s.client.PTTL(ctx, key).Result()
		require.NoError(t, err)
		return d.Round(time.Minute)
	}
	require.Equal(t, 48*time.Hour, ttl(l.keys.meta))
	require.NoError(t, l.Commit(ctx, Commit{Next: 1, Changes: []Change{
		{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("1"), TTL: time.Hour},
	}}))
	require.Equal(t, 48*time.Hour, ttl(l.keys.state+"a"))
	require.Equal(t, time.Hour, ttl(l.keys.state+"b"))
	require.NoError(t, s.client.PExpire(ctx, l.keys.meta, time.Hour).Err())
	require.NoError(t, l.Commit(ctx, Commit{Next: 2}))
	require.Equal(t, 48*time.Hour, ttl(l.keys.meta), "a commit keeps the offset alive")
}

func TestLargeCommitsAndLoadsAreWhole(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	l := acquire(t, s)
	const n = 3*loadChunk + 7
	var changes []Change
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("k%d", i))
		changes = append(changes, Change{Key: keys[i], Value: fmt.Appendf(nil, "v%d", i)})
	}
	require.NoError(t, l.Commit(ctx, Commit{Next: 1, Changes: changes}))
	values, err := l.Load(ctx, keys)
	require.NoError(t, err)
	for i, v := range values {
		require.Equal(t, fmt.Sprintf("v%d", i), string(v))
	}
	count := 0
	require.NoError(t, s.Scan(
		ctx, "fingerprint", "topic:0", func(string, []byte) error { count++; return nil },
	))
	require.Equal(t, n, count)
	for i := range changes {
		changes[i].Value = nil
	}
	require.NoError(t, l.Commit(ctx, Commit{Next: 2, Changes: changes}))
	values, err = l.Load(ctx, keys)
	require.NoError(t, err)
	for _, v := range values {
		require.Nil(t, v)
	}
}

func TestAValueTooLargeIsRefusedAndNothingCommitted(t *testing.T) {
	s := openStore(t, startServer(t), func(o *Options) { o.MaxValueBytes = 2 << 20 })
	ctx := testContext(t)
	l := acquire(t, s)
	err := l.Commit(ctx, Commit{Next: 1, Changes: []Change{
		{Key: "a", Value: []byte("1")}, {Key: "secret-account", Value: make([]byte, 2<<20+1)},
	}})
	var large *ValueTooLargeError
	require.ErrorAs(t, err, &large)
	require.NotContains(t, err.Error(), "secret-account")
	require.Equal(t, []string{"-"}, load(t, l, "a"))
	require.ErrorContains(t, l.Commit(ctx, Commit{Next: -5}), "commit of offset")
	require.NoError(t, l.Commit(ctx, Commit{Next: 1, Changes: set("a", "1")}), "the lease lives on")
}

func TestNamesThatWouldBreakTheHashTagAreRefused(t *testing.T) {
	s := openStore(t, startServer(t))
	for _, names := range [][2]string{{"", "0"}, {"a", ""}, {"a}", "0"}, {"a", "{0"}} {
		_, err := s.Acquire(testContext(t), names[0], names[1])
		require.ErrorContains(t, err, "must not be empty nor hold braces")
	}
}

func BenchmarkCommitOf500ChangesOf1kB(b *testing.B) {
	s := openStore(b, startServer(b))
	ctx := context.Background()
	l := acquire(b, s)
	changes := make([]Change, 500)
	for i := range changes {
		changes[i] = Change{Key: fmt.Sprintf("account-%d", i), Value: make([]byte, 1000)}
	}
	b.SetBytes(500 * 1000)
	next := int64(0)
	for b.Loop() {
		next++
		if err := l.Commit(ctx, Commit{Next: next, Changes: changes}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadOf500KeysOf1kB(b *testing.B) {
	s := openStore(b, startServer(b))
	ctx := context.Background()
	l := acquire(b, s)
	changes := make([]Change, 500)
	keys := make([]string, len(changes))
	for i := range changes {
		keys[i] = fmt.Sprintf("account-%d", i)
		changes[i] = Change{Key: keys[i], Value: make([]byte, 1000)}
	}
	require.NoError(b, l.Commit(ctx, Commit{Next: 1, Changes: changes}))
	b.SetBytes(500 * 1000)
	for b.Loop() {
		if _, err := l.Load(ctx, keys); err != nil {
			b.Fatal(err)
		}
	}
}
