package fingerprint

import (
	"encoding/binary"
	"math"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// Part is a part of an account's requests.
type Part uint8

// The parts.
const (
	// Templated are the requests that carry the account's own prompt template, Other are the rest.
	Templated Part = iota
	Other
	NumParts
)

// NumHalves is the number of halves into which the requests of a part fall, by a bit of the hash of
// the prompt: a prompt that is sent again is in the same half, so that what two halves have in
// common is no repetition.
const NumHalves = 2

// Habits is what an account asks about and how much, for telling people, who have habits of their
// own, from workers, of whom one could have sent what another sent. Of each conversation only the
// request that opens it counts: its turns are not independent of each other. Weights halve every
// Options.HalfLife.
type Habits struct {
	Parts [NumParts]PartHabits
}

// PartHabits are the habits in one part of the requests.
type PartHabits struct {
	Halves [NumHalves]Subjects
	// Input and Output are the sizes of requests and answers in tokens.
	Input, Output Sizes
}

// Subjects sums up what some requests are about.
type Subjects struct {
	// Count is the weight of the requests: their number, as long as none is older than a half-life.
	Count float64
	// Sum is the weighted sum of sketch.Sketch.Subject, scaled to length 1 for each request.
	Sum [sketch.SubjectSize]float64
}

// Add adds the requests of other.
func (s *Subjects) Add(other *Subjects) {
	s.Count += other.Count
	for i, x := range other.Sum {
		s.Sum[i] += x
	}
}

// Dot is the inner product of the sums: over the product of the counts it is the mean similarity of
// a request of s and one of other.
func (s *Subjects) Dot(other *Subjects) (sum float64) {
	for i, x := range s.Sum {
		sum += x * other.Sum[i]
	}
	return sum
}

// Sizes sums up log2(1 + tokens) of some requests. Count is as in Subjects.
type Sizes struct {
	Count, Sum, Squares float64
}

// Add adds the requests of other.
func (s *Sizes) Add(other Sizes) {
	s.Count += other.Count
	s.Sum += other.Sum
	s.Squares += other.Squares
}

// Half is a half of all requests, whatever their part.
func (h *Habits) Half(half int) (s Subjects) {
	for p := range h.Parts {
		s.Add(&h.Parts[p].Halves[half])
	}
	return s
}

// All are the subjects of both halves.
func (p *PartHabits) All() Subjects {
	s := p.Halves[0]
	s.Add(&p.Halves[1])
	return s
}

// Pooled are the habits of all requests, whatever their part.
func (h *Habits) Pooled() (all PartHabits) {
	for p := range h.Parts {
		part := &h.Parts[p]
		for i := range all.Halves {
			all.Halves[i].Add(&part.Halves[i])
		}
		all.Input.Add(part.Input)
		all.Output.Add(part.Output)
	}
	return all
}

// PackedHabits is the encoding of Habits that a profile holds, since many profiles are held. It is
// empty when there are none.
type PackedHabits []byte

const (
	// maxPackedHabits bounds PackedHabits: a byte for what there is, for each part and half two
	// numbers and the vector, and for each part twice three numbers.
	maxPackedHabits = 1 + int(NumParts)*(NumHalves*(5+5+sketch.SubjectSize)+2*(5+6+7))
	// packedScale is what the largest number of a packed vector becomes.
	packedScale = math.MaxInt8
)

// Pack appends the encoding of the habits. Counts are kept to a sixteenth, vectors to one part in
// 127 of their largest number.
func (h *Habits) Pack(b PackedHabits) PackedHabits {
	var state habits
	for i, s := range h.subjects() {
		state.subjects()[i].set(s)
	}
	for i, s := range h.sizes() {
		state.sizes()[i].set(s)
	}
	return state.pack(b)
}

// pack appends what a profile holds of the habits.
func (h *habits) pack(b PackedHabits) PackedHabits {
	if h == nil {
		return b
	}
	at := len(b)
	b = h.encode(b, (*subjectSum).pack)
	if b[at] == 0 {
		return b[:at]
	}
	return b
}

// pack appends the vector in a byte for each number.
func (s *subjectSum) pack(b []byte) []byte {
	largest := int64(0)
	for _, n := range s.sum {
		largest = max(largest, int64(n), -int64(n))
	}
	b = binary.AppendUvarint(b, uint64(s.weight))
	if b = binary.AppendUvarint(b, uint64(largest)); largest == 0 {
		return b
	}
	for _, n := range s.sum {
		b = append(b, byte(int8(math.Round(float64(n)*packedScale/float64(largest)))))
	}
	return b
}

// Unpack reads the habits and tells whether they can be read.
func (b PackedHabits) Unpack(h *Habits) bool {
	*h = Habits{}
	return b.read(h)
}

// valid tells whether the habits can be read.
func (b PackedHabits) valid() bool { return b.read(nil) }

// read reads the habits into h, unless that is nil.
func (b PackedHabits) read(h *Habits) bool {
	if len(b) == 0 {
		return true
	}
	r := newReader(b)
	mask := r.Byte()
	for i := range numSubjects {
		if mask>>i&1 == 0 {
			continue
		}
		weight, largest := r.weight(), r.Uvarint()
		if !r.Check(largest <= maxSubjectSum+1, "sum out of range") {
			return false
		}
		var vector []byte
		if largest > 0 {
			vector = r.Bytes(sketch.SubjectSize)
		}
		if h != nil {
			h.subjects()[i].unpack(weight, largest, vector)
		}
	}
	for i := range numSizes {
		if mask>>(i+numSubjects)&1 == 0 {
			continue
		}
		var s sizeSum
		if r.sizes(&s); h != nil {
			s.get(h.sizes()[i])
		}
	}
	return r.end() == nil
}

func (s *Subjects) unpack(weight uint32, largest uint64, vector []byte) {
	s.Count = float64(weight) / weightUnit
	unit := float64(largest) / (packedScale * sketch.SubjectNorm)
	for i, x := range vector {
		s.Sum[i] = float64(int8(x)) * unit
	}
}

// habits is what a fingerprint keeps for Habits, in whole numbers: sums do not depend on the order.
type habits struct {
	parts [NumParts]partHabits
}

type partHabits struct {
	halves        [NumHalves]subjectSum
	input, output sizeSum
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

	numSubjects = int(NumParts) * NumHalves
	numSizes    = int(NumParts) * 2
)

// subjectSum is a sum of subjects.
type subjectSum struct {
	weight uint32
	sum    [sketch.SubjectSize]int32
}

// sizeSum is a sum of sizes.
type sizeSum struct {
	weight       uint32
	sum, squares uint64
}

// subjects and sizes list the sums in the order of the encodings.
func (h *habits) subjects() [numSubjects]*subjectSum {
	t, o := &h.parts[Templated].halves, &h.parts[Other].halves
	return [...]*subjectSum{&t[0], &t[1], &o[0], &o[1]}
}

func (h *habits) sizes() [numSizes]*sizeSum {
	t, o := &h.parts[Templated], &h.parts[Other]
	return [...]*sizeSum{&t.input, &t.output, &o.input, &o.output}
}

func (h *Habits) subjects() [numSubjects]*Subjects {
	t, o := &h.Parts[Templated].Halves, &h.Parts[Other].Halves
	return [...]*Subjects{&t[0], &t[1], &o[0], &o[1]}
}

func (h *Habits) sizes() [numSizes]*Sizes {
	t, o := &h.Parts[Templated], &h.Parts[Other]
	return [...]*Sizes{&t.Input, &t.Output, &o.Input, &o.Output}
}

// habit counts a request that opens a conversation: one that brings a human turn, and continues no
// conversation that the account was served.
func (f *Fingerprint) habit(o *Observation, part Part, window int64) {
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
	p := &f.habits.parts[part]
	p.halves[sk.Exact%NumHalves].add(&sk.Subject)
	p.input.add(o.InputTokens)
	p.output.add(o.OutputTokens)
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
func (s *sizeSum) add(tokens int64) {
	if tokens < 0 {
		return
	}
	if s.weight > maxWeight-weightUnit {
		s.halve()
	}
	size := uint64(math.Round(sizeUnit * math.Log2(1+float64(min(tokens, maxTokens)))))
	s.weight += weightUnit
	s.sum += size
	s.squares += size * size
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
	if s.weight /= 2; s.weight == 0 {
		*s = sizeSum{}
		return
	}
	s.sum /= 2
	s.squares /= 2
}

// halve ages the habits; those of which nothing is left become nil.
func (h *habits) halve() *habits {
	if h == nil {
		return nil
	}
	for _, s := range h.subjects() {
		s.halve()
	}
	for _, s := range h.sizes() {
		s.halve()
	}
	if *h == (habits{}) {
		return nil
	}
	return h
}

// clone copies the habits.
func (h *habits) clone() *habits {
	if h == nil {
		return nil
	}
	c := *h
	return &c
}

// merge adds other, which may be changed and kept.
func (h *habits) merge(other *habits) *habits {
	if h == nil || other == nil {
		if h == nil {
			return other
		}
		return h
	}
	for i, s := range h.subjects() {
		o := other.subjects()[i]
		s.weight += o.weight
		for k, n := range o.sum {
			s.sum[k] += n
		}
		if s.weight > maxWeight {
			s.halve()
		}
	}
	for i, s := range h.sizes() {
		o := other.sizes()[i]
		s.weight += o.weight
		s.sum += o.sum
		s.squares += o.squares
		if s.weight > maxWeight {
			s.halve()
		}
	}
	return h
}

func (s *subjectSum) set(from *Subjects) {
	s.weight = uint32(whole(from.Count*weightUnit, 0, maxWeight))
	for i, x := range from.Sum {
		s.sum[i] = int32(whole(x*sketch.SubjectNorm, -maxSubjectSum, maxSubjectSum))
	}
}

func (s *sizeSum) get(to *Sizes) {
	to.Count = float64(s.weight) / weightUnit
	to.Sum = float64(s.sum) / sizeUnit
	to.Squares = float64(s.squares) / (sizeUnit * sizeUnit)
}

func (s *sizeSum) set(from *Sizes) {
	s.weight = uint32(whole(from.Count*weightUnit, 0, maxWeight))
	s.sum = uint64(whole(from.Sum*sizeUnit, 0, maxSizes))
	s.squares = uint64(whole(from.Squares*sizeUnit*sizeUnit, 0, maxSquares))
}

// whole rounds a number within bounds; what is no number is 0.
func whole(x, least, most float64) int64 {
	if math.IsNaN(x) {
		return 0
	}
	return int64(math.Round(min(max(x, least), most)))
}

// appendBinary appends the encoding, one byte when there are none.
func (h *habits) appendBinary(b []byte) []byte {
	if h == nil {
		return append(b, 0)
	}
	return h.encode(b, (*subjectSum).appendBinary)
}

// encode appends a bit for each sum that there is, and these; vector appends one of a subject.
func (h *habits) encode(b []byte, vector func(*subjectSum, []byte) []byte) []byte {
	mask, at := byte(0), len(b)
	b = append(b, mask)
	for i, s := range h.subjects() {
		if s.weight > 0 {
			mask |= 1 << i
			b = vector(s, b)
		}
	}
	for i, s := range h.sizes() {
		if s.weight > 0 {
			mask |= 1 << (i + numSubjects)
			b = s.appendBinary(b)
		}
	}
	b[at] = mask
	return b
}

func (s *subjectSum) appendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.weight))
	for _, n := range s.sum {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

func (s *sizeSum) appendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.weight))
	b = binary.AppendUvarint(b, s.sum)
	return binary.AppendUvarint(b, s.squares)
}

