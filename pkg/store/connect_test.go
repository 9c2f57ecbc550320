package store

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

func TestDeadlinesOfContextsAreKept(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { // accepts and never answers
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
		}
	}()
	defer func() { _ = ln.Close() }()
	o := DefaultOptions()
	o.Addresses = []string{ln.Addr().String()}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = Open(ctx, o)
	require.ErrorContains(t, err, "does not answer in time")
	require.Less(t, time.Since(began), 4*time.Second)
}

func TestWhatIsWrongWithRedisIsSaidInOneLine(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	deadAddr := dead.Addr().String()
	require.NoError(t, dead.Close())

	open := miniredis.RunT(t)
	locked := miniredis.RunT(t)
	locked.RequireAuth("right")
	user := miniredis.RunT(t)
	user.RequireUserAuth("watch", "right")
	web, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = web.Close() }()
	go func() {
		for {
			c, err := web.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = c.Read(make([]byte, 1024))
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
				_ = c.Close()
			}()
		}
	}()

	for _, test := range []struct {
		name string
		addr string
		edit func(*Options)
		want string // empty when it works
	}{
		{
			"nobody listens", deadAddr, nil,
			"cannot reach redis at " + deadAddr + ": connection refused; check redis.addresses",
		},
		{
			"unknown host", "no-such-host.invalid:6379", nil,
			"cannot find redis host no-such-host.invalid",
		},
		{"open", open.Addr(), nil, ""},
		{"password", locked.Addr(), func(o *Options) { o.Password = "right" }, ""},
		{
			"wrong password", locked.Addr(), func(o *Options) { o.Password = "guess" },
			"refused the login: wrong user name or password",
		},
		{"no password", locked.Addr(), nil, "asks for a password; set redis.password"},
		{"user", user.Addr(), func(o *Options) { o.Username, o.Password = "watch", "right" }, ""},
		{
			"wrong user", user.Addr(),
			func(o *Options) { o.Username, o.Password = "other", "right" }, "refused the login",
		},
		{
			"not redis", web.Addr().String(), nil,
			"what answers at " + web.Addr().String() + " is not redis",
		},
		{
			"tls to a plain port", open.Addr(),
			func(o *Options) { o.TLS.Enabled = true }, "redis.tls",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := DefaultOptions()
			o.Addresses = []string{test.addr}
			if test.edit != nil {
				test.edit(&o)
			}
			s, err := Open(testContext(t), o)
			if test.want == "" {
				require.NoError(t, err)
				require.Empty(t, s.Warnings())
				require.NoError(t, s.Close())
				return
			}
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "guess")
			require.Equal(t, !slices.Contains(
				[]string{"nobody listens", "unknown host", "tls to a plain port"}, test.name,
			), IsFatal(err))
		})
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	good := DefaultOptions()
	require.NoError(t, good.Validate())
	for _, test := range []struct {
		edit func(*Options)
		want string
	}{
		{func(o *Options) { o.Addresses = nil }, "addresses: name at least one"},
		{func(o *Options) { o.Addresses = []string{"redis"} }, `"redis" is not host:port`},
		{func(o *Options) { o.Cluster, o.Sentinel.Master = true, "m" }, "exclude each other"},
		{func(o *Options) { o.Cluster, o.Database = true, 1 }, "database"},
		{func(o *Options) { o.Username = "u" }, "without a password"},
		{func(o *Options) { o.Prefix = "a{b" }, "prefix"},
		{func(o *Options) { o.TTL = time.Minute }, "ttl"},
		{func(o *Options) { o.Timeout = 0 }, "timeout"},
		{func(o *Options) { o.DialTimeout = 0 }, "dial_timeout"},
		{func(o *Options) { o.PoolSize = 0 }, "pool_size"},
		{func(o *Options) { o.MaxValueBytes = 1 }, "max_value_bytes"},
		{func(o *Options) { o.TLS.CAFile = "x" }, "enabled is false"},
		{func(o *Options) { o.TLS = remote.TLS{Enabled: true, KeyFile: "x"} }, "go together"},
	} {
		o := DefaultOptions()
		test.edit(&o)
		require.ErrorContains(t, o.Validate(), test.want)
	}
}

func TestRepliesOfTheServerSayWhatToDo(t *testing.T) {
	s := &Store{opts: DefaultOptions()}
	for reply, want := range map[string]string{
		"MOVED 3999 127.0.0.1:7001":                               "set redis.cluster: true",
		"ERR This instance has cluster support disabled":          "set redis.cluster: false",
		"READONLY You can't write against a read only replica.":   "read-only replica",
		"OOM command not allowed when used memory > 'maxmemory'.": "raise its maxmemory",
		"LOADING Redis is loading the dataset in memory":          "still loading",
		"CLUSTERDOWN The cluster is down":                         "cluster at localhost:6379 is down",

		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to.": "cannot save to disk",
		"NOPERM this user has no permissions to run the 'set' command":                     "does not allow this user",
	} {
		err := s.explain(replyError(reply))
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, s.explain(nil))
	require.ErrorIs(t, s.explain(context.Canceled), context.Canceled)
	require.ErrorIs(t, s.explain(io.EOF), io.EOF)
	require.ErrorContains(t, s.explain(errors.New("strange")), "redis at localhost:6379: strange")
}

// replyError is an error reply of the server.
type replyError string

func (e replyError) Error() string { return string(e) }
func (replyError) RedisError()     {}
