package simulate

import (
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// member is an account of a campaign's pool.
type member struct {
	*account
	weight float64
	shift  int // the hour of the day at which its eight hours begin
	wait   int64
	signUp string // how the operator came by it
	// had is when the operator came by it, done when it was given up, 0 where it never was.
	had, done int64

	routine // by the pool's options
}

// pool is a campaign while it runs.
type pool struct {
	w     *World
	c     *Campaign
	r     rng
	g     *group
	work  *template
	zone  float64
	shape *shape

	members []*member // for lru, the least recently used first
	turn    int       // of an even deal
	order   []int
	held    *member // takes the next items of its batch
	batch   int

	stacks   []stack
	params   event.Request
	device   string
	payments []payment
	issuers  []string
	domains  []string
	models   []float64

	apps      []*app
	customers []*account // third parties, for their language and habits
	coders    []*coder

	// begins is when the work does; all are all members that there ever were, for the cost.
	begins int64
	all    []*member
	// running says that the first accounts are there.
	running bool

	shared  shared
	renewed int64 // when the wording was
	quiet   int64 // until when the whole pool rests
}

type payment struct{ fp, issuer string }

// addCampaign plans a campaign. Crowds come first, so that it has no client stack that honest
// accounts do not have.
func (w *World) addCampaign(c *Campaign) {
	r := newRNG(w.sc.Seed, w.stream())
	p := &pool{
		w: w, c: c, r: r, g: w.newGroup(c.ID, or(c.Kind, c.Prompt.Style), c.ID, true),
		zone: w.ids.place(r).zone,
	}
	p.g.pool, p.g.contract, p.g.purpose = p, c.Pool.Contract, c.Pool.Purpose
	if p.g.contract == "one" {
		p.g.contract = "ctr_" + c.ID
	}
	p.work = w.newTemplate(r, c.Prompt)
	switch c.Schedule.Shape {
	case "office":
		p.shape = w.shapes.office
	case "diurnal":
		p.shape = w.shapes.people
	case "night":
		p.shape = w.shapes.night
	case "product":
		p.shape = w.shapes.product
	default:
		p.shape = w.shapes.flat
	}
	if d := &c.Schedule.Dealing; d.From != d.To {
		p.shape = p.shape.within(d.From, d.To)
	}
	p.equip()
	start := w.start + c.Start.Milliseconds()
	p.begins = start
	cohortEnd := start - or(c.Pool.SignUpBefore, 48*time.Hour).Milliseconds()
	for range c.Accounts {
		p.members = append(p.members, p.recruit(cohortEnd-p.cohort()))
	}
	p.running = true
	p.thirdParties()
	if c.Probe.Requests > 0 {
		start = p.probe(start)
	}
	p.run(start)
	if c.Pool.Life > 0 {
		for _, m := range p.members {
			p.retire(m, start+int64(m.r.Float64()*float64(c.Pool.Life.Milliseconds())))
		}
	}
	if c.Reactions.BlockAfter > 0 {
		w.at(w.start+c.Reactions.BlockAfter.Milliseconds(), p.block)
	}
}

// equip draws what the accounts of the pool have in common.
func (p *pool) equip() {
	pc := &p.c.Pool
	n := map[string]int{"": 1, "one": 1, "few": 3, "rotating": 12}[pc.Stack]
	for range n {
		p.stacks = append(p.stacks, p.w.honestStack(p.r))
	}
	p.params = p.w.parameters(p.r, true)
	switch pc.Device {
	case "unified":
		p.device = p.r.hex(16)
	case "relay":
		p.device = relayDevice
	}
	for range pc.Issuers {
		p.issuers = append(p.issuers, p.w.honestIssuer(p.r))
	}
	for range pc.Payments {
		p.payments = append(p.payments, p.pay())
	}
	for range pc.Domains {
		p.domains = append(p.domains, p.w.ids.domain(p.r, 0.5))
	}
	p.models = make([]float64, len(p.w.sc.Models))
	for i := range p.models {
		p.models[i] = 0.08
	}
	p.models[p.w.favourite(p.r)] = 1
	p.equipOptions()
}

// honestStack draws the stack of some honest account.
func (w *World) honestStack(r rng) stack {
	if len(w.honest) == 0 {
		return w.ids.sdk(r)
	}
	return pick(r, w.honest).stack
}

// honestIssuer draws the card issuer of some honest account.
func (w *World) honestIssuer(r rng) string {
	for range min(50, len(w.honest)) {
		if a := pick(r, w.honest); a.id.PaymentIssuer != "" {
			return a.id.PaymentIssuer
		}
	}
	return w.ids.issuer(r)
}

func (p *pool) pay() payment {
	issuer := p.w.honestIssuer(p.r)
	if len(p.issuers) > 0 {
		issuer = pick(p.r, p.issuers)
	}
	return payment{p.r.hex(32), issuer}
}

// recruit makes one account of the pool, signed up before the given time.
func (p *pool) recruit(cohortEnd int64) *member {
	pc, w := &p.c.Pool, p.w
	kind := p.kindOfSignUp()
	if kind == "leased" {
		return p.lease(cohortEnd)
	}
	a := w.person(p.g, p.r.chance(0.7))
	r := a.r
	a.moves, a.retries = nil, !p.c.Reactions.Handover && a.retries
	if pc.Plan != "" {
		a.id.Plan = pc.Plan
	}
	if pc.Payments > 0 || a.id.Plan != "free" {
		var pay payment
		if len(p.payments) > 0 {
			// Few instruments carry most accounts.
			pay = p.payments[min(len(p.payments)-1, p.r.zipf(len(p.payments), 0.6))]
		} else {
			pay = p.pay()
		}
		a.id.PaymentFP, a.id.PaymentIssuer = pay.fp, pay.issuer
		if a.id.Plan == "free" {
			a.id.Plan = "api"
		}
	}
	a.id.CreatedAt = p.signUp(kind, cohortEnd)
	switch {
	case len(p.domains) > 0:
		a.id.EmailDomain = pick(r, p.domains)
	case r.chance(pc.Disposable):
		a.id.EmailDomain = w.ids.ownDomain(r)
	default:
		a.id.EmailDomain = w.ids.domain(r, 0.15)
	}
	if pc.Stack == "native" {
		a.stack = w.honestStack(r)
	} else {
		a.stack = pick(r, p.stacks)
	}
	a.device = p.device
	if pc.Device == "own" {
		a.device = r.hex(16)
	}
	if pc.Params != "own" {
		a.request = p.params
	} else {
		a.request = w.parameters(r, true)
	}
	p.connect(a)
	m := &member{
		account: a, weight: r.lognormal(1, 1), shift: r.IntN(24), had: a.id.CreatedAt, signUp: kind,
	}
	if kind == "aged" {
		m.had = cohortEnd
	}
	p.enlist(m)
	return m
}

// enlist notes a new member, and gives it a persona where the campaign does that.
func (p *pool) enlist(m *member) {
	p.all = append(p.all, m)
	if p.c.Prompt.Personas {
		m.r.taste = p.persona(m)
	}
	p.join(m)
}

func (p *pool) signUp(kind string, cohortEnd int64) int64 {
	pc := &p.c.Pool
	switch kind {
	case "aged":
		return min(p.w.ids.signUp(p.r), cohortEnd)
	case "wide":
		return cohortEnd -
			int64(p.r.Float64()*float64(or(pc.SignUpSpread, 60*24*time.Hour).Milliseconds()))
	}
	return cohortEnd -
		int64(p.r.Float64()*float64(or(pc.SignUpSpread, 36*time.Hour).Milliseconds()))
}

// connect gives an account its networks.
func (p *pool) connect(a *account) {
	kind := p.kindOfNetwork(a.r)
	a.addresses, a.nets = nil, nil
	for range max(1, p.c.Pool.Addresses) {
		n := p.networkOf(a.r, kind)
		a.nets = append(a.nets, n)
		a.addresses = append(a.addresses, n.address(a.r))
	}
	a.lease = 6
}

// thirdParties are the customers whose traffic the pool also carries.
func (p *pool) thirdParties() {
	switch p.c.Prompt.Style {
	case StyleRelay, StyleReplay, StyleAgentic:
	default:
		if p.c.Cover.Share == 0 {
			return
		}
	}
	n := max(8, p.c.Accounts/2)
	ghost := &group{campaign: true}
	tools := p.w.codingTools()
	for range n {
		customer := p.w.person(ghost, false)
		if len(p.c.Tactics) > 0 {
			customer.r.taste = newTaste(customer.r)
		}
		p.customers = append(p.customers, customer)
		p.coders = append(p.coders, p.w.newCoder(customer, tools[p.r.zipf(len(tools), 1)], 30))
	}
	for range max(3, n/6) {
		p.apps = append(p.apps, p.w.newApp(p.r))
	}
}

// eligible says whether the member takes work at t.
func (p *pool) eligible(m *member, t int64) bool {
	if m.banned || t < m.wait || p.rests(m, t) {
		return false
	}
	if s := &p.c.Schedule; s.Idle > 0 || s.Shape == "shifts" {
		if s.Shape == "shifts" && (int(t/hour)%24-m.shift+24)%24 >= 8 {
			return false
		}
		// A rest is a fixed draw of account and time.
		block := uint64(t / or(s.Dealing.IdleFor.Milliseconds(), day))
		if s.Idle > 0 && newRNG(uint64(m.id.CreatedAt)^p.w.sc.Seed, block).chance(s.Idle) {
			return false
		}
	}
	return true
}

// choose takes the account for the next piece of work; nil when all are banned.
func (p *pool) choose(t int64, not *member) *member {
	n := len(p.members)
	for try := range 4 * n {
		var m *member
		switch p.c.Schedule.Balance {
		case "random":
			m = p.members[p.r.IntN(n)]
		case "skewed":
			m = p.members[p.r.IntN(n)]
			if try < 3*n && !p.r.chance(min(1, m.weight/6)) {
				continue
			}
		case "even":
			if p.turn%n == 0 || len(p.order) != n {
				p.order = p.r.Perm(n)
			}
			m = p.members[p.order[p.turn%n]]
			p.turn++
		case "fill":
			m = p.members[try%n]
		default:
			m = p.leastRecent(try)
		}
		if m != not && p.eligible(m, t) {
			return m
		}
	}
	i := slices.IndexFunc(p.members, func(m *member) bool {
		return !m.banned && m != not && m.id.CreatedAt <= t
	})
	if i < 0 {
		return nil
	}
	return p.members[i]
}

// leastRecent takes one of those that have rested longest: workers run side by side, so the order
// is never perfect.
func (p *pool) leastRecent(try int) *member {
	n := len(p.members)
	i := min(n-1, p.r.IntN(max(1, n/4))+try*n/(n+8)) // blocked and resting members are passed over
	m := p.members[i]
	p.members = append(append(p.members[:i], p.members[i+1:]...), m)
	return m
}

// model is what the campaign asks at t: its favourite, and what was just released.
func (p *pool) model(t int64) string {
	re := &p.c.Reactions
	if re.Pivot > 0 {
		for _, rel := range slices.Backward(p.w.sc.Releases) {
			since := t - p.w.start - rel.After.Milliseconds()
			if since < 0 {
				continue
			}
			grown := min(1, float64(since)/float64(or(re.PivotWithin, 24*time.Hour).Milliseconds()))
			if p.r.chance(re.Pivot * grown) {
				return rel.Model
			}
			break
		}
	}
	return p.w.sc.Models[p.r.weighted(p.models)]
}

// block is the operator's answer: accounts are shut, and fresh ones take over.
func (p *pool) block(t int64) {
	re := &p.c.Reactions
	share := or(re.BlockShare, 1)
	var shut []*member
	for _, m := range p.members {
		if p.r.chance(share) && !m.banned {
			shut = append(shut, m)
		}
	}
	for _, m := range shut {
		m.banned = true
		for range p.r.between(1, 5) {
			p.w.at(t+int64(p.r.Float64()*20*minute), func(t int64) {
				p.send(t, m, p.work.call(p.r, ""), 9)
			})
		}
	}
	p.afterBlock(t)
	if !re.Replace {
		return
	}
	for range shut {
		// Some of the second pool was kept in reserve, the rest is made on the spot.
		ready := t + int64(p.r.Float64()*float64(or(re.ReplaceIn, 3*time.Hour).Milliseconds()))
		p.w.at(ready, func(t int64) {
			m := p.recruit(t)
			m.id.CreatedAt = min(m.id.CreatedAt, t)
			if m.signUp != "aged" {
				m.id.CreatedAt = t - int64(p.r.Float64()*float64(min(
					or(p.c.Pool.SignUpSpread, 36*time.Hour), 6*time.Hour,
				).Milliseconds()))
			}
			p.members = append(p.members, m)
			p.members = slices.DeleteFunc(p.members, func(m *member) bool { return m.banned })
		})
	}
}
