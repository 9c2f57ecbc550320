package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// Review is what the last verdict in force says of a campaign.
type Review struct {
	// Verdict is its ID, Number the order in which it came.
	Verdict string        `json:"verdict"`
	Number  int64         `json:"number"`
	Action  review.Action `json:"action"`
	Author  string        `json:"author"`
	Reason  string        `json:"reason"`
	// Since is when it began to count for the campaign, Expires when it ends (Unix ms), 0 for
	// never.
	Since   int64 `json:"since"`
	Expires int64 `json:"expires,omitempty"`
	// Base is what the group was like then.
	Base lastEmitted `json:"base"`
}

// closeDismissed closes what an analyst judged a false alarm, closeSuperseded says of a closed
// finding that its campaign is reported in a new one.
const (
	closeDismissed  = "dismissed"
	closeSuperseded = "superseded"
)

// dismisses says that an analyst judged the finding a false alarm: the group is measured on, and
// not reported. No review says nothing.
func (r *Review) dismisses() bool { return r != nil && r.Action == review.Dismiss }

// allows says that an analyst allowed the group.
func (r *Review) allows() bool { return r != nil && r.Action == review.Allow }

// confirms says that an analyst confirmed the finding.
func (r *Review) confirms() bool { return r != nil && r.Action == review.Confirm }

// isMeasured says that the group is followed: a dismissed one as well, so that its accounts are not
// found again as another group, and a change of it is seen.
func isMeasured(c *Campaign) bool {
	return c.kind() == KindCampaign && (!c.Closed || c.Review.dismisses())
}

// reviewing is the step of an evaluation in which verdicts are applied.
type reviewing struct{ *evaluation }

// subject is the campaign as verdicts see it, with the accounts of which they cover a share.
func (v reviewing) subject(c *Campaign, members func() []int32) *review.Subject {
	return &review.Subject{
		Findings: uidsOf(c), Campaign: c.ID, After: c.Heard,
		Share: func(scope *review.Scope) float64 {
			return coveredShare(v.tenant.population, members(), scope)
		},
	}
}

// uidsOf are the identities of a campaign's findings, the current one last.
func uidsOf(c *Campaign) (out []string) {
	for episode := range c.Episode + 1 {
		out = append(out, uidOf(c, episode))
	}
	return out
}

// isAbout says whether a scope names the campaign or one of its findings.
func isAbout(s *review.Scope, c *Campaign) bool {
	return s.Campaign != "" && s.Campaign == c.ID ||
		s.Finding != "" && slices.Contains(uidsOf(c), s.Finding)
}

// coveredShare is the share of accounts that a scope covers, 0 of none.
func coveredShare(p *measure.Population, accounts []int32, scope *review.Scope) float64 {
	covered := 0
	for _, i := range accounts {
		if scope.Covers(reviewed{p.At(i)}) {
			covered++
		}
	}
	return float64(covered) / float64(max(len(accounts), 1))
}

// reviewed is an account as verdicts see it.
type reviewed struct{ a *index.Account }

func (r reviewed) Name() string { return r.a.Profile.Account }

func (r reviewed) Organisation() string { return r.a.Profile.Org }

// Uses compares the client's readable form, whole or without the TLS fingerprint.
func (r reviewed) Uses(client string) (uses bool) {
	r.a.EachLabel(func(of attribute.Attribute, _ uint64, text string) {
		if of == attribute.Stack {
			agent, _ := watchlist.SplitStack(text)
			uses = uses || strings.EqualFold(text, client) || strings.EqualFold(agent, client)
		}
	})
	return uses
}

func (r reviewed) Carries(phrase uint64) bool {
	return slices.ContainsFunc(r.a.Profile.Template, func(c fingerprint.Counted) bool {
		return c.Hash == phrase
	})
}

