package measure

import (
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

const (
	// usesProgram is the share of the members from which what they share is the group's program.
	usesProgram = 0.5
	// mostControls bounds the users of the same program that a group is compared with: a mean rank
	// among 512 is off by 0.03 at most (see baseline.LeastControls).
	mostControls = 512
	// textShingles is how many of a group's commonest shingles are looked up, carriedPart one in
	// how many of them an account carries that uses the text: as in detectors.CommonWork.Carriers.
	textShingles, carriedPart = 12, 3
)

// otherUsers lists accounts outside the group that use its program, where there are enough to be
// compared with: those that carry its text, those in its prompt layout, and those with its client
// and parameters.
func (p *Population) otherUsers(g *detectors.Group, inside map[int32]bool) (out [][]int32) {
	add := func(list []int32) {
		if list = p.outside(list, inside); len(list) >= baseline.LeastControls {
			out = append(out, list)
		}
	}
	if g.Work.Carriers >= usesProgram*g.Size {
		add(p.carriers(&g.Work, len(inside)))
	}
	if g.Work.LayoutShare >= usesProgram {
		add(p.Postings.Members(index.MakeKey(index.ByLayout, g.Work.Layout)))
	}
	if k, share := commonestClient(g); share >= usesProgram {
		add(p.Postings.Members(k))
	}
	return out
}

// carriers lists the accounts that carry a third of the group's commonest shingles.
func (p *Population) carriers(w *detectors.CommonWork, members int) (out []int32) {
	shingles := w.Shingles[:min(len(w.Shingles), textShingles)]
	carried := map[int32]int{}
	for _, s := range shingles {
		// Beyond that many, the first in sampling order are as good.
		list := p.Postings.Members(index.MakeKey(index.ByShingle, s.Hash))
		for _, i := range list[:min(len(list), members+mostControls)] {
			carried[i]++
		}
	}
	for i, n := range carried {
		if n*carriedPart >= len(shingles) {
			out = append(out, i)
		}
	}
	p.Sort(out)
	return out
}

// commonestClient is the posting of the client and parameters that most members use, with their
// share of the group.
func commonestClient(g *detectors.Group) (most index.Key, share float64) {
	weights := map[index.Key]float64{}
	for i := range g.Members {
		m := &g.Members[i]
		if stack := m.Profile.Value(attribute.Stack); stack != 0 {
			k := index.ClientKey(stack, m.Profile.Value(attribute.Params))
			weights[k] += m.Weight
		}
	}
	for k, w := range weights {
		if w > share || w == share && k < most {
			most, share = k, w
		}
	}
	return most, share / g.Size
}

// outside lists those of some accounts that are in neither the group nor an open campaign, one for
// each entity, and as many as one compares with at most.
func (p *Population) outside(list []int32, inside map[int32]bool) (out []int32) {
	seen := map[uint64]bool{}
	for _, i := range list {
		a := p.Slots[i]
		if inside[i] || p.state[i].inCampaign || seen[a.Entity] {
			continue
		}
		seen[a.Entity] = true
		if out = append(out, i); len(out) == mostControls {
			break
		}
	}
	return out
}
