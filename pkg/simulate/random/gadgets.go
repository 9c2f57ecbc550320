package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// gadgets are mechanisms of programs and things that come with a prompt of their own.
func gadgets() []Mechanism {
	return []Mechanism{
		{
			Name: "note-vault", size: some,
			Shares: []Aspect{Template, Client},
			Life:   "Keepers of notes in plain files run the commands of one plugin over them, with templates from its gallery or changed by their own hand.",
			Source: "nhaouari/obsidian-textgenerator-plugin",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{Kind: "app", Versions: d.between(2, 4), Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 1.1, Rules: []string{"o.vault", "plain.rule"},
					Texts: d.between(3, 9), Position: one(d, "before", "system"), Content: "class.notes",
					Turns: d.uniform(1, 2), Answer: d.about(330, 0.3), Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "inline-completion", size: large,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "An editor asks at every pause of the keyboard what might come next: hundreds of requests a day with the code before and behind the cursor, most answers thrown away.",
			Source: "milanglacier/minuet-ai.nvim",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3), MaxTokens: int64(one(d, 64, 256)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(120, 0.5), Sigma: 1.2, Rules: []string{"o.fill", "o.fill"},
					Position: "system", Content: "o.fill.in", Answer: d.about(35, 0.3),
					Hours: one(d, "office", "own"), Run: d.uniform(5, 30), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "group-chat-bot", size: few,
			Shares: []Aspect{Template, Client, Conversations},
			Life:   "Friends put a bot into their chat group with a key of one of them; it answers whoever calls it, in the middle of what the others say.",
			Source: "n3d1117/chatgpt-telegram-bot",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(34, 0.5), Sigma: 1.2, Rules: []string{"o.group", "plain.rule"},
					Texts: d.between(1, 3), Position: "system", Content: "o.group.in",
					Turns: d.uniform(5, 10), Answer: d.about(120, 0.3), Hours: "own", Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "browser-agent", size: some,
			Shares: []Aspect{Template, Client, Conversations, Volume},
			Life:   "An open agent clicks through web pages for its users: each click is a request with the elements of the page, ten to forty of them an errand.",
			Source: "browser-use/browser-use",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(24, 90))
				m.Begin -= d.hours(0, 160)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(90, 0.4), Sigma: 1.1,
					Rules: []string{"o.browse", "o.browse", "app.contract"}, Position: "system",
					Content: "o.browse.in", Turns: d.uniform(8, 11), Answer: d.about(150, 0.2),
					Hours: one(d, "own", "office"), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "speaking-toy", size: vast,
			Shares: []Aspect{Template, Client},
			Life:   "A cheap kit of a microphone, a speaker and a face answers children and makers at home; firmware and greeting are the same in every house.",
			Source: "78/xiaozhi-esp32 and its servers",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: d.between(2, 5), Device: 1}
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.4), Sigma: 1, Rules: []string{"o.toy"}, Texts: d.between(2, 6),
					Position: "system", Content: "o.toy.in", Turns: d.uniform(2, 6),
					Answer: d.about(40, 0.2), Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "paper-translator", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Researchers have papers translated with their layout kept: one program, a paragraph a request, a whole paper within minutes.",
			Source: "Byaidu/PDFMathTranslate",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(85, 0.5), Sigma: 1.2, Rules: []string{"o.paper"}, Texts: d.between(2, 5),
					Position: one(d, "system", "before"), Content: "o.paper.in",
					Answer: d.about(160, 0.3), Hours: "own", Run: d.uniform(20, 90), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "memory-layer", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "A library remembers users for the products that build it in: behind each message of theirs it asks what is worth keeping, with its own prompt.",
			Source: "mem0ai/mem0",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: d.between(2, 4)}
				m.Use = simulate.SharedUse{
					Rate: d.about(60, 0.6), Sigma: 1.4, Rules: []string{"o.memory", "app.contract"},
					Position: "system", Content: "o.memory.in", Answer: d.about(55, 0.3),
					Hours: "product", Run: d.uniform(1, 3), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "guardrail-check", size: few,
			Shares: []Aspect{Template, Parameters, SingleTurns},
			Life:   "Products ask before and after each answer whether it may be given: the example prompt of the toolkit, at temperature 0, for yes or no.",
			Source: "self-checking rails of NVIDIA NeMo Guardrails (docs.nvidia.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: true, MaxTokens: int64(one(d, 3, 16)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(55, 0.6), Sigma: 1.4, Rules: []string{"o.rail"}, Texts: 2,
					Position: "before", Content: "o.rail.in", Answer: d.about(4, 0.2),
					Hours: "product", Run: d.uniform(1, 4), Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "deep-research", size: some,
			Shares: []Aspect{Template, LongOutputs, Reasoning},
			Life:   "People let a small program research for them: it asks for queries, then for what each page teaches, then for a report of many pages.",
			Source: "dzhng/deep-research",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(20, 80))
				m.Begin -= d.hours(0, 120)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: 2, Effort: one(d, "medium", "high"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.5), Sigma: 1.1, Rules: []string{"o.report.deep", "o.report.deep"},
					Texts: d.between(1, 3), Position: one(d, "system", "around"),
					Content: "o.report.deep.in", Answer: d.about(1300, 0.2), Hours: "own",
					Run: d.uniform(4, 14), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "editor-update", size: large,
			Shares: []Aspect{Parameters, Client, Reasoning},
			Life:   "An update of an editor turns deep thinking on for everybody and sets a new limit of tokens; few look for the switch.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(8, 40))
				m.Begin -= d.hours(0, 90)
				m.Client = simulate.SharedClient{
					Kind: "app", Always: true, Params: true, Effort: "high", MaxTokens: 64000,
					Device: d.uniform(0.3, 0.9),
				}
				return m
			},
		},
	}
}
