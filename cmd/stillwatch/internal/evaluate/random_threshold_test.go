package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// quantiles are n groups whose excesses over a margin are those of a law, by its quantile function.
func quantiles(n int, from float64, law func(p float64) float64) (near []NearGroup) {
	for i := range n {
		near = append(near, NearGroup{Margin: from + law((float64(i)+0.5)/float64(n))})
	}
	return near
}

func exponential(mean float64) func(float64) float64 {
	return func(p float64) float64 { return -mean * math.Log1p(-p) }
}

// Forty groups in twenty days are two a day above the margin; a hundredth a day is 200 times less,
// ln 200 = 5.3 means farther.
func TestATailWithAKnownAnswerGivesThatThreshold(t *testing.T) {
	const from, mean = -4, 0.8
	answer := from + mean*math.Log(200)
	tail := newTail(quantiles(40, from, exponential(mean)), from, 20)
	require.True(t, tail.enough())
	require.InDelta(t, mean, tail.mean(), 0.02)
	require.InDelta(t, answer, tail.line(0.01), 0.1)
	require.InDelta(t, 0.01, tail.rate(tail.line(0.01)), 1e-9)
	least, most := tail.lineAt(low), tail.lineAt(high)
	require.Less(t, least, answer-0.5)
	require.Greater(t, most, answer+0.5)
	require.InDelta(t, low, tail.lineBelow(least, 0.01), 1e-3)
	require.Less(t, tail.rateAt(low, 0), tail.rate(0))
	require.Greater(t, tail.rateAt(high, 0), tail.rate(0))
	require.InDelta(t, 0.01, tail.rateAt(high, most), 1e-4, "where even the upper end is as wanted")
	require.InDelta(t, from, tail.line(100), 1e-9, "never below where it begins")
	require.InDelta(t, answer, tail.farther().line(0.01), 0.4)
}

// Of a law that is known the interval must hold the answer as often as it says.
func TestTheIntervalHoldsTheThresholdNineteenTimesInTwenty(t *testing.T) {
	const from, mean, days, samples = -4, 0.7, 10, 600
	for _, expected := range []float64{15, 40} {
		answer := from + mean*math.Log(expected/days/0.01)
		r := rand.New(rand.NewPCG(uint64(expected), 5))
		inside, tried := 0, 0
		for tried < samples {
			var near []NearGroup
			for at := r.ExpFloat64(); at < expected; at += r.ExpFloat64() {
				near = append(near, NearGroup{Margin: from + mean*r.ExpFloat64()})
			}
			tail := newTail(near, from, days)
			if !tail.enough() || len(near) > mostPeaks {
				continue
			}
			tried++
			if p := tail.lineBelow(answer, 0.01); p > low && p < high {
				inside++
			}
		}
		// The standard error is 0.9 %.
		require.InDelta(t, 0.95, float64(inside)/samples, 0.03, "%g groups", expected)
	}
}

func TestATailThatIsNotExponentialIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		law    func(float64) float64
		is     bool
		longer bool
	}{
		"exponential": {law: exponential(1), is: true},
		"a power law": {law: func(p float64) float64 { return math.Pow(1-p, -0.7) - 1 }, longer: true},
		"bounded":     {law: func(p float64) float64 { return 1 + p/10 }},
	} {
		t.Run(name, func(t *testing.T) {
			cv, likely := newTail(quantiles(40, 0, tc.law), 0, 1).variation()
			if tc.is {
				require.Greater(t, likely, 0.2)
				return
			}
			require.Less(t, likely, 0.02)
			require.Equal(t, tc.longer, cv > 1)
		})
	}
}

func TestAGroupThatWasReportedCountsWithWhatItShowedUntilThen(t *testing.T) {
	near := quantiles(20, 0, exponential(1))
	whole := newTail(near, 0, 1)
	near[19].Reported = true
	cut := newTail(near, 0, 1)
	require.Len(t, cut.excesses, 20)
	require.InDelta(t, whole.mean()*20/19, cut.mean(), 1e-9)
}

func TestOfManyGroupsOnlyTheNearestMakeTheTail(t *testing.T) {
	tail := newTail(quantiles(200, -4, exponential(1)), -4, 1)
	require.Len(t, tail.excesses, mostPeaks)
	require.InDelta(t, -4+math.Log(4), tail.from, 0.02)
	require.InDelta(t, 1, tail.mean(), 0.05)
}

// written are the tables on the threshold of worlds with these groups.
func written(t *testing.T, worlds ...Outcome) string {
	t.Helper()
	var b strings.Builder
	policy := decision.DefaultPolicy()
	p := &tables{w: &b}
	p.threshold(worlds, &policy)
	require.NoError(t, p.err)
	return b.String()
}

