package campaign

import (
	"cmp"

	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

const (
	// timelineStep is the event time between two points of a finding's timeline in milliseconds,
	// maxTimeline bounds them: at one an hour, the last ten days.
	timelineStep = 3_600_000
	maxTimeline  = 240

	// An update is news from newsMembers / 2 times the members on, or newsRequests times the
	// requests: a growing pool is reported a few times, not at every evaluation.
	newsMembers  = 3
	newsRequests = 4
)

// The reasons why the engine closes findings; see package watch for its own.
const (
	closeQuiet     = watch.Quiet
	closeWithdrawn = watch.Withdrawn
)

// isNews says whether a campaign's state is worth an update: another severity, another signal
// family, half as many members again, or four times the requests; in shadow also whether a finding
// about the same accounts alerts.
func (c *Campaign) isNews() bool {
	last := &c.LastEmitted
	return c.Severity != last.Severity || len(c.Families) > last.Families ||
		2*len(c.Members) >= newsMembers*last.Members || c.Requests >= newsRequests*last.Requests ||
		(len(c.alerts) > 0) != c.AlsoAlerted
}

// emit returns the records that are due: creations, updates, closures, and the verdicts on the
// accounts that changed.
func (v *evaluation) emit() (out []Emission) {
	for _, c := range v.tenant.campaigns {
		if c.Closed {
			continue
		}
		c.addPoint(v.now)
		activity, due := c.due(v.now, &v.engine.o)
		if !due {
			continue
		}
		severity := c.LastEmitted.Severity
		out = append(out, Emission{Finding: c.emit(activity, v.now)})
		if activity == Close || c.Severity != severity {
			for name := range c.Members {
				v.changed[name] = true
			}
		}
	}
	for _, name := range sortedKeys(v.changed) {
		out = append(out, Emission{Account: v.tenant.verdict(name, v.now)})
	}
	return out
}

// addPoint adds to the timeline.
func (c *Campaign) addPoint(now int64) {
	if n := len(c.Timeline); n > 0 && now-c.Timeline[n-1].Time < timelineStep {
		return
	}
	c.Timeline = append(c.Timeline, Point{Time: now, Members: len(c.Members), Requests: c.Requests})
	if len(c.Timeline) > maxTimeline {
		c.Timeline = c.Timeline[len(c.Timeline)-maxTimeline:]
	}
	c.dirty = true
}

// due says which record about an open finding is due, and closes it when that is its last.
func (c *Campaign) due(now int64, o *Options) (a Activity, due bool) {
	if c.Sequence == 0 {
		return Create, true
	}
	if c.closing == "" && now-c.LastSeen >= o.Quiet.Milliseconds() {
		c.closing = closeQuiet
	}
	if c.closing != "" {
		c.Closed, c.CloseReason = true, c.closing
		return Close, true
	}
	return Update, c.isNews() && now-c.Modified >= o.UpdateInterval.Milliseconds()
}

// emit makes the next record.
func (c *Campaign) emit(a Activity, now int64) *Finding {
	c.Sequence++
	c.Modified = now
	c.LastEmitted = lastEmitted{
		// All may have been let go, or belong to another finding now: then this one speaks of those
		// that it spoke of before.
		Members:  cmp.Or(len(c.Members), c.LastEmitted.Members),
		Severity: c.Severity, Families: len(c.Families), Requests: c.Requests,
	}
	c.dirty = true
	return c.finding(a, now)
}

// verdict is the standing of one account.
func (t *tenant) verdict(account string, now int64) *AccountVerdict {
	v := &AccountVerdict{Account: account, Tenant: t.name, Time: now, Status: Cleared}
	for _, c := range t.campaigns {
		since, ok := c.Members[account]
		if !ok || c.Closed {
			continue
		}
		v.Findings = append(v.Findings, FindingRef{
			UID: c.UID(), Severity: c.Severity, Confidence: c.Confidence, Since: since,
		})
		switch {
		case c.Severity >= Medium:
			v.Status = Implicated
		case v.Status != Implicated:
			v.Status = Watched
		}
	}
	return v
}
