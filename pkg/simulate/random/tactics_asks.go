package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// asks are further tactics of what is asked and what surrounds it, from the public record of
// campaigns.
func asks() []Tactic {
	sections := func(style, source string, rules ...string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Prompt.Style = style
			c.Prompt.Wording.Sections, c.Prompt.Wording.Source = rules, source
		}
	}
	return []Tactic{
		{
			Name: "hindsight-reasons", Dimension: Wording,
			What:  "the reasoning behind finished answers, to be imagined and written out",
			Price: "answers that are there already",
			apply: sections(
				simulate.StyleTemplate, "t.hindsight.item", "t.hindsight.role", "t.hindsight.task",
				"t.hindsight.rule",
			),
		},
		{
			Name: "thinking-language", Dimension: Wording,
			What:  "all thinking in the language of the question, in many languages",
			Price: "items in these languages, and refusals",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Languages = simulate.StyleInject, d.uniform(0.5, 0.9)
				c.Prompt.Wording.Sections = []string{"t.thoughts.a", "t.thoughts.b", "t.thoughts.b"}
			},
		},
		{
			Name: "packed-items", Dimension: Wording,
			What: "three to eight items in one request", Price: "shorter answers to each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleTemplate
				c.Prompt.Wording.Sections = []string{"t.pack.role", "t.pack.rule", "t.pack.rule"}
				c.Prompt.Wording.Pack = d.between(3, 8)
			},
		},
		{
			Name: "answer-pairs", Dimension: Wording, Care: 1,
			What:  "a good and a worse answer to each item, with the reasons",
			Price: "twice the tokens",
			apply: sections(
				simulate.StyleTemplate, "", "t.pair.role", "t.pair.task", "t.pair.rule", "t.pair.rule",
			),
		},
		{
			Name: "harmless-versions", Dimension: Wording, Care: 1,
			What:  "sensitive questions reworded until they can be answered",
			Price: "answers to other questions than those asked",
			apply: sections(
				simulate.StyleSections, "", "t.safe.role", "t.safe.task", "t.safe.rule",
			),
		},
		{
			Name: "criticised-answers", Dimension: Wording, Care: 1,
			What:  "each answer criticised and asked for anew, once or twice",
			Price: "two or three requests for an answer, each longer than the one before",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.Wording.Rounds = simulate.StyleBare, d.between(1, 2)
			},
		},
		{
			Name: "several-purposes", Dimension: Wording, Care: 1,
			What:  "templates for solutions, grades, cleaning and new questions, at the same time",
			Price: "texts and inputs for each",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style = simulate.StyleTemplate
				c.Prompt.Wording.Styles = []string{
					simulate.StyleTemplate, simulate.StyleGrade, simulate.StyleClean,
					simulate.StyleGenerate,
				}
			},
		},
		{
			Name: "harness-relay", Dimension: Wording, Care: 2,
			What:  "coding and other conversations of a relay's customers, with what relay programs add",
			Price: "a relay with customers",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Style, c.Prompt.RelayMarks = simulate.StyleRelay, true
			},
		},
		{
			Name: "field-questions", Dimension: Wording, Care: 2,
			What:  "questions as from people of a trade, every sentence anew, without a word about form",
			Price: "a call of a model of one's own for each request, and answers in any form",
			apply: sections(
				simulate.StyleSections, "", "t.field.role", "t.field.task", "t.field.rule",
			),
		},

		{
			Name: "renewed-wording", Dimension: Templates, Care: 1,
			What: "the template written anew every two to ten hours", Price: "texts to write",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Wording.Renew = d.hours(2, 10) },
		},
		{
			Name: "hundred-templates", Dimension: Templates, Care: 2,
			What:  "sixty to a hundred and fifty templates at a time",
			Price: "texts to write, and answers in as many forms",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Templates = d.between(60, 150) },
		},
		{
			Name: "agreed-beforehand", Dimension: Position, Care: 1,
			What:  "the template in a first exchange, to which the assistant has agreed",
			Price: "two more messages in each request",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Wording.Agreed = true },
		},
		{
			Name: "heavy-cover", Dimension: Cover, Care: 2,
			What:  "four fifths to nine tenths of the requests are ordinary",
			Price: "five to ten paid requests for each answer, and their customers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Cover = simulate.Cover{Share: d.uniform(0.8, 0.9), Kind: "mixed"}
			},
		},
		{
			Name: "working-personas", Dimension: Personas, Care: 2,
			What:  "subjects and words of its own for each account, and parameters that stay its own",
			Price: "as personas, and settings to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Prompt.Personas, c.Pool.Params = true, "own"
			},
		},
		{
			Name: "many-samples", Dimension: WorkList,
			What:  "nearly all items asked many times, for the best of the answers",
			Price: "ten or more answers for each item",
			apply: func(d draw, c *simulate.Campaign) { c.Prompt.Overlap = d.uniform(0.88, 0.95) },
		},
		{
			Name: "one-subject", Dimension: WorkList,
			What: "items of one subject only", Price: "answers on nothing else",
			apply: func(d draw, c *simulate.Campaign) {
				c.Prompt.Items = one(d, "math", "code", "reason", "tool", "analysis")
			},
		},
		{
			Name: "public-items", Dimension: WorkList, Care: 2,
			What:  "items of public sets that honest people ask too",
			Price: "answers that others have as well",
			apply: func(_ draw, c *simulate.Campaign) { c.Prompt.Wording.Public = true },
		},
	}
}
