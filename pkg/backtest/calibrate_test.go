package backtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// wide are options whose floors leave room for groups far below the sum of both axes.
func wide() campaign.Options {
	o := campaign.DefaultOptions()
	o.Coordination, o.Harvest = 0.5, 0.5
	return o
}

// measured makes a measurement of the accounts first..first+n-1, some bits beyond the threshold
// by total_bits.
func measured(first, n int, excess float64, at int64, fitted bool) search.Measurement {
	o := wide()
	c := search.Measurement{
		Time: at, Fitted: fitted,
		Scores: decision.Scores{
			// What is beyond the floors of both axes, half on each.
			Coordination: o.Coordination + (o.Total+excess-o.Coordination-o.Harvest)/2,
			Harvest:      o.Harvest + (o.Total+excess-o.Coordination-o.Harvest)/2,
			Causes:       o.Families, Size: decision.FullSize,
		},
	}
	for i := range n {
		c.Members = append(c.Members, fmt.Sprint("a", first+i))
	}
	return c
}

const hour = 3_600_000

func TestMeasurementsOfOneGroupCountOnceWithTheHighest(t *testing.T) {
	c := NewCalibration(wide())
	c.Add(measured(0, 20, -2.4, 10*hour, true))
	c.Add(measured(0, 20, -1, 12*hour, true))
	c.Add(measured(0, 20, -2, 13*hour, true))
	c.Add(measured(2, 20, -1.5, 20*hour, true)) // two have left, two have come
	c.Add(measured(5, 10, -0.5, 14*hour, false))
	c.Add(measured(100, 30, -2.3, 15*hour, true))
	c.Add(measured(200, 30, -0.4, 16*hour, false))
	c.Add(measured(300, 30, -Reach-0.1, 17*hour, true))
	other := measured(0, 20, -2, 18*hour, true)
	other.Tenant = "another"
	c.Add(other)
	groups := c.Groups()
	require.Len(t, groups, 4)
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf(
			"%d %.1f raw %.1f fitted %v from %d to %d",
			len(g.Best.Members), g.Excess, g.RawExcess, g.Fitted, g.First/hour, g.Last/hour,
		))
	}
	require.Equal(t, []string{
		"30 -0.4 raw -0.4 fitted false from 16 to 16", "20 -1.0 raw -0.5 fitted true from 10 to 20",
		"20 -2.0 raw -Inf fitted true from 18 to 18", "30 -2.3 raw -Inf fitted true from 15 to 15",
	}, got)
	require.InDelta(t, 10.5/24, c.Days(), 1e-9)

	c.compact()
	after := c.Groups()
	require.Len(t, after, 4)
	for i := range after {
		require.InDelta(t, groups[i].Excess, after[i].Excess, 1e-9)
		require.Equal(t, groups[i].Best.Members, after[i].Best.Members)
		require.Equal(
			t, [2]int64{groups[i].First, groups[i].Last}, [2]int64{after[i].First, after[i].Last},
		)
	}
}

func TestAGroupMadeOfSeveralBetterOnesIsNoneOfItsOwn(t *testing.T) {
	c := NewCalibration(wide())
	c.Add(measured(0, 10, -1, hour, true))
	c.Add(measured(10, 10, -1.2, hour, true))
	c.Add(measured(0, 27, -2, hour, true)) // both, and seven more: fewer than a group
	require.Len(t, c.Groups(), 2)
	c.Add(measured(0, 60, -2.2, hour, true)) // both, and forty more
	require.Len(t, c.Groups(), 3)
}

func TestATailIsRecoveredAndItsBoundsHoldTheTruth(t *testing.T) {
	const mean, n, days = 0.8, 40, 20.0
	var excesses []float64
	for i := range n { // the law's own quantiles, largest first
		excesses = append(excesses, -3-mean*math.Log((float64(i)+0.5)/n))
	}
	tail := FitTail(excesses, -3, days)
	require.Equal(t, n, tail.N)
	require.InDelta(t, mean, tail.Mean, 0.1)
	for _, x := range []float64{-3, -1, 0, 1} {
		truth := n / days * math.Exp(-(x+3)/mean)
		require.Less(t, truth, tail.Upper(x))
		require.InDelta(t, 0, math.Log2(truth/tail.Rate(x)), 1)
	}
	line := tail.Line(0.1)
	require.InDelta(t, 0.1, tail.Rate(line), 1e-9)
	require.Greater(t, tail.Cautious(0.1), line)
	require.InDelta(t, 0.1, tail.Upper(tail.Cautious(0.1)), 1e-9)
	require.InDelta(t, -3, tail.Line(100), 1e-9, "never below the threshold")
}

