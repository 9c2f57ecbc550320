package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// sharedValue makes a detector of an attribute: its entropy deficit, log2 of the effective
// number of distinct values that as many unrelated accounts show over the group's. The signal
// family is that of the table of attributes. What people in one place have in common too counts in
// proportion to how diverse the members' networks are: anywhere is false.
func sharedValue(
	spec Spec, a attribute.Attribute, anywhere bool, what, note string,
) Detector {
	spec.Axis, spec.Family = Coordination, a.Family()
	spec.Min = -mostPrice
	spec.Null = sharedNull
	return Detector{
		Spec: spec,
		Measure: func(g *Group, c *Context) (Measure, bool) {
			// What no gateway reports is not worth a count: every candidate is measured.
			if !g.reports(a) {
				return Measure{}, false
			}
			scale := 1.0
			if !anywhere {
				scale = NetworkDiversity(g, c)
			}
			return entropyDeficit(g, c, a, scale)
		},
		Explain: func(g *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%d accounts show %.3g effective %s",
					len(g.Members), m.Observed, what),
				fmt.Sprintf("%.3g among as many unrelated accounts", m.Expected), note
		},
	}
}

// sharedNull is the null of all shared values.
const sharedNull = "The members are drawn at random from the population. 2^-H of a group, H the " +
	"entropy of its values, over the mean of 2^-H of random groups of its size has the mean 1. " +
	"Where it is below 1 it counts as 1, and the mean that this adds is subtracted: agreement " +
	"that is not there costs some hundredths of a bit."
