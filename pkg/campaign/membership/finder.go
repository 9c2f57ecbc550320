package membership

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

// Finder lists the accounts that may be members of a group. It keeps its scratch memory between
// calls.
type Finder struct {
	// families are the signal families on which an account agrees, by slot, a bit each; carried and
	// shared are the rarity and the number of the shared shingles that it carries.
	families []uint16
	carried  []float32
	shared   []uint8
	// marked are the slots with anything in these.
	marked []int32
}

// speaksAlone marks accounts whose text may speak alone, as if it were a second signal family.
const speaksAlone = 1 << detectors.NumFamilies

// Candidates lists, by slot, the accounts that may fit the model: those that agree on two signal
// families, or carry half of its text. Nobody else can, and the postings know who they are, so that
// looking for members costs what is alike and not what lives. inside are the accounts that the
// model was learnt from.
func (f *Finder) Candidates(
	m *Model, x *index.Index, others *baseline.Baseline, inside []int32,
) (out []int32) {
	f.reset(len(x.Slots))
	for i := range m.Attributes {
		f.markAttribute(&m.Attributes[i], x, others)
	}
	if m.HandOvers >= leastHandOvers {
		for _, i := range inside {
			f.mark(x.Slots[i].Linked, detectors.Identity)
		}
	}
	f.markText(m, x)
	f.markLayout(m, x)
	if m.Takeover.Share > 0 {
		// No posting lists who is used from elsewhere: anybody who agrees on something may be.
		for _, i := range f.marked {
			if f.families[i] != 0 {
				f.families[i] |= uint16(detectors.SetOf(detectors.Takeover))
			}
		}
	}
	for _, i := range f.marked {
		if families := f.families[i]; families&(families-1) != 0 {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// reset makes room for n accounts and forgets all marks.
func (f *Finder) reset(n int) {
	if len(f.families) < n {
		*f = Finder{
			families: make([]uint16, n), carried: make([]float32, n), shared: make([]uint8, n),
			marked: f.marked[:0],
		}
		return
	}
	for _, i := range f.marked {
		f.families[i], f.carried[i], f.shared[i] = 0, 0, 0
	}
	f.marked = f.marked[:0]
}

// touch notes that something is known of an account.
func (f *Finder) touch(i int32) {
	if f.families[i] == 0 && f.shared[i] == 0 {
		f.marked = append(f.marked, i)
	}
}

// mark notes that the accounts agree on a signal family.
func (f *Finder) mark(members []int32, family detectors.Family) {
	bit := uint16(detectors.SetOf(family))
	for _, i := range members {
		f.touch(i)
		f.families[i] |= bit
	}
}

// markAttribute marks the accounts that show a value of the attribute which makes its signal family
// agree. A signal family's bits are a mean, so one of its attributes agrees whenever the signal
// family does.
func (f *Finder) markAttribute(a *Attribute, x *index.Index, others *baseline.Baseline) {
	try := func(v uint64) {
		if share, base := a.shares(v, others); likelihoodRatio(share, base) >= agreeingBits {
			f.mark(x.Postings.Members(index.ValueKey(a.Attribute, v)), a.Family)
		}
	}
	for i := range a.Values {
		v := a.Values[i].Value
		try(v)
		if a.Attribute == attribute.SignupDay {
			try(v - 1)
			try(v + 1)
		}
	}
	// Where the others report the attribute and many members do not, its absence agrees too. No
	// posting lists that.
	base := 1 - others.Known(a.Attribute)
	if a.Known == 0 || base <= 0 || likelihoodRatio(1-a.Known, base) < agreeingBits {
		return
	}
	for i, account := range x.Slots {
		if account != nil && account.Profile.Value(a.Attribute) == 0 {
			f.mark([]int32{int32(i)}, a.Family)
		}
	}
}

// markText marks the accounts that carry the shared text; see texts.fit.
func (f *Finder) markText(m *Model, x *index.Index) {
	t := m.texts()
	if t.least == 0 {
		return
	}
	for _, s := range m.Shingles {
		for _, list := range x.Postings.Carriers(s.Hash) {
			for _, i := range list {
				f.touch(i)
				f.shared[i] = min(f.shared[i]+1, carriedShingles)
				f.carried[i] += float32(s.Rarity)
			}
		}
	}
	f.markCarriers(t, f.marked, float32(t.total))
	// The same for each text.
	for text, total := range t.of {
		if total == 0 || total == t.total {
			continue
		}
		for _, i := range f.marked {
			f.carried[i] = 0
		}
		for _, s := range m.Shingles {
			if int(s.Text) != text {
				continue
			}
			for _, list := range x.Postings.Carriers(s.Hash) {
				for _, i := range list {
					f.carried[i] += float32(s.Rarity)
				}
			}
		}
		f.markCarriers(t, f.marked, float32(total))
	}
}

// markCarriers marks the accounts that carry enough of a text whose rarities sum up to total.
func (f *Finder) markCarriers(t *texts, slots []int32, total float32) {
	// A little less than texts.fit asks for: sums in another order.
	const slack = 0.99
	for _, i := range slots {
		if int(f.shared[i]) < t.least {
			continue
		}
		if f.carried[i] >= carriedText*slack*total {
			f.families[i] |= uint16(detectors.SetOf(detectors.Work))
		}
		if f.carried[i] >= sameText*slack*total {
			f.families[i] |= speaksAlone
		}
	}
}

// markLayout marks the accounts that write in the shared layout; see Model.fitLayout.
func (f *Finder) markLayout(m *Model, x *index.Index) {
	if m.Layout == 0 {
		return
	}
	members := x.Postings.Members(index.MakeKey(index.ByLayout, m.Layout))
	f.mark(members, detectors.Work)
	if m.layoutSpeaksAlone() {
		for _, i := range members {
			f.families[i] |= speaksAlone
		}
	}
}

// Showing lists, by slot, the accounts that show every value; there is at least one value.
func (c Conjunction) Showing(x *index.Index) (out []int32) {
	var fewest []int32
	for n, s := range c {
		members := x.Postings.Members(index.ValueKey(s.Attribute, s.Value))
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
