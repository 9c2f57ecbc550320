package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// condition tells records apart: it holds where one of is, or without them anything, is at one of
// when, nothing is at any of unless, and at any of without nothing but zero or an object.
type condition struct {
	when, unless, without, method []place
	// as is "endpoint" where the values at when are URLs or their paths, of which is compares what
	// endpointOf calls them. method is where the request's method is.
	as string
	is []string
	// total holds where the count there is the sum of input, output and what stands beside the
	// input.
	total *place
	also  *condition
}

type conditionText struct {
	When    wordList       `yaml:"when"`
	As      string         `yaml:"as"`
	Method  wordList       `yaml:"method"`
	Is      wordList       `yaml:"is"`
	Unless  wordList       `yaml:"unless"`
	Without wordList       `yaml:"without"`
	Total   string         `yaml:"total"`
	Also    *conditionText `yaml:"also"`
}

// conditionList is a list of conditions that may be written as one.
type conditionList []conditionText

// compiler collects the errors of a file.
type compiler struct {
	fold bool
	errs []error
}

func (c *compiler) fail(err error) {
	if err != nil {
		c.errs = append(c.errs, err)
	}
}

func (c *compiler) places(texts []string) []place {
	var out []place
	for _, text := range texts {
		p, err := newPlace(text, c.fold)
		c.fail(err)
		out = append(out, p)
	}
	return out
}

func (c *compiler) condition(t conditionText, where string) condition {
	if len(t.When) == 0 && (len(t.Is) > 0 || t.As != "" || len(t.Method) > 0) {
		c.fail(fmt.Errorf("%s: is, as and method need when", where))
	}
	if len(t.When)+len(t.Unless)+len(t.Without) == 0 && t.Total == "" {
		c.fail(fmt.Errorf("%s: give when, unless, without or total", where))
	}
	if t.As != "" && t.As != "endpoint" {
		c.fail(fmt.Errorf("%s: as is endpoint, or left out", where))
	}
	out := condition{
		when: c.places(t.When), unless: c.places(t.Unless), without: c.places(t.Without),
		method: c.places(t.Method), as: t.As, is: lowered(t.Is),
	}
	if t.Total != "" {
		out.total = &c.places([]string{t.Total})[0]
	}
	if t.Also != nil {
		also := c.condition(*t.Also, where+": also")
		out.also = &also
	}
	return out
}

// lowered returns words in lower case, as conditions compare them.
func lowered(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, strings.ToLower(w))
	}
	return out
}

// matches tells whether a text is one of several words, which may begin or end with "*".
func matches(words []string, text string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		head, open := strings.CutSuffix(w, "*")
		tail, start := strings.CutPrefix(head, "*")
		switch {
		case open && start:
			return strings.Contains(text, tail)
		case open:
			return strings.HasPrefix(text, head)
		case start:
			return strings.HasSuffix(text, tail)
		}
		return text == w
	})
}

// walker calls found for every value at a place, until it returns true, and tells whether it did.
type walker func(p *place, found func(at int32) bool) bool

// holds tells whether a condition does.
func (a *mapped) holds(c *condition) bool { return a.holdsFrom(c, a.walk) }

// holdsAt tells whether a condition does whose paths start at a node.
func (a *mapped) holdsAt(c *condition, at int32) bool {
	return a.holdsFrom(c, func(p *place, found func(at int32) bool) bool {
		return a.walkFrom(at, p, found)
	})
}

func (a *mapped) holdsFrom(c *condition, walk walker) bool {
	known := func(p *place) bool { return walk(p, a.doc.Known) }
	something := func(p *place) bool {
		return walk(p, func(at int32) bool {
			text := a.doc.Scalar(at)
			return a.doc.Known(at) && a.doc.Kind(at) != event.KindObject &&
				text != "0" && text != "false"
		})
	}
	fits := func(p *place) bool {
		return walk(p, func(at int32) bool {
			if !a.doc.Known(at) {
				return false
			}
			text := strings.ToLower(a.doc.Scalar(at))
			if c.as == "endpoint" {
				text = endpointOf(a.value(c.method), text)
			}
			return len(c.is) == 0 || matches(c.is, text)
		})
	}
	for i := range c.unless {
		if known(&c.unless[i]) {
			return false
		}
	}
	for i := range c.without {
		if something(&c.without[i]) {
			return false
		}
	}
	hit := len(c.when) == 0
	for i := range c.when {
		hit = hit || fits(&c.when[i])
	}
	return hit && (c.also == nil || a.holdsFrom(c.also, walk))
}

// skipRule leaves out the records for which its condition holds.
type skipRule struct {
	condition
	reason string
}

type skipText struct {
	Reason        string `yaml:"reason"`
	conditionText `yaml:",inline"`
}

func (c *compiler) skip(t skipText) skipRule {
	if t.Reason == "" || !isFormatName(t.Reason) {
		c.fail(errors.New("skip: give a reason of lower-case letters and underscores"))
	}
	if t.Total != "" {
		c.fail(errors.New("skip: total is for beside"))
	}
	return skipRule{condition: c.condition(t.conditionText, "skip"), reason: t.Reason}
}
