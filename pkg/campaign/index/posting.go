package index

import "slices"

// posting lists the accounts that show one value, by slot, in sampling order.
type posting struct {
	key     Key
	members []int32
	// fresh are further members that wait to be put in their place: one by one, a popular value's
	// list would be moved for each.
	fresh []int32
	// entities is the number of entities among them, uncounted when it is to be counted.
	entities int
	// signature is the MinHash of the members, valid when signed.
	signature signature
	signed    bool
}

// uncounted says that a posting has changed since its entities were counted.
const uncounted = -1

// changed says that the members are others.
func (l *posting) changed() { l.signed, l.entities = false, uncounted }

// Postings holds the postings of one tenant.
type Postings struct {
	accounts *Accounts
	// entries holds, per key, a lone account's slot, or the complement of a number in lists. Most
	// shingles are one account's own: they cost one map entry.
	entries map[Key]int32
	lists   []*posting
	idle    []int32
	// pending are the postings of conversations that were continued, and of reasoning blocks that
	// were presented, for the first time since IndexPending was called.
	pending []Key
}

// startMembers is the capacity of a new list: most values that are shared at all are shared by few.
const startMembers = 4

// add enters the account in a posting.
func (s *Postings) add(k Key, a *Account) {
	n, ok := s.entries[k]
	if !ok {
		s.entries[k] = a.Slot
		if k.Kind() == ByContinued || k.isPresented() {
			s.pending = append(s.pending, k)
		}
		return
	}
	if n >= 0 {
		n = s.grow(k, n)
	}
	l := s.lists[^n]
	l.fresh = append(l.fresh, a.Slot)
	l.changed()
}

// grow makes a list of a posting with a lone member.
func (s *Postings) grow(k Key, member int32) (entry int32) {
	l := &posting{key: k, members: append(make([]int32, 0, startMembers), member)}
	n := int32(len(s.lists))
	if m := len(s.idle); m > 0 {
		n, s.idle = s.idle[m-1], s.idle[:m-1]
		s.lists[n] = l
	} else {
		s.lists = append(s.lists, l)
	}
	s.entries[k] = ^n
	return ^n
}

// remove takes the account out of a posting.
func (s *Postings) remove(k Key, a *Account) {
	n, ok := s.entries[k]
	if !ok {
		return
	}
	if n >= 0 {
		delete(s.entries, k)
		return
	}
	l := s.lists[^n]
	if at, found := slices.BinarySearchFunc(s.ordered(l), a, s.before); found {
		l.members = slices.Delete(l.members, at, at+1)
	}
	l.changed()
	if len(l.members) == 1 {
		s.entries[k] = l.members[0]
		s.lists[^n] = nil
		s.idle = append(s.idle, ^n)
	}
}

// before orders a slot against an account.
func (s *Postings) before(slot int32, a *Account) int { return compare(s.accounts.Slots[slot], a) }

// ordered puts the fresh members in their places and returns them all.
func (s *Postings) ordered(l *posting) []int32 {
	if len(l.fresh) == 0 {
		return l.members
	}
	s.accounts.Sort(l.fresh)
	old := l.members
	l.members = make([]int32, 0, len(old)+len(l.fresh))
	for _, i := range l.fresh {
		at, _ := slices.BinarySearchFunc(old, s.accounts.Slots[i], s.before)
		l.members = append(append(l.members, old[:at]...), i)
		old = old[at:]
	}
	l.members = append(l.members, old...)
	l.fresh = nil
	return l.members
}

// Members lists the accounts that show a value, in sampling order.
func (s *Postings) Members(k Key) []int32 {
	n, ok := s.entries[k]
	switch {
	case !ok:
		return nil
	case n >= 0:
		return []int32{n}
	}
	return s.ordered(s.lists[^n])
}

// Carriers lists the accounts in whose prompts a shingle recurs, and those that wrote it once.
func (s *Postings) Carriers(hash uint64) [2][]int32 {
	return [...][]int32{s.Members(ShingleKey(hash, false)), s.Members(ShingleKey(hash, true))}
}

// Entities is the number of entities that show a value.
func (s *Postings) Entities(k Key) int {
	n, ok := s.entries[k]
	switch {
	case !ok:
		return 0
	case n >= 0:
		return 1
	}
	l := s.lists[^n]
	if l.entities < 0 {
		l.entities = s.accounts.CountEntities(s.ordered(l))
	}
	return l.entities
}

// between lists the postings of at least least and at most most accounts, in order.
func (s *Postings) between(least, most int, visit func(l *posting)) {
	for _, l := range s.lists {
		if l == nil {
			continue
		}
		if n := len(l.members) + len(l.fresh); n < least || n > most {
			continue
		}
		s.ordered(l)
		visit(l)
	}
}

// Groups calls visit for the postings of values that unrelated accounts would not share, when so
// many accounts show them. Shingles are not among them: see ShingleGroups.
func (s *Postings) Groups(least, most int, visit func(k Key, members []int32)) {
	s.between(least, most, func(l *posting) {
		if grouped[l.key.Kind()] {
			visit(l.key, l.members)
		}
	})
}
