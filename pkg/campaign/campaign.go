package campaign

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// Campaign is what a finding is about, over time: a group under suspicion, or what a watcher found.
// Its JSON form is what correlate keeps in Redis.
type Campaign struct {
	ID string `json:"id"`
	// Kind is what it is about; empty is a coordinated group.
	Kind Kind `json:"kind,omitempty"`
	// Tripwire names the tripwire of a finding of that kind.
	Tripwire watch.Tripwire `json:"tripwire,omitempty"`
	// Subject and Signs are what a watch list's match is about: whose sign it is, and the
	// indicators by name.
	Subject string   `json:"subject,omitempty"`
	Signs   []string `json:"signs,omitempty"`
	Tenant  string   `json:"tenant"`
	// Opened is when it was first found, Modified when a record about it was last emitted, in Unix
	// milliseconds of event time.
	Opened   int64 `json:"opened"`
	Modified int64 `json:"modified"`
	// Episode counts the findings about it: a closed campaign that comes back has a new finding
	// that points at the old one. Sequence counts the records of the current one.
	Episode  int `json:"episode"`
	Sequence int `json:"sequence"`
	// Members maps every account ever named to when it was.
	Members map[string]int64 `json:"members"`
	// Defining are the signal families that the group was selected by.
	Defining []detectors.Family `json:"defining,omitempty"`
	Model    *membership.Model  `json:"model"`
	// Unnamed are accounts that are likely members, and have shown too little to be named. The
	// model is learnt from them as well: among the others, they would make what the members share
	// common.
	Unnamed []string `json:"unnamed,omitempty"`

	// Coordination and Harvest are the strongest measurement, Evidence and Families what it stands
	// on: kept, so that a restart does not tell of less.
	Coordination float64              `json:"coordination"`
	Harvest      float64              `json:"harvest"`
	Evidence     []detectors.Evidence `json:"evidence,omitempty"`
	Families     []detectors.Family   `json:"planes,omitempty"`
	// Explanation is the honest reading that leaves the least of it unexplained, in words.
	Explanation string `json:"explanation,omitempty"`

	// Customer says that the members are one customer in the open, Contract that all are under one
	// contract that the provider vouches for, Purpose what this was declared to be for, Allowed
	// that this allows to collect outputs.
	Customer   bool     `json:"customer,omitempty"`
	Contract   bool     `json:"contract,omitempty"`
	Purpose    string   `json:"purpose,omitempty"`
	Allowed    bool     `json:"allowed,omitempty"`
	Severity   Severity `json:"severity"`
	Confidence int      `json:"confidence"`
	// LastEmitted is what the last record said, to judge what is news.
	LastEmitted lastEmitted `json:"last_emitted"`
	Timeline    []Point     `json:"timeline,omitempty"`
	Related     related     `json:"related,omitempty"`

	FirstSeen   int64  `json:"first_seen"`
	LastSeen    int64  `json:"last_seen"`
	Requests    int64  `json:"requests"`
	Closed      bool   `json:"closed,omitempty"`
	CloseReason string `json:"close_reason,omitempty"`
	// Review is what the last verdict of an analyst in force says of it, nil when there is none.
	// Heard is the number of the last verdict that no longer counts for it.
	Review *Review `json:"review,omitempty"`
	Heard  int64   `json:"heard,omitempty"`
	// WeakSince is when its members last began to measure far below the thresholds, 0 when they do
	// not.
	WeakSince int64 `json:"weak_since,omitempty"`
	// AlsoAlerted is what the last record of a finding in shadow said; see Shadow.
	AlsoAlerted bool `json:"also_alerted,omitempty"`

	// Overflow counts the findings that a summary is about.
	Overflow int `json:"overflow,omitempty"`

	// shown is what the last measurement showed, for the next record.
	shown shown
	// dirty says that it is not as it was last saved.
	dirty bool
	// closing is why it is about to be closed, empty when it is not.
	closing string
	// urgent says that a record about it is due now, rings that it alerts, notice why.
	urgent, rings bool
	notice        string
	// alerts are the UIDs of the findings that alert and are about the members of one in shadow.
	alerts []string
	// outdated says that its measurement is with detectors that do not count any more.
	outdated bool
	// followed is the evaluation in which it was last followed, expanded a hash of the accounts
	// with which it was last expanded.
	followed int32
	expanded uint64
}

// shown is what a record tells of the members beside the evidence.
type shown struct {
	sample []Member
	shared []SharedAttribute
	models []string
	// output is the tokens that they received.
	output int64
}

type lastEmitted struct {
	Members  int      `json:"members"`
	Severity Severity `json:"severity"`
	Families int      `json:"planes"`
	Requests int64    `json:"requests"`
}

