package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/packed"
)

// profileVersion is the version of a profile's encoding that is written.
//
// Version 2 ends with the intents and the reasoning of the prompt template's slice, version 3 with
// the requests declared as batch, version 4 with the records that could not be read; what an older
// version did not count is read as none. Version 5 leaves out what nothing read (old.go), version 6
// says how many attributes it holds, so that one more needs no other version. Version 7 ends with
// habits and reasoning blocks, version 8 with how various tools and working directories are and
// a sample of prompts, version 9 with the networks of the last days; its habits have the sizes of
// each half of the requests, their networks and the beginnings of templates (habits_encoding.go).
// Version 10 ends with some requests and the client as they were sent (profile_leads.go).
const profileVersion = 10

// AppendBinary appends the encoding of the profile. Lists longer than their limits and a
// PromptHLL that is no sketch are errors.
func (p *Profile) AppendBinary(b []byte) ([]byte, error) {
	if err := p.check(); err != nil {
		return b, err
	}
	flags := byte(0)
	if p.Verified {
		flags |= flagVerified
	}
	b = append(b, profileVersion, flags)
	for _, s := range [...]string{p.Tenant, p.Account, p.Org} {
		b = packed.AppendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(p.LastSeen))
	for _, t := range [...]int64{p.Time, p.FirstSeen, p.CreatedAt} {
		b = appendAgo(b, p.LastSeen, t)
	}
	b = binary.AppendUvarint(b, uint64(p.ActiveDays))
	for _, n := range p.counts() {
		b = binary.AppendUvarint(b, uint64(*n))
	}
	for _, n := range p.sums() {
		b = binary.AppendUvarint(b, *n)
	}
	b = appendSparse(b, p.Intents[:])
	b = appendSparse(b, p.Hours[:])
	b = appendSparse(b, p.Gaps[:])
	b = appendWords(b, p.Active10m[:])
	b = appendWords(b, p.ActiveHour[:])
	b = append(b, boolByte(len(p.PromptHLL) > 0))
	if len(p.PromptHLL) > 0 {
		mark := len(b)
		b = append(b, p.PromptHLL...)
		b = append(b[:mark], pack(b[mark:])...)
	}
	b = appendCounted(b, p.Template)
	b = appendCounted(b, p.Layouts)
	b = append(b, byte(len(p.Values)))
	for i := range p.Values {
		b = appendCounted(b, p.Values[i])
	}
	b = binary.AppendUvarint(b, uint64(len(p.Labels)))
	for i := range p.Labels {
		l := &p.Labels[i]
		at := p.labelled(l)
		b = append(b, byte(l.Attribute), at)
		if at == notListed {
			b = binary.LittleEndian.AppendUint64(b, l.Hash)
		}
		b = packed.AppendText(b, l.Text)
	}
	b = append(b, byte(len(p.Models)))
	for _, m := range p.Models {
		b = binary.LittleEndian.AppendUint64(b, m.Hash)
		b = binary.AppendUvarint(b, uint64(m.Count))
		b = appendAgo(b, p.LastSeen, m.First)
	}
	b = appendHashes(b, p.Served)
	b = appendHashes(b, p.Rejected)
	b = appendHashes(b, p.Unserved)
	b = appendSparse(b, p.TemplateIntents[:])
	b = binary.AppendUvarint(b, uint64(p.Batch))
	b = p.appendUnreadable(b)
	b = packed.AppendText(b, []byte(p.Habits))
	b = appendHashes(appendHashes(b, p.Minted), p.Foreign)
	b = p.Networks.appendBinary(p.appendVarieties(b))
	return packed.AppendText(b, []byte(p.PackedLeads)), nil
}

func (p *Profile) appendUnreadable(b []byte) []byte {
	if b = appendAgo(b, p.LastSeen, p.UnreadableAt); p.UnreadableAt == 0 {
		return b
	}
	for _, n := range [...]uint32{p.Unreadable, p.Unreadable24h, p.Read24h} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return appendAgo(b, p.UnreadableAt, p.UnreadableSince)
}

// MarshalBinary is AppendBinary into new memory.
func (p *Profile) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// notListed marks a label whose value is not among the attribute's values.
const notListed = 255

// labelled is the place of a label's value among its attribute's values, which saves writing the
// hash again.
func (p *Profile) labelled(l *Label) byte {
	for i, c := range p.Values[l.Attribute] {
		if c.Hash == l.Hash {
			return byte(i)
		}
	}
	return notListed
}

// counts lists the profile's counters in the order of the encoding.
func (p *Profile) counts() [19]*uint32 {
	return [...]*uint32{
		&p.Requests, &p.Requests24h, &p.FirstDayRequests,
		&p.WithText, &p.WithInput, &p.WithOutput, &p.WithReasoning, &p.WithMessages, &p.SingleTurn,
		&p.Refused, &p.RefusedEarly,
		&p.Prompts, &p.Sources, &p.EndUsers,
		&p.TemplateRequests, &p.TemplateSingleTurn,
		&p.ContinuedUnserved, &p.Continued, &p.RelayRequests,
	}
}

