package campaign

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// marks are what is known of accounts, by slot, while suspects are listed.
type marks struct {
	planes  []uint8
	carried []float32
	shared  []uint8
	touched []int32
}

// reset makes room for n accounts and forgets all marks.
func (m *marks) reset(n int) {
	if len(m.planes) < n {
		*m = marks{planes: make([]uint8, n), carried: make([]float32, n), shared: make([]uint8, n), touched: m.touched[:0]}
		return
	}
	for _, i := range m.touched {
		m.planes[i], m.carried[i], m.shared[i] = 0, 0, 0
	}
	m.touched = m.touched[:0]
}

func (m *marks) touch(i int32) {
	if m.planes[i] == 0 && m.shared[i] == 0 {
		m.touched = append(m.touched, i)
	}
}

// mark notes that the accounts agree on a plane.
func (m *marks) mark(members []int32, plane int) {
	for _, i := range members {
		m.touch(i)
		m.planes[i] |= 1 << plane
	}
}

// sameMark marks accounts whose text may speak alone, as if it were a second plane.
const sameMark = 1 << 7

// telling is the evidence in bits from which a plane agrees; see likelihood.fits.
const telling = 1

// suspects lists, by slot, the accounts that may fit the model: those that show one of its telling values on two planes, or carry half of its text. Nobody else
// can, and the postings know who they are, so that looking for members costs what is alike and not what lives. inside are the accounts that the model was learnt from.
func (p *population) suspects(m *Model, c *detectors.Context, inside []int32) []int32 {
	w := &p.marks
	w.reset(len(p.accounts))
	for i := range m.Traits {
		p.markTrait(&m.Traits[i], c)
	}
	if m.HandOvers >= leastHandOvers {
		for _, i := range inside {
			w.mark(p.accounts[i].handed, detectors.Identity.Index())
		}
	}
	p.markWork(m)
	var out []int32
	for _, i := range w.touched {
		if planes := w.planes[i]; planes&(planes-1) != 0 {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// traitKey names the posting of the accounts that show a value of one of the model's traits; those of payments and devices list more than the commonest value of each.
func traitKey(t census.Trait, value uint64) key {
	switch t {
	case census.Trait(fingerprint.Payment):
		return makeKey(byPayment, value)
	case census.Trait(fingerprint.Issuer):
		return makeKey(byIssuer, value)
	case census.SignupDay:
		// A key has no room for the lowest bits of a number.
		return makeKey(byDay, mix(value, 0))
	case census.Trait(fingerprint.Device):
		return makeKey(byDevice, value)
	case census.Trait(fingerprint.Stack):
		return makeKey(byStack, value)
	case census.Trait(fingerprint.Params):
		return makeKey(byParams, value)
	default:
		return makeKey(byNetwork, value)
	}
}

// markTrait marks the accounts that show a telling value of the trait. A plane's bits are a mean, so one of its traits tells whenever the plane does.
func (p *population) markTrait(t *TraitModel, c *detectors.Context) {
	plane := t.Plane.Index()
	try := func(v uint64) {
		if share, base := t.odds(v, c.Census); weight(share, base) >= telling {
			p.marks.mark(p.members(traitKey(t.Trait, v)), plane)
		}
	}
	for i := range t.Values {
		v := t.Values[i].Value
		try(v)
		if t.Trait == census.SignupDay {
			try(v - 1)
			try(v + 1)
		}
	}
	// Where the others report the trait and many members do not, its absence tells too. No posting lists that.
	if base := 1 - c.Census.Known(t.Trait); t.Known > 0 && base > 0 && weight(1-t.Known, base) >= telling {
		for i, a := range p.accounts {
			if a != nil && census.Value(&a.profile, t.Trait) == 0 {
				p.marks.mark([]int32{int32(i)}, plane)
			}
		}
	}
}

// weight is what it says of an account that it shows what share of the members and base of the others show, in bits.
func weight(share, base float64) float64 {
	return math.Max(-4, math.Min(maxFit, math.Log2(((1-background)*share+background*base)/base)))
}

// markWork marks the accounts that carry a tenth of the shared text, or write in the shared layout.
func (p *population) markWork(m *Model) {
	w, work := &p.marks, detectors.Work.Index()
	total := float32(0)
	for _, s := range m.Shingles {
		total += float32(s.Rarity)
	}
	if len(m.Shingles) >= 2 {
		for _, s := range m.Shingles {
			for _, i := range p.members(makeKey(byShingle, s.Hash)) {
				w.touch(i)
				w.carried[i] += float32(s.Rarity)
				w.shared[i]++
			}
		}
		// A little less than in Model.work: sums in another order.
		const slack = 0.99
		for _, i := range w.touched {
			if w.shared[i] < 2 {
				continue
			}
			if w.carried[i] >= 0.1*slack*total {
				w.planes[i] |= 1 << work
			}
			if w.carried[i] >= 0.5*slack*total {
				w.planes[i] |= sameMark
			}
		}
	}
	if m.Skeleton != 0 {
		members := p.members(makeKey(bySkeleton, m.Skeleton))
		w.mark(members, work)
		if m.SkeletonShare >= nearlyAll && m.SkeletonRarity >= maxFit {
			for _, i := range members {
				w.planes[i] |= sameMark
			}
		}
	}
}

// showing lists, by slot, the accounts that show every value; there is at least one.
func (p *population) showing(all conjunction) (out []int32) {
	var fewest []int32
	for n, x := range all {
		if members := p.members(traitKey(x.trait, x.value)); n == 0 || len(members) < len(fewest) {
			fewest = members
		}
	}
	for _, i := range fewest {
		if all.shown(&p.accounts[i].profile) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}
