package fingerprint

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// habits is what a fingerprint keeps for Habits, in whole numbers: sums do not depend on the order.
type habits struct {
	// templates are sorted by name.
	templates []templateHabits
	other     partHabits
}

// templateHabits are those by one template; the counts of use halve with the habits.
type templateHabits struct {
	use TemplateUse
	partHabits
}

type partHabits struct {
	halves        [NumHalves]subjectSum
	input, output sizeSum
	networks      networkSum
}

const (
	// weightUnit is the weight of a request, so that halving it a few times is exact.
	weightUnit = 16
	// maxWeight bounds the weight of a sum, so that its numbers and those of a merge fit 32 bits.
	maxWeight = weightUnit << 23
	// maxSubjectSum bounds the numbers of a sum of that weight.
	maxSubjectSum = 1<<30 - 1
	// sizeUnit is the fixed point of log2(1 + tokens).
	sizeUnit = 16
	// maxSize is that of maxTokens.
	maxSize = 32 * sizeUnit
	// maxSizes is the largest sum of sizes, maxSquares that of their squares.
	maxSizes, maxSquares = maxSize * maxWeight / weightUnit, maxSize * maxSizes

	numSizes = 2
	// partSums is the number of sums of a part: of subjects, of sizes and of networks.
	partSums = NumHalves + numSizes + 1
)

// subjectSum is a sum of subjects.
type subjectSum struct {
	weight uint32
	sum    [sketch.SubjectSize]int32
}

// sizeSum is a sum of sizes.
type sizeSum struct {
	weights [NumHalves]uint32
	sums    [NumHalves]uint64
	squares uint64
}

// networkSum holds weights by group of networks.
type networkSum [NumNetworks]uint32

// sizes lists the sums of sizes in the order of the encodings.
func (p *partHabits) sizes() [numSizes]*sizeSum { return [...]*sizeSum{&p.input, &p.output} }

func (p *PartHabits) sizes() [numSizes]*Sizes { return [...]*Sizes{&p.Input, &p.Output} }

// part is the i-th part: templates first, then the others.
func (h *habits) part(i int) *partHabits {
	if i < len(h.templates) {
		return &h.templates[i].partHabits
	}
	return &h.other
}

func (h *habits) sort() {
	slices.SortFunc(h.templates, func(x, y templateHabits) int {
		return cmp.Compare(x.use.Name, y.use.Name)
	})
}

func (h *habits) empty() bool { return len(h.templates) == 0 && h.other == partHabits{} }

// useOf is the place of a template among those kept, -1 when it is none of them. When there is no
// place, the newcomer takes that of the least sighted one if it was sighted more, whose requests
// are among the others from then on. The counts of the shingles decide, which were taken whether
// kept or not. So which templates are kept, and how many of their first requests are among the
// others, depends on the order of the requests where there are more than MaxTemplates.
func (f *Fingerprint) useOf(name uint64) int {
	if name == 0 {
		return -1
	}
	if f.habits == nil {
		f.habits = &habits{}
	}
	h := f.habits
	i, ok := slices.BinarySearchFunc(h.templates, name, func(t templateHabits, name uint64) int {
		return cmp.Compare(t.use.Name, name)
	})
	if ok {
		return i
	}
	if len(h.templates) == MaxTemplates {
		least, sighted := 0, f.sighted(h.templates[0].use.Name)
		for k := range h.templates {
			if n := f.sighted(h.templates[k].use.Name); n < sighted {
				least, sighted = k, n
			}
		}
		if f.sighted(name) <= sighted {
			return -1
		}
		h.drop(least)
		if least < i {
			i--
		}
	}
	h.templates = slices.Insert(h.templates, i, templateHabits{use: TemplateUse{Name: name}})
	return i
}

// sighted is how often a shingle was seen for certain.
func (f *Fingerprint) sighted(hash uint64) uint32 {
	for _, t := range [...]table{f.turns, f.system} {
		if i, ok := t.find(hash); ok {
			return t[i].sure()
		}
	}
	return 0
}

// drop puts a template's requests among the others.
func (h *habits) drop(i int) {
	h.other.merge(&h.templates[i].partHabits)
	h.templates = slices.Delete(h.templates, i, i+1)
}

