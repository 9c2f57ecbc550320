package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// errands are still further tactics of what is asked and what surrounds it: from papers on data for
// training and from what was written in 2026 about summaries of thoughts, proofs and pages.
func errands() []Tactic {
	sections := func(source string, rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style = simulate.StyleTemplate
			c.Prompt.Wording.Sections, c.Prompt.Wording.Source = rules, source
		}
	}
	typed := func(rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style, c.Prompt.Position = simulate.StyleSections, "around"
			c.Prompt.Wording.Sections, c.Prompt.Wording.Plain = rules, true
		}
	}
	return []Tactic{
		{
			Name: "counted-deliberation", Dimension: Wording,
			What:  "so many words of deliberation before each answer, by number",
			Price: "tokens that say nothing",
			apply: sections("", "z.count.role", "z.count.rule", "z.count.rule"),
		},
		{
			Name: "opening-words", Dimension: Wording,
			What:  "the first words of somebody who thinks aloud, to be carried on",
			Price: "thoughts that are put on",
			apply: sections("", "z.open.role", "z.open.rule", "z.open.rule"),
		},
		{
			Name: "whole-dialogues", Dimension: Wording,
			What:  "whole talks of an invented user and an assistant in one answer, from seeds",
			Price: "seeds; users who all talk as the model does",
			apply: sections("gen.seed", "z.dialogue.role", "z.dialogue.rule", "z.dialogue.rule"),
		},
		{
			Name: "expanded-summaries", Dimension: Wording, Care: 1,
			What: "question, published summary of the thoughts and reply, for the thoughts " +
				"behind each point",
			Price: "a first request for each item, and thoughts that are made up",
			apply: sections(
				"z.summary.item", "z.summary.role", "z.summary.rule", "z.summary.rule",
			),
		},
		{
			Name: "back-to-the-question", Dimension: Wording, Care: 1,
			What:  "texts from the web, for the request that each would answer and a better answer",
			Price: "a crawl, and texts that answer nothing",
			apply: sections("z.back.item", "z.back.role", "z.back.rule", "z.back.rule"),
		},
		{
			Name: "schemas-and-queries", Dimension: Wording, Care: 1,
			What:  "questions on invented tables, for the argument and the query",
			Price: "tables to invent, and answers for one capability",
			apply: sections("z.schema.item", "z.schema.role", "z.schema.rule", "z.schema.rule"),
		},
		{
			Name: "parallel-passages", Dimension: Wording, Care: 1,
			What:  "passages in one or two other languages, with the reason for each hard choice",
			Price: "passages, and somebody who reads these languages",
			apply: sections(
				"z.parallel.item", "z.parallel.role", "z.parallel.rule", "z.parallel.rule",
			),
		},
		{
			Name: "formal-steps", Dimension: Wording, Care: 1,
			What:  "statements with a proof in words and one for a proof assistant",
			Price: "statements, and a machine that checks them",
			apply: sections("z.formal.item", "z.formal.role", "z.formal.rule", "z.formal.rule"),
		},
		{
			Name: "page-to-code", Dimension: Wording, Care: 1,
			What:  "descriptions of pages, for the design in words and the complete file",
			Price: "long answers, and descriptions",
			apply: sections("z.page.item", "z.page.role", "z.page.rule", "z.page.rule"),
		},
		{
			Name: "pull-request-bot", Dimension: Wording, Care: 2,
			What: "the system prompt of a bot that reviews code, and changes of public " +
				"repositories",
			Price: "answers as a reviewer gives them, about code only",
			apply: func(d draw, c *simulate.Campaign) {
				sections("z.pull.item", "z.pull.role", "app.boiler", "app.boiler")(d, c)
				c.Prompt.Position, c.Prompt.Wording.Plain = "system", true
			},
		},
		{
			Name: "spoken-items", Dimension: Wording, Care: 2,
			What:  "items within what sounds dictated on the way, in new words each time",
			Price: "a call of a model of one's own for each, and answers to be spoken",
			apply: typed("z.spoken.hello", "z.spoken.bye"),
		},
		{
			Name: "pupil-who-asks-back", Dimension: Wording, Care: 2,
			What: "an item as a pupil would send it, and one or two questions about the steps " +
				"after it",
			Price: "two or three requests for each item",
			apply: func(d draw, c *simulate.Campaign) {
				typed("z.pupil.hello")(d, c)
				c.Prompt.Position = "first"
				c.Prompt.Wording.Rounds = d.between(1, 2)
				c.Prompt.Wording.Follow = "z.pupil.follow"
			},
		},
		{
			Name: "bought-logs", Dimension: Wording, Care: 2,
			What: "logs bought from makers of small products, sent again, with their tools and " +
				"repositories",
			Price: "the logs, and what their users happened to ask",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleReplay
				c.Prompt.ToolLists, c.Prompt.Repositories = d.between(5, 12), d.between(40, 90)
			},
		},

		{
			Name: "text-of-today", Dimension: Templates,
			What:  "one template, written anew about once a day",
			Price: "a text a day",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Renew = 1, d.hours(20, 28)
			},
		},
		{
			Name: "two-departments", Dimension: Templates, Care: 1,
			What: "each account has one of two or three templates, by the department that it " +
				"works for",
			Price: "hardly anything",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Own = d.between(2, 3), true
			},
		},
		{
			Name: "some-other-tongues", Dimension: Templates, Care: 1,
			What:  "a tenth to a quarter of the items in other languages than English",
			Price: "items in these languages",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Languages = d.uniform(0.1, 0.27) },
		},
		{
			Name: "renewed-stock", Dimension: Templates, Care: 2,
			What:  "forty to ninety templates at a time, all written anew every half day or day",
			Price: "hundreds of texts a week, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Renew = d.between(40, 90), d.hours(11, 25)
			},
		},

		{
			Name: "system-and-greeting", Dimension: Position,
			What: "the template as the system prompt; in one request of six an exchange of " +
				"greetings first",
			Price: "next to nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Position, c.Prompt.Wording.Talk = "system", d.uniform(0.12, 0.3)
			},
		},
		{
			Name: "agreed-in-passing", Dimension: Position, Care: 2,
			What: "a talk about something else, then the template, to which the assistant " +
				"agrees, then the item",
			Price: "up to twice the tokens of each request",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Agreed, c.Prompt.Wording.Talk = true, d.uniform(0.5, 1.2)
			},
		},

		{
			Name: "friends-chats", Dimension: Cover,
			What: "three to seven requests of a hundred are talk of friends who may use the " +
				"accounts",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.03, 0.07), Kind: "chat"}
			},
		},
		{
			Name: "third-of-both", Dimension: Cover, Care: 1,
			What: "a quarter to four tenths of the requests are ordinary, of people and of " +
				"applications",
			Price: "half as many requests more, and customers of both kinds",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.25, 0.4), Kind: "mixed"}
			},
		},
		{
			Name: "product-first", Dimension: Cover, Care: 2,
			What: "a real product runs alone for eight to twenty hours, and makes half to seven " +
				"tenths of the requests after it",
			Price: "the product, and two to three requests for each answer",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{
					Share: d.uniform(0.5, 0.7), Kind: "api", Before: d.hours(8, 20),
				}
			},
		},

		{
			Name: "score-of-people", Dimension: Personas, Care: 1,
			What: "seventeen to twenty-four invented people for the whole pool, and parameters " +
				"for each account",
			Price: "descriptions to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Wording.Casts = true, d.between(17, 24)
				c.Pool.Params = "own"
			},
		},
		{
			Name: "people-with-one-subject", Dimension: Personas, Care: 2,
			What: "sixty to a hundred and fifty invented people, each account with one subject " +
				"and the words and language of one of them",
			Price: "descriptions to keep, items in these languages, and the free choice of which " +
				"account asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Languages = true, 1
				c.Prompt.Wording.Casts = d.between(60, 150)
				c.Schedule.Dealing.Subjects = true
			},
		},

		{
			Name: "half-asked-again", Dimension: WorkList,
			What:  "half of the items asked by more than one account",
			Price: "half as many requests more",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Overlap = d.uniform(0.42, 0.58) },
		},
		{
			Name: "four-capabilities", Dimension: WorkList, Care: 1,
			What:  "items of four kinds, those that a table of benchmarks is made of",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Kinds = one(
					d, []string{"math", "code", "reason", "know"},
					[]string{"code", "tool", "analysis", "reason"},
				)
			},
		},
		{
			Name: "public-with-checks", Dimension: WorkList, Care: 2,
			What: "items of public sets that honest people ask too, one in ten to twenty again " +
				"as a check",
			Price: "answers that many have, and a tenth of the requests",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Public, c.Prompt.Overlap = true, d.uniform(0.05, 0.1)
			},
		},
	}
}
