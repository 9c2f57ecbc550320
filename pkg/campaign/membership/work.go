package membership

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const (
	// carriedText is the share of a shared text (by rarity) from which an account carries it,
	// sameText the share from which it is the same text: half is as good as all of it, since a
	// profile holds a sample.
	carriedText = 0.1
	sameText    = 0.5
	// carriedShingles is the least number of shared shingles that an account must carry: one may be
	// a phrase. Where the model has one only, it is a text if it is in most requests of those who
	// carry it, and an account carries it that sends it in most of its own.
	carriedShingles = 2
	// textRequests is the number of requests with text from which an account's text can recur and
	// speak alone, rareRequests from which a text does that is in few of the account's requests and
	// in nobody else's, layoutRequests from which the absence of a layout says something.
	textRequests   = 2
	rareRequests   = 3
	layoutRequests = 4
	// sliceRequests and slicePart are the number and the part of the requests from which they may
	// speak although the account does something else besides, as the owner of a leased account
	// does: with five, one may be chance and the others are not; a tenth is what an account is for
	// (baseline.Sliced).
	sliceRequests = 5
	slicePart     = 10
	// nobodyElse is up to how many other accounts a text is in nobody else's hands: this one and
	// half of another (unseen), and some that are members too but not named yet. Of n carriers that
	// are members and two that may not be, n in n + 2 are, so that from eight on the odds are those
	// of sameTextLogOdds; Fits weighs them by the rarity.
	nobodyElse = 2
	// layoutFull is the part of the requests in the layout from which it counts in full: a quarter.
	layoutFull = 4
)

// fitWork is the bits of the work family; same says that the account's requests are mostly the
// shared text; ok is false while the account has sent too little to tell.
func (m *Model) fitWork(p *fingerprint.Profile, population int) (bits float64, same, ok bool) {
	bits = math.Inf(-1)
	if m.texts().least > 0 && p.WithText > 0 {
		others := math.Max(float64(population)-m.Size, 1)
		bits, same = m.texts().fit(p, m.Carriers*m.shows(p.WithText), math.Log2(others/nobodyElse))
	}
	if m.Layout != 0 {
		layout, alone := m.fitLayout(p)
		bits, same = math.Max(bits, layout), same || alone
		if math.IsInf(bits, -1) && p.WithText >= layoutRequests {
			bits = absence(m.LayoutShare)
		}
	}
	if math.IsInf(bits, -1) {
		return 0, false, false
	}
	return bits, same, true
}

// leastCarried is how many shingles of the model an account must carry, 0 where the members share
// no text. One shingle is a text where no layout is known by which members are told: of a text that
// is worded anew each time it is a phrase that some keep.
func leastCarried(m *Model) int {
	n := len(m.Shingles)
	if n >= carriedShingles || n > 0 && m.Pace >= mostPace && m.Layout == 0 {
		return min(carriedShingles, n)
	}
	return 0
}

// mostPace is the share of a carrier's requests from which one shingle is a text: a system prompt
// is in all of them (judged).
const mostPace = 0.8

// texts are a model's shingles by hash, with the sum of their rarities, in all and by text.
type texts struct {
	known map[uint64]*Shingle
	// least is how many of them an account must carry, 0 where they are no text.
	least int
	total float64
	of    [detectors.MaxTexts]float64
}

// texts indexes the shingles once.
func (m *Model) texts() *texts {
	if m.indexed == nil {
		m.indexed = &texts{
			known: make(map[uint64]*Shingle, len(m.Shingles)),
			least: leastCarried(m),
		}
		for i := range m.Shingles {
			s := &m.Shingles[i]
			m.indexed.known[s.Hash] = s
			m.indexed.total += s.Rarity
			m.indexed.of[s.Text] += s.Rarity
		}
	}
	return m.indexed
}

// Carries says whether a shingle is one that the members share.
func Carries(m *Model, shingle uint64) bool { return m.texts().known[shingle] != nil }

// carriedWork is what an account shows of a model's texts: the number of shingles, their rarity in
// all and by text, and their rarity among those who show them as this account does, again and again
// or once.
type carriedWork struct {
	n     int
	total float64
	of    [detectors.MaxTexts]float64
	bits  float64
}

// rarity is the mean of the shingles' in bits.
func (c *carriedWork) rarity() float64 { return c.bits / float64(c.n) }