// namespace is the UUID namespace of findings (a random UUID, fixed for ever).
var namespace = uuid.MustParse("6f1d9f5e-3c55-4b0e-9a57-2f7a3c6f4c11")

// UID is the identity of the campaign's current finding.
func (c *Campaign) UID() string { return uidOf(c, c.Episode) }

// uidOf is the identity of a campaign's finding of an episode.
func uidOf(c *Campaign, episode int) string {
	name := c.Tenant + "\x00" + c.ID + "\x00" + strconv.Itoa(episode)
	return uuid.NewSHA1(namespace, []byte(name)).String()
}

// kind is what it is about.
func (c *Campaign) kind() Kind {
	if c.Kind == "" {
		return KindCampaign
	}
	return c.Kind
}

// holds says of an account's slot whether it is a member now. What becomes of the members later
// does not change its answers: so the order in which accounts are looked at does not matter.
func (c *Campaign) holds(p *measure.Population) func(slot int32) bool {
	members := make(map[int32]bool, len(c.Members))
	for _, slot := range c.live(p) {
		members[slot] = true
	}
	return func(slot int32) bool { return members[slot] }
}

// live lists the members that live, by slot.
func (c *Campaign) live(p *measure.Population) (slots []int32) {
	for name := range c.Members {
		if a := p.Named(name); a != nil {
			slots = append(slots, a.Slot)
		}
	}
	return slots
}

// fit measures an account against the campaign's model; inside says that it is a member, holds who
// the members are.
func (c *Campaign) fit(
	a *index.Account, s *search.Search, inside bool, holds func(slot int32) bool,
) membership.Likelihood {
	return c.Model.Fit(a, s.Assessor.Context, inside, a.LinkedTo(holds))
}

// reopen begins a new finding about a campaign that was closed.
func (c *Campaign) reopen(now int64) {
	c.Related.add(c.UID())
	c.Closed, c.CloseReason, c.closing, c.WeakSince = false, "", "", 0
	c.Episode++
	c.Sequence = 0
	c.Opened = now
	c.LastEmitted = lastEmitted{}
	c.Severity = 0
}

// maxRelated bounds the findings that one points at, the newest; a record shows as many.
const maxRelated = 64

// related are the UIDs of findings that one points at.
type related []string

// add has the finding point at another, and reports whether it did not before.
func (r *related) add(uid string) bool {
	if slices.Contains(*r, uid) {
		return false
	}
	*r = append(*r, uid)
	*r = (*r)[max(0, len(*r)-maxRelated):]
	return true
}

// withdrawWhenWeak ends a finding whose members measure far below the thresholds for long: it was
// opened on little evidence, and more has not borne it out. What was harvested stays harvested: a
// campaign that pauses or sends its list again is not let go for that.
func (c *Campaign) withdrawWhenWeak(s *decision.Scores, o *Options, now int64) {
	peak := *s
	peak.Harvest = max(s.Harvest, c.Harvest)
	switch {
	case c.Review.confirms() || !decision.Weak(&peak, &o.Policy):
		c.WeakSince = 0
	case c.WeakSince == 0:
		c.WeakSince = now
	case now-c.WeakSince >= o.Withdraw.Milliseconds():
		c.closing = closeWithdrawn
	}
}

// judge sets severity and confidence. Severity never falls in an open episode: an analyst who was
// woken must not find the reason gone.
func (c *Campaign) judge(s *decision.Scores, members int, p *decision.Policy) {
	confidence := decision.AccountConfidence(s, p)
	if c.kind() == KindCampaign {
		confidence = decision.Confidence(s, p)
	}
	severity := severityOf(c.kind(), s, members, c.Requests, p)
	c.Customer = c.kind() == KindCampaign && s.Customer || c.kind() == KindAccount && members > 1
	c.Severity = max(c.Severity, severity)
	c.Confidence = max(c.Confidence, confidence)
}

// severityOf is the severity of a finding of a kind about so many members, who sent so much.
func severityOf(
	kind Kind, s *decision.Scores, members int, requests int64, p *decision.Policy,
) Severity {
	severity := Low
	switch kind {
	case KindCampaign:
		switch {
		case !decision.Passes(s, p) || s.Customer:
		case !decision.High(s, p):
			severity = Medium
		case decision.Critical(members, requests, p):
			severity = Critical
		default:
			severity = High
		}
	case KindAccount:
		if decision.AccountMedium(s, p) {
			severity = Medium
		}
	}
	if severity == Low && s.Allowed {
		severity = Informational
	}
	return severity
}
