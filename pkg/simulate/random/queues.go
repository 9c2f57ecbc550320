package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// queues are mechanisms of work that is dealt out: within one firm or office, among the free hands
// of a publisher, and among volunteers.
func queues() []Mechanism {
	return []Mechanism{
		{
			Name: "ticket-articles", size: few,
			Shares: []Aspect{Organisation, Items, Template, LongOutputs, SingleTurns},
			Life: "A firm has its help centre written anew out of years of closed tickets: a " +
				"queue deals them to the support staff, who paste each into one prompt and keep " +
				"the article.",
			draw: func(d draw) simulate.Mechanism {
				m := hired(d, d.uniform(0.9, 1), 5, 40)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: d.Float64() < 0.5, Verified: d.uniform(0.2, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(34, 0.4), Sigma: 0.5, Rules: []string{"y.ticket"},
					Position: one(d, "before", "system"), Content: "y.ticket.in",
					Items: d.between(600, 2500), Answer: d.about(820, 0.2), Hours: "office",
					Run: d.uniform(3, 15), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "occupation-coders", size: few,
			Shares: []Aspect{Organisation, Network, Items, Template, SingleTurns, Volume},
			Life: "A statistical office gives the answers of a survey to its coders in lots; " +
				"each answer needs the code of an occupation, and one in some is coded by two of " +
				"them.",
			Source: "ISCO-08 of the International Labour Organization, and studies on coding it " +
				"by models",
			draw: func(d draw) simulate.Mechanism {
				m := hired(d, d.uniform(0.9, 1), 8, 60)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: "place", Addresses: d.between(1, 4), Place: true,
					Verified: d.uniform(0.3, 1),
				}
				m.Client = simulate.SharedClient{Params: d.Float64() < 0.5}
				m.Use = simulate.SharedUse{
					Rate: d.about(120, 0.4), Sigma: 0.4, Rules: []string{"y.isco"},
					Position: one(d, "before", "system"), Content: "y.isco.in",
					Items: d.between(1500, 5000), Answer: d.about(45, 0.3), Hours: "office",
					Run: d.uniform(10, 40), Declared: 0.1,
				}
				return m
			},
		},
		{
			Name: "lease-abstracts", size: few,
			Shares: []Aspect{Organisation, Items, Template, Reasoning},
			Life: "A law office goes through the hundreds of leases of a portfolio that is for " +
				"sale; young lawyers take the next from the list, day and night until the bid is " +
				"due.",
			Source: "due diligence with lease abstracts in the sale of property",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.85, 1), d.hours(60, 160))
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: one(d, "", "place"), Addresses: d.between(1, 3),
					Place: true,
				}
				m.Client = simulate.SharedClient{Effort: one(d, "", "", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(38, 0.4), Sigma: 0.6, Rules: []string{"y.lease"},
					Position: one(d, "before", "after"), Content: "y.lease.in",
					Items: d.between(300, 1200), Answer: d.about(640, 0.2),
					Turns: d.uniform(1, 1.6), Hours: one(d, "own", "office"),
					Run: d.uniform(2, 8), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "lot-descriptions", size: few,
			Shares: []Aspect{Funding, Items, Template, SingleTurns},
			Life: "An auction house has the lots of its autumn sales described from the notes " +
				"of its experts: temporary staff with accounts on the house's card take lot " +
				"after lot.",
			draw: func(d draw) simulate.Mechanism {
				m := hired(d, d.uniform(0.85, 1), 3, 25)
				m.Identity = simulate.SharedIdentity{
					Payment: true, Domain: true, Place: true, Plan: one(d, "team", "pro", "api"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(55, 0.4), Sigma: 0.6, Rules: []string{"y.lot"},
					Position: one(d, "before", "system"), Content: "y.lot.in",
					Items: d.between(700, 1900), Answer: d.about(150, 0.2), Hours: "office",
					Run: d.uniform(4, 20), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "rater-floor", size: some,
			Shares: []Aspect{
				Organisation, Network, SignUp, Items, Template, Reasoning, SingleTurns,
			},
			Life: "A vendor's hall of raters compares answers for a maker of models and may " +
				"use this one to look for errors: all were hired for one project, and the same " +
				"guideline goes with every pair.",
			Source: "guidelines of vendors of ratings, as far as they are public",
			draw: func(d draw) simulate.Mechanism {
				m := hired(d, d.uniform(0.9, 1), 2, 20)
				m.Newcomers = d.uniform(0.85, 1)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: "place", Addresses: d.between(1, 5), Place: true,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.4), Sigma: 0.4, Rules: []string{"y.rater"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "y.rater.in", Items: d.between(500, 3000),
					Answer: d.about(380, 0.2), Hours: one(d, "office", "office", "flat"),
					Run: d.uniform(4, 16), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "item-writers", size: some,
			Shares: []Aspect{Funding, Template, Reasoning, LongOutputs},
			Life: "A publisher of examinations has items written by retired teachers, on " +
				"accounts that it pays for; each takes lines of the blueprint, and every item " +
				"comes with its solution.",
			Source: "item writing guides of examination boards; AERA, APA and NCME standards",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Newcomers, m.SignUp = d.uniform(0.3, 0.8), d.hours(20, 120)
				m.Identity = simulate.SharedIdentity{
					Payment: true, Plan: one(d, "pro", "team"), Place: d.Float64() < 0.6,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(27, 0.4), Sigma: 0.7, Rules: []string{"y.blueprint"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "y.blueprint.in", Turns: d.uniform(1, 1.8),
					Answer: d.about(950, 0.2), Hours: "own", Run: d.uniform(2, 9), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "past-papers", size: few,
			Shares: []Aspect{Items, Template, Reasoning, LongOutputs},
			Life: "Teachers of an association write the solutions to all past papers for its " +
				"pages: each took some years, and lets the model draft question after question " +
				"before the term.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Client = simulate.SharedClient{Effort: one(d, "", "medium", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.4), Sigma: 0.7, Rules: []string{"y.paper.solve"},
					Texts: d.between(1, 2), Position: one(d, "before", "after"),
					Content: "y.paper", Items: d.between(250, 900), Turns: d.uniform(1, 1.6),
					Answer: d.about(900, 0.2), Hours: "own", Run: d.uniform(3, 14), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "released-files", size: large,
			Shares: []Aspect{Items, Template, LongOutputs, SingleTurns},
			Life: "An archive is opened by order of a court and thousands of pages are out at " +
				"once; journalists and citizens run them through the prompt of a post, each " +
				"where they please.",
			Source: "the releases of files on public affairs in 2025, and the tools made for them",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(14, 50))
				m.Newcomers, m.SignUp = d.uniform(0.1, 0.4), 5*time.Hour
				m.Stay = d.hours(10, 60)
				m.Client = simulate.SharedClient{
					Kind: one(d, "", "sdk"), Params: d.Float64() < 0.5, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(44, 0.6), Sigma: 1.3, Rules: []string{"y.release.doc"},
					Texts: d.between(1, 3), Position: one(d, "before", "before", "after"),
					Content: "y.release.page", Items: d.between(800, 4000),
					InOrder: d.Float64() < 0.3, Answer: d.about(760, 0.2), Hours: "own",
					Run: d.uniform(3, 30), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "open-textbook", size: few,
			Shares: []Aspect{Items, Template, LongOutputs, SingleTurns},
			Life: "Volunteers bring an open textbook into the language of their country; a " +
				"sheet deals out the passages, and the prompt at its top goes before each of " +
				"them.",
			Source: "translations of OpenStax books, and of other open books by volunteers",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Ramp, d.hours(30, 120))
				m.Begin -= d.hours(10, 200)
				m.Identity = simulate.SharedIdentity{Place: d.Float64() < 0.7}
				m.Use = simulate.SharedUse{
					Rate: d.about(21, 0.4), Sigma: 0.8, Rules: []string{"y.opentext"},
					Position: "before", Content: "y.opentext.in", Items: d.between(400, 1300),
					Answer: d.about(880, 0.2), Hours: "own", Run: d.uniform(3, 12), Tinker: 0.1,
				}
				return m
			},
		},
	}
}

// hired is a mechanism whose people got their accounts for it within the given hours, some weeks
// ago.
func hired(d draw, adoption, least, most float64) simulate.Mechanism {
	m := d.before(adoption)
	m.Begin, m.Spread = -d.hours(5*24, 70*24), d.hours(least, most)
	m.Newcomers, m.SignUp = d.uniform(0.5, 1), d.hours(1, 8)
	return m
}
