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

// sameProgram lists accounts outside the group that use its program, nil when there are too few of
// them: those that carry its text, else its prompt layout, else its client and parameters.
func (p *Population) sameProgram(g *detectors.Group, inside map[int32]bool) *baseline.Controls {
	if g.Work.Carriers >= usesProgram*g.Size {
		if c := p.controls(p.carriers(&g.Work, len(inside)), inside); c != nil {
			return c
		}
	}
	if g.Work.LayoutShare >= usesProgram {
		k := index.MakeKey(index.ByLayout, g.Work.Layout)
		if c := p.controls(p.Postings.Members(k), inside); c != nil {
			return c
		}
	}
	if k, share := commonestClient(g); share >= usesProgram {
		return p.controls(p.Postings.Members(k), inside)
	}
	return nil
}

// carriers lists the accounts that carry a third of the group's commonest shingles.
func (p *Population) carriers(w *detectors.CommonWork, members int) (out []int32) {
	shingles := w.Shingles[:min(len(w.Shingles), textShingles)]
	carried := map[int32]int{}
	for _, s := range shingles {
		for _, list := range p.Postings.Carriers(s.Hash) {
			// Beyond that many, the first in sampling order are as good.
			for _, i := range list[:min(len(list), members+mostControls)] {
				carried[i]++
			}
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

// controls are the accounts of a list that are in neither the group nor an open campaign, one for
// each entity; nil when there are too few.
func (p *Population) controls(list []int32, inside map[int32]bool) *baseline.Controls {
	var vectors []*baseline.Vector
	seen := map[uint64]bool{}
	for _, i := range list {
		a := p.Slots[i]
		if inside[i] || p.state[i].inCampaign || seen[a.Entity] {
			continue
		}
		seen[a.Entity] = true
		if vectors = append(vectors, &a.Vector); len(vectors) == mostControls {
			break
		}
	}
	if len(vectors) < baseline.LeastControls {
		return nil
	}
	return baseline.NewControls(vectors)
}