// use counts a request by the template of that name and says which of those kept it is, -1 for
// none.
func (f *Fingerprint) use(o *Observation, name uint64) int {
	i := f.useOf(name)
	if i < 0 {
		return i
	}
	u := &f.habits.templates[i].use
	if u.Since == 0 {
		u.Since = uint32(o.Time / 3_600_000)
	}
	u.Requests = min(u.Requests+1, maxUses)
	if o.Messages >= 0 && o.Messages <= 1 {
		u.SingleTurn = min(u.SingleTurn+1, maxUses)
	}
	if o.OutputTokens > 0 {
		u.Output = min(u.Output+uint64(min(o.OutputTokens, maxTokens)), maxSum)
	}
	for intents := o.Sketch.Intents; intents != 0; intents &= intents - 1 {
		if bit := bits.TrailingZeros16(uint16(intents)); bit < numIntents {
			u.Intents[bit] = min(u.Intents[bit]+1, maxUses)
		}
	}
	return i
}

// maxUses bounds the counts of a template's use, so that those of a merge fit 32 bits.
const maxUses = math.MaxUint32 / 2

// habit counts a request that opens a conversation: one that brings a human turn, and continues no
// conversation that the account was served. template is what use says of it.
func (f *Fingerprint) habit(o *Observation, template int, window int64) {
	sk := &o.Sketch
	if !sk.HasSubject() {
		return
	}
	if sk.Prefix != 0 {
		f.known.rotate(f.last, window, servedMarks)
		if f.known.has(sk.Prefix) {
			return
		}
	}
	if f.habits == nil {
		f.habits = &habits{}
	}
	p := &f.habits.other
	if template >= 0 {
		p = &f.habits.templates[template].partHabits
	}
	half := int(sk.Exact % NumHalves)
	p.halves[half].add(&sk.Subject)
	p.input.add(half, o.InputTokens)
	p.output.add(half, o.answer())
	p.networks.add(o.network())
}

// answer is the size of a whole answer that was given without reasoning, else -1. Where an answer
// is cut off, and how much the model reasons before it, are settings of the client: a pool whose
// accounts have clients of their own must not look like people for it. Taking reasoning off the
// tokens of the answer would not do: then how much of it there is decides what is left.
func (o *Observation) answer() int64 {
	if o.Status > StatusOK || o.Truncated || o.Refused || o.ReasoningTokens > 0 {
		return -1
	}
	return o.OutputTokens
}

func (s *subjectSum) add(subject *[sketch.SubjectSize]int8) {
	if s.weight > maxWeight-weightUnit {
		s.halve()
	}
	s.weight += weightUnit
	for i, n := range subject {
		s.sum[i] += int32(n)
	}
}

// add counts a size in tokens, unless it is unknown.
func (s *sizeSum) add(half int, tokens int64) {
	if tokens < 0 {
		return
	}
	if s.weight() > maxWeight-weightUnit {
		s.halve()
	}
	size := uint64(math.Round(sizeUnit * math.Log2(1+float64(min(tokens, maxTokens)))))
	s.weights[half] += weightUnit
	s.sums[half] += size
	s.squares += size * size
}

// weight is that of both halves.
func (s *sizeSum) weight() uint32 { return s.weights[0] + s.weights[1] }

// add counts a network, unless it is unknown.
func (n *networkSum) add(network uint64) {
	if network == 0 {
		return
	}
	i := network % NumNetworks
	if n[i] > maxWeight-weightUnit {
		n.halve()
	}
	n[i] += weightUnit
}

func (s *subjectSum) halve() {
	if s.weight /= 2; s.weight == 0 {
		*s = subjectSum{}
		return
	}
	for i := range s.sum {
		s.sum[i] /= 2
	}
}

func (s *sizeSum) halve() {
	for i := range s.weights {
		if s.weights[i] /= 2; s.weights[i] == 0 {
			s.sums[i] = 0
		}
		s.sums[i] /= 2
	}
	if s.squares /= 2; s.weight() == 0 {
		s.squares = 0
	}
}

func (n *networkSum) halve() {
	for i := range n {
		n[i] /= 2
	}
}

// halve ages the habits; those of which nothing is left become nil.
func (h *habits) halve() *habits {
	if h == nil {
		return nil
	}
	for i := range len(h.templates) + 1 {
		p := h.part(i)
		for k := range p.halves {
			p.halves[k].halve()
		}
		p.input.halve()
		p.output.halve()
		p.networks.halve()
	}
	for i := len(h.templates) - 1; i >= 0; i-- {
		u := &h.templates[i].use
		u.Requests /= 2
		u.SingleTurn /= 2
		u.Output /= 2
		for k := range u.Intents {
			u.Intents[k] /= 2
		}
		if u.Requests == 0 {
			h.drop(i)
		}
	}
	if h.empty() {
		return nil
	}
	return h
}

