package simulate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// shared is what the accounts of a pool have in common by its recruiting.
type shared struct {
	firms []*organisation
	nets  []network
	exits []string
	homes []place
	count int // of accounts made
}

// routine is what one member has of the pool's dealing: the kind of its items, its hours, and how
// much of its quota it has used since when.
type routine struct {
	subject string
	worker  int // the number of the account in the pool
	hours   *shape
	used    int
	opened  int64
}

// equipOptions draws what the options of the campaign need, and nothing where there are none.
func (p *pool) equipOptions() {
	o := &p.c.Pool.Recruiting
	for range o.Firms {
		firm := p.w.organisation(p.r, 0)
		firm.plan = "team" // the smallest plan with seats
		p.shared.firms = append(p.shared.firms, firm)
	}
	for range o.Countries {
		p.shared.homes = append(p.shared.homes, p.w.ids.place(p.r))
	}
	for range o.Exits {
		n := p.networkOf(p.r, p.kindOfNetwork(p.r))
		p.shared.nets = append(p.shared.nets, n)
		p.shared.exits = append(p.shared.exits, n.address(p.r))
	}
	if o.Popular {
		p.stacks = []stack{p.w.popularStack()}
	}
}

// popularStack is the client of most honest accounts.
func (w *World) popularStack() stack {
	count, of := map[string]int{}, map[string]stack{}
	for _, a := range w.honest {
		count[a.stack.agent]++
		of[a.stack.agent] = a.stack
	}
	agents := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a, b))
	})
	return of[agents[0]]
}

// kindOfNetwork is the kind of one account's networks.
func (p *pool) kindOfNetwork(r rng) string {
	if p.c.Pool.Network == "mixed" {
		return pick(r, []string{"residential", "datacenter", "vpn"})
	}
	return p.c.Pool.Network
}

// networkOf is a network of a kind.
func (p *pool) networkOf(r rng, kind string) network {
	ids := p.w.ids
	switch kind {
	case "datacenter":
		return pick(r, ids.cloud)
	case "vpn":
		return pick(r, ids.vpn)
	}
	if len(p.shared.homes) > 0 {
		return ids.homeIn(r, pick(r, p.shared.homes).country)
	}
	return ids.homeIn(r, ids.place(r).country)
}

// join gives a new account what it has by the pool's recruiting.
func (p *pool) join(m *member) {
	o, a := &p.c.Pool.Recruiting, m.account
	if n := len(p.shared.firms); n > 0 {
		p.shared.firms[p.shared.count%n].enroll(a)
	}
	if n := len(p.shared.exits); n > 0 {
		a.nets, a.addresses = p.shared.nets, p.shared.exits
	}
	if o.Neighbours && len(p.w.honest) > 0 {
		host := pick(a.r, p.w.honest)
		a.nets, a.addresses = slices.Clone(host.nets), slices.Clone(host.addresses)
	}
	m.worker = p.shared.count
	p.shared.count++
	d := &p.c.Schedule.Dealing
	if d.Skew > 0 {
		m.weight = a.r.lognormal(1, d.Skew)
	}
	if d.Subjects {
		m.subject = pick(a.r, itemKinds)
	}
	if p.c.Schedule.Shape == "own" {
		m.hours = ownHours(a.r)
	}
	if d.Stagger > 0 && !p.running && len(p.all) > 1 {
		m.wait = p.begins + int64(a.r.Float64()*float64(d.Stagger.Milliseconds()))
	}
}

// kindOfSignUp is the way in which the operator comes by the next account.
func (p *pool) kindOfSignUp() string {
	if kinds := p.c.Pool.Recruiting.Kinds; len(kinds) > 0 {
		return pick(p.r, kinds)
	}
	return p.c.Pool.SignUp
}

// cohort is how much earlier than the last a burst of sign-ups was.
func (p *pool) cohort() int64 {
	o := &p.c.Pool.Recruiting
	if o.Cohorts < 2 || p.running {
		return 0
	}
	return int64(p.r.IntN(o.Cohorts)) * o.Gap.Milliseconds()
}

// window is the time after which a quota begins anew: five hours, as with the subscriptions of
// large providers.
const window = 5 * hour

// spent says whether a member has used up its quota at t.
func (p *pool) spent(m *member, t int64) bool {
	q := p.c.Schedule.Dealing.Quota
	if q == 0 {
		return false
	}
	if t-m.opened >= window {
		m.opened, m.used = t, 0
	}
	return m.used >= q
}

// rests says whether a member sleeps or is idle at t by the pool's options.
func (p *pool) rests(m *member, t int64) bool {
	if m.hours != nil && !p.r.chance(m.hours.weight(t, m.zone)/m.hours.peak) {
		return true
	}
	return p.spent(m, t)
}

// renew writes the wording anew when its time is over.
func (p *pool) renew(t int64) {
	every := p.c.Prompt.Wording.Renew.Milliseconds()
	if every == 0 || t < p.renewed+every {
		return
	}
	if p.renewed > 0 {
		next := p.w.newTemplate(p.r, p.c.Prompt)
		next.dealt, next.asked = p.work.dealt, p.work.asked
		p.work = next
	}
	p.renewed = t
}

// rounds sends a request and then asks for better answers in the same conversation.
func (p *pool) rounds(t int64, m *member, c *call) {
	p.talk(t, m, c, 1+p.c.Prompt.Wording.Rounds, func(c *call) float64 {
		c.input = append(
			c.input, assistant(p.w.g.text(p.r, "grade.answer")), user(p.w.g.text(p.r, or(p.c.Prompt.Wording.Follow, "t.critique"))),
		)
		return p.r.lognormal(3*second, 0.7)
	})
}

// talk are ordinary exchanges that a request comes with.
func (s *template) talk(r rng, tongue string) (before []event.Message) {
	n := s.p.Wording.Talk
	for n > 0 && len(before) < maxHistory && r.chance(n/(n+1)) {
		before = append(
			before, user(s.w.prompt(r, tongue)), assistant(s.w.g.text(r, "answer.en")),
		)
	}
	return before
}

// agreed is a first exchange in which the assistant agrees to the template.
func (s *template) agreed(r rng, text, item string) []event.Message {
	return []event.Message{user(text), assistant(s.w.g.text(r, "t.consent")), user(item)}
}
