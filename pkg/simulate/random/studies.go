package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// studies are mechanisms of science, of paid tasks and of learning.
func studies() []Mechanism {
	return []Mechanism{
		{
			Name: "cell-types", size: few,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Biologists name the clusters of their measurements from lists of genes by the package of a paper, each the tissue of their own laboratory.",
			Source: "Hou and Ji 2024 (Nature Methods), Winnie09/GPTCelltype",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.5), Sigma: 1.1, Rules: []string{"v.cells"},
					Position: "before", Content: "v.cells.in", Answer: d.about(70, 0.3),
					Hours: "office", Run: d.uniform(2, 12), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "crowd-tasks", size: few,
			Shares: []Aspect{Items, SingleTurns, Volume},
			Life:   "Workers of a platform for small paid tasks paste them as they come: the same texts go to many of them, because each task is given to several.",
			Source: "Veselovsky, Ribeiro and West 2023, Artificial Artificial Artificial Intelligence",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Steady, d.hours(15, 70))
				m.Begin -= d.hours(0, 40)
				m.Stay = d.hours(6, 30)
				m.Use = simulate.SharedUse{
					Rate: d.about(48, 0.5), Sigma: 0.9, Content: "v.crowd",
					Items: d.between(60, 400), Turns: d.uniform(1, 1.3),
					Answer: d.about(150, 0.3), Hours: "own", Run: d.uniform(2, 12),
				}
				return m
			},
		},
		{
			Name: "prompt-contributors", size: some,
			Shares: []Aspect{Template, Reasoning, LongOutputs},
			Life:   "People who are paid to write hard tasks with rubrics try them on a model first, with the notes that other contributors passed on, each in a field of their own.",
			Source: "guidelines and forums of contributors to Outlier and DataAnnotation",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{Effort: one(d, "", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(21, 0.4), Sigma: 0.9, Rules: []string{"v.contrib"},
					Texts: d.between(2, 5), Position: one(d, "before", "after"),
					Content: "v.contrib.in", Turns: d.uniform(1.5, 4), Answer: d.about(850, 0.3),
					Hours: "own", Tinker: 0.45,
				}
				return m
			},
		},
		{
			Name: "negotiation-class", size: some,
			Shares: []Aspect{Template, Conversations, Schedule},
			Life:   "Students of business negotiate with the model by the role sheet of their lecturer, everybody on the days between two lessons.",
			Source: "Vaccaro et al. 2025 on negotiation with models; teaching notes of business schools",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(30, 100))
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.3), Sigma: 0.6, Rules: []string{"v.deal"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "sentence", Turns: d.uniform(8, 12), Answer: d.about(65, 0.3),
					Hours: "own", Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "case-interview", size: some,
			Shares: []Aspect{Items, Conversations},
			Life:   "Who wants to become a consultant goes through the casebooks that the clubs of the schools share, with the model as the interviewer.",
			Source: "casebooks of the consulting clubs of Wharton, Kellogg and others",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(17, 0.3), Sigma: 0.7, Content: "v.case", Items: d.between(12, 60),
					InOrder: d.Float64() < 0.4, Turns: d.uniform(6, 11),
					Answer: d.about(160, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "set-textbook", size: vast,
			Shares: []Aspect{Items},
			Life:   "A country's schools use the same textbook; its pupils type or photograph the exercises that they were given, and most classes are within a chapter of each other.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.7, Content: "v.textbook",
					Items: d.between(60, 300), Turns: d.uniform(1, 2.2),
					Answer: d.about(280, 0.3), Hours: "own", Run: d.uniform(1, 4),
				}
				return m
			},
		},
		{
			Name: "daily-page", size: some,
			Shares: []Aspect{Items, Schedule},
			Life:   "All over the world people study the same page of an old book on the same day, and ask what it means before they meet or after.",
			Source: "the calendar of Daf Yomi, one folio a day",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				from := d.between(5, 20)
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.3), Sigma: 0.6, Content: "v.page", Items: d.between(4, 14),
					InOrder: d.Float64() < 0.7, Turns: d.uniform(1.5, 5),
					Answer: d.about(430, 0.2), Hours: "own", From: from, To: from + 3,
				}
				return m
			},
		},
	}
}
