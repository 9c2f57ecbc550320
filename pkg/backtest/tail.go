package backtest

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Tail says how the number of honest groups falls towards the threshold and beyond: peaks over a
// threshold. Above a high threshold excesses follow a generalised Pareto law (Pickands 1975;
// Balkema and de Haan 1974). A handful of groups cannot tell its shape; it is taken as exponential,
// the law of shape zero, because bits are logarithms: evidence that is what it claims reaches x
// bits by chance with probability 2^-x at most. The mean is Hill's estimator (Hill 1975), drawn
// towards what such evidence would show by as much as priorGroups groups.
type Tail struct {
	// Threshold is where the tail begins, N the number of groups above it, Days the time in which
	// they were seen.
	Threshold float64
	N         int
	Days      float64
	// Mean is by how many bits a group exceeds any line above the threshold, on average.
	Mean float64
	// before is the time in days that the half group is worth which counts beside those seen.
	before float64
}

// Expectation is what is known before anything was seen: Rate groups a day are beyond At.
type Expectation struct{ At, Rate float64 }

const (
	// calibratedMean is the mean excess in bits where one bit more is half as likely: 1/ln 2.
	calibratedMean = 1 / math.Ln2
	// priorGroups is how many groups the assumption of calibrated bits is worth.
	priorGroups = 4
	// maxTail is how many of the groups farthest out make the tail: those far below the threshold
	// say little about it.
	maxTail = 50
	// jeffreys is the group that counts beside those seen: Jeffreys' prior for a Poisson rate.
	jeffreys = 0.5
	// sure is how sure the bounds are, on one side.
	sure = 0.95
)

// FitTail fits the tail of excesses (largest first) over a threshold.
func FitTail(excesses []float64, threshold, days float64) Tail {
	t := Tail{Threshold: threshold, Days: days}
	if len(excesses) > maxTail && excesses[maxTail] > threshold {
		t.Threshold = excesses[maxTail]
	}
	sum := 0.0
	for _, x := range excesses {
		if x <= t.Threshold {
			break
		}
		sum += x - t.Threshold
		t.N++
	}
	t.Mean = (sum + priorGroups*calibratedMean) / float64(t.N+priorGroups)
	return t
}

// Expect takes in what is known before: the half group beside those seen comes with the time in
// which the expectation shows one, so that a recording which says nothing changes nothing. With a
// rate of 0 nothing is known, and the half group is of the days that were seen.
func (t *Tail) Expect(e Expectation) {
	if e.Rate <= 0 {
		t.before = 0
		return
	}
	t.before = jeffreys / (e.Rate * math.Exp((e.At-t.Threshold)/calibratedMean))
}

// Rate is the expected number of groups a day beyond x bits, which must not be below the threshold.
// None seen counts as half a one.
func (t *Tail) Rate(x float64) float64 {
	return (float64(t.N) + jeffreys) / (t.Days + t.before) * math.Exp(-(x-t.Threshold)/t.Mean)
}

// Upper is the rate that a recording of this length cannot rule out: both the number of groups
// above the threshold and the mean at their one-sided 95 % bounds.
func (t *Tail) Upper(x float64) float64 {
	return t.upperCount() * math.Exp(-(x-t.Threshold)/t.upperMean())
}

// Line is where Rate falls to the wanted rate, Cautious where Upper does; neither is below the
// threshold.
func (t *Tail) Line(rate float64) float64 {
	return t.Threshold + math.Max(0, t.Mean*math.Log(t.Rate(t.Threshold)/rate))
}

// Cautious is the threshold at which even the upper bound is the wanted rate.
func (t *Tail) Cautious(rate float64) float64 {
	return t.Threshold + math.Max(0, t.upperMean()*math.Log(t.upperCount()/rate))
}

// upperCount is Garwood's upper bound of a Poisson mean, a day: 3 for none seen, the rule of three.
func (t *Tail) upperCount() float64 { return chiSquare(sure, 2*float64(t.N+1)) / 2 / t.Days }

func (t *Tail) upperMean() float64 {
	n := 2 * float64(t.N+priorGroups)
	return t.Mean * n / chiSquare(1-sure, n)
}

// chiSquare is the quantile of the chi-square law, by way of the incomplete gamma function: what
// gonum's distuv.ChiSquared does too, which brings 24 packages with it instead of these 4 (go list
// -deps).
func chiSquare(p, freedom float64) float64 { return 2 * mathext.GammaIncRegInv(freedom/2, p) }
