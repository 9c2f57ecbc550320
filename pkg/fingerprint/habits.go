package fingerprint

import (
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
	Name uint64
	// Since is the hour since 1970 of the first request that is counted here, 0 where unknown.
	Since                uint32
	Requests, SingleTurn uint32
	Output               uint64
	Intents              [numIntents]uint32
}

// Add adds the requests of other; the name stays, and the earlier beginning counts.
func (u *TemplateUse) Add(other *TemplateUse) {
	if u.Since == 0 || other.Since != 0 && other.Since < u.Since {
		u.Since = other.Since
	}
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
	// Networks are the weights of the requests by the network that they came from.
	Networks Networks
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

// Sizes sums up log2(1 + tokens) of some requests: the number and the sum of each half, and the
// squares of both. Counts are as in Subjects.
type Sizes struct {
	Counts, Sums [NumHalves]float64
	Squares      float64
}

// Count is the weight of the requests of both halves.
func (s *Sizes) Count() float64 { return s.Counts[0] + s.Counts[1] }

// Add adds the requests of other.
func (s *Sizes) Add(other *Sizes) {
	for i := range s.Counts {
		s.Counts[i] += other.Counts[i]
		s.Sums[i] += other.Sums[i]
	}
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
	p.Input.Add(&other.Input)
	p.Output.Add(&other.Output)
	p.Networks.Add(&other.Networks)
}
