package verdict

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/stream"
)

func newClient(t *testing.T, change func(*Options)) (*Client, *observer.ObservedLogs) {
	t.Helper()
	opts := DefaultOptions()
	if change != nil {
		change(&opts)
	}
	core, logs := observer.New(zapcore.InfoLevel)
	c, err := New(opts, zap.New(core))
	require.NoError(t, err)
	return c, logs
}

func TestKnowledgeIsFreshAsLongAsTheTopicIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, logs := newClient(t, nil)
		key, value := implicatedRecord(7)
		c.visit([]stream.Record{{Key: key, Value: value}})
		require.Equal(t, Answer{}, c.Lookup("acme", "acct_000000000007"),
			"what was read may be taken back before the end is reached")
		decision := c.Decide("acme", "acct_000000000007")
		require.True(t, decision.Allow)
		require.Equal(t, ByNeverRead, decision.Reason)
		_, read := c.Age()
		require.False(t, read)
		select {
		case <-c.Read():
			t.Error("nothing was read")
		default:
		}

		time.Sleep(time.Hour)
		c.current(time.Now())
		<-c.Read()
		require.Equal(t, Fresh, c.Freshness())
		decision = c.Decide("acme", "acct_000000000007")
		require.Equal(t, ByFinding, decision.Reason)
		require.Equal(t, "implicated", decision.Answer.Text)
		require.False(t, c.Decide("acme", "acct_000000000007").Allow)

		time.Sleep(time.Minute)
		require.Equal(t, Fresh, c.Freshness())
		time.Sleep(time.Nanosecond)
		require.Equal(t, Stale, c.Freshness())
		age, _ := c.Age()
		require.Equal(t, time.Minute+time.Nanosecond, age)
		answer := c.Lookup("acme", "acct_000000000007")
		require.True(t, answer.Stale())
		require.Equal(t, Implicated, answer.Status, "the last that was read")

		c.current(time.Now().Add(-time.Second))
		require.Equal(t, Fresh, c.Freshness())
		require.Equal(t, 1, logs.FilterMessage("the accounts topic was read").Len())
		require.Equal(t, 1, logs.FilterMessage("the accounts topic is read again").Len())
		c.current(time.Now())
		require.Equal(t, 2, logs.Len())
	})
}

func TestATopicThatWasReadAtOnceIsNotCalledNeverRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, nil)
		c.current(time.Now())
		require.Equal(t, Fresh, c.Freshness())
	})
}

func TestRecordsThatCannotBeReadAreCountedAndTheFirstAreLogged(t *testing.T) {
	c, logs := newClient(t, nil)
	for range maxComplaints + 3 {
		c.visit([]stream.Record{{
			Topic: "accounts", Offset: 7, Key: []byte("secret-account"), Value: []byte("{"),
		}})
	}
	require.Equal(t, int64(maxComplaints+3), c.Stats().Unreadable)
	require.Equal(t, maxComplaints, logs.Len())
	for _, entry := range logs.All() {
		require.NotContains(t, entry.Message, "secret")
		require.NotContains(t, entry.ContextMap()["error"], "secret")
	}
}

func TestAClientIsFollowedByOneGoroutine(t *testing.T) {
	c, _ := newClient(t, func(o *Options) { o.Kafka.Brokers = []string{"127.0.0.1:1"} })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- c.Follow(ctx) }()
	}
	require.ErrorContains(t, <-done, "follows already")
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, c.Follow(ctx), "it may be called again")
}
