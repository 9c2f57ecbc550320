package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// work are mechanisms of offices, trades and jobs by the clock.
func work() []Mechanism {
	return []Mechanism{
		{
			Name: "batch-template", size: few, Shares: []Aspect{Template, SingleTurns, Volume},
			Life:   "A script from a blog runs one prompt over a table: everybody has another table.",
			Source: "batch examples of the providers' cookbooks",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(90, 0.5), Sigma: 1, Rules: []string{"app.role", "m.extract"},
					Position: one(d, "before", "system", "after"),
					Content: one(
						d, "app.in.extract", "app.in.review", "app.in.address", "app.in.product",
					),
					Answer: d.about(100, 0.5), Hours: one(d, "own", "office"),
					Run: d.uniform(20, 60), Declared: 0.3, Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "nightly-cron", size: few, Shares: []Aspect{Schedule, Client, SingleTurns},
			Life:   "A job of an open source tool runs every night at the time that its example crontab says.",
			Source: "0 2 * * * of many installation guides",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.6), Rules: []string{"cron.task"}, Position: "before",
					Content: "app.in.log", Answer: d.about(180, 0.4), Hours: "nightly",
				}
				return m
			},
		},
		{
			Name: "support-macro", size: some, Shares: []Aspect{Template},
			Life:   "Agents of small shops use the reply macro that their help desk program suggests.",
			Source: "Zendesk and Freshdesk macros",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.4), Sigma: 0.8, Rules: []string{"m.macro", "app.boiler"},
					Position: one(d, "system", "before"), Content: "app.in.ticket",
					Turns: d.uniform(1, 1.6), Answer: d.about(130, 0.2), Hours: "office",
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "localisation-vendor", size: some, Shares: []Aspect{Template, SingleTurns},
			Life:   "A vendor gives its freelance translators a prompt; each works in a language and a product of their own.",
			Source: "AI prompts that Crowdin's project owners give their translators",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Steady, d.hours(24, 72))
				m.Begin -= d.hours(0, 150)
				m.Use = simulate.SharedUse{
					Rate: d.about(40, 0.4), Sigma: 0.8,
					Rules:    []string{"m.translate", "plain.rule"},
					Position: one(d, "before", "system"), Content: "m.string",
					Answer: d.about(60, 0.3), Hours: one(d, "office", "own"), Run: d.uniform(5, 30),
					Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "translation-memory", size: few, Shares: []Aspect{Items, SingleTurns, Volume},
			Life: "Teams translate the same strings of one product, each into its own language.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Steady, d.hours(6, 36))
				m.Use = simulate.SharedUse{
					Rate: d.about(80, 0.4), Sigma: 0.6, Rules: []string{"m.translate"},
					Position: "own", Content: "m.string", Items: d.between(150, 600), InOrder: true,
					Answer: d.about(40, 0.3), Hours: "office", Run: d.uniform(10, 50),
				}
				return m
			},
		},
		{
			Name: "tax-season", size: some, Shares: []Aspect{Template, LongOutputs, Schedule},
			Life:   "Weeks before the deadline people of a country paste their figures into a prompt that a magazine printed.",
			Source: "magazines' tax prompts each spring, H&R Block's AI Tax Assist",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.7, 1), d.hours(40, 120))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 0.7, Rules: []string{"m.tax", "plain.rule"},
					Position: "before", Content: "app.in.extract", Turns: d.uniform(1.2, 3),
					Answer: d.about(700, 0.2), Hours: "own", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "report-season", size: some, Shares: []Aspect{Template, LongOutputs, Schedule},
			Life:   "At the end of a quarter managers of many firms have reports and appraisals written by the prompt of a template page.",
			Source: "prompt collections for performance reviews (Lattice, Culture Amp)",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.7, 1), d.hours(24, 72))
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 0.7, Rules: []string{"m.report", "plain.rule"},
					Position: one(d, "before", "after"), Content: "app.in.call",
					Turns: d.uniform(1, 2.2), Answer: d.about(850, 0.2), Hours: "office",
					Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "grading-rubric", size: few, Shares: []Aspect{Template, Reasoning, SingleTurns},
			Life:   "Teachers of one association rate pupils' work by a common rubric with reasons, each the work of their own class.",
			Source: "Mizumoto and Eguchi 2023, essays scored by a rubric in a prompt",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(24, 96))
				m.Client = simulate.SharedClient{Effort: one(d, "high", "medium")}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 0.7, Rules: []string{"m.rubric", "m.rubric"},
					Position: "before", Content: "class.notes",
					Answer: d.about(380, 0.2), Hours: "own", Run: d.uniform(4, 25), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "seo-content", size: few,
			Shares: []Aspect{Template, LongOutputs, SingleTurns, Volume},
			Life:   "Sellers of a course on search engines write articles by the course's prompt, each for a shop of their own.",
			Source: "the long-form article prompt of AIPRM, used 15 million times",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(35, 0.4), Sigma: 0.9, Rules: []string{"m.seo", "m.seo"},
					Position: one(d, "before", "after"), Content: "app.in.product",
					Answer: d.about(1300, 0.2), Hours: one(d, "own", "office"),
					Run: d.uniform(2, 8), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "meeting-minutes", size: some, Shares: []Aspect{Template, SingleTurns},
			Life:   "A common prompt makes minutes of recorded meetings, after each meeting.",
			Source: "Microsoft's Copilot prompt gallery, meeting bots",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.4), Sigma: 0.7, Rules: []string{"m.minutes", "app.contract"},
					Position: "before", Content: "app.in.call",
					Answer: d.about(350, 0.2), Hours: "office", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "query-helper", size: some, Shares: []Aspect{Template, SingleTurns},
			Life:   "Analysts have queries written by the prompt of a dashboard's help page, each with tables of their own.",
			Source: "vanna-ai/vanna, Metabase's Metabot",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.4), Sigma: 0.9, Rules: []string{"m.query"},
					Position: one(d, "before", "system"), Content: "app.in.sql",
					Answer: d.about(120, 0.2), Hours: "office", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "weekly-review", size: some, Shares: []Aspect{Template, Schedule},
			Life:   "Readers of a book on self-management review their week on the day that it names, by the prompt at its end.",
			Source: "the weekly review of Getting Things Done (Allen 2001)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.3), Sigma: 0.6, Rules: []string{"m.daily", "m.daily"},
					Position: "before", Content: "class.notes",
					Turns: d.uniform(1.5, 4), Answer: d.about(350, 0.2), Hours: "own", Weekly: true,
					Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "weekly-numbers", size: few, Shares: []Aspect{Template, Schedule},
			Life:   "Shop keepers on one platform paste its weekly export into the prompt of its forum.",
			Source: "prompts for Shopify's and Etsy's exports in seller forums",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(10, 0.3), Sigma: 0.6, Rules: []string{"m.report", "app.contract"},
					Position: one(d, "before", "after"),
					Content:  "app.in.extract", Turns: d.uniform(1, 2), Answer: d.about(450, 0.2),
					Hours: "office", Weekly: true, Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "weekly-plan", size: some, Shares: []Aspect{Template, Schedule},
			Life:   "Parents of one forum have meals and errands of the week planned by a common prompt, at the weekend.",
			Source: "meal planning prompts of parents' forums",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.3), Sigma: 0.6,
					Rules: []string{"plain.rule", "app.contract", "plain.rule"}, Position: "before",
					Turns: d.uniform(1.5, 3), Answer: d.about(500, 0.2), Hours: "own", Weekly: true,
					Tinker: 0.3,
				}
				return m
			},
		},
	}
}
