package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// trades are mechanisms of offices, sites, wards and shops.
func trades() []Mechanism {
	return []Mechanism{
		{
			Name: "risk-sheet", size: some,
			Shares: []Aspect{Layout, SingleTurns},
			Life:   "Foremen write the risk assessment of each job under the headings of the authority: hazard, who, controls, what is left.",
			Source: "the steps of the Health and Safety Executive (hse.gov.uk)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 0.8,
					Rules: []string{
						"q.risk.hazard", "q.risk.who", "q.risk.control", "q.risk.left",
					},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 1.3),
					Answer: d.about(320, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "star-answers", size: large,
			Shares: []Aspect{Layout, LongOutputs},
			Life:   "Applicants for the civil service tell each deed of theirs as situation, task, action and result, and have it brought to length.",
			Source: "behaviours in Success Profiles (gov.uk)",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.75, 1), d.hours(60, 220))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 0.8,
					Rules:    []string{"q.star.s", "q.star.t", "q.star.a", "q.star.r"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1.5, 4),
					Answer: d.about(780, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "peer-review", size: few,
			Shares: []Aspect{Layout, Schedule},
			Life:   "Reviewers of a conference put their notes under the headings of its form in the last days before the reviews are due.",
			Source: "the review form of ICLR on openreview.net",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.85, 1), d.hours(20, 60))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.6,
					Rules:    []string{"q.peer.sum", "q.peer.good", "q.peer.bad", "q.peer.ask"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(1, 3),
					Answer: d.about(500, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "denied-care", size: some,
			Shares: []Aspect{Template, LongOutputs},
			Life:   "Patients whose treatment was refused write their appeals with the prompt of a volunteers' site, each about a plan and an illness of their own.",
			Source: "fighthealthinsurance.com (fighthealthinsurance/fighthealthinsurance)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.4), Sigma: 0.8, Rules: []string{"q.denied"},
					Texts: d.between(1, 2), Position: "before", Content: "q.denied.in",
					Turns: d.uniform(1.5, 4), Answer: d.about(1000, 0.2), Hours: "own",
					Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "review-replies", size: some,
			Shares: []Aspect{Template, SingleTurns},
			Life:   "Houses of a hotel chain answer their guests' reviews by the prompt of its head office, a dozen in a row each morning.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.4), Sigma: 0.8, Rules: []string{"q.guest"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "q.guest.in", Answer: d.about(110, 0.2), Hours: "office",
					Run: d.uniform(3, 14), Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "tariff-codes", size: few,
			Shares: []Aspect{Template, Reasoning, SingleTurns, Volume},
			Life:   "Small parcels lose their exemption from duty; forwarders have thousands of goods classified, each with the rule that decides and why.",
			Source: "the end of the de minimis exemption of the United States on 29 August 2025",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: d.Float64() < 0.6, Versions: d.between(2, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(95, 0.5), Sigma: 1.1, Rules: []string{"q.tariff"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "q.tariff.in", Answer: d.about(330, 0.2), Hours: "office",
					Run: d.uniform(10, 60), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "incident-report", size: few,
			Shares: []Aspect{Organisation, Network, Template},
			Life:   "Officers of a department have the first draft of a report written from the recording, on seats and in the network of the department.",
			Source: "Axon's Draft One",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(8, 40)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: "place", Addresses: d.between(1, 3), Place: true,
					Verified: d.uniform(0.3, 0.9),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.4), Sigma: 0.7, Rules: []string{"q.watch"},
					Position: "system", Content: "q.watch.in", Answer: d.about(420, 0.2),
					Hours: one(d, "flat", "own"), Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "shop-floor", size: large,
			Shares: []Aspect{Organisation, Client, Template},
			Life:   "A chain puts a helper on the tablets of its shops: an account for each shop, one program, and the handbook's rules before every question.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{Organisation: true, Place: true}
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Always: true, Versions: d.between(1, 3),
					Device: d.uniform(0.5, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.4), Sigma: 0.8, Rules: []string{"q.till", "q.about"},
					Position: "system", Content: "q.till.in", Turns: d.uniform(1, 2),
					Answer: d.about(70, 0.3), Hours: "product", From: 9, To: 20,
				}
				return m
			},
		},
		{
			Name: "stand-up", size: some,
			Shares: []Aspect{Template, Schedule, Client},
			Life:   "Teams in one country have the notes of the day before put into the form of a stand-up, by a bot of their chat, shortly before they meet.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Versions: d.between(1, 3),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.3), Sigma: 0.5, Rules: []string{"q.standup"},
					Texts: d.between(1, 3), Position: one(d, "before", "system"),
					Content: "q.standup.in", Answer: d.about(160, 0.2), Hours: "office",
					From: 8, To: 10, Tinker: 0.35,
				}
				return m
			},
		},
	}
}
