package index

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// compact moves a profile's lists into as few pieces of memory as there are kinds, since a million
// of them are held. The readable labels come back packed: they are only read for an account in a
// finding.
func compact(p *fingerprint.Profile) (labels string) {
	p.PromptHLL = slices.Clip(p.PromptHLL)
	p.Habits = slices.Clip(p.Habits)
	p.PackedLeads = slices.Clip(p.PackedLeads)

	counted := make([]fingerprint.Counted, 0, len(p.Template)+len(p.Layouts)+countValues(p))
	pack(&counted, &p.Template)
	pack(&counted, &p.Layouts)
	for a := range p.Values {
		pack(&counted, &p.Values[a])
	}
	hashes := make(
		[]uint64, 0,
		len(p.Served)+len(p.Rejected)+len(p.Unserved)+len(p.Minted)+len(p.Foreign)+len(p.Items),
	)
	pack(&hashes, &p.Served)
	pack(&hashes, &p.Rejected)
	pack(&hashes, &p.Unserved)
	pack(&hashes, &p.Minted)
	pack(&hashes, &p.Foreign)
	pack(&hashes, &p.Items)

	var b []byte
	for _, l := range p.Labels {
		at := slices.IndexFunc(p.Values[l.Attribute], func(c fingerprint.Counted) bool {
			return c.Hash == l.Hash
		})
		if at < 0 || len(l.Text) > fingerprint.MaxLabel {
			continue
		}
		b = append(b, byte(l.Attribute), byte(at), byte(len(l.Text)))
		b = append(b, l.Text...)
	}
	p.Labels = nil
	return string(b)
}

func countValues(p *fingerprint.Profile) (n int) {
	for _, values := range p.Values {
		n += len(values)
	}
	return n
}

// pack moves a list into a piece of memory that holds several.
func pack[T any](room, list *[]T) {
	if len(*list) == 0 {
		*list = nil
		return
	}
	at := len(*room)
	*room = append(*room, *list...)
	*list = (*room)[at:len(*room):len(*room)]
}

// EachLabel calls f for the account's values that have a readable form.
func (a *Account) EachLabel(f func(of attribute.Attribute, hash uint64, text string)) {
	// An attribute, a place in its list and a length come before each text.
	const header = 3
	for b := a.labels; len(b) > 0; {
		of, at, n := attribute.Attribute(b[0]), int(b[1]), int(b[2])
		f(of, a.Profile.Values[of][at].Hash, b[header:header+n])
		b = b[header+n:]
	}
}

// Stack is the whole text of a client stack, of which Label may be cut: known of the one of which
// the account's client is kept as it was sent.
func (a *Account) Stack(hash uint64) (text string, ok bool) {
	l := a.Profile.Leads(func(stack uint64) string {
		label, _ := a.Label(attribute.Stack, stack)
		return label
	})
	if l.Stack != hash || hash == 0 || len(l.UserAgent) >= fingerprint.MaxUserAgent {
		return "", false
	}
	text = attribute.StackOf(l.UserAgent, l.JA4)
	return text, text != ""
}

// Label is the readable form of one value.
func (a *Account) Label(of attribute.Attribute, hash uint64) (text string, ok bool) {
	a.EachLabel(func(f attribute.Attribute, h uint64, t string) {
		if f == of && h == hash {
			text, ok = t, true
		}
	})
	return text, ok
}
