package campaign

import (
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/review"
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

// emitter is the last step of an evaluation.
type emitter struct{ *evaluation }

// emit returns the records that are due: creations, updates, closures, and the verdicts on the
// accounts that changed.
func (v emitter) emit() []Emission {
	for _, c := range v.tenant.campaigns {
		if c.Closed || c.kind() == KindOverflow {
			continue
		}
		c.addPoint(v.now)
		activity, due := c.due(v.now, &v.engine.o)
		if !due {
			continue
		}
		severity := c.LastEmitted.Severity
		f := c.emit(activity, v.now)
		v.ration(f)
		v.out = append(v.out, Emission{Finding: f})
		if activity == Close || c.Severity != severity {
			changeMembers(c, v.changed)
		}
	}
	v.emitOverflow()
	for _, name := range sortedKeys(v.changed) {
		v.out = append(v.out, Emission{Account: v.tenant.verdict(name, v.now)})
	}
	return v.out
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
	if c.urgent || c.Severity > c.LastEmitted.Severity {
		return Update, true
	}
	return Update, c.isNews() && now-c.Modified >= o.UpdateInterval.Milliseconds()
}

// emit makes the next record.
func (c *Campaign) emit(a Activity, now int64) *Finding {
	alerts := a == Create || a == Update && (c.rings || c.Severity > c.LastEmitted.Severity)
	c.Sequence++
	c.Modified = now
	c.LastEmitted = stateOf(c)
	c.dirty = true
	f := c.finding(a, now)
	f.Alerts, f.Notice = alerts && !c.Review.allows(), c.notice
	c.urgent, c.rings, c.notice = false, false, ""
	return f
}

// verdict is the standing of one account. A finding that an analyst has muted, and an account that
// one has allowed, implicate nobody.
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
		status := Watched
		switch {
		case c.Review.allows() || t.saidOf(c, account) == review.Allow:
			status = Allowed
		case c.Severity >= Medium:
			status = Implicated
		}
		if status.weight() > v.Status.weight() {
			v.Status = status
		}
	}
	return v
}
