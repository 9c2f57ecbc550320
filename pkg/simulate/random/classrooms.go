package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// classrooms are mechanisms of lessons, examinations and reading together.
func classrooms() []Mechanism {
	return []Mechanism{
		{
			Name: "patient-tutor", size: large,
			Shares: []Aspect{Template, Conversations},
			Life:   "Schools give out the tutor prompt of a paper on teaching: it asks back and never tells the answer, so the talks are long.",
			Source: "Mollick and Mollick 2023, Assigning AI: Seven Approaches for Students, with Prompts",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.3), Sigma: 0.7, Rules: []string{"q.tutor"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Turns: d.uniform(7, 12), Answer: d.about(110, 0.3), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "case-brief", size: some,
			Shares: []Aspect{Layout},
			Life:   "Students of law write each case up as facts, issue, rule and application, and have the model argue against them.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.7,
					Rules: []string{
						"q.brief.facts", "q.brief.issue", "q.brief.rule", "q.brief.apply",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 4),
					Answer: d.about(420, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "exam-afternoon", size: vast,
			Shares: []Aspect{Items, Schedule},
			Life:   "A national examination is over at noon; in the afternoon a year of pupils types the questions from memory or from photographs, to know how they did.",
			Source: "the days of the gaokao and of the Korean Suneung",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(2, 7))
				m.Stay = d.hours(2, 6)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.3), Sigma: 0.7, Content: "q.exam", Items: d.between(20, 60),
					Turns: d.uniform(1, 2.5), Answer: d.about(380, 0.2), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "licence-pool", size: few,
			Shares: []Aspect{Items, SingleTurns},
			Life:   "Candidates for a radio licence go through the published pool of questions, and have explained why the three others are wrong.",
			Source: "question pools of the NCVEC for amateur radio",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 0.8, Content: "q.licence",
					Items: d.between(150, 411), InOrder: d.Float64() < 0.5,
					Turns:  d.uniform(1, 1.3),
					Answer: d.about(170, 0.2), Hours: "own", Run: d.uniform(3, 20),
				}
				return m
			},
		},
		{
			Name: "flag-weekend", size: some,
			Shares: []Aspect{Items, Schedule},
			Life:   "A competition in breaking programs runs from Friday to Sunday; all teams have the same challenges, and paste descriptions and files.",
			Source: "the calendar of ctftime.org",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(6, 20))
				m.Stay = d.hours(12, 36)
				m.Client = simulate.SharedClient{Effort: one(d, "", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(45, 0.4), Sigma: 0.9, Content: "q.flag", Items: d.between(12, 45),
					Turns: d.uniform(2, 6), Answer: d.about(420, 0.3), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "book-club", size: some,
			Shares: []Aspect{Items, Conversations},
			Life:   "Readers of one book go through the questions that the club sends for each chapter, and talk about them before they meet.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.7, Content: "q.book", Items: d.between(10, 40),
					InOrder: d.Float64() < 0.5, Turns: d.uniform(5, 10), Answer: d.about(260, 0.2),
					Hours: "own",
				}
				return m
			},
		},
		{
			Name: "shown-working", size: large,
			Shares: []Aspect{Reasoning, Template, LongOutputs},
			Life:   "Schools allow the model if its whole working is handed in as an appendix; the pupils use the wording of the rules to get it.",
			Source: "declarations on the use of AI that universities ask for, with the transcript attached",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.75, 1), d.hours(50, 160))
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 0.8, Rules: []string{"q.shown"},
					Texts: d.between(1, 3), Position: one(d, "before", "after"),
					Turns: d.uniform(1, 2.5), Answer: d.about(980, 0.2), Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
	}
}
