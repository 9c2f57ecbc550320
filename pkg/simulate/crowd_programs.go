package simulate

import (
	"fmt"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// publicSet is a collection of items that everybody may download.
func (w *World) publicSet(index, items int) []string {
	if len(w.texts.Items) > 0 {
		return w.texts.Items[:min(items, len(w.texts.Items))]
	}
	r := newRNG(0xe7a1, uint64(index)) // the same in every world, as public things are
	rules := []string{"item.math", "item.code", "item.reason", "item.know", "item.analysis"}
	out := make([]string, items)
	for i := range out {
		out[i] = w.g.text(r, rules[index%len(rules)])
	}
	return out
}

// addEvaluators makes teams that replay public sets: the same items again and again, at fixed times
// and on release days.
func (w *World) addEvaluators(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, max(1, c.Accounts/5)), true) {
		g := w.newGroup(groupID(c, i), "evaluators of one public set", c.ID, false)
		set := w.publicSet(i, 120+i%4*90)
		harness := newRNG(0xe7a1, uint64(1000+i))
		prefix := pick(harness, []string{
			"", "Question: ", "Answer the question.\n\n", "Problem:\n",
		})
		for range size {
			a := w.person(g, true)
			a.olderThan(w.start)
			a.id.Verified.V = a.r.chance(verifiedShare(c, 0.5))
			a.request.Temperature = event.Float{V: 0, Known: true}
			a.settled = 1
			suffix := ""
			if a.r.chance(0.4) {
				suffix = "\n" + w.g.text(a.r, "eval.suffix")
			}
			runs := or(c.Rate, 300) / float64(len(set))
			every := int64(float64(day) / max(runs, 0.02))
			var start func(t int64)
			start = func(t int64) {
				w.replay(t, a, set, prefix, suffix, "")
				w.at(t+every+int64(a.r.Float64()*10*minute), start)
			}
			w.at(w.start+int64(a.r.Float64()*float64(min(every, day))), start)
			for _, rel := range w.sc.Releases {
				if a.r.chance(0.6) {
					model := rel.Model
					w.at(
						w.start+rel.After.Milliseconds()+int64(a.r.ExpFloat64()*3*hour),
						func(t int64) { w.replay(t, a, set, prefix, suffix, model) },
					)
				}
			}
		}
	}
}

// replay asks all items of a set one after the other.
func (w *World) replay(t int64, a *account, set []string, prefix, suffix, model string) {
	pace := a.r.lognormal(2500, 0.6)
	i := 0
	var next func(t int64)
	next = func(t int64) {
		if i >= len(set) {
			return
		}
		w.send(t, a, &call{
			model: model, input: []event.Message{user(prefix + set[i] + suffix)}, answer: 280,
		})
		i++
		w.at(t+int64(a.r.lognormal(pace, 0.5)), next)
	}
	next(t)
}

// addCron makes jobs by the clock: canaries, nightly summaries, CI.
func (w *World) addCron(c *Crowd) {
	g := w.newGroup(c.ID, "cron and CI jobs", c.ID, false)
	for range c.Accounts {
		a := w.person(g, true)
		a.olderThan(w.start)
		a.settled = 1
		text := w.g.text(a.r, "cron.task")
		every := pick(a.r, []int64{minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, hour})
		if c.Rate > 0 {
			every = int64(float64(day) / c.Rate)
		}
		batch := 1
		if a.r.chance(0.3) {
			every, batch = day, a.r.between(30, 250)
		}
		answer := a.r.uniform(8, 160)
		var tick func(t int64)
		tick = func(t int64) {
			for k := range batch {
				w.at(t+int64(k)*1500+int64(a.r.Float64()*900), func(t int64) {
					body := text + fmt.Sprintf("\nRun %d", t/1000)
					if a.r.chance(0.7) {
						body = text + "\n" + w.g.text(a.r, "app.in.log")
					}
					w.send(t, a, &call{input: []event.Message{user(body)}, answer: answer})
				})
			}
			w.at(t+every, tick)
		}
		w.at(w.start+int64(a.r.Float64()*float64(every)), tick)
	}
}

// addLicensed makes customers who are allowed to build training data: everything a harvest shows,
// with a contract.
func (w *World) addLicensed(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, 1), false) {
		g := w.newGroup(groupID(c, i), "licensed synthetic data customer", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		org := w.organisation(r, verifiedShare(c, 1))
		org.plan = "enterprise"
		work := w.newTemplate(r, Prompt{
			Style: pick(r, []string{StyleTemplate, StyleGenerate, StyleGrade}), Templates: 2,
			Languages: 0.1,
		})
		client, params := w.ids.sdk(r), w.parameters(r, true)
		net := pick(r, w.ids.cloud)
		addresses := []string{net.address(r), net.address(r)}
		for range size {
			a := w.person(g, true)
			org.enroll(a)
			a.id.CreatedAt = min(w.start-10*day, org.since)
			a.stack, a.request, a.nets, a.addresses, a.settled = client, params, []network{net},
				addresses, 1
			w.program(
				a, law{rate: or(c.Rate, 400), cv: 1, shape: w.shapes.flat}, func(int64) *call {
					k := work.call(a.r, "")
					k.harvest = false
					return k
				},
			)
		}
	}
}

