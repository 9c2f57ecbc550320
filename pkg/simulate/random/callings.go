package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// callings are mechanisms of professions and offices.
func callings() []Mechanism {
	return []Mechanism{
		{
			Name: "security-questionnaire", size: some,
			Shares: []Aspect{Items, Template, SingleTurns},
			Life:   "Vendors answer the same catalogue of security questions for their customers, each from its own policies, question by question.",
			Source: "the CAIQ of the Cloud Security Alliance and the SIG of Shared Assessments",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(20, 90))
				m.Begin -= d.hours(0, 60)
				m.Use = simulate.SharedUse{
					Rate: d.about(40, 0.4), Sigma: 0.8, Rules: []string{"l.vendor", "app.about"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "l.vendor.q", Items: d.between(100, 300), Answer: d.about(140, 0.2),
					Hours: "office", Run: d.uniform(5, 30), Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "clinical-note", size: some, Shares: []Aspect{Layout, SingleTurns},
			Life:   "Doctors and therapists dictate their notes under the four headings that they all learned, and have them put in order.",
			Source: "SOAP notes; guides to writing them with AI (theaicareerlab.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.4), Sigma: 0.6,
					Rules:    []string{"l.soap.s", "l.soap.o", "l.soap.a", "l.soap.p"},
					Position: "own", Anew: true, Content: "-", Answer: d.about(260, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "sunday-sermon", size: few, Shares: []Aspect{Items, Schedule, LongOutputs},
			Life:   "Preachers of many churches prepare for the same Sunday on the same day of the week, on the readings that the calendar sets.",
			Source: "Ryan Panzer, When ChatGPT Meets the Lectionary (churchanew.org)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.3), Sigma: 0.6, Rules: []string{"l.sermon"},
					Texts: d.between(2, 6), Position: "before", Content: "l.reading",
					Items: d.between(4, 12), Turns: d.uniform(1.5, 4), Answer: d.about(1000, 0.2),
					Hours: "own", Weekly: true, Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "show-notes", size: few, Shares: []Aspect{Template, LongOutputs},
			Life:   "Makers of podcasts have the notes to each episode written from its transcript by a template from their forum.",
			Source: "show notes templates (podrewind.com), Why I use ChatGPT for my show notes (behavioristbookclub.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.7, Rules: []string{"l.shownotes", "plain.rule"},
					Position: one(d, "before", "after"), Content: "app.in.call",
					Turns: d.uniform(1, 2.5), Answer: d.about(950, 0.2), Hours: "own", Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "news-desk", size: few,
			Shares: []Aspect{Organisation, Template, Network},
			Life:   "The editors of a publisher rewrite agency copy by the house's prompt, on the house's seats, from the house's network.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Newcomers, m.SignUp = d.uniform(0.5, 1), d.hours(12, 100)
				m.Circle = d.between(12, 50)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Network: "place", Addresses: d.between(1, 5),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 0.7, Rules: []string{"l.desk", "plain.rule"},
					Texts: d.between(1, 2), Position: one(d, "system", "before"),
					Content: "rag.chunk", Turns: d.uniform(1, 1.8), Answer: d.about(320, 0.2),
					Hours: one(d, "office", "product"), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "call-floor", size: some,
			Shares: []Aspect{Template, Network, SingleTurns, Volume},
			Life:   "The agents of a call centre have each call summed up for the record: one hall, one prompt, a call every few minutes of the shift.",
			Source: "automated after-call summaries (Essent, NICE)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Identity = simulate.SharedIdentity{
					Network: "place", Addresses: d.between(1, 4), Place: true, Plan: one(d, "team", "api"),
				}
				m.Client = simulate.SharedClient{Kind: "app", Versions: 1, Params: d.Float64() < 0.5}
				m.Use = simulate.SharedUse{
					Rate: d.about(50, 0.3), Sigma: 0.4, Rules: []string{"l.calls"},
					Position: one(d, "before", "system"), Content: "app.in.call",
					Answer: d.about(90, 0.2), Hours: "office", Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "patent-drafting", size: few,
			Shares: []Aspect{Template, LongOutputs, Reasoning},
			Life:   "Patent attorneys draft claims and descriptions by prompts that a colleague teaches, with the reasons for each feature, for inventions that nobody else may see.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Effort: one(d, "high", "medium")}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 0.8, Rules: []string{"l.claim", "l.claim"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "l.invent", Turns: d.uniform(1.5, 4), Answer: d.about(1250, 0.2),
					Hours: "office", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "synthetic-panel", size: few,
			Shares: []Aspect{Template, SingleTurns, Volume, Parameters},
			Life:   "Market researchers let the model answer their questionnaires as hundreds of invented respondents, by the method of a paper, each for another product.",
			Source: "Bisbee et al. 2023 on synthetic replacements for survey data, AAPOR's report of May 2026",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(12, 80))
				m.Begin -= d.hours(0, 120)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Always: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(140, 0.4), Sigma: 0.9, Rules: []string{"l.panel"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "l.panel.in", Answer: d.about(55, 0.3), Hours: one(d, "office", "flat"),
					Run: d.uniform(40, 160), Declared: 0.15, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "moderation-queue", size: some, Shares: []Aspect{Template, SingleTurns},
			Life:   "Volunteers who moderate communities have reported posts judged by a bot's prompt with the community's rules in it.",
			Source: "RedditModBot/RedditToxicReportBot, AI AutoModerator (devpost.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(34, 0.5), Sigma: 1.3, Rules: []string{"l.modqueue", "app.contract"},
					Position: one(d, "system", "before"), Content: "app.in.moderate",
					Answer: d.about(55, 0.3), Hours: "product", Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "lesson-plans", size: some, Shares: []Aspect{Template, LongOutputs, Schedule},
			Life:   "Teachers plan the week on its last free evening by the template of a training course.",
			Source: "teachers' reviews of MagicSchool's lesson plan generator",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.3), Sigma: 0.6, Rules: []string{"l.lesson", "plain.rule"},
					Texts: d.between(1, 3), Position: "before", Content: "class.notes",
					Turns: d.uniform(1, 2.5), Answer: d.about(980, 0.2), Hours: "own", Weekly: true,
					Tinker: 0.3,
				}
				return m
			},
		},
	}
}
