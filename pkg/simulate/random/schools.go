package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// schools are mechanisms of pupils, students and those who apply.
func schools() []Mechanism {
	return []Mechanism{
		{
			Name: "lab-reports", size: some,
			Shares: []Aspect{Layout, LongOutputs},
			Life:   "Pupils write up their experiments under the four headings of the subject and have the discussion worked out; each class measured something else.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.3), Sigma: 0.6,
					Rules:    []string{"o.lab.aim", "o.lab.method", "o.lab.result", "o.lab.talk"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 2.5),
					Answer: d.about(800, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "patient-role-play", size: some,
			Shares: []Aspect{Template, Conversations},
			Life:   "Students of medicine practise taking a history: the model is the patient, by the prompt that an older year passed on.",
			Source: "students' guides to practical examinations with chatbots as patients",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(90, 300))
				m.Use = simulate.SharedUse{
					Rate: d.about(28, 0.4), Sigma: 0.8, Rules: []string{"o.patient", "o.patient"},
					Texts: d.between(1, 3), Position: "before", Content: "sentence",
					Turns: d.uniform(7, 11), Answer: d.about(70, 0.3), Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "band-scores", size: large,
			Shares: []Aspect{Template, Reasoning},
			Life:   "Candidates of a language test have their essays rated by the public descriptors, with the reasons for each band, more and more often as their date comes near.",
			Source: "prompts for IELTS writing in candidates' forums",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Stay = d.hours(100, 400)
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.4), Sigma: 0.9, Rules: []string{"o.band", "o.band"},
					Texts: d.between(1, 4), Position: one(d, "before", "after"), Content: "class.notes",
					Turns: d.uniform(1, 3), Answer: d.about(520, 0.2), Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "debate-motion", size: some,
			Shares: []Aspect{Items, Schedule},
			Life:   "A league announces the motion, and all teams of a round prepare both sides of it in the same hour.",
			Source: "calendars of university debating: fifteen minutes to prepare a motion",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(1, 4))
				m.Stay = d.hours(2, 5)
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.3), Sigma: 0.6, Content: "o.motion", Items: d.between(2, 6),
					Turns: d.uniform(2, 5), Answer: d.about(430, 0.2), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "interview-list", size: large,
			Shares: []Aspect{Items},
			Life:   "Who looks for work as a programmer goes through the same list of problems, a few an evening, and asks for a hint rather than a solution.",
			Source: "the lists Blind 75 and NeetCode 150",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 0.8, Content: "o.interview", Items: one(d, 75, 150),
					InOrder: d.Float64() < 0.6, Turns: d.uniform(2, 5), Answer: d.about(260, 0.2),
					Hours: "own",
				}
				return m
			},
		},
		{
			Name: "retraining-cohort", size: few,
			Shares: []Aspect{SignUp, Organisation},
			Life:   "An employment office sends its unemployed to a course; the school makes all of them seats on the first morning.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.9, 1), simulate.Burst, d.hours(3, 14))
				m.Newcomers, m.SignUp = d.uniform(0.8, 1), 90*time.Minute
				m.Circle = d.between(10, 30)
				m.Identity = simulate.SharedIdentity{Organisation: true, Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.3), Sigma: 0.7, Turns: d.uniform(1.5, 4),
					Answer: d.about(260, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "results-day", size: vast,
			Shares: []Aspect{Schedule, Template, SignUp},
			Life:   "On the morning on which results are published thousands look for another place at a university, with a prompt that their schools handed out.",
			Source: "clearing at UCAS",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(3, 12))
				m.Stay = d.hours(3, 12)
				m.Newcomers, m.SignUp = d.uniform(0.3, 0.6), 40*time.Minute
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.6, Rules: []string{"o.results", "plain.rule"},
					Texts: d.between(1, 2), Position: "before", Turns: d.uniform(1.5, 4),
					Answer: d.about(340, 0.2), Hours: "flat", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "visa-statements", size: some,
			Shares: []Aspect{Template, LongOutputs},
			Life:   "Applicants for visas write their statements with the prompt of a guide that saves the lawyer, each with a story of their own.",
			Source: "the guide to personal statements with a prompt to copy (visavu.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.4), Sigma: 0.8, Rules: []string{"o.visa", "o.visa"},
					Texts: d.between(1, 3), Position: "before", Content: "o.visa.in",
					Turns: d.uniform(1.5, 5), Answer: d.about(880, 0.2), Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "live-session", size: large,
			Shares: []Aspect{Items, Schedule, SingleTurns},
			Life:   "A teacher streams and everybody types along: the same sentence in the same minute, from a thousand kitchens.",
			Source: "webinars of prompt courses with exercises in step",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(0.5, 2))
				m.Stay = d.hours(1, 3)
				m.Use = simulate.SharedUse{
					Rate: d.about(90, 0.2), Sigma: 0.3, Content: "o.live", Items: d.between(6, 18),
					InOrder: true, Answer: d.about(210, 0.2), Hours: "flat",
				}
				return m
			},
		},
	}
}
