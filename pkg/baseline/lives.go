package baseline

import (
	"math/bits"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Lives is when some accounts were first and last seen: what others are compared with that stop.
type Lives []life

type life struct {
	first, last int64
	requests    uint32
}

// Add takes in an account.
func (l *Lives) Add(p *fingerprint.Profile) {
	*l = append(*l, life{p.FirstSeen, p.LastSeen, p.Requests})
}

// leastControls is the number of accounts from which a share of them is compared with: it is
// within 12 points (two standard errors at 50 %).
const leastControls = 64

// Stopped is the share of accounts that were silent from a moment on, of those that were there
// before and active since a time.
type Stopped struct {
	// all is of all accounts, byRequests of those with as many requests, within a factor of two;
	// the slower an account, the oftener it is silent.
	all        tally
	byRequests [33]tally
}

type tally struct{ stopped, n float64 }

func (t *tally) add(stopped bool) {
	t.n++
	if stopped {
		t.stopped++
	}
}

// Stopped counts, of the accounts first seen before a moment and active at a time or after, those
// that were silent from the silence on.
func (l Lives) Stopped(before, active, silence int64) *Stopped {
	var s Stopped
	for _, x := range l {
		if x.first >= before || x.last < active {
			continue
		}
		s.all.add(x.last < silence)
		s.byRequests[bits.Len32(x.requests)].add(x.last < silence)
	}
	return &s
}

// Share is the share of those with as many requests as the account, or of all where they are few;
// ok is false where these are few too.
func (s *Stopped) Share(p *fingerprint.Profile) (share float64, ok bool) {
	t := &s.byRequests[bits.Len32(p.Requests)]
	if t.n < leastControls {
		t = &s.all
	}
	if t.n < leastControls {
		return 0, false
	}
	return t.stopped / t.n, true
}
