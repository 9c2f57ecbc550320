package baseline

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// A kind of client, by what the account's record says of the program that sends its requests.
const (
	// unaided accounts declare no tools and repeat no text: people, most of them.
	unaided = iota
	// templated accounts repeat a text that somebody wrote into a program or a prompt library.
	templated
	// tooled accounts declare tools: agents and their editors.
	tooled

	kinds
)

// bands is the number of doublings of age and volume that are told apart; the last is open. 2^10
// days are more than any gateway's accounts have been there with us, 2^14 requests a busy
// application's.
const (
	ageBands    = 11
	volumeBands = 15
)

// leastStratum is the number of accounts of a stratum: a group's mean rank among 64 is off by 0.07
// at most (two standard errors, see LeastControls), less than half a bit. Smaller ones are merged
// with a neighbour.
const leastStratum = 64

// Stratum names accounts of one kind of client, age and volume. 0 is none.
type Stratum uint16

// strata are the accounts of the baseline by kind, age and volume.
type strata struct {
	// of has the stratum of each cell.
	of [kinds][ageBands][volumeBands]Stratum
	// controls are the accounts of each stratum, kinds those of each kind of client.
	controls []*Controls
	kinds    [kinds]*Controls
	// kind has the kind of each stratum.
	kind []uint8
}

// cell is where an account lies.
func cell(p *fingerprint.Profile) (kind, age, volume int) {
	switch {
	case p.Value(attribute.Tools) != 0:
		kind = tooled
	case Sliced(p):
		kind = templated
	}
	since := p.FirstSeen
	if p.CreatedAt > 0 {
		since = min(since, p.CreatedAt)
	}
	age = band(float64(p.LastSeen-since)/Day, ageBands)
	volume = band(float64(p.Requests), volumeBands)
	return kind, age, volume
}

// band is the number of doublings in 1+x.
func band(x float64, bands int) int {
	return min(int(math.Log2(1+math.Max(0, x))), bands-1)
}

// stratify divides the accounts of the sample. Within a kind, neighbouring ages are joined until
// there are enough accounts for a stratum, and within such an age neighbouring volumes.
func stratify(sample []Entity) *strata {
	s := &strata{controls: []*Controls{nil}, kind: []uint8{0}}
	var cells [kinds][ageBands][volumeBands][]*Vector
	for _, e := range sample {
		k, a, v := cell(e.Profile)
		cells[k][a][v] = append(cells[k][a][v], e.Vector)
	}
	for k := range kinds {
		var all []*Vector
		var ages [ageBands]int
		for a := range ageBands {
			for v := range volumeBands {
				ages[a] += len(cells[k][a][v])
				all = append(all, cells[k][a][v]...)
			}
		}
		s.kinds[k] = NewControls(all)
		for _, age := range merge(ages[:]) {
			var volumes [volumeBands]int
			for a := age.from; a < age.to; a++ {
				for v := range volumeBands {
					volumes[v] += len(cells[k][a][v])
				}
			}
			for _, volume := range merge(volumes[:]) {
				var vectors []*Vector
				for a := age.from; a < age.to; a++ {
					for v := volume.from; v < volume.to; v++ {
						vectors = append(vectors, cells[k][a][v]...)
						s.of[k][a][v] = Stratum(len(s.controls))
					}
				}
				s.controls = append(s.controls, NewControls(vectors))
				s.kind = append(s.kind, uint8(k))
			}
		}
	}
	return s
}

// span is the bands from and up to, not including, to.
type span struct{ from, to int }

// merge joins neighbouring bands until each span has enough accounts; what is left at the end
// joins the last span.
func merge(counts []int) (out []span) {
	n, from := 0, 0
	for i, c := range counts {
		if n += c; n >= leastStratum {
			out = append(out, span{from, i + 1})
			n, from = 0, i+1
		}
	}
	if len(out) == 0 {
		return []span{{0, len(counts)}}
	}
	out[len(out)-1].to = len(counts)
	return out
}

// Stratum is the stratum that an account lies in.
func (c *Baseline) Stratum(p *fingerprint.Profile) Stratum {
	k, a, v := cell(p)
	return c.strata.of[k][a][v]
}

// Strata is one more than the number of strata.
func (c *Baseline) Strata() int { return len(c.strata.controls) }

// OfStratum are the accounts of a stratum, OfKind those of the same kind of client.
func (c *Baseline) OfStratum(s Stratum) *Controls { return c.strata.controls[s] }

// OfKind are the accounts of the same kind of client as those of a stratum.
func (c *Baseline) OfKind(s Stratum) *Controls { return c.strata.kinds[c.strata.kind[s]] }

// Kind is the kind of client of a stratum, below NumKinds.
func (c *Baseline) Kind(s Stratum) uint8 { return c.strata.kind[s] }

// NumKinds is the number of kinds of client.
const NumKinds = kinds

// Everybody are all accounts of the sample.
func (c *Baseline) Everybody() *Controls { return c.everybody }

// Sampled is the share of the population that is in the sample.
func (c *Baseline) Sampled() float64 { return float64(c.sampled) / float64(max(c.N, 1)) }
