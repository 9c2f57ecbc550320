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
	// recent are panes of ten minutes over a day, days of a day over the horizon.
	recent, days panes
	// seen counts all of them, published those up to the last profile.
	seen, published uint64
}

const (
	dayPanes = 24 * time.Hour
	// recentPanes is fine, as it is to be told whose trouble began when. They reach back an hour
	// more than a day, for a day is counted in whole panes of Options.MediumPane.
	recentPanes = 10 * time.Minute
	recentKeep  = 25 * time.Hour
)

// observeUnreadable counts a record that could not be read. It is not remembered by its id: a
// record that repeats the id of a request must not make that request a duplicate.
func (f *Fingerprint) observeUnreadable(o *Observation) Outcome {
	switch {
	case o.Time <= 0 || o.Time > maxTime:
		return OutcomeLate
	case f.LastSeen()-o.Time > f.opts.AllowedLateness.Milliseconds():
		return OutcomeLate
	case f.seen > 0 && o.Time-f.last > f.opts.Horizon.Milliseconds():
		// The requests are out of every window.
		*f = Fingerprint{opts: f.opts, unread: f.unread}
	}
	if f.account == "" {
		f.tenant, f.account = bounded(o.Tenant), bounded(o.Account)
	}
	u := &f.unread
	u.recent.add(slotOf(o.Time, recentPanes), 1, int64(recentKeep/recentPanes))
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
	before := slotOf(newest, f.opts.MediumPane) - int64(dayPanes/f.opts.MediumPane)
	p.Read24h = f.medium.since(before)
	from := slotOf((before+1)*f.opts.MediumPane.Milliseconds(), recentPanes) - 1
	p.Unreadable24h = u.recent.since(from)
	// Backwards from the newest, up to the pane in which the newer half of them is complete.
	half := uint64(0)
	for i := len(u.recent) - 1; i >= 0 && u.recent[i].slot > from; i-- {
		if half += uint64(u.recent[i].n); 2*half >= uint64(p.Unreadable24h) {
			p.UnreadableSince = min((u.recent[i].slot+1)*recentPanes.Milliseconds(), maxTime)
			return
		}
	}
}

// appendBinary appends the encoding, one byte when there is nothing to say.
func (u *unreadable) appendBinary(b []byte, last int64) []byte {
	if b = appendAgo(b, last, u.last); u.last == 0 {
		return b
	}
	b = binary.AppendUvarint(b, u.seen)
	b = binary.AppendUvarint(b, u.published)
	b = appendPanes(b, u.recent, u.last, recentPanes)
	return appendPanes(b, u.days, u.last, dayPanes)
}

func (r *reader) unreadable(last int64, o *Options) (u unreadable) {
	if u.last = r.ago(last); u.last == 0 {
		return unreadable{}
	}
	u.seen, u.published = r.Uvarint(), r.Uvarint()
	r.Check(u.published <= u.seen && u.seen > 0 && u.seen < maxSum, "counters out of range")
	u.recent = r.panes(u.last, recentPanes, recentKeep)
	u.days = r.panes(u.last, dayPanes, o.Horizon)
	return u
}

// merge adds what other counted.
func (u *unreadable) merge(other *unreadable, o *Options) {
	u.recent.merge(other.recent, int64(recentKeep/recentPanes))
	u.days.merge(other.days, int64(o.Horizon/dayPanes))
	u.last = max(u.last, other.last)
	u.seen += other.seen
	u.published = 0
}