func TestOfManyGroupsOnlyTheFarthestOutMakeTheTail(t *testing.T) {
	var excesses []float64
	for i := range 200 {
		excesses = append(excesses, 1-float64(i)*0.019)
	}
	tail := FitTail(excesses, -3, 10)
	require.Equal(t, maxTail, tail.N)
	require.InDelta(t, 1-maxTail*0.019, tail.Threshold, 1e-9)
}

func TestNothingSeenIsTheRuleOfThree(t *testing.T) {
	tail := FitTail(nil, -3, 30)
	require.InDelta(t, 0.1, tail.Upper(-3), 0.003)
	require.InDelta(t, 0.5/30, tail.Rate(-3), 1e-9)
	for _, c := range []struct {
		p, freedom, want float64
	}{{0.95, 2, 5.991}, {0.95, 8, 15.507}, {0.05, 8, 2.733}, {0.05, 40, 26.509}} {
		require.InEpsilon(t, c.want, chiSquare(c.p, c.freedom), 2e-4)
	}
}

// The bounds were taken by Wilson and Hilferty's approximation (1931) before; a recommendation
// moves by the logarithm of their ratio, times a mean excess of about 1.44 bits: less than 0.02
// bits, of steps of 0.1.
func TestTheBoundsAreThoseOfTheApproximationToOnePerCent(t *testing.T) {
	approximation := func(z, freedom float64) float64 {
		a := 2 / (9 * freedom)
		return freedom * math.Pow(1-a+z*math.Sqrt(a), 3)
	}
	const z95 = 1.6449
	for n := range maxTail + 1 {
		upper, mean := 2*float64(n+1), 2*float64(n+priorGroups)
		require.InEpsilon(t, approximation(z95, upper), chiSquare(sure, upper), 0.01, n)
		require.InEpsilon(t, approximation(-z95, mean), chiSquare(1-sure, mean), 0.005, n)
	}
}

func TestTheRateFollowsTheNumberOfAccounts(t *testing.T) {
	require.InDelta(t, TargetRate, DefaultRate(0), 1e-12)
	require.InDelta(t, TargetRate, DefaultRate(TargetAccounts/2), 1e-12, "no less than the target")
	require.InDelta(t, 3*TargetRate, DefaultRate(3*TargetAccounts), 1e-12)
	c := NewCalibration(wide())
	c.Add(measured(0, 20, -2.3, hour, true))
	for i := range 2 * TargetAccounts {
		for range 2 {
			c.Saw(stage.Out{Key: fmt.Append(nil, "a", i)})
		}
	}
	a := c.Advise(0, false)
	require.Equal(t, 2*TargetAccounts, a.Accounts)
	require.InDelta(t, 2*TargetRate, a.Rate, 1e-12)
	require.InDelta(t, 0.1, c.Advise(0.1, false).Rate, 1e-12, "unless another is asked for")
}

func TestARecordingThatSaysNothingLeavesTheDefaultAsItIs(t *testing.T) {
	nothing := FitTail(nil, -Reach, 1e-9)
	nothing.Expect(Expectation{At: 0, Rate: TargetRate})
	require.InDelta(t, 0, nothing.Line(TargetRate), 1e-6)
	require.InDelta(t, TargetRate, nothing.Rate(0), 1e-9)
	month := FitTail(nil, -Reach, 30)
	month.Expect(Expectation{At: 0, Rate: TargetRate})
	require.Negative(t, month.Line(TargetRate), "a quiet month says that there are fewer")
	busy := FitTail([]float64{0.4, -0.2, -1, -1.5}, -Reach, 30)
	busy.Expect(Expectation{At: 0, Rate: TargetRate})
	require.Positive(t, busy.Line(TargetRate))

	lower := campaign.DefaultOptions()
	lower.Total--
	own := NewCalibration(lower)
	own.Add(measured(0, 20, -9, hour, true))
	require.InDelta(t, own.Advise(0, false).Floor, own.Advise(0, false).Shift, 0.11,
		"the default, whatever is configured")
}

