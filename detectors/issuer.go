package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// issuer sees accounts whose cards come from one bank or one virtual-card provider.
//
// Why it works: virtual cards are bought in bulk from one issuer.
// Evasion: several issuers, each with its own onboarding.
// Honest traffic like it: customers of one country share a large bank; the census knows how common it is.
func issuer() Detector {
	return sharedValue(Spec{
		ID: "issuer", Axis: Coordination, Plane: Funding, Max: 6,
		Summary:    "The members' cards come from fewer issuers than those of as many unrelated accounts.",
		Why:        "Perplexity of the issuers against the census; cards of one issuer, bought in bulk.",
		Evasion:    "Buying from many issuers.",
		LookAlikes: "One country's large bank, one employer's card programme.",
		Needs:      []string{"account.payment_issuer"},
	}, census.Trait(fingerprint.Issuer), "card issuers", "the cards were bought together")
}
