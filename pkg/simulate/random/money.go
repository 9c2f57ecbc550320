package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// money are mechanisms of payment, plans and organisations.
func money() []Mechanism {
	return []Mechanism{
		{
			Name: "prepaid-card", size: some, Shares: []Aspect{Funding, SignUp},
			Life:   "A prepaid card is on offer with credit for the service: for a day or two new accounts pay with cards of one issuer.",
			Source: "virtual prepaid cards sold for ChatGPT Plus",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(10, 48))
				m.Newcomers, m.SignUp = d.uniform(0.6, 1), 3*time.Hour
				m.Identity = simulate.SharedIdentity{Issuers: 1}
				return m
			},
		},
		{
			Name: "student-discount", size: some, Shares: []Aspect{Funding},
			Life:   "One bank's student account carries a discount; students of a country sign up over some weeks.",
			Source: "GitHub Student Developer Pack and student offers of banks",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Begin, m.Spread = -40*24*time.Hour, 39*24*time.Hour
				m.Newcomers, m.SignUp = d.uniform(0.5, 0.9), 24*time.Hour
				m.Identity = simulate.SharedIdentity{Issuers: 1, Plan: "pro", Place: true}
				return m
			},
		},
		{
			Name: "only-cards-accepted", size: some, Shares: []Aspect{Funding},
			Life:   "In a country whose cards are refused everybody pays by the one or two virtual card services that work.",
			Source: "guides to virtual cards for ChatGPT Plus where local cards are declined",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Issuers: d.between(1, 2), Place: true}
				return m
			},
		},
		{
			Name: "company-sso", size: some, Shares: []Aspect{Organisation, Funding},
			Life:   "A firm signs its staff in by its directory, with one invoice, and never filled in the form for verification.",
			Source: "single sign-on (SAML) of ChatGPT Enterprise and Claude for Work",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Newcomers, m.SignUp = d.uniform(0.6, 1), 48*time.Hour
				m.Begin, m.Spread = m.Begin-240*time.Hour, d.hours(24, 200)
				m.Circle = d.between(10, 60)
				m.Identity = simulate.SharedIdentity{Organisation: true, Place: d.Float64() < 0.7}
				return m
			},
		},
		{
			Name: "agency", size: few, Shares: []Aspect{Funding, Client},
			Life:   "An agency makes an account for each of its clients and pays for all of them with one card.",
			Source: "Google Ads manager accounts, which agencies pay for their clients with",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Circle = d.between(8, 40)
				m.Identity = simulate.SharedIdentity{Payment: true, Issuers: 1, Verified: -1}
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Always: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.5), Sigma: 1.2, Rules: []string{"app.about", "app.boiler"},
					Position: "own", Content: one(d, "app.in.review", "app.in.mail"),
					Answer: d.about(170, 0.3), Hours: "product",
				}
				return m
			},
		},
		{
			Name: "voucher", size: some, Shares: []Aspect{SignUp},
			Life:   "Vouchers from a fair or a podcast are good for a week: new accounts without a card of their own.",
			Source: "credit codes of fairs and hackathons",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(8, 36))
				m.Newcomers, m.SignUp = d.uniform(0.7, 1), 2*time.Hour
				m.Identity = simulate.SharedIdentity{Plan: "free", Verified: -1}
				return m
			},
		},
		{
			Name: "family-plan", size: few, Shares: []Aspect{Funding, Network},
			Life:   "Families and clubs share one plan and one payment, each member with an account.",
			Source: "Google One's and Apple's family sharing",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Circle = d.between(4, 15)
				m.Identity = simulate.SharedIdentity{
					Payment: true, Issuers: 1, Plan: "team", Place: true, Network: "place",
					Addresses: d.between(1, 6),
				}
				return m
			},
		},
	}
}
