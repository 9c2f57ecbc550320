package simulate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// template makes a campaign's work prompts: what stays the same between them, and the items
// that fill the slots.
type template struct {
	w      *World
	p      Prompt
	frames []*frame
	// dealt counts the given items handed out; asked holds recent ones for campaigns whose lists
	// overlap.
	dealt int
	asked []string
	// subject is the kind of the next item where accounts have their own.
	subject string
	// worker is the number of the account that asks, for templates that are an account's own.
	worker int
	// deck holds the items that are still to be answered, each as often as it is.
	deck []string
}

// frame is one template: sections in an order, each with a rule to redraw it from, and the wording
// of the day.
type frame struct {
	sections []section
	label    string // before the item
	head     string // how sections are headed: "", "##", "[1]", "1.", "<>" or ":"
	slotLine bool   // a line of drawn attributes on top
	tags     [2]string
	answer   float64
	style    string
}

type section struct{ rule, text string }

// frameRules are the sections that styles put together, in order.
func frameRules(p Prompt) []string {
	plain := p.Elicit == "plain"
	switch p.Style {
	case StyleInject:
		return []string{"inject.a", "inject.b", "inject.b", "inject.c"}
	case StyleGrade:
		return []string{
			"grade.role", "grade.criterion", "grade.criterion", "grade.criterion",
			"grade.criterion", "grade.contract",
		}
	case StyleClean:
		return []string{"clean.task", "clean.rule", "clean.rule"}
	case StyleGenerate:
		return []string{"gen.task", "gen.rule", "gen.rule", "gen.contract"}
	case StyleCoerce:
		return []string{"probe.pretext", "probe.demand", "probe.form", "probe.assure"}
	case StyleBare, StyleRelay, StyleReplay:
		return nil
	case StyleAgentic:
		return []string{"c.role", "agentic.rule", "agentic.rule", "agentic.rule"}
	}
	if plain {
		return []string{"c.role", "c.task", "plain.rule", "plain.rule", "c.contract"}
	}
	return []string{"c.role", "c.task", "c.method", "c.method", "c.check", "c.contract"}
}

// newTemplate draws the campaign's wording.
func (w *World) newTemplate(r rng, p Prompt) *template {
	s := &template{w: w, p: p}
	if n := len(w.texts.Items); n > 0 {
		s.dealt = r.IntN(n) // campaigns begin at different places of the same collection
	}
	styles := p.Wording.Styles
	for i := range max(1, p.Templates, len(styles)) {
		if len(styles) > 0 {
			p.Style = styles[i%len(styles)]
		}
		f := &frame{
			style: p.Style,
			label: w.g.text(r, "c.label"),
			head:  pick(r, []string{"", "", "##", "[1]", "1.", "<>", ":"}), slotLine: r.chance(0.4),
			answer: r.uniform(420, 900),
		}
		f.tags = [2]string{
			w.g.text(r, "c.tag"),
			pick(r, []string{"answer", "result", "final", "reply", "solution"}),
		}
		switch p.Style {
		case StyleInject, StyleCoerce:
			f.head, f.slotLine, f.label = "", false, ""
		case StyleGrade:
			f.answer = r.uniform(150, 420)
		}
		if p.Wording.Plain {
			f.head, f.slotLine, f.label = "", false, ""
		}
		rules := frameRules(p)
		given := len(p.Wording.Sections) > 0
		if given {
			rules = slices.Clone(p.Wording.Sections)
		}
		if p.Style == StyleTemplate && !given && r.chance(0.5) && len(rules) > 3 {
			// Templates differ in what they care for: drop one of the inner sections.
			k := 1 + r.IntN(len(rules)-2)
			rules = append(rules[:k:k], rules[k+1:]...)
		}
		for _, rule := range rules {
			f.sections = append(f.sections, section{rule, f.fill(w.g.text(r, rule))})
		}
		s.frames = append(s.frames, f)
	}
	return s
}

// fill puts the frame's tag names into a section.
func (f *frame) fill(text string) string {
	return strings.NewReplacer("@1", f.tags[0], "@2", f.tags[1]).Replace(text)
}

// frame is the template of the next request.
func (s *template) frame(r rng) *frame {
	if s.p.Wording.Own {
		return s.frames[s.worker%len(s.frames)]
	}
	return pick(r, s.frames)
}

// call is one work request in the given language (empty draws one).
func (s *template) call(r rng, tongue string) *call {
	f := s.frame(r)
	if tongue == "" {
		tongue = "en"
		if r.chance(s.p.Languages) {
			tongue = pick(r, []string{"zh", "ja", "es", "de", "ru", "fr", "zh", "ja"})
		}
	}
	item := s.item(r, tongue, f.style)
	for i := 1; i < s.p.Wording.Pack; i++ {
		item += fmt.Sprintf("\n\n%d. %s", i+1, s.item(r, tongue, f.style))
	}
	c := &call{
		answer: f.answer * float64(max(1, s.p.Wording.Pack)), effort: s.p.Effort, harvest: true,
	}
	if s.p.Tools {
		c.tools = pick(r, s.w.codingTools()).versions[0].tools
	}
	text := f.text(s, r)
	if f.label != "" && text != "" {
		item = f.label + ":\n" + item
	}
	if f.slotLine && s.p.Answers <= 1 { // the same prompt is sent again
		item = fmt.Sprintf("[%s | %s]\n%s",
			s.w.g.text(r, "c.domain"), s.w.g.text(r, "c.level"), item)
	}
	position := s.p.Position
	if position == "any" {
		position = pick(r, []string{"first", "system", "end", "first", "end"})
	}
	if position == "own" {
		position = [...]string{"first", "system", "end"}[s.worker%3]
	}
	switch {
	case text == "":
		c.input = []event.Message{user(item)}
	case s.p.Wording.Agreed:
		c.input = s.agreed(r, text, item)
	case position == "system":
		c.system, c.input = text, []event.Message{user(item)}
	case position == "both":
		c.system, c.input = text, []event.Message{user(item + "\n\n" + text)}
	case position == "end":
		c.input = []event.Message{user(item + "\n\n" + text)}
	case position == "around":
		cut := max(0, strings.LastIndexByte(text, '\n'))
		c.input = []event.Message{
			user(joinLines(text[:cut], item, strings.TrimSpace(text[cut:]))),
		}
	case position == "split":
		cut := max(0, strings.LastIndexByte(text, '\n'))
		c.system, c.input = text[:cut],
			[]event.Message{user(item + "\n" + strings.TrimSpace(text[cut:]))}
	default:
		c.input = []event.Message{user(text + "\n\n" + item)}
	}
	if s.p.Wording.Talk > 0 {
		c.input = append(s.talk(r, tongue), c.input...)
	}
	return c
}

