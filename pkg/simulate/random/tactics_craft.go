package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// crafts are still further tactics of what is asked and what surrounds it: from papers on synthetic
// data (self-instruct, evol-instruct, personas, verification step by step, tool use, repositories
// with tests) and from the public record.
func crafts() []Tactic {
	sections := func(style, source string, rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style = style
			c.Prompt.Wording.Sections, c.Prompt.Wording.Source = rules, source
		}
	}
	return []Tactic{
		{
			Name: "hidden-thoughts", Dimension: Wording,
			What:  "one pretext under which the model is to print what it thought and hides",
			Price: "refusals",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleCoerce
			},
		},
		{
			Name: "example-tasks", Dimension: Wording,
			What:  "three or four tasks of the pool as examples, then a new one with its answer",
			Price: "a pool, and prompts several times as long",
			apply: sections(simulate.StyleTemplate, "u.shots.item", "u.shots.role", "u.shots.rule", "u.shots.rule"),
		},
		{
			Name: "step-verdicts", Dimension: Wording,
			What:  "solutions of a weaker model, judged step by step",
			Price: "solutions to judge",
			apply: sections(simulate.StyleTemplate, "u.verdict.item", "u.verdict.role", "u.verdict.rule", "u.verdict.rule"),
		},
		{
			Name: "harder-tasks", Dimension: Wording, Care: 1,
			What:  "each task made harder in the same conversation, twice or more, and solved each time",
			Price: "three or four requests for a task, each longer than the one before",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleBare
				c.Prompt.Wording.Rounds, c.Prompt.Wording.Follow = d.between(2, 3), "u.harder"
			},
		},
		{
			Name: "thinking-by-setting", Dimension: Wording, Care: 1,
			What:  "a short plain template; the reasoning is asked for by a parameter alone",
			Price: "the summary of the reasoning instead of all of it",
			apply: func(d draw, c *simulate.Campaign) {
				sections(simulate.StyleTemplate, "", "u.effort.task", "plain.rule")(d, c)
				c.Prompt.Effort = one(d, "high", "high", "medium")
			},
		},
		{
			Name: "book-questions", Dimension: Wording, Care: 1,
			What:  "questions with answers, written out of passages of books",
			Price: "passages; answers on what stands in them",
			apply: sections(simulate.StyleTemplate, "u.passage.item", "u.passage.role", "u.passage.rule", "u.passage.rule"),
		},
		{
			Name: "function-calls", Dimension: Wording, Care: 1,
			What:  "requests with lists of functions, for the calls that answer them",
			Price: "lists of functions, and answers of one kind",
			apply: func(d draw, c *simulate.Campaign) {
				sections(simulate.StyleTemplate, "item.tool", "u.calls.role", "u.calls.rule", "u.calls.rule")(d, c)
				c.Prompt.Tools = true
			},
		},
		{
			Name: "issue-patches", Dimension: Wording, Care: 1,
			What:  "issues of repositories with the code beside them, for patches",
			Price: "issues, code, and tests to filter the answers",
			apply: sections(simulate.StyleTemplate, "u.patch.item", "u.patch.role", "u.patch.rule", "u.patch.rule"),
		},
		{
			Name: "described-readers", Dimension: Wording, Care: 1,
			What:  "a description of an invented person before each question, from a list of a million",
			Price: "the list, and answers bent to the persons",
			apply: sections(simulate.StyleTemplate, "u.persona.item", "u.persona.role", "u.persona.rule"),
		},
		{
			Name: "simulated-users", Dimension: Wording, Care: 2,
			What:  "conversations of three to five turns whose user is a model of one's own",
			Price: "a call of that model for each turn, and answers to what it asks",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleBare
				c.Prompt.Wording.Source = "u.published"
				c.Prompt.Wording.Rounds, c.Prompt.Wording.Follow = d.between(2, 4), "u.next"
			},
		},
		{
			Name: "published-chats", Dimension: Wording, Care: 2,
			What:  "first messages of published chats, each sent alone as it stands",
			Price: "answers in any form to whatever people ask",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Wording.Source = simulate.StyleBare, "u.published"
			},
		},
		{
			Name: "curious-asides", Dimension: Wording, Care: 2,
			What:  "an item between an aside and a curious question, both in new words each time",
			Price: "a call of a model of one's own for each request, and answers as long as they happen to be",
			apply: sections(simulate.StyleSections, "", "u.curious.role", "u.curious.rule"),
		},
		{
			Name: "environment-sessions", Dimension: Wording, Care: 2,
			What:  "coding sessions in some dozens of repositories that were set up for it, with the tools of a few set-ups",
			Price: "the environments, and about nine requests for a session",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleAgentic
				c.Prompt.Repositories, c.Prompt.ToolLists = d.between(30, 150), d.between(3, 8)
			},
		},
		{
			Name: "two-templates", Dimension: Templates,
			What:  "two templates at a time",
			Price: "a second text",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Templates = 2
			},
		},
		{
			Name: "template-stock", Dimension: Templates, Care: 2,
			What:  "two to four hundred templates at a time",
			Price: "texts to write, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates = d.between(200, 400)
			},
		},
		{
			Name: "own-template", Dimension: Templates, Care: 2,
			What:  "each account has one of thirty to ninety templates and keeps it",
			Price: "texts to write, and the free choice of which account asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Own = d.between(30, 90), true
			},
		},
		{
			Name: "template-of-the-day", Dimension: Templates, Care: 1,
			What:  "three to six templates, all written anew every half day to a day and a half",
			Price: "texts to write",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Renew = d.between(3, 6), d.hours(12, 36)
			},
		},
		{
			Name: "said-twice", Dimension: Position,
			What:  "the template as the system prompt and again behind the item",
			Price: "twice the tokens of the template",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Position = "both"
			},
		},
		{
			Name: "late-in-the-talk", Dimension: Position, Care: 2,
			What:  "two to five invented exchanges about something else come first",
			Price: "several times the tokens of each request",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Talk = d.uniform(2, 5)
			},
		},
		{
			Name: "thin-cover", Dimension: Cover,
			What:  "a twentieth of the requests are those of ordinary applications",
			Price: "next to nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.03, 0.08), Kind: "api"}
			},
		},
		{
			Name: "half-cover", Dimension: Cover, Care: 1,
			What:  "four to six tenths of the requests are ordinary, of both kinds",
			Price: "twice the requests",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.4, 0.6), Kind: "mixed"}
			},
		},
		{
			Name: "resale-first", Dimension: Cover, Care: 2,
			What:  "customers' conversations are more than nine tenths, the harvest goes along",
			Price: "a business of resale, with customers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.9, 0.95), Kind: "chat"}
			},
		},
		{
			Name: "persona-devices", Dimension: Personas, Care: 1,
			What:  "subjects and words of its own for each account, and a device",
			Price: "as personas, and devices to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Pool.Device = true, "own"
			},
		},
		{
			Name: "trade-personas", Dimension: Personas, Care: 2,
			What:  "each account is of one trade: one kind of item, in words of its own",
			Price: "as personas, and the free choice of which account asks what",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Schedule.Dealing.Subjects = true, true
			},
		},
		{
			Name: "several-answers", Dimension: WorkList,
			What:  "four to sixteen answers to each item, by whichever accounts are next",
			Price: "several answers for each item",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Answers = d.between(4, 16)
			},
		},
		{
			Name: "two-answers", Dimension: WorkList, Care: 1,
			What:  "two answers to each item, to compare them",
			Price: "twice the requests",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Answers = 2
			},
		},
		{
			Name: "rare-repeats", Dimension: WorkList, Care: 2,
			What:  "one item in twelve to forty asked again, as a check",
			Price: "hardly anything",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Overlap = d.uniform(0.025, 0.08)
			},
		},
	}
}
