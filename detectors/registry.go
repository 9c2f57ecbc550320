package detectors

// All lists the detectors, in the order in which findings show them. Adding one here is all it takes.
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
