package fingerprint

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecordsThatCannotBeReadChangeNoOtherFigure(t *testing.T) {
	r := seeded(3)
	plain, mixed := New(new(DefaultOptions())), New(new(DefaultOptions()))
	at := origin
	for n := range uint64(500) {
		at += millis(20 * time.Minute)
		o := wild(r, n, at)
		require.Equal(t, plain.Observe(o), mixed.Observe(o))
		if n%3 == 0 {
			require.Equal(t, OutcomeCounted, mixed.Observe(unread(at+1)))
		}
	}
	want, got := *profileOf(plain), *profileOf(mixed)
	require.EqualValues(t, 167, got.Unreadable)
	require.Equal(t, got.Requests24h, got.Read24h,
		"the newest record of all is within the same pane")
	require.InDelta(t, 24, got.Unreadable24h, 2, "one an hour")
	got.Unreadable, got.UnreadableAt, got.Unreadable24h, got.Read24h, got.UnreadableSince = 0, 0, 0,
		0, 0
	require.Equal(t, want, got)
}

func TestAnAccountOfWhichNothingCanBeReadExists(t *testing.T) {
	f, opts := newTest(t)
	require.Equal(t, OutcomeCounted, f.Observe(unread(origin)))
	require.Equal(t, origin, f.LastSeen())
	at, ok := f.Due()
	require.True(t, ok)
	require.Equal(t, origin, at, "it is shown at once")
	for n := range int64(9) {
		f.Observe(unread(origin + (n+1)*millis(time.Hour)))
	}
	g := New(opts)
	require.NoError(t, g.UnmarshalBinary(encoded(t, f)))
	p := profileOf(g)
	require.Equal(t, "acct", p.Account)
	require.Zero(t, p.Requests)
	require.EqualValues(t, 10, p.Unreadable)
	require.EqualValues(t, 10, p.Unreadable24h)
	require.Zero(t, p.Read24h)
	require.Equal(t, origin+9*millis(time.Hour), p.UnreadableAt)
	require.Equal(t, origin+millis(5*time.Hour+10*time.Minute), p.UnreadableSince,
		"five came since")

	g.Published()
	_, ok = g.Due()
	require.False(t, ok)
	require.False(t, g.Expired(origin+millis(opts.Horizon)))
	require.True(t, g.Expired(origin+9*millis(time.Hour)+millis(opts.Horizon)+1))
}

func TestWhatCouldNotBeReadIsHeldAgainstTheRequestsOfTheSameDay(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(300) {
		f.Observe(request(1, n, origin+int64(n)*millis(time.Minute)))
	}
	for n := range int64(40) {
		f.Observe(unread(origin + millis(30*time.Hour) + n*millis(time.Minute)))
	}
	p := profileOf(f)
	require.EqualValues(t, 300, p.Requests24h, "up to the newest request, as ever")
	require.EqualValues(t, 40, p.Unreadable24h)
	require.Zero(t, p.Read24h, "the requests were more than a day before")
}

func TestRecordsThatCannotBeReadAreForgottenWithTheHorizon(t *testing.T) {
	f, opts := newTest(t)
	f.Observe(unread(origin))
	f.Observe(request(1, 1, origin+millis(opts.Horizon)))
	require.Zero(t, profileOf(f).Unreadable)
	f.Observe(unread(origin + 2*millis(opts.Horizon) + 2*millis(24*time.Hour)))
	p := profileOf(f)
	require.EqualValues(t, 1, p.Unreadable)
	require.Zero(t, p.Requests,
		"nor are requests of more than a horizon ago remembered beside them")
	require.Equal(t, OutcomeLate, f.Observe(unread(f.LastSeen()-millis(opts.AllowedLateness)-1)))
}

func TestARequestIsNoDuplicateOfARecordThatCouldNotBeRead(t *testing.T) {
	f, _ := newTest(t)
	o := unread(origin)
	o.ID = 77
	require.Equal(t, OutcomeCounted, f.Observe(o))
	read := request(1, 1, origin+1)
	read.ID = 77
	require.Equal(t, OutcomeCounted, f.Observe(read))
}
