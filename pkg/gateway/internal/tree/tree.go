// Package tree holds a JSON value that can be asked by path: for formats whose parts are put
// together out of order. It is lazy: a part is looked at when somebody asks for it, so that what
// nobody asks for costs no memory, and has neither limits nor a way to spoil the rest. A string
// that holds JSON, as many gateways log what their callers sent, is opened when a path leads into
// it.
package tree

import (
	"errors"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Document is a JSON value and what was read of its parts. The value is at 0.
type Document struct {
	limits  event.Limits
	scanner *event.Scanner
	nodes   []node
	opened  int
	err     error
	// names is the mask of the names of the value's own members, once masked says so.
	names  uint64
	masked bool
}

// node is a value in a document.
type node struct {
	kind event.Kind
	// looked says that the parts of an object or array, or the text of a string, have been read.
	looked bool
	// read says that the parts are there although nobody has looked yet.
	read bool
	// lenient says that of a name which is there twice the last counts, here and in all parts.
	lenient bool
	name    string
	// raw is the value as it was written, text a string's text once it was read, or a number's or
	// flag's as written.
	raw, text string
	// first and next make the list of the parts; 0 ends it, for the value at 0 is no part.
	first, next int32
	// open is the value in a string: 0 when nobody looked, None when there is none.
	open int32
	// failure is why a value that should be an object or array could not be read.
	failure string
}

// None is the place of nothing.
const None = -1

const (
	// maxOpened is how many strings are opened at most. Some conventions have each tool and each
	// message in a string of its own, and a caller who sends many must not keep shut what comes
	// after them.
	maxOpened = 1 << 14
	// maxScalars is how many numbers and flags of one array are kept: longer ones are token ids and
	// vectors, which nobody asks for.
	maxScalars = 16
	// maxKept bounds how many nodes are kept as memory for the next value: 1 MB or so.
	maxKept = 1 << 14
	// maxAhead and maxAheadNodes are how deep, and up to how many parts of a document, values are
	// read before anybody asks for them: deeper and more than bodies of APIs have.
	maxAhead      = 16
	maxAheadNodes = 4096
	// nodesPerField is how many parts may be read for each field that event.Limits allows.
	nodesPerField = 4
)

// New makes a document, which is used for one value after the other.
func New(limits event.Limits) *Document {
	return &Document{limits: limits, scanner: event.NewScanner(limits)}
}

// Reset empties the document.
func (d *Document) Reset() {
	if cap(d.nodes) > maxKept {
		d.nodes = nil
	}
	d.nodes, d.opened, d.err, d.masked = d.nodes[:0], 0, nil, false
	d.scanner.Reset(nil)
}

// Err is why a part that was asked for could not be read, other than that it is no JSON; nil when
// nothing was wrong.
func (d *Document) Err() error { return d.err }

// Parse takes the object that data begins with and returns how many bytes it has. The document
// aliases data.
func (d *Document) Parse(data []byte) (int, error) {
	d.Reset()
	s := d.scanner
	s.Reset(data)
	switch s.Kind() {
	case event.KindObject:
		d.nodes = append(d.nodes, node{kind: event.KindObject, looked: true})
		d.parts(0)
		if failure := d.nodes[0].failure; failure != "" {
			return s.Offset(), &event.DecodeError{Reason: failure}
		}
	case event.KindInvalid:
		s.Skip() // Fails.
	default:
		s.Fail(event.ReasonWrongType)
	}
	return s.Offset(), nameless(s.Err())
}

// Salvage takes what can be read of an object that is broken somewhere: the members before the one
// that is.
func (d *Document) Salvage(data []byte) {
	d.Reset()
	if len(data) > d.limits.MaxBytes {
		data = data[:d.limits.MaxBytes]
	}
	d.scanner.Reset(data)
	if d.scanner.Kind() != event.KindObject {
		return
	}
	d.nodes = append(d.nodes, node{kind: event.KindObject, raw: d.scanner.Rest()})
	d.look(0)
	d.nodes[0].first = min(1, int32(len(d.nodes)-1))
}

// Take adds the value that a scanner comes to next, which reads on after it. It aliases what the
// scanner reads. None when its syntax is broken, which the scanner tells as well.
func (d *Document) Take(s *event.Scanner) int32 {
	kind := s.Kind()
	raw := s.Raw()
	if kind == event.KindInvalid || raw == "" {
		return None
	}
	d.nodes = append(d.nodes, node{kind: kind, raw: raw})
	return int32(len(d.nodes) - 1)
}

// Next adds the value that text begins with and returns it with what stands after it, None when its
// syntax is broken.
func (d *Document) Next(text string) (at int32, rest string) {
	s := d.scanner
	s.Continue(text)
	if at = d.Take(s); at == None {
		return None, ""
	}
	return at, strings.TrimLeft(text[s.Offset():], " \t\r\n,")
}

// Len is the number of parts that were read.
func (d *Document) Len() int { return len(d.nodes) }

// Truncate forgets the parts read since Len was n. Their texts stay valid.
func (d *Document) Truncate(n int) { d.nodes = d.nodes[:n] }

// nameless takes the field out of an error: in a document all names are the gateway's, or its
// callers'.
func nameless(err error) error {
	if broken, ok := errors.AsType[*event.DecodeError](err); ok {
		broken.Field = ""
	}
	return err
}

// Add appends a value that did not come from JSON: an object or array without parts, or a string,
// number or flag by its text.
func (d *Document) Add(kind event.Kind, name, text string) int32 {
	d.nodes = append(d.nodes, node{kind: kind, name: name, text: text, looked: true})
	return int32(len(d.nodes) - 1)
}

// Link makes child the next part of parent; last is the one before it, 0 at the beginning.
func (d *Document) Link(parent int32, last *int32, child int32) {
	d.masked = d.masked && parent != 0
	if *last == 0 {
		d.nodes[parent].first = child
	} else {
		d.nodes[*last].next = child
	}
	*last = child
}

// Named gives a value that is no part yet the name under which it will be one, and returns it.
func (d *Document) Named(at int32, name string) int32 {
	d.nodes[at].name = name
	return at
}

// look reads the parts of an object or array, one level deep.
func (d *Document) look(at int32) {
	n := &d.nodes[at]
	if n.looked {
		return
	}
	if n.looked = true; n.read {
		for part := n.first; part != 0; part = d.nodes[part].next {
			d.nodes[part].lenient = n.lenient
		}
		return
	}
	d.scanner.Continue(n.raw)
	d.parts(at)
	if broken, ok := errors.AsType[*event.DecodeError](d.scanner.Err()); ok {
		// A name that is there twice: two parsers read two values, so neither is believed.
		d.fail(at, broken.Reason)
		d.nodes[at].first = 0
	}
}

// parts reads the parts of the object or array that the scanner comes to next, and theirs as far as
// that costs little: then a part is passed over once, and not once more for each level around it.
func (d *Document) parts(at int32) {
	s := d.scanner
	s.Lax(true)
	s.Doubles(d.nodes[at].lenient)
	last := int32(0)
	d.members(at, func(name string, twice bool) bool {
		if twice && !d.forget(at, name) {
			return false
		}
		if len(d.nodes) >= d.most() {
			d.fail(at, event.ReasonTooManyFields)
			return false
		}
		d.part(at, &last, name, 1)
		return true
	})
}

// members calls visit for every member or item that the scanner comes to next, until it returns
// false.
func (d *Document) members(at int32, visit func(name string, twice bool) bool) {
	s := d.scanner
	if d.nodes[at].kind == event.KindObject {
		for o := s.Object(); s.Next(&o); {
			if !visit(o.Key, o.Twice) {
				return
			}
		}
		return
	}
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
		if !visit("", false) {
			return
		}
	}
}

