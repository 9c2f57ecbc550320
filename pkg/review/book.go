package review

import (
	"cmp"
	"slices"
)

// Held is a verdict that the service keeps.
type Held struct {
	Verdict Verdict `json:"verdict"`
	// Number is the order in which verdicts came, from 1: of several that cover something the last
	// counts.
	Number int64 `json:"number"`
	// Entries counts its audit entries.
	Entries int `json:"entries"`
	// Ended is when it was revoked or expired (Unix ms), 0 while it is in force.
	Ended int64 `json:"ended,omitempty"`
}

// remember is how long a verdict that has ended is kept, in milliseconds of event time: its record
// may come again when who passed it on was stopped, and must not be in force again then. That is a
// matter of seconds; a day leaves room for a service that stood still.
const remember = 86_400_000

// Book holds the verdicts of one tenant.
type Book struct {
	held []*Held
}

// Len counts the verdicts that are held.
func (b *Book) Len() int { return len(b.held) }

// All lists the verdicts that are held, in the order in which they came.
func (b *Book) All() []*Held { return b.held }

// Put takes a verdict in, in its place; one with the same ID is replaced.
func (b *Book) Put(h *Held) {
	if i := slices.IndexFunc(b.held, func(o *Held) bool {
		return o.Verdict.ID == h.Verdict.ID
	}); i >= 0 {
		b.held[i] = h
	} else {
		b.held = append(b.held, h)
	}
	slices.SortFunc(b.held, func(x, y *Held) int { return cmp.Compare(x.Number, y.Number) })
}

// Find is the verdict of that ID, nil when there is none.
func (b *Book) Find(id string) *Held {
	for _, h := range b.held {
		if h.Verdict.ID == id {
			return h
		}
	}
	return nil
}

// Expire ends what has expired by now (Unix ms) and returns it.
func (b *Book) Expire(now int64) (expired []*Held) {
	for _, h := range b.held {
		if x := h.Verdict.Expires; h.Ended == 0 && x != 0 && x <= now {
			h.Ended = now
			expired = append(expired, h)
		}
	}
	return expired
}

// Forget drops what ended long ago and returns it.
func (b *Book) Forget(now int64) (forgotten []*Held) {
	b.held = slices.DeleteFunc(b.held, func(h *Held) bool {
		old := h.Ended != 0 && now-h.Ended > remember
		if old {
			forgotten = append(forgotten, h)
		}
		return old
	})
	return forgotten
}

// Subject is a campaign that verdicts may be about.
type Subject struct {
	// Findings are the UIDs of its findings, Campaign is its identity.
	Findings []string
	Campaign string
	// After is the number of the last verdict that no longer counts for it.
	After int64
	// Share is the share of its members that a scope covers.
	Share func(s *Scope) float64
}

// coveredShare is the share of members from which a verdict on whoever shows something is one on
// the group: a few others, who were taken in by chance, do not make it another group.
const coveredShare = 0.9

// On is the verdict in force on a subject, the last that came; nil when there is none.
func (b *Book) On(s *Subject) *Held {
	for _, h := range slices.Backward(b.held) {
		if h.Number <= s.After {
			return nil
		}
		if h.Ended == 0 && h.Verdict.Action != Reopen && h.Verdict.Action != Revoke && s.isOf(h) {
			return h
		}
	}
	return nil
}

func (s *Subject) isOf(h *Held) bool {
	scope := &h.Verdict.Scope
	switch {
	case scope.Finding != "":
		return slices.Contains(s.Findings, scope.Finding)
	case scope.Campaign != "":
		return scope.Campaign == s.Campaign
	default:
		return s.Share(scope) >= coveredShare
	}
}

// OnAccount is what the last verdict in force on whoever shows something says of an account, empty
// when there is none: verdicts on a finding are not asked. Of those up to the number after, only
// the ones that name the account itself count: the others no longer count for its group.
func (b *Book) OnAccount(a Account, after int64) Action {
	for _, h := range slices.Backward(b.held) {
		scope := &h.Verdict.Scope
		if h.Ended != 0 || scope.One() || h.Number <= after && len(scope.Accounts) == 0 {
			continue
		}
		if scope.Covers(a) {
			return h.Verdict.Action
		}
	}
	return ""
}

// Personal says whether any verdict in force is on whoever shows something: else OnAccount need not
// be asked.
func (b *Book) Personal() bool {
	return slices.ContainsFunc(b.held, func(h *Held) bool {
		return h.Ended == 0 && h.Verdict.Scope.parts() > 0 && !h.Verdict.Scope.One()
	})
}
