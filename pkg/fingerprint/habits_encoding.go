package fingerprint

import (
	"encoding/binary"
	"math"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// PackedHabits is the encoding of Habits that a profile holds, since many profiles are held. It is
// empty when there are none.
type PackedHabits []byte

const (
	// maxPackedHabits bounds PackedHabits: the number of templates and a mask of what there is, for
	// each template its use, for each part and half two numbers and the vector, for each part twice
	// five numbers, and its networks.
	maxPackedHabits = 1 + 3 + MaxTemplates*maxUse +
		NumParts*(NumHalves*(5+5+packedSubject)+2*(NumHalves*(5+6)+7)+3+5*NumNetworks)
	// halved marks an encoding that has the sizes of each half, networks, and the beginnings of
	// templates. Without it, as until version 8 of the encodings, sizes are those of all requests.
	halved = 0x10
	// wholeSums is the number of sums of a part until version 8.
	wholeSums = NumHalves + numSizes
	// maxUse is the largest encoding of a TemplateUse.
	maxUse = 8 + 5 + 5 + 5 + 9 + 2 + numIntents*5
	// packedScale is what the largest number of a packed vector becomes: six bits, four numbers in
	// three bytes. Rounding scatters by 1 % of the largest number, much less than two requests do.
	packedBits    = 6
	packedScale   = 1<<(packedBits-1) - 1
	packedSubject = sketch.SubjectSize * packedBits / 8
)

// Pack appends the encoding of the habits. Counts are kept to a sixteenth, vectors to one part in
// 31 of their largest number. Templates without a name are left out.
func (h *Habits) Pack(b PackedHabits) PackedHabits {
	var state habits
	for i := range h.Templates {
		if h.Templates[i].Name != 0 {
			t := templateHabits{use: h.Templates[i]}
			t.set(&h.Parts[i])
			state.templates = append(state.templates, t)
		}
	}
	state.sort()
	state.other.set(&h.Parts[Other])
	return state.pack(b, scale{})
}

// pack appends what a profile holds of the habits. The uses of templates are brought to the footing
// of the profile's other counts.
func (h *habits) pack(b PackedHabits, text scale) PackedHabits {
	if h == nil || h.empty() {
		return b
	}
	return h.encode(b, text, (*subjectSum).pack)
}

// pack appends the vector in six bits for each number.
func (s *subjectSum) pack(b []byte) []byte {
	largest := int64(0)
	for _, n := range s.sum {
		largest = max(largest, int64(n), -int64(n))
	}
	b = binary.AppendUvarint(b, uint64(s.weight))
	if b = binary.AppendUvarint(b, uint64(largest)); largest == 0 {
		return b
	}
	for i := 0; i < len(s.sum); i += 4 {
		word := uint32(0)
		for k, n := range s.sum[i : i+4] {
			x := int32(math.Round(float64(n) * packedScale / float64(largest)))
			word |= uint32(x+packedScale) << (packedBits * k)
		}
		b = append(b, byte(word), byte(word>>8), byte(word>>16))
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
	n, sums := r.templates()
	r.Check(n >= 0, "no number of templates")
	var use TemplateUse
	for i := range n {
		if r.use(&use, sums); h != nil {
			h.Templates[i] = use
		}
	}
	mask := r.mask(n, sums)
	for i := range n + 1 {
		of := i
		if i == n {
			of = int(Other)
		}
		var part *PartHabits
		if h != nil {
			part = &h.Parts[of]
		}
		if !r.packedPart(part, mask>>(sums*i), sums) {
			return false
		}
	}
	return r.end() == nil
}

// packedPart reads a part of packed habits, of so many sums.
func (r *reader) packedPart(p *PartHabits, mask uint32, sums int) bool {
	for i := range NumHalves {
		if mask>>i&1 == 0 {
			continue
		}
		weight, largest := r.weight(), r.Uvarint()
		if !r.Check(largest <= maxSubjectSum+1, "sum out of range") {
			return false
		}
		var vector []byte
		if largest > 0 {
			vector = r.Bytes(packedSubject)
		}
		if p != nil {
			p.Halves[i].unpack(weight, largest, vector)
		}
	}
	for i := range numSizes {
		if mask>>(i+NumHalves)&1 == 0 {
			continue
		}
		var s sizeSum
		if r.sizes(&s, sums); p != nil {
			s.get(p.sizes()[i])
		}
	}
	if sums == partSums && mask>>wholeSums&1 == 1 {
		var n networkSum
		if r.networks(&n); p != nil {
			for i, x := range n {
				p.Networks[i] = float64(x) / weightUnit
			}
		}
	}
	return r.OK()
}

// Uses reads the uses of templates only, which is quick, and says how many there are.
func (b PackedHabits) Uses(uses *[MaxTemplates]TemplateUse) (n int) {
	if len(b) == 0 {
		return 0
	}
	r := newReader(b)
	n, sums := r.templates()
	for i := range n {
		uses[i] = TemplateUse{}
		r.use(&uses[i], sums)
	}
	if !r.OK() {
		return 0
	}
	return n
}

func (s *Subjects) unpack(weight uint32, largest uint64, vector []byte) {
	s.Count = float64(weight) / weightUnit
	unit := float64(largest) / (packedScale * sketch.SubjectNorm)
	for i := 0; i < len(vector); i += 3 {
		word := uint32(vector[i]) | uint32(vector[i+1])<<8 | uint32(vector[i+2])<<16
		for k := range 4 {
			x := int(word>>(packedBits*k)&(1<<packedBits-1)) - packedScale
			s.Sum[i/3*4+k] = float64(x) * unit
		}
	}
}

// appendBinary appends the encoding, one byte when there are none.
func (h *habits) appendBinary(b []byte) []byte {
	if h == nil {
		return append(b, 0)
	}
	return h.encode(b, scale{}, (*subjectSum).appendBinary)
}

// encode appends one more than the number of templates, the use of each, a bit for each sum of each
// part that there is, and these; vector appends one of a subject.
func (h *habits) encode(b []byte, text scale, vector func(*subjectSum, []byte) []byte) []byte {
	b = append(b, halved|byte(len(h.templates)+1))
	for i := range h.templates {
		b = h.templates[i].use.appendBinary(b, text)
	}
	mask := uint32(0)
	for i := range len(h.templates) + 1 {
		mask |= h.part(i).mask() << (partSums * i)
	}
	b = binary.AppendUvarint(b, uint64(mask))
	for i := range len(h.templates) + 1 {
		p := h.part(i)
		for k := range p.halves {
			if s := &p.halves[k]; s.weight > 0 {
				b = vector(s, b)
			}
		}
		for _, s := range p.sizes() {
			if s.weight() > 0 {
				b = s.appendBinary(b)
			}
		}
		if p.networks != (networkSum{}) {
			b = appendSparse(b, p.networks[:])
		}
	}
	return b
}

// mask has a bit for each sum that there is.
func (p *partHabits) mask() (mask uint32) {
	for k := range p.halves {
		if p.halves[k].weight > 0 {
			mask |= 1 << k
		}
	}
	for k, s := range p.sizes() {
		if s.weight() > 0 {
			mask |= 1 << (NumHalves + k)
		}
	}
	if p.networks != (networkSum{}) {
		mask |= 1 << wholeSums
	}
	return mask
}

// appendBinary appends the use, with its counts on the given footing.
func (u *TemplateUse) appendBinary(b []byte, text scale) []byte {
	b = binary.LittleEndian.AppendUint64(b, u.Name)
	b = binary.AppendUvarint(b, uint64(u.Since))
	b = binary.AppendUvarint(b, uint64(text.some(u.Requests)))
	b = binary.AppendUvarint(b, uint64(text.some(u.SingleTurn)))
	b = binary.AppendUvarint(b, text.sum(u.Output))
	var intents [numIntents]uint32
	for i, n := range u.Intents {
		intents[i] = text.some(n)
	}
	return appendSparse(b, intents[:])
}

func (s *subjectSum) appendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.weight))
	for _, n := range s.sum {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

func (s *sizeSum) appendBinary(b []byte) []byte {
	for i := range s.weights {
		if b = binary.AppendUvarint(b, uint64(s.weights[i])); s.weights[i] > 0 {
			b = binary.AppendUvarint(b, s.sums[i])
		}
	}
	return binary.AppendUvarint(b, s.squares)
}

func (r *reader) habits() *habits {
	n, sums := r.templates()
	if n < 0 || !r.OK() {
		return nil
	}
	h := &habits{}
	if n > 0 {
		h.templates = make([]templateHabits, n)
	}
	for i := range h.templates {
		r.use(&h.templates[i].use, sums)
		r.Check(i == 0 || h.templates[i-1].use.Name < h.templates[i].use.Name,
			"templates out of order")
	}
	mask := r.mask(n, sums)
	for i := range n + 1 {
		r.part(h.part(i), mask>>(sums*i), sums)
	}
	return h
}

func (r *reader) part(p *partHabits, mask uint32, sums int) {
	for i := range p.halves {
		if mask>>i&1 == 0 {
			continue
		}
		s := &p.halves[i]
		s.weight = r.weight()
		for k := range s.sum {
			n := r.Varint()
			r.Check(n >= -maxSubjectSum-1 && n <= maxSubjectSum, "sum out of range")
			s.sum[k] = int32(n)
		}
	}
	for i, s := range p.sizes() {
		if mask>>(i+NumHalves)&1 == 1 {
			r.sizes(s, sums)
		}
	}
	if sums == partSums && mask>>wholeSums&1 == 1 {
		r.networks(&p.networks)
	}
}

// templates reads the number of templates, -1 where there are no habits, and says how many sums a
// part has.
func (r *reader) templates() (n, sums int) {
	sums = wholeSums
	first := r.Byte()
	if first&halved != 0 {
		first, sums = first&^halved, partSums
	}
	n = int(first) - 1
	if !r.Check(n <= MaxTemplates && (n >= 0 || sums == wholeSums), "too many templates") {
		return 0, sums
	}
	return n, sums
}

// mask reads what there is of n templates and the others, with so many sums each.
func (r *reader) mask(n, sums int) uint32 {
	var mask uint64
	if sums == wholeSums {
		if b := r.Bytes(2); b != nil {
			mask = uint64(binary.LittleEndian.Uint16(b))
		}
	} else {
		mask = r.Uvarint()
	}
	r.Check(mask>>(sums*(n+1)) == 0, "unknown sum")
	return uint32(mask)
}

func (r *reader) use(u *TemplateUse, sums int) {
	u.Name = r.Fixed()
	if u.Since = 0; sums == partSums {
		u.Since = r.Uint32()
	}
	u.Requests, u.SingleTurn, u.Output = r.Uint32(), r.Uint32(), r.Uvarint()
	r.sparse(u.Intents[:])
	r.Check(u.Name != 0 && u.Requests <= maxUses && u.SingleTurn <= maxUses && u.Output <= maxSum,
		"use of a template out of range")
	for _, n := range u.Intents {
		r.Check(n <= maxUses, "intent out of range")
	}
}

func (r *reader) weight() uint32 {
	w := r.Uvarint()
	r.Check(w > 0 && w <= maxWeight, "weight out of range")
	return uint32(w)
}

// sizes reads the sizes of both halves. Until version 8 they were not told apart: those are taken
// for one half's, so that nothing is compared until there are others.
func (r *reader) sizes(s *sizeSum, sums int) {
	if sums == wholeSums {
		s.weights[0], s.sums[0] = r.weight(), r.Uvarint()
	} else {
		for i := range s.weights {
			w := r.Uvarint()
			if r.Check(w <= maxWeight, "weight out of range"); w > 0 {
				s.weights[i], s.sums[i] = uint32(w), r.Uvarint()
			}
		}
		w := uint64(s.weights[0]) + uint64(s.weights[1])
		r.Check(w > 0 && w <= maxWeight, "weight out of range")
	}
	s.squares = r.Uvarint()
	r.Check(s.sums[0] <= maxSizes && s.sums[1] <= maxSizes && s.squares <= maxSquares,
		"size out of range")
}

func (r *reader) networks(n *networkSum) {
	r.sparse(n[:])
	for _, x := range n {
		r.Check(x <= maxWeight, "weight out of range")
	}
	r.Check(*n != networkSum{}, "no networks")
}

// packedHabits reads what a profile holds.
func (r *reader) packedHabits(b PackedHabits) PackedHabits {
	b = append(b[:0], r.Text(maxPackedHabits)...)
	r.Check(b.valid(), "unreadable habits")
	return b
}
