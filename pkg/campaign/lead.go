package campaign

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Lead is what an analyst can follow an account by: to the gateway's own log, to the records of
// payments and to the networks.
type Lead struct {
	// Created is the sign-up (Unix ms), 0 when unknown.
	Created int64
	// Sources is the estimated number of different addresses, 0 when unknown.
	Sources uint32
	// UserAgent and JA4 are the account's commonest client as it was sent.
	UserAgent, JA4 string
	// Networks and Systems are its commonest networks and autonomous systems, Payments, Issuers and
	// Devices the pseudonyms of what it is paid with and used from, each with the share (0..1) of
	// the account's requests.
	Networks, Systems, Payments, Issuers, Devices []ValueShare
	// Requests are some of its requests, newest first.
	Requests []Exemplar
}

// ValueShare is a value, as text or as a pseudonym, with its share (0..1) of an account's requests.
type ValueShare struct {
	Value string  `json:"value"`
	Share float64 `json:"share"`
}

// Carried says how far a request is one of those that a finding is about.
type Carried string

// What a request carried.
const (
	// CarriedShared is text or the layout that the members share.
	CarriedShared Carried = "shared"
	// CarriedTemplate is text of the account's own template; whether the members share it is not
	// known.
	CarriedTemplate Carried = "template"
	// CarriedUnknown is anything: the account has no template yet.
	CarriedUnknown Carried = "unknown"
)

// Exemplar is a request that the gateway's own log can be searched for, by the id with which the
// gateway sent it.
type Exemplar struct {
	ID string
	// Time is in Unix ms.
	Time    int64
	Carried Carried
}

// leadOf describes how to follow an account; m, if there is one, is what the members share.
func leadOf(a *index.Account, m *membership.Model) Lead {
	p := &a.Profile
	kept := p.Leads(func(stack uint64) string {
		text, _ := a.Label(attribute.Stack, stack)
		return text
	})
	l := Lead{
		Created: p.CreatedAt, Sources: p.Sources, UserAgent: kept.UserAgent, JA4: kept.JA4,
		Networks: valueShares(a, attribute.Network), Systems: valueShares(a, attribute.ASN),
		Payments: valueShares(a, attribute.Payment), Issuers: valueShares(a, attribute.Issuer),
		Devices: valueShares(a, attribute.Device),
	}
	for i := range kept.Exemplars {
		e := &kept.Exemplars[i]
		l.Requests = append(l.Requests, Exemplar{ID: e.ID, Time: e.Time, Carried: carriedBy(e, m)})
	}
	if slices.ContainsFunc(l.Requests, isShared) {
		// The others say less.
		l.Requests = slices.DeleteFunc(l.Requests, func(e Exemplar) bool { return !isShared(e) })
	}
	return l
}

func isShared(e Exemplar) bool { return e.Carried == CarriedShared }

// carriedBy says what a request carried of what the members share.
func carriedBy(e *fingerprint.Exemplar, m *membership.Model) Carried {
	shared := func(shingle uint64) bool { return membership.Carries(m, shingle) }
	switch {
	case m != nil && (slices.ContainsFunc(e.Shingles, shared) ||
		e.Layout != 0 && e.Layout == m.Layout):
		return CarriedShared
	case e.Template:
		return CarriedTemplate
	default:
		return CarriedUnknown
	}
}

// valueShares are the account's commonest values of an attribute.
func valueShares(a *index.Account, of attribute.Attribute) (list []ValueShare) {
	p := &a.Profile
	for _, c := range p.Values[of] {
		text := of.Pseudonym(c.Hash)
		if !of.HasPseudonym() {
			text, _ = a.Label(of, c.Hash)
		}
		if text != "" && p.Requests > 0 {
			list = append(list, ValueShare{text, min(1, float64(c.Count)/float64(p.Requests))})
		}
	}
	return list
}

const (
	// sharedValues bounds the values shown of one attribute, sharedMembers is the number of members
	// from which one is shown.
	sharedValues  = 8
	sharedMembers = 2
)

// listShared lists the values that several of the members show, commonest first in each attribute:
// what an analyst pivots on where a detector says that there are few. baseline is the population's
// share of a value.
func (x *shown) listShared(
	members []*index.Account, labels map[uint64]string,
	baseline func(a attribute.Attribute, value uint64) float64,
) {
	x.shared = x.shared[:0]
	for a := range attribute.Num {
		counts := map[uint64]int{}
		for _, m := range members {
			if v := m.Profile.Value(a); v != 0 {
				counts[v]++
			}
		}
		values := sortedKeys(counts)
		slices.SortStableFunc(values, func(v, w uint64) int {
			return cmp.Compare(counts[w], counts[v])
		})
		shown := 0
		for _, v := range values {
			text := textOf(a, v, labels)
			if shown == sharedValues || counts[v] < sharedMembers {
				break
			}
			if text == "" {
				continue
			}
			shown++
			x.shared = append(x.shared, SharedAttribute{
				Attribute: a.String(), Value: text, Members: counts[v],
				Share: float64(counts[v]) / float64(len(members)), Baseline: baseline(a, v),
			})
		}
	}
}

// textOf is how findings show a value, empty where it has no readable form.
func textOf(a attribute.Attribute, value uint64, labels map[uint64]string) string {
	switch {
	case a >= attribute.NumKept:
		return attribute.DayOf(value)
	case a.HasPseudonym():
		return a.Pseudonym(value)
	default:
		return labels[value]
	}
}