// carried adds up what the account shows.
func (t *texts) carried(p *fingerprint.Profile) (c carriedWork) {
	least, shown := fingerprint.Recurs(p.WithText), fingerprint.Shows(p.WithText)
	for _, s := range p.Template {
		if t.least < carriedShingles && !inMost(s.Count, p) {
			continue
		}
		if of := t.known[s.Hash]; of != nil && s.Count >= shown {
			c.n++
			c.total += of.Rarity
			c.of[of.Text] += of.Rarity
			if s.Count >= least {
				c.bits += of.Rarity
			} else {
				c.bits += of.Once
			}
		}
	}
	return c
}

// share is the largest share of one text, or of all of them, that the account carries.
func (t *texts) share(c *carriedWork) float64 {
	share := c.total / t.total
	for text, total := range t.of {
		if total > 0 {
			share = math.Max(share, c.of[text]/total)
		}
	}
	return share
}

// shows is the chance that the text recurs for a carrier after n requests: until it does, an
// account with several texts in turn may show none of them, since a profile holds a sample of what
// was written once. The sightings of the commonest one are taken to be Poisson.
func (m *Model) shows(n uint32) float64 {
	if m.Pace == 0 {
		return 1
	}
	return distuv.Poisson{Lambda: m.Pace * float64(n)}.Survival(float64(fingerprint.Recurs(n)) - 1)
}

// fit compares the shared text, which a share of accounts like this one would show. same says that
// it is what the account's requests are, or a part of them that is unlike the rest, or that its
// rarity is at least unknown, which a text has that nobody else has.
func (t *texts) fit(
	p *fingerprint.Profile, showing, unknown float64,
) (bits float64, same bool) {
	c := t.carried(p)
	share := t.share(&c)
	if c.n < t.least || share < carriedText {
		return absence(showing), false
	}
	same = share >= sameText && t.cover(p, &c, c.rarity() >= unknown)
	limit := float64(maxFit)
	if same {
		limit = maxSameText
	}
	return math.Min(limit, c.rarity()) * math.Min(1, share/sameText), same
}

// cover says whether the texts that the account carries cover enough of its requests to speak
// alone; rare that nobody else has them.
func (t *texts) cover(p *fingerprint.Profile, c *carriedWork, rare bool) bool {
	if p.WithText < textRequests {
		return false
	}
	all := c.total >= sameText*t.total
	// What was written once may be a phrase of the text, and half of two requests is no habit.
	least := fingerprint.Recurs(p.WithText)
	var seen detectors.Sightings
	for _, s := range p.Template {
		if s.Count < least {
			continue
		}
		of := t.known[s.Hash]
		if of != nil && (all || c.of[of.Text] >= sameText*t.of[of.Text]) {
			seen.Shared(of.Text, s.Count)
		} else {
			seen.Other(s.Count)
		}
	}
	n := seen.Requests(p)
	return inMost(n, p) || isSlice(n, p) || rare && n >= rareRequests
}

// inMost says that what was seen n times is in half of the account's requests or more.
func inMost(n uint32, p *fingerprint.Profile) bool { return 2*n >= p.WithText }

// isSlice says that what was seen n times is a part of the account's requests that may speak alone.
func isSlice(n uint32, p *fingerprint.Profile) bool {
	return n >= sliceRequests && slicePart*n >= p.WithText
}

// absence is what it says of an account that it does not show what share of the members show.
func absence(share float64) float64 { return math.Log2(math.Max(background, 1-share)) }

// fitLayout compares the shared layout, minus infinity when the account does not write in it. alone
// says that it is a text whose words are changed each time: the layout of all members and of nobody
// else, in a part of the account's requests that may speak alone.
func (m *Model) fitLayout(p *fingerprint.Profile) (bits float64, alone bool) {
	bits = math.Inf(-1)
	least := fingerprint.Recurs(p.WithText)
	for _, s := range p.Layouts {
		if s.Hash != m.Layout || s.Count < least {
			continue
		}
		share := math.Min(1, float64(s.Count)/float64(max(p.WithText, 1)))
		bits = math.Max(bits, math.Min(maxFit, m.LayoutRarity)*math.Min(1, layoutFull*share))
		if m.layoutSpeaksAlone() && isSlice(s.Count, p) {
			alone = true
		}
	}
	return bits, alone
}

// layoutSpeaksAlone says that all members and nobody else write in the layout.
func (m *Model) layoutSpeaksAlone() bool {
	return m.LayoutShare >= nearlyAll && m.LayoutRarity >= maxFit
}
