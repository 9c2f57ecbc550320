package watchlist

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Pattern is what an indicator looks like: alternatives, each of them terms that one account shows together.
type Pattern [][]Term

// ParsePattern reads a STIX pattern (STIX 2.1 section 9): comparisons by =, IN, LIKE, MATCHES and ISSUBSET, joined by AND and OR inside an observation, and
// observations joined by OR. The error says what is not understood.
func ParsePattern(s string) (Pattern, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes; at most %d are read", len(s), maxPattern)
	}
	p := patternParser{rest: s}
	if err := p.next(); err != nil {
		return nil, err
	}
	out, err := p.observations(0)
	if err != nil {
		return nil, err
	}
	if p.kind != end {
		return nil, p.unexpected("OR or the end")
	}
	if len(out.String()) > maxPattern {
		return nil, fmt.Errorf("the pattern works out to more than %d bytes", maxPattern)
	}
	return out, nil
}

// String writes the pattern as STIX, so that ParsePattern reads the same.
func (p Pattern) String() string {
	var b strings.Builder
	for i, all := range p {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteByte('[')
		for j, t := range all {
			if j > 0 {
				b.WriteString(" AND ")
			}
			b.WriteString(t.String())
		}
		b.WriteByte(']')
	}
	return b.String()
}

func (p Pattern) scanned() (n int) {
	for _, all := range p {
		for i := range all {
			if all[i].scanned() {
				n++
			}
		}
	}
	return n
}

// comparisons is the number of terms of all alternatives.
func (p Pattern) comparisons() (n int) {
	for _, all := range p {
		n += len(all)
	}
	return n
}

type tokenKind uint8

const (
	end tokenKind = iota
	word
	text
	number
	mark
)

// patternParser reads a pattern by recursive descent; kind and value are the token at hand.
type patternParser struct {
	rest  string
	kind  tokenKind
	value string
}

func (p *patternParser) unexpected(want string) error {
	if p.kind == end {
		return fmt.Errorf("the pattern ends where %s is expected", want)
	}
	return fmt.Errorf("%q where %s is expected", clean(p.value), want)
}

// next takes the next token.
func (p *patternParser) next() error {
	s := strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	if s == "" {
		p.rest, p.kind, p.value = "", end, ""
		return nil
	}
	switch c := s[0]; {
	case c == '\'':
		return p.string(s[1:])
	case strings.IndexByte("[]()=,<>!", c) >= 0:
		n := 1
		if len(s) > 1 && s[1] == '=' && strings.IndexByte("<>!=", c) >= 0 {
			n = 2
		}
		p.kind, p.value, p.rest = mark, s[:n], s[n:]
	case c >= '0' && c <= '9' || c == '-' || c == '+':
		n := 1
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
		p.kind, p.value, p.rest = number, s[:n], s[n:]
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return p.word(s)
	default:
		return fmt.Errorf("%q is no part of a pattern", firstRune(s))
	}
	return nil
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// string takes a string constant, s without its first quote.
func (p *patternParser) string(s string) error {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i == len(s) || s[i] != '\\' && s[i] != '\'' {
				return errors.New(`a backslash in a string stands before a quote or another backslash only`)
			}
			b.WriteByte(s[i])
		case '\'':
			p.kind, p.value, p.rest = text, b.String(), s[i+1:]
			return nil
		default:
			b.WriteByte(s[i])
		}
	}
	return errors.New("a string has no end")
}

// word takes a keyword or an object path, whose quoted parts may hold anything: network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'.
func (p *patternParser) word(s string) error {
	var b strings.Builder
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9' || strings.IndexByte("-_.:*", s[i]) >= 0):
			b.WriteByte(s[i])
		case i < len(s) && s[i] == '\'' && i > 0 && (s[i-1] == '.' || s[i-1] == ':'):
			closing := strings.IndexByte(s[i+1:], '\'')
			if closing < 0 {
				return errors.New("a quoted part of an object path has no end")
			}
			b.WriteString(s[i+1 : i+1+closing])
			i += closing + 1
		case i < len(s) && s[i] == '[' && strings.ContainsRune(b.String(), ':'):
			closing := strings.IndexByte(s[i:], ']')
			if closing < 0 {
				return errors.New("an index of an object path has no end")
			}
			// Which of several values it is does not matter to a profile, which keeps them all.
			i += closing
		default:
			p.kind, p.value, p.rest = word, b.String(), s[i:]
			return nil
		}
	}
	return nil
}

func (p *patternParser) is(kind tokenKind, value string) bool {
	return p.kind == kind && strings.EqualFold(p.value, value)
}