func TestOnlyRulesByWhichGroupsComeWithinReachMove(t *testing.T) {
	p := decision.DefaultPolicy()
	d := Derive([]Peak{
		{-1, decision.Combined}, {-Reach, decision.Purpose}, {0.5, decision.Operator},
	}, TargetRate, 30, Expectation{})
	require.Equal(t, 2, d.Tail.N)
	moved := d.Moved(p, d.Shift)
	require.Positive(t, d.Shift)
	require.InDelta(t, p.Total+d.Shift, moved.Total, 1e-9)
	require.InDelta(t, p.Operator+d.Shift, moved.Operator, 1e-9)
	require.InDelta(t, p.Purpose, moved.Purpose, 1e-9)
}

func TestAdviceIsNeverBelowTheDefaultAndSetsAsideWhatIsFarBeyond(t *testing.T) {
	quiet := NewCalibration(wide())
	quiet.Add(measured(0, 20, -2.3, hour, true))
	quiet.Add(measured(0, 20, -2.3, 20*24*hour, true))
	a := quiet.Advise(0.1, false)
	require.Negative(t, a.Shift)
	require.InDelta(t, campaign.DefaultOptions().Total, a.Total, 1e-9)
	require.False(t, a.Moves[decision.Operator])

	lower := campaign.DefaultOptions()
	lower.Total--
	own := NewCalibration(lower)
	own.Add(measured(0, 20, -2.3, hour, true))
	own.Add(measured(0, 20, -2.3, 20*24*hour, true))
	a = own.Advise(0.1, false)
	require.InDelta(t, 1, a.Floor, 1e-9)
	require.InDelta(t, campaign.DefaultOptions().Total, a.Total, 1e-9)

	busy := NewCalibration(wide())
	for i := range 8 {
		busy.Add(measured(100*i, 20, -2+float64(i)*0.3, hour*int64(1+6*i), true))
	}
	pool := measured(5000, 40, 8, hour, true)
	busy.Add(pool)
	a = busy.Advise(0.1, false)
	require.Len(t, a.Far, 1)
	require.Equal(t, pool.Members, a.Far[0].Best.Members)
	require.Greater(t, a.Total, campaign.DefaultOptions().Total)
	fitted, _ := a.Beyond(0)
	require.Equal(t, 1, fitted, "the last, 0.1 beyond")
	trusted := busy.Advise(0.1, true)
	require.Empty(t, trusted.Far)
	require.Greater(t, trusted.Total, a.Total)

	relay := measured(9000, 20, -9, 2*hour, true)
	relay.Coordination, relay.Harvest = campaign.DefaultOptions().Operator+0.2, -1
	relay.Moved = 5
	busy.Add(relay)
	a = busy.Advise(0.1, false)
	require.True(t, a.Moves[decision.Operator])
	require.InDelta(
		t, a.Total-wide().Total,
		a.Operator-campaign.DefaultOptions().Operator, 1e-9,
	)
	require.False(t, a.Moves[decision.Purpose])

	demands := measured(9500, 20, -9, 3*hour, true)
	demands.Text, demands.Size, demands.Purpose, demands.Harvest = 3, 20,
		campaign.DefaultOptions().Purpose+0.4, 7
	busy.Add(demands)
	a = busy.Advise(0.1, false)
	require.True(t, a.Moves[decision.Purpose])
	require.InDelta(
		t, a.Total-wide().Total,
		a.Purpose-campaign.DefaultOptions().Purpose, 1e-9,
	)
	require.Contains(t, a.Shifts(), 0.0)
	require.Contains(t, a.Shifts(), a.Shift)
}

func TestObservingFindsNothingAndKeepsTheOptionsValid(t *testing.T) {
	o := Observing(campaign.DefaultOptions())
	require.NoError(t, o.Validate())
	require.True(t, o.Observe)
}
