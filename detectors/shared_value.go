package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// sharedValue makes a detector of an attribute: its entropy deficit, log2 of the effective
// number of distinct values that as many unrelated accounts show over the group's. The signal
// family is that of the table of attributes.
func sharedValue(spec Spec, a attribute.Attribute, what, note string) Detector {
	spec.Axis, spec.Family = Coordination, a.Family()
	return Detector{
		Spec:    spec,
		Measure: func(g *Group, c *Context) (Measure, bool) { return entropyDeficit(g, c, a) },
		Explain: func(g *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%d accounts show %.3g effective %s",
					len(g.Members), m.Observed, what),
				fmt.Sprintf("%.3g among as many unrelated accounts", m.Expected), note
		},
	}
}
