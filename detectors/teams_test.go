package detectors

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// kindsOf makes accounts of which kind(i) is the i-th one's: kinds give a share of a request, and
// an account's own subject another.
func kindsOf(
	rng *rand.Rand, accounts, requests int, kind func(i int) int, share, own float64,
) *pairs {
	p := &pairs{}
	p.reset(groupDims)
	kinds := map[int][sketch.SubjectSize]float64{}
	for i := range accounts {
		of := kind(i)
		if _, ok := kinds[of]; !ok {
			kinds[of] = unit(rng)
		}
		subject := unit(rng)
		sum := func() []float64 {
			m := make([]float64, groupDims)
			for range requests {
				item := unit(rng)
				for d := range m {
					m[d] += math.Sqrt(share)*kinds[of][d] + math.Sqrt(own)*subject[d] +
						math.Sqrt(1-share-own)*item[d]
				}
			}
			return m
		}
		p.add(i, 0, sum(), sum(), float64(requests), float64(requests))
	}
	return p
}

func TestTeamsOfWorkersAreToldFromPeople(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 25))
	one := func(int) int { return 0 }
	for name, c := range map[string]struct {
		kind       func(i int) int
		share, own float64
		least      float64
		most       float64
	}{
		"five personas":               {func(i int) int { return i % 5 }, .2, 0, 1.5, 2},
		"a dozen":                     {func(i int) int { return i % 12 }, .2, 0, 1.5, 2},
		"people":                      {one, 0, .2, -3, -2},
		"people with little":          {one, 0, .1, -3, -2},
		"people of five languages":    {func(i int) int { return i % 5 }, .2, .2, -3, -1},
		"people who are half a dozen": {func(i int) int { return i % 6 }, .1, .1, -3, -1},
	} {
		t.Run(name, func(t *testing.T) {
			p := kindsOf(rng, 60, 12, c.kind, c.share, c.own)
			all, ok := p.compare()
			require.True(t, ok)
			prior := subjectPrior(true)
			require.Less(t, prior.bits(&all), -2.0, "as one group, all are people")
			inside, _, ok := p.inTeams(&all)
			require.True(t, ok)
			bits := prior.bitsInTeams(&all, &inside)
			require.True(t, c.least < bits && bits <= c.most,
				"%.2f bits: %.3f±%.3f in all, %.3f±%.3f inside", bits, all.rho, all.se,
				inside.rho, inside.se)
		})
	}
}

func TestPeopleKeepTheirKinshipInsideTeams(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 25))
	sum, evidence := 0.0, 0.0
	const groups = 200
	prior := subjectPrior(true)
	for range groups {
		own := 0.05 + 0.4*rng.Float64()
		p := dealtGroup(rng, 40+rng.IntN(50), 6+rng.IntN(20), own)
		all, ok := p.compare()
		require.True(t, ok)
		inside, _, ok := p.inTeams(&all)
		require.True(t, ok)
		sum += inside.rho / all.rho
		evidence += math.Exp2(prior.bitsInTeams(&all, &inside))
	}
	require.InDelta(t, 1, sum/groups, .1, "however the first halves chose the teams")
	require.Less(t, evidence/groups, 0.5, "an e-value over groups of people")
}

func TestEveryAccountIsInOneTeam(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 25))
	for range 50 {
		n := 8 + rng.IntN(40)
		p := kindsOf(rng, n, 9, func(i int) int { return i % 4 }, .3, 0)
		_, ok := p.compare()
		require.True(t, ok)
		teams := p.byAccount().parted()
		require.Len(t, teams, max(n/teamRows, 1))
		all := slices.Concat(teams...)
		slices.Sort(all)
		require.Len(t, slices.Compact(all), n, "each account is in one team")
	}
}

func TestSizesAreComparedInTheTeamsOfTheSubjects(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 25))
	const teams = 4
	members := people(60, 1)
	subjects := make([][sketch.SubjectSize]float64, teams)
	for i := range subjects {
		subjects[i] = unit(rng)
	}
	for i, p := range members {
		var h fingerprint.Habits
		part := &h.Parts[fingerprint.Other]
		// The text of one team is longer than that of another.
		asks(rng, part, 60, subjects[i%teams], .3, 9+float64(i%teams))
		p.Habits = h.Pack(nil)
		for k := range fingerprint.MaxItems {
			p.Items = append(p.Items, hashed(i*100+k))
		}
		slices.Sort(p.Items)
	}
	b := among(members)
	require.Greater(t, b.bits(t, "subjects"), 1.5)
	require.Greater(t, b.bits(t, "sizes"), 0.3, "sizes are those of the teams")
}
