package detectors

import (
	"cmp"
	"math"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// Dealt is what the work is about that is dealt out in a group: an account whose requests are about
// something of its own is no worker of it, whatever program it uses.
type Dealt struct {
	// Blocks are the mean subjects of a request, by template.
	Blocks []DealtBlock `json:"blocks"`
	// Rest is the variance of a request, Noise that of the products of two accounts' halves, as
	// centre puts them at their scale.
	Rest  float64 `json:"rest"`
	Noise float64 `json:"noise"`
	// OwnPrompts says that no two members send the same prompts; see subjectPrior.
	OwnPrompts bool `json:"own_prompts,omitempty"`
}

// DealtBlock is the mean subject of the requests by a template: the number of a text, or the name
// of a template of none; 0 stands for all requests.
type DealtBlock struct {
	Template uint64    `json:"template"`
	Mean     []float32 `json:"mean"`
}

const (
	// leastDealt is the bits of subjects from which a group deals its work out: two to one.
	leastDealt = 1
	// mostDealt bounds the templates whose means are kept, because a model is state that is saved.
	mostDealt = 16
)

// Dealt learns the subjects of a group whose members could each have sent what another sent; ok is
// false for others, and for a group with teams.
func (g *Group) Dealt(c *Context) (d Dealt, ok bool) {
	k := g.kinshipOfSubjects(c)
	if k.bits < leastDealt || k.teams != nil {
		return d, false
	}
	p := g.subjectPairs(c)
	p.sort()
	for _, block := range p.compared() {
		if len(d.Blocks) < mostDealt {
			d.Blocks = append(d.Blocks, DealtBlock{p.templates[block[0]], p.requestMean(block)})
		}
	}
	d.Rest, d.Noise, d.OwnPrompts = k.rest, k.noise, g.ownPrompts()
	return d, true
}

// requestMean is the mean vector of the block's requests in both halves, before centre.
func (p *pairs) requestMean(block []int32) []float32 {
	a, b := p.mean(block, p.a, p.na), p.mean(block, p.b, p.nb)
	mean := make([]float32, len(a))
	for d := range a {
		mean[d] = float32((a[d] + b[d]) / 2)
	}
	return mean
}

// Fit is the log-likelihood ratio, in bits, of an account's requests being dealt out to it against
// being about something of its own. text gives the number of the text that a template is of, 0 for
// none. ok is false where the account has not sent enough to tell.
func (d *Dealt) Fit(
	c *Context, p *fingerprint.Profile, text func(template uint64) uint8,
) (bits float64, ok bool) {
	h := &c.habits
	// Saved state may hold anything.
	if d.Rest <= 0 || d.Noise <= 0 || len(d.Blocks) == 0 || !p.Habits.Unpack(h) {
		return 0, false
	}
	var f dealtFit
	all := h.Pooled()
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if b.Template == 0 {
			f.add(&all, b.Mean)
			continue
		}
		for k := range h.Templates {
			if name := h.Templates[k].Name; cmp.Or(uint64(text(name)), name) == b.Template {
				f.add(&h.Parts[k], b.Mean)
			}
		}
	}
	if f.pairs == 0 {
		return 0, false
	}
	k := kinship{
		rho: f.products / f.pairs / d.Rest, se: math.Sqrt(d.Noise*f.rows) / f.pairs / d.Rest,
	}
	return subjectPrior(d.OwnPrompts).bits(&k), true
}

// dealtFit adds up how alike the halves of an account's requests are beyond what its group sends,
// by template.
type dealtFit struct{ products, pairs, rows float64 }

func (f *dealtFit) add(part *fingerprint.PartHabits, mean []float32) {
	a, b := &part.Halves[0], &part.Halves[1]
	if a.Count < leastWeight || b.Count < leastWeight || len(mean) != sketch.SubjectSize {
		return
	}
	product := 0.0
	for i, m := range mean {
		product += (a.Sum[i]/a.Count - float64(m)) * (b.Sum[i]/b.Count - float64(m))
	}
	pairs := math.Sqrt(repeats(a.Count) * repeats(b.Count))
	f.products, f.pairs, f.rows = f.products+pairs*product, f.pairs+pairs, f.rows+1
}