// review brings what verdicts make of the campaigns up to date: the step of an evaluation between
// measuring and emitting.
func (v reviewing) review() {
	t := v.tenant
	for _, h := range t.book.Expire(v.now) {
		v.enter(h, review.Expired, nil, "")
		v.touch(h)
	}
	if old := t.book.Forget(v.now); len(old) > 0 {
		v.engine.reviews.forget(old)
		v.engine.clockChanged = true
	}
	for _, c := range t.campaigns {
		v.weigh(c)
		v.letGo(c)
	}
}

// letGo takes the members that an analyst dismissed out of a finding that he did not dismiss.
func (v reviewing) letGo(c *Campaign) {
	if c.Closed || c.Review.dismisses() || !v.tenant.book.Personal() {
		return
	}
	for _, name := range sortedKeys(c.Members) {
		if v.tenant.saidOf(c, name) == review.Dismiss {
			v.leave(c, name)
		}
	}
}

// foresee says of a group that was found, and is about to be reported as a campaign, that an
// analyst dismissed it: then nobody is told of it. The verdict is applied when it is measured.
func (v reviewing) foresee(c *Campaign, members []int32) {
	if c.Review != nil || !v.tenant.book.Personal() {
		return
	}
	h := v.tenant.book.On(v.subject(c, func() []int32 { return members }))
	if h != nil && h.Verdict.Action == review.Dismiss {
		c.Review = &Review{Action: review.Dismiss, Author: h.Verdict.Author}
	}
}

// weigh brings what verdicts make of one campaign up to date.
func (v reviewing) weigh(c *Campaign) {
	if v.tenant.book.Len() == 0 && c.Review == nil {
		return
	}
	h := v.tenant.book.On(v.subject(c, func() []int32 { return c.live(v.tenant.population) }))
	if c.Closed && c.Review == nil && h != nil && !h.Verdict.Scope.One() {
		return // whoever shows something is judged again when the finding is opened again
	}
	switch {
	case h == nil && c.Review == nil:
	case h == nil:
		v.lapse(c)
	case c.Review == nil || c.Review.Verdict != h.Verdict.ID:
		v.apply(c, h)
	case !c.Review.confirms():
		if why := c.Review.changedTo(stateOf(c)); why != "" {
			v.discount(c, h, why)
		}
	}
}

// apply makes a verdict count for a campaign.
func (v reviewing) apply(c *Campaign, h *review.Held) {
	said, before, wasDismissed := &h.Verdict, c.Review, c.Review.dismisses()
	c.Review = &Review{
		Verdict: said.ID, Number: h.Number, Action: said.Action, Author: said.Author,
		Reason: said.Reason, Since: v.now, Expires: said.Expires, Base: stateOf(c),
	}
	c.dirty, c.urgent = true, true
	v.enter(h, review.Applied, c, "")
	switch {
	case c.Review.dismisses() && c.Sequence == 0:
		// Nobody was told of it, and nobody is to be.
		c.Closed, c.CloseReason = true, closeDismissed
		return
	case c.Review.dismisses() && !c.Closed:
		c.closing = closeDismissed
	case wasDismissed && !c.Review.dismisses():
		v.resume(c, "")
	case before.allows() && !c.Review.allows() && h.Number < before.Number && !c.Closed:
		// The allow has ended, and an older verdict counts again.
		c.rings, c.notice = true, ended(before)
	}
	if !c.Closed {
		changeMembers(c, v.changed)
	}
}

// lapse ends what a verdict made of a campaign, because it has ended or covers it no longer.
func (v reviewing) lapse(c *Campaign) {
	h := v.tenant.book.Find(c.Review.Verdict)
	if h != nil && h.Ended == 0 && len(c.live(v.tenant.population)) == 0 {
		return // nobody is left to say whom it covers
	}
	v.release(c, ended(c.Review))
}

// ended says why a finding is no longer as a verdict made it.
func ended(r *Review) string { return "the verdict of " + r.Author + " has ended" }

// discount ends what a verdict made of a campaign for good: its group is not what it was.
func (v reviewing) discount(c *Campaign, h *review.Held, why string) {
	v.enter(h, review.Changed, c, why)
	c.Heard = h.Number
	v.release(c, why)
}

