package detectors

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// MaxTexts bounds the texts that are told apart in what a group shares: so many have room in a
// profile's 64 shingles, four of each.
const MaxTexts = 16

// Sightings is what one account shows of the texts that a group shares, to say how many of its
// requests carry any of them. A profile counts the requests of each shingle and not which requests
// these were, so the answer lies between bounds.
type Sightings struct {
	// most is, for each text, the count of its commonest shingle: one request carries many
	// shingles of a text, and each counted request carried this one.
	most [MaxTexts]uint32
	// shared and all are the sightings of the shared shingles and of all that recur.
	shared, all uint64
}

// Shared adds a shingle of one of the texts, seen in count requests.
func (s *Sightings) Shared(text uint8, count uint32) {
	s.most[text] = max(s.most[text], count)
	s.shared += uint64(count)
	s.all += uint64(count)
}

// Other adds a shingle of the account's own.
func (s *Sightings) Other(count uint32) { s.all += uint64(count) }

// commonest is the count of the commonest shared shingle.
func (s *Sightings) commonest() uint32 { return slices.Max(s.most[:]) }

// Requests estimates how many of the account's requests carry one of the texts. There are at least
// as many as carry the commonest shingle. There are at most as many as all texts together would
// have if no request carried two of them, and at most as many as carry anything that recurs. Of the
// latter, the texts get their part of the sightings: a pool with four templates is covered by them,
// although no shingle is in more than a quarter of the requests, while an account whose recurring
// text is its own is not covered by the phrases that it shares.
func (s *Sightings) Requests(p *fingerprint.Profile) uint32 {
	if s.shared == 0 {
		return 0
	}
	sum := uint64(0)
	for _, n := range s.most {
		sum += uint64(n)
	}
	part := uint64(p.TemplateRequests) * s.shared / s.all
	covered := max(uint64(s.commonest()), min(sum, part))
	return uint32(min(covered, uint64(p.WithText)))
}

const (
	// comparedMembers and comparedShingles bound what texts are told apart by.
	comparedMembers, comparedShingles = 64, 128
	// oneText is the part of the scatter of two unrelated counts below which two shingles are of
	// one text. Those of one text are counted together, so the difference is near 0; counts of
	// requests that were given another text by chance differ by one standard error, which is 1 in
	// these units.
	oneText = 0.5
	// textShingles is the number of shingles from which they are a text of their own; the others
	// are text 0.
	textShingles = 3
)

// tellTexts gives each shared shingle the number of its text. Shingles of one text have the same
// count in each member; those of two texts differ as two draws do: the mean over the members of
// (a-b)^2/(a+b), the chi-square statistic of two counts, is 1 where they are Poisson.
func (g *Group) tellTexts(shingles []Shared) {
	shingles = shingles[:min(len(shingles), comparedShingles)]
	counts := g.countsOf(shingles)
	// Each text is known by its first shingle. Text 0 has none.
	texts := make([][]int, 1, MaxTexts)
	for i := range shingles {
		text := 1 + slices.IndexFunc(texts[1:], func(of []int) bool {
			return scatter(counts[of[0]], counts[i]) < oneText
		})
		if text == 0 && len(texts) < MaxTexts {
			text = len(texts)
			texts = append(texts, nil)
		}
		texts[text] = append(texts[text], i)
	}
	n := uint8(0)
	for _, of := range texts[1:] {
		if len(of) < textShingles {
			continue
		}
		n++
		for _, i := range of {
			shingles[i].Text = n
		}
	}
}

// countsOf lists for each shingle its counts in the first members.
func (g *Group) countsOf(shingles []Shared) [][]uint32 {
	members := g.Members[:min(len(g.Members), comparedMembers)]
	counts := make([][]uint32, len(shingles))
	at := make(map[uint64]int, len(shingles))
	for i, s := range shingles {
		counts[i] = make([]uint32, len(members))
		at[s.Hash] = i
	}
	for n := range members {
		for _, s := range members[n].Profile.Template {
			if i, ok := at[s.Hash]; ok {
				counts[i][n] = s.Count
			}
		}
	}
	return counts
}

// scatter is how much two shingles' counts differ, in units of what two independent ones would.
func scatter(a, b []uint32) float64 {
	sum, n := 0.0, 0.0
	for i := range a {
		if both := float64(a[i]) + float64(b[i]); both > 0 {
			d := float64(a[i]) - float64(b[i])
			sum += d * d / both
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}