// addRedTeam makes safety researchers: many wordings, many refusals, no work at scale after them.
func (w *World) addRedTeam(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, max(1, c.Accounts/5)), true) {
		g := w.newGroup(groupID(c, i), "red-team researchers", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		org := w.organisation(r, verifiedShare(c, 0.5))
		for range size {
			a := w.person(g, r.chance(0.6))
			org.enroll(a)
			l := law{rate: a.r.lognormal(or(c.Rate, 80), 0.8), cv: 2.5, shape: w.shapes.office}
			w.program(a, l, func(int64) *call {
				k := &call{
					input: []event.Message{user(w.g.text(a.r, "redteam"))}, answer: 120,
					refused: a.r.chance(0.6),
				}
				if a.r.chance(0.3) {
					k.input[0] = user(w.prompt(a.r, "en"))
					k.refused = false
				}
				return k
			})
		}
	}
}

// addTutorial makes a cohort that follows one course: fresh accounts, the same first prompts, the
// same library.
func (w *World) addTutorial(c *Crowd) {
	g := w.newGroup(c.ID, "followers of one online course", c.ID, false)
	r := newRNG(w.sc.Seed, w.stream())
	client, params := w.ids.sdk(r), w.parameters(r, true)
	system := w.g.text(r, "app.role")
	lessons := w.g.lines(r, "tutorial", 3)
	spread := float64(or(c.Spread, 60*time.Hour).Milliseconds())
	for range c.Accounts {
		a := w.person(g, true)
		a.nets = []network{w.ids.homeIn(a.r, w.ids.place(a.r).country)}
		a.lease = 20
		a.id.CreatedAt = w.start + c.At.Milliseconds() + int64(a.r.Float64()*spread)
		if a.r.chance(0.8) {
			a.stack, a.request = client, params
		}
		begin := a.id.CreatedAt + int64(a.r.ExpFloat64()*hour)
		n := 0
		l := law{
			rate: or(c.Rate, 30), cv: 2.2, shape: w.shapes.people, from: begin,
			until: begin + int64(a.r.uniform(0.2, 3)*float64(day)),
		}
		w.program(a, l, func(int64) *call {
			n++
			k := &call{
				system: system, answer: 60, input: []event.Message{user(lessons[n%len(lessons)])},
			}
			if a.r.chance(0.5) {
				k.input[0] = user(w.g.text(a.r, "tutorial"))
			}
			return k
		})
	}
}

// addBackfill makes one-off migrations: a whole archive through one prompt at full speed, some
// declared as batch.
func (w *World) addBackfill(c *Crowd) {
	g := w.newGroup(c.ID, "batch back-fill", c.ID, false)
	for range c.Accounts {
		a := w.person(g, true)
		a.settled = 1
		a.id.CreatedAt = w.start - int64(a.r.Float64()*3*day) // a key made for the job
		p := w.newAppFor(a.r, pick(a.r, []string{"summary", "extract", "translate"}), 120)
		begin := w.start + c.At.Milliseconds() + int64(a.r.Float64()*float64(8*hour))
		declared := a.r.chance(0.6)
		l := law{
			rate: or(c.Rate, 3000), cv: 0.6, shape: w.shapes.flat, from: begin,
			until: begin + or(c.Spread, 10*time.Hour).Milliseconds(),
		}
		w.program(a, l, func(int64) *call {
			k := p.call(w, a.r)
			k.batch = declared
			return k
		})
	}
}

// addGlobalTeam makes support desks that follow the sun: one organisation, one template, never
// quiet.
func (w *World) addGlobalTeam(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, 1), false) {
		g := w.newGroup(groupID(c, i), "team around the clock", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		org := w.organisation(r, verifiedShare(c, 0.7))
		desk := w.newAppFor(r, "ticket", 140)
		zones := []float64{-6, 1, 8}
		for k := range size {
			a := w.person(g, r.chance(0.5))
			org.enroll(a)
			a.zone = zones[k%3]
			l := law{rate: a.r.lognormal(or(c.Rate, 40), 0.5), cv: 1.4, shape: w.shapes.office}
			w.runApp(a, desk, l)
		}
	}
}

// addHobbyRelay makes small circles of friends who share a few accounts through a relay they host
// themselves.
func (w *World) addHobbyRelay(c *Crowd) {
	for i, size := range w.split(c, or(c.Groups, max(1, c.Accounts/3)), false) {
		g := w.newGroup(groupID(c, i), "friends behind a relay of their own", c.ID, false)
		r := newRNG(w.sc.Seed, w.stream())
		client := w.ids.sdk(r)
		net := pick(r, w.ids.cloud)
		address := []string{net.address(r)}
		constant := r.chance(0.5)
		accounts := make([]*account, size)
		for k := range accounts {
			a := w.person(g, true)
			a.olderThan(w.start)
			a.stack, a.nets, a.addresses, a.retries = client, []network{net}, address, false
			if constant {
				a.device = relayDevice
			}
			accounts[k] = a
		}
		turn := 0
		for range 2 * size {
			friend := w.person(&group{campaign: true}, false) // has no account of its own
			w.friend(friend, accounts, &turn, or(c.Rate, 14)*0.5)
		}
	}
}

// friend holds conversations through the shared accounts: an hour on one, then the next.
func (w *World) friend(f *account, accounts []*account, turn *int, rate float64) {
	var talk func(t int64)
	talk = func(t int64) {
		a := accounts[*turn%len(accounts)]
		*turn++
		w.turn(t, a, &call{
			input: []event.Message{user(w.prompt(f.r, f.tongue))}, answer: 260,
			session: "sess_" + f.r.token(18),
		}, f.r.geometric(4), f.tongue)
		w.at(w.shapes.people.next(t+minute, f.zone, f.r.gamma(1.3)*4*float64(day)/rate), talk)
	}
	w.at(w.shapes.people.next(w.start, f.zone, f.r.Float64()*4*float64(day)/rate), talk)
}
