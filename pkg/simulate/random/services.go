package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// services are mechanisms by which people are served through one product or tool.
func services() []Mechanism {
	return []Mechanism{
		{
			Name: "router-service", size: large,
			Shares: []Aspect{Client, Parameters, Network},
			Life:   "A service gives one key for the models of many providers and sends its customers' requests on, each under an account of its own, from its servers.",
			Source: "OpenRouter's and Portkey's bring-your-own-key modes",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: true, Versions: d.between(1, 2),
				}
				m.Identity = simulate.SharedIdentity{
					Network: "cloud", Addresses: d.between(2, 12), Plan: "api",
				}
				return m
			},
		},
		{
			Name: "coding-agent", size: large,
			Shares: []Aspect{Template, Client, Conversations},
			Life:   "Programmers run one coding agent with its long system prompt and its tools, each in repositories of their own, for many turns a task.",
			Source: "Claude Code, Codex CLI, aider",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: d.between(2, 5),
					Effort: one(d, "", "medium", "high"), MaxTokens: int64(one(d, 8192, 32000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(45, 0.4), Sigma: 1.1,
					Rules: []string{
						"app.role", "agent.rule", "agent.rule", "agent.rule", "agent.rule",
						"agent.rule", "agent.rule",
					},
					Position: "system", Content: "agent.task", Turns: d.uniform(5, 12),
					Answer: d.about(420, 0.3), Hours: one(d, "own", "office"), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "app-builder", size: some, Shares: []Aspect{Template, Client, Parameters},
			Life:   "A builder for people who do not program puts its own prompt around the few lines that each of them writes, and runs what they make in its cloud.",
			Source: "Bubble's and Flowise's OpenAI blocks, langgenius/dify",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(4, 30)}
				m.Use = simulate.SharedUse{
					Rate: d.about(35, 0.5), Sigma: 1.4,
					Rules:    []string{"app.role", "app.boiler", "app.contract", "app.boiler"},
					Position: "system", Content: one(d, "app.in.ticket", "app.in.product", "app.in.mail"),
					Turns: d.uniform(1, 2.5), Answer: d.about(230, 0.4), Hours: "product",
					Tinker: 0.6,
				}
				return m
			},
		},
		{
			Name: "flashcard-plugin", size: some, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "A plugin turns notes into flashcards with explanations, a note a request, a whole lecture in the evening.",
			Source: "AnkiBrain and similar add-ons, Obsidian's Spaced Repetition AI",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{Kind: "app", Versions: 3, Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.4), Sigma: 1, Rules: []string{"m.exam", "app.contract"},
					Position: one(d, "system", "before"), Content: "class.notes",
					Answer: d.about(380, 0.3), Hours: "own", Run: d.uniform(4, 15), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "home-automation", size: some, Shares: []Aspect{Template, Client},
			Life:   "A home automation server lets a model answer and switch things; its default prompt lists the devices of each house.",
			Source: "Home Assistant's OpenAI Conversation, jekalmin/extended_openai_conversation",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: 3, MaxTokens: 150,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 0.9, Rules: []string{"app.role", "plain.rule", "app.boiler"},
					Position: "system", Content: "m.npc.state", Turns: d.uniform(1, 1.8),
					Answer: d.about(40, 0.3), Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "open-agent", size: some,
			Shares: []Aspect{Template, Client, Volume},
			Life:   "An autonomous agent is the talk of the month: people start it with a goal of their own, and it asks by itself all night.",
			Source: "Significant-Gravitas/AutoGPT, yoheinakajima/babyagi",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(20, 70))
				m.Begin -= d.hours(0, 80)
				m.Newcomers, m.SignUp = d.uniform(0.1, 0.5), 6*time.Hour
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: 2,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(80, 0.4), Sigma: 1.2,
					Rules:    []string{"m.agent", "c.method", "app.contract"},
					Position: "system", Turns: d.uniform(4, 10), Answer: d.about(260, 0.3),
					Hours: "flat", Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "sheet-function", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "A formula in a spreadsheet asks once for each row: people copy the formula that the add-on's page shows, and drag it down their own table.",
			Source: "GPT for Work, SheetGPT",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, MaxTokens: int64(one(d, 256, 1000)),
				}
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(8, 40)}
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.5), Sigma: 1.2, Rules: []string{"m.extract"},
					Texts: d.between(1, 4), Position: one(d, "before", "system"),
					Content: one(d, "app.in.address", "app.in.product", "app.in.review"),
					Answer:  d.about(50, 0.4), Hours: "office", Run: d.uniform(20, 80),
					Tinker: 0.4,
				}
				return m
			},
		},
	}
}
