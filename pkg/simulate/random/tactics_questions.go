package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// questions are still other tactics of what is asked and what surrounds it: from the public record
// of 2026 and from papers on textbooks, constraints, plans, policies and computer use.
func questions() []Tactic {
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
			Name: "resumed-session", Dimension: Wording,
			What:  "the pretext of a session that broke off, whose thoughts are to be put out again",
			Price: "answers that are there already, and refusals",
			apply: sections(
				"x.resume.item", "x.resume.role", "x.resume.task", "x.resume.rule",
				"x.resume.rule",
			),
		},
		{
			Name: "three-ways", Dimension: Wording,
			What:  "three solutions to each item by three methods, and a comparison",
			Price: "three times the tokens",
			apply: sections("", "x.three.role", "x.three.rule", "x.three.rule"),
		},
		{
			Name: "textbook-chapters", Dimension: Wording,
			What:  "chapters of textbooks with exercises, from a list of topics",
			Price: "a list of topics; prose in place of answers",
			apply: sections("x.book.item", "x.book.role", "x.book.rule", "x.book.rule"),
		},
		{
			Name: "checked-constraints", Dimension: Wording, Care: 1,
			What:  "requests with lists of constraints that a program can check, with the plan before the text",
			Price: "answers that are good at constraints only",
			apply: sections("x.bound.item", "x.bound.role", "x.bound.rule", "x.bound.rule"),
		},
		{
			Name: "terminal-tasks", Dimension: Wording, Care: 1,
			What:  "coding sessions in three to twelve repositories with tests, again and again, for the ones that pass",
			Price: "the environments, and many sessions for one that is kept",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleAgentic
				c.Prompt.Repositories, c.Prompt.ToolLists = d.between(3, 12), d.between(1, 2)
			},
		},
		{
			Name: "plan-then-work", Dimension: Wording, Care: 1,
			What:  "the plan first, in a second message the work",
			Price: "two requests for each answer",
			apply: func(d draw, c *simulate.Campaign) {
				sections("", "x.plan.role", "x.plan.rule")(d, c)
				c.Prompt.Wording.Rounds, c.Prompt.Wording.Follow = 1, "x.execute"
			},
		},
		{
			Name: "improved-drafts", Dimension: Wording, Care: 1,
			What:  "drafts by the model that is to learn, to be corrected and rewritten",
			Price: "a call of that model for each request",
			apply: sections("x.draft.item", "x.draft.role", "x.draft.rule", "x.draft.rule"),
		},
		{
			Name: "policy-verdicts", Dimension: Wording, Care: 1,
			What:  "exchanges judged by a policy, clause by clause, and replies that fit it",
			Price: "exchanges to judge",
			apply: sections("x.policy.item", "x.policy.role", "x.policy.rule", "x.policy.rule"),
		},
		{
			Name: "next-actions", Dimension: Wording, Care: 1,
			What:  "states of a computer in the middle of a task, for the thought and the next action",
			Price: "recorded tasks, and a request for each of their steps",
			apply: func(d draw, c *simulate.Campaign) {
				sections("x.next.item", "x.next.role", "x.next.rule", "x.next.rule")(d, c)
				c.Prompt.Tools = true
			},
		},
		{
			Name: "application-front", Dimension: Wording, Care: 2,
			What:  "the short system prompt of a tutoring application, and what its pupils would send",
			Price: "exercises only, and answers as an application would have them",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Position = simulate.StyleTemplate, "system"
				c.Prompt.Wording.Sections = []string{"app.role", "app.boiler", "app.boiler"}
				c.Prompt.Wording.Source, c.Prompt.Wording.Plain = "app.in.tutor", true
			},
		},
		{
			Name: "office-requests", Dimension: Wording, Care: 2,
			What:  "the work of an office, tables and mails, as from somebody in a hurry, in new words each time",
			Price: "a call of a model of one's own for each request, and material to invent",
			apply: typed("x.office.item", "x.office.hello", "x.office.bye"),
		},
		{
			Name: "chat-site", Dimension: Wording, Care: 2,
			What:  "conversations of the users of a free site, forwarded; hardly any of them codes",
			Price: "a site with users, and what they ask",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Wording.Coding = simulate.StyleRelay, d.uniform(0.02, 0.12)
			},
		},
		{
			Name: "second-opinions", Dimension: Wording, Care: 2,
			What:  "two answers to each item, and a layman's question which one to trust",
			Price: "two answers of one's own for each, and a call to dress them",
			apply: typed("x.which.item", "x.which.hello", "x.which.bye"),
		},

		{
			Name: "pair-of-the-week", Dimension: Templates,
			What:  "two templates, written anew after two or three days",
			Price: "a text now and then",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Renew = 2, d.hours(44, 80)
			},
		},
		{
			Name: "seven-to-eleven", Dimension: Templates, Care: 1,
			What:  "seven to eleven templates at a time",
			Price: "texts to write",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Templates = d.between(7, 11) },
		},
		{
			Name: "mostly-other-tongues", Dimension: Templates, Care: 1,
			What:  "three quarters of the items or more in other languages than English",
			Price: "items in these languages",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Languages = d.uniform(0.75, 0.95)
			},
		},
		{
			Name: "words-of-the-hour", Dimension: Templates, Care: 2,
			What:  "four to ten templates by a model of one's own, all new every one to three hours",
			Price: "texts around the clock, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Templates, c.Prompt.Wording.Renew = d.between(4, 10), d.hours(1, 3)
			},
		},

		{
			Name: "around-the-item", Dimension: Position,
			What: "the template before the item and its last part behind it", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "around" },
		},
		{
			Name: "after-small-talk", Dimension: Position, Care: 2,
			What:  "in about half of the requests an exchange or two about something else comes first",
			Price: "up to twice the tokens of each request",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Talk = d.uniform(0.6, 1.5)
			},
		},

		{
			Name: "own-product", Dimension: Cover,
			What:  "a tenth to a sixth of the requests are those of a product of the operators",
			Price: "hardly anything",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.1, 0.17), Kind: "api"}
			},
		},
		{
			Name: "trade-customers", Dimension: Cover, Care: 1,
			What:  "a fifth to two fifths of the requests are those of customers' applications",
			Price: "two thirds more requests at most, and customers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.2, 0.4), Kind: "api"}
			},
		},
		{
			Name: "hydra-traffic", Dimension: Cover, Care: 2,
			What:  "a proxy service whose customers, of all kinds, make two thirds to four fifths of the requests",
			Price: "the service, and three to five paid requests for each answer",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.65, 0.8), Kind: "mixed"}
			},
		},

		{
			Name: "handful-of-people", Dimension: Personas, Care: 1,
			What:  "three to six invented people for the whole pool, of whom each account plays one",
			Price: "a few descriptions to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Wording.Casts = true, d.between(3, 6)
			},
		},
		{
			Name: "people-of-countries", Dimension: Personas, Care: 2,
			What:  "twenty-five to sixty invented people, each account with the words of one and a language",
			Price: "descriptions to keep, and items in these languages",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Languages = true, 1
				c.Prompt.Wording.Casts = d.between(25, 60)
			},
		},

		{
			Name: "majority-votes", Dimension: WorkList,
			What:  "three to five answers to each item, for a vote",
			Price: "as many requests for each item",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Answers = d.between(3, 5) },
		},
		{
			Name: "three-capabilities", Dimension: WorkList, Care: 1,
			What:  "items of three kinds: those of the next release of one's own model",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Wording.Kinds = one(
					d, []string{"code", "tool", "analysis"}, []string{"math", "reason", "code"},
					[]string{"know", "analysis", "tool"},
				)
			},
		},
		{
			Name: "fresh-items", Dimension: WorkList, Care: 2,
			What:  "items made of the news of the week, where the wording leaves it open",
			Price: "a feed of news, and a call for each item",
			apply: func(_ draw, c *simulate.Campaign) {
				if c.Prompt.Wording.Source == "" {
					c.Prompt.Wording.Source = "x.fresh"
				}
			},
		},
	}
}
