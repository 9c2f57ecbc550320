package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// network sees accounts behind few networks.
//
// Why it works: proxies are rented by the block. Evasion: residential proxies, one per account.
// Honest traffic like it: offices, campuses, carriers: never evidence alone, so it earns little.
func network() Detector {
	return sharedValue(Spec{
		ID: "network", Axis: Coordination, Plane: Network, Max: 2, Min: 0,
		Summary:    "The accounts come from fewer networks than as many unrelated ones.",
		Why:        "Perplexity of the /24 and /48 networks against the census (BotGraph 2009, EvilCohort 2015), capped low: people behind one carrier share addresses.",
		Evasion:    "Residential proxies.",
		LookAlikes: "Offices, campuses, carrier-grade NAT, VPN providers.",
		Needs:      []string{"client.ip"},
	}, census.Trait(fingerprint.Network), "networks", "the accounts leave from the same networks")
}
