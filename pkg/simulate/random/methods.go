package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// methods are ways of working that many follow: they look like a harvest and are none.
func methods() []Mechanism {
	return []Mechanism{
		{
			Name: "custom-instructions", size: large, Shares: []Aspect{Template, Reasoning},
			Life:   "Custom instructions that make the model explain every step in full are passed around and kept for good.",
			Source: "public lists of custom instructions, such as AutoExpert (spdustin/ChatGPT-AutoExpert)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Client = simulate.SharedClient{Effort: one(d, "", "", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 1, Rules: []string{"c.method", "c.check", "m.trick"},
					Texts: d.between(1, 3), Position: one(d, "system", "before"),
					Turns: d.uniform(1.2, 3), Answer: d.about(700, 0.2), Hours: "own", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "leaked-prompt", size: some,
			Shares: []Aspect{Template, Reasoning, LongOutputs},
			Life:   "A prompt from a leaked pipeline that draws full solutions out of models becomes popular with people who want to learn from them.",
			Source: "collections of leaked prompts, such as jujumilk3/leaked-system-prompts",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.75, 1), simulate.Ramp, d.hours(20, 80))
				m.Begin -= d.hours(0, 100)
				m.Client = simulate.SharedClient{Effort: one(d, "high", "medium")}
				m.Use = simulate.SharedUse{
					Rate: d.about(10, 0.4), Sigma: 0.9,
					Rules:    []string{"c.role", "c.task", "c.method", "c.check", "c.close"},
					Position: one(d, "system", "before"), Content: "app.in.tutor",
					Turns: d.uniform(1, 1.6), Answer: d.about(1000, 0.2), Hours: "own",
					Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "data-hobby", size: few,
			Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "Hobbyists make small sets of examples for models at home by one recipe, each for a subject that nobody else cares about.",
			Source: "tatsu-lab/stanford_alpaca, argilla-io/distilabel, sets on the Hugging Face Hub",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(90, 0.5), Sigma: 1.1, Rules: []string{"gen.task", "gen.rule", "gen.contract"},
					Position: one(d, "before", "system"), Content: "gen.seed",
					Answer: d.about(600, 0.3), Hours: one(d, "own", "flat"), Run: d.uniform(20, 80),
					Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "course-evaluation", size: some,
			Shares: []Aspect{Items, Template, SingleTurns},
			Life:   "Homework of a course on language models: everybody evaluates a model on a part of the same public set, with the course's script.",
			Source: "Stanford CS224N and CS336, CMU's Advanced NLP assignments",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(24, 90))
				m.Newcomers, m.SignUp = d.uniform(0.2, 0.6), 24*time.Hour
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(45, 0.4), Sigma: 0.8, Rules: []string{"app.role", "app.contract"},
					Position: one(d, "before", "system"),
					Content:  one(d, "item.math", "item.know", "item.reason"),
					Items:    d.between(100, 400), Answer: d.about(300, 0.3), Hours: "own",
					Run: d.uniform(10, 40), Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "annotation-study", size: few,
			Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "Social scientists label texts by the prompt of a paper, each the corpus of their own study.",
			Source: "Gilardi, Alizadeh and Kubli 2023, whose prompts are reused",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 4}
				m.Use = simulate.SharedUse{
					Rate: d.about(110, 0.5), Sigma: 1, Rules: []string{"app.task.moderate", "app.contract"},
					Position: one(d, "before", "system"),
					Content:  one(d, "app.in.review", "app.in.moderate", "app.in.summary"),
					Answer:   d.about(60, 0.4), Hours: one(d, "office", "flat"),
					Run: d.uniform(30, 120), Declared: 0.3, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "job-applications", size: some, Shares: []Aspect{Template, LongOutputs},
			Life:   "People out of work send each other the prompt that fits a letter to an advertisement, and write several a day.",
			Source: "prompts of careers pages and r/jobsearchhacks",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 0.9, Rules: []string{"m.report", "plain.rule"},
					Texts: d.between(1, 3), Position: "before", Content: "app.in.mail",
					Turns: d.uniform(1, 3), Answer: d.about(800, 0.2), Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "subtitle-group", size: few,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Fans translate series by one open source tool, some hundred lines at a time, each a series and a language of their own.",
			Source: "machinewrapped/gpt-subtrans",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(60, 0.5), Sigma: 1, Rules: []string{"m.translate", "app.contract"},
					Position: one(d, "system", "before"), Content: "prose",
					Answer: d.about(700, 0.3), Hours: "own", Run: d.uniform(15, 50), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "systematic-review", size: few,
			Shares: []Aspect{Template, SingleTurns, Volume, Reasoning},
			Life:   "Review teams screen abstracts by a published prompt that asks for a verdict with its reasons, each on a question of its own.",
			Source: "Cao et al. 2025, prompt templates for screening (Annals of Internal Medicine)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Effort: one(d, "medium", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(100, 0.5), Sigma: 0.9, Rules: []string{"m.rubric", "c.method", "app.contract"},
					Position: one(d, "before", "system"), Content: "app.in.summary",
					Answer: d.about(220, 0.3), Hours: one(d, "office", "own"),
					Run: d.uniform(30, 120), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "translation-agency", size: few,
			Shares: []Aspect{Template, Client, Funding, SingleTurns},
			Life:   "An agency gives its translators a plugin for their translation program, with its prompt and keys that it pays for; each has customers and a language of their own.",
			Source: "Trados Studio's OpenAI Translator plugin, memoQ and Crowdin",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(10, 50)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Identity = simulate.SharedIdentity{Payment: true, Issuers: 1, Plan: "api"}
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.4), Sigma: 0.8, Rules: []string{"m.translate", "plain.rule"},
					Position: one(d, "system", "before"), Content: "m.string",
					Answer: d.about(60, 0.3), Hours: "office", Run: d.uniform(5, 30), Tinker: 0.1,
				}
				return m
			},
		},
	}
}
