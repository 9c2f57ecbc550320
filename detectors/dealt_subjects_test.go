package detectors

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

func TestAnAccountWithSubjectsOfItsOwnIsNoWorkerOfAGroup(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 26))
	var none [sketch.SubjectSize]float64
	account := func(n int, subject [sketch.SubjectSize]float64, own float64) *fingerprint.Profile {
		p := people(1, rng.Uint64())[0]
		var h fingerprint.Habits
		asks(rng, &h.Parts[fingerprint.Other], n, subject, own, 10)
		p.Habits = h.Pack(nil)
		return p
	}
	group := func(own float64) *Group {
		members := make([]*fingerprint.Profile, 32)
		for i := range members {
			members[i] = account(24, unit(rng), own)
			for k := range fingerprint.MaxItems {
				members[i].Items = append(members[i].Items, hashed(i*100+k))
			}
			slices.Sort(members[i].Items)
		}
		return among(members).group()
	}
	c := among(nil).ctx
	text := func(uint64) uint8 { return 0 }

	_, ok := group(0.3).Dealt(c)
	require.False(t, ok, "people deal nothing out")
	d, ok := group(0).Dealt(c)
	require.True(t, ok)
	require.Len(t, d.Blocks, 1)

	workers, persons := 0.0, 0.0
	const each = 40
	for range each {
		bits, ok := d.Fit(c, account(24, none, 0), text)
		require.True(t, ok)
		workers += bits / each
		bits, ok = d.Fit(c, account(24, unit(rng), 0.3), text)
		require.True(t, ok)
		persons += bits / each
	}
	require.Greater(t, workers, 0.5)
	require.Less(t, persons, -1.5)
	_, ok = d.Fit(c, account(1, none, 0), text)
	require.False(t, ok, "one request has one half")
	d.Blocks[0].Template = 7
	_, ok = d.Fit(c, account(24, none, 0), text)
	require.False(t, ok, "it sends nothing by the group's template")
}
