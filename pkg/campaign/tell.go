package campaign

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
)

// maxTimeline bounds the steps of a finding's timeline: at one an hour, the last ten days.
const maxTimeline = 240

// news says whether a campaign's state is worth an update: another severity, another plane, half as many members again, or four times the harvest.
func (c *Campaign) news() bool {
	return c.Severity != c.Told.Severity || len(c.Planes) > c.Told.Planes || len(c.Members)*2 >= c.Told.Members*3 || c.Requests >= 4*c.Told.Requests
}

// tell emits the records that are due: creations, updates, closures, and the verdicts on the accounts that changed.
func (e *Engine) tell(t *tenant, now int64, touched map[string]bool) []Emission {
	var out []Emission
	for _, c := range t.campaigns {
		if c.Closed {
			continue
		}
		if n := len(c.Timeline); n == 0 || now-c.Timeline[n-1].Time >= 3_600_000 {
			c.Timeline = append(c.Timeline, Point{Time: now, Members: len(c.Members), Requests: c.Requests})
			if len(c.Timeline) > maxTimeline {
				c.Timeline = c.Timeline[len(c.Timeline)-maxTimeline:]
			}
			c.dirty = true
		}
		var activity Activity
		before := c.Told.Severity
		switch {
		case c.Sequence == 0:
			activity = Create
		case c.closing != "":
			activity = Close
			c.Closed, c.CloseReason = true, c.closing
		case now-c.LastSeen >= e.o.Quiet.Milliseconds():
			activity = Close
			c.Closed, c.CloseReason = true, "quiet"
		case c.news() && now-c.Modified >= e.o.UpdateInterval.Milliseconds():
			activity = Update
		default:
			continue
		}
		c.Sequence++
		c.Modified = now
		c.Told = told{Members: cmp.Or(len(c.Members), c.Told.Members), Severity: c.Severity, Planes: len(c.Planes), Requests: c.Requests}
		c.dirty = true
		out = append(out, Emission{Finding: c.finding(activity, now)})
		if activity == Close || c.Severity != before {
			for a := range c.Members {
				touched[a] = true
			}
		}
	}
	for _, a := range sortedKeys(touched) {
		out = append(out, Emission{Account: t.verdict(a, now)})
	}
	return out
}

// verdict is the standing of one account.
func (t *tenant) verdict(account string, now int64) *AccountVerdict {
	v := &AccountVerdict{Account: account, Tenant: t.name, Time: now, Status: Cleared}
	for _, c := range t.campaigns {
		since, ok := c.Members[account]
		if !ok || c.Closed {
			continue
		}
		v.Findings = append(v.Findings, FindingRef{UID: c.UID(), Severity: c.Severity, Confidence: c.Confidence, Since: since})
		switch {
		case c.Severity >= Medium:
			v.Status = Implicated
		case v.Status != Implicated:
			v.Status = Watched
		}
	}
	return v
}

// finding renders the campaign for the SOC.
func (c *Campaign) finding(activity Activity, now int64) *Finding {
	f := &Finding{
		UID: c.UID(), Campaign: c.ID, Tenant: c.Tenant, Sequence: c.Sequence, Activity: activity, Kind: c.kind(),
		Created: c.Opened, Modified: now, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen,
		Severity: c.Severity, Confidence: c.Confidence,
		Coordination: math.Round(10*c.Coordination) / 10, Harvest: math.Round(10*c.Harvest) / 10,
		Evidence: slices.Clone(c.Evidence), Planes: slices.Clone(c.Planes),
		Members: len(c.Members), Sample: slices.Clone(c.sample), Requests: c.Requests, OutputTokens: c.output, Models: slices.Clone(c.models),
		Shared: slices.Clone(c.shared), Timeline: slices.Clone(c.Timeline), CloseReason: c.CloseReason, Related: slices.Clone(c.Related),
	}
	for _, ev := range f.Evidence {
		if ev.Bits < 0 {
			f.Innocence = append(f.Innocence, ev.Note+": "+ev.Observed)
		}
	}
	switch c.kind() {
	case KindAccount:
		f.Title = "Account harvesting model outputs"
	case KindTripwire:
		f.Title, _ = c.tripped()
	default:
		f.Title = "Coordinated model distillation"
	}
	f.Summary = c.summary()
	f.NextStep = "Act on all members at once: hold or step up verification for every account of this finding on the accounts topic, " +
		"then watch for a successor pool; confirm with a sample of prompts inside the gateway, which Stillwatch never sees."
	if c.Severity < High {
		f.NextStep = "Watch the members; look at the evidence with the team that owns the accounts before acting."
	}
	if c.Tripwire == tripUnreadable {
		f.NextStep = "Read the dead letters of these accounts: the header stillwatch-account names the account, stillwatch-reason says what is wrong. " +
			"Mend what makes the records unreadable, in the gateway's logger or in what it lets these callers write; until then no detector judges them."
	}
	return f
}

// summary is the one sentence that says what and why.
func (c *Campaign) summary() string {
	var why []string
	for _, axis := range []detectors.Axis{detectors.Coordination, detectors.Harvest} {
		best := slices.Clone(c.Evidence)
		best = slices.DeleteFunc(best, func(e detectors.Evidence) bool { return e.Axis != axis || e.Bits < 0.5 || e.Note == "" })
		slices.SortStableFunc(best, func(a, b detectors.Evidence) int {
			switch {
			case a.Bits > b.Bits:
				return -1
			case a.Bits < b.Bits:
				return 1
			default:
				return 0
			}
		})
		for _, e := range best[:min(len(best), 3-int(axis))] {
			why = append(why, e.Note)
		}
	}
	members := len(c.Members)
	if members == 0 {
		// All were let go, or belong to another finding now: this one ends, and says of how many it spoke.
		members = c.Told.Members
	}
	s := fmt.Sprintf("%s act as one and harvest the model: %d requests", plural(members), c.Requests)
	switch c.kind() {
	case KindAccount:
		s = fmt.Sprintf("One account harvests the model: %d requests", c.Requests)
	case KindTripwire:
		_, does := c.tripped()
		if c.Tripwire == tripUnreadable {
			return fmt.Sprintf("%s %s: %d became dead letters.", plural(members), does, c.Requests)
		}
		s = fmt.Sprintf("%s %s: %d requests", plural(members), does, c.Requests)
	}
	if len(why) > 0 {
		s += "; " + strings.Join(why, ", ")
	}
	return s + "."
}
