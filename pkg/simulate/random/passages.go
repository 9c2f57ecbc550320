package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// passages are mechanisms of places, money and occasions through which people go.
func passages() []Mechanism {
	return []Mechanism{
		{
			Name: "train-wifi", size: large,
			Shares: []Aspect{Network},
			Life: "The trains of a railway reach the network through a few addresses of its " +
				"operator; who commutes is behind one of them every morning.",
			Source: "wireless networks of national railways",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Identity = simulate.SharedIdentity{
					Network: one(d, "place", "vpn"), Addresses: d.between(2, 8), Place: true,
				}
				return m
			},
		},
		{
			Name: "rented-phones", size: some,
			Shares: []Aspect{Network, Client},
			Life: "Players and sellers rent telephones that exist only in a data centre: one " +
				"image of one model for all, its browser, and the addresses of the host.",
			Source: "cloud phones as Redfinger offers them",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Always: true, Versions: d.between(1, 2), Device: d.uniform(0.5, 1),
				}
				m.Identity = simulate.SharedIdentity{
					Network: "cloud", Addresses: d.between(3, 12), Place: d.Float64() < 0.6,
				}
				return m
			},
		},
		{
			Name: "prison-tablets", size: some,
			Shares: []Aspect{Organisation, Network, Client, Schedule},
			Life: "Prisons give tablets with a tutor to those who learn: one program, an " +
				"organisation for each house, its one line, and an hour or three in the " +
				"afternoon.",
			Source: "tablets for education in prisons of several countries",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Beside, m.Circle = -1, d.between(10, 40)
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Always: true, Versions: d.between(1, 2), Device: 1,
				}
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Network: "place", Addresses: 1, Place: true,
					Verified: d.uniform(0.3, 1),
				}
				from := d.between(12, 15)
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.3), Sigma: 0.6, Turns: d.uniform(2, 6), Hours: "flat",
					From: from, To: from + d.between(1, 3),
				}
				return m
			},
		},
		{
			Name: "stablecoin-card", size: large,
			Shares: []Aspect{Funding},
			Life: "Where money loses its worth people keep theirs in coins that follow the " +
				"dollar, and pay abroad with the card of the wallet that half of the country has.",
			Source: "cards of wallets in Argentina, Nigeria and Turkey",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Newcomers, m.SignUp = d.uniform(0, 0.3), d.hours(20, 200)
				m.Identity = simulate.SharedIdentity{
					Issuers: d.between(1, 2), Place: true, Plan: one(d, "pro", "pro", "api"),
				}
				return m
			},
		},
		{
			Name: "freelance-coop", size: large,
			Shares: []Aspect{Organisation, Funding},
			Life: "Freelancers of all trades are members of a cooperative that employs them " +
				"and pays their bills: on paper one customer, in fact a designer, a tuner of " +
				"pianos, a translator.",
			Source: "cooperatives such as Smart in Belgium and Coopaname in France",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Verified: d.uniform(0, 0.7),
				}
				return m
			},
		},
		{
			Name: "guest-passes", size: large,
			Shares: []Aspect{SignUp, Client},
			Life: "Subscribers of a coding agent get three passes for friends; for some days " +
				"feeds are full of them, and who takes one has a week to try it.",
			Source: "guest passes of coding plans (December 2025)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(14, 46))
				m.Newcomers, m.SignUp = d.uniform(0.8, 1), 2*time.Hour
				m.Identity = simulate.SharedIdentity{Plan: "pro"}
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Tools: true, Always: true,
					Versions: d.between(1, 3), Device: d.uniform(0.5, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(38, 0.5), Sigma: 1.1,
					Rules: []string{
						"app.role", "agent.rule", "agent.rule", "agent.rule", "agent.side",
					},
					Position: "system", Content: "agent.task", Turns: d.uniform(4, 10),
					Answer: d.about(300, 0.3), Hours: "own", Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "rail-strike", size: vast,
			Shares: []Aspect{Schedule, Template},
			Life: "A strike of the railway is announced in the evening news; a newspaper puts " +
				"a prompt under its report, and a country plans the way to work before it goes " +
				"to bed.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.75, 1), simulate.Burst, d.hours(4, 12))
				m.Stay = d.hours(2, 10)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.3), Sigma: 0.6, Rules: []string{"y.strike"},
					Texts: d.between(1, 3), Position: one(d, "before", "before", "after"),
					Content: "y.strike.in", Turns: d.uniform(1, 2.5), Answer: d.about(330, 0.2),
					Hours: "own", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "country-opens", size: vast,
			Shares: []Aspect{SignUp, Schedule},
			Life: "The service is let into a country that had to go without it: a hundred " +
				"thousand sign up on the first day, in its languages, with its cards, and ask " +
				"what one asks first.",
			Source: "the lists of supported countries, and what news pages wrote when they grew",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(8, 30))
				m.Newcomers, m.SignUp = d.uniform(0.85, 1), time.Hour
				m.Beside = d.uniform(0.3, 0.8)
				m.Identity = simulate.SharedIdentity{
					Place: true, Plan: one(d, "free", "free", ""), Verified: d.uniform(0.1, 0.6),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.3), Sigma: 0.9, Turns: d.uniform(1.5, 4), Hours: "own",
				}
				return m
			},
		},
	}
}
