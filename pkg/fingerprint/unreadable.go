package fingerprint

import (
	"encoding/binary"
	"time"
)

// unreadable counts the records of an account that became dead letters. They are no requests, so
// they have panes and a newest time of their own: no other figure of the fingerprint depends on
// them.
type unreadable struct {
	// last is the time of the newest in Unix milliseconds, 0 when there is none.
	last int64
	// hours are panes of the width Options.MediumPane, days of a day.
	hours, days panes
	// seen counts all of them, published those up to the last profile.
	seen, published uint64
}

// dayPanes is the width of the panes that count unreadable records over the horizon.
const dayPanes = 24 * time.Hour

// observeUnreadable counts a record that could not be read. It is not remembered by its id: a
// record that repeats the id of a request must not make that request a duplicate.
func (f *Fingerprint) observeUnreadable(o *Observation) Outcome {
	switch {
	case o.Time <= 0 || o.Time > maxTime || f.LastSeen()-o.Time > f.opts.AllowedLateness.Milliseconds():
		return OutcomeLate
	case f.seen > 0 && o.Time-f.last > f.opts.Horizon.Milliseconds():
		// The requests are out of every window.
		*f = Fingerprint{opts: f.opts, unread: f.unread}
	}
	if f.account == "" {
		f.tenant, f.account = bounded(o.Tenant), bounded(o.Account)
	}
	u := &f.unread
	u.hours.add(slotOf(o.Time, f.opts.MediumPane), 1, int64(f.opts.MediumKeep/f.opts.MediumPane))
	u.days.add(slotOf(o.Time, dayPanes), 1, int64(f.opts.Horizon/dayPanes))
	u.last = max(u.last, o.Time)
	u.seen++
	return OutcomeCounted
}

// unreadableInto fills in what the profile says of records that could not be read.
func (f *Fingerprint) unreadableInto(p *Profile) {
	u := &f.unread
	if u.last == 0 {
		return
	}
	newest := f.LastSeen()
	p.UnreadableAt = u.last
	p.Unreadable = u.days.since(slotOf(newest, dayPanes) - int64(f.opts.Horizon/dayPanes))
	from := slotOf(newest, f.opts.MediumPane) - int64(dayPanes/f.opts.MediumPane)
	p.Unreadable24h = u.hours.since(from)
	p.Read24h = f.medium.since(from)
	// Backwards from the newest, up to the pane in which the newer half of them is complete.
	half := uint64(0)
	for i := len(u.hours) - 1; i >= 0 && u.hours[i].slot > from; i-- {
		if half += uint64(u.hours[i].n); 2*half >= uint64(p.Unreadable24h) {
			p.UnreadableSince = min((u.hours[i].slot+1)*f.opts.MediumPane.Milliseconds(), maxTime)
			return
		}
	}
}

// appendBinary appends the encoding, one byte when there is nothing to say.
func (u *unreadable) appendBinary(b []byte, last int64, o *Options) []byte {
	if b = appendAgo(b, last, u.last); u.last == 0 {
		return b
	}
	b = binary.AppendUvarint(b, u.seen)
	b = binary.AppendUvarint(b, u.published)
	b = appendPanes(b, u.hours, u.last, o.MediumPane)
	return appendPanes(b, u.days, u.last, dayPanes)
}

func (r *reader) unreadable(last int64, o *Options) (u unreadable) {
	if u.last = r.ago(last); u.last == 0 {
		return unreadable{}
	}
	u.seen, u.published = r.uvarint(), r.uvarint()
	r.check(u.published <= u.seen && u.seen > 0 && u.seen < maxSum, "counters out of range")
	u.hours = r.panes(u.last, o.MediumPane, o.MediumKeep)
	u.days = r.panes(u.last, dayPanes, o.Horizon)
	return u
}

// merge adds what other counted.
func (u *unreadable) merge(other *unreadable, o *Options) {
	u.hours.merge(other.hours, int64(o.MediumKeep/o.MediumPane))
	u.days.merge(other.days, int64(o.Horizon/dayPanes))
	u.last = max(u.last, other.last)
	u.seen += other.seen
	u.published = 0
}
