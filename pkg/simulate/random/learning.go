package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// learning are mechanisms of schools, courses and exercises.
func learning() []Mechanism {
	return []Mechanism{
		{
			Name: "course-assignment", size: some, Shares: []Aspect{Template, Schedule},
			Life:   "A class gets one sheet; most paste the task with notes of their own, more and more of them as the deadline comes near.",
			Source: "use of ChatGPT over the course of terms, arXiv 2505.24126",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.7, 0.95), d.hours(12, 60))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Rules: []string{"class.task", "class.ask"},
					Position: "before", Content: "class.notes", Turns: d.uniform(1.5, 4),
					Answer: d.about(350, 0.2), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "exam-season", size: some, Shares: []Aspect{Schedule, LongOutputs, Template},
			Life:   "Before an exam pupils pass one prompt around that makes practice questions with full solutions out of a chapter.",
			Source: "OpenRouter's daily tokens, which peak in finals week (Sherwood News, August 2025)",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.6, 0.9), d.hours(24, 72))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Rules: []string{"m.exam", "app.boiler"},
					Position: "before", Content: "app.in.summary", Turns: d.uniform(1, 2),
					Answer: d.about(800, 0.2), Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "coding-tutorial", size: some,
			Shares: []Aspect{Items, Client, SignUp, SingleTurns},
			Life:   "Followers of one video or page sign up, install the library that it uses, and type its examples in order.",
			Source: "OpenAI Cookbook and provider quickstarts, whose examples are copied as they are",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Steady, d.hours(12, 60))
				m.Newcomers = d.uniform(0.5, 0.9)
				m.SignUp = time.Hour
				m.Beside = 0.3
				m.Stay = d.hours(6, 30)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(25, 0.3), Content: "m.lesson", Items: d.between(8, 40),
					InOrder: true, Answer: d.about(120, 0.3), Hours: "own",
					Run: d.uniform(1, 4),
				}
				return m
			},
		},
		{
			Name: "notebook-course", size: some, Shares: []Aspect{Template, Parameters, Client},
			Life:   "A course hands out notebooks that call the API; participants change the data and leave the prompt.",
			Source: "DeepLearning.AI short courses, fast.ai",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.75, 1), simulate.Ramp, d.hours(20, 90))
				m.Newcomers, m.SignUp = d.uniform(0.2, 0.6), 12*time.Hour
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 2),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.4), Rules: []string{"app.role", "m.extract", "app.boiler"},
					Position: one(d, "system", "before"),
					Content:  one(d, "app.in.review", "app.in.extract", "app.in.ticket"),
					Answer:   d.about(150, 0.4), Hours: "own", Run: d.uniform(2, 8),
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "homework-app", size: large, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "An app that solves photographed exercises lets pupils use keys of their own; the prompt is built in.",
			Source: "bring-your-own-key apps of the app stores",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 0.95))
				m.Client = simulate.SharedClient{
					Kind: "app", Versions: 3, Params: true, Device: 0.8,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 1,
					Rules:    []string{"app.task.tutor", "m.trick", "app.contract"},
					Position: one(d, "system", "before"),
					Content:  "app.in.tutor", Answer: d.about(330, 0.3), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "thesis-season", size: few, Shares: []Aspect{LongOutputs},
			Life:   "Students of one faculty hand in theses in the same weeks and have chapters rewritten at length, each of their own.",
			Source: "Liang et al. 2024, modified texts in papers before deadlines",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.7, 1), d.hours(48, 120))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.4), Turns: d.uniform(1.5, 5), Answer: d.about(900, 0.2),
					Hours: "own",
				}
				m.Identity = simulate.SharedIdentity{Plan: one(d, "pro", "free", "")}
				return m
			},
		},
		{
			Name: "language-class", size: some, Shares: []Aspect{Template, Conversations},
			Life:   "A school gives its pupils a prompt for conversation practice at home, in the language of the class.",
			Source: "role play of Duolingo Max, conversation prompts for teachers",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.6, 0.9))
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Rules: []string{"m.practice"}, Texts: d.between(1, 3),
					Position: one(d, "before", "system"), Content: "sentence",
					Turns: d.uniform(4, 8), Answer: d.about(70, 0.3), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
	}
}
