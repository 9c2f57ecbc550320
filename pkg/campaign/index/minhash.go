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
func (s *Postings) sign(l *posting) {
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
	var shingles []*posting
	for _, l := range s.lists {
		if l == nil || l.key.Kind() != ByShingle {
			continue
		}
		if l = s.carriers(l, least, most); l != nil {
			shingles = append(shingles, l)
		}
	}
	counts := map[int32]int{}
	for _, c := range s.cluster(shingles) {
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

// carriers is a posting of a shingle together with the one of those who wrote it once, or the other
// way round; nil where they have too few or too many accounts, and for the second of two lists.
func (s *Postings) carriers(l *posting, least, most int) *posting {
	var lone [1]int32
	other := lone[:0]
	var second *posting
	if n, ok := s.entries[l.key^onceBit]; ok && n >= 0 {
		other = append(other, n)
	} else if ok {
		if l.key&onceBit != 0 {
			return nil
		}
		second = s.lists[^n]
		other = s.ordered(second)
	}
	members := s.ordered(l)
	if n := len(members) + len(other); n < least || n > most {
		return nil
	}
	if len(other) == 0 {
		return l
	}
	both := &posting{key: l.key, members: make([]int32, 0, len(members)+len(other))}
	for _, i := range other {
		at, _ := slices.BinarySearchFunc(members, s.accounts.Slots[i], s.before)
		both.members = append(append(both.members, members[:at]...), i)
		members = members[at:]
	}
	both.members = append(both.members, members...)
	if second == nil {
		return both
	}
	// The least hash of a union is the lesser of both.
	for _, x := range [...]*posting{l, second} {
		if !x.signed {
			s.sign(x)
		}
	}
	both.signature, both.signed = l.signature, true
	for h := range both.signature {
		both.signature[h] = min(both.signature[h], second.signature[h])
	}
	return both
}

// cluster puts postings with nearly the same accounts together, the largest first.
func (s *Postings) cluster(list []*posting) (clusters [][]*posting) {
	for _, l := range list {
		if !l.signed {
			s.sign(l)
		}
	}
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
		for b := 0; b < minhashes; b += bandSize {
			k := band{b, uint64(l.signature[b])<<32 | uint64(l.signature[b+1])}
			first, ok := firsts[k]
			if !ok {
				firsts[k] = n
				continue
			}
			if home[n] == none && l.signature.alike(&list[first].signature) {
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
