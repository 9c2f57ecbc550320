package baseline

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func TestTheFirstAndTheLastHourSayNothing(t *testing.T) {
	for name, c := range map[string]struct {
		hours []int
		want  Busy
	}{
		"no hour":             {nil, Busy{}},
		"one burst":           {[]int{0}, Busy{}},
		"two hours":           {[]int{0, 1}, Busy{}},
		"a day between":       {[]int{0, 24}, Busy{Hours: 23}},
		"busy once between":   {[]int{0, 4, 24}, Busy{Active: 1, Hours: 23}},
		"busy all the time":   {[]int{0, 1, 2, 3}, Busy{Active: 2, Hours: 2}},
		"over words of hours": {[]int{0, 63, 64, 200}, Busy{Active: 2, Hours: 199}},
	} {
		require.Equal(t, c.want, BusyHours(active(c.hours...)), name)
	}
}

func TestEvenlyBusyAccountsAreToldFromPeople(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	draw := func(n, hours int, share func() float64) (list []Busy) {
		for range n {
			b, p := Busy{Hours: float64(hours)}, share()
			for range hours {
				if rng.Float64() < p {
					b.Active++
				}
			}
			list = append(list, b)
		}
		return list
	}
	people := func() float64 { return rng.Float64() * rng.Float64() }
	even := func() float64 { return 0.25 }
	c := &Baseline{dispersion: likeliest(draw(500, 40, people))}
	require.InDelta(t, 0.2, c.dispersion, 0.1)
	require.Greater(t, c.Evenness(draw(30, 40, even), nil), 10.0)
	require.Less(t, c.Evenness(draw(30, 40, people), nil), -10.0)
	require.InDelta(t, 0, c.Evenness(draw(30, 1, even), nil), 0.01, "one hour each says nothing")
	require.Zero(t, c.Evenness(draw(30, 1, func() float64 { return 0 }), nil))
}

func TestWhoStopsIsComparedWithAccountsAsBusy(t *testing.T) {
	var l Lives
	for i := range 200 {
		p := fingerprint.Profile{FirstSeen: 1, LastSeen: 30, Requests: 3}
		if i%2 == 0 {
			p.Requests, p.LastSeen = 100, 90
		}
		l.Add(&p)
	}
	s := l.Stopped(20, 10, 50)
	slow, ok := s.Share(&fingerprint.Profile{Requests: 2})
	require.True(t, ok)
	require.InDelta(t, 1, slow, 0)
	busy, _ := s.Share(&fingerprint.Profile{Requests: 70})
	require.Zero(t, busy)
	other, _ := s.Share(&fingerprint.Profile{Requests: 5000})
	require.InDelta(t, 0.5, other, 0, "of accounts as busy there are none")
	_, ok = l.Stopped(20, 60, 95).Share(&fingerprint.Profile{})
	require.True(t, ok)
	_, ok = l[:50].Stopped(20, 10, 50).Share(&fingerprint.Profile{})
	require.False(t, ok)
}

func TestAFewAccountsHaveNoDispersion(t *testing.T) {
	_, ok := Take(population(10, 4, 3), 10, DefaultOptions()).BusyDispersion()
	require.False(t, ok)
}
