package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// publicSets are mechanisms by which people ask the same items.
func publicSets() []Mechanism {
	return []Mechanism{
		{
			Name: "benchmark-set", size: few, Shares: []Aspect{Items, SingleTurns, Volume},
			Life:   "Teams replay a public benchmark against a model, each by a script of its own.",
			Source: "GSM8K, MMLU, MT-Bench",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Steady, d.hours(10, 40))
				m.Client = simulate.SharedClient{Kind: "sdk", Versions: 4, Model: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(120, 0.4), Sigma: 0.7,
					Content: one(d, "item.math", "item.know", "item.reason", "item.code"),
					Items:   d.between(120, 500),
					InOrder: true, Answer: d.about(250, 0.4), Hours: "flat",
					Run: d.uniform(30, 120),
				}
				return m
			},
		},
		{
			Name: "eval-harness", size: few, Shares: []Aspect{Items, Template, Parameters, Client},
			Life:   "One harness runs public sets with its own prompt, at temperature 0, wherever it is installed.",
			Source: "EleutherAI/lm-evaluation-harness, openai/evals",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(10, 40))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Effort: one(d, "", "", "medium"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(110, 0.4), Sigma: 0.7,
					Rules:    []string{"app.role", "app.contract"},
					Position: one(d, "before", "system"),
					Content:  one(d, "item.math", "item.know", "item.reason"),
					Items:    d.between(120, 500), Answer: d.about(250, 0.4), Hours: "flat",
					Run: d.uniform(30, 120),
				}
				return m
			},
		},
		{
			Name: "competition", size: some, Shares: []Aspect{Items, SignUp},
			Life:   "Teams of a competition work on one set of tasks until its end, each with prompts of its own.",
			Source: "Kaggle competitions on language models",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(48, 200))
				m.Newcomers, m.SignUp = d.uniform(0.3, 0.7), 24*time.Hour
				m.Use = simulate.SharedUse{
					Rate: d.about(60, 0.4), Sigma: 1, Rules: []string{"plain.rule", "app.contract"},
					Position: "own", Content: one(d, "item.reason", "item.math"),
					Items: d.between(60, 300), Answer: d.about(400, 0.3), Hours: "own",
					Run: d.uniform(3, 20),
				}
				return m
			},
		},
		{
			Name: "regression-replay", size: few, Shares: []Aspect{Conversations, Client},
			Life:   "Before they change the model, teams replay stored conversations of their own users by one tool.",
			Source: "promptfoo, LangSmith data sets",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(6, 30))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Model: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(60, 0.4), Sigma: 0.9, Earlier: d.uniform(2, 6),
					Answer: d.about(260, 0.2), Hours: "office", Run: d.uniform(20, 80),
				}
				return m
			},
		},
		{
			Name: "demo-documents", size: some, Shares: []Aspect{Items, Template},
			Life:   "Who tries a tool for questions about documents asks the example questions about its example document first.",
			Source: "the Paul Graham essay of LlamaIndex's first example",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(24, 96))
				m.Begin -= d.hours(0, 60)
				m.Client = simulate.SharedClient{Kind: "sdk", Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 0.8, Rules: []string{"m.rag"},
					Position: "before", Content: "rag.chunk", Items: d.between(5, 20),
					Answer: d.about(90, 0.3), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "arena-questions", size: few, Shares: []Aspect{Items, Reasoning, SingleTurns},
			Life:   "Hobbyists ask every new model the same famous riddles with reasoning switched on.",
			Source: "questions such as how many r are in strawberry",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(8, 30))
				m.Client = simulate.SharedClient{Effort: "high", Model: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.4), Sigma: 0.7, Content: "item.reason",
					Items: d.between(10, 60), Answer: d.about(400, 0.3), Hours: "own",
				}
				return m
			},
		},
	}
}
