package watch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// A match with a watch list is a tripwire and no evidence for a candidate: a list is somebody's
// claim. If it gave bits, whoever writes lists could make a benign group High, and a provider that
// shares what it found would find itself confirmed.

const (
	// broadShare is the share of a tenant's entities from which an indicator is too broad, whatever
	// it meant elsewhere: a popular client or a big provider of networks. In small populations
	// broadGroups times the smallest group may match.
	broadShare  = 0.01
	broadGroups = 2
	// maxSigns bounds the indicators that a finding names.
	maxSigns = 3
)

// List is what is watched for beside what Stillwatch finds itself.
type List struct {
	List *watchlist.List
	// Hash gives the hashes that a tenant's profiles may have for a value of an attribute without
	// a readable form, one for each secret in use.
	Hash func(tenant string, a attribute.Attribute, value string) []uint64
}

// Sighting says how many entities of a tenant, none of them in a campaign, show what an indicator
// describes.
type Sighting struct {
	Tenant         string
	Indicator      *watchlist.Indicator
	Entities, Live int
	// TooBroad says that these are so many that the indicator is not watched for.
	TooBroad bool
}

// lists watches for what a watch list describes.
type lists struct {
	o       Options
	matcher *matcher
}

// matches is what an indicator was found on.
type matches struct {
	members  []int32
	requests uint64
}

// Watch tells of the accounts that show what a list describes, one finding for all indicators of
// one subject. A finding whose subject no list describes any more ends: it was revoked, has expired
// or was taken off.
func (w *lists) Watch(v *View, r *Result) {
	described := map[string]bool{}
	if v.List.List == nil || v.List.List.Len() == 0 {
		w.matcher = nil
	} else {
		w.match(v, r, described)
	}
	for _, id := range v.open(WatchLists) {
		if f := v.Findings[id]; !f.Closing && !described[f.Subject] {
			r.Closings = append(r.Closings, Closing{id, Withdrawn})
		}
	}
}

// match reports what the list in force was found on, and collects the subjects that it describes.
func (w *lists) match(v *View, r *Result, described map[string]bool) {
	if w.matcher == nil || w.matcher.list != v.List.List {
		w.matcher = newMatcher(v.List, v.Tenant)
	}
	list := v.List.List
	found := w.found(v)
	live := v.Search.Population.Entities()
	most := max(broadGroups*v.Search.Options.MinGroup, int(broadShare*float64(live)))
	subjects := map[string][]int{}
	for i := range list.Indicators {
		in := &list.Indicators[i]
		if in.Expired(v.Now) {
			continue
		}
		described[in.Subject()] = true
		if len(found[i].members) == 0 {
			continue
		}
		n := v.Search.Population.CountEntities(found[i].members)
		if v.Sighted != nil {
			v.Sighted(Sighting{v.Tenant, in, n, live, n > most})
		}
		if n <= most {
			subjects[in.Subject()] = append(subjects[in.Subject()], i)
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		members, ok := w.join(v, found, subjects[subject])
		if !ok {
			continue
		}
		r.Proposals = append(r.Proposals, Proposal{
			ID: v.tripwireID(string(WatchLists) + "\x00" + subject), Tripwire: WatchLists,
			Subject: subject, Signs: signs(list, subjects[subject]), Group: v.measure(members),
		})
	}
}

// found lists, per indicator, the accounts that no campaign explains and that show it.
func (w *lists) found(v *View) []matches {
	list, p := v.List.List, v.Search.Population
	out := make([]matches, list.Len())
	for n, a := range p.Slots {
		if a == nil || v.Search.Claims.Has(int32(n)) {
			continue
		}
		for _, h := range w.matcher.hits(a, p.Evaluation) {
			if i := h.indicator; !list.Indicators[i].Expired(v.Now) {
				out[i].members = append(out[i].members, int32(n))
				out[i].requests += uint64(h.requests)
			}
		}
	}
	return out
}

// join lists all accounts that the indicators of one subject were found on; ok is false when these
// are not enough for a finding: a group of accounts, or as many requests as make a single account
// worth a look.
func (w *lists) join(v *View, found []matches, indicators []int) (members []int32, ok bool) {
	seen := map[int32]bool{}
	requests := uint64(0)
	for _, i := range indicators {
		// Requests that show several signs are counted once, for the sign that most show.
		requests = max(requests, found[i].requests)
		for _, slot := range found[i].members {
			if !seen[slot] {
				seen[slot] = true
				members = append(members, slot)
			}
		}
	}
	p := v.Search.Population
	few := p.CountEntities(members) < v.Search.Options.MinGroup
	if few && requests < uint64(w.o.AccountRequests) {
		return nil, false
	}
	p.Sort(members)
	return members, true
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
