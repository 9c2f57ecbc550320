package simulate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// thing is a mechanism at work: what it makes people share, drawn once.
type thing struct {
	m *Mechanism
	r rng

	// circle is the identity that the next members get, count how many have one.
	circle *circle
	count  int

	home   place
	stacks []stack
	params event.Request
	model  int
	tools  []string

	texts []sharedText
	items []string
	// minute is that of the day at which nightly jobs start, weekday the day of what happens once a
	// week.
	minute  int64
	weekday time.Weekday
}

// circle is what the accounts of one family, office or firm have in common; all members of a
// mechanism where it has no smaller circles.
type circle struct {
	issuers   []string
	payment   string
	domain    string
	org       *organisation
	nets      []network
	addresses []string
	home      place
}

// sharedText is one text of a mechanism, section by section.
type sharedText struct {
	sections []string
	head     string
	title    int
}

// reached is when a mechanism reached a person, and until when they keep to it (0 is to the end).
type reached struct {
	thing *thing
	at    int64
	until int64
}

// addGathering makes the people of a gathering and lets them live.
func (w *World) addGathering(c *Gathering) {
	g := w.newGroup(c.ID, c.kind(), c.ID, false)
	for i := range c.Mechanisms {
		g.mechanisms = append(g.mechanisms, c.Mechanisms[i].Name)
	}
	r := newRNG(w.sc.Seed, w.stream())
	things := make([]*thing, len(c.Mechanisms))
	for i := range things {
		things[i] = w.newThing(r, &c.Mechanisms[i])
	}
	for range c.Accounts {
		m := w.individual(g, r.chance(c.Programs), or(c.Rate, 4))
		var by []reached
		beside := 1.0
		for _, th := range things {
			if !m.r.chance(th.m.Adoption) {
				continue
			}
			hit := w.reach(m, th)
			by = append(by, hit)
			if th.m.Beside != 0 {
				beside *= max(0, th.m.Beside)
			}
		}
		w.live(m, beside)
		for _, hit := range by {
			w.follow(m, hit)
		}
	}
}

// kind is what the truth calls the crowd.
func (c *Gathering) kind() string {
	if len(c.Mechanisms) == 0 {
		return "individuals"
	}
	names := make([]string, len(c.Mechanisms))
	for i := range names {
		names[i] = c.Mechanisms[i].Name
	}
	return strings.Join(names, " + ")
}

// newThing draws what a mechanism makes people share.
func (w *World) newThing(r rng, m *Mechanism) *thing {
	th := &thing{m: m, r: r, home: w.ids.place(r), minute: int64(r.between(0, 6*60))}
	th.circle = w.newCircle(th)
	th.weekday = w.sc.Start.Add(time.Duration(r.Float64() * float64(w.sc.Duration))).Weekday()
	w.equipThing(r, th)
	for range max(1, m.Use.Texts) {
		if len(m.Use.Rules) == 0 {
			break
		}
		heads := []string{"", "", "##", "1.", ":", "<>"}
		if m.Use.Position == "own" {
			heads = heads[2:] // the headings are all that is shared
		}
		text := sharedText{head: pick(r, heads), title: r.IntN(len(sectionTitles))}
		for _, rule := range m.Use.Rules {
			text.sections = append(text.sections, w.g.text(r, rule))
		}
		th.texts = append(th.texts, text)
	}
	if m.Use.Items > 0 {
		th.items = make([]string, m.Use.Items)
		for i := range th.items {
			th.items[i] = w.g.text(r, or(m.Use.Content, "item.know"))
		}
		w.public = append(w.public, th.items)
	}
	return th
}

// newCircle draws an identity to share.
func (w *World) newCircle(th *thing) *circle {
	r, id := th.r, &th.m.Identity
	c := &circle{home: w.ids.place(r)}
	for range id.Issuers {
		c.issuers = append(c.issuers, w.ids.issuer(r))
	}
	if id.Payment {
		c.payment = r.hex(32)
	}
	if id.Domain {
		c.domain = w.ids.ownDomain(r)
	}
	if id.Organisation {
		c.org = w.organisation(r, 0)
	}
	var net network
	switch id.Network {
	case "":
		return c
	case "vpn":
		net = pick(r, w.ids.vpn)
	case "cloud":
		net = pick(r, w.ids.cloud)
	default:
		net = w.ids.homeIn(r, c.home.country)
	}
	c.nets = []network{net}
	block := net.address(r)
	for range max(1, id.Addresses) {
		c.addresses = append(c.addresses, neighbour(r, block))
	}
	return c
}

// nextCircle is the circle of the next member.
func (w *World) nextCircle(th *thing) *circle {
	if n := th.m.Circle; n > 0 && th.count > 0 && th.count%n == 0 {
		th.circle = w.newCircle(th)
	}
	th.count++
	return th.circle
}

// equipThing draws the program of a mechanism.
func (w *World) equipThing(r rng, th *thing) {
	c := &th.m.Client
	versions := max(1, c.Versions)
	switch c.Kind {
	case "sdk":
		for range versions {
			th.stacks = append(th.stacks, w.ids.sdk(r))
		}
	case "app":
		one := w.ids.browser(r)
		name := w.g.text(r, "company")
		for v := range versions {
			next := one
			next.agent = fmt.Sprintf("%s/%d.%d %s", slug(name), 1+v, r.IntN(10), one.agent)
			next.device = c.Device
			th.stacks = append(th.stacks, next)
		}
	}
	th.params = w.parameters(r, c.Kind == "sdk")
	th.model = w.favourite(r)
	if c.Tools {
		for range r.between(2, 7) {
			th.tools = append(th.tools, w.g.text(r, "verb")+"_"+w.g.text(r, "noun"))
		}
	}
}

