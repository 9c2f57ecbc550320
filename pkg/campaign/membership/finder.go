package membership

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/census"
)

// Finder lists the accounts that may be members of a group. It keeps its scratch memory between
// calls.
type Finder struct {
	// planes are the planes on which an account agrees, by slot, a bit each; carried and shared are
	// the rarity and the number of the shared shingles that it carries.
	planes  []uint8
	carried []float32
	shared  []uint8
	// marked are the slots with anything in these.
	marked []int32
}

// speaksAlone marks accounts whose text may speak alone, as if it were a second plane.
const speaksAlone = 1 << 7

// Candidates lists, by slot, the accounts that may fit the model: those that agree on two planes,
// or carry half of its text. Nobody else can, and the postings know who they are, so that looking
// for members costs what is alike and not what lives. inside are the accounts that the model was
// learnt from.
func (f *Finder) Candidates(
	m *Model, x *index.Index, baseline *census.Census, inside []int32,
) (out []int32) {
	f.reset(len(x.Slots))
	for i := range m.Traits {
		f.markTrait(&m.Traits[i], x, baseline)
	}
	if m.HandOvers >= leastHandOvers {
		for _, i := range inside {
			f.mark(x.Slots[i].Linked, detectors.Identity)
		}
	}
	f.markText(m, x)
	f.markLayout(m, x)
	for _, i := range f.marked {
		if planes := f.planes[i]; planes&(planes-1) != 0 {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// reset makes room for n accounts and forgets all marks.
func (f *Finder) reset(n int) {
	if len(f.planes) < n {
		*f = Finder{
			planes: make([]uint8, n), carried: make([]float32, n), shared: make([]uint8, n),
			marked: f.marked[:0],
		}
		return
	}
	for _, i := range f.marked {
		f.planes[i], f.carried[i], f.shared[i] = 0, 0, 0
	}
	f.marked = f.marked[:0]
}

// touch notes that something is known of an account.
func (f *Finder) touch(i int32) {
	if f.planes[i] == 0 && f.shared[i] == 0 {
		f.marked = append(f.marked, i)
	}
}

// mark notes that the accounts agree on a plane.
func (f *Finder) mark(members []int32, plane detectors.Plane) {
	bit := uint8(detectors.SetOf(plane))
	for _, i := range members {
		f.touch(i)
		f.planes[i] |= bit
	}
}

// markTrait marks the accounts that show a value of the trait which makes its plane agree. A
// plane's bits are a mean, so one of its traits agrees whenever the plane does.
func (f *Finder) markTrait(t *Trait, x *index.Index, baseline *census.Census) {
	try := func(v uint64) {
		if share, base := t.shares(v, baseline); likelihoodRatio(share, base) >= agreeingBits {
			f.mark(x.Postings.Members(index.TraitKey(t.Trait, v)), t.Plane)
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
	// Where the others report the trait and many members do not, its absence agrees too. No posting
	// lists that.
	base := 1 - baseline.Known(t.Trait)
	if t.Known == 0 || base <= 0 || likelihoodRatio(1-t.Known, base) < agreeingBits {
		return
	}
	for i, a := range x.Slots {
		if a != nil && census.Value(&a.Profile, t.Trait) == 0 {
			f.mark([]int32{int32(i)}, t.Plane)
		}
	}
}

// markText marks the accounts that carry the shared text; see Model.fitText.
func (f *Finder) markText(m *Model, x *index.Index) {
	if len(m.Shingles) < carriedShingles {
		return
	}
	total := float32(0)
	for _, s := range m.Shingles {
		total += float32(s.Rarity)
		for _, i := range x.Postings.Members(index.MakeKey(index.ByShingle, s.Hash)) {
			f.touch(i)
			f.carried[i] += float32(s.Rarity)
			f.shared[i]++
		}
	}
	// A little less than fitText asks for: sums in another order.
	const slack = 0.99
	for _, i := range f.marked {
		if f.shared[i] < carriedShingles {
			continue
		}
		if f.carried[i] >= carriedText*slack*total {
			f.planes[i] |= uint8(detectors.SetOf(detectors.Work))
		}
		if f.carried[i] >= sameText*slack*total {
			f.planes[i] |= speaksAlone
		}
	}
}

// markLayout marks the accounts that write in the shared layout; see Model.fitLayout.
func (f *Finder) markLayout(m *Model, x *index.Index) {
	if m.Skeleton == 0 {
		return
	}
	members := x.Postings.Members(index.MakeKey(index.BySkeleton, m.Skeleton))
	f.mark(members, detectors.Work)
	if m.layoutSpeaksAlone() {
		for _, i := range members {
			f.planes[i] |= speaksAlone
		}
	}
}

// Showing lists, by slot, the accounts that show every value; there is at least one value.
func (c Conjunction) Showing(x *index.Index) (out []int32) {
	var fewest []int32
	for n, s := range c {
		members := x.Postings.Members(index.TraitKey(s.Trait, s.Value))
		if n == 0 || len(members) < len(fewest) {
			fewest = members
		}
	}
	for _, i := range fewest {
		if c.ShownBy(&x.Slots[i].Profile) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}
