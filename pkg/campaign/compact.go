package campaign

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// slabSize is how many accounts are allocated at once: one by one, each would be rounded up to the allocator's next size.
const slabSize = 128

// place finds room for a new account.
func (p *population) place() *account {
	if n := len(p.free); n > 0 {
		slot := p.free[n-1]
		p.free = p.free[:n-1]
		a := &p.slabs[slot/slabSize][slot%slabSize]
		*a = account{slot: slot}
		p.accounts[slot] = a
		return a
	}
	slot := int32(len(p.accounts))
	if slot%slabSize == 0 {
		p.slabs = append(p.slabs, make([]account, slabSize))
	}
	a := &p.slabs[slot/slabSize][slot%slabSize]
	a.slot = slot
	p.accounts = append(p.accounts, a)
	return a
}

// compact moves a profile's lists into as few pieces of memory as there are kinds, since a million of them are held.
// The readable labels come back packed: they are only read for an account in a finding.
func compact(p *fingerprint.Profile) (labels string) {
	p.PromptSketch = slices.Clip(p.PromptSketch)

	counted := make([]fingerprint.Counted, 0, len(p.Scaffold)+len(p.Skeletons)+facetValues(p))
	gather(&counted, &p.Scaffold)
	gather(&counted, &p.Skeletons)
	for f := range p.Facets {
		gather(&counted, &p.Facets[f])
	}
	hashes := make([]uint64, 0, len(p.Heads)+len(p.Rejected)+len(p.Orphans))
	gather(&hashes, &p.Heads)
	gather(&hashes, &p.Rejected)
	gather(&hashes, &p.Orphans)

	var b []byte
	for _, l := range p.Labels {
		at := slices.IndexFunc(p.Facets[l.Facet], func(c fingerprint.Counted) bool { return c.Hash == l.Hash })
		if at < 0 || len(l.Text) > fingerprint.MaxLabel {
			continue
		}
		b = append(b, byte(l.Facet), byte(at), byte(len(l.Text)))
		b = append(b, l.Text...)
	}
	p.Labels = nil
	return string(b)
}

func facetValues(p *fingerprint.Profile) (n int) {
	for _, f := range p.Facets {
		n += len(f)
	}
	return n
}

// gather moves a list into room for several.
func gather[T any](room, list *[]T) {
	if len(*list) == 0 {
		*list = nil
		return
	}
	at := len(*room)
	*room = append(*room, *list...)
	*list = (*room)[at:len(*room):len(*room)]
}

// eachLabel calls f for the account's values that have a readable form.
func (a *account) eachLabel(f func(facet fingerprint.Facet, hash uint64, text string)) {
	for b := a.labels; len(b) > 0; {
		facet, at, n := fingerprint.Facet(b[0]), int(b[1]), int(b[2])
		f(facet, a.profile.Facets[facet][at].Hash, b[3:3+n])
		b = b[3+n:]
	}
}

// label is the readable form of one value.
func (a *account) label(facet fingerprint.Facet, hash uint64) (text string, ok bool) {
	a.eachLabel(func(f fingerprint.Facet, h uint64, t string) {
		if f == facet && h == hash {
			text, ok = t, true
		}
	})
	return text, ok
}
