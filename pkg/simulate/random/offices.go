package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// offices are mechanisms of trades and offices that write by rules which others made.
func offices() []Mechanism {
	return []Mechanism{
		{
			Name: "post-mortem", size: few,
			Shares: []Aspect{Layout, Schedule},
			Life:   "After a cloud was down the teams that stood on it write what happened under the headings of the trade, each of their own alarms.",
			Source: "the example of a postmortem in Site Reliability Engineering (Beyer et al. 2016)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(5, 18))
				m.Stay = d.hours(4, 18)
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.3), Sigma: 0.7,
					Rules: []string{
						"o.mortem.sum", "o.mortem.time", "o.mortem.cause", "o.mortem.do",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1.5, 4),
					Answer: d.about(480, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "tender-answers", size: few,
			Shares: []Aspect{Items, LongOutputs, Schedule},
			Life:   "Bidders answer the questions of one invitation to tender, each for its own firm, most of it in the last days.",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.85, 1), d.hours(40, 120))
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.4), Sigma: 0.7, Content: "o.tender", Items: d.between(15, 60),
					Turns: d.uniform(1.5, 4), Answer: d.about(850, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "grant-call", size: some,
			Shares: []Aspect{Layout, LongOutputs, Schedule},
			Life:   "Research groups write for one call whose form sets the headings; on the last evening the portal is slow.",
			Source: "part B of proposals to Horizon Europe: excellence, impact, implementation",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(30, 100))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.4), Sigma: 0.8,
					Rules:    []string{"o.grant.excel", "o.grant.impact", "o.grant.plan"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1.5, 3.5),
					Answer: d.about(950, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "franchise-house", size: few,
			Shares: []Aspect{Template, Funding},
			Life:   "Offices of a franchise write their offers by the prompt of the house, on accounts that its card pays for, each about the houses of its own town.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(6, 30)
				m.Identity = simulate.SharedIdentity{Payment: true, Domain: d.Float64() < 0.6, Plan: "pro"}
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.4), Sigma: 0.7, Rules: []string{"o.house", "plain.rule"},
					Position: one(d, "before", "system"), Content: "o.house.in",
					Turns: d.uniform(1, 2), Answer: d.about(360, 0.2), Hours: "office", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "legal-clinic", size: few,
			Shares: []Aspect{Template, Network, Schedule},
			Life:   "Volunteers of an advice centre sit in its rooms one evening of the week and draft letters for those who wait, by the prompt of the centre.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Circle = d.between(8, 25)
				m.Identity = simulate.SharedIdentity{Network: "place", Addresses: d.between(1, 2), Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(26, 0.3), Sigma: 0.5, Rules: []string{"o.clinic", "plain.rule"},
					Position: "before", Content: "class.notes", Turns: d.uniform(1.2, 3),
					Answer: d.about(500, 0.2), Hours: "own", Weekly: true, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "shift-handover", size: some,
			Shares: []Aspect{Layout, SingleTurns},
			Life:   "Nurses dictate what the next shift must know in the order that all wards use: situation, background, assessment, request.",
			Source: "SBAR, taught by the NHS and the Institute for Healthcare Improvement",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.3), Sigma: 0.5,
					Rules:    []string{"o.ward.s", "o.ward.b", "o.ward.a", "o.ward.r"},
					Position: "own", Anew: true, Content: "-", Answer: d.about(150, 0.2),
					Hours: one(d, "flat", "product"), Run: d.uniform(3, 8),
				}
				return m
			},
		},
		{
			Name: "access-audit", size: few,
			Shares: []Aspect{Items, SingleTurns},
			Life:   "Before a law takes effect web shops go through the criteria of the standard for accessible pages, one after the other.",
			Source: "the criteria of WCAG 2.2; the European Accessibility Act of June 2025",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Ramp, d.hours(30, 120))
				m.Begin -= d.hours(0, 100)
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.4), Sigma: 0.8, Content: "o.access", Items: d.between(50, 87),
					InOrder: d.Float64() < 0.7, Answer: d.about(300, 0.2), Hours: "office",
					Run: d.uniform(3, 15),
				}
				return m
			},
		},
		{
			Name: "cv-screening", size: some,
			Shares: []Aspect{Template, Reasoning, SingleTurns},
			Life:   "Those who hire in small firms have each application scored with its reasons, by the prompt of a lawyer's leaflet on fair selection.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.4), Sigma: 1, Rules: []string{"o.screen", "o.screen"},
					Texts: d.between(1, 2), Position: "before", Content: "o.screen.in",
					Answer: d.about(340, 0.2), Hours: "office", Run: d.uniform(3, 20), Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "marketplace-rule", size: large,
			Shares: []Aspect{Template, Schedule, SingleTurns},
			Life:   "A market place takes down from a date on what lacks the new particulars; its sellers rework their whole range in the last days.",
			Source: "the General Product Safety Regulation of the EU from 13 December 2024, and notes to sellers",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(30, 90))
				m.Use = simulate.SharedUse{
					Rate: d.about(55, 0.5), Sigma: 1.2, Rules: []string{"o.market", "app.contract"},
					Texts: d.between(1, 3), Position: one(d, "before", "after"), Content: "app.in.product",
					Answer: d.about(190, 0.2), Hours: "own", Run: d.uniform(10, 50), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "farm-advice", size: large,
			Shares: []Aspect{Template, Client, Network, SingleTurns},
			Life:   "Farmers of a district ask through the adviser of their ministry: its app, its servers, and an account for each of them.",
			Source: "Farmer.Chat of Digital Green (arXiv 2409.08916)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{
					Network: "cloud", Addresses: d.between(1, 6), Plan: "api",
				}
				m.Client = simulate.SharedClient{Kind: "app", Params: true, Always: true, Versions: d.between(1, 3)}
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.3), Sigma: 0.8, Rules: []string{"o.farm", "app.boiler"},
					Position: "system", Content: "o.farm.in", Turns: d.uniform(1, 1.4),
					Answer: d.about(130, 0.2), Hours: "own",
				}
				return m
			},
		},
	}
}
