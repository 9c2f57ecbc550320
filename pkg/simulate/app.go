package simulate

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// app is one company's application: its own template, built from advice that everybody copies,
// around content of its own.
type app struct {
	system, before, after string
	input                 string // grammar rule of the content
	open, close           string // delimiters of the content
	answer                float64
	tools                 []string
	dialogue              float64 // mean turns of a conversation, 1 for one-shot work
}

// appTasks are what applications do: the grammar rules of task and content, and the median answer
// in tokens.
func appTasks() []struct {
	name   string
	answer float64
} {
	return []struct {
		name   string
		answer float64
	}{
		{"review", 45},
		{"ticket", 120},
		{"summary", 150},
		{"extract", 70},
		{"translate", 130},
		{"moderate", 12},
		{"product", 190},
		{"code", 380},
		{"log", 200},
		{"sql", 110},
		{"mail", 170},
		{"call", 220},
		{"tutor", 300},
		{"address", 40},
	}
}

// newApp draws an application.
func (w *World) newApp(r rng) *app {
	task := pick(r, appTasks())
	return w.newAppFor(r, task.name, task.answer)
}

func (w *World) newAppFor(r rng, task string, answer float64) *app {
	p := &app{input: "app.in." + task, answer: answer * r.uniform(0.6, 1.6), dialogue: 1}
	role := w.g.text(r, "app.role")
	work := w.g.text(r, "app.task."+task)
	rules := w.boilerplate(r, r.between(0, 8))
	contract := ""
	if r.chance(0.6) {
		contract = w.g.text(r, "app.contract")
	}
	d := pick(r, [][2]string{
		{"", ""},
		{`"""`, `"""`},
		{"```", "```"},
		{"<input>", "</input>"},
		{"<text>", "</text>"},
		{"---", "---"},
		{"Text:", ""},
		{"### Input", ""},
	})
	p.open, p.close = d[0], d[1]
	switch r.IntN(4) {
	case 0: // all in the system prompt
		p.system = joinLines(role, work, rules, contract)
	case 1: // role in the system prompt, the task before the content
		p.system = joinLines(role, rules)
		p.before = joinLines(work, contract)
	case 2: // the task after the content
		p.system = role
		p.after = joinLines(work, rules, contract)
	default: // no system prompt
		p.before = joinLines(role, work, rules)
		p.after = contract
	}
	if r.chance(0.3) {
		p.after = joinLines(
			p.after, "Example\n"+w.g.text(r, p.input)+"\nResult: "+w.g.text(r, "sentence"),
		)
	}
	if r.chance(0.35) {
		p.system = joinLines(p.system, w.g.text(r, "app.about"))
	}
	if r.chance(0.12) {
		for range r.between(2, 6) {
			p.tools = append(p.tools, w.g.text(r, "verb")+"_"+w.g.text(r, "noun"))
		}
	}
	if task == "ticket" || task == "tutor" || task == "mail" {
		p.dialogue = r.uniform(1, 3.5)
	}
	return p
}

// user is the user message around new content.
func (p *app) user(w *World, r rng) string {
	var content string
	if len(w.texts.Prompts) > 0 && r.chance(0.5) {
		content = pick(r, w.texts.Prompts)
	} else {
		content = w.g.text(r, p.input)
	}
	return joinLines(p.before, p.open, content, p.close, p.after)
}

// call is one request of the application.
func (p *app) call(w *World, r rng) *call {
	return &call{
		system: p.system, input: []event.Message{user(p.user(w, r))},
		tools: p.tools, answer: p.answer,
	}
}

func joinLines(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(p, "\n"))
	}
	return b.String()
}

// law is how a program spaces its requests.
type law struct {
	// rate is per day, cv the coefficient of variation of the gaps.
	rate, cv    float64
	shape       *shape
	from, until int64
	// dialogue is the mean number of turns that follow one another.
	dialogue float64
}

// program sends the calls that next makes, by the law.
func (w *World) program(a *account, l law, next func(t int64) *call) {
	if l.shape == nil {
		l.shape = w.shapes.product
	}
	// Within a burst requests still follow one another at the pace of a worker.
	gap := func() float64 {
		return a.r.gamma(l.cv)*day/l.rate*max(1, l.dialogue) + a.r.lognormal(300, 0.8)
	}
	from := max(w.start, l.from, a.id.CreatedAt)
	var run func(t int64)
	run = func(t int64) {
		if l.until != 0 && t > l.until {
			return
		}
		c := next(t)
		if l.dialogue > 1 {
			w.turn(t, a, c, a.r.geometric(l.dialogue), "en")
		} else if c != nil {
			w.send(t, a, c)
		}
		w.at(l.shape.next(t, a.zone, gap()), run)
	}
	w.at(l.shape.next(from, a.zone, gap()*a.r.Float64()), run)
}

// burstiness draws the coefficient of variation of an application's gaps; published client traces
// show a median near 2 and a long tail.
func burstiness(r rng) float64 { return min(9, max(0.9, r.lognormal(2, 0.6))) }

