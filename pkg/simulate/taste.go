package simulate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// taste is a person's own subjects, words and ways to put things: in every choice that the grammar
// leaves, an own order of preference. Two texts of one person are more alike than texts of two
// persons, in every language and for every kind of text.
type taste struct {
	seed uint64
	// narrow is the exponent of the popularity law: at 1.3 the first two of twenty choices make up
	// half.
	narrow float64
}

// newTaste draws a taste; people differ in how narrow theirs is. With this range the requests of
// one person of a crowd are 4 to 90 times as alike as those of two, in words that few of them write
// (see the test of package random); by the same measure real people who were all given the same
// subjects are 6 (dialogues) and 11 (questions) times as alike (HALIE, Lee et al. 2022).
func newTaste(r rng) *taste { return &taste{seed: r.Uint64(), narrow: r.uniform(0.2, 1.4)} }

// choose takes one of n choices of the part of the grammar with that number. Without a taste all
// are equally likely.
func (r rng) choose(id uint32, n int) int {
	if r.taste == nil || n == 1 {
		return r.IntN(n)
	}
	h := mix64(r.taste.seed ^ uint64(id)*0x9e3779b97f4a7c15)
	step := 1 + int(h%uint64(n-1))
	for gcd(step, n) != 1 {
		step++ // n-1 or n+1 is reached in the end, which have no divisor in common with n
	}
	return (int(h>>32)%n + step*r.zipf(n, r.taste.narrow)) % n
}

// mix64 is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// firstLater is the first of the files that were added to the grammar when worlds with tastes had
// been measured.
const firstLater = "81"

// numbered lists the rules in the order in which they are numbered: those of the first files by
// name, then those of each later file. What is added to the end leaves the numbers of the others,
// and so the worlds that use them, as they were.
func (g *grammar) numbered() []string {
	block := func(name string) string {
		if file := g.rules[name].file; file >= firstLater {
			return file
		}
		return ""
	}
	return slices.SortedFunc(maps.Keys(g.rules), func(a, b string) int {
		return cmp.Or(strings.Compare(block(a), block(b)), strings.Compare(a, b))
	})
}

// number gives every rule and choice its number, in an order that does not change between runs.
func (g *grammar) number() {
	var next uint32
	var walk func(nodes []node)
	walk = func(nodes []node) {
		for i := range nodes {
			next++
			nodes[i].id = next
			for _, alt := range nodes[i].alts {
				walk(alt)
			}
		}
	}
	for _, name := range g.numbered() {
		next++
		g.rules[name].id = next
		for _, line := range g.rules[name].lines {
			walk(line)
		}
	}
}
