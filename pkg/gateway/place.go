package gateway

import (
	"errors"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// place is where a mapping finds values: a path from the top of a record, or from its hop; see
// hopRule.
type place struct {
	text string
	// hop says that the path starts at the hop; whole that the place is the hop itself.
	hop, whole bool
	path       tree.Path
	// last leads on from the last item of the list at path; nil without one.
	last *place
}

const (
	// hopPrefix begins the paths that start at the hop.
	hopPrefix = "hop"
	// lastItem is the segment that stands for the last item of a list.
	lastItem = "last()"
)

func newPlace(text string, fold bool) (place, error) {
	p := place{text: text}
	rest := text
	if rest == hopPrefix {
		p.hop, p.whole = true, true
		return p, nil
	}
	if rest, p.hop = strings.CutPrefix(text, hopPrefix+"."); !p.hop {
		rest = text
	}
	before, after, found := strings.Cut(rest, "."+lastItem)
	if found && after != "" {
		if after[0] != '.' || strings.Contains(after, lastItem) {
			return p, errors.New("path " + text + ": " + lastItem + " stands for one segment, once")
		}
		last, err := newPlace(after[1:], fold)
		if err != nil {
			return p, err
		}
		p.last = &last
	} else if found {
		p.last = &place{whole: true}
	}
	var err error
	p.path, err = tree.NewPath(before, fold)
	return p, err
}

// String is the place as it was written.
func (p place) String() string { return p.text }

// isSecret tells whether what the place names is a credential by its name.
func (p *place) isSecret() bool {
	return !p.whole && (p.path.IsSecret() || p.last != nil && p.last.isSecret())
}

// walk calls found for every value at a place, until it returns true, and tells whether it did.
func (a *mapped) walk(p *place, found func(at int32) bool) bool {
	start := int32(0)
	if p.hop {
		if start = a.hop; start == tree.None {
			return false
		}
	}
	return a.walkFrom(start, p, found)
}

func (a *mapped) walkFrom(start int32, p *place, found func(at int32) bool) bool {
	switch {
	case p.whole:
		return found(start)
	case p.last == nil:
		return a.doc.Walk(start, &p.path, found)
	}
	return a.doc.Walk(start, &p.path, func(at int32) bool {
		last := int32(tree.None)
		a.doc.Parts(at, func(part int32) bool {
			last = part
			return true
		})
		return last != tree.None && a.walkFrom(last, p.last, found)
	})
}

// find returns the first known value at a place, none without.
func (a *mapped) find(p *place) int32 {
	hit := int32(tree.None)
	a.walk(p, func(at int32) bool {
		if !a.doc.Known(at) {
			return false
		}
		hit = at
		return true
	})
	return hit
}

// value is the text of the first known value at one of several places.
func (a *mapped) value(places []place) string {
	for i := range places {
		if at := a.find(&places[i]); at != tree.None {
			return a.doc.Scalar(at)
		}
	}
	return ""
}

// beside returns how many tokens belong to a count and stand beside it.
func (a *mapped) beside(r *rule, count int64) int64 {
	lo, hi := kindTokens.bounds()
	more := int64(0)
	for i := range r.plus {
		more = min(more+body.Int(a.value(r.plus[i]), lo, hi).V, hi)
	}
	if more == 0 || len(r.beside) == 0 {
		return more
	}
	for i := range r.beside {
		if c := &r.beside[i]; a.holds(c) && a.totals(c, count+more) {
			return more
		}
	}
	return 0
}

// totals tells whether a condition's total says that the input has so many tokens, as far as it
// says anything.
func (a *mapped) totals(c *condition, input int64) bool {
	if c.total == nil {
		return true
	}
	lo, hi := kindTokens.bounds()
	total := body.Int(a.doc.Scalar(a.find(c.total)), lo, hi)
	output := event.Int{}
	for i := range a.m.rules {
		if r := &a.m.rules[i]; r.field.Path == "usage.output_tokens" {
			output = body.Int(a.text(r), lo, hi)
		}
	}
	return !total.Known || !output.Known || total.V == input+output.V
}

// constants fills the fields that nothing in the record does.
func (a *mapped) constants(ev *event.Event) {
	for i := range a.m.rules {
		r := &a.m.rules[i]
		if r.constant != "" && len(r.from)+len(r.join) > 0 && !r.field.Known(ev) {
			only := *r
			only.from, only.join = nil, nil
			a.fill(&only, ev)
		}
	}
}
