package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// fanout sees accounts whose requests come from many addresses.
func fanout() Detector {
	return ranking(Spec{
		ID: "fanout", Axis: Harvest, Max: 0.5, Min: 0,
		Summary: "The accounts are used from many addresses.",
		Why: "A key that many people use, or one behind rotating proxies, shows more addresses per " +
			"request than a person with a telephone and an office (an indicator of AA26-251A). " +
			"Mean rank of log addresses (HyperLogLog) per ten requests among the controls.",
		Evasion: "One address for each account, which relays allow.",
		LookAlikes: "Travellers, mobile carriers, serverless programs: single accounts, and not a " +
			"whole group.",
		Needs: []string{"client.ip"},
	}, baseline.Fanout, high, twice, func(m Measure) (string, string, string) {
		return fmt.Sprintf("%.2g addresses per ten requests", math.Exp2(m.Observed)),
			fmt.Sprintf("median of %s %.2g", m.Compared, math.Exp2(m.Expected)),
			"each account is used from many places"
	})
}
