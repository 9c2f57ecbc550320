package detectors

import "fmt"

// relay sees the constants that public relay software leaves in the requests it forwards: a device
// id hashed from a fixed string, and a system prompt moved into the first user turn behind a fixed
// marker.
func relay() Detector {
	// A constant of known software is no chance agreement, but who edits it shows nothing, and a
	// person may run it: less than shared devices (8), as much as one client software.
	const worth = 6
	return Detector{
		Spec: Spec{
			ID: "relay", Axis: Coordination, Family: Identity, Max: worth,
			Null: "Nobody but a relay sends its constants: over honest groups there is nothing to " +
				"measure, and the bits are 0",
			Summary: "The requests carry constants of public account-relay software.",
			Why:     "The constants are read from the relays' source code (Wei-Shaw/claude-relay-service, sub2api).",
			Evasion: "Editing the relay's source.",
			LookAlikes: "A person running the same software for their own few accounts; only a " +
				"group counts.",
			Needs: []string{"client.device_id or content.input"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			n := 0.0
			for i := range g.Members {
				if m := &g.Members[i]; m.Profile.RelayRequests > 0 {
					n += m.Weight
				}
			}
			if n == 0 {
				return Measure{}, false
			}
			return Measure{Bits: worth * n / g.Size, Observed: n / g.Size}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			return fmt.Sprintf("%.0f %% of the members send a relay's constants", 100*m.Observed),
				"none", "the accounts are used through relay software"
		},
	}
}
