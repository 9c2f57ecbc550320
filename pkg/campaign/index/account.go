package index

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Account is a live profile with what is derived from it.
type Account struct {
	Profile fingerprint.Profile
	Vector  baseline.Vector
	// Order is a hash of the name. Accounts are sampled and listed in its order: the same on every
	// run, and unrelated to anything the account does.
	Order uint64
	// Entity names the entity that it is of: itself, its contract or its verified
	// organisation.
	Entity uint64
	// Slot is the account's number in the index. It is given away again when the account is
	// removed.
	Slot int32
	// Changed is the evaluation before which the profile came.
	Changed int32
	// Linked are the slots of the accounts that it exchanged a conversation with, ascending.
	Linked []int32

	// keys are the postings that list it, ascending.
	keys []Key
	// labels are the readable forms of the profile's values, packed.
	labels string
}

// LinkedTo says whether it exchanged a conversation with one of the accounts that inside tells of.
func (a *Account) LinkedTo(inside func(slot int32) bool) bool {
	return slices.ContainsFunc(a.Linked, inside)
}

// slabSize is how many accounts are allocated at once: one by one, each would be rounded up to the
// allocator's next size.
const slabSize = 128

// Accounts holds accounts by slot and by name.
type Accounts struct {
	// Slots are the accounts by slot; those that are free hold nil.
	Slots []*Account

	slabs  [][]Account
	idle   []int32
	byName map[string]*Account
	// entities counts the accounts of every entity.
	entities map[uint64]int32
	first    int64
}

// Len is the number of accounts.
func (s *Accounts) Len() int { return len(s.byName) }

// Entities is the number of entities.
func (s *Accounts) Entities() int { return len(s.entities) }

// First is the earliest event time seen (Unix ms), 0 before there was any.
func (s *Accounts) First() int64 { return s.first }

// Named is the account of that name, nil when there is none.
func (s *Accounts) Named(name string) *Account { return s.byName[name] }

// At is the account in a slot.
func (s *Accounts) At(slot int32) *Account { return s.Slots[slot] }

// place finds room for a new account.
func (s *Accounts) place() *Account {
	if n := len(s.idle); n > 0 {
		slot := s.idle[n-1]
		s.idle = s.idle[:n-1]
		a := &s.slabs[slot/slabSize][slot%slabSize]
		*a = Account{Slot: slot}
		s.Slots[slot] = a
		return a
	}
	slot := int32(len(s.Slots))
	if slot%slabSize == 0 {
		s.slabs = append(s.slabs, make([]Account, slabSize))
	}
	a := &s.slabs[slot/slabSize][slot%slabSize]
	a.Slot = slot
	s.Slots = append(s.Slots, a)
	return a
}

// free gives the account's slot away.
func (s *Accounts) free(a *Account) {
	delete(s.byName, a.Profile.Account)
	s.Slots[a.Slot] = nil
	s.idle = append(s.idle, a.Slot)
	*a = Account{}
}

// leaveEntity takes the account out of its entity.
func (s *Accounts) leaveEntity(a *Account) {
	if s.entities[a.Entity]--; s.entities[a.Entity] <= 0 {
		delete(s.entities, a.Entity)
	}
}

// CountEntities is the number of entities among the accounts.
func (s *Accounts) CountEntities(slots []int32) int {
	n := 0
	var seen map[uint64]struct{}
	for _, i := range slots {
		a := s.Slots[i]
		if a.Entity == a.Order {
			n++
			continue
		}
		if seen == nil {
			seen = map[uint64]struct{}{}
		}
		seen[a.Entity] = struct{}{}
	}
	return n + len(seen)
}

// HasEntities says whether there are at least so many entities among the accounts. It looks at no
// more of them than it needs.
func (s *Accounts) HasEntities(slots []int32, least int) bool {
	if len(slots) < least {
		return false
	}
	n := 0
	for at, i := range slots {
		if n >= least {
			return true
		}
		if a := s.Slots[i]; a.Entity != a.Order {
			// Of accounts of organisations it counts all.
			return n+s.CountEntities(slots[at:]) >= least
		}
		n++
	}
	return n >= least
}

// compare orders accounts for sampling.
func compare(a, b *Account) int {
	if a.Order != b.Order {
		// Nearly always: the names are read for nothing otherwise.
		return cmp.Compare(a.Order, b.Order)
	}
	return cmp.Compare(a.Profile.Account, b.Profile.Account)
}

// Compare orders slots for sampling.
func (s *Accounts) Compare(i, j int32) int { return compare(s.Slots[i], s.Slots[j]) }

// Sort puts slots into sampling order.
func (s *Accounts) Sort(slots []int32) { slices.SortFunc(slots, s.Compare) }

// Sorted lists the accounts in sampling order.
func (s *Accounts) Sorted() []*Account {
	list := make([]*Account, 0, len(s.byName))
	for _, a := range s.Slots {
		if a != nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, compare)
	return list
}
