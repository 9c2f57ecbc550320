package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// helpers are mechanisms by which a small helper with a prompt of its own is in many hands.
func helpers() []Mechanism {
	return []Mechanism{
		{
			Name: "alt-text-plugin", size: large,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Owners of web sites install a plugin that describes pictures for people who cannot see them, and let it work through their whole library once.",
			Source: "AI Auto Alt Text Generator and Presswell Alt Text Generator on wordpress.org, with keys of one's own and a bulk queue",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: 3, MaxTokens: int64(one(d, 60, 100, 300)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(45, 0.5), Sigma: 1.3, Rules: []string{"l.alt"}, Texts: d.between(1, 3),
					Position: one(d, "before", "system"), Content: "l.alt.in",
					Answer: d.about(30, 0.2), Hours: one(d, "own", "office"),
					Run: d.uniform(8, 50), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "review-action", size: some,
			Shares: []Aspect{Template, Client, Network, SingleTurns},
			Life:   "Projects add a job that has every pull request reviewed: the same job file, on the runners of one host, each on its own code.",
			Source: "GitHub Actions such as coderabbitai/openai-pr-reviewer and magnificode-ltd/chatgpt-code-reviewer",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3), Effort: one(d, "", "medium"),
				}
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(10, 50)}
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.4), Sigma: 1.1, Rules: []string{"l.review", "app.contract"},
					Position: one(d, "system", "before"), Content: "app.in.code",
					Answer: d.about(420, 0.3), Hours: "office", Run: d.uniform(1, 4), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "cluster-doctor", size: few, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Operators let a tool explain what is wrong in their clusters, whenever something is: an error a request.",
			Source: "k8sgpt-ai/k8sgpt, pkg/ai/prompts.go",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 4}
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.5), Sigma: 1.4, Rules: []string{"l.cluster"}, Position: "before",
					Content: "l.cluster.in", Answer: d.about(110, 0.2), Hours: "product",
					Run: d.uniform(2, 12), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "paper-polisher", size: some,
			Shares: []Aspect{Template, Schedule, Client},
			Life:   "Authors of one conference run the polish button of an academic tool over their papers in the nights before its deadline.",
			Source: "the gpt-academic space (qingxu98), whose LaTeX functions polish a whole paper part by part",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(20, 60))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.4), Sigma: 0.8, Rules: []string{"l.polish", "l.polish"},
					Texts: d.between(1, 2), Position: one(d, "before", "around"),
					Content: "l.polish.in", Answer: d.about(480, 0.2), Hours: "own",
					Run: d.uniform(3, 12), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "mail-sorter", size: large, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "An add-on of a mail program has each new message labelled by the prompt that it comes with.",
			Source: "ThunderAI and Sortana for Thunderbird",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Versions: d.between(2, 4), Params: true, Device: d.uniform(0, 0.5),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.4), Sigma: 0.9, Rules: []string{"l.triage"},
					Position: one(d, "system", "before"), Content: "app.in.mail",
					Answer: d.about(40, 0.3), Hours: one(d, "office", "own"),
					Run: d.uniform(1, 6), Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "terminal-helper", size: some, Shares: []Aspect{Template, Client, Parameters},
			Life:   "A command in the terminal turns words into commands, with the role and the temperature that it was written with.",
			Source: "TheR1D/shell_gpt, default temperature 0.1 and built-in roles",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: d.Float64() < 0.6, Versions: 2,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 1, Rules: []string{"l.shell"}, Texts: d.between(1, 2),
					Position: "system", Content: "l.shell.in", Turns: d.uniform(1, 1.5),
					Answer: d.about(45, 0.3), Hours: one(d, "office", "own"), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "dictation-app", size: large,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "People who dictate have each passage tidied by the prompt of their app: dozens of short requests a day, none of them a question.",
			Source: "Superwhisper's modes, Vowen and wispa with keys of one's own",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: 3, Device: d.uniform(0.3, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(48, 0.4), Sigma: 1, Rules: []string{"l.dictate"}, Texts: d.between(1, 4),
					Position: one(d, "system", "before"), Content: "l.dictate.in",
					Answer: d.about(70, 0.3), Hours: "own", Run: d.uniform(2, 8), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "recipe-keeper", size: few, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Families who keep their recipes on a server of their own let it read pages and lists of ingredients.",
			Source: "mealie-recipes/mealie (discussion 2359), cooklang-import",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 1.1, Rules: []string{"l.cook"}, Position: "system",
					Content: "l.cook.in", Answer: d.about(210, 0.3), Hours: "own",
					Run: d.uniform(1, 6), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "keyboard-app", size: vast, Shares: []Aspect{Template, Client, SingleTurns},
			Life: "A keyboard for phones rewrites what its users typed, a sentence at a time, in any program.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(2, 5), Device: 1,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(13, 0.4), Sigma: 1.1, Rules: []string{"l.key"}, Texts: d.between(2, 5),
					Position: one(d, "before", "system"), Content: "sentence",
					Answer: d.about(28, 0.2), Hours: "own", Run: d.uniform(1, 3), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "side-by-side", size: some, Shares: []Aspect{Client, Parameters, SingleTurns},
			Life:   "A desktop program sends a question to the models of all providers at once and shows the answers beside each other, each user with own keys.",
			Source: "ai-shifu/ChatALL",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Always: true, Versions: 2, Model: true,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(17, 0.4), Sigma: 1, Answer: d.about(380, 0.3), Hours: "own",
					Run: d.uniform(1, 3),
				}
				return m
			},
		},
	}
}
