package detectors

// All lists the detectors, in the order in which findings show them. A new detector also needs what
// it measures: a shared value that is not kept yet has to become a facet, a figure a feature of the
// census. Its section in docs/detectors.md is generated, and a test says which command writes it.
func All() []Detector {
	return []Detector{
		// Coordination.
		scaffold(), skeleton(), handOver(),
		payment(), issuer(),
		signupCohort(), campus(),
		stack(), device(), params(), relay(),
		network(),
		loadBalance(), synchrony(), succession(),
		// Harvest.
		elicitation(), coercion(), grading(), generation(), cleaning(),
		outputLength(), reasoningLength(), singleTurn(), novelty(), dealtOut(),
		clock(), noRamp(), fanout(), pivot(), refusalProbe(), orphans(), hopping(), aggregator(), batch(),
	}
}
