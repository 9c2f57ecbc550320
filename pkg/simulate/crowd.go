package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// day is in milliseconds, as all times of a running world.
const (
	second = 1_000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// crowdMakers are the kinds of benign groups.
func crowdMakers() map[string]func(*World, *Crowd) {
	return map[string]func(*World, *Crowd){
		"chat":        (*World).addChat,
		"apps":        (*World).addApps,
		"agents":      (*World).addAgents,
		"library":     (*World).addLibrary,
		"evaluators":  (*World).addEvaluators,
		"corporate":   (*World).addCorporate,
		"class":       (*World).addClass,
		"cron":        (*World).addCron,
		"saas":        (*World).addSaaS,
		"licensed":    (*World).addLicensed,
		"aggregators": (*World).addAggregators,
		"hackathon":   (*World).addHackathon,
		"redteam":     (*World).addRedTeam,
		"starter":     (*World).addStarter,
		"tutorial":    (*World).addTutorial,
		"vpn":         (*World).addVPN,
		"backfill":    (*World).addBackfill,
		"hobbyrelay":  (*World).addHobbyRelay,
		"global":      (*World).addGlobalTeam,
		"auditors":    (*World).addAuditors,
	}
}

// CrowdKinds lists the kinds of benign groups, sorted.
func CrowdKinds() []string {
	var kinds []string
	for kind := range crowdMakers() {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// or is v, or the default when v is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// verifiedShare reads Crowd.Verified: 0 is the kind's default, negative is none.
func verifiedShare(c *Crowd, otherwise float64) float64 {
	if c.Verified < 0 {
		return 0
	}
	return or(c.Verified, otherwise)
}

// split divides the crowd's accounts into its groups, as evenly as it goes but with some larger and
// smaller ones when uneven is set.
func (w *World) split(c *Crowd, groups int, uneven bool) []int {
	r := newRNG(w.sc.Seed, w.stream())
	groups = max(1, min(groups, c.Accounts))
	sizes := make([]int, groups)
	for i := range sizes {
		sizes[i] = 1
	}
	for range c.Accounts - groups {
		if uneven {
			sizes[r.zipf(groups, 0.7)]++
			continue
		}
		sizes[slices.Index(sizes, slices.Min(sizes))]++
	}
	return sizes
}

func user(text string) event.Message      { return event.Message{Role: "user", Text: text} }
func assistant(text string) event.Message { return event.Message{Role: "assistant", Text: text} }

// prompt is something a person would ask, in one of the account's languages.
func (w *World) prompt(r rng, tongue string) string {
	if len(w.texts.Prompts) > 0 {
		return pick(r, w.texts.Prompts)
	}
	return w.g.text(r, "chat."+tongue)
}

// followUp is what a person says next.
func (w *World) followUp(r rng, tongue string) string {
	if r.chance(0.25) {
		return w.g.text(r, "chat."+tongue)
	}
	return w.g.text(r, "follow."+tongue)
}

// habit is how a person uses a chat.
type habit struct {
	// rate is the number of requests per day, turns the mean length of a conversation.
	rate, turns float64
	shape       *shape
	system      string
	// opener makes the first message; nil takes prompt.
	opener func(a *account) string
	// until stops the habit; 0 is never. answer is the median answer in tokens.
	from, until int64
	answer      float64
}

// addChat makes people who chat.
func (w *World) addChat(c *Crowd) {
	g := w.newGroup(c.ID, "chat hobbyists", c.ID, false)
	for range c.Accounts {
		a := w.person(g, false)
		w.chatter(a, w.personalHabit(a, or(c.Rate, 3.5)))
	}
}

// personalHabit draws how one person uses a chat: a few use it a lot, many hardly ever.
func (w *World) personalHabit(a *account, median float64) habit {
	h := habit{
		rate: min(400, a.r.lognormal(median, 1.15)), turns: a.r.uniform(1.2, 4.5),
		shape: w.shapes.people, answer: 260,
	}
	switch {
	case a.r.chance(0.08):
		h.system = pick(a.r, []string{
			"You are a helpful assistant.", "You are an AI assistant.",
			"You are a helpful assistant. Answer briefly.",
		})
	case a.r.chance(0.05):
		h.system = w.g.text(a.r, "app.role")
	}
	if a.r.chance(0.1) {
		// A ritual: the same opening words for the same kind of need.
		ritual := w.g.text(a.r, "ritual")
		h.opener = func(a *account) string {
			if a.r.chance(0.6) {
				return ritual + " " + w.g.text(a.r, "sentence")
			}
			return w.prompt(a.r, a.tongue)
		}
	}
	return h
}

// chatter lets an account hold conversations for the rest of the world.
func (w *World) chatter(a *account, h habit) {
	perDay := h.rate / h.turns
	pause := func() float64 { return a.r.gamma(1.4) * day / perDay }
	from := max(w.start, h.from, a.id.CreatedAt)
	var session func(t int64)
	session = func(t int64) {
		if h.until != 0 && t > h.until {
			return
		}
		w.converse(t, a, &h)
		w.at(h.shape.next(t+minute, a.zone, pause()), session)
	}
	// The first gap is cut by the start of the world: a residual life.
	w.at(h.shape.next(from, a.zone, pause()*a.r.Float64()), session)
}

// converse holds one conversation, beginning now.
func (w *World) converse(t int64, a *account, h *habit) {
	tongue := a.tongue
	if a.r.chance(0.1) {
		tongue = pick(a.r, a.tongues)
	}
	var first string
	switch {
	case a.r.chance(0.08):
		first = w.g.text(a.r, "small.en")
	case h.opener != nil:
		first = h.opener(a)
	default:
		first = w.prompt(a.r, tongue)
	}
	session := ""
	if a.device != "" {
		session = "sess_" + a.r.token(18)
	}
	w.turn(t, a, &call{
		session: session, system: h.system, input: []event.Message{user(first)},
		answer: or(h.answer, 260),
	}, a.r.geometric(h.turns), tongue)
}

// turn sends one turn of a conversation and plans the next one.
func (w *World) turn(t int64, a *account, c *call, left int, tongue string) {
	out := w.send(t, a, c)
	if left <= 1 || !out.ok() && a.r.chance(0.5) {
		return
	}
	next := *c
	next.attempt = 0
	next.input = append(
		next.input, assistant(w.g.text(a.r, "answer.en")), user(w.followUp(a.r, tongue)),
	)
	w.at(t+out.latency+int64(a.r.lognormal(40*second, 1)), func(t int64) {
		w.turn(t, a, &next, left-1, tongue)
	})
}

// addLibrary makes people who use prompts from public collections.
func (w *World) addLibrary(c *Crowd) {
	g := w.newGroup(c.ID, "public prompt library users", c.ID, false)
	for range c.Accounts {
		a := w.person(g, false)
		h := w.personalHabit(a, or(c.Rate, 3))
		mine := make([]int, 1+a.r.IntN(3))
		for i := range mine {
			mine[i] = a.r.zipf(w.g.size("library"), 0.8)
		}
		h.opener = func(a *account) string {
			if a.r.chance(0.8) {
				return w.g.line(a.r, "library", pick(a.r, mine))
			}
			return w.prompt(a.r, a.tongue)
		}
		w.chatter(a, h)
	}
}

// addVPN makes unrelated people who share a few exit addresses: a VPN, a carrier's NAT, a café.
func (w *World) addVPN(c *Crowd) {
	g := w.newGroup(c.ID, "unrelated users behind one VPN", c.ID, false)
	r := newRNG(w.sc.Seed, w.stream())
	exit := pick(r, w.ids.vpn)
	addresses := []string{exit.address(r), exit.address(r), exit.address(r)}
	for range c.Accounts {
		a := w.person(g, false)
		a.nets, a.addresses = []network{exit}, addresses
		w.chatter(a, w.personalHabit(a, or(c.Rate, 4)))
	}
}

// addCorporate makes organisations with many accounts, one payment, one network and office hours.
func (w *World) addCorporate(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, max(1, c.Accounts/25)), true) {
		g := w.newGroup(fmt.Sprintf("%s-%d", c.ID, i), "corporate org behind one NAT", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		org := w.organisation(r, verifiedShare(c, 0.85))
		tool := fmt.Sprintf("%s | %s", org.name, w.g.text(r, "org.tool"))
		hired := org.since
		for range size {
			a := w.person(g, r.chance(0.15))
			org.enroll(a)
			a.id.CreatedAt = min(w.start-day, hired+int64(r.ExpFloat64()*60*day))
			a.zone, a.tongue, a.tongues = org.zone, org.tongue, []string{org.tongue, "en"}
			if r.chance(0.85) {
				a.nets, a.addresses = []network{org.net}, org.exits
			}
			h := w.personalHabit(a, or(c.Rate, 7))
			h.shape = w.shapes.office
			if r.chance(0.5) {
				h.opener = func(a *account) string {
					if a.r.chance(0.5) {
						return tool + "\n" + w.g.text(a.r, "org.ask") + "\n\n" +
							w.g.text(a.r, "app.in.mail")
					}
					return w.prompt(a.r, a.tongue)
				}
			}
			w.chatter(a, h)
		}
	}
}

// organisation is what the accounts of one customer share.
type organisation struct {
	name, id, domain, payment, issuer, plan string
	verified                                bool
	since                                   int64
	zone                                    float64
	tongue                                  string
	net                                     network
	exits                                   []string
}

func (w *World) organisation(r rng, verified float64) *organisation {
	p := w.ids.place(r)
	o := &organisation{
		name: w.g.text(r, "company"), id: "org_" + r.token(14), payment: r.hex(32),
		issuer: w.ids.issuer(r), plan: pick(r, []string{"enterprise", "enterprise", "team"}),
		verified: r.chance(verified), since: w.ids.signUp(r), zone: p.zone,
		tongue: pick(r, p.tongues),
	}
	o.domain = slug(o.name) + pick(r, []string{".com", ".io", ".org", ".net"})
	o.net = w.ids.homeIn(r, p.country)
	block := o.net.address(r)
	for range r.between(2, 12) {
		o.exits = append(o.exits, neighbour(r, block))
	}
	return o
}

// neighbour is another address of the same block.
func neighbour(r rng, address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '.' {
			return fmt.Sprintf("%s.%d", address[:i], 1+r.IntN(254))
		}
		if address[i] == ':' {
			return fmt.Sprintf("%s:%x", address[:i], 1+r.IntN(0xfffe))
		}
	}
	return address
}

func (o *organisation) enroll(a *account) {
	a.id.OrgID, a.id.EmailDomain, a.id.PaymentFP, a.id.PaymentIssuer, a.id.Plan = o.id, o.domain,
		o.payment, o.issuer, o.plan
	a.id.Verified = event.Bool{V: o.verified, Known: true}
}

// addClass makes university classes: one domain, one campus, one assignment, one enrolment week,
// one deadline.
func (w *World) addClass(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, max(1, c.Accounts/60)), true) {
		g := w.newGroup(fmt.Sprintf("%s-%d", c.ID, i), "university class", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		p := w.ids.place(r)
		campus := w.ids.homeIn(r, p.country)
		campus.org = "University of " + w.g.text(r, "city")
		block := campus.address(r)
		exits := make([]string, r.between(3, 24))
		for j := range exits {
			exits[j] = neighbour(r, block)
		}
		domain := slug(w.g.text(r, "city")) +
			pick(r, []string{".edu", ".ac.uk", "-university.org", ".edu.au"})
		subject := pick(r, []string{"CS", "STAT", "HIST", "BIO"})
		task := fmt.Sprintf("%s%d, assignment %d. %s",
			subject, r.between(100, 499), r.between(1, 9), w.g.text(r, "class.task"))
		enrolled := w.start - int64(r.between(8, 40))*day
		deadline := w.start + or(c.At, w.sc.Duration*3/4).Milliseconds() + int64(i)*6*hour
		spread := float64(or(c.Spread, 40*time.Hour).Milliseconds())
		for range size {
			a := w.person(g, r.chance(0.05))
			a.id.EmailDomain, a.id.Plan, a.id.PaymentFP, a.id.PaymentIssuer, a.id.OrgID = domain,
				"free", "", "", ""
			a.id.Verified.V = r.chance(verifiedShare(c, 0.8))
			a.id.CreatedAt = enrolled + int64(r.ExpFloat64()*0.9*day)
			a.zone = p.zone
			if r.chance(0.75) {
				a.nets, a.addresses = []network{campus}, exits
			}
			me := w.g.text(r, "person")
			rate := a.r.lognormal(or(c.Rate, 5), 0.7)
			h := habit{
				rate: rate, turns: a.r.uniform(1.5, 4), shape: w.shapes.people,
				answer: 380, until: deadline,
			}
			h.opener = func(a *account) string {
				switch {
				case a.r.chance(0.55):
					return task + " My name is " + me + ". " + w.g.text(a.r, "class.notes")
				case a.r.chance(0.4):
					return w.g.text(a.r, "class.ask") + " " + task
				default:
					return w.g.text(a.r, "chat.en")
				}
			}
			// Work grows toward the deadline: each student begins some time before it.
			h.from = deadline - int64(a.r.ExpFloat64()*spread/2+spread/8)
			w.chatter(a, h)
			if r.chance(0.4) {
				w.chatter(a, habit{rate: 1, turns: 2, shape: w.shapes.people})
			}
		}
	}
}

