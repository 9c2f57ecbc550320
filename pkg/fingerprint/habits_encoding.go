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
	// each template its use, for each part and half two numbers and the vector, and for each part
	// twice three numbers.
	maxPackedHabits = 1 + 2 + MaxTemplates*maxUse +
		NumParts*(NumHalves*(5+5+packedSubject)+2*(5+6+7))
	// maxUse is the largest encoding of a TemplateUse.
	maxUse = 8 + 5 + 5 + 9 + 2 + numIntents*5
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
	n := r.templates()
	var use TemplateUse
	for i := range n {
		if r.use(&use); h != nil {
			h.Templates[i] = use
		}
	}
	mask := r.mask(n)
	for i := range n + 1 {
		of := i
		if i == n {
			of = int(Other)
		}
		var part *PartHabits
		if h != nil {
			part = &h.Parts[of]
		}
		if !r.packedPart(part, mask>>(partSums*i)) {
			return false
		}
	}
	return r.end() == nil
}

// packedPart reads a part of packed habits.
func (r *reader) packedPart(p *PartHabits, mask uint16) bool {
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
		if r.sizes(&s); p != nil {
			s.get(p.sizes()[i])
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
	n = r.templates()
	for i := range n {
		uses[i] = TemplateUse{}
		r.use(&uses[i])
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
	b = append(b, byte(len(h.templates)+1))
	for i := range h.templates {
		b = h.templates[i].use.appendBinary(b, text)
	}
	mask, at := uint16(0), len(b)
	b = binary.LittleEndian.AppendUint16(b, mask)
	for i := range len(h.templates) + 1 {
		p := h.part(i)
		for k := range p.halves {
			if s := &p.halves[k]; s.weight > 0 {
				mask |= 1 << (partSums*i + k)
				b = vector(s, b)
			}
		}
		for k, s := range p.sizes() {
			if s.weight > 0 {
				mask |= 1 << (partSums*i + NumHalves + k)
				b = s.appendBinary(b)
			}
		}
	}
	binary.LittleEndian.PutUint16(b[at:], mask)
	return b
}

// appendBinary appends the use, with its counts on the given footing.
func (u *TemplateUse) appendBinary(b []byte, text scale) []byte {
	b = binary.LittleEndian.AppendUint64(b, u.Name)
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
	b = binary.AppendUvarint(b, uint64(s.weight))
	b = binary.AppendUvarint(b, s.sum)
	return binary.AppendUvarint(b, s.squares)
}

func (r *reader) habits() *habits {
	n := int(r.Byte()) - 1
	if n < 0 || !r.Check(n <= MaxTemplates, "too many templates") {
		return nil
	}
	h := &habits{}
	if n > 0 {
		h.templates = make([]templateHabits, n)
	}
	for i := range h.templates {
		r.use(&h.templates[i].use)
		r.Check(i == 0 || h.templates[i-1].use.Name < h.templates[i].use.Name,
			"templates out of order")
	}
	mask := r.mask(n)
	for i := range n + 1 {
		r.part(h.part(i), mask>>(partSums*i))
	}
	return h
}

func (r *reader) part(p *partHabits, mask uint16) {
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
			r.sizes(s)
		}
	}
}

// templates reads the number of templates.
func (r *reader) templates() int {
	n := int(r.Byte()) - 1
	if !r.Check(n >= 0 && n <= MaxTemplates, "too many templates") {
		return 0
	}
	return n
}

// mask reads what there is of n templates and the others.
func (r *reader) mask(n int) uint16 {
	b := r.Bytes(2)
	if b == nil {
		return 0
	}
	mask := binary.LittleEndian.Uint16(b)
	r.Check(uint32(mask)>>(partSums*(n+1)) == 0, "unknown sum")
	return mask
}

func (r *reader) use(u *TemplateUse) {
	u.Name = r.Fixed()
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
