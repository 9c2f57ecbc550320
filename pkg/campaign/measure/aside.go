package measure

import "slices"

// Aside lets the caller look at a population as an evaluation does, and returns what puts
// everything back that this changes: the next evaluation is the same as if nobody had looked.
// Nothing may be taken in meanwhile.
func Aside(p *Population) (back func()) {
	was, state := *p, slices.Clone(p.state)
	evaluation := p.Evaluation
	// What is remembered of one evaluation is worked out anew in another.
	p.Evaluation++
	return func() {
		p.Baseline, p.builtAt, p.builtFrom = was.Baseline, was.builtAt, was.builtFrom
		p.state, p.Evaluation = state, evaluation
	}
}
