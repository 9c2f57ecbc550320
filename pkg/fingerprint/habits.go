package fingerprint

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// MaxTemplates is how many templates of an account have habits of their own: its owner's program
// and one beside it, and one to spare.
const MaxTemplates = 3

// Part is a part of an account's requests.
type Part uint8

// The parts. The first MaxTemplates are the requests of Habits.Templates, Other are the rest.
const (
	Other    Part = MaxTemplates
	NumParts      = MaxTemplates + 1
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
	Templates [MaxTemplates]TemplateUse
	Parts     [NumParts]PartHabits
}

// TemplateUse counts the requests by one template. A request that carries shingles of the account's
// prompt template is named by the smallest of them: a coordinated sample (Broder 1997), so that a
// text has the same name in every account that carries it. Sharing that one shingle is enough for
// two requests to be of one template.
type TemplateUse struct {
	// Name is the shingle, 0 where there is no template.
	Name                 uint64
	Requests, SingleTurn uint32
	Output               uint64
	Intents              [numIntents]uint32
}

// Add adds the requests of other; the name stays.
func (u *TemplateUse) Add(other *TemplateUse) {
	u.Requests += other.Requests
	u.SingleTurn += other.SingleTurn
	u.Output += other.Output
	for i, n := range other.Intents {
		u.Intents[i] += n
	}
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
		all.Add(&h.Parts[p])
	}
	return all
}

// Add adds the requests of other.
func (p *PartHabits) Add(other *PartHabits) {
	for i := range p.Halves {
		p.Halves[i].Add(&other.Halves[i])
	}
	p.Input.Add(other.Input)
	p.Output.Add(other.Output)
}

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
	// partSums is the number of sums of a part.
	partSums = NumHalves + numSizes
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
	for i := range len(h.templates) + 1 {
		p := h.part(i)
		for k := range p.halves {
			p.halves[k].halve()
		}
		p.input.halve()
		p.output.halve()
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
	s.weight += o.weight
	s.sum += o.sum
	s.squares += o.squares
	if s.weight > maxWeight {
		s.halve()
	}
}

func (p *partHabits) set(from *PartHabits) {
	for i := range p.halves {
		p.halves[i].set(&from.Halves[i])
	}
	p.input.set(&from.Input)
	p.output.set(&from.Output)
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
