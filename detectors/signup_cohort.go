package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// signupCohort sees accounts that were created within few days, in many places.
func signupCohort() Detector {
	d := sharedValue(Spec{
		ID: "signup_cohort", Max: 6, Explained: OneLaunch,
		Summary: "The accounts were created within fewer days than as many unrelated ones, in many places.",
		Why: "Pools are registered in bulk (20,000 organisations in three days in one " +
			"public case), behind as many networks as they can get. Perplexity of the sign-up " +
			"days against the baseline (account clusters by registration date: Xiao et al. 2015), " +
			"times how diverse the members' networks are compared with chance.",
		Evasion: "Ageing accounts or buying aged ones: weeks of delay after every ban.",
		LookAlikes: "A class, a hackathon, an office that starts (together in one place, so that " +
			"it counts in proportion to how diverse the networks are); a product launch (no " +
			"other signal family).",
		Needs: []string{"account.created_at"},
	}, attribute.SignupDay, "sign-up days", "the accounts were created together")
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		m, ok := entropyDeficit(g, c, attribute.SignupDay)
		if ok {
			m.Bits *= NetworkDiversity(g, c)
		}
		return m, ok
	}
	return d
}
