package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// engines are mechanisms of the fashions among programs in 2026: loops, councils, generators and
// settings that are handed round.
func engines() []Mechanism {
	return []Mechanism{
		{
			Name: "same-prompt-loop", size: few,
			Shares: []Aspect{Template, Client, Volume},
			Life: "Programmers start a coding agent again and again with one and the same " +
				"text, overnight, until a list of tasks is done; most copied the text from a " +
				"talk or a repository.",
			Source: "the Ralph loop (G. Huntley 2025) and its many repositories",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.9, 1), simulate.Ramp, d.hours(60, 200))
				m.Begin -= d.hours(100, 900)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: d.between(1, 2),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(190, 0.6), Sigma: 1, Rules: []string{"y.loop"},
					Texts: d.between(2, 5), Position: "before", Content: "agent.task",
					Turns: d.uniform(3, 9), Answer: d.about(330, 0.3),
					Hours: one(d, "flat", "own"), Run: d.uniform(4, 20), Tinker: 0.45,
				}
				return m
			},
		},
		{
			Name: "model-council", size: some,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life: "People ask a council: a small program sends a question to several models, " +
				"then gives each of them the answers of the others without names, to be judged " +
				"and ranked.",
			Source: "karpathy/llm-council and what was made of it",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.5), Sigma: 1, Rules: []string{"y.council"},
					Texts: d.between(1, 2), Position: "before", Content: "y.council.in",
					Answer: d.about(520, 0.2), Hours: "own", Run: d.uniform(1, 4), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "repository-wiki", size: some,
			Shares: []Aspect{Template, Client, LongOutputs, SingleTurns},
			Life: "Teams have a wiki made of their own repository by an open program: dozens " +
				"of pages in an hour, each with the same long orders, and again when the code " +
				"has changed.",
			Source: "AsyncFuncAI/deepwiki-open",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
					MaxTokens: int64(one(d, 0, 8000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(33, 0.7), Sigma: 1.3, Rules: []string{"y.wiki"},
					Position: one(d, "before", "system"), Content: "y.wiki.in",
					Answer: d.about(1500, 0.2), Hours: one(d, "office", "own"),
					Run: d.uniform(10, 40), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "paper-podcasts", size: some,
			Shares: []Aspect{Template, Client, LongOutputs},
			Life: "Commuters have what they ought to read turned into a talk of two voices by " +
				"an open program, in the evening for the next morning, on keys of their own.",
			Source: "open copies of NotebookLM's audio overviews, as gabrielchua/open-notebooklm",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: one(d, "sdk", "app"), Params: true, Versions: d.between(1, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.8, Rules: []string{"y.podcast"},
					Texts: d.between(1, 3), Position: one(d, "system", "before"),
					Content: "y.podcast.in", Turns: d.uniform(1, 1.4),
					Answer: d.about(1700, 0.2), Hours: "own", Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "answer-proxy", size: few,
			Shares: []Aspect{Template, Client, Reasoning, Volume},
			Life: "Enthusiasts put a proxy before the model that makes answers better at a " +
				"price: each question goes out several times with orders to think aloud, and is " +
				"then compared.",
			Source: "codelion/optillm",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
					MaxTokens: int64(one(d, 0, 4096)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(75, 0.5), Sigma: 1, Rules: []string{"y.proxy"},
					Texts: d.between(1, 3), Position: "system", Turns: d.uniform(1, 1.3),
					Answer: d.about(620, 0.2), Hours: "own", Run: d.uniform(3, 8),
					Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "evolved-programs", size: few,
			Shares: []Aspect{Template, Client, LongOutputs, SingleTurns, Volume},
			Life: "Engineers and students let an open program breed code: it shows the model " +
				"the best so far, asks for a better one, measures it, and does so for some " +
				"hundred generations.",
			Source: "algorithmicsuperintelligence/openevolve, after AlphaEvolve (2025)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
					MaxTokens: int64(one(d, 4096, 16000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(210, 0.6), Sigma: 1.2, Rules: []string{"y.evolve"},
					Position: one(d, "system", "before"), Content: "y.evolve.in",
					Answer: d.about(1100, 0.2), Hours: "flat", Run: d.uniform(30, 120),
					Declared: 0.05, Tinker: 0.6,
				}
				return m
			},
		},
		{
			Name: "sampler-preset", size: some,
			Shares: []Aspect{Parameters, Template, Conversations},
			Life: "Who writes stories with the model loads the preset of the month: a file " +
				"with orders for the prose, temperatures and limits, handed round in a forum and " +
				"changed a little.",
			Source: "presets for chat completion in forums on SillyTavern",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(60, 160))
				m.Begin -= d.hours(40, 500)
				m.Client = simulate.SharedClient{
					Params: true, Always: true, MaxTokens: int64(one(d, 1000, 2000, 8192)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 1, Rules: []string{"y.preset"},
					Texts: d.between(2, 4), Position: one(d, "system", "system", "after"),
					Content: "y.preset.in", Turns: d.uniform(7, 14), Answer: d.about(400, 0.2),
					Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "own-small-model", size: few,
			Shares: []Aspect{Client, Parameters, SingleTurns, Volume},
			Life: "Customers follow a provider's guide to its own service: they have the large " +
				"model answer their stored requests for some days, and the provider tunes its " +
				"small one on them.",
			Source: "the guides of providers to distillation within their own platforms",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(60, 160))
				m.Begin -= d.hours(20, 200)
				m.Stay = d.hours(20, 100)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Model: true, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(260, 0.6), Sigma: 1, Content: "y.own",
					Answer: d.about(360, 0.5), Hours: one(d, "flat", "nightly"),
					Run: d.uniform(30, 150), Declared: 0.3,
				}
				return m
			},
		},
		{
			Name: "skill-folders", size: large,
			Shares: []Aspect{Template, Client},
			Life: "Users of agents add folders with skills from a gallery: for each task one " +
				"of some texts is read first, the same for all who have it, and the work is " +
				"their own.",
			Source: "anthropics/skills and galleries of skills (2025 and 2026)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(80, 240))
				m.Begin -= d.hours(50, 700)
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Tools: true, Versions: d.between(2, 4),
					Device: d.uniform(0, 1), Always: d.Float64() < 0.3,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.4), Sigma: 1.1, Rules: []string{"y.skill"},
					Texts: d.between(4, 9), Position: one(d, "system", "before"),
					Turns: d.uniform(2, 6), Answer: d.about(420, 0.3),
					Hours: one(d, "office", "own"), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "synthetic-letters", size: few,
			Shares: []Aspect{Template, LongOutputs, SingleTurns, Volume},
			Life: "Makers of software for hospitals may not test on real letters; with the " +
				"prompt of a paper they have thousands invented, each firm for its own wards and " +
				"its own language.",
			Source: "papers on clinical letters made by models for tests and de-identification",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: one(d, "", "sdk"), Params: d.Float64() < 0.4, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(95, 0.6), Sigma: 1, Rules: []string{"y.letter"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "y.letter.in", Answer: d.about(1050, 0.2),
					Hours: one(d, "flat", "office"), Run: d.uniform(15, 80), Declared: 0.15,
					Tinker: 0.3,
				}
				return m
			},
		},
	}
}
