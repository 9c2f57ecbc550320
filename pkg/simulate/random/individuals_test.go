package random

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// words is a request as a bag of words.
type words map[string]float64

// apart leaves out what a fifth of the crowd's accounts write, the shared text above all, and
// weighs the other words by their rarity.
func apart(of []*habits) {
	accounts := map[string]int{}
	for _, h := range of {
		seen := map[string]bool{}
		for _, bag := range h.bags {
			for word := range bag {
				seen[word] = true
			}
		}
		for word := range seen {
			accounts[word]++
		}
	}
	n := float64(len(of))
	for _, h := range of {
		for _, bag := range h.bags {
			norm := 0.0
			for word := range bag {
				if share := float64(accounts[word]) / n; share > 0.2 {
					delete(bag, word)
				} else {
					bag[word] = -math.Log(share)
					norm += bag[word] * bag[word]
				}
			}
			for word := range bag {
				bag[word] /= math.Sqrt(norm)
			}
		}
	}
}

// alike is the mean similarity (cosine) of two requests of one account and of two accounts.
func alike(of []*habits) (within, between float64) {
	all, own := words{}, words{}
	var squares, count, pairs, ownSum float64
	for _, h := range of {
		clear(own)
		n := float64(len(h.bags))
		mine := 0.0
		for _, bag := range h.bags {
			for word, v := range bag {
				own[word] += v
				all[word] += v
				mine += v * v
			}
		}
		total := 0.0
		for _, v := range own {
			total += v * v
		}
		ownSum += total
		within += total - mine
		pairs += n * (n - 1)
		squares += n * n
		count += n
	}
	total := 0.0
	for _, v := range all {
		total += v * v
	}
	return within / pairs, (total - ownSum) / (count*count - squares)
}

// What an operator deals out is any worker's: there the same measure shows nothing of the kind.
func TestWorkersOfAPoolAreNoIndividuals(t *testing.T) {
	c := simulate.Campaign{
		ID: "c", Accounts: 40, Rate: 20,
		Prompt: simulate.Prompt{Style: simulate.StyleTemplate},
	}
	of, _ := play(t, simulate.Scenario{
		Duration: short, Campaigns: []simulate.Campaign{c},
	})
	var workers []*habits
	for _, id := range slices.Sorted(maps.Keys(of)) {
		workers = append(workers, of[id])
	}
	require.Greater(t, len(workers), 15)
	apart(workers)
	within, between := alike(workers)
	require.Less(t, within, 1.3*between, "within %.4f, between %.4f", within, between)
}
