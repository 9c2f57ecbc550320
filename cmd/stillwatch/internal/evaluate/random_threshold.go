package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// tail says how the number of honest groups falls towards the thresholds and beyond: peaks over a
// threshold, by the best margin that each group showed. Far out nearly every law's excesses follow
// a generalised Pareto law (Pickands 1975; Balkema and de Haan 1974). It is taken as exponential,
// its law of shape zero, because bits are logarithms: evidence that is what it claims reaches b
// bits by chance with probability 2^-b at most, so that the mean excess is at most 1/ln 2.
type tail struct {
	// from is where it begins, excesses are by how many bits the groups exceed that, the largest
	// first; ended counts those of them that were measured to the end, and not reported before.
	from     float64
	excesses []float64
	ended    int
	// days is the time in which they were seen, in days of manyAccounts honest accounts.
	days float64
}

const (
	// leastPeaks is how many groups must be seen for the tail to be measured: the 95 % interval of
	// the mean of ten exponential excesses spans a factor of 3.6 (chi-square, 20 degrees).
	leastPeaks = 10
	// mostPeaks is how many of the groups farthest out make the tail, as when a tenant is
	// calibrated: those far below the threshold say little about it.
	mostPeaks = 50
	// calibrated is the mean excess in bits where a bit more is half as likely.
	calibrated = 1 / math.Ln2
	// low and high are the ends of an interval that is 95 % sure.
	low, high = 0.025, 0.975
	// jeffreys is the half group that counts beside those seen, Jeffreys' prior of a Poisson rate.
	jeffreys = 0.5
)

// newTail takes the groups that came nearer than a margin in some days of manyAccounts accounts.
func newTail(near []NearGroup, from, days float64) *tail {
	t := &tail{from: from, days: days}
	sorted := slices.SortedStableFunc(slices.Values(near), func(a, b NearGroup) int {
		return cmp.Compare(b.Margin, a.Margin)
	})
	if len(sorted) > mostPeaks {
		t.from = max(t.from, sorted[mostPeaks].Margin)
	}
	for i := range sorted {
		g := &sorted[i]
		if g.Margin <= t.from {
			break
		}
		t.excesses = append(t.excesses, g.Margin-t.from)
		if !g.Reported {
			t.ended++
		}
	}
	return t
}

// farther is the tail from the middle one of the groups on: of an exponential tail the mean excess
// is the same there.
func (t *tail) farther() *tail {
	half := len(t.excesses) / 2
	out := &tail{from: t.from + t.excesses[half], days: t.days}
	for _, x := range t.excesses[:half] {
		out.excesses = append(out.excesses, x-t.excesses[half])
	}
	out.ended = max(0, half-(len(t.excesses)-t.ended))
	return out
}

// enough says that there are groups enough to measure how the tail falls.
func (t *tail) enough() bool { return t.ended >= leastPeaks }

func (t *tail) sum() (sum float64) {
	for _, x := range t.excesses {
		sum += x
	}
	return sum
}

// mean is the mean excess. A group that was reported counts with what it showed until then, as what
// is censored does: the sum over all, by the number of the others.
func (t *tail) mean() float64 { return t.sum() / float64(t.ended) }

// rate is the number of groups a day expected beyond x bits, x not below where the tail begins.
func (t *tail) rate(x float64) float64 {
	return float64(len(t.excesses)) / t.days * math.Exp(-(x-t.from)/t.mean())
}

// line is where the expected rate falls to the wanted rate.
func (t *tail) line(wanted float64) float64 {
	return max(t.from, t.from+t.mean()*math.Log(t.rate(t.from)/wanted))
}

// lineBelow is how surely the rate beyond x is at most the wanted rate: by both what the number of
// groups says of their rate (Poisson) and what their excesses say of the mean (exponential), with
// Jeffreys' priors. The mean is summed over equally likely values.
func (t *tail) lineBelow(x, wanted float64) (sure float64) {
	const (
		steps = 200
		// mostExponent keeps the expected number a number: so many are seen for sure.
		mostExponent = 100
	)
	count := float64(len(t.excesses)) + jeffreys
	for i := range steps {
		mean := t.meanAt((float64(i) + 0.5) / steps)
		expected := t.days * wanted * math.Exp(min(mostExponent, (x-t.from)/mean))
		sure += mathext.GammaIncReg(count, expected) / steps
	}
	return sure
}

// meanAt is the value that the mean excess is below with probability p.
func (t *tail) meanAt(p float64) float64 {
	return t.sum() / mathext.GammaIncRegInv(float64(t.ended), 1-p)
}

// lineAt is the threshold from which on the rate is at most the target with probability p, not
// below where the tail begins.
func (t *tail) lineAt(p float64) float64 {
	return t.from + bisect(0, func(y float64) bool {
		return t.lineBelow(t.from+y, backtest.TargetRate) >= p
	})
}

// rateAt is the rate beyond x with probability p.
func (t *tail) rateAt(p, x float64) float64 {
	const least = -30 // e^-30: never
	return math.Exp(bisect(least, func(y float64) bool { return t.lineBelow(x, math.Exp(y)) >= p }))
}

