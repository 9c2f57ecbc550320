package sketch

// Sketch is all that is kept of a prompt: keyed hashes and counts, no text. Zero hashes mean
// "nothing there".
type Sketch struct {
	// Exact is the hash of the normalised new user turn (case folded, white space folded), or of
	// the tool output that a request brings instead of one. Distinct prompts are counted by it.
	Exact uint64
	// Turn holds the sampled shingles of the new user turn (and of the first user turn when it
	// plays the system prompt's part), ascending, without repeats, at most MaxShingles.
	Turn []uint64
	// System holds the sampled shingles of the system prompt, ascending, without repeats, at most
	// MaxShingles.
	System []uint64
	// Layout is the hash of the sequence of line kinds, 0 when it is trivial.
	Layout uint64
	// Tokens is the number of tokens of the text that Exact is of, estimated when the text was too
	// long to be read wholly.
	Tokens int
	// Intents tells which intents the texts show.
	Intents Intents
	// Prefix is the hash of the human turns before the new one, 0 in a single-turn request or when
	// that text is too short to tell conversations apart. Continuation is the hash of the human
	// turns including the new one: the Prefix that the next request of the same conversation will
	// show. A conversation that hops accounts is found by them. A request that brings only tool
	// output repeats the human turns of the one before: there Prefix equals Continuation.
	Prefix, Continuation uint64
	// Relay tells which constants of known relay software the request carries.
	Relay Relay
	// Subject is what the new user turn is about: a signed feature hash of its different words, of
	// length SubjectNorm. Two turns that share words have a positive inner product. All zeros when
	// there are too few words; none when the request brings no new user turn.
	Subject [SubjectSize]int8
	// Workspace is the hash of the working directory that a coding agent tells its model, 0 when
	// none does.
	Workspace uint64
}

// Intents is a set of Intent bits.
type Intents uint16

// The intents, by bit. Intent alone never makes more than a low finding.
const (
	// Reasoning asks to show the work: step by step, justify, derive.
	Reasoning Intents = 1 << iota
	// Coercion asks for hidden reasoning: verbatim deliberation, inner notes, the real system
	// prompt, thinking tags.
	Coercion
	// Rubric asks to grade, judge or compare answers.
	Rubric
	// Generation asks for training material: question-answer pairs, instructions, dialogues,
	// synthetic data.
	Generation
	// Cleaning asks to clean, normalise or rewrite transcripts or reasoning.
	Cleaning

	// NumIntents is how many intents there are.
	NumIntents = 5
)

// Relay is a set of constants of known relay software.
type Relay uint8

// The relay constants, by bit (source: shared research, the relays' own code).
const (
	// RelayDevice is the constant device id that claude-relay-service gives to non-native clients.
	RelayDevice Relay = 1 << iota
	// RelaySystem is a system prompt moved into the first user turn behind the relay's marker.
	RelaySystem
)

// Reset empties s and keeps its memory.
func (s *Sketch) Reset() {
	*s = Sketch{Turn: s.Turn[:0], System: s.System[:0]}
}