// appLaw draws how busy an application is: so heavy tailed that a few carry most of the requests.
func (w *World) appLaw(a *account, median float64) law {
	l := law{
		rate: min(150*median, a.r.lognormal(median, 1.8)), cv: burstiness(a.r),
		shape: w.shapes.product,
	}
	if a.r.chance(0.08) {
		l.shape = w.shapes.flat
	}
	return l
}

// runApp lets an account run an application.
func (w *World) runApp(a *account, p *app, l law) {
	l.dialogue = p.dialogue
	sessions := a.r.chance(0.3)
	w.program(a, l, func(int64) *call {
		c := p.call(w, a.r)
		if sessions {
			c.session = "sess_" + a.r.token(18)
		}
		return c
	})
}

// addApps makes independent applications, each its own company with its own template.
func (w *World) addApps(c *Crowd) {
	g := w.newGroup(c.ID, "API apps", c.ID, false)
	for range c.Accounts {
		a := w.person(g, true)
		a.settled = a.r.uniform(0.85, 1)
		w.runApp(a, w.newApp(a.r), w.appLaw(a, or(c.Rate, 70)))
	}
}

// addSaaS makes companies that hold one account for each of their customers: one template, one
// parent, each customer its own egress and rhythm.
func (w *World) addSaaS(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, 1), false) {
		g := w.newGroup(groupID(c, i), "SaaS with a key per customer", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		parent := w.organisation(r, verifiedShare(c, 1))
		product := w.newApp(r)
		client := w.ids.sdk(r)
		params := w.parameters(r, true)
		byOrg := r.chance(0.6)
		for range size {
			a := w.person(g, true)
			if byOrg {
				parent.enroll(a)
			} else {
				a.id.OrgID, a.id.Verified.V = "", verifiedShare(c, 1) > 0
			}
			a.id.CreatedAt = min(w.start-hour, parent.since+int64(r.ExpFloat64()*120*day))
			a.stack, a.request = client, params
			a.settled = 0.97
			w.runApp(a, product, w.appLaw(a, or(c.Rate, 40)))
		}
	}
}

func groupID(c *Crowd, i int) string {
	if c.Groups <= 1 {
		return c.ID
	}
	return c.ID + "-" + string(rune('a'+i%26)) + suffix(i/26)
}

func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return string(rune('a'+(n-1)%26)) + suffix((n-1)/26)
}

// addStarter makes independent people who run the same open source application with keys of their
// own.
func (w *World) addStarter(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, 1), true) {
		g := w.newGroup(groupID(c, i), "users of one open source app", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		product := w.newApp(r)
		client := w.ids.sdk(r)
		params := w.parameters(r, true)
		for range size {
			a := w.person(g, true)
			if a.r.chance(0.8) {
				a.stack = client
			}
			if a.r.chance(0.7) {
				a.request = params
			}
			mine := *product
			if a.r.chance(0.3) {
				mine.system = joinLines(mine.system, w.boilerplate(a.r, 2)) // people tinker
			}
			w.runApp(a, &mine, w.appLaw(a, or(c.Rate, 12)))
		}
	}
}

// addAuditors makes companies whose applications ask for justified decisions: rubric and reasoning
// words without any harvest.
func (w *World) addAuditors(c *Crowd) {
	g := w.newGroup(c.ID, "explainability and audit prompts", c.ID, false)
	for range c.Accounts {
		a := w.person(g, true)
		a.id.Verified.V = a.r.chance(verifiedShare(c, 0.5))
		task := pick(a.r, []string{"call", "moderate", "tutor", "extract"})
		p := w.newAppFor(a.r, task, 220)
		p.system = joinLines(p.system, w.g.text(a.r, "audit.rule"), w.g.text(a.r, "audit.rule"))
		w.runApp(a, p, w.appLaw(a, or(c.Rate, 60)))
	}
}

// addAggregators makes registered resellers: one account, many end users, every kind of content.
func (w *World) addAggregators(c *Crowd) {
	g := w.newGroup(c.ID, "registered aggregator", c.ID, false)
	for range c.Accounts {
		a := w.person(g, true)
		a.nets, a.lease = []network{pick(a.r, w.ids.cloud), pick(a.r, w.ids.cloud)}, 6
		a.id.Plan, a.settled = "enterprise", 0.5
		a.id.Verified.V = a.r.chance(verifiedShare(c, 0.7))
		users := make([]string, a.r.between(40, 400))
		for i := range users {
			users[i] = "eu_" + a.r.token(10)
		}
		apps := []*app{w.newApp(a.r), w.newApp(a.r), w.newApp(a.r)}
		l := law{rate: or(c.Rate, 900), cv: 1.3, shape: w.shapes.product, dialogue: 1.6}
		w.program(a, l, func(int64) *call {
			who := users[a.r.zipf(len(users), 0.8)]
			if a.r.chance(0.4) {
				k := pick(a.r, apps).call(w, a.r)
				k.endUser = who
				return k
			}
			tongue := pick(a.r, w.ids.place(a.r).tongues)
			return &call{
				input: []event.Message{user(w.prompt(a.r, tongue))}, answer: 240, endUser: who,
				session: "sess_" + a.r.token(18),
			}
		})
	}
}