// release takes what a verdict made of a campaign back, and says why.
func (v reviewing) release(c *Campaign, why string) {
	muted, dismissed := c.Review.allows(), c.Review.dismisses()
	c.Review = nil
	c.dirty, c.urgent = true, true
	switch {
	case dismissed:
		v.resume(c, why)
	case muted:
		c.rings, c.notice = true, why
		changeMembers(c, v.changed)
	}
}

// resume opens a finding that was closed as a new one, unless its accounts are silent: then it is
// opened when they come back.
func (v reviewing) resume(c *Campaign, why string) {
	if !c.Closed || v.now-c.LastSeen >= v.engine.o.Quiet.Milliseconds() {
		return
	}
	severity := c.Severity
	v.reopen(c)
	c.Severity, c.notice = severity, why
	changeMembers(c, v.changed)
}

// reopenFor does what a Reopen asks for.
func (v reviewing) reopenFor(c *Campaign, h *review.Held) {
	c.Heard, c.dirty = h.Number, true
	v.enter(h, review.Applied, c, "")
	why := "reopened by " + h.Verdict.Author
	if c.Review != nil {
		v.release(c, why)
	} else {
		v.resume(c, why)
	}
}

// changedTo says what has changed since the verdict was applied that makes it one on another group,
// empty for nothing: half as many accounts again, another signal family, a higher severity.
func (r *Review) changedTo(now lastEmitted) string {
	base, was := &r.Base, "allowed"
	if r.dismisses() {
		was = "dismissed"
	}
	switch {
	case 2*now.Members >= newsMembers*max(base.Members, 1) && now.Members > base.Members:
		return fmt.Sprintf("it had %d accounts when it was %s, and has %d now",
			base.Members, was, now.Members)
	case now.Severity > base.Severity:
		return fmt.Sprintf("its severity has risen since it was %s", was)
	case now.Families > base.Families:
		return fmt.Sprintf("%d signal families agree, %d when it was %s",
			now.Families, base.Families, was)
	default:
		return ""
	}
}

// stateOf is what changes are compared with.
func stateOf(c *Campaign) lastEmitted {
	return lastEmitted{
		Members:  cmp.Or(len(c.Members), c.LastEmitted.Members),
		Severity: c.Severity, Families: len(c.Families), Requests: c.Requests,
	}
}

// changeMembers has the standing of all members emitted.
func changeMembers(c *Campaign, changed map[string]bool) {
	for name := range c.Members {
		changed[name] = true
	}
}

// touch brings the accounts up to date that a verdict on whoever shows something covers: what it
// dismisses is no member, and the standing of all may be another.
func (v reviewing) touch(h *review.Held) {
	scope := &h.Verdict.Scope
	if scope.One() {
		return
	}
	for _, c := range v.tenant.campaigns {
		if c.Closed {
			continue
		}
		for _, name := range sortedKeys(c.Members) {
			a := v.tenant.population.Named(name)
			if a != nil && scope.Covers(reviewed{a}) {
				v.changed[name] = true
			}
		}
	}
}

// saidOf is what the last verdict on whoever shows something says of an account, as a member of a
// campaign.
func (t *tenant) saidOf(c *Campaign, account string) review.Action {
	if !t.book.Personal() {
		return ""
	}
	a := t.population.Named(account)
	if a == nil {
		return ""
	}
	return t.book.OnAccount(reviewed{a}, c.Heard)
}

// enter writes an entry of the audit.
func (v reviewing) enter(h *review.Held, event review.Event, c *Campaign, detail string) {
	h.Entries++
	v.tenant.unsaved = append(v.tenant.unsaved, h)
	v.engine.clockChanged = true
	e := &review.Entry{
		Verdict: h.Verdict, Number: h.Entries, Event: event, Time: v.now, Detail: detail,
	}
	if c != nil {
		e.Finding, e.Campaign = c.UID(), c.ID
		e.Accounts = sortedKeys(c.Members)
		e.Members = len(e.Accounts)
	}
	v.out = append(v.out, Emission{Audit: e})
}
