package gateway

import (
	"errors"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// hopRule says which part of a record is the call that answered the user, where a gateway reports
// several: of plugins that ask models of their own, of tries, of backends that it fell back to.
// Paths that begin with "hop." lead on from there, so that an event has nothing of two calls.
type hopRule struct {
	// from is tried in order. A list holds one hop in each item.
	from []tree.Path
	// never are names of parts that are calls of the gateway's own, or no calls.
	never []string
	// has are names of which a part has at least one if it is a call.
	has []string
	// last takes the last of several, and not the first. answered are those that count before
	// others.
	last     bool
	answered *condition
}

type hopText struct {
	From     wordList       `yaml:"from"`
	Never    wordList       `yaml:"never"`
	Has      wordList       `yaml:"has"`
	Pick     string         `yaml:"pick"`
	Answered *conditionText `yaml:"answered"`
}

func (t *hopText) compile(c *compiler) *hopRule {
	if t == nil {
		return nil
	}
	h := &hopRule{never: lowered(t.Never), has: t.Has, last: t.Pick == "last"}
	if len(t.From) == 0 {
		c.fail(errors.New("hop: give paths under from"))
	}
	for _, text := range t.From {
		p, err := tree.NewPath(text, c.fold)
		c.fail(err)
		h.from = append(h.from, p)
	}
	if t.Pick != "" && t.Pick != "first" && t.Pick != "last" {
		c.fail(errors.New("hop: pick is first or last"))
	}
	if t.Answered != nil {
		answered := c.condition(*t.Answered, "hop: answered")
		h.answered = &answered
	}
	return h
}

// findHop returns the part of the document that is the call that answered, none without.
func (a *mapped) findHop(h *hopRule) int32 {
	if h == nil {
		return tree.None
	}
	for i := range h.from {
		best, answered := int32(tree.None), false
		consider := func(at int32) {
			if a.doc.Kind(at) != event.KindObject ||
				len(h.has) > 0 && a.doc.Member(at, h.has...) == tree.None {
				return
			}
			ok := h.answered == nil || a.holdsAt(h.answered, at)
			if best == tree.None || ok && !answered || ok == answered && h.last {
				best, answered = at, ok
			}
		}
		a.doc.Walk(0, &h.from[i], func(at int32) bool {
			if matches(h.never, strings.ToLower(a.doc.Name(at))) {
				return false
			}
			if inner := a.doc.Inside(at); a.doc.Kind(inner) == event.KindArray {
				a.doc.Parts(inner, func(part int32) bool {
					consider(a.doc.Inside(part))
					return true
				})
			} else {
				consider(inner)
			}
			return false
		})
		if best != tree.None {
			return best
		}
	}
	return tree.None
}
