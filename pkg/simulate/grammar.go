package simulate

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed grammar/*.txt
var grammarFiles embed.FS

// node is one piece of a production: literal text, a reference, a range of numbers or a choice.
type node struct {
	text   string
	ref    string
	rule   *rule
	fn     func(r rng, b *strings.Builder)
	lo, hi int
	alts   [][]node
	kind   nodeKind
	id     uint32 // for a person's taste
}

type nodeKind uint8

const (
	nodeText nodeKind = iota
	nodeRef
	nodeRange
	nodeAlts
	nodeFunc
)

type rule struct {
	lines [][]node
	id    uint32
	file  string // that it began in
}

// grammar expands named rules into text. In a line, {{name}} is a rule, {{2-50}} a number,
// {{a|b|c}} a choice, {{@code}} a generator written in Go, and \n a line break.
type grammar struct {
	rules map[string]*rule
	file  string // that is being read
}

// builtinGrammar reads the embedded files: "# name" starts a rule, every other line is one of its
// productions.
func builtinGrammar() (*grammar, error) {
	g := &grammar{rules: map[string]*rule{}}
	entries, err := fs.ReadDir(grammarFiles, "grammar")
	if err != nil {
		return nil, fmt.Errorf("read the built-in grammar: %w", err)
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(grammarFiles, "grammar/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read the built-in grammar: %w", err)
		}
		g.file = entry.Name()
		if err := g.parse(string(data)); err != nil {
			return nil, fmt.Errorf("grammar %s: %w", entry.Name(), err)
		}
	}
	if err := g.link(); err != nil {
		return nil, err
	}
	g.number()
	return g, nil
}

func (g *grammar) parse(text string) error {
	var current *rule
	for n, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "//"):
		case strings.HasPrefix(line, "# "):
			name := strings.TrimSpace(line[2:])
			if g.rules[name] == nil {
				g.rules[name] = &rule{file: g.file}
			}
			current = g.rules[name]
		case current == nil:
			return fmt.Errorf("line %d: text before the first rule", n+1)
		default:
			nodes, err := parseNodes(strings.ReplaceAll(line, `\n`, "\n"))
			if err != nil {
				return fmt.Errorf("line %d: %w", n+1, err)
			}
			current.lines = append(current.lines, nodes)
		}
	}
	return nil
}

func parseNodes(s string) ([]node, error) {
	var out []node
	for s != "" {
		open := strings.Index(s, "{{")
		if open < 0 {
			return append(out, node{text: s}), nil
		}
		if open > 0 {
			out = append(out, node{text: s[:open]})
		}
		end, bars := closing(s, open)
		if end < 0 {
			return nil, fmt.Errorf("unclosed {{ in %q", s)
		}
		body := s[open+2 : end]
		switch {
		case len(bars) > 0:
			n := node{kind: nodeAlts}
			from := open + 2
			for _, to := range append(bars, end) {
				alt, err := parseNodes(s[from:to])
				if err != nil {
					return nil, err
				}
				n.alts = append(n.alts, alt)
				from = to + 1
			}
			out = append(out, n)
		case isRange(body):
			lo, hi, _ := strings.Cut(body, "-")
			n := node{kind: nodeRange}
			n.lo, _ = strconv.Atoi(lo)
			n.hi, _ = strconv.Atoi(hi)
			out = append(out, n)
		case strings.HasPrefix(body, "@"):
			out = append(out, node{kind: nodeFunc, ref: body[1:]})
		default:
			out = append(out, node{kind: nodeRef, ref: body})
		}
		s = s[end+2:]
	}
	return out, nil
}

// closing finds the }} that matches the {{ at open, and the bars between them on the same level.
func closing(s string, open int) (end int, bars []int) {
	depth := 0
	for i := open; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "}}"):
			depth--
			if depth == 0 {
				return i, bars
			}
			i++
		case s[i] == '|' && depth == 1:
			bars = append(bars, i)
		}
	}
	return -1, nil
}

func isRange(s string) bool {
	lo, hi, ok := strings.Cut(s, "-")
	if !ok {
		return false
	}
	_, err1 := strconv.Atoi(lo)
	_, err2 := strconv.Atoi(hi)
	return err1 == nil && err2 == nil
}

// link resolves every reference, so that expansion cannot fail.
func (g *grammar) link() error {
	funcs := generators(g)
	var walk func(nodes []node) error
	walk = func(nodes []node) error {
		for i := range nodes {
			n := &nodes[i]
			switch n.kind {
			case nodeRef:
				if n.rule = g.rules[n.ref]; n.rule == nil {
					return fmt.Errorf("grammar: no rule %q", n.ref)
				}
			case nodeFunc:
				if n.fn = funcs[n.ref]; n.fn == nil {
					return fmt.Errorf("grammar: no generator %q", n.ref)
				}
			case nodeAlts:
				for _, alt := range n.alts {
					if err := walk(alt); err != nil {
						return err
					}
				}
			case nodeText, nodeRange:
			}
		}
		return nil
	}
	for _, r := range g.rules {
		for _, line := range r.lines {
			if err := walk(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *grammar) has(name string) bool { return g.rules[name] != nil }

// size is the number of productions of a rule.
func (g *grammar) size(name string) int { return len(g.mustRule(name).lines) }

// text expands the rule of that name.
func (g *grammar) text(r rng, name string) string {
	var b strings.Builder
	expandRule(r, g.mustRule(name), &b)
	return b.String()
}

// line expands production i of a rule: what stays fixed about it stays fixed.
func (g *grammar) line(r rng, name string, i int) string {
	var b strings.Builder
	lines := g.mustRule(name).lines
	expandNodes(r, lines[i%len(lines)], &b)
	return b.String()
}

// lines expands k different productions of a rule.
func (g *grammar) lines(r rng, name string, k int) []string {
	n := g.size(name)
	out := make([]string, 0, k)
	for _, i := range r.Perm(n)[:min(k, n)] {
		out = append(out, g.line(r, name, i))
	}
	return out
}

func (g *grammar) mustRule(name string) *rule {
	rl := g.rules[name]
	if rl == nil {
		// The names are constants of this package; a test expands every one of them.
		panic("simulate: no grammar rule " + name)
	}
	return rl
}

func expandRule(r rng, rl *rule, b *strings.Builder) {
	expandNodes(r, rl.lines[r.choose(rl.id, len(rl.lines))], b)
}

func expandNodes(r rng, nodes []node, b *strings.Builder) {
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case nodeText:
			b.WriteString(n.text)
		case nodeRef:
			expandRule(r, n.rule, b)
		case nodeRange:
			b.WriteString(strconv.Itoa(r.between(n.lo, n.hi)))
		case nodeAlts:
			expandNodes(r, n.alts[r.choose(n.id, len(n.alts))], b)
		case nodeFunc:
			n.fn(r, b)
		}
	}
}
