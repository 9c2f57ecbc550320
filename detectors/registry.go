package detectors

import "slices"

// All lists the detectors, in the order in which findings show them. A new detector also needs what
// it measures: a shared value that is not kept yet gets a row in the table of attributes
// (pkg/attribute), a figure becomes a feature of the baseline. Its section in docs/detectors.md is
// generated, and a test says which command writes it.
func All() []Detector {
	return []Detector{
		// Coordination.
		promptTemplate(), promptLayout(), handOver(), carriedReasoning(),
		payment(), issuer(),
		signupCohort(), campus(),
		stack(), device(), params(), seed(), relay(),
		network(),
		loadBalance(), synchrony(), succession(),
		subjects(), history(), foreignNetworks(), sizes(), hours(), dealtAnswers(),
		// Harvest.
		elicitation(), coercion(), grading(), generation(), cleaning(),
		outputLength(), yield(), reasoningLength(), singleTurn(), novelty(), dealtOut(),
		clock(), noRamp(), fanout(), pivot(), refusalProbe(), unserved(), toolLists(), workspaces(),
		hopping(),
		aggregator(), batch(),
	}
}

// AllBut lists all detectors but those with these ids, in the order of All.
func AllBut(ids ...string) []Detector {
	return slices.DeleteFunc(All(), func(d Detector) bool {
		return slices.Contains(ids, d.Spec.ID)
	})
}
