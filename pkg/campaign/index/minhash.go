package index

import (
	"cmp"
	"slices"
)

const (
	// minhashes is the number of minima in the signature of an account set. Sixteen estimate a
	// Jaccard similarity within 0.12 (one standard error).
	minhashes = 16
	// bandSize is how many minima two sets must have in common to be compared at all.
	bandSize = 2
	// alikeOf10 is how many of ten minima must be equal for two sets to be nearly equal: an
	// estimated Jaccard similarity of 0.6.
	alikeOf10 = 6
	// carriedPart is the part of a group's shingles that one of its accounts carries: a third.
	carriedPart = 3
)

// signature is the MinHash of a set of accounts (Broder 1997).
type signature [minhashes]uint32

// alike says that two signatures agree in six of ten places.
func (a *signature) alike(b *signature) bool {
	equal := 0
	for h := range a {
		if a[h] == b[h] {
			equal++
		}
	}
	return equal*10 >= alikeOf10*minhashes
}

// sign computes the signature of a posting.
func (s shingles) sign(l *posting) {
	for h := range l.signature {
		l.signature[h] = ^uint32(0)
	}
	for _, i := range l.members {
		x := s.accounts.Slots[i].Order
		for h := range l.signature {
			l.signature[h] = min(l.signature[h], uint32(Mix(x, uint64(h))>>32))
		}
	}
	l.signed = true
}

// ShingleGroups joins shingles whose account sets are nearly equal, by MinHash signatures and
// locality-sensitive hashing (Broder 1997), and calls visit for each with the accounts that carry
// at least a third of them, again and again or once. Only shingles of at least least and at most
// most accounts count.
func (s *Postings) ShingleGroups(least, most int, visit func(first Key, members []int32)) {
	of := shingles{s}
	counts := map[int32]int{}
	for _, c := range of.cluster(of.between(least, most)) {
		if len(c) == 1 {
			visit(c[0].key, c[0].members)
			continue
		}
		clear(counts)
		for _, l := range c {
			for _, i := range l.members {
				counts[i]++
			}
		}
		var members []int32
		for i, k := range counts {
			if carriedPart*k >= len(c) {
				members = append(members, i)
			}
		}
		s.accounts.Sort(members)
		visit(c[0].key, members)
	}
}

// shingles reads the postings of shingles, of which each may have two.
type shingles struct{ *Postings }

// between lists the shingles that at least least and at most most accounts carry, again and again
// or once, each with all of these accounts.
func (s shingles) between(least, most int) (out []*posting) {
	for _, l := range s.lists {
		if l == nil || l.key.Kind() != ByShingle {
			continue
		}
		other := s.other(l)
		if other != nil && len(other.members) > 1 && l.key&onceBit != 0 {
			continue // the other list's turn
		}
		n := len(s.ordered(l))
		if other != nil {
			n += len(other.members)
		}
		switch {
		case n < least || n > most:
		case other == nil:
			out = append(out, l)
		default:
			out = append(out, s.both(l, other))
		}
	}
	return out
}

// other is the posting of who wrote a shingle once, for the one of those in whose prompts it
// recurs, and the other way round; nil where there is none.
func (s shingles) other(l *posting) *posting {
	n, ok := s.entries[l.key^onceBit]
	switch {
	case !ok:
		return nil
	case n >= 0:
		return &posting{members: []int32{n}}
	}
	other := s.lists[^n]
	s.ordered(other)
	return other
}

// both joins two postings that have no account in common.
func (s shingles) both(l, other *posting) *posting {
	members := l.members
	u := &posting{key: l.key, members: make([]int32, 0, len(members)+len(other.members))}
	for _, i := range other.members {
		at, _ := slices.BinarySearchFunc(members, s.accounts.Slots[i], s.before)
		u.members = append(append(u.members, members[:at]...), i)
		members = members[at:]
	}
	u.members = append(u.members, members...)
	// The least hash of a union is the lesser of both.
	u.signature, u.signed = *s.signed(l), true
	for h, x := range s.signed(other) {
		u.signature[h] = min(u.signature[h], x)
	}
	return u
}

// signed is the signature of a posting.
func (s shingles) signed(l *posting) *signature {
	if !l.signed {
		s.sign(l)
	}
	return &l.signature
}

// cluster puts postings with nearly the same accounts together, the largest first.
func (s shingles) cluster(list []*posting) (clusters [][]*posting) {
	slices.SortFunc(list, func(a, b *posting) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.key, b.key))
	})
	type band struct {
		n    int
		hash uint64
	}
	const none = -1
	firsts := map[band]int{}
	home := make([]int, len(list))
	for n, l := range list {
		home[n] = none
		signature := s.signed(l)
		for b := 0; b < minhashes; b += bandSize {
			k := band{b, uint64(signature[b])<<32 | uint64(signature[b+1])}
			first, ok := firsts[k]
			if !ok {
				firsts[k] = n
				continue
			}
			if home[n] == none && signature.alike(&list[first].signature) {
				home[n] = home[first]
			}
		}
		if home[n] == none {
			home[n] = len(clusters)
			clusters = append(clusters, nil)
		}
		clusters[home[n]] = append(clusters[home[n]], l)
	}
	return clusters
}
