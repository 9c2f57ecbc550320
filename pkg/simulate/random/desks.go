package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// desks are mechanisms of trades and pastimes whose people write by a form or a common prompt.
func desks() []Mechanism {
	return []Mechanism{
		{
			Name: "eight-disciplines", size: few,
			Shares: []Aspect{Layout, LongOutputs},
			Life:   "Suppliers of car makers answer each complaint in eight steps whose names the whole industry has; the quality engineer fills four of them and has the report written.",
			Source: "the 8D method of Ford and of the VDA",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.3), Sigma: 0.7,
					Rules:    []string{"v.d8.problem", "v.d8.contain", "v.d8.cause", "v.d8.action"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 2.5),
					Answer: d.about(850, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "user-stories", size: large,
			Shares: []Aspect{Layout, SingleTurns},
			Life:   "Owners of products write what is wanted as their training taught them, who, what, why and when it is done, and let the model find the gaps.",
			Source: "the form of user stories since Connextra (2001) and Cohn (2004)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 0.8,
					Rules:    []string{"v.story.as", "v.story.done", "v.story.notes"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 1.6),
					Answer: d.about(260, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "support-plans", size: some,
			Shares: []Aspect{Layout, LongOutputs},
			Life:   "Teachers of pupils with special needs draft the plan of each under the headings of the law, most of them in the weeks in which the meetings are.",
			Source: "individualized education programs (34 CFR 300.320)",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(80, 240))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.7,
					Rules:    []string{"v.plan.level", "v.plan.goal", "v.plan.help", "v.plan.check"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 3),
					Answer: d.about(700, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "report-comments", size: large,
			Shares: []Aspect{Template, SingleTurns, Schedule},
			Life:   "In the last days before the reports are due teachers of a country write thirty comments each, pupil by pupil, with the prompt of a teachers' page.",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.75, 1), d.hours(20, 60))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.3), Sigma: 0.6, Rules: []string{"v.comments"},
					Texts: d.between(1, 4), Position: "before", Content: "v.comments.in",
					Turns: d.uniform(1, 1.4), Answer: d.about(95, 0.2), Hours: "own",
					Run: d.uniform(4, 20), Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "clause-review", size: some,
			Shares: []Aspect{Template, Client, Reasoning},
			Life:   "Lawyers of many firms have clauses compared with their playbook by one add-in of the word processor, clause by clause, with the grounds for each mark.",
			Source: "Spellbook and other add-ins for Word",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(1, 3), Device: d.uniform(0, 0.6),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.4), Sigma: 0.9, Rules: []string{"v.clause"},
					Texts: d.between(1, 3), Position: one(d, "system", "before"),
					Content: "v.clause.in", Answer: d.about(430, 0.2), Hours: "office",
					Run: d.uniform(3, 14), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "second-hand", size: large,
			Shares: []Aspect{Template},
			Life:   "People who clear out their wardrobes have the advertisements written by the prompt of a group of sellers, a dozen on a Sunday and none for weeks.",
			Source: "prompts for Vinted and eBay in sellers' groups",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.4), Sigma: 0.9, Rules: []string{"v.used"},
					Texts: d.between(1, 4), Position: one(d, "before", "before", "after"),
					Content: "v.used.in", Turns: d.uniform(1, 1.8), Answer: d.about(130, 0.2),
					Hours: "own", Run: d.uniform(2, 9), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "novel-program", size: few,
			Shares: []Aspect{Template, Client, LongOutputs, Conversations},
			Life:   "Writers keep their people and places in a program for novels, which sends them along with its system prompt and has scene after scene drafted on their own keys.",
			Source: "Novelcrafter and its prompts for scene beats",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(1, 3), Device: d.uniform(0, 0.5),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(23, 0.5), Sigma: 1.1, Rules: []string{"v.novel", "v.novel.codex"},
					Texts: d.between(2, 5), Position: "system", Content: "v.novel.in",
					Turns: d.uniform(2, 6), Answer: d.about(1000, 0.2), Hours: "own",
					Tinker: 0.95,
				}
				return m
			},
		},
		{
			Name: "notam-brief", size: few,
			Shares: []Aspect{Template, Schedule},
			Life:   "Private pilots of a region paste weather and notices on the morning of a flight, into the prompt that their club's safety evening recommended.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.3), Sigma: 0.6, Rules: []string{"v.flight"},
					Texts: d.between(1, 2), Position: "before", Content: "v.flight.in",
					Turns: d.uniform(1, 2.5), Answer: d.about(460, 0.2), Hours: "own",
					From: 6, To: 10, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "move-explainer", size: some,
			Shares: []Aspect{Template, Client, Reasoning},
			Life:   "Chess players have the turning points of their games explained by an extension that adds the engine's lines and asks for the thinking behind them.",
			Source: "extensions that comment games of lichess and chess.com with a model",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(1, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 1, Rules: []string{"v.chess"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "v.chess.in", Turns: d.uniform(1, 1.6), Answer: d.about(280, 0.3),
					Hours: "own", Run: d.uniform(2, 7), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "easy-language", size: few,
			Shares: []Aspect{Organisation, Template, Network},
			Life:   "Offices of a state have their letters put into easy language by the rules of its guideline, on the seats of each town and from its town hall.",
			Source: "DIN SPEC 33429 and the rules of Netzwerk Leichte Sprache",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(5, 25)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: "place", Addresses: d.between(1, 3), Place: true,
					Verified: d.uniform(0.4, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 0.8, Rules: []string{"v.plainly"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "v.plainly.in", Turns: d.uniform(1, 2), Answer: d.about(340, 0.2),
					Hours: "office", Tinker: 0.25,
				}
				return m
			},
		},
	}
}
