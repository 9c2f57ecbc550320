package fingerprint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/packed"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

const (
	// maxExemplars is how many requests with a text of the account's own template are kept, and
	// fewExemplars how many of any kind while there is none with one.
	maxExemplars, fewExemplars = 4, 2
	// exemplarMarks is how many shingles say which text a request carried. An account's own system
	// prompt may have the smallest ones; of four, one is nearly always of the text beside it.
	exemplarMarks = 4
)

// leads is what an analyst can follow an account by: some of its requests, and its client as it was
// sent.
type leads struct {
	// exemplars are the requests, newest first.
	exemplars []exemplar
	// client is as AppendClient packs it, of the client stack clientOf, which is one of those that
	// are kept; both are empty when there is none.
	client   []byte
	clientOf uint64
	// spare is the memory of an id that is kept no more.
	spare []byte
}

// exemplar is a request that is kept as an example.
type exemplar struct {
	// id is as AppendRequestID packs it.
	id []byte
	at int64
	// template says that it carried a text that was in the account's template already.
	template bool
	// marks are the upper halves of the smallest shingles by which its text is known, 0 where there
	// are fewer; layout is that of its prompt layout.
	marks  [exemplarMarks]uint32
	layout uint32
}

// half is the upper half of a hash: enough to tell apart those of one account.
func half(hash uint64) uint32 { return uint32(hash >> 32) }

// smallest are the smallest of some shingles, ascending, 0 where there are fewer.
type smallest [exemplarMarks]uint64

// add takes one more shingle.
func (s *smallest) add(hash uint64) {
	for i, h := range s {
		if h == hash {
			return
		}
		if h == 0 || hash < h {
			copy(s[i+1:], s[i:])
			s[i] = hash
			return
		}
	}
}

// lead keeps the request as an example when it is a better one than those that are kept, and its
// client when it is the account's commonest. texts are those of its shingles that were in the
// account's template.
func (f *Fingerprint) lead(o *Observation, texts smallest) {
	f.keepClient(o)
	l := &f.leads
	l.forget(f.last - f.opts.Horizon.Milliseconds())
	template := texts[0] != 0
	if len(o.RequestID) == 0 || !template && l.template() {
		return
	}
	e := exemplar{id: append(l.spare[:0], o.RequestID...), at: o.Time, template: template}
	l.spare = nil
	if o.HasText {
		e.layout = half(o.Sketch.Layout)
		if !template {
			texts = f.inTables(&o.Sketch)
		}
	}
	for i, h := range texts {
		e.marks[i] = half(h)
	}
	l.add(e)
}

// inTables are the shingles of a prompt that are kept, in the template or not yet.
func (f *Fingerprint) inTables(sk *sketch.Sketch) (known smallest) {
	for _, list := range [...][]uint64{
		sk.Turn[:min(len(sk.Turn), turnShingles)], sk.System[:min(len(sk.System), systemShingles)],
	} {
		for _, h := range list {
			_, inTurns := f.turns.find(h)
			_, inSystem := f.system.find(h)
			if inTurns || inSystem {
				known.add(h)
			}
		}
	}
	return known
}

// template says that the exemplars are requests with a text of the account's template.
func (l *leads) template() bool { return len(l.exemplars) > 0 && l.exemplars[0].template }

// forget drops the exemplars from before a time.
func (l *leads) forget(before int64) {
	for n := len(l.exemplars); n > 0 && l.exemplars[n-1].at < before; n-- {
		l.exemplars = l.exemplars[:n-1]
	}
}

// add puts an exemplar in its place. Where there are too many, the oldest one of the text with most
// of them goes: of an account with two texts, examples of both stay.
func (l *leads) add(e exemplar) {
	switch {
	case e.template && !l.template():
		l.exemplars = l.exemplars[:0]
	case !e.template && l.template():
		return
	}
	at, _ := slices.BinarySearchFunc(l.exemplars, e, compareExemplars)
	l.exemplars = slices.Insert(l.exemplars, at, e)
	most := fewExemplars
	if e.template {
		most = maxExemplars
	}
	if len(l.exemplars) <= most {
		return
	}
	oldest := len(l.exemplars) - 1
	if e.template {
		oldest = l.oldestOfMost()
	}
	l.spare = l.exemplars[oldest].id
	l.exemplars = slices.Delete(l.exemplars, oldest, oldest+1)
}

// compareExemplars puts newer ones first, whatever the order in which they came.
func compareExemplars(a, b exemplar) int {
	return cmp.Or(cmp.Compare(b.at, a.at), bytes.Compare(a.id, b.id))
}

// oldestOfMost is the oldest exemplar of the text that has most of them.
func (l *leads) oldestOfMost() (oldest int) {
	most := 0
	for i := range l.exemplars {
		n := 0
		for k := range l.exemplars {
			if l.exemplars[k].marks[0] == l.exemplars[i].marks[0] {
				n++
			}
		}
		if n >= most {
			most, oldest = n, i
		}
	}
	return oldest
}

