package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Pattern is what an indicator looks like: alternatives, each of them terms that one account shows
// together.
type Pattern [][]Term

// Reading is what a pattern means here.
type Reading struct {
	Pattern Pattern
	// Until is the end of the pattern's window (STOP) in Unix milliseconds, 0 where it has none.
	Until int64
	// LeftOut are the parts that are not compared, each with the reason.
	LeftOut []string
}

// ParsePattern reads a STIX pattern; the grammar of STIX 2.0 and 2.1 (section 9) is one.
// Comparisons by =, IN, LIKE, MATCHES and ISSUBSET are joined by AND and OR inside an observation,
// observations by OR.
//
// A pattern has no negation, so an alternative that cannot be compared is left out without widening
// the others: it is never met. A condition that is joined by AND is left out only where every
// request to a gateway meets it, or where it describes what it stands beside (see condition).
// The error says why nothing is left to watch for.
func ParsePattern(s string) (Reading, error) {
	if len(s) > maxPattern {
		return Reading{}, fmt.Errorf("the pattern has %d bytes; at most %d are read",
			len(s), maxPattern)
	}
	p := patternParser{rest: s}
	if err := p.next(); err != nil {
		return Reading{}, err
	}
	all, err := p.observations(0)
	if err != nil {
		return Reading{}, err
	}
	if p.kind != end {
		return Reading{}, p.unexpected("OR or the end")
	}
	r, err := all.reading()
	if err != nil {
		return Reading{}, err
	}
	if len(r.Pattern.String()) > maxPattern {
		return Reading{}, fmt.Errorf("the pattern works out to more than %d bytes", maxPattern)
	}
	return r, nil
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

func (p *patternParser) observations(depth int) (branches, error) {
	var out branches
	for {
		one, err := p.observation(depth)
		if err != nil {
			return branches{}, err
		}
		if err := out.or(one); err != nil {
			return branches{}, err
		}
		if p.kind == word && !p.is(word, "OR") {
			return branches{}, fmt.Errorf("%s between observations is not understood; only OR is",
				clean(p.value))
		}
		if !p.is(word, "OR") {
			return out, nil
		}
		if err := p.next(); err != nil {
			return branches{}, err
		}
	}
}

func (p *patternParser) observation(depth int) (branches, error) {
	if depth > maxDepth {
		return branches{}, errTooDeep
	}
	closing, read := "]", p.anyOf
	switch {
	case p.is(mark, "["):
	case p.is(mark, "("):
		closing, read = ")", p.observations
	default:
		return branches{}, p.unexpected("[")
	}
	out, err := p.bracketed(closing, read, depth+1)
	if err != nil {
		return branches{}, err
	}
	if err := p.qualifiers(&out); err != nil {
		return branches{}, err
	}
	return out, nil
}

// bracketed reads what is inside a bracket that is at hand.
func (p *patternParser) bracketed(
	closing string, read func(depth int) (branches, error), depth int,
) (branches, error) {
	if err := p.next(); err != nil {
		return branches{}, err
	}
	out, err := read(depth)
	if err != nil {
		return branches{}, err
	}
	if !p.is(mark, closing) {
		return branches{}, p.unexpected(closing)
	}
	return out, p.next()
}

// qualifiers reads what stands after an observation: its window, how often, and within what time.
func (p *patternParser) qualifiers(out *branches) error {
	for {
		switch {
		case p.is(word, "START"):
			if err := p.window(out); err != nil {
				return err
			}
		case p.is(word, "WITHIN"), p.is(word, "REPEATS"):
			if err := p.counted(out); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// window reads START … STOP …. Only the end counts, like that of an indicator (valid_until): what
// was a sign before it was noticed is one all the same.
func (p *patternParser) window(out *branches) error {
	from, err := p.instant("START")
	if err != nil {
		return err
	}
	if !p.is(word, "STOP") {
		return p.unexpected("STOP")
	}
	until, err := p.instant("STOP")
	if err != nil {
		return err
	}
	if until <= from {
		return errors.New("STOP is not after START")
	}
	out.end(until)
	return nil
}

// instant reads the timestamp after a word: t'…', or '…' as STIX 2.0 has it.
func (p *patternParser) instant(after string) (int64, error) {
	if err := p.next(); err != nil {
		return 0, err
	}
	value, err := p.constant()
	if err != nil {
		return 0, err
	}
	at, err := stamp(value)
	if err != nil || at <= 0 {
		return 0, fmt.Errorf("%s: %q is no timestamp of RFC 3339", after, clean(value))
	}
	return at, nil
}

// counted reads WITHIN n SECONDS and REPEATS n TIMES. A single observation is always within a time;
// how often something was seen is not compared with a figure of the pattern's.
func (p *patternParser) counted(out *branches) error {
	isWithin := p.is(word, "WITHIN")
	if err := p.next(); err != nil {
		return err
	}
	n := p.value
	if p.kind != number {
		return p.unexpected("a number")
	}
	if err := p.next(); err != nil {
		return err
	}
	unit := "TIMES"
	if isWithin {
		unit = "SECONDS"
	}
	if !p.is(word, unit) {
		return p.unexpected(unit)
	}
	if !isWithin {
		out.refuse(fmt.Sprintf(
			"REPEATS %s TIMES is not compared: requests are counted by own rules", clean(n),
		))
	}
	return p.next()
}

// anyOf reads comparisons joined by OR, allOf those joined by AND, which binds closer.
func (p *patternParser) anyOf(depth int) (branches, error) {
	var out branches
	for {
		one, err := p.allOf(depth)
		if err != nil {
			return branches{}, err
		}
		if err := out.or(one); err != nil {
			return branches{}, err
		}
		if !p.is(word, "OR") {
			return out, nil
		}
		if err := p.next(); err != nil {
			return branches{}, err
		}
	}
}

func (p *patternParser) allOf(depth int) (branches, error) {
	out, err := p.comparison(depth)
	for err == nil && p.is(word, "AND") {
		if err = p.next(); err != nil {
			break
		}
		var right branches
		if right, err = p.comparison(depth); err != nil {
			break
		}
		out, err = out.and(right)
	}
	return out, err
}

func (p *patternParser) comparison(depth int) (branches, error) {
	if depth > maxDepth {
		return branches{}, errTooDeep
	}
	if p.is(mark, "(") {
		return p.bracketed(")", p.anyOf, depth+1)
	}
	if p.kind != word || !strings.Contains(p.value, ":") {
		if p.is(word, "NOT") || p.is(word, "EXISTS") {
			return branches{}, fmt.Errorf("%s is not understood", clean(p.value))
		}
		return branches{}, p.unexpected("an object path")
	}
	path := p.value
	if err := p.next(); err != nil {
		return branches{}, err
	}
	operator := strings.ToUpper(p.value)
	if p.kind != word && p.kind != mark {
		return branches{}, p.unexpected("an operator")
	}
	if err := p.next(); err != nil {
		return branches{}, err
	}
	if operator == "IN" {
		return p.set(path)
	}
	if operator == "NOT" && (p.kind == word || p.kind == mark) {
		return branches{}, fmt.Errorf("NOT %s is not understood", clean(p.value))
	}
	value, err := p.constant()
	if err != nil {
		return branches{}, err
	}
	return compare(path, operator, value), nil
}

// set reads the values after IN.
func (p *patternParser) set(path string) (branches, error) {
	if !p.is(mark, "(") {
		return branches{}, p.unexpected("(")
	}
	var out branches
	for {
		if err := p.next(); err != nil {
			return branches{}, err
		}
		value, err := p.constant()
		if err != nil {
			return branches{}, err
		}
		if err := out.or(compare(path, "=", value)); err != nil {
			return branches{}, err
		}
		if p.is(mark, ",") {
			continue
		}
		if !p.is(mark, ")") {
			return branches{}, p.unexpected(", or )")
		}
		return out, p.next()
	}
}

// constant takes a string, a number, true or false, or a timestamp or bytes: t'…', h'…', b'…'.
func (p *patternParser) constant() (string, error) {
	value := p.value
	switch {
	case p.kind == text, p.is(word, "true"), p.is(word, "false"):
	case p.kind == number:
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "", fmt.Errorf("%s is no number", clean(value))
		}
	case p.kind == word && slices.Contains([]string{"t", "h", "b"}, value) && p.rest != "" &&
		p.rest[0] == '\'':
		if err := p.next(); err != nil {
			return "", err
		}
		value = p.value
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
