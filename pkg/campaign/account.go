package campaign

import (
	"math"

	"github.com/stillwatch/stillwatch/detectors"
)

// alone measures an account by itself: its harvest, as a group of one. Its many requests take the place of many members, so that its ranks are believed nearly whole.
func (s *search) alone(slot int32) score {
	g := s.pop.group([]int32{slot}, nil, s.ctx, 0)
	g.Doubt = accountDoubt
	sc := evaluate(g, s.ctx, s.registry, 1, false)
	sc.coordination, sc.operator = 0, 0
	return sc
}

// accountDoubt is how many random accounts an account judged alone is diluted with: at half a one, a place at the very top is worth 2.4 bits.
const accountDoubt = 0.5

// accounts looks for single accounts whose harvest is overwhelming.
func (s *search) accounts() {
	for n, a := range s.pop.accounts {
		if a == nil || s.taken[int32(n)] || a.profile.Requests < 300 {
			continue
		}
		sc := s.alone(int32(n))
		s.report("account", []int32{int32(n)}, &sc, false)
	}
	_ = math.Inf
	_ = detectors.Harvest
}
