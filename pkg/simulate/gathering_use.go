package simulate

// habitOf is how one member follows one mechanism.
type habitOf struct {
	*individual

	thing *thing
	// through is the account as the mechanism's program shows it.
	through *account
	// texts are those that the member uses, the first the most.
	texts []string
	next  int // of the public set
	batch bool
}

// follow lets a member do what the mechanism brings.
func (w *World) follow(m *individual, hit reached) {
	use := &hit.thing.m.Use
	if use.Rate <= 0 {
		return
	}
	h := &habitOf{
		individual: m, thing: hit.thing, through: m.account, batch: m.r.chance(use.Declared),
	}
	if c := &hit.thing.m.Client; !c.Always {
		through := *m.account
		through.main = m.account
		w.dress(&through, hit.thing)
		h.through = &through
	}
	for range min(m.r.between(1, 3), max(1, use.Texts)) {
		if text, ok := w.shared(m.r, hit.thing); ok {
			h.texts = append(h.texts, text)
		}
	}
	if n := len(hit.thing.items); n > 0 && !use.InOrder {
		h.next = m.r.IntN(n)
	}
	rate := m.r.lognormal(use.Rate, or(use.Sigma, 0.8))
	hours := m.hours
	switch use.Hours {
	case "office":
		hours = w.shapes.office
	case "product":
		hours = w.shapes.product
	case "flat":
		hours = w.shapes.flat
	case "nightly":
		w.nightly(h, hit, rate)
		return
	}
	if use.From != use.To {
		hours = hours.within(use.From, use.To)
	}
	if use.Weekly {
		hours = hours.onOne(hit.thing.weekday)
	}
	per := max(1, use.Turns) * max(1, use.Run)
	pause := func() float64 { return m.r.gamma(m.rhythm) * day * per / rate }
	var session func(t int64)
	session = func(t int64) {
		if hit.until != 0 && t > hit.until {
			return
		}
		w.run(t, h, m.r.geometric(max(1, use.Run)))
		w.at(hours.next(t+minute, m.zone, pause()), session)
	}
	// Who is reached while the world runs tries it at once; the others are in the middle of it.
	first := m.r.lognormal(6*minute, 1)
	if hit.at < w.start {
		first = pause() * m.r.Float64()
	}
	w.at(hours.next(max(w.start, hit.at, m.id.CreatedAt), m.zone, first), session)
}

// nightly is a run by the clock: every night at the same minute, in the zone of the program.
func (w *World) nightly(h *habitOf, hit reached, rate float64) {
	zone := h.thing.home.zone
	at := w.start/day*day + h.thing.minute*minute - int64(zone*hour)
	for at < max(w.start, hit.at) {
		at += day
	}
	var night func(t int64)
	night = func(t int64) {
		if hit.until != 0 && t > hit.until {
			return
		}
		w.run(t+int64(h.r.ExpFloat64()*20*second), h, max(1, int(h.r.lognormal(rate, 0.3)+0.5)))
		w.at(t+day, night)
	}
	w.at(at, night)
}

// run asks some requests one after the other.
func (w *World) run(t int64, h *habitOf, left int) {
	w.at(t, func(t int64) {
		use := &h.thing.m.Use
		turns := 1
		if use.Turns > 1 {
			turns = h.r.geometric(use.Turns)
		}
		c, tongue := w.useOnce(h)
		w.exchange(t, h.individual, h.through, c, turns, tongue)
		if left > 1 {
			w.run(t+int64(h.r.lognormal(4*second, 0.8)), h, left-1)
		}
	})
}

// useOnce makes one request that a mechanism brings.
func (w *World) useOnce(h *habitOf) (c *call, tongue string) {
	use := &h.thing.m.Use
	tongue = h.tongueNow()
	var content string
	switch {
	case len(h.thing.items) > 0:
		content = h.thing.items[h.next%len(h.thing.items)]
		h.next++
	case use.Content == "-":
	case use.Content == "":
		content = h.ask(w, tongue)
	default:
		content = w.g.text(h.r, use.Content)
		for range h.r.geometric(h.wordy) - 1 {
			content += " " + w.g.text(h.r, "sentence")
		}
	}
	c = &call{answer: or(use.Answer, 260) * h.size, tools: h.thing.tools, batch: h.batch}
	if h.device != "" && h.r.chance(0.5) {
		c.session = "sess_" + h.r.token(18)
	}
	text := ""
	if len(h.texts) > 0 {
		text = h.texts[h.r.zipf(len(h.texts), 1)]
	}
	if use.Anew {
		text, _ = w.shared(h.r, h.thing)
	}
	switch use.Position {
	case "system":
		c.system = text
	case "after":
		content = joinLines(content, text)
	case "around":
		c.system = text
		if len(h.thing.texts) > 0 {
			content = joinLines(h.thing.texts[0].sections[0], content)
		}
	default:
		content = joinLines(text, content)
	}
	for n := use.Earlier; n > 0 && h.r.chance(n/(n+1)); {
		c.input = append(
			c.input, user(w.prompt(h.r, tongue)), assistant(w.g.text(h.r, "answer.en")),
		)
		if len(c.input) >= maxHistory {
			break
		}
	}
	c.input = append(c.input, user(content))
	return c, tongue
}
