package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// params sees one tuple of request parameters (temperature, token limits, streaming, effort) across
// accounts.
func params() Detector {
	return sharedValue(Spec{
		ID: "params", Max: 4, Explained: OneProgram | OneLaunch,
		Summary: "The members send one tuple of request parameters.",
		Why: "The harvesting program sets them once. Perplexity of the parameter tuples " +
			"against the baseline.",
		Evasion:    "Randomising parameters, at the cost of the answers' quality.",
		LookAlikes: "The defaults of a popular library; the population shows how common they are.",
		Needs:      []string{"request.temperature", "request.max_tokens"},
	}, attribute.Params, true, "parameter tuples", "one program sets the parameters")
}