// readCounts reads the counters; until version 4, others stood between them.
func (p *Profile) readCounts(r *reader, version byte) {
	for _, n := range p.counts() {
		*n = r.Uint32()
		if version >= 5 {
			continue
		}
		switch n {
		case &p.Requests24h:
			r.passCounts(1) // the requests of the last hour
		case &p.SingleTurn:
			r.passCounts(4) // how requests ended
		case &p.Sources:
			r.passCounts(2) // client stacks and sessions
		case &p.TemplateSingleTurn:
			r.passCounts(1) // distinct prompts with prompt template
		}
	}
}

// sums lists the profile's sums in the order of the encoding.
func (p *Profile) sums() [5]*uint64 {
	return [...]*uint64{
		&p.InputTokens, &p.OutputTokens, &p.ReasoningTokens, &p.PromptTokens, &p.TemplateOutput,
	}
}

func (p *Profile) check() error {
	for _, l := range [...]struct {
		name string
		n    int
		most int
	}{
		{"template", len(p.Template), MaxTemplate},
		{"layouts", len(p.Layouts), MaxLayouts},
		{"labels", len(p.Labels), maxLabels},
		{"models", len(p.Models), MaxModels},
		{"served", len(p.Served), MaxConversing},
		{"rejected", len(p.Rejected), MaxConversing},
		{"unserved", len(p.Unserved), MaxConversing},
		{"minted", len(p.Minted), MaxCarried},
		{"foreign", len(p.Foreign), MaxCarried},
		{"items", len(p.Items), MaxItems},
		{"leads", len(p.PackedLeads), maxLeads},
		{"tenant", len(p.Tenant), maxText},
		{"account", len(p.Account), maxText},
		{"org", len(p.Org), maxText},
	} {
		if l.n > l.most {
			return fmt.Errorf("fingerprint: profile with %s of %d, at most %d", l.name, l.n, l.most)
		}
	}
	for i := range p.Values {
		if n := len(p.Values[i]); n > MaxValues {
			return fmt.Errorf("fingerprint: profile with %d values of attribute %d, at most %d",
				n, i, MaxValues)
		}
	}
	for _, l := range p.Labels {
		if l.Attribute >= attribute.NumKept || len(l.Text) > MaxLabel {
			return fmt.Errorf("fingerprint: profile with a label of %d bytes for attribute %d",
				len(l.Text), l.Attribute)
		}
	}
	if !p.Habits.valid() {
		return errors.New("fingerprint: profile with habits that can't be read")
	}
	if n := len(p.PromptHLL); n > 0 {
		if n < sketchHeader || p.PromptHLL[1] < minPrecision || p.PromptHLL[1] > maxPrecision ||
			p.PromptHLL[3] == 1 &&
				(n < listHeader || binary.BigEndian.Uint32(p.PromptHLL[4:]) > 0) ||
			p.PromptHLL[3] == 0 && n != sketchHeader+1<<p.PromptHLL[1] {
			return fmt.Errorf("fingerprint: profile with a prompt sketch that is not compacted")
		}
	}
	return nil
}

// maxLabels bounds the labels of a profile: one for every value of every attribute.
const maxLabels = int(attribute.NumKept) * MaxValues

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendCounted(b []byte, list []Counted) []byte {
	b = append(b, byte(len(list)))
	// Sorted by count descending: what a count falls short of the one before is mostly one byte.
	last := uint32(0)
	for i, c := range list {
		b = binary.LittleEndian.AppendUint64(b, c.Hash)
		if i == 0 {
			b = binary.AppendUvarint(b, uint64(c.Count))
		} else {
			b = binary.AppendVarint(b, int64(last)-int64(c.Count))
		}
		last = c.Count
	}
	return b
}

func (r *reader) countedList(dst []Counted, most int) []Counted {
	n := r.Count(most, 9)
	dst = grow(dst, n)
	last := int64(0)
	for i := range dst {
		dst[i].Hash = r.Fixed()
		if i == 0 {
			last = int64(r.Uint32())
		} else {
			last -= r.Varint()
		}
		r.Check(last >= 0 && last <= math.MaxUint32, "count out of range")
		dst[i].Count = uint32(last)
	}
	return dst
}

