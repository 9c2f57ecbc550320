package detectors

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// switchboard draws accounts that are active in an hour of a fortnight (and in each ten minutes of
// its last two days) with the probability that on gives.
func switchboard(
	n int, seed uint64, on func(account int, hour float64) float64,
) []*fingerprint.Profile {
	const hours = 14 * 24
	rng := rand.New(rand.NewPCG(seed, 9))
	end := int64(20_014*baseline.Day) - 1
	out := make([]*fingerprint.Profile, n)
	for i := range out {
		p := &fingerprint.Profile{
			FirstSeen: end - hours*3_600_000, LastSeen: end, Requests: 100, ActiveDays: 14,
		}
		for k := range hours * 6 {
			hour := float64(k) / 6
			if rng.Float64() >= on(i, hour)/4 {
				continue
			}
			ago := hours*6 - 1 - k
			if ago < fingerprint.Slots10m {
				p.Active10m[ago/64] |= 1 << (ago % 64)
			}
			p.ActiveHour[ago/6/64] |= 1 << (ago / 6 % 64)
		}
		out[i] = p
	}
	return out
}

func waking(_ int, hour float64) float64 {
	return 0.5 + 0.45*math.Cos((math.Mod(hour, 24)-15)*math.Pi/12)
}

func TestSynchronyIsSeenAtTheResolutionAtWhichItIs(t *testing.T) {
	even := func(int, float64) float64 { return 0.4 }
	for _, c := range []struct {
		name          string
		members       func(account int, hour float64) float64
		others        func(account int, hour float64) float64
		least, most   float64
		at            baseline.Resolution
		anyResolution bool
	}{
		{
			name: "a waking day is no synchrony", members: waking, others: waking,
			most: 0.2, anyResolution: true,
		},
		{
			name: "nor among people elsewhere", members: waking, others: even,
			most: 0.2, anyResolution: true,
		},
		{
			name: "bursts of ten minutes", others: even, least: 1.5, most: 5,
			at: baseline.TenMinutes,
			members: func(_ int, hour float64) float64 {
				return 0.1 + 1.5*float64(1-min(1, int(hour*6)%5))
			},
		},
		{
			name: "waves of five hours, each account late by up to forty minutes", others: even,
			least: 1, most: 5, at: baseline.Hours,
			members: func(i int, hour float64) float64 {
				return 0.05 + 1.2*float64(int((hour-float64(i%5)*0.15)/5)%2)
			},
		},
		{
			name: "days of work and of rest", others: even, least: 1,
			most: 5, at: baseline.Quarters,
			members: func(i int, hour float64) float64 {
				day := int((hour - float64(i%12)/2) / 24)
				return 0.02 + 0.25*float64([]int{1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0}[day])
			},
		},
		{
			name: "an outage for everybody", most: 0.3, anyResolution: true,
			members: func(_ int, hour float64) float64 {
				return 0.5 * float64(min(1, int(hour)%17))
			},
			others: func(_ int, hour float64) float64 {
				return 0.7 * float64(min(1, int(hour)%17))
			},
		},
		{
			name: "days that everybody takes off", most: 0.3, anyResolution: true,
			members: func(_ int, hour float64) float64 {
				return 0.02 + 0.25*float64(min(1, int(hour/24)%3))
			},
			others: func(_ int, hour float64) float64 {
				return 0.02 + 0.4*float64(min(1, int(hour/24)%3))
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			members := switchboard(60, 1, c.members)
			rhythm := baseline.NewRhythm(members[0].LastSeen)
			for _, p := range switchboard(400, 2, c.others) {
				rhythm.Add(p)
			}
			g := &Group{Size: 60}
			for _, p := range members {
				g.Members = append(g.Members, Member{Profile: p, Weight: 1})
			}
			m, ok := synchrony().Measure(g, &Context{Rhythm: rhythm})
			require.True(t, ok)
			require.GreaterOrEqual(t, m.Bits, c.least)
			require.LessOrEqual(t, m.Bits, c.most, "ratio %v at %v", m.Observed, m.Value)
			if !c.anyResolution {
				require.Equal(t, c.at, baseline.Resolution(m.Value-1), "ratio %v", m.Observed)
			}
		})
	}
}

func TestSynchronyNeedsSomeTimeAndSomeMembers(t *testing.T) {
	members := switchboard(60, 1, func(_ int, hour float64) float64 {
		return float64(int(hour) % 2)
	})
	rhythm := baseline.NewRhythm(members[0].LastSeen)
	measure := func(members []*fingerprint.Profile) bool {
		g := &Group{Size: float64(len(members))}
		for _, p := range members {
			g.Members = append(g.Members, Member{Profile: p, Weight: 1})
		}
		_, ok := synchrony().Measure(g, &Context{Rhythm: rhythm})
		return ok
	}
	require.True(t, measure(members))
	require.False(t, measure(members[:7]))
	for _, p := range members {
		p.FirstSeen = p.LastSeen - 11*3_600_000
	}
	require.False(t, measure(members), "a shared beginning is no rhythm")
}
