package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// access are mechanisms of how people are connected and who pays for them.
func access() []Mechanism {
	return []Mechanism{
		{
			Name: "carrier-billing", size: large,
			Shares: []Aspect{Funding},
			Life:   "In a country where few have cards people pay with their telephone bill, which one carrier collects.",
			Source: "direct carrier billing of app stores",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{Issuers: d.between(1, 2), Place: true, Plan: one(d, "pro", "")}
				return m
			},
		},
		{
			Name: "security-gateway", size: large,
			Shares: []Aspect{Network},
			Life:   "Firms that have nothing to do with each other send all their traffic through one filter in the cloud, and come out of its few addresses.",
			Source: "shared addresses of enforcement nodes (community.zscaler.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(20, 120)
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(2, 8)}
				return m
			},
		},
		{
			Name: "public-library", size: few,
			Shares: []Aspect{Network, Client},
			Life:   "Visitors of a library use its computers: one image, one browser, one line, and accounts that they made there.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Circle = d.between(8, 40)
				m.Client = simulate.SharedClient{Kind: "app", Always: true, Versions: 1}
				m.Identity = simulate.SharedIdentity{Network: "place", Addresses: d.between(1, 2), Place: true}
				return m
			},
		},
		{
			Name: "kiosk-top-up", size: some,
			Shares: []Aspect{Funding, SignUp},
			Life:   "A kiosk sells a month of the service for cash: it makes the account on the spot and pays for all of its customers with its own card.",
			Source: "shops that sell accounts and top-ups where cards from abroad do not work",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(30, 110))
				m.Begin -= d.hours(0, 80)
				m.Newcomers, m.SignUp = d.uniform(0.7, 1), 2*time.Hour
				m.Circle = d.between(8, 40)
				m.Identity = simulate.SharedIdentity{Payment: true, Place: true, Plan: "pro"}
				return m
			},
		},
		{
			Name: "nonprofit-seats", size: few,
			Shares: []Aspect{Organisation, Funding},
			Life:   "Charities get seats at a lower price: a dozen people each, one invoice, verified by the office that hands out the discount.",
			Source: "TechSoup, Claude for Nonprofits",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Circle = d.between(4, 15)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Verified: d.uniform(0.3, 1),
				}
				return m
			},
		},
	}
}
