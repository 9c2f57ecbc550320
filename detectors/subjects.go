package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// subjectPrior is what is known of subjects beforehand. How much of a request's words is its
// author's own is from half a per cent, in short chat questions, to most of it, in applications.
// One group of people in four is as exchangeable as workers: evaluators of one public set, a class
// with one sheet, people who chat about this and that. One pool in eight gives each account a
// subject, a language or a repository of its own, which costs the operator the free choice of which
// account asks what (docs/random-worlds.md, tactic personas).
func subjectPrior() *prior {
	return &prior{least: 0.005, most: 0.8, alike: 1.0 / 4, personas: 1.0 / 8}
}

// subjects tells workers, of whom one could have sent what another sent, from people, who ask about
// matters of their own.
func subjects() Detector {
	return Detector{
		Spec: Spec{
			ID: "subjects", Axis: Coordination, Family: Habits, Explained: OneSet, Max: 2, Min: -3,
			Summary: "Any member could have sent what another member sent. Members with subjects of their own are mitigating evidence.",
			Why: "A pool's work is dealt out; people have subjects, words and a language of " +
				"their own behind whatever program, launch or fashion they share. Each account's " +
				"requests fall into two halves; the halves of one account are compared with those " +
				"of two (intraclass correlation, one-way random effects: Fisher 1925, Shrout and " +
				"Fleiss 1979; similarity of a hashed feature map, Weinberger et al. 2009), in the " +
				"requests that carry the template where there is one. The null is known by pairing " +
				"every half with other members' halves. The bits are a likelihood ratio.",
			Evasion: "A persona or an assignment for each account: the free choice of which " +
				"account asks what.",
			LookAlikes: "Evaluators of one public set and a class with one sheet; therefore it " +
				"is never more than two bits.",
			Needs: []string{"content.input or sketch.subject"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			k, ok := compareHalves(g.subjectHalves(), 1)
			if !ok {
				return Measure{}, false
			}
			return Measure{Bits: subjectPrior().bits(&k), Observed: k.own, Expected: k.other}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "the work is dealt out among the accounts"
			if m.Bits < 0 {
				note = "each account has subjects of its own"
			}
			return fmt.Sprintf("two requests of one account are alike by %.2f", m.Observed),
				fmt.Sprintf("two requests of different accounts by %.2f", m.Expected), note
		},
	}
}

// mostCompared bounds the members whose habits are compared: every candidate is measured, and 128
// accounts tell a kinship of 0.1 from none with two requests each.
const mostCompared = 128

// subjectHalves are the halves of the members' requests: of those that carry the template where
// most members have such ones in both halves, else of all.
func (g *Group) subjectHalves() []halves {
	var templated, all []halves
	var h fingerprint.Habits
	looked := 0
	for i := range g.Members {
		if looked == mostCompared {
			break
		}
		if !g.Members[i].Profile.Habits.Unpack(&h) {
			continue
		}
		looked++
		part := &h.Parts[fingerprint.Templated]
		if x, ok := halvesOf(&part.Halves[0], &part.Halves[1]); ok {
			templated = append(templated, x)
		}
		a, b := h.Half(0), h.Half(1)
		if x, ok := halvesOf(&a, &b); ok {
			all = append(all, x)
		}
	}
	if 2*len(templated) >= len(all) && len(g.Work.Shingles) >= leastShingles {
		return templated
	}
	return all
}

// halvesOf are the means of two sums; ok is false when one is of nothing.
func halvesOf(a, b *fingerprint.Subjects) (h halves, ok bool) {
	if a.Count < leastWeight || b.Count < leastWeight {
		return h, false
	}
	h = halves{
		a: make([]float64, sketch.SubjectSize), b: make([]float64, sketch.SubjectSize),
		na: a.Count, nb: b.Count,
	}
	for i := range h.a {
		h.a[i], h.b[i] = a.Sum[i]/a.Count, b.Sum[i]/b.Count
	}
	return h, true
}

// leastWeight is the weight from which there is a request: half of one that has aged.
const leastWeight = 0.5
