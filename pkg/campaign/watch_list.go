package campaign

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// A match with a watch list is a tripwire of its own and no evidence for a candidate: a list is somebody's claim. If it gave bits, whoever writes lists could make
// an honest group High, and a provider that shares what it found would find itself confirmed.

const (
	// watchSigns is how many requests must show what an indicator describes to make an account one that matches: a network is left again, a client is tried once.
	watchSigns = relaySigns
	// watchShare is the share of a tenant's entities from which an indicator is too broad, whatever it meant elsewhere: a popular client or a big provider of networks.
	// In small populations twice the smallest group may match.
	watchShare = 0.01
	// maxSigns bounds the indicators that a finding names.
	maxSigns = 3
)

// WatchList is what the engine watches for beside what it finds itself.
type WatchList struct {
	List *watchlist.List
	// Hash gives the hashes that a tenant's profiles may have for a value of a facet without a readable form, one for each secret in use.
	Hash func(tenant string, f fingerprint.Facet, value string) []uint64
}

// Sighting says how many entities of a tenant, none of them in a campaign, show what an indicator describes.
type Sighting struct {
	Tenant         string
	Indicator      *watchlist.Indicator
	Entities, Live int
	// TooBroad says that these are so many that the indicator is not watched for.
	TooBroad bool
}

// SetWatchList replaces what is watched for, from the next evaluation on.
func (e *Engine) SetWatchList(w WatchList) { e.list = w }

// matcher compares one tenant's profiles with a list.
type matcher struct {
	list *watchlist.List
	// keyed are the terms by the hash that they mean; known remembers what was compared: values are fewer than accounts.
	keyed, known map[value][]watchlist.TermID
	requests     map[watchlist.TermID]uint32
	// kept has, by slot, what an account was found to show: it is looked at again when its profile has changed.
	kept []shown
}

// shown is what an account showed at an evaluation.
type shown struct {
	account    *account
	evaluation int32
	hits       []hit
}

// hit is an indicator with the requests that show it.
type hit struct {
	indicator int
	requests  uint32
}

// value is a value of a facet.
type value struct {
	facet fingerprint.Facet
	hash  uint64
}

// maxKnown bounds the values remembered.
const maxKnown = 1 << 18

func newMatcher(w WatchList, tenant string) *matcher {
	m := &matcher{
		list: w.List, keyed: map[value][]watchlist.TermID{}, known: map[value][]watchlist.TermID{}, requests: map[watchlist.TermID]uint32{},
	}
	if w.Hash == nil {
		return m
	}
	for _, k := range w.List.Keyed() {
		for _, h := range w.Hash(tenant, k.Facet, k.Value) {
			if h != 0 {
				m.keyed[value{k.Facet, h}] = append(m.keyed[value{k.Facet, h}], k.Term)
			}
		}
	}
	return m
}

// hits lists the indicators that an account shows, in no order.
func (m *matcher) hits(a *account, evaluation int32) []hit {
	for int(a.slot) >= len(m.kept) {
		m.kept = append(m.kept, shown{})
	}
	k := &m.kept[a.slot]
	if k.account == a && a.changed <= k.evaluation {
		return k.hits
	}
	*k = shown{account: a, evaluation: evaluation}
	p := &a.profile
	clear(m.requests)
	for f := range fingerprint.NumFacets {
		if !m.list.Watches(f) {
			continue
		}
		for _, c := range p.Facets[f] {
			for _, id := range m.terms(a, f, c.Hash) {
				m.requests[id] += c.Count
			}
		}
	}
	if len(m.requests) > 0 {
		m.list.Hits(m.requests, func(indicator int, requests uint32) {
			if requests >= watchSigns {
				k.hits = append(k.hits, hit{indicator, requests})
			}
		})
	}
	return k.hits
}

// terms lists the terms that a value means.
func (m *matcher) terms(a *account, f fingerprint.Facet, hash uint64) []watchlist.TermID {
	v := value{f, hash}
	if terms, ok := m.keyed[v]; ok {
		return terms
	}
	if terms, ok := m.known[v]; ok {
		return terms
	}
	text, ok := a.label(f, hash)
	if !ok {
		return nil
	}
	if len(m.known) >= maxKnown {
		clear(m.known)
	}
	terms := m.list.Terms(f, text)
	m.known[v] = terms
	return terms
}

