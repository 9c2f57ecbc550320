package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// requests are yet other tactics of what is asked and what surrounds it: from the public record of
// 2026 and from papers on judges, kernels, research agents and students' drafts.
func requests() []Tactic {
	sections := func(source string, rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style = simulate.StyleTemplate
			c.Prompt.Wording.Sections, c.Prompt.Wording.Source = rules, source
		}
	}
	typed := func(source string, rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style, c.Prompt.Position = simulate.StyleSections, "around"
			c.Prompt.Wording.Sections, c.Prompt.Wording.Source = rules, source
			c.Prompt.Wording.Plain = true
		}
	}
	return []Tactic{
		{
			Name: "analyst-preamble", Dimension: Wording,
			What:  "tables and questions on them behind one preamble about an expert analyst",
			Price: "tables",
			apply: sections("w.analyst.item", "w.analyst.role", "w.analyst.rule", "w.analyst.rule"),
		},
		{
			Name: "rubrics-and-scores", Dimension: Wording,
			What:  "a rubric for each task and a score by it, to train a judge",
			Price: "answers of a weaker model",
			apply: sections(
				"w.rubric.item", "w.rubric.role", "w.rubric.rule", "w.rubric.rule",
				"w.rubric.rule",
			),
		},
		{
			Name: "written-sessions", Dimension: Wording,
			What:  "whole sessions of an agent written as one text, with invented tools",
			Price: "sessions in which no tool ever ran",
			apply: sections("", "w.session.role", "w.session.rule", "w.session.rule"),
		},
		{
			Name: "kernel-work", Dimension: Wording, Care: 1,
			What:  "kernels for accelerators, with the argument for each choice",
			Price: "operators, and machines to test the answers on",
			apply: sections("w.kernel.item", "w.kernel.role", "w.kernel.rule", "w.kernel.rule"),
		},
		{
			Name: "broken-off-drafts", Dimension: Wording, Care: 1,
			What:  "beginnings of solutions by a model of one's own, to be carried on",
			Price: "a call of that model for each request",
			apply: sections("w.cont.item", "w.cont.role", "w.cont.rule"),
		},
		{
			Name: "fetched-pages", Dimension: Wording, Care: 1,
			What:  "questions with fetched pages, for a log of the search and a report",
			Price: "a crawler, and prompts of several pages",
			apply: sections("w.pages.item", "w.pages.role", "w.pages.rule", "w.pages.rule"),
		},
		{
			Name: "two-at-a-board", Dimension: Wording, Care: 1,
			What:  "the reasoning as a talk of two invented people",
			Price: "answers that have to be turned into thoughts",
			apply: sections("", "w.two.role", "w.two.rule", "w.two.rule"),
		},
		{
			Name: "asked-afterwards", Dimension: Wording, Care: 1,
			What:  "the bare item first, and then how the model got there, once or twice",
			Price: "two or three requests for each answer",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Wording.Follow = simulate.StyleBare, "w.after"
				c.Prompt.Wording.Rounds = d.between(1, 2)
			},
		},
		{
			Name: "annotated-listings", Dimension: Wording, Care: 1,
			What:  "code to be annotated with the thought behind each line",
			Price: "code; explanations in place of solutions",
			apply: sections("w.gloss.item", "w.gloss.role", "w.gloss.rule"),
		},
		{
			Name: "posts-for-help", Dimension: Wording, Care: 2,
			What:  "items dressed as posts to a forum, greeting and thanks in new words each time",
			Price: "a call of a model of one's own for each request, and answers in any form",
			apply: typed("", "w.help.hello", "w.help.bye"),
		},
		{
			Name: "students-tries", Dimension: Wording, Care: 2,
			What:  "an attempt at each item, as by somebody who learns alone and asks what is wrong",
			Price: "attempts, and answers that begin with praise",
			apply: typed("w.mine.item", "w.mine.hello", "w.mine.bye"),
		},
		{
			Name: "trial-users-replayed", Dimension: Wording, Care: 2,
			What:  "sessions of the users of a free trial of one's own product, stored and sent again",
			Price: "a product, its users, and their sessions in full length",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleReplay
				c.Prompt.ToolLists, c.Prompt.Repositories = d.between(40, 200), d.between(100, 600)
			},
		},
		{
			Name: "harness-only", Dimension: Wording, Care: 2,
			What:  "of a relay's customers only those whose requests come from a coding harness",
			Price: "a relay with customers, and what the others ask",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Wording.Coding = simulate.StyleRelay, d.uniform(0.92, 1)
			},
		},

		{
			Name: "text-of-the-week", Dimension: Templates,
			What:  "one template, written anew after three to five days",
			Price: "a text now and then",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Renew = d.hours(66, 120)
			},
		},
		{
			Name: "texts-of-teams", Dimension: Templates, Care: 1,
			What:  "each account has one of four to nine templates, by the team that runs it",
			Price: "a text for each team",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Own = d.between(4, 9), true
			},
		},
		{
			Name: "thousand-texts", Dimension: Templates, Care: 2,
			What:  "six hundred to fifteen hundred templates by a model of one's own",
			Price: "the texts, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Templates = d.between(600, 1500) },
		},
		{
			Name: "own-texts-renewed", Dimension: Templates, Care: 2,
			What:  "each account has one of fifteen to fifty templates, all written anew every day or two",
			Price: "texts to write again and again",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Own = d.between(15, 50), true
				c.Prompt.Wording.Renew = d.hours(20, 50)
			},
		},

		{
			Name: "in-front", Dimension: Position,
			What: "the template before the item, in one message", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "first" },
		},
		{
			Name: "place-by-account", Dimension: Position, Care: 2,
			What:  "some accounts have the template as the system prompt, some before and some behind the item, for good",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "own" },
		},

		{
			Name: "staff-chats", Dimension: Cover,
			What:  "the operators' own talk, up to a tenth of the requests",
			Price: "hardly anything",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.04, 0.11), Kind: "chat"}
			},
		},
		{
			Name: "some-customers", Dimension: Cover, Care: 1,
			What:  "a fifth to two fifths of the requests are customers' conversations",
			Price: "two thirds more requests at most, and customers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.2, 0.4), Kind: "chat"}
			},
		},
		{
			Name: "warmed-up", Dimension: Cover, Care: 2,
			What:  "only ordinary requests for the first half day or day, and a third to six tenths after it",
			Price: "the first day, and up to two more requests for each answer",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{
					Share: d.uniform(0.3, 0.6), Kind: "api", Before: d.hours(8, 22),
				}
			},
		},

		{
			Name: "dozen-personas", Dimension: Personas, Care: 1,
			What:  "eight to sixteen invented people for the whole pool, of whom each account plays one",
			Price: "a few descriptions to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Wording.Casts = true, d.between(8, 16)
			},
		},
		{
			Name: "full-lives", Dimension: Personas, Care: 2,
			What:  "each account is one person with a trade, words, a language, settings and a device",
			Price: "as personas, items in these languages, upkeep, and the free choice of which account asks what",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Languages = true, 1
				c.Pool.Params, c.Pool.Device = "own", "own"
				c.Schedule.Dealing.Subjects = true
			},
		},

		{
			Name: "best-of-many", Dimension: WorkList,
			What:  "sixteen to forty answers to each item, to reject most of them",
			Price: "as many requests for each item",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Answers = d.between(16, 40) },
		},
		{
			Name: "two-capabilities", Dimension: WorkList, Care: 1,
			What:  "items of two kinds only: what the own model is worst at",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Kinds = one(
					d, []string{"code", "tool"}, []string{"math", "reason"},
					[]string{"analysis", "code"}, []string{"tool", "reason"},
				)
			},
		},
		{
			Name: "everyday-questions", Dimension: WorkList, Care: 2,
			What:  "what people ask every day in place of items to learn from, where the wording leaves it open",
			Price: "answers to whatever people ask",
			apply: func(_ draw, c *simulate.Campaign) {
				if c.Prompt.Wording.Source == "" {
					c.Prompt.Wording.Source = "w.everyday"
				}
			},
		},
	}
}
