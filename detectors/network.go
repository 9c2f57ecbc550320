package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// network sees accounts behind few networks.
func network() Detector {
	return sharedValue(Spec{
		ID: "network", Max: 2, Explained: OneLaunch | OnePayer,
		Summary: "The accounts come from fewer networks than as many unrelated ones.",
		Why: "Proxies are rented by the block. Perplexity of the /24 and /48 networks " +
			"against the baseline (BotGraph 2009, EvilCohort 2015), capped low: people behind one " +
			"carrier share addresses.",
		Evasion: "Residential proxies, one per account.",
		LookAlikes: "Offices, campuses, carrier-grade NAT, VPN providers: it is never evidence " +
			"alone, and counts little.",
		Needs: []string{"client.ip"},
	}, attribute.Network, true, "networks", "the accounts use the same networks")
}