func (p *patternParser) observations(depth int) (Pattern, error) {
	var out Pattern
	for {
		one, err := p.observation(depth)
		if err != nil {
			return nil, err
		}
		if out = append(out, one...); len(out) > maxAlternatives {
			return nil, fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)
		}
		if p.kind == word && !p.is(word, "OR") {
			return nil, fmt.Errorf("%s between observations is not understood; only OR is", clean(p.value))
		}
		if !p.is(word, "OR") {
			return out, nil
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

func (p *patternParser) observation(depth int) (Pattern, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d brackets inside each other", maxDepth)
	}
	closing, read := "]", p.anyOf
	switch {
	case p.is(mark, "["):
	case p.is(mark, "("):
		closing, read = ")", p.observations
	default:
		return nil, p.unexpected("[")
	}
	return p.bracketed(closing, read, depth+1)
}

// bracketed reads what is inside a bracket that is at hand.
func (p *patternParser) bracketed(closing string, read func(depth int) (Pattern, error), depth int) (Pattern, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	out, err := read(depth)
	if err != nil {
		return nil, err
	}
	if !p.is(mark, closing) {
		return nil, p.unexpected(closing)
	}
	return out, p.next()
}

// anyOf reads comparisons joined by OR, allOf those joined by AND, which binds closer.
func (p *patternParser) anyOf(depth int) (Pattern, error) {
	var out Pattern
	for {
		one, err := p.allOf(depth)
		if err != nil {
			return nil, err
		}
		if out = append(out, one...); len(out) > maxAlternatives {
			return nil, fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)
		}
		if !p.is(word, "OR") {
			return out, nil
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

func (p *patternParser) allOf(depth int) (Pattern, error) {
	out, err := p.comparison(depth)
	for err == nil && p.is(word, "AND") {
		if err = p.next(); err != nil {
			break
		}
		var right Pattern
		if right, err = p.comparison(depth); err != nil {
			break
		}
		if len(out)*len(right) > maxAlternatives {
			return nil, fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)
		}
		var product Pattern
		for _, a := range out {
			for _, b := range right {
				if product = append(product, join(a, b)); len(product[len(product)-1]) > maxTerms {
					return nil, fmt.Errorf("more than %d comparisons are joined by AND", maxTerms)
				}
			}
		}
		out = product
	}
	return out, err
}

// join adds the terms of b that a does not have.
func join(a, b []Term) []Term {
	out := append(make([]Term, 0, len(a)+len(b)), a...)
	for _, t := range b {
		has := false
		for i := range a {
			has = has || a[i].same(&t)
		}
		if !has {
			out = append(out, t)
		}
	}
	return out
}

func (p *patternParser) comparison(depth int) (Pattern, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d brackets inside each other", maxDepth)
	}
	if p.is(mark, "(") {
		return p.bracketed(")", p.anyOf, depth+1)
	}
	if p.kind != word || !strings.Contains(p.value, ":") {
		if p.is(word, "NOT") || p.is(word, "EXISTS") {
			return nil, fmt.Errorf("%s is not understood", clean(p.value))
		}
		return nil, p.unexpected("an object path")
	}
	path := p.value
	if err := p.next(); err != nil {
		return nil, err
	}
	operator := strings.ToUpper(p.value)
	if p.kind != word && p.kind != mark {
		return nil, p.unexpected("an operator")
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if operator != "IN" {
		value, err := p.constant()
		if err != nil {
			return nil, err
		}
		t, err := makeTerm(path, operator, value)
		return Pattern{{t}}, err
	}
	return p.set(path)
}

// set reads the values after IN.
func (p *patternParser) set(path string) (Pattern, error) {
	if !p.is(mark, "(") {
		return nil, p.unexpected("(")
	}
	var out Pattern
	for {
		if err := p.next(); err != nil {
			return nil, err
		}
		value, err := p.constant()
		if err != nil {
			return nil, err
		}
		t, err := makeTerm(path, "=", value)
		if err != nil {
			return nil, err
		}
		if out = append(out, []Term{t}); len(out) > maxAlternatives {
			return nil, fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)
		}
		if p.is(mark, ",") {
			continue
		}
		if !p.is(mark, ")") {
			return nil, p.unexpected(", or )")
		}
		return out, p.next()
	}
}

// constant takes a string or a number.
func (p *patternParser) constant() (string, error) {
	value := p.value
	switch p.kind {
	case text:
	case number:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return "", fmt.Errorf("%s: only whole numbers are understood", clean(value))
		}
	default:
		return "", p.unexpected("a string or a number")
	}
	return value, p.next()
}

// quote writes a string constant.
func quote(s string) string {
	if !strings.ContainsAny(s, `\'`) {
		return "'" + s + "'" // Nearly always, and a big list has many.
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func printable(r rune) bool {
	return r != unicode.ReplacementChar && unicode.IsPrint(r) && !unicode.IsSpace(r)
}
