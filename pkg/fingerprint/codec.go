package fingerprint

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/packed"
)

// stateVersion is the version of a fingerprint's encoding that is written. Every earlier version
// stays readable: testdata holds one of each.
//
// Version 2 counts intents and reasoning over the prompt template's slice too, version 3 requests
// declared as batch, version 4 records that could not be read; what an older version did not count
// is read as none. Version 5 leaves out what nothing read (old.go), version 6 says how many
// attributes it holds, so that one more needs no other version. Version 7 ends with habits and
// reasoning blocks, version 8 with how various tools and working directories are and a sample of
// prompts, version 9 with the networks of the last days; its habits have the sizes of each half of
// the requests, their networks and the beginnings of templates (habits_encoding.go). Version 10
// ends with some requests and the client as they were sent (leads.go).
const stateVersion = 10

// Flags of an encoded fingerprint.
const flagVerified = 1

// AppendBinary appends the encoding of the fingerprint: the same observations in the same order
// give the same bytes, whenever it was encoded and decoded in between.
func (f *Fingerprint) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, stateVersion)
	flags := byte(0)
	if f.verified {
		flags |= flagVerified
	}
	b = append(b, flags)
	for _, s := range [...]string{f.tenant, f.account, f.org} {
		b = packed.AppendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(f.last))
	for _, t := range [...]int64{f.first, f.agedAt, f.createdAt, f.publishedAt, f.deadline} {
		// Since the newest event; 0 stands for no time.
		b = appendAgo(b, f.last, t)
	}
	b = binary.AppendUvarint(b, f.seen)
	b = binary.AppendUvarint(b, f.published)
	for _, n := range [...]uint32{f.firstDay, f.refusedEarly, f.aged, f.agedText} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = appendPanes(b, f.medium, f.last, f.opts.MediumPane)
	b = appendDays(b, f.days, f.last)
	b = appendSparse(b, f.hours[:])
	b = appendSparse(b, f.gaps[:])
	b = appendWords(b, f.active10m[:])
	b = appendWords(b, f.activeHour[:])
	for _, d := range f.all() {
		b = d.appendBinary(b)
	}
	b = f.door.appendBinary(b, f.last)
	b = f.turns.appendBinary(b)
	b = f.system.appendBinary(b)
	b = f.layouts.appendBinary(b)
	b = append(b, byte(len(f.values)))
	for i := range f.values {
		sortValues(f.values[i])
		b = appendValues(b, f.values[i])
	}
	b = append(b, byte(len(f.models)))
	for _, m := range f.models {
		b = binary.LittleEndian.AppendUint64(b, m.hash)
		b = binary.AppendUvarint(b, uint64(m.count))
		b = appendAgo(b, f.last, m.first)
	}
	b = appendHashes(b, f.served)
	b = appendHashes(b, f.rejected)
	b = appendHashes(b, f.unserved)
	b = f.known.appendBinary(b, f.last)
	b = append(b, byte(len(f.ids)))
	for _, x := range f.ids {
		b = binary.LittleEndian.AppendUint32(b, x.id)
		b = binary.AppendVarint(b, f.last/1000-x.at)
	}
	b = f.unread.appendBinary(b, f.last)
	b = f.habits.appendBinary(b)
	b = f.appendReasoning(b, f.last)
	b = f.networks.appendBinary(f.undertakings.appendBinary(b))
	return f.leads.appendBinary(b, f.values[attribute.Stack], f.last), nil
}

// MarshalBinary is AppendBinary into new memory.
func (f *Fingerprint) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// all lists the sketches in the order of the encoding.
func (f *Fingerprint) all() [3]*distinct {
	return [...]*distinct{&f.prompts, &f.sources, &f.endUsers}
}

