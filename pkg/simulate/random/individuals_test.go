package random

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// words is a request as a bag of words.
type words map[string]float64

// requestsOf plays a world and returns each account's requests, the last message with the system
// prompt.
func requestsOf(t *testing.T, sc simulate.Scenario) map[string][]words {
	t.Helper()
	sc.Name, sc.Seed, sc.Start, sc.Duration = "one", 7, start, 48*time.Hour
	w, err := simulate.New(sc, simulate.Texts{})
	require.NoError(t, err)
	of, last := map[string][]words{}, map[string]string{}
	dec := event.NewDecoder(event.DefaultLimits())
	for {
		rec, ok := w.Next()
		if !ok {
			return of
		}
		if len(of[rec.Account]) >= 40 {
			continue // enough of a heavy one
		}
		var ev event.Event
		if err := dec.Decode(rec.JSON, &ev); err != nil {
			require.NoError(t, err)
		}
		bag := words{}
		text := ev.Content.System + " " + ev.Content.Input[len(ev.Content.Input)-1].Text
		if last[rec.Account] == text {
			continue // a retry
		}
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			bag[strings.Clone(word)] = 1
		}
		account := strings.Clone(rec.Account)
		of[account], last[account] = append(of[account], bag), strings.Clone(text)
	}
}

// apart leaves out what a fifth of the crowd's accounts write, the shared text above all, and
// weighs the other words by their rarity.
func apart(of map[string][]words) {
	accounts := map[string]int{}
	for _, requests := range of {
		seen := map[string]bool{}
		for _, bag := range requests {
			for word := range bag {
				seen[word] = true
			}
		}
		for word := range seen {
			accounts[word]++
		}
	}
	n := float64(len(of))
	for _, requests := range of {
		for _, bag := range requests {
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
func alike(of map[string][]words) (within, between float64) {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	all, own := words{}, words{}
	var squares, count, pairs, ownSum float64
	for _, name := range names {
		clear(own)
		n := float64(len(of[name]))
		mine := 0.0
		for _, bag := range of[name] {
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

func TestPeopleOfACrowdAreIndividualsOutsideOfWhatTheyShare(t *testing.T) {
	const length = 48 * time.Hour
	for _, m := range Mechanisms() {
		if slices.Contains(m.Shares, Items) {
			continue // what they ask is the same: the public set
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			law := m.drawn(newDraw(3, uint64(len(m.Name)), length))
			if law.Begin > -length/5 {
				law.Begin, law.Spread = 0, min(law.Spread, 24*time.Hour)
			}
			law.Use.Rate = min(law.Use.Rate, 40)
			if law.Use.Rate > 0 {
				law.Beside = -1 // their own use is theirs in any case
			}
			of := requestsOf(t, simulate.Scenario{Gatherings: []simulate.Gathering{
				{ID: "crowd", Accounts: 40, Rate: 6, Mechanisms: []simulate.Mechanism{law}},
			}})
			require.Greater(t, len(of), 15)
			apart(of)
			within, between := alike(of)
			require.Greater(t, within, 3*between, "within %.4f, between %.4f", within, between)
		})
	}
}

// What an operator deals out is any worker's: there the same measure shows nothing of the kind.
func TestWorkersOfAPoolAreNoIndividuals(t *testing.T) {
	c := simulate.Campaign{
		ID: "c", Accounts: 40, Rate: 20,
		Prompt: simulate.Prompt{Style: simulate.StyleTemplate},
	}
	of := requestsOf(t, simulate.Scenario{Campaigns: []simulate.Campaign{c}})
	require.Greater(t, len(of), 15)
	apart(of)
	within, between := alike(of)
	require.Less(t, within, 1.3*between, "within %.4f, between %.4f", within, between)
}