// keepClient keeps the client as it was sent when its stack is the account's commonest.
func (f *Fingerprint) keepClient(o *Observation) {
	l, values := &f.leads, f.values[attribute.Stack]
	var top *attributeValue
	kept := false
	for i := range values {
		v := &values[i]
		kept = kept || v.hash == l.clientOf
		if top == nil || cmp.Or(
			cmp.Compare(v.sure(), top.sure()), cmp.Compare(top.hash, v.hash),
		) > 0 {
			top = v
		}
	}
	switch {
	case len(o.Client) > 0 && top != nil && top.hash == o.Values[attribute.Stack]:
		l.client, l.clientOf = append(l.client[:0], o.Client...), top.hash
	case !kept:
		l.client, l.clientOf = nil, 0
	}
}

// merge adds the leads of another fingerprint, whose stay as they are; newer says that its newest
// request is newer.
func (l *leads) merge(other *leads, newer bool) {
	for _, e := range other.exemplars {
		e.id = bytes.Clone(e.id)
		l.add(e)
	}
	if len(other.client) > 0 && (newer || len(l.client) == 0) {
		l.client, l.clientOf = bytes.Clone(other.client), other.clientOf
	}
}

// dropClient drops a client whose stack is none of those that are kept.
func (l *leads) dropClient(values []attributeValue) {
	if !slices.ContainsFunc(values, func(v attributeValue) bool { return v.hash == l.clientOf }) {
		l.client, l.clientOf = nil, 0
	}
}

// What an encoded exemplar says in its first byte: whether it carried a text of the template,
// whether its layout follows, and from the third bit on the number of its marks.
const (
	exemplarTemplate = 1 << iota
	exemplarLayout
	exemplarMarked = iota
)

// appendBinary appends the leads; values are those of the client stack in the order in which they
// are written, last is the time of the account's newest request.
func (l *leads) appendBinary(b []byte, values []attributeValue, last int64) []byte {
	b = packed.AppendText(b, l.client)
	if len(l.client) > 0 {
		b = append(b, byte(slices.IndexFunc(
			values, func(v attributeValue) bool { return v.hash == l.clientOf },
		)))
	}
	b = append(b, byte(len(l.exemplars)))
	for i := range l.exemplars {
		e := &l.exemplars[i]
		b = append(b, e.head())
		b = appendAgo(b, last, e.at)
		b = packed.AppendText(b, e.id)
		for _, m := range e.marks[:e.marked()] {
			b = binary.LittleEndian.AppendUint32(b, m)
		}
		if e.layout != 0 {
			b = binary.LittleEndian.AppendUint32(b, e.layout)
		}
	}
	return b
}

func (e *exemplar) head() byte {
	head := byte(e.marked()) << exemplarMarked
	if e.template {
		head |= exemplarTemplate
	}
	if e.layout != 0 {
		head |= exemplarLayout
	}
	return head
}

// marked is the number of marks.
func (e *exemplar) marked() int {
	n := 0
	for n < len(e.marks) && e.marks[n] != 0 {
		n++
	}
	return n
}

func (r *reader) leads(values []attributeValue, last int64) (l leads) {
	if client := r.Text(maxClient); len(client) > 0 {
		at := int(r.Byte())
		if r.Check(at < len(values), "client of an unknown stack") {
			l.client, l.clientOf = bytes.Clone(client), values[at].hash
		}
	}
	n := r.Count(maxExemplars, 4)
	for i := range n {
		e := exemplar{}
		head := r.Byte()
		e.template = head&exemplarTemplate != 0
		e.at = r.ago(last)
		e.id = bytes.Clone(r.Text(maxPackedID))
		marks := int(head >> exemplarMarked)
		r.Check(marks <= exemplarMarks && len(e.id) > 0 && e.at > 0, "exemplar out of range")
		for k := range e.marks[:min(marks, exemplarMarks)] {
			e.marks[k] = r.fixed32()
		}
		if head&exemplarLayout != 0 {
			e.layout = r.fixed32()
		}
		r.Check(e.template || n <= fewExemplars, "too many exemplars")
		if i > 0 {
			r.Check(l.exemplars[i-1].template == e.template &&
				compareExemplars(l.exemplars[i-1], e) <= 0, "exemplars out of order")
		}
		if !r.OK() {
			return leads{}
		}
		l.exemplars = append(l.exemplars, e)
	}
	return l
}

// fixed32 reads four bytes that are not 0.
func (r *reader) fixed32() uint32 {
	b := r.Bytes(4)
	if b == nil {
		return 0
	}
	x := binary.LittleEndian.Uint32(b)
	r.Check(x != 0, "empty mark")
	return x
}
