package simulate

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// termsOf are the contracts and purposes of each group's accounts.
func termsOf(t *testing.T, sc Scenario) map[string]map[[2]string]bool {
	t.Helper()
	w := newWorld(t, sc)
	terms := map[string][2]string{}
	for rec, ok := w.Next(); ok; rec, ok = w.Next() {
		var ev struct {
			Account struct{ Contract, Purpose string }
		}
		require.NoError(t, json.Unmarshal(rec.JSON, &ev))
		terms[rec.Account] = [2]string{ev.Account.Contract, ev.Account.Purpose}
	}
	out := map[string]map[[2]string]bool{}
	truth := w.Truth()
	add := func(group string, accounts []string) {
		out[group] = map[[2]string]bool{}
		for _, a := range accounts {
			out[group][terms[a]] = true
		}
	}
	for _, g := range truth.BenignGroups {
		add(g.ID, g.Accounts)
	}
	for _, c := range truth.Campaigns {
		add(c.ID, c.Accounts)
	}
	return out
}

func TestCrowdsHaveAContractForEachGroupAndPoolsWhatTheyCanGet(t *testing.T) {
	sc := small()
	for i := range sc.Crowds {
		if sc.Crowds[i].Kind == "licensed" {
			sc.Crowds[i].Purpose = "evaluation"
		}
	}
	sc.Campaigns = sc.Campaigns[:1]
	pool := sc.Campaigns[0].ID
	for contract, want := range map[string]int{
		"": 1, "one": 1, ownContract: sc.Campaigns[0].Accounts,
	} {
		sc.Campaigns[0].Pool.Contract, sc.Campaigns[0].Pool.Purpose = contract, "research"
		terms := termsOf(t, sc)
		require.Len(t, terms[pool], want, contract)
		for x := range terms[pool] {
			require.Equal(t, contract != "", x[0] != "")
			require.Equal(t, "research", x[1])
		}
		require.Equal(t, map[[2]string]bool{{"ctr_licensed-a", "evaluation"}: true},
			terms["licensed-a"])
		require.Equal(t, map[[2]string]bool{{"ctr_licensed-b", "evaluation"}: true},
			terms["licensed-b"])
		delete(terms, pool)
		delete(terms, "licensed-a")
		delete(terms, "licensed-b")
		for group, others := range terms {
			require.Equal(t, map[[2]string]bool{{}: true}, others, group)
		}
	}
}
