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
// at least a third of them. Only shingles of at least least and at most most accounts count.
func (s *Postings) ShingleGroups(least, most int, visit func(first Key, members []int32)) {
	var shingles []*posting
	s.between(least, most, func(l *posting) {
		if l.key.Kind() == ByShingle {
			shingles = append(shingles, l)
		}
	})
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
