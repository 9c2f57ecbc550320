package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// launches are mechanisms that bring several things at once: one cause gives sign-up, payment,
// client and text together.
func launches() []Mechanism {
	return []Mechanism{
		{
			Name: "small-company", size: few, Shares: []Aspect{Funding, Network},
			Life:   "A small company gives each of its people an account under its own mail domain, pays for all by one card, and never filled in the form for verification.",
			Source: "ChatGPT Team and Claude Team, from two seats on",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Newcomers, m.SignUp = d.uniform(0.5, 1), 72*time.Hour
				m.Circle = d.between(6, 30)
				m.Identity = simulate.SharedIdentity{
					Payment: true, Issuers: 1, Domain: true, Verified: -1, Plan: one(d, "team", "api"),
					Network: "place", Addresses: d.between(1, 3), Place: true,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.4), Sigma: 0.9, Rules: []string{"app.about", "app.boiler"},
					Position: one(d, "system", "before"), Content: "org.ask",
					Turns: d.uniform(1.2, 3), Answer: d.about(300, 0.3), Hours: "office",
					Tinker: 0.5,
				}
				return m
			},
		},
		{
			Name: "launch-program", size: large,
			Shares: []Aspect{SignUp, Client, Parameters, Template},
			Life:   "A product with a program and a prompt of its own comes out; those who install it sign up for keys the same day.",
			Source: "Product Hunt launches of bring-your-own-key programs",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(10, 36))
				m.Newcomers, m.SignUp = d.uniform(0.6, 1), 2*time.Hour
				m.Client = simulate.SharedClient{
					Kind: one(d, "app", "sdk"), Params: true, Always: true, Device: d.uniform(0, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(15, 0.4), Sigma: 1,
					Rules:    []string{"app.role", "app.boiler", "app.boiler"},
					Position: "system", Turns: d.uniform(1, 3), Answer: d.about(350, 0.4),
					Hours: "own", Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "partner-bundle", size: large,
			Shares: []Aspect{SignUp, Funding, Client, Network},
			Life:   "A mobile carrier or a bank gives a year of the service away: its customers sign up within days, through its app, on its payment.",
			Source: "Perplexity Pro for customers of Airtel (July 2025), Revolut and PayPal",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(14, 48))
				m.Newcomers, m.SignUp = d.uniform(0.7, 1), time.Hour
				m.Client = simulate.SharedClient{
					Kind: "app", Params: true, Always: true, Versions: 2, Device: 1,
				}
				m.Identity = simulate.SharedIdentity{
					Issuers: 1, Plan: "pro", Network: "place", Addresses: d.between(3, 20),
					Place: true, Verified: -1,
				}
				return m
			},
		},
		{
			Name: "hackathon-credits", size: some,
			Shares: []Aspect{SignUp, Funding, Client, Network},
			Life:   "A hackathon hands out credits and a starter repository: sign-up, plan, library and hall are the same, the ideas are each team's own.",
			Source: "Major League Hacking, lablab.ai",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(4, 14))
				m.Newcomers, m.SignUp, m.Stay = d.uniform(0.6, 1), 5*time.Hour, d.hours(14, 44)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Identity = simulate.SharedIdentity{
					Issuers: 1, Plan: "api", Network: "place", Addresses: d.between(1, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(50, 0.4), Sigma: 1, Rules: []string{"app.role", "app.boiler"},
					Position: "system", Content: "hack.ask", Turns: d.uniform(1, 3),
					Answer: d.about(260, 0.3), Hours: "flat", Tinker: 0.7,
				}
				return m
			},
		},
		{
			Name: "model-trial", size: large, Shares: []Aspect{Schedule, SignUp},
			Life:   "A model is released, and for a day everybody tries it on what they know best; some sign up for it.",
			Source: "r/LocalLLaMA and Hacker News threads on each release",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(6, 24))
				if d.release > 0 {
					m.Begin = d.release
				}
				m.Newcomers, m.SignUp, m.Stay = d.uniform(0.3, 0.6), 2*time.Hour, d.hours(6, 30)
				m.Client = simulate.SharedClient{NewModel: true, Effort: one(d, "", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.3), Sigma: 0.8, Turns: d.uniform(1, 2),
					Answer: d.about(500, 0.3), Hours: "own",
				}
				return m
			},
		},
	}
}
