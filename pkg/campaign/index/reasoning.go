package index

import (
	"maps"
	"slices"
)

// sideBit is the bit of a key that tells who presents a reasoning block (1) from who was given it
// (0): two kinds would leave none free.
const sideBit = 1

// famousReasoning is how many accounts may present a reasoning block before it is public. A
// conversation that is dealt out turn by turn shows it to one more account with each turn, and
// conversations have 2.0 turns in the mean in LMSYS-Chat-1M (Zheng et al. 2023), 2.5 in WildChat
// (Zhao et al. 2024).
const famousReasoning = 16

// reasoningKey is the posting of who was given a reasoning block, or of who presents it.
func reasoningKey(hash uint64, presented bool) Key {
	k := MakeKey(ByReasoning, hash) &^ sideBit
	if presented {
		k |= sideBit
	}
	return k
}

// isPresented says that the posting is of who presents a reasoning block without having got it.
func (k Key) isPresented() bool { return k.Kind() == ByReasoning && k&sideBit != 0 }

// Carried is with whom an account shared reasoning, by slot, ascending.
type Carried struct {
	// From are those whose reasoning it presented, To those who presented its own.
	From, To []int32
}

// Carries says whether an account presented reasoning of another, or another its own.
func (x *Index) Carries(slot int32) bool {
	_, ok := x.carried[slot]
	return ok
}

// Carrying lists the accounts that do, by slot.
func (x *Index) Carrying() []int32 { return slices.Sorted(maps.Keys(x.carried)) }

// Carried is with whom an account shared reasoning.
func (x *Index) Carried(slot int32) Carried { return x.carried[slot] }

// CarriedWith says whether an account shared reasoning with one of those that inside tells of.
func (x *Index) CarriedWith(slot int32, inside func(slot int32) bool) bool {
	c := x.carried[slot]
	return slices.ContainsFunc(c.From, inside) || slices.ContainsFunc(c.To, inside)
}

// carry finds the accounts that present a reasoning block of one account, or whose block it
// presents. Like a link of conversations it stays while both live.
//
// A block that several accounts were given comes from a cache of answers, and is the own of each of
// them; one that many present is public, as an opening is. An account that was last seen before the
// other came has been replaced by it: a new key that goes on where the old one ended.
func (x *Index) carry(a *Account) {
	for _, k := range a.keys {
		if k.Kind() != ByReasoning {
			continue
		}
		given := x.Postings.Members(k &^ sideBit)
		takers := x.Postings.Members(k | sideBit)
		if len(given) != 1 || len(takers) > famousReasoning {
			continue
		}
		giver := x.Slots[given[0]]
		for _, i := range takers {
			taker := x.Slots[i]
			if giver.Entity != taker.Entity && giver.Profile.LastSeen >= taker.Profile.FirstSeen {
				noteCarried(x.carried, giver.Slot, taker.Slot)
			}
		}
	}
}

// noteCarried notes that one account presented what another was given.
func noteCarried(carried map[int32]Carried, giver, taker int32) {
	g, t := carried[giver], carried[taker]
	g.To, t.From = insert(g.To, taker), insert(t.From, giver)
	carried[giver], carried[taker] = g, t
}

// uncarry forgets with whom the account shared reasoning.
func (x *Index) uncarry(a *Account) {
	c, ok := x.carried[a.Slot]
	if !ok {
		return
	}
	delete(x.carried, a.Slot)
	for _, i := range append(slices.Clone(c.From), c.To...) {
		other := x.carried[i]
		other.From, other.To = remove(other.From, a.Slot), remove(other.To, a.Slot)
		if x.carried[i] = other; len(other.From)+len(other.To) == 0 {
			delete(x.carried, i)
		}
	}
}

// insert adds a slot to an ascending list, once.
func insert(list []int32, slot int32) []int32 {
	if at, ok := slices.BinarySearch(list, slot); !ok {
		return slices.Insert(list, at, slot)
	}
	return list
}

// remove takes a slot out of an ascending list.
func remove(list []int32, slot int32) []int32 {
	if at, ok := slices.BinarySearch(list, slot); ok {
		return slices.Delete(list, at, at+1)
	}
	return list
}
