package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// payment sees many accounts paid for with few instruments.
func payment() Detector {
	return sharedValue(Spec{
		ID: "payment", Max: 8, Explained: OnePayer,
		Summary: "Few payment instruments pay for many accounts.",
		Why: "Accounts cost money, and every unique card costs work. Perplexity of the " +
			"instruments against the baseline, times how diverse the members' networks are: a " +
			"family or an office pays for its own; shared payment methods are named by every " +
			"public report of 2026.",
		Evasion: "A virtual card per account, a few cents each; then the common issuer shows (see issuer).",
		LookAlikes: "An organisation or a family paying for its members: accounts of one " +
			"verified organisation count as one.",
		Needs: []string{"account.payment_fp"},
	}, attribute.Payment, false, "payment instruments", "the accounts are paid for together")
}