// most is how many parts may be read.
func (d *Document) most() int { return nodesPerField * d.limits.MaxFields }

// mostAhead is how many parts may be read before anybody asks for them.
func (d *Document) mostAhead() int { return min(maxAheadNodes, d.most()/2) }

// part adds the next value of an object or array.
func (d *Document) part(parent int32, last *int32, name string, depth int) {
	s := d.scanner
	var child int32
	switch kind := s.Kind(); {
	case (kind == event.KindObject || kind == event.KindArray) && depth < maxAhead &&
		len(d.nodes) < d.mostAhead():
		start := s.Offset()
		child = int32(len(d.nodes))
		d.nodes = append(d.nodes, node{kind: kind})
		read := d.ahead(child, depth)
		d.nodes[child].raw = s.Since(start)
		if d.nodes[child].read = read; !read {
			d.nodes[child].first = 0
		}
	default:
		if child = d.Take(s); child == None {
			return // The scanner has failed and ends the loop.
		}
	}
	d.nodes[child].name = name
	d.nodes[child].lenient = d.nodes[parent].lenient
	d.Link(parent, last, child)
}

// ahead reads the parts of a value before anybody asks for them. It tells whether they are what
// look would read: where a name is there twice, or there are too many, that is found when somebody
// asks.
func (d *Document) ahead(at int32, depth int) bool {
	s := d.scanner
	lenient := s.Doubles(true)
	ok, last := true, int32(0)
	d.members(at, func(name string, twice bool) bool {
		ok = ok && !twice && len(d.nodes) < d.mostAhead()
		if ok {
			d.part(at, &last, name, depth+1)
		} else {
			s.Skip()
		}
		return true
	})
	s.Doubles(lenient)
	if !ok {
		d.nodes = d.nodes[:at+1]
	}
	return ok
}

