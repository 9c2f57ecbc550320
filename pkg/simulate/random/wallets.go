package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// wallets are mechanisms of who pays, who gave the account, and whose line people are on.
func wallets() []Mechanism {
	return []Mechanism{
		{
			Name: "corporate-card", size: large,
			Shares: []Aspect{Funding},
			Life:   "Young firms pay everything with virtual cards of one finance service, which come from one bank: a number for each supplier and each person.",
			Source: "issuing banks behind Brex, Ramp and Pleo",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{
					Issuers: d.between(1, 2), Plan: one(d, "", "api", "team"),
				}
				return m
			},
		},
		{
			Name: "store-billing", size: vast,
			Shares: []Aspect{Funding},
			Life:   "Who subscribes in an app on a telephone pays the store, and the store pays the service: millions of customers, one or two payers.",
			Source: "in-app subscriptions of the two large stores",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Issuers: d.between(1, 2), Plan: "pro"}
				return m
			},
		},
		{
			Name: "accelerator-batch", size: few,
			Shares: []Aspect{SignUp, Funding},
			Life:   "The firms of an accelerator get their credits in the same week, on a card or an account of the programme, and set up what they sell.",
			Source: "the start-up programmes of the providers and their partners",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(10, 50))
				m.Begin -= d.hours(0, 40)
				m.Newcomers, m.SignUp = d.uniform(0.75, 1), 6*time.Hour
				m.Identity = simulate.SharedIdentity{Payment: true, Plan: one(d, "api", "team")}
				return m
			},
		},
		{
			Name: "free-until-finals", size: large,
			Shares: []Aspect{SignUp, Schedule},
			Life:   "A plan is free for students until the end of term; the offer is announced, and within a day or two campuses have signed up and try it on what is due.",
			Source: "ChatGPT Plus for students until May 2025, announced on 3 April 2025",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(5, 20))
				m.Newcomers, m.SignUp = d.uniform(0.6, 0.95), 2*time.Hour
				m.Stay = d.hours(3, 16)
				m.Identity = simulate.SharedIdentity{Place: d.Float64() < 0.6}
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.3), Sigma: 0.8, Turns: d.uniform(1.5, 4),
					Answer: d.about(330, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "hidden-address", size: large,
			Shares: []Aspect{Network},
			Life:   "A maker of telephones hides its customers' addresses for a fee: they come out of a few exits of a delivery network, wherever they live.",
			Source: "iCloud Private Relay and the published list of its egress addresses",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Circle = d.between(20, 60)
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(3, 10)}
				return m
			},
		},
		{
			Name: "hospital-proxy", size: some,
			Shares: []Aspect{Network, Client},
			Life:   "The computers of a group of hospitals have one browser, which nobody can change, and leave through one proxy.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "app", Always: true, Versions: 1}
				m.Identity = simulate.SharedIdentity{
					Network: "place", Addresses: d.between(1, 4), Place: true,
				}
				return m
			},
		},
		{
			Name: "edge-hosting", size: some,
			Shares: []Aspect{Network, Client},
			Life:   "Small products run as functions at the edge of one host, which lends them all the same addresses and the same library.",
			Source: "egress of serverless hosts such as Cloudflare Workers and Vercel",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Always: true, Versions: d.between(1, 3),
				}
				m.Identity = simulate.SharedIdentity{
					Network: "cloud", Addresses: d.between(4, 16), Plan: "api",
				}
				return m
			},
		},
	}
}
