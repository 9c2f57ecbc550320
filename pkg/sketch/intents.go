package sketch

import "strings"

// matcher finds the phrases of the lexicon in a stream of tokens: an Aho-Corasick automaton over token hashes, with rules on top that
// ask for two phrases near each other.
type matcher struct {
	filter [1 << 10]uint64
	next   map[edgeKey]int32
	fail   []int32
	gives  []concepts // by state: the concepts that end there
	state  int32
	pos    int
	last   [numConcepts]int
	intent Intents
}

type edgeKey struct {
	state int32
	token uint64
}

// concepts is a set of concepts.
type concepts uint32

// newMatcher builds the automaton from the lexicon, with the tokens as t reads them.
func newMatcher(t *tokenizer) *matcher {
	m := &matcher{next: map[edgeKey]int32{}, fail: []int32{0}, gives: []concepts{0}}
	parent := []int32{0}
	via := []uint64{0}
	for _, entry := range lexicon {
		for _, phrase := range splitPhrases(entry.phrases) {
			state := int32(0)
			t.start(phrase)
			for t.next() {
				for _, token := range t.tokens[:t.n] {
					m.filter[token.hash>>6&1023] |= 1 << (token.hash & 63)
					key := edgeKey{state, token.hash}
					child, ok := m.next[key]
					if !ok {
						child = int32(len(m.gives))
						m.next[key] = child
						m.gives = append(m.gives, 0)
						m.fail = append(m.fail, 0)
						parent = append(parent, state)
						via = append(via, token.hash)
					}
					state = child
				}
			}
			m.gives[state] |= 1 << entry.concept
		}
	}
	m.gives[0] = 0
	// States were made parent first, but a fail link leads to a shorter phrase, so they are set in order of depth.
	depth := make([]int, len(parent))
	deepest := 0
	for state := 1; state < len(parent); state++ {
		depth[state] = depth[parent[state]] + 1
		deepest = max(deepest, depth[state])
	}
	for d := 2; d <= deepest; d++ {
		for state := range parent {
			if depth[state] != d {
				continue
			}
			back := m.fail[parent[state]]
			m.fail[state] = m.child(back, via[state])
			m.gives[state] |= m.gives[m.fail[state]]
		}
	}
	return m
}

// splitPhrases takes apart the lines of the lexicon.
func splitPhrases(lines []string) []string {
	var phrases []string
	for _, line := range lines {
		phrases = append(phrases, strings.Split(line, ", ")...)
	}
	return phrases
}

// child follows the automaton from state by a token.
func (m *matcher) child(state int32, token uint64) int32 {
	for {
		if next, ok := m.next[edgeKey{state, token}]; ok {
			return next
		}
		if state == 0 {
			return 0
		}
		state = m.fail[state]
	}
}

// begin forgets the place in a text, but not what was found.
func (m *matcher) begin() {
	m.state, m.pos = 0, 0
	for i := range m.last {
		m.last[i] = -1 << 30
	}
}

// step reads one token. Positions are in half words.
func (m *matcher) step(token uint64, char bool) {
	m.pos++
	if !char {
		m.pos++
	}
	if m.filter[token>>6&1023]&(1<<(token&63)) == 0 {
		m.state = 0
		return
	}
	m.state = m.child(m.state, token)
	if found := m.gives[m.state]; found != 0 {
		m.meet(found)
	}
}

// meet applies the rules to the concepts that end at the current token.
func (m *matcher) meet(found concepts) {
	for c := range concept(numConcepts) {
		if found&(1<<c) != 0 {
			m.last[c] = m.pos
		}
	}
	for _, r := range rules {
		if found&(1<<r.a|1<<r.b) == 0 {
			continue
		}
		if max(m.pos-m.last[r.a], m.pos-m.last[r.b]) <= 2*r.within {
			m.intent |= r.intent
		}
	}
}

// found returns the intents met since the last call.
func (m *matcher) found() Intents {
	intents := m.intent
	m.intent = 0
	return intents
}
