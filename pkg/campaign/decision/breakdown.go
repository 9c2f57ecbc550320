package decision

import (
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
)

// Breakdown takes an assessment apart: what each detector counts for, what each honest reading
// leaves, and what the assessment would be if something were otherwise. Nothing is measured again;
// the bits are added up anew by the same rules.
type Breakdown struct {
	assessor *Assessor
	group    *detectors.Group
	whole    *Assessment
	penalty  float64
}

// Break takes the assessment of a group apart; searched is what it was assessed with.
func (x *Assessor) Break(a *Assessment, g *detectors.Group, searched int) *Breakdown {
	return &Breakdown{
		assessor: x, group: g, whole: a, penalty: searchPenalty(searched, g.Size),
	}
}

// Without is the assessment had the detectors said nothing that out tells of, by their place in the
// registry.
func (b *Breakdown) Without(out func(detector int) bool) Assessment {
	a := Assessment{
		Measures: slices.Clone(b.whole.Measures), Measured: slices.Clone(b.whole.Measured),
	}
	for i := range a.Measured {
		if out(i) {
			a.Measures[i], a.Measured[i] = detectors.Measure{}, false
		}
	}
	b.assessor.collect(&a).sum(&a, b.group, b.penalty)
	a.Customer = b.whole.Customer
	return a
}

// SameItems is the assessment if the members sent the same items, so that they may be people who
// replay a public set; ok is false where they do so already.
func (b *Breakdown) SameItems() (a Assessment, ok bool) {
	e := b.assessor.collect(b.whole)
	if e.sameItems {
		return *b.whole, false
	}
	e.sameItems = true
	a = Assessment{Measures: b.whole.Measures, Measured: b.whole.Measured}
	e.sum(&a, b.group, b.penalty)
	a.Customer = b.whole.Customer
	return a, true
}

// Reading is what an honest reading makes of a group.
type Reading struct {
	Hypothesis *Hypothesis
	// Price is what it costs to assume it, Leaves the coordination that is left when it is; bits.
	Price, Leaves float64
	// Applies says that the group may be what it says.
	Applies bool
	// Explains are the detectors whose evidence it explains, by their place in the registry.
	Explains []int
}

// Readings lists what each honest reading makes of the group, in the order of Hypotheses.
func (b *Breakdown) Readings() (out []Reading) {
	e := b.assessor.collect(b.whole)
	against := 0.0
	for i := range e.mitigating {
		against += e.mitigating[i].bits()
	}
	for i := range Hypotheses {
		h := &Hypotheses[i]
		families := e.left(h.Causes, b.group)
		r := Reading{Hypothesis: h, Price: h.price(), Applies: h.applies(e.sameItems)}
		r.Leaves = against + sum(&families, b.penalty) + r.Price
		for d, ok := range b.whole.Measured {
			if spec := &b.assessor.Registry[d].Spec; ok && spec.Axis == detectors.Coordination &&
				b.whole.Measures[d].Bits > 0 && spec.Explained&h.Causes != 0 {
				r.Explains = append(r.Explains, d)
			}
		}
		out = append(out, r)
	}
	return out
}

// Part is what the bits of one detector count for.
type Part struct {
	// Detector is its place in the registry. Bits is what it gives, Counted what of it is in the
	// total of its axis: the parts of the coordination axis and the price of the reading add up to
	// it, where there is no search penalty.
	Detector      int
	Bits, Counted float64
	// Explained says that the nearest honest reading explains it, so that it counts nothing.
	Explained bool
	// Behind is the detector that counts whole in its place, because both rest on one fact; -1
	// when this one does.
	Behind int
	// Program says that a quarter counts, because the text and the client are one program and the
	// other of the two says more; Selected that half does, because the group was selected by it.
	Program, Selected bool
}

// Parts lists what each detector that said anything counts for.
func (b *Breakdown) Parts() (out []Part) {
	causes := Hypotheses[b.whole.Explanation].Causes
	left := b.assessor.collect(b.whole).left(causes, b.group)
	weaker := detectors.Work
	if left.On(detectors.Work) >= left.On(detectors.Client) {
		weaker = detectors.Client
	}
	first := map[string]int{}
	for i, ok := range b.whole.Measured {
		if !ok {
			continue
		}
		spec, bits := &b.assessor.Registry[i].Spec, b.whole.Measures[i].Bits
		p := Part{Detector: i, Bits: bits, Behind: -1}
		p.Explained = spec.Axis == detectors.Coordination && bits > 0 && spec.Explained&causes != 0
		if !p.Explained {
			key := factOf(spec, bits)
			if at, ok := first[key]; key != "" && (!ok || stronger(bits, out[at].Bits)) {
				first[key] = len(out)
			}
		}
		out = append(out, p)
	}
	for n := range out {
		p := &out[n]
		spec := &b.assessor.Registry[p.Detector].Spec
		if p.Explained {
			continue
		}
		p.Counted = p.Bits
		if at, ok := first[factOf(spec, p.Bits)]; ok && at != n {
			p.Behind = out[at].Detector
			p.Counted *= correlatedShare
		}
		if spec.Axis == detectors.Harvest || p.Bits <= 0 {
			continue
		}
		if b.group.Defining.Has(spec.Family) && spec.Family != detectors.Work {
			p.Selected = true
			p.Counted *= definingDiscount
		}
		if spec.Family == weaker {
			p.Program = true
			p.Counted *= correlatedShare
		}
	}
	return out
}

// factOf names the fact that a detector's bits rest on together with others, of which the strongest
// counts whole; empty for a detector that stands alone.
func factOf(spec *detectors.Spec, bits float64) string {
	side := "+"
	if bits <= 0 {
		side = "-"
	}
	switch {
	case spec.Correlated != "":
		return "harvest" + side + spec.Correlated
	case spec.Axis == detectors.Harvest:
		return ""
	default:
		return "coordination" + side + string(spec.Family)
	}
}

// stronger says that bits say more than others of the same sign.
func stronger(bits, others float64) bool {
	if bits <= 0 {
		return bits < others
	}
	return bits > others
}
