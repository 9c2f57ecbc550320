package simulate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// shared is what the accounts of a pool have in common by its recruiting.
type shared struct {
	firms []*organisation
	nets  []network
	exits []string
	homes []place
	casts []*taste // the personas where several accounts have one
	count int      // of accounts made
	// version is when the client is the next one.
	version int64
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
	if o.Stacks > 0 {
		p.stacks = nil
	}
	for range o.Stacks {
		p.stacks = append(p.stacks, p.w.honestStack(p.r))
	}
	for range p.c.Prompt.Wording.Casts {
		p.shared.casts = append(p.shared.casts, newTaste(p.r))
	}
}

// persona is the taste of a new account: its own, or that of some accounts.
func (p *pool) persona(m *member) *taste {
	if n := len(p.shared.casts); n > 0 {
		return p.shared.casts[p.shared.count%n]
	}
	return newTaste(m.r)
}

// upgrade gives a pool with one client the next version of it when it is time.
func (p *pool) upgrade(t int64, m *member) {
	every := p.c.Pool.Recruiting.Upgrade.Milliseconds()
	if every == 0 || len(p.stacks) != 1 {
		return
	}
	if p.shared.version == 0 {
		p.shared.version = t + every
	}
	if t >= p.shared.version {
		p.stacks[0] = p.w.versionOf(p.r, p.stacks[0])
		p.shared.version = t + every
	}
	m.stack = p.stacks[0]
}

// versionOf is another version of a client that an honest account has; any other client where none
// has one.
func (w *World) versionOf(r rng, of stack) stack {
	name := func(agent string) string {
		return strings.Map(func(c rune) rune {
			if c == '.' || c >= '0' && c <= '9' {
				return -1
			}
			return c
		}, agent)
	}
	var versions []stack
	for _, a := range w.honest {
		if name(a.stack.agent) == name(of.agent) && a.stack.agent != of.agent {
			versions = append(versions, a.stack)
		}
	}
	if len(versions) == 0 {
		return w.honestStack(r)
	}
	return pick(r, versions)
}

// afterBlock is what follows when accounts were blocked at t.
func (p *pool) afterBlock(t int64) {
	after := &p.c.Reactions.Aftermath
	if after.Again > 0 {
		p.w.at(t+after.Again.Milliseconds(), p.block)
	}
	if after.Pause > 0 {
		p.quiet = t + after.Pause.Milliseconds()
	}
	if after.Reword {
		p.reword()
	}
}

// reword writes the wording anew; the work list goes on where it is.
func (p *pool) reword() {
	next := p.w.newTemplate(p.r, p.c.Prompt)
	next.dealt, next.asked = p.work.dealt, p.work.asked
	p.work = next
}

// warming says that all requests are still ordinary.
func (p *pool) warming(t int64) bool { return t < p.begins+p.c.Cover.Before.Milliseconds() }

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
	if o.Mobile && len(p.w.honest) > 0 {
		net, at := pick(a.r, p.w.honest).line(a.r)
		a.nets = append(slices.Clone(a.nets), net)
		a.addresses = append(slices.Clone(a.addresses), at)
	}
	m.worker = p.shared.count
	p.shared.count++
	d := &p.c.Schedule.Dealing
	if d.Skew > 0 {
		m.weight = a.r.lognormal(1, d.Skew)
	}
	if d.Subjects {
		m.subject = pick(a.r, p.c.Prompt.Wording.kinds())
	}
	if p.c.Schedule.Shape == "own" {
		m.hours = ownHours(a.r)
	}
	if d.Stagger > 0 && !p.running && len(p.all) > 1 {
		m.wait = p.begins + int64(a.r.Float64()*float64(d.Stagger.Milliseconds()))
		if o.Fresh > 0 {
			a.id.CreatedAt = m.wait - int64(a.r.Float64()*float64(o.Fresh.Milliseconds()))
			m.had = a.id.CreatedAt
		}
	}
}

// line is a network that an account has, and an address of it.
func (a *account) line(r rng) (net network, address string) {
	if len(a.addresses) > 0 {
		return a.nets[0], a.addresses[0]
	}
	return a.nets[0], a.nets[0].address(r)
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
		p.reword()
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
