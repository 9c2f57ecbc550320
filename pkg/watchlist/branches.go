package watchlist

import (
	"errors"
	"fmt"
	"slices"
)

var (
	errTooMuch = fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)
	errTooLong = fmt.Errorf("more than %d comparisons are joined by AND", maxTerms)
	errTooDeep = fmt.Errorf("more than %d brackets inside each other", maxDepth)
)

// maxReasons bounds the reasons that are kept of one pattern: a reader needs to see why, not how
// often.
const maxReasons = 8

// branch is one alternative of a pattern that is being read: what an account can show, and the
// conditions beside it that are not compared.
type branch struct {
	terms  []Term
	beside []condition
	// until is the end of its window, 0 for none.
	until int64
}

// branches are the alternatives of a part of a pattern. Those that nothing known of an account can
// meet are not among them; refused has the reasons.
type branches struct {
	open    []branch
	refused []string
}

// refusal is a part that nothing known of an account can meet.
func refusal(err error) branches { return branches{refused: []string{err.Error()}} }

func (b *branches) because(reasons ...string) {
	for _, r := range reasons {
		if len(b.refused) < maxReasons && !slices.Contains(b.refused, r) {
			b.refused = append(b.refused, r)
		}
	}
}

// refuse closes all alternatives.
func (b *branches) refuse(reason string) {
	b.open, b.refused = nil, slices.Insert(b.refused, 0, reason)
}

// end bounds the alternatives by a window's end.
func (b *branches) end(until int64) {
	for i := range b.open {
		if was := b.open[i].until; was == 0 || until < was {
			b.open[i].until = until
		}
	}
}

// or adds the alternatives of o.
func (b *branches) or(o branches) error {
	b.because(o.refused...)
	if b.open = append(b.open, o.open...); len(b.open) > maxAlternatives {
		return errTooMuch
	}
	return nil
}

// and joins each alternative with each of o.
func (b branches) and(o branches) (branches, error) {
	var out branches
	out.because(b.refused...)
	out.because(o.refused...)
	if len(b.open)*len(o.open) > maxAlternatives {
		return branches{}, errTooMuch
	}
	for i := range b.open {
		for j := range o.open {
			joined := branch{
				terms:  join(b.open[i].terms, o.open[j].terms, (*Term).same),
				beside: join(b.open[i].beside, o.open[j].beside, (*condition).same),
			}
			if len(joined.terms) > maxTerms || len(joined.beside) > maxTerms {
				return branches{}, errTooLong
			}
			out.open = append(out.open, joined)
		}
	}
	return out, nil
}

// join adds what b has and a has not.
func join[T any](a, b []T, same func(x, y *T) bool) []T {
	out := append(make([]T, 0, len(a)+len(b)), a...)
	for i := range b {
		if !slices.ContainsFunc(a, func(x T) bool { return same(&x, &b[i]) }) {
			out = append(out, b[i])
		}
	}
	return out
}

// reading is what the alternatives come to; the error has the first reason why nothing is left.
func (b *branches) reading() (Reading, error) {
	out := Reading{}
	until := int64(-1)
	var left branches
	for i := range b.open {
		one := &b.open[i]
		if err := one.check(); err != nil {
			b.because(err.Error())
			continue
		}
		if until >= 0 && until != one.until {
			return Reading{}, errors.New("the observations have different windows (START, STOP): " +
				"make an indicator of each")
		}
		until = one.until
		if !out.Pattern.has(one.terms) { // Two addresses may be in one network.
			out.Pattern = append(out.Pattern, one.terms)
		}
		for j := range one.beside {
			left.because(one.beside[j].String())
		}
	}
	if len(out.Pattern) == 0 {
		if len(b.refused) == 0 {
			return Reading{}, errors.New("the pattern has no comparison")
		}
		return Reading{}, errors.New(b.refused[0])
	}
	left.because(b.refused...)
	out.Until, out.LeftOut = max(0, until), left.refused
	return out, nil
}

// has says whether the terms are one of the alternatives.
func (p Pattern) has(terms []Term) bool {
	return slices.ContainsFunc(p, func(all []Term) bool {
		return slices.EqualFunc(all, terms, func(a, b Term) bool { return a.same(&b) })
	})
}
