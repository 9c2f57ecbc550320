package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// dailyRhythm is the squared mean resultant length that counts as a daily rhythm in full. Use that
// is even through sixteen waking hours has 0.17, round the clock has 0.
const dailyRhythm = 0.15

// clock sees accounts that work round the clock, and counts a daily rhythm as mitigating evidence.
func clock() Detector {
	d := ranking(Spec{
		ID: "clock", Axis: Harvest, Max: 2, Min: -1.5,
		Summary: "The accounts are active at all hours. A daily rhythm is mitigating evidence.",
		Why: "People sleep (sustained round-the-clock use is an indicator of AA26-251A). " +
			"Measured inside each account, so that users of many time zones do not look like " +
			"one machine. Unbiased squared mean resultant length of the active hours (Mardia & " +
			"Jupp 2000), mean rank among the controls. Not measured where the text is in the smaller " +
			"part of the requests: the hours are those of the others.",
		Evasion:    "Imitating a day's rhythm, which leaves the pool idle for half of it.",
		LookAlikes: "Cron jobs, services, global teams behind one key.",
	}, baseline.Clock, low, dailyRhythm, func(m Measure) (string, string, string) {
		note := "the accounts are active at all hours"
		if m.Bits < 0 {
			note = "the accounts keep a daily rhythm"
		}
		return fmt.Sprintf("daily rhythm %.2f (0 none, 1 one time of day)",
				math.Max(0, m.Observed)),
			fmt.Sprintf("median of %s %.2f", m.Compared, math.Max(0, m.Expected)), note
	})
	measure := d.Measure
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		if g.isBeside() {
			return Measure{}, false
		}
		return measure(g, c)
	}
	return d
}