// UnmarshalBinary replaces the fingerprint by an encoded one. It keeps no reference to data. An
// error wraps ErrEncoding and leaves the fingerprint as it was.
func (f *Fingerprint) UnmarshalBinary(data []byte) error {
	r := newReader(data)
	version := r.Byte()
	if r.OK() && (version < 1 || version > stateVersion) {
		return fmt.Errorf("%w: fingerprint version %d, this release reads up to %d",
			ErrEncoding, version, stateVersion)
	}
	d := Fingerprint{opts: f.opts}
	flags := r.Byte()
	d.verified = flags&flagVerified != 0
	old := version < 5
	r.passIf(old, passRelay)
	for _, s := range [...]*string{&d.tenant, &d.account, &d.org} {
		*s = string(r.Text(maxText))
	}
	r.passIf(old, passPlan)
	last := r.Uvarint()
	r.Check(last <= maxTime && flags <= flagVerified, "head out of range")
	d.last = int64(last)
	for _, t := range [...]*int64{&d.first, &d.agedAt, &d.createdAt, &d.publishedAt, &d.deadline} {
		*t = r.ago(d.last)
	}
	d.seen, d.published = r.Uvarint(), r.Uvarint()
	r.Check(d.published <= d.seen && d.seen < math.MaxInt64, "counters out of range")
	for _, n := range [...]*uint32{&d.firstDay, &d.refusedEarly, &d.aged, &d.agedText} {
		*n = r.Uint32()
	}
	r.passIf(old, passShortPanes)
	d.medium = r.panes(d.last, f.opts.MediumPane, f.opts.MediumKeep)
	d.days = r.days(d.last, figuresOf(version))
	r.sparse(d.hours[:])
	r.sparse(d.gaps[:])
	r.words(d.active10m[:])
	trim(d.active10m[:], Slots10m)
	r.words(d.activeHour[:])
	trim(d.activeHour[:], SlotsHour)
	var scratch []byte
	for i, x := range d.all() {
		*x, scratch = r.distinct(scratch)
		if old {
			scratch = r.passSketches(i, scratch)
		}
	}
	r.passIf(old, passSample)
	d.door = r.rotatingBloom(d.last, shingleMarks)
	d.turns, d.system, d.layouts = r.table(turnTable), r.table(systemTable), r.table(layoutTable)
	for a := range r.attributes(version) {
		if values := r.values(); a < len(d.values) {
			d.values[a] = values
		}
	}
	d.models = r.models(d.last)
	d.served = r.hashes(nil, MaxConversing)
	d.rejected = r.hashes(nil, MaxConversing)
	d.unserved = r.hashes(nil, MaxConversing)
	d.known = r.rotatingBloom(d.last, servedMarks)
	d.ids = r.ids(d.last)
	if version > 3 {
		d.unread = r.unreadable(d.last, f.opts)
	}
	if version > 6 {
		d.habits = r.habits()
		d.reasoning = r.reasoning(d.last)
	}
	if version > 7 {
		d.undertakings = r.undertakings(scratch)
	}
	if version > 8 {
		d.networks = r.networkDays()
	}
	if version > 9 {
		d.leads = r.leads(d.values[attribute.Stack], d.last)
	}
	if err := r.end(); err != nil {
		return err
	}
	*f = d
	return nil
}

// appendAgo appends a time as milliseconds before last, zigzag for the rare one after it, and 0 for
// no time.
func appendAgo(b []byte, last, t int64) []byte {
	if t == 0 {
		return append(b, 0)
	}
	ago := last - t
	if ago >= 0 {
		ago++
	}
	return binary.AppendVarint(b, ago)
}

func (r *reader) ago(last int64) int64 {
	ago := r.Varint()
	if ago == 0 {
		return 0
	}
	if ago > 0 {
		ago--
	}
	t := last - ago
	r.Check(ago >= -maxTime && ago < maxTime && t > 0 && t <= maxTime, "time out of range")
	return t
}

// appendSparse appends counts: a bitmap of those that are not 0, and these.
func appendSparse(b []byte, counts []uint32) []byte {
	mask := uint64(0)
	for i, n := range counts {
		if n > 0 {
			mask |= 1 << i
		}
	}
	b = binary.AppendUvarint(b, mask)
	for _, n := range counts {
		if n > 0 {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return b
}

func (r *reader) sparse(counts []uint32) {
	mask := r.Uvarint()
	r.Check(mask>>len(counts) == 0, "unknown count")
	for i := range counts {
		counts[i] = 0
		if mask>>i&1 == 1 {
			counts[i] = r.Uint32()
			r.Check(counts[i] > 0, "empty count")
		}
	}
}

func (k *rotatingBloom) appendBinary(b []byte, last int64) []byte {
	b = appendAgo(b, last, k.since)
	return k.previous.appendBinary(k.current.appendBinary(b))
}

func (r *reader) rotatingBloom(last int64, capacity int) rotatingBloom {
	since := r.ago(last)
	current := r.generation(capacity)
	return rotatingBloom{since: since, current: current, previous: r.generation(capacity)}
}

func (r *reader) models(last int64) []modelUse {
	n := r.Count(maxModelUses, 10)
	if n == 0 {
		return nil
	}
	models := make([]modelUse, n)
	for i := range models {
		models[i] = modelUse{r.Fixed(), r.Uint32(), r.ago(last)}
	}
	return models
}

func (r *reader) ids(last int64) []seenID {
	n := r.Count(maxIDs, 5)
	if n == 0 {
		return nil
	}
	ids := make([]seenID, n)
	for i := range ids {
		if b := r.Bytes(4); b != nil {
			ids[i].id = binary.LittleEndian.Uint32(b)
		}
		ago := r.Varint()
		r.Check(ago > -maxTime && ago < maxTime, "time out of range")
		ids[i].at = last/1000 - ago
	}
	return ids
}
