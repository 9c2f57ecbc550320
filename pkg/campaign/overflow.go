package campaign

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// alertHour is the time over which alerts are counted, in milliseconds; it begins at UTC's hours.
const alertHour = 3_600_000

// closeOver closes a summary whose hour has passed.
const closeOver = "over"

// alertCount counts the alerts of an hour.
type alertCount struct {
	// Hour is when the hour began (Unix ms).
	Hour  int64 `json:"hour"`
	Count int   `json:"count"`
}

// ration takes an alert away from a finding when enough others of its tenant have alerted in this
// hour, and has the hour's summary name it. The record is written all the same.
func (v emitter) ration(f *Finding) {
	if !f.Alerts || v.engine.inShadow {
		return
	}
	a := &v.tenant.alerts
	if began := v.now - v.now%alertHour; a.Hour != began {
		*a = alertCount{Hour: began}
	}
	v.engine.clockChanged = true
	if a.Count++; a.Count <= v.engine.o.AlertsPerHour {
		return
	}
	f.Alerts, f.Rationed = false, true
	s := v.summary(a.Hour)
	s.Overflow++
	s.Severity = max(s.Severity, f.Severity)
	s.Confidence = max(s.Confidence, f.Confidence)
	s.LastSeen = v.now
	s.Related.add(f.UID)
	// Its next record may not be due yet, and a restart must not forget what it counts.
	s.dirty = true
}

// summary is the finding that sums up the alerts of an hour beyond the limit.
func (v emitter) summary(hourBegan int64) *Campaign {
	// The tenant is a part of it: what is saved of all tenants has one name space.
	id := fmt.Sprintf("o-%016x", xxh3.HashStringSeed(v.tenant.name, uint64(hourBegan)))
	for _, c := range v.tenant.campaigns {
		if c.ID == id {
			return c
		}
	}
	c := v.open(id, KindOverflow)
	c.FirstSeen = v.now
	return c
}

// emitOverflow returns the records of summaries that are due: the first alerts, and the hour's last
// closes it. They count as no alerts of the hour.
func (v emitter) emitOverflow() {
	for _, c := range v.tenant.campaigns {
		if c.kind() != KindOverflow || c.Closed {
			continue
		}
		activity, due := Update, c.Overflow > c.LastEmitted.Members &&
			v.now-c.Modified >= v.engine.o.UpdateInterval.Milliseconds()
		switch {
		case c.Sequence == 0:
			activity, due = Create, true
		case v.now-v.now%alertHour > c.Opened || c.Review.dismisses():
			activity, due = Close, true
			c.Closed, c.CloseReason = true, closeOver
		}
		if !due {
			continue
		}
		f := c.emit(activity, v.now)
		c.LastEmitted.Members = c.Overflow
		v.out = append(v.out, Emission{Finding: f})
	}
}
