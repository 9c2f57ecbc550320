package tree

import "github.com/stillwatch/stillwatch/pkg/event"

// maxDoubles is how many members of one object may have a name that another one has.
const maxDoubles = 64

// Body is Enter for what a caller sent as the body of a request. Of a name that is there twice the
// last counts, as for nearly all parsers (Python's json, JavaScript's, Go's, serde's, lua-cjson):
// a caller who writes any name twice must not hide a prompt by it. Err says that there was one.
func (d *Document) Body(at int32) int32 {
	if at == None {
		return None
	}
	if n := &d.nodes[at]; n.kind == event.KindString {
		if n.open == None && n.failure == event.ReasonDuplicateKey {
			n.open, n.failure = 0, ""
		}
		n.lenient = true
		if at = d.enter(at); at == None {
			return None
		}
	}
	d.relax(at)
	return at
}

// relax makes an object lenient, which is looked at once more if it had a name twice.
func (d *Document) relax(at int32) {
	n := &d.nodes[at]
	n.lenient = true
	if n.failure == event.ReasonDuplicateKey {
		n.looked, n.failure, n.first = false, "", 0
	}
	for part := n.first; part != 0; part = d.nodes[part].next {
		d.nodes[part].lenient = true
	}
}

// forget takes the name off the member of an object that has it, for another one comes.
func (d *Document) forget(at int32, name string) bool {
	doubles := 0
	for part := d.nodes[at].first; part != 0; part = d.nodes[part].next {
		if d.nodes[part].name == name {
			d.nodes[part].name = ""
		}
		if d.nodes[part].name == "" {
			doubles++
		}
	}
	if d.err == nil {
		d.err = &event.DecodeError{Reason: event.ReasonDuplicateKey}
	}
	if doubles > maxDoubles {
		d.fail(at, event.ReasonDuplicateKey)
		d.nodes[at].first = 0
		return false
	}
	return true
}

// Failure is why the string or value at a place could not be read, "" when nothing was wrong. A
// string that only looked like JSON has the reason malformed_json.
func (d *Document) Failure(at int32) string {
	if at == None {
		return ""
	}
	return d.nodes[at].failure
}
