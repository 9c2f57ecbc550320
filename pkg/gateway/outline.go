package gateway

import (
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// outline holds the names in an object, of the first two levels: what a format is recognised by.
type outline struct {
	object  bool
	members []member
	// text holds the names, one after the other. They are copies: those of a scanner are valid only
	// until it reads something else, and an envelope's names are asked for after a look inside.
	text []byte
	// mask has a bit for each name: most questions are about names that are not there.
	mask uint64
}

// maxMembers bounds how many names of one part are looked at, of which formats are recognised by a
// few. It is for each part: names that a caller puts into one must not hide those of another.
const maxMembers = 256

// member is a name; parent is empty on the first level.
type member struct{ parent, name span }

// span is a part of an outline's text.
type span struct{ from, to int }

func (o *outline) at(s span) []byte { return o.text[s.from:s.to] }

func (o *outline) reset() { o.members, o.text, o.mask = o.members[:0], o.text[:0], 0 }

// read reads the value that comes next and checks its syntax.
func (o *outline) read(s *event.Scanner) {
	o.reset()
	o.object = s.Kind() == event.KindObject
	if !o.object {
		s.Skip()
		return
	}
	s.Lax(true)
	for top := s.Object(); s.Next(&top); {
		parent := o.put(span{}, top.Key)
		if s.Kind() != event.KindObject {
			s.Skip()
			continue
		}
		mark := s.Mark()
		n := 0
		for sub := s.Object(); s.Next(&sub); {
			if n++; n <= maxMembers {
				o.put(parent, sub.Key)
			}
			s.Skip()
		}
		s.Lost(mark) // A name twice: perhaps in what a caller sent, and whoever reads it will tell.
	}
}

// put adds a name and returns where it stands.
func (o *outline) put(parent span, name string) span {
	from := len(o.text)
	o.text = append(o.text, name...)
	m := member{parent: parent, name: span{from, len(o.text)}}
	o.members = append(o.members, m)
	o.mask |= tree.NameBit(name)
	return m.name
}

// has tells whether the object has a name on its first level.
func (o *outline) has(name string) bool { return o.hasIn("", name) }

// hasIn tells whether the object under parent has a name.
func (o *outline) hasIn(parent, name string) bool {
	if o.mask&tree.NameBit(name) == 0 {
		return false
	}
	for _, m := range o.members {
		if string(o.at(m.name)) == name && string(o.at(m.parent)) == parent {
			return true
		}
	}
	return false
}

// hasPath tells whether the object has a name on its first level, or on its second where the name
// is written parent.name.
func (o *outline) hasPath(name string) bool {
	if o.has(name) {
		return true
	}
	for i := range len(name) {
		if name[i] == '.' && o.hasIn(name[:i], name[i+1:]) {
			return true
		}
	}
	return false
}

// readDocument takes the names of a document.
func (o *outline) readDocument(d *tree.Document) {
	o.reset()
	o.object = d.Kind(0) == event.KindObject
	d.Parts(0, func(top int32) bool {
		parent := o.put(span{}, d.Name(top))
		if d.Kind(top) == event.KindObject {
			d.Parts(top, func(sub int32) bool {
				o.put(parent, d.Name(sub))
				return true
			})
		}
		return true
	})
}
