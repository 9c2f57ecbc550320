package watch

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// matcher compares one tenant's profiles with a list.
type matcher struct {
	list *watchlist.List
	// keyed are the terms by the hash that they mean; compared remembers what was compared: values
	// are fewer than accounts.
	keyed, compared map[value][]watchlist.TermID
	// requests is scratch memory.
	requests map[watchlist.TermID]uint32
	// shown has, by slot, what an account was found to show: it is looked at again when its profile
	// has changed.
	shown []shown
}

// shown is what an account showed at an evaluation.
type shown struct {
	account    *index.Account
	evaluation int32
	hits       []hit
}

// hit is an indicator with the requests that show it.
type hit struct {
	indicator int
	requests  uint32
}

// value is a value of an attribute.
type value struct {
	of   attribute.Attribute
	hash uint64
}

// maxCompared bounds the values remembered: some 10 MB.
const maxCompared = 1 << 18

func newMatcher(l List, tenant string) *matcher {
	m := &matcher{
		list: l.List, keyed: map[value][]watchlist.TermID{},
		compared: map[value][]watchlist.TermID{}, requests: map[watchlist.TermID]uint32{},
	}
	if l.Hash == nil {
		return m
	}
	for _, k := range l.List.Keyed() {
		for _, h := range l.Hash(tenant, k.Attribute, k.Value) {
			if h != 0 {
				m.keyed[value{k.Attribute, h}] = append(m.keyed[value{k.Attribute, h}], k.Term)
			}
		}
	}
	return m
}

// hits lists the indicators that an account shows, in no order.
func (m *matcher) hits(a *index.Account, evaluation int32) []hit {
	for int(a.Slot) >= len(m.shown) {
		m.shown = append(m.shown, shown{})
	}
	k := &m.shown[a.Slot]
	if k.account == a && a.Changed <= k.evaluation {
		return k.hits
	}
	*k = shown{account: a, evaluation: evaluation}
	clear(m.requests)
	for of := range attribute.NumKept {
		if !m.list.Watches(of) {
			continue
		}
		for _, c := range a.Profile.Values[of] {
			for _, id := range m.terms(a, of, c.Hash) {
				m.requests[id] += c.Count
			}
		}
	}
	if len(m.requests) > 0 {
		m.list.Hits(m.requests, func(indicator int, requests uint32) {
			if requests >= signRequests {
				k.hits = append(k.hits, hit{indicator, requests})
			}
		})
	}
	return k.hits
}

// terms lists the terms that a value means.
func (m *matcher) terms(a *index.Account, of attribute.Attribute, hash uint64) []watchlist.TermID {
	v := value{of, hash}
	if terms, ok := m.keyed[v]; ok {
		return terms
	}
	if terms, ok := m.compared[v]; ok {
		return terms
	}
	text, ok := a.Label(of, hash)
	if !ok {
		return nil
	}
	if of == attribute.Stack && watchlist.IsCut(text) {
		if text, ok = a.Stack(hash); !ok {
			// Another account may know the rest of it.
			text, _ = a.Label(of, hash)
			return m.list.Terms(of, text)
		}
	}
	if len(m.compared) >= maxCompared {
		clear(m.compared)
	}
	terms := m.list.Terms(of, text)
	m.compared[v] = terms
	return terms
}
