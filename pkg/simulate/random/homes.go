package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// homes are mechanisms of what people run, ask and read at home.
func homes() []Mechanism {
	return []Mechanism{
		{
			Name: "bookmark-tagger", size: some,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Who keeps bookmarks on a server of their own has each saved page tagged: thousands after the import, some a day later.",
			Source: "karakeep-app/karakeep, once hoarder",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.6), Sigma: 1.3, Rules: []string{"q.tags"},
					Position: "before", Content: "q.tags.in", Answer: d.about(25, 0.2),
					Hours: "own",
					Run:   d.uniform(1, 6), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "camera-captions", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Cameras at people's doors have everything that moves described: a car, a cat, the postman, day and night.",
			Source: "docs.frigate.video/configuration/genai, default prompts for objects",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.5), Sigma: 1, Rules: []string{"q.camera"},
					Texts:    d.between(2, 4),
					Position: "before", Content: "q.camera.in", Answer: d.about(80, 0.3),
					Hours: one(d, "product", "own"), Run: d.uniform(1, 3), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "screen-translator", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Players read games in a foreign language through a program that has each text box translated as it appears.",
			Source: "HIllya51/LunaTranslator",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(2, 6),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(130, 0.5), Sigma: 1.1, Rules: []string{"q.screen"},
					Texts: d.between(2, 4), Position: one(d, "system", "before"),
					Content: "q.screen.in", Answer: d.about(30, 0.2), Hours: "own",
					Run: d.uniform(20, 90), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "phone-line", size: some,
			Shares: []Aspect{Template, Client, Conversations},
			Life:   "Garages, surgeries and restaurants let a voice answer when nobody can: one framework, its example prompt, and each firm's own callers.",
			Source: "examples of pipecat-ai/pipecat and livekit/agents",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: d.Float64() < 0.5, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(75, 0.5), Sigma: 1.1, Rules: []string{"q.phone", "q.about"},
					Texts: d.between(1, 3), Position: "system", Content: "q.phone.in",
					Turns: d.uniform(6, 11), Answer: d.about(32, 0.2), Hours: "product",
					Tinker: 0.6,
				}
				return m
			},
		},
		{
			Name: "bedtime-story", size: large,
			Shares: []Aspect{Template, Schedule, LongOutputs},
			Life:   "Parents of a country have a story made for tonight, between supper and lights out, by the prompt that one of them posted.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.3), Sigma: 0.6, Rules: []string{"q.bedtime"},
					Texts: d.between(1, 4), Position: "before", Content: "q.bedtime.in",
					Turns: d.uniform(1, 2), Answer: d.about(1000, 0.2), Hours: "flat",
					From: 18, To: 21, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "birth-charts", size: large,
			Shares: []Aspect{Template, LongOutputs},
			Life:   "A prompt for reading birth charts goes from friend to friend; people try it on themselves, then on everybody whom they know.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.75, 1), simulate.Ramp, d.hours(40, 160))
				m.Begin -= d.hours(0, 120)
				m.Stay = d.hours(15, 90)
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.9, Rules: []string{"q.chart"},
					Texts: d.between(1, 3), Position: one(d, "before", "after"),
					Content: "q.chart.in", Turns: d.uniform(1.5, 5), Answer: d.about(950, 0.2),
					Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "blood-values", size: large,
			Shares: []Aspect{Template, Reasoning},
			Life:   "Patients paste the values of their laboratory into the prompt of a self-help group, which asks to reason them through.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.4), Sigma: 0.8, Rules: []string{"q.blood"},
					Texts: d.between(1, 3), Position: one(d, "before", "after"),
					Content: "q.blood.in", Turns: d.uniform(1.3, 3.5), Answer: d.about(600, 0.2),
					Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
	}
}
