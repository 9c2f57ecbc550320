package simulate

// lease makes an account of an honest person who goes on with their own use: the campaign asks
// beside it, through the same client. The first owners were there before; one who is leased later
// is seen from then on.
func (p *pool) lease(now int64) *member {
	owner := p.w.individual(p.g, p.r.chance(0.4), 4)
	owner.olderThan(p.w.start)
	owner.leased = true
	if p.running {
		owner.from = now
	}
	p.w.live(owner, 1)
	through := *owner.account
	through.main, through.device, through.away = owner.account, "", true
	through.r = newRNG(p.w.sc.Seed, p.w.stream())
	if p.c.Pool.Params != "own" {
		through.request = p.params
	}
	p.connect(&through)
	m := &member{
		account: &through, weight: p.r.lognormal(1, 1), shift: p.r.IntN(24),
		had: max(p.begins, owner.from), signUp: "leased",
	}
	p.enlist(m)
	return m
}

// asks is the next piece of work of a member: with personas, in the member's words and language.
func (p *pool) asks(m *member) *call {
	p.work.subject, p.work.worker = m.subject, m.worker
	if !p.c.Prompt.Personas {
		return p.work.call(p.r, "")
	}
	tongue := m.tongue
	if p.c.Prompt.Languages == 0 {
		tongue = "en"
	}
	return p.work.call(m.r, tongue)
}

// words is the source of a third party's texts: their own taste where they have one, as in random
// worlds.
func (p *pool) words(who *account) rng {
	if who.r.taste != nil {
		return who.r
	}
	return p.r
}

// retire gives a member up at a time and puts a fresh account in its place.
func (p *pool) retire(m *member, at int64) {
	p.w.at(at, func(t int64) {
		fresh := p.recruit(t)
		fresh.id.CreatedAt = min(fresh.id.CreatedAt, t)
		for i := range p.members {
			if p.members[i] == m {
				p.members[i] = fresh
			}
		}
		m.wait, m.done = p.w.end, t
		p.retire(fresh, t+int64(fresh.r.uniform(0.7, 1.3)*float64(p.c.Pool.Life.Milliseconds())))
	})
}

// cost is what the campaign cost its operator so far.
func (p *pool) cost() *Cost {
	c, g := &Cost{}, p.g
	stop := p.w.end
	if p.c.Stop > 0 {
		stop = min(stop, p.w.start+p.c.Stop.Milliseconds())
	}
	cards := map[string]bool{}
	for _, m := range p.all {
		until := or(m.done, stop)
		c.AccountDays += max(0, float64(until-max(p.begins, m.had))/day)
		c.HeldDays += max(0, float64(until-m.had)/day)
		switch m.signUp {
		case "leased":
			c.Leased++
			continue
		case "aged":
			c.Bought++
		default:
			c.Made++
		}
		if m.id.PaymentFP != "" {
			cards[m.id.PaymentFP] = true
		}
	}
	c.Cards = len(cards)
	if g.success > 0 {
		answers := float64(g.success)
		c.RequestsPerAnswer, c.TokensPerAnswer = float64(g.paid)/answers, float64(g.tokens)/answers
		c.AccountDaysPer1000 = 1000 * c.AccountDays / answers
		if p.c.Prompt.Style == StyleSections {
			c.RewritesPerAnswer = float64(g.harvest) / answers
		}
	}
	return c
}