func TestTheResultSaysAtWhichThresholdsFalseFindingsAreAsFewAsWanted(t *testing.T) {
	near := quantiles(40, leastMargin, exponential(0.8))
	// Two worlds that are twenty days of 5,000 accounts together.
	text := written(
		t, Outcome{Days: 100, Honest: 500, Near: near[:20]},
		Outcome{Days: 100, Honest: 500, Near: near[20:]},
	)
	for _, want := range []string{
		"## Threshold for 0.01 false findings a day at 5000 accounts\n",
		"| this configuration | `total_bits` 6.0 |",
		"| derived: all conditions moved by | +0.2 bits (`total_bits` 6.2) |",
		"| 95 % interval | -0.9 bits (`total_bits` 5.1) to +1.9 bits (`total_bits` 7.9) |",
		"| honest groups, crowds once, less than 4.0 bits below | 40 in 20.0 days of 5000 honest accounts; the nearest -0.5 |",
		"| derived from the 20 nearest alone |",
	} {
		require.Contains(t, text, want)
	}
	require.Regexp(t, `expected of this configuration \(95 % interval\) \| 0\.01[23]\d \(0\.00\d+ to 0\.0\d+\) \|`, text)
}

func TestFewGroupsAreSaidToBeTooFewAndNoneLeaveABound(t *testing.T) {
	for _, tc := range []struct {
		n    int
		few  string
		most float64
	}{
		// In two days: the rule of three, and log2(150) bits until a hundredth.
		{0, "too few groups: 0 of the 10", leastMargin + math.Log2(2.9957/2/0.01)},
		{4, "too few groups: 4 of the 10", leastMargin + math.Log2(9.1535/2/0.01)},
	} {
		near := append([]NearGroup{}, quantiles(tc.n, leastMargin, exponential(1))...)
		world := Outcome{Days: 20, Honest: 500, Near: near}
		text := written(t, world)
		require.Contains(t, text, tc.few)
		require.Contains(t, text, fmt.Sprintf("half as likely | %+.1f bits", tc.most))
		require.NotContains(t, text, "95 % interval")
	}
	require.Empty(t, written(t))
}

func TestResultsOfAProgramThatDidNotLookForNearGroupsAreSaidToBeThat(t *testing.T) {
	var old Outcome
	require.NoError(t, json.Unmarshal([]byte(`{"name":"w","days":3,"honest":800}`), &old))
	text := written(t, old, Outcome{Days: 1, Honest: 800, Near: []NearGroup{}})
	require.Contains(t, text, "1 of the worlds were measured by a program that did not keep")
	require.NotContains(t, text, "derived:")
	line, err := json.Marshal(Outcome{Near: []NearGroup{}})
	require.NoError(t, err)
	var again Outcome
	require.NoError(t, json.Unmarshal(line, &again))
	require.NotNil(t, again.Near, "a world without near groups is no old one")
}

func TestACrowdCountsOnceWithItsBestMargin(t *testing.T) {
	accounts := func(prefix string, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint(prefix, i))
		}
		return out
	}
	crowd, people, pool := accounts("crowd", 40), accounts("people", 40), accounts("pool", 20)
	truth := &simulate.Truth{
		Campaigns: []simulate.TrueCampaign{{ID: "c", Accounts: pool}},
		BenignGroups: []simulate.BenignGroup{
			{ID: "crowd-1", Accounts: crowd, Mechanisms: []string{"course"}},
			{ID: "people", Accounts: people},
		},
	}
	p := decision.DefaultPolicy()
	n := NewNearness(p)
	add := func(margin float64, change func(*search.Measurement), members ...string) {
		m := search.Measurement{
			Time: int64(100 + 10*margin), Members: members, Fitted: true,
			Scores: decision.Scores{
				Coordination: p.Coordination + margin, Harvest: p.Total,
				Size: decision.FullSize, Causes: p.Families,
			},
		}
		if change != nil {
			change(&m)
		}
		n.Add(m)
	}
	add(-2, nil, crowd[:20]...)
	add(-1, nil, crowd[:20]...)
	add(-1.5, nil, crowd[20:]...)                  // the same crowd, other accounts
	add(-1.2, nil, people[:10]...)                 // people are no crowd:
	add(-1.3, nil, people[10:20]...)               // these are others
	add(-1.4, nil, people[5:15]...)                // and these the same again
	add(1, nil, append(pool, people[20:30]...)...) // a finding about it would be true
	add(leastMargin-0.1, nil, people[30:]...)
	add(3, func(m *search.Measurement) { m.Fitted = false }, people[30:]...)
	add(3, func(m *search.Measurement) { m.Causes = 0 }, people[30:]...)
	add(3, func(m *search.Measurement) {
		// Beyond all conditions of the purpose rule but the purpose.
		m.Coordination, m.Text, m.Harvest = -9, 9, 9
	}, people[30:]...)
	add(-3, nil, "alone")
	add(0.5, func(m *search.Measurement) { m.Found = true }, people[30:39]...)
	groups := n.Groups(truth, 8)
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf("%s %d %.1f %v", g.Crowd, g.Size, g.Margin, g.Reported))
	}
	require.Equal(t, []string{
		"people 9 0.5 true", "crowd-1 20 -1.0 false", "people 10 -1.2 false", "people 10 -1.3 false",
	}, got)
	require.Equal(t, "combined", groups[1].Rule)
	require.Equal(t, []string{"course"}, groups[1].Mechanisms)
}
