package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// workshops are mechanisms of those who take programs apart, test them and keep them running.
func workshops() []Mechanism {
	return []Mechanism{
		{
			Name: "decompiler-plugin", size: some,
			Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "Analysts of malware and hobbyists have functions explained by a plugin of their disassembler: one key press, one function, one prompt.",
			Source: "JusticeRage/Gepetto for IDA",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(19, 0.5), Sigma: 1.1, Rules: []string{"v.decomp"},
					Texts: d.between(1, 2), Position: "before", Content: "v.decomp.in",
					Answer: d.about(240, 0.3), Hours: one(d, "own", "office"),
					Run: d.uniform(2, 9), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "coverage-loop", size: few,
			Shares: []Aspect{Template, Client, Volume},
			Life:   "Teams let a tool write tests until the coverage is what they were told: it asks, runs, shows what failed and asks again, each on its own code.",
			Source: "qodo-ai/qodo-cover, its prompt in TOML",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3), MaxTokens: 4096,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(65, 0.6), Sigma: 1.2, Rules: []string{"v.cover"},
					Position: one(d, "before", "system"), Content: "v.cover.in",
					Answer: d.about(650, 0.3), Hours: one(d, "office", "own"),
					Run: d.uniform(5, 25), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "locale-files", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Developers have the texts of their interface translated by a command in the build, a file at a time into a dozen languages, whenever they release.",
			Source: "lingodotdev/lingo.dev, taahamahdi/i18n-ai-translate",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(38, 0.5), Sigma: 1.2, Rules: []string{"v.locale"},
					Texts: d.between(3, 9), Position: "system", Content: "v.locale.in",
					Answer: d.about(190, 0.4), Hours: "office", Run: d.uniform(10, 50),
					Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "ported-programs", size: few,
			Shares: []Aspect{Template, Reasoning, LongOutputs},
			Life:   "Consultants of several firms move old programs to a language of today by the recipe of one white paper, which wants every rule explained before it is written anew.",
			Source: "guides to the modernisation of COBOL with models (AWS, IBM, GitHub)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Effort: one(d, "", "medium", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.4), Sigma: 0.9, Rules: []string{"v.port"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "v.port.in", Turns: d.uniform(1.2, 3), Answer: d.about(1400, 0.3),
					Hours: "office", Run: d.uniform(1, 6), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "test-hackers", size: few,
			Shares: []Aspect{Template, Conversations, Reasoning},
			Life:   "Testers of networks, and those who learn it on practice machines, let an open helper keep the plan: they paste what a command printed, it reasons about the next.",
			Source: "GreyDGL/PentestGPT",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: 2, Effort: one(d, "", "", "high"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(34, 0.4), Sigma: 1, Rules: []string{"v.pentest"},
					Texts: d.between(1, 3), Position: "system", Content: "v.pentest.in",
					Turns: d.uniform(6, 12), Answer: d.about(360, 0.3),
					Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "health-checks", size: large,
			Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "Whoever depends on a model has a probe ask it one word every few minutes; the sentence is the default of the monitoring program.",
			Source: "health checks of BerriAI/litellm, synthetic monitors of several services",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 4),
					MaxTokens: int64(one(d, 1, 5, 10)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(90, 0.4), Sigma: 0.6, Rules: []string{"v.health"},
					Texts: d.between(1, 4), Position: "before", Content: "-", Answer: 2,
					Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "throughput-test", size: few,
			Shares: []Aspect{Template, LongOutputs, SingleTurns},
			Life:   "Before they sign or change a contract firms measure tokens per second with the tool that everybody uses: hundreds of requests in an hour, all for text that nobody reads.",
			Source: "ray-project/llmperf, which asks for lines of sonnets",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(20, 90))
				m.Begin -= d.hours(0, 40)
				m.Stay = d.hours(1, 9)
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: 2, Model: d.Float64() < 0.4,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(230, 0.5), Sigma: 0.9, Rules: []string{"v.throughput"},
					Texts: d.between(1, 2), Position: "before", Content: "v.throughput.in",
					Answer: d.about(520, 0.4), Hours: one(d, "office", "flat"),
					Run: d.uniform(40, 150), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "own-keys-now", size: large,
			Shares: []Aspect{SignUp, Client, Parameters, Template},
			Life:   "A code editor that charged by the month begins to charge by use; within days its users get keys of their own and enter them into its settings.",
			Source: "the change of Cursor's prices in June 2025 and the threads on it",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(14, 50))
				m.Newcomers, m.SignUp = d.uniform(0.5, 0.85), 3*time.Hour
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Tools: true, Versions: d.between(2, 3),
					Always: d.Float64() < 0.4, Device: d.uniform(0.3, 1),
					MaxTokens: int64(one(d, 8192, 16000)),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(36, 0.4), Sigma: 1.1,
					Rules: []string{
						"app.role", "agent.rule", "agent.rule", "agent.rule", "agent.rule",
					},
					Position: "system", Content: "agent.task", Turns: d.uniform(4, 9),
					Answer: d.about(380, 0.3), Hours: one(d, "own", "office"), Tinker: 0.15,
				}
				return m
			},
		},
	}
}
