package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// fashions are mechanisms by which a wording, a habit or a service goes around.
func fashions() []Mechanism {
	return []Mechanism{
		{
			Name: "viral-prompt", size: large, Shares: []Aspect{Template, Schedule},
			Life:   "A prompt is shared in a short video; thousands try it the same evening, some a few times, and are done with it.",
			Source: "roast my feed, August 2024; based on everything you know about me",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(4, 30))
				m.Stay, m.Newcomers, m.SignUp = d.hours(2, 12), d.uniform(0, 0.25), time.Hour
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.7, Rules: []string{"m.viral", "m.viral"},
					Position: one(d, "before", "before", "after"),
					Turns:    d.uniform(1, 2.5), Answer: d.about(450, 0.3), Hours: "own", Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "prompt-newsletter", size: some, Shares: []Aspect{Template, Schedule},
			Life:   "Subscribers get a prompt each morning and try it on something of their own.",
			Source: "The Rundown AI, Superhuman and similar daily letters",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.7, 0.95), simulate.Burst, d.hours(6, 14))
				m.Stay = d.hours(4, 20)
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.3), Sigma: 0.5, Rules: []string{"m.daily", "plain.rule"},
					Position: "before", Turns: d.uniform(1, 3),
					Answer: d.about(400, 0.2), Hours: "own", Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "prompt-library", size: some, Shares: []Aspect{Template},
			Life:   "People take prompts from public collections, a few of which everybody uses.",
			Source: "f/awesome-chatgpt-prompts",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.4), Sigma: 1, Rules: []string{"library"},
					Texts: d.between(3, 15), Position: "before", Content: "sentence",
					Turns: d.uniform(1.2, 4), Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "product-launch", size: large, Shares: []Aspect{SignUp, Client},
			Life:   "A model or a plan is announced; people sign up in the hours after it and try it from the same page.",
			Source: "GPT-4o image generation, March 2025: a million users within an hour (Altman)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(10, 40))
				m.Newcomers, m.SignUp = d.uniform(0.6, 1), 2*time.Hour
				m.Client = simulate.SharedClient{
					Kind: one(d, "app", "sdk"), Params: true, Model: true, Always: true,
				}
				return m
			},
		},
		{
			Name: "migration", size: some, Shares: []Aspect{SignUp, Conversations, Client},
			Life:   "A competitor raises its prices; customers move within days and bring their conversations and clients along.",
			Source: "import of memory and conversations as chat services offer it",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(12, 60))
				m.Newcomers, m.SignUp = d.uniform(0.7, 1), 4*time.Hour
				m.Client = simulate.SharedClient{
					Kind: one(d, "sdk", "app"), Versions: d.between(1, 3),
					Params: d.Float64() < 0.5,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 1.1, Rules: []string{"m.migrate"},
					Position: one(d, "system", "before"), Earlier: d.uniform(1, 6),
					Turns: d.uniform(1.5, 4), Hours: "own", Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "reasoning-trick", size: some, Shares: []Aspect{Reasoning, Template},
			Life:   "A trick to make models think aloud is recommended everywhere and ends up in people's standing instructions.",
			Source: "zero-shot chain of thought (Kojima et al. 2022), tree of thoughts as a prompt",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.7, 1), simulate.Ramp, d.hours(20, 80))
				m.Begin -= d.hours(0, 100)
				m.Client = simulate.SharedClient{Effort: one(d, "high", "medium")}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 1, Rules: []string{"m.trick", "m.trick"},
					Position: one(d, "before", "after", "system"),
					Turns:    d.uniform(1, 2.5), Answer: d.about(550, 0.2), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "prompting-guide", size: some, Shares: []Aspect{Layout},
			Life:   "Readers of one guide write role, task, format and constraints under the same headings, in their own words.",
			Source: "the providers' prompting guides, CO-STAR and similar schemes",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 1,
					Rules:    []string{"app.role", "plain.rule", "app.boiler", "app.contract"},
					Position: "own",
					Turns:    d.uniform(1, 2), Answer: d.about(420, 0.3), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "news-event", size: large, Shares: []Aspect{Items, Schedule},
			Life:   "Something happens, and for a day everybody asks the same questions about it.",
			Source: "Reuters Institute Digital News Report 2025, chatbots asked for news",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.7, 1), simulate.Burst, d.hours(4, 16))
				m.Stay = d.hours(2, 10)
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.3), Sigma: 0.6, Content: "m.news", Items: d.between(6, 40),
					Turns: d.uniform(1, 3), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "daily-puzzle", size: some, Shares: []Aspect{Items, Schedule},
			Life:   "A puzzle appears at a fixed hour; people paste it within the hour and argue about the solution.",
			Source: "Advent of Code",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(3, 10))
				m.Stay = d.hours(2, 6)
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.3), Sigma: 0.6, Content: "m.puzzle", Items: d.between(1, 3),
					Turns: d.uniform(1.5, 4), Answer: d.about(500, 0.2),
					Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "fiction-circle", size: few, Shares: []Aspect{LongOutputs, Template},
			Life:   "Writers of a forum have whole chapters drafted by a prompt that one of them polished.",
			Source: "r/WritingWithAI, Sudowrite",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.6, 0.95))
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 1, Rules: []string{"m.story", "plain.rule"},
					Position: "before", Content: "prose",
					Turns: d.uniform(1, 4), Answer: d.about(1100, 0.2), Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
	}
}
