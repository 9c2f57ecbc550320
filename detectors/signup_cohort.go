package detectors

import "github.com/stillwatch/stillwatch/pkg/census"

// signupCohort sees accounts that were created within few days.
//
// Why it works: pools are registered in bulk (20,000 organisations in three days in one public case).
// Evasion: ageing accounts for weeks, or buying aged ones.
// Honest traffic like it: a class, a hackathon, a launch; each lacks the other planes, or shows them openly (see campus).
func signupCohort() Detector {
	return sharedValue(Spec{
		ID: "signup_cohort", Axis: Coordination, Plane: Identity, Max: 6,
		Summary:    "The accounts were created within fewer days than as many unrelated ones.",
		Why:        "Perplexity of the sign-up days against the census (account clusters by registration date: Xiao et al. 2015).",
		Evasion:    "Ageing accounts or buying aged ones: weeks of delay after every ban.",
		LookAlikes: "A class, a hackathon, a product launch.",
		Needs:      []string{"account.created_at"},
	}, census.SignupDay, "sign-up days", "the accounts were made together")
}