func (d *Document) fail(at int32, reason string) {
	d.nodes[at].failure = reason
	if d.err == nil {
		d.err = &event.DecodeError{Reason: reason}
	}
}

// Open returns the object or array in a string, None when there is none.
func (d *Document) Open(at int32) int32 {
	if at == None || d.nodes[at].kind != event.KindString {
		return None
	}
	if open := d.nodes[at].open; open != 0 {
		return open
	}
	d.nodes[at].open = None
	text := strings.TrimLeft(d.text(at), " \t\r\n")
	if text == "" || text[0] != '{' && text[0] != '[' || d.opened >= maxOpened {
		return None
	}
	d.opened++
	s := d.scanner
	s.Continue(text)
	root := int32(len(d.nodes))
	d.nodes = append(d.nodes, node{
		kind: s.Kind(), raw: text, looked: true, lenient: d.nodes[at].lenient,
	})
	d.parts(root)
	if d.nodes[root].failure == "" { // Otherwise there is more than could be read.
		s.End()
	}
	if broken, ok := errors.AsType[*event.DecodeError](s.Err()); ok {
		d.nodes[at].failure = broken.Reason
		return None
	}
	if failure := d.nodes[root].failure; failure != "" {
		d.nodes[at].failure = failure
		return None
	}
	d.nodes[at].open = root
	return root
}

// Inside returns the object or array at a place: itself, or the one in its string.
func (d *Document) Inside(at int32) int32 {
	if at != None && d.nodes[at].kind == event.KindString {
		return d.Open(at)
	}
	return at
}

// first is the first part of an object or array, 0 without.
func (d *Document) first(at int32) int32 {
	switch d.nodes[at].kind {
	case event.KindObject, event.KindArray:
		d.look(at)
		return d.nodes[at].first
	}
	return 0
}

// Parts calls visit for every part of the object or array at a place until it returns false.
func (d *Document) Parts(at int32, visit func(at int32) bool) {
	if at = d.Inside(at); at == None {
		return
	}
	for part := d.first(at); part != 0; part = d.nodes[part].next {
		if !visit(part) {
			return
		}
	}
}

// Member returns the member of the object at a place that has one of the names, tried in their
// order; None without.
func (d *Document) Member(at int32, names ...string) int32 {
	if at = d.Inside(at); at == None || d.nodes[at].kind != event.KindObject {
		return None
	}
	first := d.first(at)
	for _, name := range names {
		for part := first; part != 0; part = d.nodes[part].next {
			if d.nodes[part].name == name && d.Known(part) {
				return part
			}
		}
	}
	return None
}

// Known tells whether there is anything at a place: null, "" and "-" are nothing.
func (d *Document) Known(at int32) bool {
	if at == None {
		return false
	}
	switch d.nodes[at].kind {
	case event.KindNull, event.KindInvalid:
		return false
	case event.KindString:
		text := d.text(at)
		return text != "" && text != "-"
	case event.KindNumber:
		return !d.NonFinite(at)
	default:
		return true
	}
}

// NonFinite tells whether there is a number without a value at a place: NaN or an infinity.
func (d *Document) NonFinite(at int32) bool {
	if d.Kind(at) != event.KindNumber {
		return false
	}
	text := d.text(at)
	return text == "NaN" || strings.HasSuffix(text, "Infinity")
}

// Kind is the type of what is at a place.
func (d *Document) Kind(at int32) event.Kind {
	if at == None {
		return event.KindInvalid
	}
	return d.nodes[at].kind
}

// Name is the name of a member.
func (d *Document) Name(at int32) string { return d.nodes[at].name }

// Scalar returns the text of a string, number or flag, "" for anything else.
func (d *Document) Scalar(at int32) string {
	if !d.Known(at) {
		return ""
	}
	return d.text(at)
}

// Text returns the text of a string as it is, also "" and "-"; "" for anything else.
func (d *Document) Text(at int32) string {
	if d.Kind(at) != event.KindString {
		return ""
	}
	return d.text(at)
}

// text returns what a string, number or flag says.
func (d *Document) text(at int32) string {
	n := &d.nodes[at]
	if n.looked {
		return n.text
	}
	switch n.kind {
	case event.KindString:
		d.scanner.Continue(n.raw)
		n.text = d.scanner.Text()
	case event.KindNumber, event.KindBool:
		n.text = n.raw
	default:
		return ""
	}
	n.looked = true
	return n.text
}
