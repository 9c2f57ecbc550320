package sketch

import "strings"

// matcher finds the phrases of the lexicon in a stream of tokens: an Aho-Corasick automaton over
// token hashes, with rules on top that ask for two phrases near each other.
type matcher struct {
	first  [1 << 10]uint64 // bits of the tokens that begin a phrase
	edges  []transition    // open addressing, a power of two long
	fail   []int32
	gives  []concepts // by state: the concepts whose phrases end there
	state  int32
	pos    int
	last   [numConcepts]int
	intent Intents
}

// transition is an edge of the automaton; no edge leads to the root, so that next == 0 marks a free
// slot.
type transition struct {
	token       uint64
	state, next int32
}

// concepts is a set of concepts.
type concepts uint32

// newMatcher builds the automaton from the lexicon, with the tokens as t reads them.
func newMatcher(t *tokenizer) *matcher {
	m := &matcher{edges: make([]transition, 1<<12), fail: []int32{0}, gives: []concepts{0}}
	type node struct {
		parent int32
		token  uint64
	}
	nodes := []node{{}}
	depths := [][]int32{{0}}
	for _, entry := range lexicon {
		for _, phrase := range splitPhrases(entry.phrases) {
			state, depth := int32(0), 0
			t.start(phrase)
			for t.next() {
				for _, token := range t.tokens[:t.n] {
					depth++
					next := m.edge(state, token.hash)
					if next == 0 {
						next = int32(len(nodes))
						nodes = append(nodes, node{state, token.hash})
						m.gives = append(m.gives, 0)
						m.fail = append(m.fail, 0)
						if depth == len(depths) {
							depths = append(depths, nil)
						}
						depths[depth] = append(depths[depth], next)
						m.insert(transition{token.hash, state, next}, len(nodes))
					}
					if state == 0 {
						m.first[token.hash>>6&1023] |= 1 << (token.hash & 63)
					}
					state = next
				}
			}
			m.gives[state] |= 1 << entry.concept
		}
	}
	// A fail link leads to a shorter phrase: set them in order of depth.
	for _, states := range depths[2:] {
		for _, state := range states {
			n := nodes[state]
			m.fail[state] = m.child(m.fail[n.parent], n.token)
			m.gives[state] |= m.gives[m.fail[state]]
		}
	}
	return m
}

// insert adds an edge and keeps the table at most a quarter full.
func (m *matcher) insert(e transition, total int) {
	if total*4 > len(m.edges) {
		old := m.edges
		m.edges = make([]transition, 2*len(old))
		for _, o := range old {
			if o.next != 0 {
				m.edges[m.slot(o.state, o.token)] = o
			}
		}
	}
	m.edges[m.slot(e.state, e.token)] = e
}

// slot gives the place of an edge, or the free one where it would be.
func (m *matcher) slot(state int32, token uint64) int {
	mask := len(m.edges) - 1
	i := int(token^uint64(state)*0x9e3779b97f4a7c15) & mask
	for m.edges[i].next != 0 && (m.edges[i].token != token || m.edges[i].state != state) {
		i = (i + 1) & mask
	}
	return i
}

// edge gives the state after a token, 0 when the automaton has no such edge.
func (m *matcher) edge(state int32, token uint64) int32 {
	return m.edges[m.slot(state, token)].next
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
		if next := m.edge(state, token); next != 0 {
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
	if m.state == 0 && m.first[token>>6&1023]&(1<<(token&63)) == 0 {
		return
	}
	m.state = m.child(m.state, token)
	if found := m.gives[m.state]; found != 0 {
		m.meet(found)
	}
}

// meet applies the rules to the concepts that end at the current token.
func (m *matcher) meet(found concepts) {
	for c := range numConcepts {
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
