package gateway

import (
	"errors"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// document is a JSON value as a tree that can be asked by path: for formats whose parts are put together out of order. A string that holds
// JSON, as many gateways log what their callers sent, is opened when a path leads into it.
type document struct {
	limits   event.Limits
	scanners []*event.Scanner
	used     int
	// nodes holds the value at 0 and, after it, its parts; those of opened strings at the end.
	nodes []node
	// err is why enter could not open a string.
	err error
}

// node is a value in a document. Its text is a string's decoded, a number's or a flag's as written.
type node struct {
	kind       event.Kind
	name, text string
	// first and next make the list of the parts; 0 ends it, for the value at 0 is no part.
	first, next int32
	// opened is the value in a string: 0 when nobody looked, none when there is none.
	opened int32
	// failure is the reason for which a string that looked like JSON could not be opened.
	failure string
}

const none = -1

const (
	// maxOpened is how many strings are opened at most.
	maxOpened = 64
	// maxScalars is how many numbers and flags of one array are kept: longer ones are token ids and vectors, which nobody asks for.
	maxScalars = 16
)

func newDocument(limits event.Limits) *document { return &document{limits: limits} }

// reset empties the document.
func (d *document) reset() { d.nodes, d.used, d.err = d.nodes[:0], 0, nil }

// scanner returns one that nothing in the document refers to.
func (d *document) scanner() *event.Scanner {
	if d.used == len(d.scanners) {
		d.scanners = append(d.scanners, event.NewScanner(d.limits))
	}
	d.used++
	return d.scanners[d.used-1]
}

// parse reads the value that data begins with and returns how many bytes it took.
func (d *document) parse(data []byte) (int, error) {
	d.reset()
	s := d.scanner()
	s.Reset(data)
	switch s.Kind() {
	case event.KindObject:
	case event.KindInvalid:
		s.Skip() // Fails.
		return s.Offset(), s.Err()
	default:
		s.Fail(event.ReasonWrongType)
		return s.Offset(), s.Err()
	}
	d.value(s, "")
	return s.Offset(), nameless(s.Err())
}

// nameless takes the field out of an error: in a document all names are the gateway's, or its callers'.
func nameless(err error) error {
	if broken, ok := errors.AsType[*event.DecodeError](err); ok {
		broken.Field = ""
	}
	return err
}

// value adds the next value.
func (d *document) value(s *event.Scanner, name string) int32 {
	at := d.add(event.KindNull, name, "")
	if len(d.nodes) > 4*d.limits.MaxFields {
		s.Fail(event.ReasonTooManyFields)
		return at
	}
	kind := s.Kind()
	d.nodes[at].kind = kind
	last := int32(0)
	switch kind {
	case event.KindObject:
		for o := s.Object(); s.Next(&o); {
			d.link(at, &last, d.value(s, o.Key))
		}
	case event.KindArray:
		scalars := 0
		for a := s.Array(); s.NextItem(&a); {
			switch s.Kind() {
			case event.KindObject, event.KindArray, event.KindString:
			default:
				if scalars++; scalars > maxScalars {
					s.Skip()
					continue
				}
			}
			d.link(at, &last, d.value(s, ""))
		}
	default:
		d.nodes[at].text = s.Literal()
	}
	return at
}

// add appends a node.
func (d *document) add(kind event.Kind, name, text string) int32 {
	d.nodes = append(d.nodes, node{kind: kind, name: name, text: text})
	return int32(len(d.nodes) - 1)
}

// link makes child the next part of parent; last is the one before it, 0 at the beginning.
func (d *document) link(parent int32, last *int32, child int32) {
	if *last == 0 {
		d.nodes[parent].first = child
	} else {
		d.nodes[*last].next = child
	}
	*last = child
}

// open returns the object or array in a string, none when there is none.
func (d *document) open(at int32) int32 {
	n := &d.nodes[at]
	if n.opened != 0 {
		return n.opened
	}
	n.opened = none
	text := n.text
	if i := skipSpace([]byte(text[:min(len(text), 64)]), 0); i == len(text) || text[i] != '{' && text[i] != '[' || d.used >= maxOpened {
		return none
	}
	before := len(d.nodes)
	s := d.scanner()
	s.Reset([]byte(text))
	root := d.value(s, "")
	s.End()
	if err := s.Err(); err != nil {
		d.nodes = d.nodes[:before]
		if broken, ok := errors.AsType[*event.DecodeError](err); ok {
			d.nodes[at].failure = broken.Reason
		}
		return none
	}
	d.nodes[at].opened = root
	return root
}

// enter is inside for what has to be JSON. Truncated JSON is none, and that is not the callers' doing. But one that two parsers read in two
// ways, or that is beyond the limits, would let a caller choose what is seen of it: it is none either, and err says so.
func (d *document) enter(at int32) int32 {
	inner := d.inside(at)
	if inner == none && at != none && d.err == nil {
		if reason := d.nodes[at].failure; reason != "" && reason != event.ReasonMalformed {
			d.err = &event.DecodeError{Reason: reason}
		}
	}
	return inner
}

// inside returns the object or array at a node: itself, or the one in its string.
func (d *document) inside(at int32) int32 {
	if at != none && d.nodes[at].kind == event.KindString {
		return d.open(at)
	}
	return at
}

// parts calls visit for every part of the object or array at a node until it returns false.
func (d *document) parts(at int32, visit func(at int32) bool) {
	if at = d.inside(at); at == none {
		return
	}
	for part := d.nodes[at].first; part != 0; part = d.nodes[part].next {
		if !visit(part) {
			return
		}
	}
}

// member returns the member of the object at a node that has one of the names, tried in their order; none without.
func (d *document) member(at int32, names ...string) int32 {
	if at = d.inside(at); at == none || d.nodes[at].kind != event.KindObject {
		return none
	}
	for _, name := range names {
		for part := d.nodes[at].first; part != 0; part = d.nodes[part].next {
			if d.nodes[part].name == name && d.known(part) {
				return part
			}
		}
	}
	return none
}

// known tells whether there is anything at a node: null, "" and "-" are nothing.
func (d *document) known(at int32) bool {
	if at == none {
		return false
	}
	switch n := &d.nodes[at]; n.kind {
	case event.KindNull, event.KindInvalid:
		return false
	case event.KindString:
		return n.text != "" && n.text != "-"
	default:
		return true
	}
}

// kind returns what is at a node.
func (d *document) kind(at int32) event.Kind {
	if at == none {
		return event.KindInvalid
	}
	return d.nodes[at].kind
}

// scalar returns the text of a string, number or flag, "" for anything else.
func (d *document) scalar(at int32) string {
	if !d.known(at) {
		return ""
	}
	return d.nodes[at].text
}