// addHackathon makes a weekend's new sign-ups: wide-open ideas, one sponsor's starter code, a VPN
// or a hall's network, little sleep.
func (w *World) addHackathon(c *Crowd) {
	g := w.newGroup(c.ID, "hackathon", c.ID, false)
	r := newRNG(w.sc.Seed, w.stream())
	open := w.start + c.At.Milliseconds()
	spread := or(c.Spread, 40*time.Hour).Milliseconds()
	hall := pick(r, w.ids.vpn)
	addresses := []string{hall.address(r), hall.address(r)}
	starter := w.boilerplate(r, 4)
	team := ""
	for i := range c.Accounts {
		if i%4 == 0 {
			team = w.g.text(r, "hack.idea")
		}
		a := w.person(g, r.chance(0.6))
		a.id.CreatedAt = open - int64(r.Float64()*2*day) + int64(r.Float64()*4*hour)
		a.id.Plan = "free"
		a.id.PaymentFP, a.id.PaymentIssuer, a.id.OrgID = "", "", ""
		if r.chance(or(c.VPN, 0.7)) {
			a.nets, a.addresses = []network{hall}, addresses
		}
		idea := team
		h := habit{
			rate: a.r.lognormal(or(c.Rate, 60), 0.9), turns: a.r.uniform(1.2, 5),
			shape: w.shapes.flat, from: open, until: open + spread, answer: 350,
		}
		if r.chance(0.5) {
			h.system = starter + "\nThe project: " + idea
		}
		h.opener = func(a *account) string {
			if a.r.chance(0.4) {
				return w.g.text(a.r, "item.code")
			}
			if a.r.chance(0.4) {
				return "We build " + idea + ". " + w.g.text(a.r, "hack.ask")
			}
			return w.g.text(a.r, "chat.en")
		}
		w.chatter(a, h)
	}
}

// boilerplate is prompt-engineering advice that everybody copies.
func (w *World) boilerplate(r rng, lines int) string {
	text := ""
	if r.chance(0.5) {
		text = w.g.text(r, "app.head") + "\n"
	}
	mark := pick(r, []string{"", "- ", "* ", "1. "})
	for i, line := range w.g.lines(r, "app.boiler", lines) {
		prefix := mark
		if mark == "1. " {
			prefix = fmt.Sprintf("%d. ", i+1)
		}
		text += prefix + line + "\n"
	}
	return text
}