// matched is what an indicator, or all of one subject, were found on.
type matched struct {
	members  []int32
	requests uint64
}

// match lists, per indicator, the accounts that no campaign explains and that show it.
func (s *search) match(m *matcher, now int64) []matched {
	found := make([]matched, m.list.Len())
	for n, a := range s.pop.accounts {
		if a == nil || s.taken[int32(n)] {
			continue
		}
		for _, h := range m.hits(a, s.pop.evaluation) {
			if i := h.indicator; !m.list.Indicators[i].Expired(now) {
				found[i].members = append(found[i].members, int32(n))
				found[i].requests += uint64(h.requests)
			}
		}
	}
	return found
}

// watchLists tells of the accounts that show what a list describes, one finding for all indicators of one subject.
func (e *Engine) watchLists(t *tenant, homes map[string]*Campaign, s *search, now int64, touched map[string]bool) {
	if e.list.List == nil || e.list.List.Len() == 0 {
		t.matcher = nil
		expire(homes, nil)
		return
	}
	if t.matcher == nil || t.matcher.list != e.list.List {
		t.matcher = newMatcher(e.list, t.name)
	}
	list := e.list.List
	live := len(s.pop.entities)
	most := max(2*s.o.MinGroup, int(watchShare*float64(live)))
	subjects := map[string][]int{}
	current := map[string]bool{}
	by := s.match(t.matcher, now)
	for i := range list.Indicators {
		in := &list.Indicators[i]
		if in.Expired(now) {
			continue
		}
		current[in.Subject()] = true
		if len(by[i].members) == 0 {
			continue
		}
		n := s.pop.weigh(by[i].members)
		if e.Sighted != nil {
			e.Sighted(Sighting{Tenant: t.name, Indicator: in, Entities: n, Live: live, TooBroad: n > most})
		}
		if n <= most {
			subjects[in.Subject()] = append(subjects[in.Subject()], i)
		}
	}
	for _, subject := range sortedKeys(subjects) {
		f, ok := s.gather(by, subjects[subject])
		if !ok {
			continue
		}
		c := e.notice(t, homes, KindTripwire, tripWatchList+"\x00"+subject, f, s, now, touched)
		c.Tripwire, c.Subject, c.Signs = tripWatchList, subject, signs(list, subjects[subject])
	}
	expire(homes, current)
}

// gather joins what the indicators of one subject were found on, when it is enough to tell of: a group of accounts, or as many requests as make a single account
// worth a look.
func (s *search) gather(by []matched, indicators []int) (found, bool) {
	seen := map[int32]bool{}
	var members []int32
	requests := uint64(0)
	for _, i := range indicators {
		// Requests that show several signs are counted once, for the sign that most show.
		requests = max(requests, by[i].requests)
		for _, slot := range by[i].members {
			if !seen[slot] {
				seen[slot] = true
				members = append(members, slot)
			}
		}
	}
	if s.pop.weigh(members) < s.o.MinGroup && requests < uint64(s.o.AccountRequests) {
		return found{}, false
	}
	s.pop.sort(members)
	return s.tripped(members, tripWatchList), true
}

// signs names the indicators that a finding is about.
func signs(list *watchlist.List, indicators []int) (out []string) {
	for _, i := range indicators[:min(len(indicators), maxSigns)] {
		in := &list.Indicators[i]
		title := in.Title()
		if in.Confidence >= 0 {
			title += fmt.Sprintf(", confidence %d", in.Confidence)
		}
		out = append(out, title+", "+in.ID)
	}
	if more := len(indicators) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return out
}

// expire ends the findings whose subject no list describes any more: it was revoked, has expired or was taken off.
func expire(homes map[string]*Campaign, current map[string]bool) {
	for _, c := range homes {
		if c.Tripwire == tripWatchList && c.closing == "" && !current[c.Subject] {
			c.closing = "withdrawn"
		}
	}
}
