package simulate

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOwnersOfLeasedAccountsGoOnWithTheirOwnUse(t *testing.T) {
	c := Campaign{
		Accounts: 20, Rate: 30, Start: 24 * time.Hour, Tactics: []string{"leased-accounts"},
		Prompt: Prompt{Style: StyleTemplate}, Pool: Pool{SignUp: "leased"},
		Schedule: Schedule{CV: 1},
	}
	events, truth, w := pooled(t, 48, c)
	start, _ := w.Span()
	before := map[string]bool{}
	for _, e := range events {
		if e.time < start.Add(24*time.Hour).UnixMilli() {
			before[e.account] = true
		}
	}
	require.Greater(t, len(before), 8, "owners who used their accounts before")
	require.Equal(t, 20, truth.Cost.Leased)
	require.Zero(t, truth.Cost.Cards)
	require.Greater(t, truth.Events, truth.Exchanges)
	require.Less(
		t, truth.Cost.RequestsPerAnswer, 1.2, "what the owners ask costs the campaign nothing",
	)
	require.False(t, truth.Start.Before(start.Add(24*time.Hour)))
}

func TestALeasedAccountIsTheCampaignsOnceTheOperatorHasUsedIt(t *testing.T) {
	// Sixty requests at a time by one account: most accounts are not used within a day.
	c := Campaign{
		Accounts: 30, Rate: 10, Start: 12 * time.Hour, Tactics: []string{"leased-accounts"},
		Prompt: Prompt{Style: StyleTemplate}, Pool: Pool{SignUp: "leased"},
		Schedule: Schedule{CV: 1, Balance: "random", Batch: 60},
	}
	_, _, w := pooled(t, 36, c)
	used, all := map[string]bool{}, map[string]bool{}
	again := newWorld(t, w.sc)
	for rec, ok := again.Next(); ok; rec, ok = again.Next() {
		all[rec.Account] = true
		if rec.Harvest {
			used[rec.Account] = true
		}
	}
	truth := w.Truth()
	require.ElementsMatch(t, slices.Collect(maps.Keys(used)), truth.Campaigns[0].Accounts)
	owners := slices.IndexFunc(truth.BenignGroups, func(b BenignGroup) bool {
		return b.ID == "c-owners"
	})
	require.NotEqual(t, -1, owners, "the owners of the others are honest people")
	for _, a := range truth.BenignGroups[owners].Accounts {
		require.True(t, all[a] && !used[a])
	}
}

func TestBurnersAreReplacedByFreshAccounts(t *testing.T) {
	c := Campaign{
		Accounts: 10, Rate: 60, Tactics: []string{"burners"}, Prompt: Prompt{Style: StyleTemplate},
		Pool:     Pool{SignUpSpread: time.Hour, SignUpBefore: time.Hour, Life: 6 * time.Hour},
		Schedule: Schedule{CV: 1},
	}
	events, truth, _ := pooled(t, 36, c)
	require.Greater(t, len(truth.Accounts), 40)
	first, last := map[string]int64{}, map[string]int64{}
	for _, e := range events {
		if first[e.account] == 0 {
			first[e.account] = e.time
		}
		last[e.account] = e.time
	}
	for account := range first {
		require.LessOrEqual(t, last[account]-first[account], int64(9*hour))
	}
	require.InDelta(t, 15, truth.Cost.AccountDays, 2, "ten accounts at a time for a day and a half")
	require.GreaterOrEqual(t, truth.Cost.Made, len(truth.Accounts))
}

func TestAPersonaIsMoreLikeItselfThanLikeTheOthers(t *testing.T) {
	for _, personas := range []bool{false, true} {
		c := Campaign{
			Accounts: 20, Rate: 30,
			Prompt:   Prompt{Style: StyleBare, Items: "know", Personas: personas},
			Schedule: Schedule{CV: 1},
		}
		events, _, _ := pooled(t, 24, c)
		of := map[string][]string{}
		for _, e := range events {
			of[e.account] = append(of[e.account], e.last)
		}
		var within, across float64
		var other []string
		for _, account := range slices.Sorted(maps.Keys(of)) {
			mine := of[account]
			for j := range min(30, len(mine)-1, len(other)) {
				if mine[j] == mine[j+1] {
					continue // asked again after an error
				}
				within += alike(mine[j], mine[j+1])
				across += alike(mine[j], other[j])
			}
			other = mine
		}
		if personas {
			require.Greater(t, within, 1.3*across)
		} else {
			require.InDelta(t, 1, within/across, 0.2)
		}
	}
}

func TestTruthTellsWhatACampaignCost(t *testing.T) {
	plain := Campaign{
		Accounts: 20, Rate: 40, Start: 12 * time.Hour, Tactics: []string{"one-card"},
		Prompt: Prompt{Style: StyleTemplate}, Pool: Pool{Payments: 2},
		Schedule: Schedule{CV: 1},
	}
	_, truth, _ := pooled(t, 36, plain)
	require.Equal(t, plain.Tactics, truth.Tactics)
	cheap := *truth.Cost
	require.InDelta(t, 20, cheap.AccountDays, 0.5)
	require.Greater(t, cheap.HeldDays, cheap.AccountDays, "accounts are made before they work")
	require.Equal(t, 20, cheap.Made)
	require.LessOrEqual(t, cheap.Cards, 2)
	require.InDelta(t, 1, cheap.RequestsPerAnswer, 0.1)
	require.InDelta(t, 25, cheap.AccountDaysPer1000, 4)
	require.Zero(t, cheap.RewritesPerAnswer)
	careful := plain
	careful.Prompt.Style, careful.Cover.Share, careful.Pool = StyleSections, 0.6, Pool{
		SignUp: "aged",
	}
	_, truth, _ = pooled(t, 36, careful)
	require.Equal(t, 20, truth.Cost.Bought)
	require.Greater(t, truth.Cost.RequestsPerAnswer, 2.0)
	require.Greater(t, truth.Cost.RewritesPerAnswer, 1.0)
	plain.Tactics = nil
	_, truth, _ = pooled(t, 36, plain)
	require.Nil(t, truth.Cost, "campaigns of scenarios are labelled as before")
}
