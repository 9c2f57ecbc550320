package campaign

import (
	"math"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Campaign is a group under suspicion over time. Its JSON form is what correlate keeps in Redis.
type Campaign struct {
	ID string `json:"id"`
	// Kind is what it is about; empty is a coordinated group.
	Kind Kind `json:"kind,omitempty"`
	// Tripwire names the tripwire of a finding of that kind; empty is the relays'.
	Tripwire string `json:"tripwire,omitempty"`
	// Subject and Signs are what a watch list's match is about: whose sign it is, and the indicators by name.
	Subject string   `json:"subject,omitempty"`
	Signs   []string `json:"signs,omitempty"`
	Tenant  string   `json:"tenant"`
	// Opened is when it was first found, Modified when it was last told of, in Unix milliseconds of event time.
	Opened   int64 `json:"opened"`
	Modified int64 `json:"modified"`
	// Episode counts the findings about it: a closed campaign that comes back has a new finding that points at the old one.
	Episode  int `json:"episode"`
	Sequence int `json:"sequence"`
	// Members maps every account ever named to when it was.
	Members  map[string]int64  `json:"members"`
	Defining []detectors.Plane `json:"defining,omitempty"`
	Model    *Model            `json:"model"`

	// Coordination and Harvest are the strongest measurement, Evidence and Planes what it stands on: kept, so that a restart does not tell of less.
	Coordination float64              `json:"coordination"`
	Harvest      float64              `json:"harvest"`
	Evidence     []detectors.Evidence `json:"evidence,omitempty"`
	Planes       []detectors.Plane    `json:"planes,omitempty"`

	Severity   Severity `json:"severity"`
	Confidence int      `json:"confidence"`
	// Told is what the last record said, to judge what is news.
	Told     told     `json:"told"`
	Timeline []Point  `json:"timeline,omitempty"`
	Related  []string `json:"related,omitempty"`

	FirstSeen   int64  `json:"first_seen"`
	LastSeen    int64  `json:"last_seen"`
	Requests    int64  `json:"requests"`
	Closed      bool   `json:"closed,omitempty"`
	CloseReason string `json:"close_reason,omitempty"`

	sample []Member
	shared []SharedFacet
	models []string
	output int64
	dirty  bool
	// WeakSince is when its members last began to measure far below the line, 0 when they do not; closing is why it is about to be closed.
	WeakSince int64 `json:"weak_since,omitempty"`
	closing   string
	// followed is the evaluation in which it was last followed.
	followed int32
	// grown stamps the accounts that grow settled last.
	grown uint64
}

type told struct {
	Members  int      `json:"members"`
	Severity Severity `json:"severity"`
	Planes   int      `json:"planes"`
	Requests int64    `json:"requests"`
}

// namespace is the UUID namespace of findings (a random UUID, fixed for ever).
var namespace = uuid.MustParse("6f1d9f5e-3c55-4b0e-9a57-2f7a3c6f4c11")

// UID is the identity of the campaign's current finding.
func (c *Campaign) UID() string {
	return uuid.NewSHA1(namespace, []byte(c.Tenant+"\x00"+c.ID+"\x00"+strconv.Itoa(c.Episode))).String()
}

// kind is what it is about.
func (c *Campaign) kind() Kind {
	if c.Kind == "" {
		return KindCampaign
	}
	return c.Kind
}

// weigh withdraws a finding whose members measure far below the line for long: it was opened on little, and more has not borne it out.
func (c *Campaign) weigh(sc *decision.Assessment, o *Options, now int64) {
	switch {
	case !decision.Weak(&sc.Scores, &o.Policy):
		c.WeakSince = 0
	case c.WeakSince == 0:
		c.WeakSince = now
	case now-c.WeakSince >= o.Withdraw.Milliseconds():
		c.closing = "withdrawn"
	}
}

// holds tells of an account's slot whether it is a member.
func (c *Campaign) holds(p *population) func(slot int32) bool {
	return func(slot int32) bool {
		_, ok := c.Members[p.accounts[slot].profile.Account]
		return ok
	}
}

func (c *Campaign) reopen(now int64) {
	c.Related = append(c.Related, c.UID())
	c.Closed, c.CloseReason, c.closing, c.WeakSince = false, "", "", 0
	c.Episode++
	c.Sequence = 0
	c.Opened = now
	c.Told = told{}
	c.Severity = 0
}

// measure takes a new measurement of the members that are live.
func (c *Campaign) measure(g *detectors.Group, sc *decision.Assessment, e *Engine, s *search, members []int32) {
	c.judge(sc, members, &e.o)
	c.tally(s, members)
	if total := sc.Coordination + sc.Harvest; len(c.Evidence) > 0 && total < c.Coordination+c.Harvest {
		// What was told stands on the strongest measurement; a pool that has been stopped does not grow less guilty.
		return
	}
	c.Coordination, c.Harvest = sc.Coordination, sc.Harvest
	c.Planes = sc.Agreeing()
	c.Evidence = c.Evidence[:0]
	for i := range e.registry {
		d := &e.registry[i]
		if !sc.Measured[i] || math.Abs(sc.Measures[i].Bits) < 0.1 {
			continue
		}
		ev := detectors.Evidence{Detector: d.Spec.ID, Axis: d.Spec.Axis, Plane: d.Spec.Plane, Bits: math.Round(10*sc.Measures[i].Bits) / 10}
		ev.Observed, ev.Expected, ev.Note = d.Explain(g, sc.Measures[i])
		c.Evidence = append(c.Evidence, ev)
	}
}

// tally adds up what the members sent and received, and draws the sample.
func (c *Campaign) tally(s *search, members []int32) {
	var requests, output int64
	first, last := int64(math.MaxInt64), int64(0)
	models := map[uint64]int{}
	labels := map[uint64]string{}
	for _, i := range members {
		p := &s.pop.accounts[i].profile
		requests += int64(p.Requests)
		output += int64(p.OutputTokens)
		first, last = min(first, p.FirstSeen), max(last, p.LastSeen)
		for _, m := range p.Models {
			models[m.Hash] += int(m.Count)
		}
		s.pop.accounts[i].eachLabel(func(_ fingerprint.Facet, hash uint64, text string) { labels[hash] = text })
	}
	c.Requests = max(c.Requests, requests)
	c.output = output
	if c.FirstSeen == 0 || first < c.FirstSeen {
		c.FirstSeen = first
	}
	c.LastSeen = max(c.LastSeen, last)
	c.models = c.models[:0]
	for _, h := range sortedKeys(models) {
		if t := labels[h]; t != "" {
			c.models = append(c.models, t)
		}
	}
	slices.Sort(c.models)
	c.take(s, members, labels)
}

// take draws the sample of members and the readable values that they share.
func (c *Campaign) take(s *search, members []int32, labels map[uint64]string) {
	model := c.Model
	c.sample = c.sample[:0]
	for _, i := range members[:min(len(members), s.o.SampleMembers)] {
		a := s.pop.accounts[i]
		p := &a.profile
		m := Member{Account: p.Account, Org: p.Org, Requests: p.Requests, FirstSeen: p.FirstSeen, LastSeen: p.LastSeen}
		l := model.fit(a, s.ctx, true, a.linked(c.holds(s.pop)))
		m.Agreement, m.Planes = l.agreement()
		m.Stack = labels[census.Value(p, census.Trait(fingerprint.Stack))]
		c.sample = append(c.sample, m)
	}
	c.shared = c.shared[:0]
	for _, t := range model.Traits {
		if t.Trait >= census.Trait(fingerprint.NumFacets) {
			continue
		}
		for _, v := range t.Values[:min(len(t.Values), 3)] {
			if text := labels[v.Value]; text != "" && v.Share >= 0.1 {
				c.shared = append(c.shared, SharedFacet{
					Facet: fingerprint.Facet(t.Trait).String(), Value: text, Share: v.Share, Census: s.ctx.Census.Share(t.Trait, v.Value),
				})
			}
		}
	}
}

// severe judges what is watched: Low, and Medium for one account whose prompts say what they are for.
func (c *Campaign) severe(sc *decision.Assessment, o *Options) {
	c.Severity = max(c.Severity, Low)
	if c.Kind == KindAccount && decision.AccountMedium(&sc.Scores, &o.Policy) {
		c.Severity = max(c.Severity, Medium)
	}
	c.Confidence = max(c.Confidence, decision.AccountConfidence(&sc.Scores, &o.Policy))
}

// judge sets severity and confidence. Severity never falls in an open episode: an analyst who was woken must not find the reason gone.
func (c *Campaign) judge(sc *decision.Assessment, members []int32, o *Options) {
	sev := Low
	if c.kind() != KindCampaign {
		c.severe(sc, o)
		return
	}
	if decision.Passes(&sc.Scores, &o.Policy) {
		sev = Medium
		if decision.High(&sc.Scores, &o.Policy) {
			sev = High
			if decision.Critical(len(members), c.Requests, &o.Policy) {
				sev = Critical
			}
		}
	}
	c.Severity = max(c.Severity, sev)
	c.Confidence = max(c.Confidence, decision.Confidence(&sc.Scores, &o.Policy))
}
