package watchlist

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// TermID numbers the different terms of a list.
type TermID int32

// Keyed is a term on what profiles keep as a keyed hash only.
type Keyed struct {
	Term      TermID
	Attribute attribute.Attribute
	Value     string
}

// index finds the terms that a value means, and the indicators that terms add up to.
type index struct {
	terms []Term
	// equal and networks look terms up by value; short lists those whose value was cut, and scanned
	// those that are to be tried.
	equal    map[Observable]map[string]TermID
	networks map[netip.Prefix]TermID
	short    map[Observable][]TermID
	scanned  map[Observable][]TermID
	keyed    []Keyed
	watched  [attribute.NumKept]bool
	// indicators has, per indicator and alternative, its terms; byTerm the indicators in which a
	// term is.
	indicators [][][]TermID
	byTerm     [][]int32
}

// makeIndex numbers the terms of the indicators.
func makeIndex(list []Indicator) index {
	x := index{
		equal: map[Observable]map[string]TermID{}, networks: map[netip.Prefix]TermID{},
		short: map[Observable][]TermID{}, scanned: map[Observable][]TermID{},
	}
	ids := map[string]TermID{}
	for n := range list {
		var alternatives [][]TermID
		for _, all := range list[n].Pattern {
			var of []TermID
			for i := range all {
				id, ok := ids[all[i].String()]
				if !ok {
					id = x.add(all[i])
					ids[all[i].String()] = id
				}
				of = append(of, id)
				if at := x.byTerm[id]; len(at) == 0 || at[len(at)-1] != int32(n) {
					x.byTerm[id] = append(at, int32(n))
				}
			}
			alternatives = append(alternatives, of)
		}
		x.indicators = append(x.indicators, alternatives)
	}
	return x
}

func (x *index) add(t Term) TermID {
	id := TermID(len(x.terms))
	x.terms = append(x.terms, t)
	x.byTerm = append(x.byTerm, nil)
	a := t.Observable.Attribute
	x.watched[a] = true
	switch {
	case t.Observable.keyed():
		x.keyed = append(x.keyed, Keyed{Term: id, Attribute: a, Value: t.Value})
	case t.Observable == Network:
		x.networks[t.prefix] = id
	case t.scanned():
		x.scanned[t.Observable] = append(x.scanned[t.Observable], id)
	case strings.HasSuffix(t.Value, ellipsis):
		x.short[t.Observable] = append(x.short[t.Observable], id)
	default:
		if x.equal[t.Observable] == nil {
			x.equal[t.Observable] = map[string]TermID{}
		}
		x.equal[t.Observable][t.Value] = id
	}
	return id
}

// Len is the number of indicators.
func (l *List) Len() int { return len(l.Indicators) }

// Watches says whether any term is about an attribute.
func (l *List) Watches(a attribute.Attribute) bool { return l.index.watched[a] }

// Keyed lists the terms whose values have to be hashed with a tenant's key to be compared.
func (l *List) Keyed() []Keyed { return l.index.keyed }

// Terms lists the terms that an attribute's value means, by its readable form.
func (l *List) Terms(a attribute.Attribute, label string) []TermID {
	if label == "" || !l.index.watched[a] {
		return nil
	}
	x := &l.index
	var out []TermID
	if a == attribute.Network {
		out = x.network(out, label)
	} else {
		for _, p := range a.Spec().Watch {
			out = x.text(out, Observable{a, p.Part}, part(a, p.Part, label))
		}
	}
	slices.Sort(out)
	return out
}

// part is the part of an attribute's readable form that is compared.
func part(a attribute.Attribute, of attribute.Part, label string) string {
	agent, ja4 := "", ""
	if of != attribute.Whole {
		agent, ja4 = Client(label)
	}
	switch {
	case of == attribute.UserAgent:
		return agent
	case of == attribute.JA4:
		return ja4
	case a == attribute.ASN:
		// A pattern has the number alone.
		return strings.TrimPrefix(label, "AS")
	default:
		return label
	}
}

// ellipsis ends what was cut to size.
const ellipsis = "…"

// IsCut tells whether a readable form was cut to size.
func IsCut(label string) bool { return strings.HasSuffix(label, ellipsis) }

func (x *index) text(out []TermID, o Observable, label string) []TermID {
	if label == "" {
		return out
	}
	label = fold(label)
	whole, isCut := strings.CutSuffix(label, ellipsis)
	if id, ok := x.equal[o][label]; ok {
		out = append(out, id)
	}
	// What was cut, here or where the list was made, is compared as far as it goes.
	if isCut {
		for value, id := range x.equal[o] {
			if strings.HasPrefix(value, whole) {
				out = append(out, id)
			}
		}
	}
	for _, id := range x.short[o] {
		if short := strings.TrimSuffix(
			x.terms[id].Value, ellipsis,
		); strings.HasPrefix(whole, short) || isCut && strings.HasPrefix(short, whole) {
			out = append(out, id)
		}
	}
	// An id was taken out of a user agent; where an expression has room for one, there was one.
	whole = strings.ReplaceAll(whole, "#", strings.Repeat("0", 16))
	for _, id := range x.scanned[o] {
		if x.terms[id].expression.MatchString(whole) {
			out = append(out, id)
		}
	}
	return out
}

func (x *index) network(out []TermID, label string) []TermID {
	prefix, err := netip.ParsePrefix(label)
	if err != nil {
		return out
	}
	for bits := prefix.Bits(); bits > 0; bits-- {
		wider, err := prefix.Addr().Prefix(bits)
		if err != nil {
			return out
		}
		if id, ok := x.networks[wider]; ok {
			out = append(out, id)
		}
	}
	return out
}

// Hits visits the indicators that an account shows, in no order, with the number of requests:
// requests has how many carried each term. Terms that stand together count as often as the rarest
// of them.
func (l *List) Hits(requests map[TermID]uint32, visit func(indicator int, requests uint32)) {
	seen := map[int32]bool{}
	for term := range requests {
		for _, n := range l.index.byTerm[term] {
			if seen[n] {
				continue
			}
			seen[n] = true
			best := uint32(0)
			for _, all := range l.index.indicators[n] {
				least := ^uint32(0)
				for _, id := range all {
					least = min(least, requests[id])
				}
				best = max(best, least)
			}
			if best > 0 {
				visit(int(n), best)
			}
		}
	}
}

// ja4Mark stands before the TLS fingerprint in the readable form of a client stack.
const ja4Mark = "ja4="

// SplitStack takes the readable form of a client stack, "<user agent> ja4=<fingerprint>", apart;
// either may be missing. What has no whole fingerprint at its end (labels are cut to size) is all
// user agent.
func SplitStack(stack string) (agent, fingerprint string) {
	i := strings.LastIndex(stack, ja4Mark)
	if i < 0 || !isJA4(stack[i+len(ja4Mark):]) || i > 0 && stack[i-1] != ' ' {
		return stack, ""
	}
	return stack[:max(0, i-1)], stack[i+len(ja4Mark):]
}

// Client takes the readable form of a client stack apart, like SplitStack, and leaves out a
// fingerprint that was cut.
func Client(stack string) (agent, fingerprint string) {
	agent, fingerprint = SplitStack(stack)
	if i := strings.LastIndex(agent, " "+ja4Mark); i >= 0 && strings.HasSuffix(agent, ellipsis) {
		agent = agent[:i]
	}
	return agent, fingerprint
}

// isJA4 tells whether s is a whole JA4 fingerprint, such as t13d1516h2_8daaf6152771_e5627efa2ab1.
func isJA4(s string) bool {
	if len(s) != 36 || s[10] != '_' || s[23] != '_' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return true
}
