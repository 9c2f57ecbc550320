package review

import (
	"cmp"
	"slices"
)

// History is what the audit says of verdicts: the topic's records, read in any order and as often
// as they come.
type History struct {
	past map[string]*Past
	// order lists the identities in the order in which they were first met.
	order []string
}

// Past is what became of one verdict.
type Past struct {
	Verdict Verdict
	// Entries are its entries in order, each once.
	Entries []Entry
}

// Add takes an entry in.
func (h *History) Add(e *Entry) {
	key := e.Verdict.Tenant + "\x00" + e.Verdict.ID
	if h.past == nil {
		h.past = map[string]*Past{}
	}
	p := h.past[key]
	if p == nil {
		p = &Past{Verdict: e.Verdict}
		h.past[key] = p
		h.order = append(h.order, key)
	}
	at, known := slices.BinarySearchFunc(p.Entries, e.Number, func(o Entry, number int) int {
		return cmp.Compare(o.Number, number)
	})
	if !known {
		p.Entries = slices.Insert(p.Entries, at, *e)
	}
}

// Find is what became of a verdict, nil when the audit has nothing of it.
func (h *History) Find(tenant, id string) *Past { return h.past[tenant+"\x00"+id] }

// All lists the verdicts in the order in which they were met.
func (h *History) All() []*Past {
	out := make([]*Past, 0, len(h.order))
	for _, key := range h.order {
		out = append(out, h.past[key])
	}
	return out
}

// Ended is how the verdict ended: Unknown, Expired or Revoked, or empty while it is in force. A
// Reopen and a Revoke do what they do at once: they are Applied.
func (p *Past) Ended() Event {
	for _, e := range p.Entries {
		switch e.Event {
		case Unknown, Expired, Revoked:
			return e.Event
		case Given, Applied, Changed:
		}
	}
	if p.Verdict.Action == Reopen || p.Verdict.Action == Revoke {
		return Applied
	}
	return ""
}

// Label is what analysts judged of accounts: that they harvest together, or that they do not.
type Label struct {
	Tenant string
	// Confirmed says that they do; else they were dismissed.
	Confirmed bool
	// Accounts are those that were judged, as many as the audit names.
	Accounts []string
}

// Labels lists what analysts judged, of several judgements of one finding the last. What was
// revoked or reopened is no judgement any more; what has expired or changed was one of the accounts
// that it names. An Allow says nothing about whether accounts harvest.
func (h *History) Labels() (out []Label) {
	type judgement struct {
		Label

		time int64
	}
	last := map[string]judgement{}
	put := func(key string, j judgement) {
		if known, ok := last[key]; !ok || j.time >= known.time {
			last[key] = j
		}
	}
	for _, p := range h.All() {
		ended := p.Ended()
		if ended == Revoked || ended == Unknown || p.Verdict.Action == Revoke {
			continue
		}
		v := &p.Verdict
		label := Label{Tenant: v.Tenant, Confirmed: v.Action == Confirm}
		for i := range p.Entries {
			e := &p.Entries[i]
			switch {
			case e.Event == Applied:
				j := judgement{label, e.Time}
				if v.Action == Confirm || v.Action == Dismiss {
					j.Accounts = e.Accounts
				}
				put(v.Tenant+"\x00finding\x00"+e.Campaign, j)
			case e.Event == Given && len(v.Scope.Accounts) > 0 &&
				(v.Action == Confirm || v.Action == Dismiss):
				j := judgement{label, e.Time}
				j.Accounts = v.Scope.Accounts
				put(v.Tenant+"\x00verdict\x00"+v.ID, j)
			}
		}
	}
	keys := make([]string, 0, len(last))
	for key := range last {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if j := last[key]; len(j.Accounts) > 0 {
			out = append(out, j.Label)
		}
	}
	return out
}
