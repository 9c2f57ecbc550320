package simulate

import (
	"math"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// individual is a person with subjects, words, hours, pace and sizes of their own. The accounts of
// the crowds of scenarios are simpler: each of their requests has a subject drawn anew.
type individual struct {
	*account

	hours *shape
	// rate is the requests a day of their own use, turns the mean length of a conversation, rhythm
	// the coefficient of variation of the gaps between conversations.
	rate, turns, rhythm float64
	// reading is the median pause between two turns in milliseconds.
	reading float64
	// wordy is the mean number of sentences of a request, size what answers are longer by than
	// usual, paste the share of requests with material pasted in.
	wordy, size, paste float64
	material           string
	lower              bool // writes without capital letters
	greets             string
	// edgy is the share of their requests that the model refuses.
	edgy float64
	// system is the standing instruction of those who have set one.
	system string
	// own is what a program of theirs does; nil for those who type.
	own *app
	// from is when they begin, where the world runs already.
	from int64
}

// programPace is how many times more often programs ask than people who type.
const programPace = 6

// materials are the grammar rules of what people paste into requests.
var materials = []string{
	"app.in.mail", "app.in.code", "app.in.log", "app.in.summary", "app.in.extract", "app.in.review",
	"app.in.call",
}

// individual makes a person; program says that they use the API by a program of their own.
func (w *World) individual(g *group, program bool, rate float64) *individual {
	a := w.person(g, program)
	r := a.r
	a.r.taste = newTaste(r)
	a.settled = r.uniform(0.55, 1)
	a.tongues = []string{a.tongue, pick(r, a.tongues)}
	m := &individual{
		account: a, hours: ownHours(r), rate: min(300, r.lognormal(rate, 1.1)),
		turns: 1 + r.lognormal(1.2, 0.7), rhythm: r.uniform(0.8, 2.2),
		reading: r.lognormal(40*second, 0.7), wordy: 1 + r.lognormal(0.8, 0.8),
		size: r.lognormal(1, 0.5), material: pick(r, materials),
		lower: r.chance(0.3), edgy: min(0.1, r.lognormal(0.002, 1.4)),
	}
	if r.chance(0.5) {
		m.paste = r.uniform(0, 0.5)
	}
	if r.chance(0.25) {
		m.greets = pick(
			r, []string{"hi", "Hello,", "hey,", "Good day.", "Dear assistant,", "ok,", "Please:"},
		)
	}
	if r.chance(0.15) {
		m.system = w.g.text(a.r, "app.role") + "\n" + w.boilerplate(a.r, a.r.between(0, 3))
	}
	if program {
		m.own = w.newApp(a.r)
		m.own.answer *= m.size
	}
	return m
}

// ownHours draws when a person is awake and free: one or two times of the day, and a weekend of
// their own.
func ownHours(r rng) *shape {
	var hours [24]float64
	peaks := r.between(1, 3)
	for range peaks {
		at, width, weight := r.uniform(7, 23.5), r.uniform(1, 4), r.uniform(0.3, 1)
		for h := range hours {
			d := math.Abs(float64(h) + 0.5 - at)
			d = min(d, 24-d)
			hours[h] += weight * math.Exp(-d*d/(2*width*width))
		}
	}
	for h := range hours {
		hours[h] += 0.02
	}
	return makeShape(r.uniform(0.2, 1.6), hours)
}

// tongueNow is the language of the next conversation.
func (m *individual) tongueNow() string {
	if m.r.chance(0.08) {
		return m.tongues[1]
	}
	return m.tongue
}

// ask is a request in the person's own words about one of their subjects.
func (m *individual) ask(w *World, tongue string) string {
	text := w.prompt(m.r, tongue)
	for range m.r.geometric(m.wordy) - 1 {
		text += " "
		if tongue == "en" {
			text += w.g.text(m.r, "sentence")
		} else {
			text += w.g.text(m.r, "follow."+tongue)
		}
	}
	if m.greets != "" && m.r.chance(0.7) {
		text = m.greets + " " + text
	}
	if m.lower {
		text = strings.ToLower(text)
	}
	if m.r.chance(m.paste) {
		text += "\n\n" + w.g.text(m.r, m.material)
	}
	return text
}

// live lets the person follow their own use of the service for the whole world: what they did
// before anything reached them, and do beside it.
func (w *World) live(m *individual, share float64) {
	rate := m.rate * share
	if rate <= 0 {
		return
	}
	if m.own != nil {
		l := law{
			rate: programPace * rate, cv: burstiness(m.r), shape: w.shapes.product, from: m.from,
		}
		if m.r.chance(0.3) {
			l.shape = m.hours
		}
		w.runApp(m.account, m.own, l)
		return
	}
	pause := func() float64 { return m.r.gamma(m.rhythm) * day * m.turns / rate }
	var session func(t int64)
	session = func(t int64) {
		tongue := m.tongueNow()
		c := &call{
			system: m.system, input: []event.Message{user(m.ask(w, tongue))}, answer: 260 * m.size,
		}
		if m.device != "" {
			c.session = "sess_" + m.r.token(18)
		}
		w.exchange(t, m, m.account, c, m.r.geometric(m.turns), tongue)
		w.at(m.hours.next(t+minute, m.zone, pause()), session)
	}
	w.at(m.hours.next(max(w.start, m.id.CreatedAt, m.from), m.zone, pause()*m.r.Float64()), session)
}

// exchange sends one turn of a conversation through an account and plans the next, at the person's
// own pace and in their own words.
func (w *World) exchange(
	t int64, m *individual, through *account, c *call, left int, tongue string,
) {
	c.refused = m.r.chance(m.edgy)
	out := w.send(t, through, c)
	if left <= 1 || len(c.input) >= maxHistory || !out.ok() && m.r.chance(0.5) {
		return
	}
	next := *c
	next.attempt = 0
	follow := w.g.text(m.r, "follow."+tongue)
	if m.r.chance(0.25) {
		follow = m.ask(w, tongue)
	}
	next.input = append(next.input, assistant(w.g.text(m.r, "answer.en")), user(follow))
	w.at(
		t+out.latency+int64(m.r.lognormal(m.reading, 1)),
		func(t int64) { w.exchange(t, m, through, &next, left-1, tongue) },
	)
}
