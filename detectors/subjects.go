package detectors

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// subjectPrior is what is known of subjects beforehand. How much of a request's words is its
// author's own is from half a per cent, in short chat questions, to most of it, in applications.
// One group of people in four is as exchangeable as workers: evaluators of one public set, a class
// with one sheet, people who chat about this and that. Where the members' prompts are seen to be
// each member's own, the first two are ruled out, and one group in eight is left: of 166 crowds of
// random worlds that were known well enough none was, of two that sent the same prompts one
// (docs/decisions/0024); with one in sixteen, competitors with problems of one kind became a
// finding. One pool in eight gives each account a subject, a language or a repository of its own,
// which costs the operator the free choice of which account asks what (docs/random-worlds.md,
// tactic personas).
func subjectPrior(ownPrompts bool) *prior {
	p := &prior{least: 0.005, most: 0.8, alike: 1.0 / 4, personas: 1.0 / 8}
	if ownPrompts {
		p.alike = 1.0 / 8
	}
	return p
}

// subjects tells workers, of whom one could have sent what another sent, from people, who ask about
// matters of their own.
func subjects() Detector {
	return Detector{
		Spec: Spec{
			ID: "subjects", Axis: Coordination, Family: Habits, Explained: OneSet, Max: 3, Min: -3,
			Null:    habitNull,
			Summary: "Any member could have sent what another member sent. Members with subjects of their own are mitigating evidence.",
			Why: "A pool's work is dealt out; people have subjects, words and a language of " +
				"their own behind whatever program, launch or fashion they share. Each account's " +
				"requests fall into two halves; the halves of one account are compared with those " +
				"of two (intraclass correlation, one-way random effects: Fisher 1925, Shrout and " +
				"Fleiss 1979; similarity of a hashed feature map, Weinberger et al. 2009), in the " +
				"requests that carry the template where there is one. The null is known by pairing " +
				"every half with other members' halves. The bits are a likelihood ratio. Where the " +
				"accounts have something of their own, it is asked again inside teams of like " +
				"accounts: a pool with a few personas or texts has teams of workers.",
			Evasion: "A persona or an assignment for each account, and no two alike: the free " +
				"choice of which account asks what.",
			LookAlikes: "Evaluators of one public set and a class with one sheet; therefore it " +
				"is never more than two bits unless the members' prompts are seen to be each " +
				"member's own.",
			Needs: []string{"content.input or sketch.subject"},
		},
		Measure: func(g *Group, c *Context) (Measure, bool) {
			k := g.kinshipOfSubjects(c)
			m := Measure{Bits: k.bits, Observed: k.own, Expected: k.other}
			if k.teams != nil {
				m.Observed, m.Expected, m.Value = k.kept, peopleKeep, uint64(k.teams.number())
			}
			return m, k.known
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			if m.Value > 0 {
				return fmt.Sprintf("%.0f %% of what the accounts have of their own is left "+
						"inside %d teams of like accounts", 100*m.Observed, m.Value),
					fmt.Sprintf("people keep %.0f %%", 100*m.Expected),
					"the work is dealt out inside teams"
			}
			note := "the work is dealt out among the accounts"
			if m.Bits < 0 {
				note = "each account has subjects of its own"
			}
			return fmt.Sprintf("two requests of one account are alike by %.2f", m.Observed),
				fmt.Sprintf("two requests of different accounts by %.2f", m.Expected), note
		},
	}
}

// subjectKinship is what the subjects of a group's members say.
type subjectKinship struct {
	kinship
	known bool
	bits  float64
	// teams are those in which the members are exchangeable, nil where there are none, kept is the
	// share of their kinship that is left there.
	teams teams
	kept  float64
}

// kinshipOfSubjects compares the members' subjects, once.
func (g *Group) kinshipOfSubjects(c *Context) *subjectKinship {
	if g.subjects != nil {
		return g.subjects
	}
	k := &subjectKinship{}
	g.subjects = k
	p := g.subjectPairs(c)
	if k.kinship, k.known = p.compare(); !k.known {
		return k
	}
	k.bits = subjectPrior(false).bits(&k.kinship)
	if !g.ownPrompts() {
		return k
	}
	own := subjectPrior(true)
	if k.bits = own.bits(&k.kinship); k.bits >= surelyOwn {
		return k
	}
	if inside, of, ok := p.inTeams(&k.kinship); ok {
		if k.bits = own.bitsInTeams(&k.kinship, &inside); k.bits > 0 {
			k.teams, k.kept = of, math.Max(0, inside.rho/k.rho)
		}
	}
	return k
}

// subjectPairs are the halves of the members' requests.
func (g *Group) subjectPairs(c *Context) *pairs {
	templated, all := &c.pairs[0], &c.pairs[1]
	templated.reset(sketch.SubjectSize)
	all.reset(sketch.SubjectSize)
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		h := &c.habits
		if !g.Members[i].Profile.Habits.Unpack(h) {
			continue
		}
		for _, w := range g.byTemplate(c, &g.Members[i], h) {
			a, b := &w.part.Halves[0], &w.part.Halves[1]
			templated.add(i, w.template, a.Sum[:], b.Sum[:], a.Count, b.Count)
		}
		a, b := h.Half(0), h.Half(1)
		all.add(i, 0, a.Sum[:], b.Sum[:], a.Count, b.Count)
	}
	return g.templatedOr(all, templated)
}

// surelyOwn is the bits from which accounts have something of their own, so that it is asked
// whether teams have: the odds are four to one.
const surelyOwn = -2

const (
	// leastSampled is the number of sampled prompts from which it is known whose they are,
	// sameSampled the share sent by several members from which they are not each member's own.
	// Fifteen members who draw ten items each from a set of 500 send a seventh of them twice; of
	// the crowds of random worlds that replay no set, nine in ten send less than a twentieth
	// (judged).
	leastSampled = 30
	sameSampled  = 0.1
)

// ownPrompts says whether the members are seen to send prompts of their own, as far as they are
// sampled.
func (g *Group) ownPrompts() bool {
	sent, _ := g.sampledPrompts()
	same := 0
	for _, who := range sent {
		if len(who) > 1 {
			same++
		}
	}
	return len(sent) >= leastSampled && float64(same) < sameSampled*float64(len(sent))
}
