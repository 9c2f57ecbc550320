package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// benches are mechanisms of those who build with models, and of what they build.
func benches() []Mechanism {
	return []Mechanism{
		{
			Name: "answer-engine", size: some,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "People run an answering engine of their own over public search: each question goes out with a handful of pages and the same page of rules.",
			Source: "ItzCrazyKns/Perplexica",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(13, 0.4), Sigma: 1, Rules: []string{"q.answer"},
					Texts: d.between(1, 3), Position: one(d, "system", "system", "before"),
					Content: "q.answer.in", Turns: d.uniform(1, 1.5), Answer: d.about(420, 0.3),
					Hours: "own", Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "app-from-words", size: some,
			Shares: []Aspect{Template, Client, Conversations, LongOutputs},
			Life:   "People who cannot program have whole applications written in the browser, on keys of their own: a system prompt of many pages, and complete files in each answer.",
			Source: "stackblitz-labs/bolt.diy",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(30, 120))
				m.Begin -= d.hours(0, 200)
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(1, 3),
					MaxTokens: int64(one(d, 8000, 16000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(32, 0.5), Sigma: 1.1,
					Rules:    []string{"q.build", "q.build.files", "q.build.looks"},
					Position: "system", Content: "q.build.in", Turns: d.uniform(6, 11),
					Answer: d.about(1500, 0.3), Hours: "own", Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "rules-file", size: large,
			Shares: []Aspect{Template, Conversations},
			Life:   "A gallery has a file of rules for each framework; programmers put one into their project, and their editor sends it with everything.",
			Source: "PatrickJS/awesome-cursorrules",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.4), Sigma: 1, Rules: []string{"q.rules"},
					Texts: d.between(3, 10), Position: "system", Content: "agent.task",
					Turns: d.uniform(4, 9), Answer: d.about(350, 0.3),
					Hours:  one(d, "office", "own"),
					Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "prompt-tuning", size: few,
			Shares: []Aspect{Template, Parameters, SingleTurns, Volume},
			Life:   "Teams let a library look for the best prompt: hundreds of requests an evening with its markers around fields of their own.",
			Source: "stanfordnlp/dspy, the optimizers",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: true, Versions: d.between(1, 3),
					MaxTokens: int64(one(d, 1000, 4000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(110, 0.6), Sigma: 1.3, Rules: []string{"q.fields"},
					Texts: d.between(2, 4), Position: "system", Content: "q.fields.in",
					Answer: d.about(140, 0.4), Hours: one(d, "office", "own"),
					Run:    d.uniform(30, 100),
					Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "front-end-chores", size: large,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "A chat front end for one's own server asks, behind every talk, for a title, some tags and what might be asked next, by its built-in prompts.",
			Source: "open-webui/open-webui, backend/open_webui/routers/tasks.py",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: d.Float64() < 0.7, Versions: d.between(2, 5),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.4), Sigma: 1, Rules: []string{"q.chores"}, Texts: 3,
					Position: "before", Content: "q.chores.in", Answer: d.about(35, 0.3),
					Hours: "own", Run: d.uniform(2, 3), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "red-team-scan", size: few,
			Shares: []Aspect{Items, Client, SingleTurns, Volume},
			Life:   "Those who run assistants test them before each release with one scanner: its probes are the same everywhere, and most of them are refused.",
			Source: "NVIDIA/garak and its probes",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(160, 0.5), Sigma: 0.8, Content: "q.scan",
					Items: d.between(200, 700), InOrder: d.Float64() < 0.6,
					Answer: d.about(90, 0.4), Hours: one(d, "office", "flat"),
					Run: d.uniform(20, 80),
				}
				return m
			},
		},
		{
			Name: "test-questions", size: few,
			Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "Before they go live teams have questions with reference answers made out of their own documents, passage by passage, by the prompts of a package.",
			Source: "the test set generation of explodinggradients/ragas",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(30, 150))
				m.Begin -= d.hours(0, 60)
				m.Stay = d.hours(5, 40)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(85, 0.5), Sigma: 1, Rules: []string{"q.testset"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "q.testset.in", Answer: d.about(210, 0.3), Hours: "office",
					Run: d.uniform(20, 70), Declared: 0.15, Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "model-retires", size: some,
			Shares: []Aspect{Parameters, Schedule, SingleTurns},
			Life:   "A provider turns an old model off at a date; whoever still calls it sets the parameters of the migration guide and runs the stored requests again.",
			Source: "deprecation pages of the providers, with replacements and dates",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.85, 1), d.hours(24, 80))
				m.Client = simulate.SharedClient{
					Params: true, Always: true, Model: true, MaxTokens: int64(one(d, 2048, 4096)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(60, 0.5), Sigma: 1.1, Content: "q.rerun",
					Answer: d.about(160, 0.4), Hours: one(d, "office", "own"),
					Run: d.uniform(10, 50),
				}
				return m
			},
		},
		{
			Name: "formal-proofs", size: few,
			Shares: []Aspect{Template, Reasoning, Conversations},
			Life:   "Volunteers of a project to formalise a theorem take lemmas from its plan, and argue with the model and the proof assistant until it compiles.",
			Source: "blueprints of Lean projects (teorth/pfr, teorth/equational_theories)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Effort: "high"}
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.4), Sigma: 1, Rules: []string{"q.lemma"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "q.lemma.in", Turns: d.uniform(5, 10), Answer: d.about(480, 0.3),
					Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
	}
}
