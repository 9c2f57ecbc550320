package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// lines are mechanisms of lines, purses, invitations and clocks.
func lines() []Mechanism {
	return []Mechanism{
		{
			Name: "computing-cluster", size: few,
			Shares: []Aspect{Network, Template, Volume, SingleTurns},
			Life:   "Groups of a university run their studies as jobs on its cluster, behind its one address, with the example script of its help pages changed for their codebook.",
			Source: "help pages of university clusters on calling models from batch jobs",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: d.Float64() < 0.7, Versions: d.between(1, 3),
				}
				m.Identity = simulate.SharedIdentity{
					Network: "place", Addresses: d.between(1, 2), Place: true, Plan: "api",
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(140, 0.6), Sigma: 1.3, Rules: []string{"v.cluster"},
					Texts: d.between(3, 8), Position: one(d, "system", "before"),
					Content: "v.cluster.in", Answer: d.about(60, 0.4), Hours: "flat",
					Run: d.uniform(40, 180), Declared: 0.2, Tinker: 0.9,
				}
				return m
			},
		},
		{
			Name: "lab-card", size: few,
			Shares: []Aspect{Funding, Network},
			Life:   "A professor's purchasing card pays for everybody in the group, each with an account of the university's mail, and each works on something else.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Newcomers, m.SignUp = d.uniform(0, 0.4), d.hours(24, 200)
				m.Circle = d.between(4, 14)
				m.Identity = simulate.SharedIdentity{
					Payment: true, Domain: true, Plan: one(d, "api", "team", "pro"),
					Network: "place", Addresses: d.between(1, 4), Place: true,
				}
				return m
			},
		},
		{
			Name: "local-invoice", size: large,
			Shares: []Aspect{Funding, SignUp},
			Life:   "Firms of a country cannot pay a foreign service by card; a distributor buys the seats, pays for all with its own and sends invoices in the local currency.",
			Source: "distributors of software licences in Japan, Brazil and India",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(60, 160))
				m.Begin -= d.hours(0, 120)
				m.Newcomers, m.SignUp = d.uniform(0.3, 0.8), 20*time.Hour
				m.Identity = simulate.SharedIdentity{
					Payment: true, Issuers: 1, Place: true, Plan: one(d, "team", "pro"),
				}
				return m
			},
		},
		{
			Name: "citizen-plan", size: vast,
			Shares: []Aspect{SignUp, Funding},
			Life:   "A small state gives the paid plan to all who live in it: after the announcement they come with their electronic identity, in a few evenings, and try it on their own life.",
			Source: "OpenAI for Countries, and the agreement for the schools of Estonia (2025)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(16, 60))
				m.Newcomers, m.SignUp = d.uniform(0.6, 0.9), time.Hour
				m.Identity = simulate.SharedIdentity{
					Place: true, Plan: "pro", Issuers: 1, Verified: d.uniform(0.9, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(6, 0.3), Sigma: 0.8, Turns: d.uniform(1.5, 4), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "invitation-wave", size: large,
			Shares: []Aspect{SignUp},
			Life:   "A service in its beta lets people in by waves: some hundred invitations go out in one minute, and most are used the same evening.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(4, 20))
				m.Newcomers, m.SignUp = d.uniform(0.85, 1), time.Hour
				m.Identity = simulate.SharedIdentity{Plan: one(d, "free", "pro", "api")}
				m.Client = simulate.SharedClient{NewModel: d.Float64() < 0.5}
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.9, Turns: d.uniform(1.2, 3.5), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "store-feature", size: large,
			Shares: []Aspect{SignUp, Client},
			Life:   "The store of a maker of telephones shows an app on its front page for a day; who taps on it has an account a minute later, and many ask only once or twice.",
			Source: "the Today tab of the App Store",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(14, 30))
				m.Newcomers, m.SignUp = d.uniform(0.85, 1), 15*time.Minute
				m.Stay = d.hours(3, 25)
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Always: true, Versions: d.between(1, 2),
					Device: d.uniform(0.8, 1),
				}
				m.Identity = simulate.SharedIdentity{Plan: one(d, "free", "free", "pro")}
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.3), Sigma: 1, Turns: d.uniform(1, 3), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "browser-vpn", size: large,
			Shares: []Aspect{Network, Client},
			Life:   "A browser has a VPN built in that one click turns on; its users come out of the same few exits, all with that browser.",
			Source: "the VPN of Opera, and Secure Network of Edge",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Always: true, Versions: d.between(2, 4), Device: d.uniform(0, 0.6),
				}
				m.Identity = simulate.SharedIdentity{Network: "vpn", Addresses: d.between(2, 10)}
				return m
			},
		},
		{
			Name: "fasting-nights", size: vast,
			Shares: []Aspect{Schedule},
			Life:   "In the month of fasting a country lives at night: people sleep through the afternoon and are at their telephones from the evening meal until the one before dawn.",
			Source: "the hours of traffic in Ramadan that operators of networks report",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Beside = d.uniform(0.2, 0.6)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.3), Sigma: 0.8, Turns: d.uniform(1.5, 4), Hours: "flat",
					From: d.between(19, 21), To: d.between(3, 5),
				}
				return m
			},
		},
		{
			Name: "limit-resets", size: large,
			Shares: []Aspect{Schedule, Volume},
			Life:   "A plan counts its limits in windows that begin at the same hour for everybody; the heavy users wait for the clock and use up in two hours what it gives.",
			Source: "daily and weekly limits of the coding plans, and tables of when they begin anew",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Beside = d.uniform(0.1, 0.5)
				m.Identity = simulate.SharedIdentity{Plan: "pro", Place: d.Float64() < 0.5}
				from := d.between(0, 21)
				m.Use = simulate.SharedUse{
					Rate: d.about(55, 0.4), Sigma: 0.6, Content: "agent.task",
					Turns: d.uniform(3, 8), Answer: d.about(330, 0.3), Hours: "flat", From: from,
					To: from + 2,
				}
				return m
			},
		},
		{
			Name: "orientation-week", size: vast,
			Shares: []Aspect{SignUp, Organisation, Network},
			Life:   "New students get their seat of the university's plan on the days on which they get their card and their mailbox, in its halls and on its network.",
			Source: "ChatGPT Edu at the California State University, Claude for Education",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(20, 60))
				m.Newcomers, m.SignUp = d.uniform(0.8, 1), 4*time.Hour
				m.Circle = d.between(60, 300)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Network: "place", Addresses: d.between(4, 24),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(5, 0.3), Sigma: 0.8, Turns: d.uniform(1.5, 4), Hours: "own",
				}
				return m
			},
		},
	}
}