// reach brings a mechanism to a person: what changes about the account, and when.
func (w *World) reach(m *individual, th *thing) reached {
	law, r := th.m, m.r
	hit := reached{thing: th, at: w.arrive(r, law)}
	if law.Stay > 0 {
		hit.until = max(hit.at, w.start) + int64(r.ExpFloat64()*float64(law.Stay.Milliseconds()))
	}
	if law.Arrival == Deadline {
		hit.until = w.start + (law.Begin + law.Spread).Milliseconds()
	}
	if r.chance(law.Newcomers) {
		m.id.CreatedAt = hit.at - minute - int64(r.Float64()*float64(law.SignUp.Milliseconds()))
	}
	w.enrol(m, th)
	if law.Client.Always {
		w.dress(m.account, th)
	}
	return hit
}

// arrive draws when a mechanism reaches a person.
func (w *World) arrive(r rng, law *Mechanism) int64 {
	begin, spread := w.start+law.Begin.Milliseconds(), float64(law.Spread.Milliseconds())
	switch law.Arrival {
	case Burst:
		return begin + int64(r.ExpFloat64()*spread/2.3) // nine in ten within the spread
	case Ramp:
		return begin + int64(max(r.Float64(), r.Float64())*spread)
	case Deadline:
		return begin + int64(max(0, spread-r.ExpFloat64()*spread/3))
	}
	return begin + int64(r.Float64()*spread)
}

// enrol gives the account what the mechanism's members have in common.
func (w *World) enrol(m *individual, th *thing) {
	id, a, r, c := &th.m.Identity, m.account, m.r, w.nextCircle(th)
	if c.org != nil {
		c.org.enroll(a)
	}
	if id.Plan != "" {
		a.id.Plan = id.Plan
		if id.Plan == "free" {
			a.id.PaymentFP, a.id.PaymentIssuer = "", ""
		}
	}
	if len(c.issuers) > 0 || c.payment != "" {
		if a.id.Plan == "free" {
			a.id.Plan = "pro"
		}
		a.id.PaymentFP = or(c.payment, r.hex(32))
		if len(c.issuers) > 0 {
			a.id.PaymentIssuer = pick(r, c.issuers)
		}
	}
	if c.domain != "" {
		a.id.EmailDomain = c.domain
	}
	if id.Verified != 0 {
		a.id.Verified.V = r.chance(id.Verified)
	}
	if id.Place {
		a.zone, a.tongue = c.home.zone, pick(r, c.home.tongues)
		a.tongues = []string{a.tongue, pick(r, c.home.tongues)}
		if len(c.nets) == 0 {
			a.nets = []network{w.ids.homeIn(r, c.home.country)}
		}
	}
	if len(c.nets) > 0 {
		a.nets, a.addresses = c.nets, c.addresses
	}
}

// dress gives an account the program of a mechanism.
func (w *World) dress(a *account, th *thing) {
	c := &th.m.Client
	if len(th.stacks) > 0 {
		a.stack = th.stacks[min(a.r.zipf(len(th.stacks), 1), len(th.stacks)-1)]
		a.dressDevice()
	}
	if c.Params {
		a.request = th.params
	}
	if c.Effort != "" {
		a.request.ReasoningEffort = c.Effort
	}
	if c.MaxTokens > 0 {
		a.request.MaxTokens = event.Int{V: c.MaxTokens, Known: true}
	}
	if c.Model {
		a.model, a.settled = th.model, max(a.settled, 0.95)
	}
	if c.NewModel {
		a.moves = nil
		for _, rel := range w.sc.Releases {
			at := w.start + rel.After.Milliseconds()
			a.moves = append(a.moves, move{at: at, model: rel.Model, share: newModelShare})
		}
	}
}

// newModelShare is the share of requests on the new model where a mechanism is about it.
const newModelShare = 0.95

// shared is one text of a mechanism as a member uses it.
func (w *World) shared(r rng, th *thing) (text string, ok bool) {
	if len(th.texts) == 0 {
		return "", false
	}
	s := th.texts[min(r.zipf(len(th.texts), 1.1), len(th.texts)-1)]
	sections := slices.Clone(s.sections)
	switch {
	case th.m.Use.Position == "own":
		for i, rule := range th.m.Use.Rules {
			sections[i] = w.g.text(r, rule)
		}
	case r.chance(th.m.Use.Tinker):
		if k := r.IntN(len(sections) + 1); k < len(sections) {
			sections[k] = w.g.text(r, th.m.Use.Rules[k])
		} else {
			sections = append(sections, w.g.text(r, "app.boiler"))
		}
	}
	for i, sec := range sections {
		title := sectionTitles[(s.title+i)%len(sectionTitles)]
		switch s.head {
		case "##":
			sec = "## " + title + "\n" + sec
		case "1.":
			sec = string(rune('1'+i%9)) + ". " + sec
		case ":":
			sec = title + ": " + sec
		case "<>":
			sec = "<" + title + ">" + sec + "</" + title + ">"
		}
		sections[i] = sec
	}
	return joinLines(sections...), true
}