// UnmarshalBinary replaces the profile by an encoded one, reusing the memory of its lists, and of
// its strings where they are the same. It keeps no reference to data. An error wraps ErrEncoding
// and leaves the profile undefined.
func (p *Profile) UnmarshalBinary(data []byte) error {
	r := newReader(data)
	version := r.Byte()
	if r.OK() && (version < 1 || version > profileVersion) {
		return fmt.Errorf("%w: profile version %d, this release reads up to %d",
			ErrEncoding, version, profileVersion)
	}
	flags := r.Byte()
	p.Verified = flags&flagVerified != 0
	old := version < 5
	r.passIf(old, passRelay)
	for _, s := range [...]*string{&p.Tenant, &p.Account, &p.Org} {
		r.keep(s, maxText)
	}
	r.passIf(old, passPlan)
	last := r.Uvarint()
	r.Check(last <= maxTime && flags <= flagVerified, "head out of range")
	p.LastSeen = int64(last)
	for _, t := range [...]*int64{&p.Time, &p.FirstSeen, &p.CreatedAt} {
		*t = r.ago(p.LastSeen)
	}
	days := r.Uvarint()
	r.Check(days <= math.MaxUint16, "days out of range")
	p.ActiveDays = uint16(days)
	p.readCounts(r, version)
	for _, n := range p.sums() {
		*n = r.Uvarint()
	}
	r.sparse(p.Intents[:])
	r.sparse(p.Hours[:])
	r.sparse(p.Gaps[:])
	r.words(p.Active10m[:])
	trim(p.Active10m[:], Slots10m)
	r.words(p.ActiveHour[:])
	trim(p.ActiveHour[:], SlotsHour)
	r.passIf(old, passSample)
	p.PromptHLL = p.PromptHLL[:0]
	if r.Byte() != 0 {
		var few []uint64
		p.PromptHLL, few = r.unpack(p.PromptHLL)
		r.Check(len(few) == 0, "values in place of a sketch")
	}
	p.Template = r.countedList(p.Template, MaxTemplate)
	p.Layouts = r.countedList(p.Layouts, MaxLayouts)
	p.readValues(r, version)
	n := r.Count(MaxModels, 10)
	p.Models = grow(p.Models, n)
	for i := range p.Models {
		p.Models[i] = ModelUse{r.Fixed(), r.Uint32(), r.ago(p.LastSeen)}
	}
	p.Served = r.hashes(p.Served, MaxConversing)
	p.Rejected = r.hashes(p.Rejected, MaxConversing)
	p.Unserved = r.hashes(p.Unserved, MaxConversing)
	p.TemplateIntents, p.Batch = [numIntents]uint32{}, 0
	if version > 1 {
		r.sparse(p.TemplateIntents[:])
	}
	if version > 1 && old {
		// The reasoning of the prompt template's slice.
		r.Uint32()
		r.Uvarint()
	}
	if version > 2 {
		p.Batch = r.Uint32()
	}
	p.readUnreadable(r, version)
	p.Habits, p.Minted, p.Foreign = p.Habits[:0], p.Minted[:0], p.Foreign[:0]
	if version > 6 {
		p.Habits = r.packedHabits(p.Habits)
		p.Minted = r.hashes(p.Minted, MaxCarried)
		p.Foreign = r.hashes(p.Foreign, MaxCarried)
	}
	p.readVarieties(r, version)
	if p.Networks = (NetworkDays{}); version > 8 {
		p.Networks = r.networkDays()
	}
	p.PackedLeads = p.PackedLeads[:0]
	if version > 9 {
		p.PackedLeads = append(p.PackedLeads, r.Text(maxLeads)...)
	}
	return r.end()
}

// readUnreadable reads what version 4 says of records that could not be read.
func (p *Profile) readUnreadable(r *reader, version byte) {
	p.Unreadable, p.Unreadable24h, p.Read24h, p.UnreadableAt, p.UnreadableSince = 0, 0, 0, 0, 0
	if version < 4 {
		return
	}
	if p.UnreadableAt = r.ago(p.LastSeen); p.UnreadableAt == 0 {
		return
	}
	for _, n := range [...]*uint32{&p.Unreadable, &p.Unreadable24h, &p.Read24h} {
		*n = r.Uint32()
	}
	p.UnreadableSince = r.ago(p.UnreadableAt)
}

// readValues reads the values and labels of attributes. Those of attributes that a newer release
// added are passed over.
func (p *Profile) readValues(r *reader, version byte) {
	held := r.attributes(version)
	for a := range p.Values {
		p.Values[a] = p.Values[a][:0]
		if a < held {
			p.Values[a] = r.countedList(p.Values[a], MaxValues)
		}
	}
	for a := len(p.Values); a < held; a++ {
		r.countedList(nil, MaxValues)
	}
	n := r.Count(maxAttributes*MaxValues, 3)
	p.Labels = grow(p.Labels, min(n, maxLabels))
	kept := 0
	for range n {
		a, at := int(r.Byte()), int(r.Byte())
		var hash uint64
		switch {
		case at == notListed:
			hash = r.Fixed()
		case a < len(p.Values) && at < len(p.Values[a]):
			hash = p.Values[a][at].Hash
		default:
			r.Check(a >= len(p.Values) && at < MaxValues, "label out of range")
		}
		r.Check(a < held, "unknown attribute")
		if !r.OK() {
			return
		}
		if a >= len(p.Values) {
			r.Text(MaxLabel)
			continue
		}
		if !r.Check(kept < len(p.Labels), "too many labels") {
			return
		}
		x := &p.Labels[kept]
		x.Attribute, x.Hash = attribute.Attribute(a), hash
		r.keep(&x.Text, MaxLabel)
		kept++
	}
	p.Labels = p.Labels[:kept]
}

// keep reads a string into s, which stays as it is when it is the same.
func (r *reader) keep(s *string, most int) {
	if b := r.Text(most); *s != string(b) {
		*s = string(b)
	}
}
