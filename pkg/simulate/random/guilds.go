package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// guilds are mechanisms of trades: forms that all of a trade fill, and prompts that it hands on.
func guilds() []Mechanism {
	return []Mechanism{
		{
			Name: "decision-records", size: some,
			Shares: []Aspect{Layout, SingleTurns},
			Life: "Software teams note each decision under the same headings, context, " +
				"options, decision, consequences, and ask what they have overlooked before they " +
				"commit it.",
			Source: "architecture decision records (Nygard 2011, adr.github.io)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.4), Sigma: 0.8,
					Rules: []string{
						"y.adr.context", "y.adr.options", "y.adr.choice", "y.adr.after",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 1.6),
					Answer: d.about(480, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "pico-questions", size: few,
			Shares: []Aspect{Layout},
			Life: "Doctors in training put a question of the ward into the four parts that " +
				"they learned, population, intervention, comparison, outcome, before they look " +
				"for studies.",
			Source: "Richardson et al. 1995 on well-built clinical questions",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.7,
					Rules:    []string{"y.pico.p", "y.pico.i", "y.pico.c", "y.pico.o"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1.2, 3.5),
					Answer: d.about(520, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "change-tickets", size: large,
			Shares: []Aspect{Layout, SingleTurns, Schedule},
			Life: "Before the weekly board of changes operators of many firms fill the form, " +
				"what, why, risk, way back, and have it checked in the hours before it closes.",
			Source: "change enablement in ITIL, and the forms of ticket systems",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				from := d.between(8, 13)
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 0.7,
					Rules: []string{
						"y.change.what", "y.change.why", "y.change.risk", "y.change.back",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 1.4),
					Answer: d.about(210, 0.3), Hours: "office", From: from, To: from + 3,
				}
				return m
			},
		},
		{
			Name: "work-instructions", size: large,
			Shares: []Aspect{Layout, LongOutputs},
			Life: "Firms that want the certificate write down how each task is done under the " +
				"four headings of the standard; whoever does it gives the notes, the model the " +
				"document.",
			Source: "documented information in ISO 9001 and templates for it",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(10, 0.4), Sigma: 0.9,
					Rules: []string{
						"y.work.purpose", "y.work.who", "y.work.how", "y.work.proof",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 2),
					Answer: d.about(900, 0.2), Hours: "office", Run: d.uniform(1, 4),
				}
				return m
			},
		},
		{
			Name: "fault-codes", size: large,
			Shares: []Aspect{Template, Client},
			Life: "Mechanics of free workshops read the codes of a car with an adapter whose " +
				"app adds its prompt, the vehicle and the measured values, and ask what to test " +
				"first.",
			Source: "apps for OBD-II adapters that explain codes with a model",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Versions: d.between(2, 4), Device: d.uniform(0.2, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 0.8, Rules: []string{"y.fault"},
					Texts: d.between(1, 2), Position: "system", Content: "y.fault.in",
					Turns: d.uniform(1.3, 3.5), Answer: d.about(260, 0.2), Hours: "office",
					Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "house-surveys", size: few,
			Shares: []Aspect{Template, Client, LongOutputs},
			Life: "Surveyors of houses dictate on the ladder, and their report program makes a " +
				"section of each note: thirty sections a house, two houses a day, one prompt for " +
				"all.",
			Source: "the Home Survey Standard of the RICS, and programs for it",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: one(d, "app", "sdk"), Params: true, Versions: d.between(1, 3),
					Device: d.uniform(0, 0.7),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(48, 0.4), Sigma: 0.6, Rules: []string{"y.survey"},
					Texts: d.between(1, 2), Position: one(d, "system", "before"),
					Content: "y.survey.in", Answer: d.about(680, 0.2), Hours: "office",
					Run: d.uniform(6, 25), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "eulogy-writers", size: few,
			Shares: []Aspect{Template, LongOutputs},
			Life: "Celebrants have the first draft of a funeral speech made from their notes " +
				"by the prompt of their training: two or three a week, each about one life.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.3), Sigma: 0.6, Rules: []string{"y.eulogy"},
					Texts: d.between(1, 3), Position: "before", Content: "y.eulogy.in",
					Turns: d.uniform(1.3, 3.5), Answer: d.about(1300, 0.15), Hours: "own",
					Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "faceless-channels", size: some,
			Shares: []Aspect{Template, SignUp, LongOutputs, SingleTurns},
			Life: "Pupils of a course on making money with videos sign up in the week in which " +
				"it begins, and have script after script written by its prompt, each for a niche " +
				"of their own.",
			Source: "courses on channels without a face",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(20, 70))
				m.Begin -= d.hours(0, 160)
				m.Newcomers, m.SignUp = d.uniform(0.6, 0.95), 6*time.Hour
				m.Identity = simulate.SharedIdentity{Plan: one(d, "", "pro")}
				m.Use = simulate.SharedUse{
					Rate: d.about(17, 0.5), Sigma: 0.9, Rules: []string{"y.channel"},
					Texts: d.between(1, 3), Position: "before", Content: "y.channel.in",
					Turns: d.uniform(1, 1.3), Answer: d.about(1900, 0.2), Hours: "own",
					Run: d.uniform(1, 6), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "records-requests", size: few,
			Shares: []Aspect{Organisation, Template, SingleTurns, Volume},
			Life: "Clerks of several authorities look through files that somebody asked to " +
				"see: page after page goes into the prompt of a common guideline, for what has " +
				"to be blacked out.",
			Source: "laws on freedom of information and guidelines for redaction",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(4, 14)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Verified: d.uniform(0.4, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(85, 0.5), Sigma: 0.8, Rules: []string{"y.record"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "y.record.in", Answer: d.about(170, 0.3), Hours: "office",
					Run: d.uniform(10, 60), Tinker: 0.1,
				}
				return m
			},
		},
	}
}
