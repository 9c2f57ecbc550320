package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// signupCohort sees accounts that were created within few days, in many places, before they were
// used.
func signupCohort() Detector {
	d := sharedValue(Spec{
		ID: "signup_cohort", Max: 6, Explained: OneLaunch,
		Summary: "The accounts were created within fewer days than as many unrelated ones, in many places, before they were used.",
		Why: "Pools are registered in bulk (20,000 organisations in three days in one " +
			"public case), behind as many networks as they can get. Perplexity of the sign-up " +
			"days against the baseline (account clusters by registration date: Xiao et al. 2015), " +
			"times how diverse the members' networks are compared with chance. An account that " +
			"was first used within a day of its sign-up counts as one with a day of its own: that " +
			"is how everybody comes to a fashion, and what is in fashion when is seen already.",
		Evasion: "Ageing accounts or buying aged ones: weeks of delay after every ban. Using each " +
			"account on the day of its sign-up, so that none can be kept in reserve.",
		LookAlikes: "A class, a hackathon, an office that starts (together in one place, so that " +
			"it counts in proportion to how diverse the networks are); a product launch (no " +
			"other signal family).",
		Needs: []string{"account.created_at"},
	}, attribute.SignupDay, false, "sign-up days", "the accounts were created together")
	d.Spec.Null += " The chance is that of all sign-ups, so that leaving out those on the day of " +
		"first use makes the mean less than 1."
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		k := &c.values
		k.Reset()
		for i := range g.Members {
			p := g.Members[i].Profile
			day := p.Value(attribute.SignupDay)
			if p.FirstSeen-p.CreatedAt < baseline.Day {
				day = 0
			}
			k.Add(day, g.Members[i].Weight)
		}
		if !g.most(k.Known()) || len(g.Members) < leastMembers {
			return Measure{}, false
		}
		top, _ := k.Top()
		// Before the networks are counted, in the same memory.
		entropy := k.Entropy()
		return c.deficit(g, attribute.SignupDay, entropy, NetworkDiversity(g, c), top), true
	}
	return d
}
