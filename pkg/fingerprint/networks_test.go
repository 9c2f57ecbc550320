package fingerprint

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// from is a templated request at a time, from a network and an autonomous system.
func from(network, system uint64, n uint64, at int64) *Observation {
	o := templated(1, 7, n, at)
	o.Values[attribute.Network], o.Values[attribute.ASN] = network, system
	return o
}

func TestNetworksAreKnownByDay(t *testing.T) {
	f, _ := newTest(t)
	start := (origin/Day + 1) * Day
	for n, o := range []*Observation{
		from(1, 19, 1, start), from(2, 0, 2, start+Day), from(0, 0, 3, start+Day+1),
		from(5, 20, 4, start+3*Day), from(6, 21, 5, start+3*Day-1),
	} {
		require.Equal(t, OutcomeCounted, f.Observe(o), n)
	}
	p := profileOf(f)
	// The autonomous system counts, else the range of addresses; late ones are of their own day.
	require.Equal(t, NetworkDays{1 << 4, 1 << 5, 1 << 2, 1 << 3}, p.Networks)
	hour := func(at int64) uint32 { return uint32(at / 3_600_000) }
	for at, want := range map[int64]uint16{
		start: 0, start + Day - 1: 0, start + Day: 1 << 3, start + 2*Day: 1<<2 | 1<<3,
		start + 9*Day: 1<<2 | 1<<3 | 1<<4 | 1<<5,
	} {
		require.Equal(t, want, p.Networks.Before(hour(at), p.LastSeen), "before %d", at)
	}
	f.Observe(from(1, 16, 9, start+(3+MaxNetworkDays)*Day))
	require.Equal(t, NetworkDays{1}, profileOf(f).Networks, "a week later they are forgotten")
}

func TestWorkIsKnownByItsNetworksAndItsBeginning(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(20) {
		f.Observe(from(1, 16+n%2, n, origin+int64(n)*1000))
	}
	h := unpacked(t, f)
	// A text becomes a template with its second sighting.
	require.Equal(t, Networks{9, 9}, h.Parts[0].Networks)
	require.EqualValues(t, origin/3_600_000, h.Templates[0].Since)
	require.InDelta(t, h.Parts[0].All().Count, h.Parts[0].Networks.Count(), 1e-9)
	pooled := h.Pooled()
	require.InDelta(t, 20, pooled.Networks.Count(), 1e-9)
}

func TestMergedNetworksAreThoseOfBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var both, a, b NetworkDays
		var last, lastA, lastB int64
		for range rapid.IntRange(0, 20).Draw(t, "requests") {
			network := rapid.Uint64Range(0, 100).Draw(t, "network")
			day := rapid.Int64Range(1, 12).Draw(t, "day")
			both.mark(network, day, last)
			last = max(last, day)
			if rapid.Bool().Draw(t, "in a") {
				a.mark(network, day, lastA)
				lastA = max(lastA, day)
			} else {
				b.mark(network, day, lastB)
				lastB = max(lastB, day)
			}
		}
		a.merge(&b, lastA, lastB)
		// What came late, more than a week after the newest, may be known to one of two only.
		for i, x := range both {
			require.Equal(t, a[i], a[i]|x)
		}
		read := newReader(a.appendBinary(nil))
		require.Equal(t, a, read.networkDays())
		require.NoError(t, read.end())
	})
	for name, spoilt := range map[string][]byte{
		"too many days": {9}, "an unknown network": {1, 128, 128, 4}, "cut short": {2, 1},
	} {
		r := newReader(spoilt)
		r.networkDays()
		require.Error(t, r.end(), name)
	}
}
