package sketch

// concept is an idea that phrases of many languages express.
type concept uint8

// The concepts of the lexicon.
const (
	// stepwise asks for visible work in so many words.
	stepwise concept = iota
	// telling is a verb that brings something out.
	telling
	// thinking names a course of thought.
	thinking
	// hidden says that it is not meant to be seen, or to be given in full.
	hidden

	numConcepts = 4
)

// lexicon holds the phrases of each concept.
var lexicon = []struct {
	concept concept
	phrases []string
}{
	{stepwise, []string{"step by step", "show your work", "一步一步", "逐步"}},
	{telling, []string{"show", "explain", "reveal", "print", "output", "narrate"}},
	{thinking, []string{"reasoning", "thought process", "chain of thought", "deliberation"}},
	{hidden, []string{"internal", "hidden", "verbatim", "private"}},
}

// rules tell which concepts make which intent when their last tokens are within so many tokens.
var rules = []struct {
	a, b   concept
	within int
	intent Intents
}{
	{stepwise, stepwise, 0, Reasoning},
	{telling, thinking, 6, Reasoning},
	{hidden, thinking, 4, Coercion},
}