// text is the prompt template of one request: fixed, or every section in new words.
func (f *frame) text(s *template, r rng) string {
	var parts []string
	for i, sec := range f.sections {
		text := sec.text
		if f.style == StyleSections {
			text = f.fill(s.w.g.text(r, sec.rule))
		}
		if text == "" {
			continue
		}
		switch f.head {
		case "##":
			text = "## " + sectionTitles[i%len(sectionTitles)] + "\n" + text
		case "[1]":
			text = fmt.Sprintf("[%d]\n%s", i+1, text)
		case "1.":
			text = fmt.Sprintf("%d. %s", i+1, text)
		case "<>":
			tag := strings.ToLower(sectionTitles[i%len(sectionTitles)])
			text = "<" + tag + ">\n" + text + "\n</" + tag + ">"
		case ":":
			text = sectionTitles[i%len(sectionTitles)] + ": " + text
		}
		parts = append(parts, text)
	}
	if f.style == StyleInject || f.style == StyleCoerce {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "\n")
}

var sectionTitles = [...]string{"Role", "Job", "Method", "Detail", "Check", "Format", "Notes"}

// item is the next piece of work.
func (s *template) item(r rng, tongue, style string) string {
	if s.p.Answers > 1 {
		return s.card(r, tongue, style)
	}
	if len(s.asked) > 0 && r.chance(s.p.Overlap) {
		return pick(r, s.asked)
	}
	text := s.fresh(r, tongue, style)
	if s.p.Overlap > 0 {
		if len(s.asked) < 5000 {
			s.asked = append(s.asked, text)
		} else {
			s.asked[r.IntN(len(s.asked))] = text
		}
	}
	return text
}

// card draws from the deck: the answers to one item are not asked for one after the other.
func (s *template) card(r rng, tongue, style string) string {
	const items = 50
	if len(s.deck) == 0 {
		for range items {
			item := s.fresh(r, tongue, style)
			for range s.p.Answers {
				s.deck = append(s.deck, item)
			}
		}
	}
	i := r.IntN(len(s.deck))
	item, last := s.deck[i], len(s.deck)-1
	s.deck[i] = s.deck[last]
	s.deck = s.deck[:last]
	return item
}

func (s *template) fresh(r rng, tongue, style string) string {
	g := s.w.g
	if n := len(s.w.texts.Items); n > 0 && style != StyleGrade && style != StyleClean {
		s.dealt++
		return s.w.texts.Items[s.dealt%n]
	}
	if s.p.Wording.Source != "" {
		return g.text(r, s.p.Wording.Source)
	}
	if s.p.Wording.Public && len(s.w.public) > 0 && tongue == "en" {
		return pick(r, pick(r, s.w.public))
	}
	switch style {
	case StyleGrade:
		return "Question:\n" + s.question(r, tongue) + "\n\nAnswer to grade:\n" +
			g.text(r, "grade.answer")
	case StyleClean:
		return g.text(r, "clean.trace")
	case StyleGenerate:
		return g.text(r, "gen.seed")
	case StyleInject:
		if r.chance(0.5) {
			return s.w.prompt(r, tongue)
		}
	}
	return s.question(r, tongue)
}

func (s *template) question(r rng, tongue string) string {
	if tongue != "en" && s.w.g.has("item."+tongue) {
		return s.w.g.text(r, "item."+tongue)
	}
	kind := or(s.subject, s.p.Items)
	if kind == "" || kind == "mixed" {
		kind = pick(r, s.p.Wording.kinds())
	}
	return s.w.g.text(r, "item."+kind)
}

// itemKinds are the kinds of items, as often as they are drawn.
var itemKinds = []string{"math", "code", "reason", "know", "know", "tool", "analysis"}

// kinds are the kinds of items of a campaign, as often as they are drawn.
func (w *Wording) kinds() []string {
	if len(w.Kinds) > 0 {
		return w.Kinds
	}
	return itemKinds
}

// probe is one differently worded attempt to make the model show what it hides.
func (s *template) probe(r rng) *call {
	g := s.w.g
	text := strings.Join([]string{
		g.text(r, "probe.pretext") + ".", g.text(r, "probe.demand"), g.text(r, "probe.form") + ".",
		g.text(r, "probe.assure"),
	}, " ")
	if r.chance(0.5) {
		text = g.text(r, "redteam")
	}
	text = joinLines(text, s.question(r, "en"))
	c := &call{answer: 300, harvest: true, input: []event.Message{user(text)}}
	if r.chance(0.3) {
		c.system, c.input = text, []event.Message{user(s.question(r, "en"))}
	}
	return c
}
