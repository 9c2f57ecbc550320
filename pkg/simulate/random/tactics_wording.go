package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// wordings are tactics of what is asked and what surrounds it.
func wordings() []Tactic {
	style := func(s string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) { c.Prompt.Style = s }
	}
	return []Tactic{
		{
			Name: "fixed-template", Dimension: Wording,
			What: "one fixed template with slots", Price: "nothing",
			apply: style(simulate.StyleTemplate),
		},
		{
			Name: "injected-paragraph", Dimension: Wording, Care: 1,
			What: "one fixed paragraph among varied requests", Price: "varied requests around it",
			apply: style(simulate.StyleInject),
		},
		{
			Name: "paraphrased-sections", Dimension: Wording, Care: 2,
			What:  "every section worded anew for every request",
			Price: "a call of a model of one's own for each request",
			apply: style(simulate.StyleSections),
		},
		{
			Name: "graded-answers", Dimension: Wording,
			What: "the model as a judge with a rubric", Price: "answers to grade",
			apply: style(simulate.StyleGrade),
		},
		{
			Name: "cleaned-traces", Dimension: Wording, Care: 1,
			What: "stored thoughts to be cleaned", Price: "traces to clean",
			apply: style(simulate.StyleClean),
		},
		{
			Name: "relayed-users", Dimension: Wording, Care: 2,
			What: "conversations of real users, forwarded", Price: "a service with users",
			apply: style(simulate.StyleRelay),
		},
		{
			Name: "plain-wording", Dimension: Wording, Care: 1,
			What: "a template without a word about reasoning", Price: "answers without reasons",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Elicit = simulate.StyleTemplate, "plain"
			},
		},
		{
			Name: "bare-items", Dimension: Wording, Care: 1,
			What: "items alone, no template", Price: "answers in any form",
			apply: style(simulate.StyleBare),
		},
		{
			Name: "generated-pairs", Dimension: Wording,
			What: "questions and answers generated from seeds", Price: "seeds",
			apply: style(simulate.StyleGenerate),
		},
		{
			Name: "agentic-trajectories", Dimension: Wording, Care: 1,
			What:  "coding sessions run for their transcripts",
			Price: "about nine requests for a trajectory",
			apply: style(simulate.StyleAgentic),
		},
		{
			Name: "stored-conversations", Dimension: Wording, Care: 2,
			What:  "conversations that users had elsewhere, sent again whole",
			Price: "conversations, and their length in tokens",
			apply: style(simulate.StyleReplay),
		},

		{
			Name: "several-templates", Dimension: Templates, Care: 1,
			What: "three to six templates at a time", Price: "texts to write",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Templates = d.between(3, 6) },
		},
		{
			Name: "many-templates", Dimension: Templates, Care: 2,
			What:  "twelve to forty templates at a time",
			Price: "texts to write, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Templates = d.between(12, 40) },
		},
		{
			Name: "several-languages", Dimension: Templates, Care: 1,
			What:  "a third to two thirds of the items in other languages",
			Price: "items in these languages",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Languages = d.uniform(0.3, 0.7) },
		},

		{
			Name: "system-position", Dimension: Position,
			What: "the template as the system prompt", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "system" },
		},
		{
			Name: "split-position", Dimension: Position, Care: 1,
			What: "the template in two parts", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "split" },
		},
		{
			Name: "end-position", Dimension: Position, Care: 1,
			What: "the template behind the item", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "end" },
		},
		{
			Name: "any-position", Dimension: Position, Care: 2,
			What: "the template in another place each time", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Position = "any" },
		},

		{
			Name: "chat-cover", Dimension: Cover, Care: 2,
			What:  "three to seven tenths of the requests are conversations of third parties",
			Price: "up to three paid requests for each answer, and users",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.3, 0.7), Kind: "chat"}
			},
		},
		{
			Name: "api-cover", Dimension: Cover, Care: 2,
			What:  "three to seven tenths of the requests are those of ordinary applications",
			Price: "up to three paid requests for each answer, and customers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.3, 0.7), Kind: "api"}
			},
		},
		{
			Name: "light-cover", Dimension: Cover, Care: 1,
			What:  "a tenth to three tenths of the requests are ordinary",
			Price: "a third more requests at most",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.1, 0.3), Kind: "mixed"}
			},
		},

		{
			Name: "personas", Dimension: Personas, Care: 2,
			What:  "each account has its own subjects and words",
			Price: "the free choice of which account asks what",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Personas = true },
		},
		{
			Name: "language-personas", Dimension: Personas, Care: 2,
			What:  "each account has its own subjects, words and language",
			Price: "as personas, and items in these languages",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Languages = true, 1
			},
		},
		{
			Name: "complete-personas", Dimension: Personas, Care: 2,
			What:  "subjects, words, language, parameters and device of its own for each account",
			Price: "as personas, and upkeep of each",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Prompt.Languages, c.Pool.Params, c.Pool.Device = true, 1, "own", "own"
			},
		},

		{
			Name: "every-item-once", Dimension: WorkList,
			What: "a work list dealt out, each item once", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Overlap = 0 },
		},
		{
			Name: "overlapping-items", Dimension: WorkList, Care: 1,
			What:  "a tenth to four tenths of the items asked twice",
			Price: "answers that are there already",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Overlap = d.uniform(0.1, 0.4) },
		},
		{
			Name: "repeated-items", Dimension: WorkList, Care: 1,
			What:  "most items asked by several accounts, for samples of answers",
			Price: "several answers for each item",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Overlap = d.uniform(0.5, 0.8) },
		},
	}
}
