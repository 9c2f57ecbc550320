package index

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Kind says what a posting is about.
type Kind uint8

// The kinds that are about no single attribute. Those of attributes have the numbers that the table
// of attributes gives them.
const (
	ByShingle      Kind = 0
	ByLayout       Kind = 1
	ByClient       Kind = 5
	ByIssuerCohort Kind = 7
	ByStackCohort  Kind = 8
	ByRelay        Kind = 10
	// ByServed is of who was served a conversation, ByContinued of who continued one that it was
	// not served.
	ByServed    Kind = 11
	ByContinued Kind = 12
	// ByReasoning is of who was given a reasoning block, and of who presents one that it was not
	// given: see reasoningKey.
	ByReasoning Kind = 13
	// ByLink is no posting, and has no room in a key: LinkedGroups finds its groups.
	ByLink Kind = kinds
)

// kinds is how many kinds a key can tell apart.
const kinds = 1 << kindBits

// posted are the attributes whose values have postings.
var posted = attribute.Where(func(s *attribute.Spec) bool { return s.Posting != 0 })

// grouped says of each kind whether groups are looked for by it. ByShingle is not among them:
// ShingleGroups takes shingles with nearly the same accounts as one.
var grouped = func() (is [kinds]bool) {
	for _, k := range [...]Kind{ByLayout, ByClient, ByIssuerCohort, ByStackCohort, ByRelay} {
		is[k] = true
	}
	for _, a := range posted {
		is[KindOf(a)] = a.Spec().Group != ""
	}
	return is
}()

// KindOf is the kind of the postings of an attribute's values.
func KindOf(a attribute.Attribute) Kind { return Kind(a.Spec().Posting) }

// Key names a posting: its kind in the top four bits over 60 bits of hash.
type Key uint64

const (
	kindBits  = 4
	kindShift = 64 - kindBits
)

// MakeKey makes a key. It has no room for the lowest bits of the hash.
func MakeKey(kind Kind, hash uint64) Key { return Key(uint64(kind)<<kindShift | hash>>kindBits) }

// Kind is what the posting is about.
func (k Key) Kind() Kind { return Kind(k >> kindShift) }

// hash is the key without its kind.
func (k Key) hash() uint64 { return uint64(k) &^ (uint64(1<<kindBits-1) << kindShift) }

// isConversation says that the posting is of a conversation.
func (k Key) isConversation() bool { return k.Kind() == ByServed || k.Kind() == ByContinued }

// onceBit is the bit of a shingle's key that tells who wrote it once (1) from in whose prompts it
// recurs (0): no kind is free.
const onceBit = 1

// ShingleKey names the posting of the accounts in whose prompts a shingle recurs, or of those that
// wrote it once and have sent little else.
func ShingleKey(hash uint64, once bool) Key {
	k := MakeKey(ByShingle, hash) &^ onceBit
	if once {
		k |= onceBit
	}
	return k
}

// counterpart is the posting of who continued what an account was served, or of who presents the
// reasoning that it was given, and the other way round.
func (k Key) counterpart() Key {
	other := ByContinued
	switch k.Kind() {
	case ByContinued:
		other = ByServed
	case ByReasoning:
		return k ^ sideBit
	}
	return Key(k.hash()) | Key(other)<<kindShift
}

// ValueKey names the posting of the accounts that show a value of an attribute; where the table
// says so, they show it besides their commonest value.
func ValueKey(a attribute.Attribute, value uint64) Key {
	if a >= attribute.NumKept {
		// A day is a small number, and a key has no room for the lowest bits.
		value = Mix(value, 0)
	}
	return MakeKey(KindOf(a), value)
}

// ClientKey names the posting of the accounts that use a client with these parameters.
func ClientKey(stack, params uint64) Key { return MakeKey(ByClient, Mix(stack, params)) }

// cohortDays is the width of the sign-up windows in days; each window overlaps the next by half, so
// that a cohort of up to half that width lies whole in one.
const cohortDays = 4

// Cohorts are the two sign-up windows that a day lies in.
func Cohorts(day uint64) [2]uint64 {
	return [2]uint64{day / cohortDays * 2, (day+cohortDays/2)/cohortDays*2 + 1}
}

// relayHash is the one value of ByRelay postings: there is one sign. Its lowest bits do not matter.
const relayHash = 1 << 8

// appendKeys lists the postings that a profile belongs to.
func appendKeys(keys []Key, p *fingerprint.Profile) []Key {
	add := func(kind Kind, hash uint64) {
		if hash != 0 {
			keys = append(keys, MakeKey(kind, hash))
		}
	}
	least, shown := fingerprint.Recurs(p.WithText), fingerprint.Shows(p.WithText)
	for _, s := range p.Template {
		if s.Count >= shown {
			keys = append(keys, ShingleKey(s.Hash, s.Count < least))
		}
	}
	for _, s := range p.Layouts {
		if s.Count >= least {
			add(ByLayout, s.Hash)
		}
	}
	for _, a := range posted {
		if a.Spec().AllValues {
			for _, v := range p.Values[a] {
				add(KindOf(a), v.Hash)
			}
		} else if v := p.Value(a); v != 0 {
			keys = append(keys, ValueKey(a, v))
		}
	}
	stack, issuer := p.Value(attribute.Stack), p.Value(attribute.Issuer)
	if stack != 0 {
		keys = append(keys, ClientKey(stack, p.Value(attribute.Params)))
	}
	if p.CreatedAt > 0 {
		for _, w := range Cohorts(uint64(p.CreatedAt / baseline.Day)) {
			if issuer != 0 {
				add(ByIssuerCohort, Mix(issuer, w))
			}
			if stack != 0 {
				add(ByStackCohort, Mix(stack, w))
			}
		}
	}
	if p.RelayRequests > 0 {
		add(ByRelay, relayHash)
	}
	for _, list := range [2][]uint64{p.Served, p.Rejected} {
		for _, h := range list {
			add(ByServed, h)
		}
	}
	for _, h := range p.Unserved {
		add(ByContinued, h)
	}
	for _, h := range p.Minted {
		keys = append(keys, reasoningKey(h, false))
	}
	for _, h := range p.Foreign {
		keys = append(keys, reasoningKey(h, true))
	}
	return keys
}

// Mix hashes two numbers to one (the finaliser of splitmix64 over a combination of both: Steele,
// Lea, Flood 2014).
func Mix(a, b uint64) uint64 {
	const golden, first, second = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb
	h := a ^ (b+golden)*first
	h ^= h >> 29
	h *= second
	return h ^ h>>32
}