// bisect is the least value from a first one on for which a condition holds that goes on to hold.
func bisect(from float64, holds func(float64) bool) float64 {
	if holds(from) {
		return from
	}
	step := 1.0
	for !holds(from + step) {
		step *= 2
	}
	const enough = 1e-4
	to := from + step
	for to-from > enough {
		if middle := (from + to) / 2; holds(middle) {
			to = middle
		} else {
			from = middle
		}
	}
	return to
}

// cautious is the threshold that is 95 % sure to give at most the wanted rate where the groups are
// too few to measure the tail: by the upper bound of their number, and a tail that falls as slowly
// as evidence may.
func (t *tail) cautious(wanted float64) float64 {
	most := Upper(len(t.excesses)) / t.days
	return max(t.from, t.from+calibrated*math.Log(most/wanted))
}

// variation is the coefficient of variation of the excesses: 1 for an exponential tail, more for
// one that falls ever more slowly. likely is how likely one as far from that of so many exponential
// excesses is (Greenwood 1946), by drawing them.
func (t *tail) variation() (cv, likely float64) {
	n := len(t.excesses)
	cv = variation(t.excesses)
	const draws = 4000
	r := rand.New(rand.NewPCG(uint64(n), 1)) // the same draws each time
	drawn := make([]float64, n)
	below := 0
	for range draws {
		for i := range drawn {
			drawn[i] = r.ExpFloat64()
		}
		if variation(drawn) < cv {
			below++
		}
	}
	p := float64(below) / draws
	return cv, 2 * min(p, 1-p)
}

func variation(values []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, x := range values {
		sum += x
		squares += x * x
	}
	mean := sum / float64(len(values))
	return math.Sqrt(max(0, squares/float64(len(values))-mean*mean)) / mean
}

// thresholdTitle heads the section on the default threshold.
var thresholdTitle = fmt.Sprintf(
	"Threshold for %g false findings a day at %d accounts", backtest.TargetRate, manyAccounts,
)

// threshold writes by how many bits the conditions of all rules could move until as few false
// findings are expected as is wanted.
func (p *tables) threshold(worlds []Outcome, policy *decision.Policy) {
	var near []NearGroup
	days, old := 0.0, 0
	for i := range worlds {
		w := &worlds[i]
		if w.Near == nil {
			old++
			continue
		}
		near = append(near, w.Near...)
		days += w.Days * float64(w.Honest) / manyAccounts
	}
	if old > 0 {
		p.title(thresholdTitle)
		p.line("%d of the worlds were measured by a program that did not keep the honest groups near the", old)
		p.line("thresholds. Measure them again to derive a threshold.")
		return
	}
	if days == 0 {
		return
	}
	p.derived(newTail(near, leastMargin, days), policy)
}

// derived writes what a tail says of the thresholds.
func (p *tables) derived(t *tail, policy *decision.Policy) {
	const wanted = backtest.TargetRate
	moved := func(x float64) string {
		text := fmt.Sprintf("%+.1f bits (`total_bits` %.1f)", x, policy.Total+x)
		if x <= t.from {
			text = "no more than " + text
		}
		return text
	}
	seen := func(t *tail) string {
		return fmt.Sprintf(
			"%d in %.1f days of %d honest accounts", len(t.excesses), t.days, manyAccounts,
		)
	}
	p.head(thresholdTitle, "figure", "value")
	p.line("| this configuration | `total_bits` %.1f |", policy.Total)
	near := fmt.Sprintf("honest groups, crowds once, less than %.1f bits below", -t.from)
	if !t.enough() {
		p.line("| derived: all conditions moved by | too few groups: %d of the %d that it takes |", t.ended, leastPeaks)
		p.line("| at most (95 %% sure), if one bit more is half as likely | %s |", moved(t.cautious(wanted)))
		p.line("| %s | %s |", near, seen(t))
		return
	}
	p.line("| derived: all conditions moved by | %s |", moved(t.line(wanted)))
	p.line("| 95 %% interval | %s to %s |", moved(t.lineAt(low)), moved(t.lineAt(high)))
	p.line(
		"| false findings a day expected of this configuration (95 %% interval) | %.4f (%.4f to %.4f) |",
		t.rate(0), t.rateAt(low, 0), t.rateAt(high, 0),
	)
	p.line("| %s | %s; the nearest %+.1f |", near, seen(t), t.from+t.excesses[0])
	p.line(
		"| nearer by a bit they are fewer by a factor of (95 %% interval); 2 or more by e-values | %.1f (%.1f to %.1f) |",
		math.Exp(1/t.mean()), math.Exp(1/t.meanAt(high)), math.Exp(1/t.meanAt(low)),
	)
	cv, likely := t.variation()
	p.line(
		"| is the tail exponential? variation of the excesses, 1 if it is | %.2f (p = %.2f) |",
		cv, likely,
	)
	if half := t.farther(); half.ended > 0 {
		p.line(
			"| derived from the %d nearest alone | %s |", half.ended, moved(half.line(wanted)),
		)
	}
}
