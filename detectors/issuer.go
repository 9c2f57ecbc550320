package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// issuer sees accounts whose cards come from one bank or one virtual-card provider.
func issuer() Detector {
	return sharedValue(Spec{
		ID: "issuer", Max: 6, Explained: OneLaunch | OnePayer,
		Summary: "The members' cards come from fewer issuers than those of as many unrelated accounts.",
		Why: "Virtual cards are bought in bulk from one issuer. Perplexity of the issuers " +
			"against the baseline, times how diverse the members' networks are: an office has one " +
			"card programme.",
		Evasion: "Buying from many issuers, each with its own onboarding.",
		LookAlikes: "One country's large bank, one employer's card programme; the population shows " +
			"how common they are.",
		Needs: []string{"account.payment_issuer"},
	}, attribute.Issuer, false, "card issuers", "the cards come from few issuers")
}
