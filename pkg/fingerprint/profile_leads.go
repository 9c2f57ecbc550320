package fingerprint

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/packed"
)

// Leads are what an analyst can follow an account by.
type Leads struct {
	// UserAgent and JA4 are the client as it was sent, cut at MaxUserAgent bytes; Stack is the
	// value of the client stack that it is.
	UserAgent, JA4 string
	Stack          uint64
	// Exemplars are some of the account's requests, newest first: those with a text of its template
	// where there are any.
	Exemplars []Exemplar
}

// Exemplar is a request that the gateway's own log can be searched for.
type Exemplar struct {
	// ID is as the gateway sent it, Time in Unix milliseconds.
	ID   string
	Time int64
	// Template says that the request carried a text of the account's template.
	Template bool
	// Shingles are some of the Profile's Template that it carried, Layout the one of its Layouts, 0
	// when it is none of them.
	Shingles []uint64
	Layout   uint64
}

// PackedLeads are leads as a profile holds them: Profile.Leads reads them.
type PackedLeads []byte

// maxLeads bounds packed leads.
const maxLeads = 4 + maxClient + maxExemplars*(16+maxPackedID+exemplarMarks)

// What a packed exemplar says in its first byte: whether it carried a text of the template, how
// many of its shingles are shown, and the place of its layout, from 1 on.
const (
	packedTemplate    = 1
	packedMarksShift  = 1
	packedMarks       = 7
	packedLayoutShift = 4
)

// pack writes the leads beside a profile that has all but them.
func (l *leads) pack(b []byte, p *Profile) PackedLeads {
	stack := slices.IndexFunc(p.Values[attribute.Stack], func(c Counted) bool {
		return c.Hash == l.clientOf
	})
	if len(l.exemplars) == 0 && stack < 0 {
		return b
	}
	b = append(b, byte(stack+1))
	if stack >= 0 {
		b = packed.AppendText(b, l.client)
	}
	for i := range l.exemplars {
		e := &l.exemplars[i]
		at := len(b)
		b = append(b, 0)
		b = appendAgo(b, p.LastSeen, e.at)
		b = packed.AppendText(b, e.id)
		marks := 0
		for _, m := range e.marks[:e.marked()] {
			if k := slices.IndexFunc(p.Template, func(c Counted) bool {
				return half(c.Hash) == m
			}); k >= 0 {
				b = append(b, byte(k))
				marks++
			}
		}
		layout := slices.IndexFunc(p.Layouts, func(c Counted) bool {
			return e.layout != 0 && half(c.Hash) == e.layout
		})
		b[at] = byte(marks)<<packedMarksShift | byte(layout+1)<<packedLayoutShift
		if e.template {
			b[at] |= packedTemplate
		}
	}
	return b
}

// Leads reads what the profile holds to follow the account by; label gives the readable form of a
// client stack. What cannot be read is left out.
func (p *Profile) Leads(label func(stack uint64) string) (l Leads) {
	r := newReader(p.PackedLeads)
	if r.Left() == 0 {
		return l
	}
	if stack := int(r.Byte()); stack > 0 {
		client := r.Text(maxClient)
		if values := p.Values[attribute.Stack]; stack <= len(values) {
			l.Stack = values[stack-1].Hash
			l.UserAgent, l.JA4 = ClientAsSent(client, label(l.Stack))
		}
	}
	for r.Left() > 0 && len(l.Exemplars) < maxExemplars {
		head := r.Byte()
		e := Exemplar{Template: head&packedTemplate != 0, Time: r.ago(p.LastSeen)}
		e.ID = RequestID(r.Text(maxPackedID))
		for _, k := range r.Bytes(int(head >> packedMarksShift & packedMarks)) {
			if int(k) < len(p.Template) {
				e.Shingles = append(e.Shingles, p.Template[k].Hash)
			}
		}
		if layout := int(head >> packedLayoutShift); layout > 0 && layout <= len(p.Layouts) {
			e.Layout = p.Layouts[layout-1].Hash
		}
		if !r.OK() {
			break
		}
		if e.ID != "" {
			l.Exemplars = append(l.Exemplars, e)
		}
	}
	return l
}
