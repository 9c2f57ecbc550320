package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// loops are mechanisms of what asks by itself, and of small helpers that people let run.
func loops() []Mechanism {
	return []Mechanism{
		{
			Name: "trading-loop", size: few,
			Shares: []Aspect{Template, Client, Reasoning},
			Life:   "After a contest of models with real money many run its open copy: every few minutes the market and one's positions go out, for a chain of thought and an order.",
			Source: "nof1's Alpha Arena and NoFxAiOS/nofx",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(40, 140))
				m.Begin -= d.hours(20, 200)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
					Effort: one(d, "", "medium", "high"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(130, 0.5), Sigma: 0.7, Rules: []string{"v.trade"},
					Texts: d.between(1, 3), Position: "system", Content: "v.trade.in",
					Answer: d.about(430, 0.3), Hours: "flat", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "forecast-bots", size: few,
			Shares: []Aspect{Items, Template, Reasoning},
			Life:   "Makers of bots that forecast take part in one tournament: the same questions for all, most with the prompt of the template that the platform gives out.",
			Source: "Metaculus/metac-bot-template and the quarterly benchmark tournaments",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: d.Float64() < 0.6, Versions: d.between(2, 4),
					Effort: one(d, "", "high"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(42, 0.5), Sigma: 0.8, Rules: []string{"v.forecast"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "v.forecast.q", Items: d.between(20, 120),
					InOrder: d.Float64() < 0.7, Answer: d.about(620, 0.3), Hours: "flat",
					Run: d.uniform(3, 15), Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "morning-listing", size: some,
			Shares: []Aspect{Items, Template, Schedule, SingleTurns},
			Life:   "Researchers have the new papers of the day rated by a script that runs when the listing is out: the same abstracts for all, with interests of their own.",
			Source: "AutoLLM/ArxivDigest",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(32, 0.4), Rules: []string{"v.listing"}, Texts: d.between(1, 3),
					Position: one(d, "before", "system"), Content: "v.listing.in",
					Items: d.between(80, 260), InOrder: true, Answer: d.about(90, 0.3),
					Hours: "nightly", Tinker: 0.85,
				}
				return m
			},
		},
		{
			Name: "alert-triage", size: some,
			Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "Small firms pipe the alerts of their open security monitor through a model by the integration that its blog describes, day and night.",
			Source: "Wazuh's posts on alerts enriched by a model",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(75, 0.6), Sigma: 1.2, Rules: []string{"v.alert"},
					Texts: d.between(1, 3), Position: one(d, "system", "before"),
					Content: "v.alert.in", Answer: d.about(120, 0.3),
					Hours: one(d, "product", "flat"), Run: d.uniform(1, 5), Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "picture-prompts", size: large,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Who makes pictures at home lets a node of the program turn a few words into a long description first, by the prompt that came with the workflow.",
			Source: "nodes for ComfyUI that call a model, system prompts of Flux and Qwen-Image",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 5),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.5), Sigma: 1.2, Rules: []string{"v.picture"},
					Texts: d.between(2, 6), Position: one(d, "system", "system", "before"),
					Content: "v.picture.in", Answer: d.about(150, 0.2), Hours: "own",
					Run: d.uniform(3, 20), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "meal-shortcut", size: large,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "A shortcut for telephones takes down what one ate, asks for its calories and writes them into the diary; people add it from a gallery and enter a key.",
			Source: "shortcuts for logging food on RoutineHub",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(1, 3), Device: d.uniform(0, 0.4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.3), Sigma: 0.5, Rules: []string{"v.meal"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "v.meal.in", Answer: d.about(60, 0.3), Hours: "own", Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "screen-reader", size: some,
			Shares: []Aspect{Template, Client},
			Life:   "Blind people have windows and pictures described by an add-on of their screen reader, many times an hour, and ask about what they hear.",
			Source: "cartertemm/AI-content-describer for NVDA",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(28, 0.5), Sigma: 1, Rules: []string{"v.reader"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "v.reader.in", Turns: d.uniform(1.2, 2.5), Answer: d.about(170, 0.3),
					Hours: "own", Run: d.uniform(1, 3), Tinker: 0.35,
				}
				return m
			},
		},
	}
}