// clone copies the habits.
func (h *habits) clone() *habits {
	if h == nil {
		return nil
	}
	return &habits{templates: slices.Clone(h.templates), other: h.other}
}

// merge adds other, which may be changed and kept. Of the templates of both, the most used stay.
func (h *habits) merge(other *habits) *habits {
	if h == nil || other == nil {
		if h == nil {
			return other
		}
		return h
	}
	h.other.merge(&other.other)
	for i := range other.templates {
		o := &other.templates[i]
		k := slices.IndexFunc(h.templates, func(t templateHabits) bool {
			return t.use.Name == o.use.Name
		})
		if k < 0 {
			h.templates = append(h.templates, *o)
			continue
		}
		h.templates[k].use.Add(&o.use)
		h.templates[k].use.bound()
		h.templates[k].merge(&o.partHabits)
	}
	slices.SortFunc(h.templates, func(x, y templateHabits) int {
		return cmp.Or(cmp.Compare(y.use.Requests, x.use.Requests),
			cmp.Compare(x.use.Name, y.use.Name))
	})
	for len(h.templates) > MaxTemplates {
		h.drop(len(h.templates) - 1)
	}
	h.sort()
	return h
}

// bound keeps the counts of a merge within their limits.
func (u *TemplateUse) bound() {
	u.Requests, u.SingleTurn = min(u.Requests, maxUses), min(u.SingleTurn, maxUses)
	u.Output = min(u.Output, maxSum)
	for i := range u.Intents {
		u.Intents[i] = min(u.Intents[i], maxUses)
	}
}

func (p *partHabits) merge(o *partHabits) {
	for i := range p.halves {
		p.halves[i].merge(&o.halves[i])
	}
	p.input.merge(&o.input)
	p.output.merge(&o.output)
	p.networks.merge(&o.networks)
}

func (s *subjectSum) merge(o *subjectSum) {
	s.weight += o.weight
	for k, n := range o.sum {
		s.sum[k] += n
	}
	if s.weight > maxWeight {
		s.halve()
	}
}

func (s *sizeSum) merge(o *sizeSum) {
	for i := range s.weights {
		s.weights[i] += o.weights[i]
		s.sums[i] += o.sums[i]
	}
	s.squares += o.squares
	if s.weight() > maxWeight {
		s.halve()
	}
}

func (n *networkSum) merge(o *networkSum) {
	most := uint32(0)
	for i, x := range o {
		n[i] += x
		most = max(most, n[i])
	}
	if most > maxWeight {
		n.halve()
	}
}

func (p *partHabits) set(from *PartHabits) {
	for i := range p.halves {
		p.halves[i].set(&from.Halves[i])
	}
	p.input.set(&from.Input)
	p.output.set(&from.Output)
	for i, x := range from.Networks {
		p.networks[i] = uint32(whole(x*weightUnit, 0, maxWeight))
	}
}

func (s *subjectSum) set(from *Subjects) {
	s.weight = uint32(whole(from.Count*weightUnit, 0, maxWeight))
	for i, x := range from.Sum {
		s.sum[i] = int32(whole(x*sketch.SubjectNorm, -maxSubjectSum, maxSubjectSum))
	}
}

func (s *sizeSum) get(to *Sizes) {
	for i := range s.weights {
		to.Counts[i] = float64(s.weights[i]) / weightUnit
		to.Sums[i] = float64(s.sums[i]) / sizeUnit
	}
	to.Squares = float64(s.squares) / (sizeUnit * sizeUnit)
}

func (s *sizeSum) set(from *Sizes) {
	for i := range s.weights {
		s.weights[i] = uint32(whole(from.Counts[i]*weightUnit, 0, maxWeight/NumHalves))
		s.sums[i] = uint64(whole(from.Sums[i]*sizeUnit, 0, maxSizes/NumHalves))
	}
	s.squares = uint64(whole(from.Squares*sizeUnit*sizeUnit, 0, maxSquares))
}

// whole rounds a number within bounds; what is no number is 0.
func whole(x, least, most float64) int64 {
	if math.IsNaN(x) {
		return 0
	}
	return int64(math.Round(min(max(x, least), most)))
}
