package index

import "slices"

// famousConversation is the number of accounts from which a conversation's opening is public rather
// than handed over.
const famousConversation = 4

// unserved says that a key is of a conversation that no other account continues, or of a reasoning
// block that no other presents: most are, and nobody asks who was given them.
func (s *Postings) unserved(k Key) bool {
	if k.Kind() != ByServed && (k.Kind() != ByReasoning || k.isPresented()) {
		return false
	}
	_, continued := s.entries[k.counterpart()]
	return !continued
}

// IndexPending lists the accounts that were served the conversations which others have continued
// since the last call, and were given the reasoning that others have presented. Without it they
// pile up.
func (x *Index) IndexPending() {
	if len(x.Postings.pending) == 0 {
		return
	}
	wanted := newKeySet(x.Postings.pending)
	x.Postings.pending = x.Postings.pending[:0]
	served := func(list []uint64) bool {
		return slices.ContainsFunc(list, func(h uint64) bool {
			return wanted.has(MakeKey(ByContinued, h))
		})
	}
	minted := func(h uint64) bool { return wanted.has(reasoningKey(h, true)) }
	var found []*Account
	for _, a := range x.Slots {
		if a != nil && (served(a.Profile.Served) || served(a.Profile.Rejected) ||
			slices.ContainsFunc(a.Profile.Minted, minted)) {
			x.reindex(a)
			found = append(found, a)
		}
	}
	for _, a := range found {
		x.link(a)
		x.carry(a)
	}
}

// Pending is the number of conversations and reasoning blocks that IndexPending will look for.
func (s *Postings) Pending() int { return len(s.pending) }

// keySet is a set of keys with a table of a few bits of each before it, which spares most look-ups:
// an account has dozens of conversations.
type keySet struct {
	bits [keyWords]uint64
	keys map[Key]struct{}
}

// keyWords is the size of the table: 32 KB, a first-level cache.
const keyWords = 1 << 12

func newKeySet(keys []Key) *keySet {
	s := &keySet{keys: make(map[Key]struct{}, len(keys))}
	for _, k := range keys {
		s.keys[k] = struct{}{}
		s.bits[k>>6%keyWords] |= 1 << (k % 64)
	}
	return s
}

func (s *keySet) has(k Key) bool {
	if s.bits[k>>6%keyWords]>>(k%64)&1 == 0 {
		return false
	}
	_, ok := s.keys[k]
	return ok
}

// others lists the accounts on the other side of a conversation: who continued what is served, and
// who was served what is continued. There are none where its opening is public.
func (s *Postings) others(k Key) []int32 {
	same, others := s.Members(k), s.Members(k.counterpart())
	if len(others) > famousConversation || len(same) > famousConversation {
		return nil
	}
	return others
}

// link finds the conversations that one account was served and another continues. A link stays
// while both accounts live: it is a rare event, not a habit.
func (x *Index) link(a *Account) {
	for _, k := range a.keys {
		if !k.isConversation() {
			continue
		}
		for _, i := range x.Postings.others(k) {
			b := x.Slots[i]
			if b.Entity == a.Entity {
				continue
			}
			a.Linked, b.Linked = insert(a.Linked, b.Slot), insert(b.Linked, a.Slot)
		}
	}
}

// unlink forgets with whom the account exchanged conversations.
func (x *Index) unlink(a *Account) {
	for _, i := range a.Linked {
		b := x.Slots[i]
		b.Linked = remove(b.Linked, a.Slot)
	}
}

// TakenOver counts the conversations that were rejected on an account, and those of them that went
// on in another account that inside tells of.
func (x *Index) TakenOver(a *Account, inside func(slot int32) bool) (rejected, taken int) {
	for _, h := range a.Profile.Rejected {
		rejected++
		goesOn := func(i int32) bool { return x.Slots[i].Entity != a.Entity && inside(i) }
		if slices.ContainsFunc(x.Postings.others(MakeKey(ByServed, h)), goesOn) {
			taken++
		}
	}
	return rejected, taken
}

// Exchanged is the number of conversations that the account is known to have exchanged with
// accounts that other tells of: those still listed, or one for each of the others.
func (x *Index) Exchanged(a *Account, other func(b *Account) bool) int {
	conversations := map[uint64]bool{}
	for _, k := range a.keys {
		if !k.isConversation() {
			continue
		}
		isOther := func(i int32) bool { return other(x.Slots[i]) }
		if slices.ContainsFunc(x.Postings.others(k), isOther) {
			conversations[k.hash()] = true
		}
	}
	others := 0
	for _, i := range a.Linked {
		if other(x.Slots[i]) {
			others++
		}
	}
	return max(len(conversations), others)
}

// LinkedGroups are the groups of accounts that are joined by conversations handed over, each in
// sampling order.
func (x *Index) LinkedGroups() (out [][]int32) {
	seen := map[int32]bool{}
	for _, a := range x.Slots {
		if a == nil || len(a.Linked) == 0 || seen[a.Slot] {
			continue
		}
		seen[a.Slot] = true
		part := []int32{a.Slot}
		for i := 0; i < len(part); i++ {
			for _, j := range x.Slots[part[i]].Linked {
				if !seen[j] {
					seen[j] = true
					part = append(part, j)
				}
			}
		}
		x.Sort(part)
		out = append(out, part)
	}
	return out
}
