package evaluate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// The values are those of the tables of Garwood's limits, as in Pearson and Hartley.
func TestTheUpperBoundIsThatOfTheTables(t *testing.T) {
	for n, want := range map[int]float64{
		0: 2.9957, 1: 4.7439, 2: 6.2958, 3: 7.7537, 5: 10.513, 10: 16.962, 20: 29.062,
	} {
		require.InDelta(t, want, Upper(n), 0.001, "%d seen", n)
	}
}

const (
	finding = `{"severity_id":%,"message":"m","finding_info":{"uid":"$","traits":[{"name":"work","category":"plane"},` +
		`{"name":"issuer","category":"coordination","type":"bits","values":["4.50"]}]}}`
	naming = `{"account":"%","findings":[{"uid":"$","severity_id":3}]}`
)

// tell reports findings and whom they name.
func tell(t *testing.T, told *Told, uid, severity string, accounts ...string) {
	t.Helper()
	_, err := told.Alerts().Write(
		[]byte(strings.NewReplacer("%", severity, "$", uid).Replace(finding)),
	)
	require.NoError(t, err)
	for _, a := range accounts {
		_, err := told.Accounts().Write(
			[]byte(strings.NewReplacer("%", a, "$", uid).Replace(naming)),
		)
		require.NoError(t, err)
	}
}

func outcome(t *testing.T) Outcome {
	t.Helper()
	truth := &simulate.Truth{
		Corpus: "random-develop-1-0", Days: 2,
		Campaigns: []simulate.TrueCampaign{{
			ID: "c", Kind: "care 0.1", Accounts: []string{"x1", "x2", "x3", "x4"},
			Tactics: []string{"fixed-template", "slow-pace"},
			Cost:    &simulate.Cost{AccountDaysPer1000: 20, TokensPerAnswer: 900, Cards: 2},
		}},
		BenignGroups: []simulate.BenignGroup{
			{ID: "crowd-1", Accounts: []string{"a", "b", "d"}, Mechanisms: []string{"viral-prompt", "prepaid-card"}},
			{ID: "people", Accounts: []string{"e"}},
		},
	}
	told := NewTold()
	tell(t, told, "f1", "2", "a", "b")
	tell(t, told, "f1", "4", "a", "b")
	tell(t, told, "f2", "3", "x1", "x2", "x3", "e")
	res := &backtest.Result{
		Named: 6, Wrong: 3, Days: 2,
		Campaigns: []backtest.CampaignResult{
			{ID: "c", Accounts: 4, Found: true, Hours: 1.5, Leaked: 0.1, HalfLeaked: 0.2, Recall: 0.75},
		},
		Crowds: []backtest.CrowdResult{
			{ID: "crowd-1", Accounts: 3, False: 1, Wrong: 2}, {ID: "people", Accounts: 1, Wrong: 1},
		},
		False: []backtest.FalseFinding{{UID: "f1", Group: "crowd-1", Members: 2}},
	}
	return Sum(truth, res, told)
}

func TestARandomWorldIsSummedUpWithItsMechanismsTacticsAndEvidence(t *testing.T) {
	var b strings.Builder
	policy := decision.DefaultPolicy()
	require.NoError(t, WriteRandom(&b, "one", []Outcome{outcome(t)}, &policy))
	for _, want := range []string{
		"| worlds, honest accounts, world-days | 1, 4, 2.0 |",
		"| false findings a world-day (95 % upper bound) | 0.50 (2.37) |",
		"| accounts named, honest ones among them | 6, 3 (precision 50.0 %) |",
		"| campaigns found | 1 of 1 |",
		"| wording: fixed-template (care 0) | 1 | 1 | 75.0 % | 75.0 % | 20.0 % | 1.5 h |",
		"| rate: slow-pace (care 2) | 1 | 1 |",
		"| usual, 0.8 to 1.3 | 1 | 1 |",
		"| 10 to 40 | 1 | 1 | 75.0 % | 75.0 % | 20.0 % | 1.5 h | 900 | 2 | 4 |",
		"| prepaid-card | 1 | 1 | 1 | 3 | 2 |",
		"| viral-prompt | 1 | 1 | 1 | 3 | 2 |",
		"| no mechanism: people | 1 | 0 | 0 | 1 | 1 |",
		"| issuer | coordination | 1 of 1 | 4.5 |",
		"- `random-develop-1-0` crowd-1 (viral-prompt + prepaid-card), 2 accounts, severity 4: issuer +4.5",
	} {
		require.Contains(t, b.String(), want)
	}
}

func TestACampaignToldOfAsOneCustomerIsCountedApart(t *testing.T) {
	large := func(found bool, leaked, low float64) CampaignOutcome {
		return CampaignOutcome{
			Accounts: 30, Found: found, Recall: 1 - leaked, Leaked: leaked / 2, HalfLeaked: leaked,
			Low: low, Cost: &simulate.Cost{AccountDaysPer1000: 10, RequestsPerAnswer: 1},
		}
	}
	worlds := []Outcome{{Days: 1, Campaigns: []CampaignOutcome{
		large(true, 0.2, 0), large(false, 1, 0.9), large(false, 1, 0.2),
	}}}
	rows := map[string]string{}
	for _, f := range figures(worlds) {
		rows[f.name] = f.value
	}
	require.Contains(t, rows["of "+sizeableWords+": found; recall, precision; leaked (median, "+
		"nine in ten) until half of the accounts were named, until it was found"], "1 of 3; 26.7 %")
	require.Contains(t, rows["the same without those told of as one customer at Low"],
		"1 of 2; 40.0 %, –; 100.0 %, 100.0 %; 50.0 %, 50.0 %")
}

func TestNoWorldsGiveTablesWithoutFigures(t *testing.T) {
	var b strings.Builder
	policy := decision.DefaultPolicy()
	require.NoError(t, WriteRandom(&b, "none", nil, &policy))
	require.Contains(t, b.String(), "| campaigns found | 0 of 0 |")
}

func TestResultsAreKeptAndThoseOfOthersRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	s, err := OpenStore(path, "v1", "o1")
	require.NoError(t, err)
	o := outcome(t)
	o.Index = 3
	require.NoError(t, s.Add(o))
	require.NoError(t, s.Close())
	s, err = OpenStore(path, "v1", "o1")
	require.NoError(t, err)
	require.True(t, s.Has(3))
	require.False(t, s.Has(0))
	require.Empty(t, s.Outcomes(3))
	o.Program, o.Options = "v1", "o1"
	require.Equal(t, []Outcome{o}, s.Outcomes(4))
	require.NoError(t, s.Close())
	_, err = OpenStore(path, "v2", "o1")
	require.ErrorContains(t, err, "another program or configuration")
	require.NoError(t, os.WriteFile(path, []byte("nonsense\n"), 0o600))
	_, err = OpenStore(path, "v1", "o1")
	require.ErrorContains(t, err, "read earlier results")
}
