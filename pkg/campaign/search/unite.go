package search

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

const (
	// unitedSize is the largest group of a text that is united with others: a larger one is seen
	// as it is, and comparing it with all others would cost the most and bring the least.
	unitedSize = 512
	// unitedTexts bounds the groups of one account that are compared with each other: a profile
	// has room for about sixteen texts.
	unitedTexts = 16
	// unitedBits is how far beyond chance two groups must coincide, after all pairs that were
	// looked at: a thousand to one.
	unitedBits = 10
	// unitedPart is the part of a group that must be in the others that it is united with: a half.
	unitedPart = 2
)

// unite joins groups of texts whose accounts coincide beyond chance. A pool that works on several
// templates, or words one in several ways, is so many groups, each a part of it. groups hold slots,
// n is the number of accounts. The result lists the groups that belong together, by number.
func unite(groups [][]int32, n int) (out [][]int) {
	pairs := coincidences(groups)
	joined := make([]int, len(groups))
	for i := range joined {
		joined[i] = i
	}
	root := func(i int) int {
		for joined[i] != i {
			i = joined[i]
		}
		return i
	}
	least := unitedBits + math.Log2(float64(max(len(pairs), 1)))
	for _, p := range pairs {
		a, b := len(groups[p.a]), len(groups[p.b])
		if beyondChance(p.both, min(a, b), float64(max(a, b))/float64(n)) < least {
			continue
		}
		// The smaller number stands for both, so that the order does not matter.
		if x, y := root(p.a), root(p.b); x < y {
			joined[y] = x
		} else {
			joined[x] = y
		}
	}
	parts := map[int][]int{}
	for i := range groups {
		parts[root(i)] = append(parts[root(i)], i)
	}
	for i := range groups {
		if part := withoutLoose(groups, parts[i]); len(part) > 1 {
			out = append(out, part)
		}
	}
	return out
}

// pair is two groups with the number of accounts that are in both.
type pair struct{ a, b, both int }

// coincidences lists the pairs of groups with at least three accounts in common.
func coincidences(groups [][]int32) (pairs []pair) {
	of := map[int32][]int{}
	for i, members := range groups {
		if len(members) > unitedSize {
			continue
		}
		for _, slot := range members {
			if len(of[slot]) < unitedTexts {
				of[slot] = append(of[slot], i)
			}
		}
	}
	both := map[[2]int]int{}
	for _, list := range of {
		for i, a := range list {
			for _, b := range list[i+1:] {
				both[[2]int{a, b}]++
			}
		}
	}
	for k, count := range both {
		if count >= Trio {
			pairs = append(pairs, pair{k[0], k[1], count})
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return pairs
}

// beyondChance bounds, in bits, how improbable it is that k or more of n accounts are in a group
// that holds a share p of all: n times the relative entropy of k/n to p, which bounds the
// hypergeometric tail as it does the binomial one (Hoeffding 1963, theorems 1 and 4).
func beyondChance(k, n int, p float64) float64 {
	q := float64(k) / float64(n)
	if q <= p {
		return 0
	}
	bits := q * math.Log2(q/p)
	if q < 1 {
		bits += (1 - q) * math.Log2((1-q)/(1-p))
	}
	return float64(n) * bits
}

// withoutLoose leaves out groups most of whose accounts are in none of the others, the loosest
// first: a crowd that met the pool in some accounts is not a part of it.
func withoutLoose(groups [][]int32, part []int) []int {
	for len(part) > 1 {
		times := map[int32]int{}
		for _, i := range part {
			for _, slot := range groups[i] {
				times[slot]++
			}
		}
		loosest, least := -1, 1.0/unitedPart
		for at, i := range part {
			inside := 0
			for _, slot := range groups[i] {
				if times[slot] > 1 {
					inside++
				}
			}
			if share := float64(inside) / float64(len(groups[i])); share < least {
				loosest, least = at, share
			}
		}
		if loosest < 0 {
			break
		}
		part = slices.Delete(slices.Clone(part), loosest, loosest+1)
	}
	return part
}

// union lists the accounts of several groups in sampling order.
func (r *run) union(groups [][]int32, part []int) (members []int32) {
	for _, i := range part {
		members = append(members, groups[i]...)
	}
	slices.Sort(members)
	members = slices.Compact(members)
	r.Population.Sort(members)
	return members
}

// unitedSeed keeps the identity of united groups apart from that of the first of them.
const unitedSeed = 11

// textGroup is the accounts that carry one text, with the first of its postings.
type textGroup struct {
	first   index.Key
	members []int32
}

// united lists the groups of texts that belong together, as candidates do.
func (r *run) united(texts []textGroup, add func(identity uint64, members []int32)) {
	groups := make([][]int32, len(texts))
	for i := range texts {
		groups[i] = texts[i].members
	}
	for _, part := range unite(groups, r.Population.Len()) {
		members := r.union(groups, part)
		largest := 0
		for _, i := range part {
			largest = max(largest, len(groups[i]))
		}
		// Nearly the same accounts again would be the same candidate.
		if float64(largest) <= refinedPart*float64(len(members)) {
			add(index.Mix(uint64(texts[part[0]].first), unitedSeed), members)
		}
	}
}