func (r *reader) habits() *habits {
	mask := r.Byte()
	if mask == 0 {
		return nil
	}
	h := &habits{}
	for i, s := range h.subjects() {
		if mask>>i&1 == 0 {
			continue
		}
		s.weight = r.weight()
		for k := range s.sum {
			n := r.Varint()
			r.Check(n >= -maxSubjectSum-1 && n <= maxSubjectSum, "sum out of range")
			s.sum[k] = int32(n)
		}
	}
	for i, s := range h.sizes() {
		if mask>>(i+numSubjects)&1 == 1 {
			r.sizes(s)
		}
	}
	return h
}

func (r *reader) weight() uint32 {
	w := r.Uvarint()
	r.Check(w > 0 && w <= maxWeight, "weight out of range")
	return uint32(w)
}

func (r *reader) sizes(s *sizeSum) {
	s.weight = r.weight()
	s.sum, s.squares = r.Uvarint(), r.Uvarint()
	r.Check(s.sum <= maxSizes && s.squares <= maxSquares, "size out of range")
}

// packedHabits reads what a profile holds.
func (r *reader) packedHabits(b PackedHabits) PackedHabits {
	b = append(b[:0], r.Text(maxPackedHabits)...)
	r.Check(b.valid(), "unreadable habits")
	return b
}
