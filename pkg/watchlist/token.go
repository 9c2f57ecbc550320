package watchlist

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

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
				return errors.New(
					`a backslash in a string stands before a quote or another backslash only`,
				)
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

// word takes a keyword or an object path, whose quoted parts may hold anything:
// network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'.
func (p *patternParser) word(s string) error {
	var b strings.Builder
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' ||
			s[i] >= '0' && s[i] <= '9' || strings.IndexByte("-_.:*", s[i]) >= 0):
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
