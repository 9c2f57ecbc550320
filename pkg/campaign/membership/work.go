package membership

import (
	"math"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const (
	// carriedText is the share of the shared text (by rarity) from which an account carries it,
	// sameText the share from which it is the same text: half is as good as all of it, since an
	// account meets a pool's templates one after the other.
	carriedText = 0.1
	sameText    = 0.5
	// carriedShingles is the least number of shared shingles that an account must carry, and the
	// least that the model must have: one may be a phrase.
	carriedShingles = 2
	// textRequests is the number of requests with text from which an account's text can recur,
	// sameTextRequests and sameLayoutRequests from which it may speak alone, layoutRequests from
	// which the absence of a layout says something.
	textRequests       = 2
	sameTextRequests   = 3
	sameLayoutRequests = 5
	layoutRequests     = 4
	// layoutFull is the part of the requests in the layout from which it counts in full: a quarter.
	layoutFull = 4
)

// fitWork is the bits of the work family; same says that the account's requests are mostly the
// shared text; ok is false while the account has sent too little to tell.
func (m *Model) fitWork(p *fingerprint.Profile) (bits float64, same, ok bool) {
	bits = math.Inf(-1)
	if len(m.Shingles) >= carriedShingles && p.WithText >= textRequests {
		bits, same = m.fitText(p)
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

// fitText compares the shared text. same says that it is in most of the account's requests.
func (m *Model) fitText(p *fingerprint.Profile) (bits float64, same bool) {
	if m.rarity == nil {
		m.rarity = make(map[uint64]float64, len(m.Shingles))
		for _, s := range m.Shingles {
			m.rarity[s.Hash] = s.Rarity
			m.total += s.Rarity
		}
	}
	least := fingerprint.Recurs(p.WithText)
	carried := 0.0
	n := 0
	var most uint32
	for _, s := range p.Template {
		if r, shared := m.rarity[s.Hash]; shared && s.Count >= least {
			carried += r
			most = max(most, s.Count)
			n++
		}
	}
	share := carried / m.total
	if n < carriedShingles || share < carriedText {
		return absence(m.Carriers), false
	}
	same = share >= sameText && inMost(most, p) && p.WithText >= sameTextRequests
	limit := float64(maxFit)
	if same {
		limit = maxSameText
	}
	return math.Min(limit, m.total/float64(len(m.Shingles))) * math.Min(1, share/sameText), same
}

// inMost says that what was seen n times is in half of the account's requests or more.
func inMost(n uint32, p *fingerprint.Profile) bool { return 2*n >= p.WithText }

// absence is what it says of an account that it does not show what share of the members show.
func absence(share float64) float64 { return math.Log2(math.Max(background, 1-share)) }

// fitLayout compares the shared layout, minus infinity when the account does not write in it. alone
// says that it is a text whose words are changed each time: the layout of all members and of nobody
// else, in most of the account's requests.
func (m *Model) fitLayout(p *fingerprint.Profile) (bits float64, alone bool) {
	bits = math.Inf(-1)
	least := fingerprint.Recurs(p.WithText)
	for _, s := range p.Layouts {
		if s.Hash != m.Layout || s.Count < least {
			continue
		}
		share := math.Min(1, float64(s.Count)/float64(max(p.WithText, 1)))
		bits = math.Max(bits, math.Min(maxFit, m.LayoutRarity)*math.Min(1, layoutFull*share))
		if m.layoutSpeaksAlone() && inMost(s.Count, p) && p.WithText >= sameLayoutRequests {
			alone = true
		}
	}
	return bits, alone
}

// layoutSpeaksAlone says that all members and nobody else write in the layout.
func (m *Model) layoutSpeaksAlone() bool {
	return m.LayoutShare >= nearlyAll && m.LayoutRarity >= maxFit
}
