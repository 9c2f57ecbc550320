package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// places are mechanisms by which people share a network or a room.
func places() []Mechanism {
	network := func(kind string, lo, hi, circle int, place bool) func(d draw) simulate.Mechanism {
		return func(d draw) simulate.Mechanism {
			m := d.before(d.uniform(0.75, 1))
			m.Circle = circle
			m.Identity = simulate.SharedIdentity{
				Network: kind, Addresses: d.between(lo, hi), Place: place,
			}
			return m
		}
	}
	return []Mechanism{
		{
			Name: "vpn-exit", size: large, Shares: []Aspect{Network},
			Life:   "A VPN has a few exits, and a country whose people need one.",
			Source: "shared addresses of NordVPN and Mullvad",
			draw:   network("vpn", 1, 8, 0, false),
		},
		{
			Name: "office-nat", size: some, Shares: []Aspect{Network},
			Life:   "All accounts of an office building come from one or two addresses.",
			Source: "traditional NAT (RFC 3022), issues with shared addresses (RFC 6269)",
			draw:   network("place", 1, 3, 30, true),
		},
		{
			Name: "campus-network", size: large, Shares: []Aspect{Network},
			Life:   "A campus has some dozen addresses for thousands of people.",
			Source: "eduroam, and Wikipedia's notices on shared addresses of schools",
			draw:   network("place", 6, 40, 0, true),
		},
		{
			Name: "carrier-nat", size: large, Shares: []Aspect{Network},
			Life:   "A mobile carrier puts a region behind a handful of addresses.",
			Source: "carrier-grade NAT, RFC 6598",
			draw:   network("place", 2, 12, 0, true),
		},
		{
			Name: "conference-hall", size: some, Shares: []Aspect{Network, SignUp, Schedule},
			Life:   "At a conference or hackathon everybody sits on the hall's network, half of them with new accounts, for a day or two.",
			Source: "hackathons of Major League Hacking",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(6, 20))
				m.Newcomers, m.SignUp, m.Stay = d.uniform(0.4, 0.8), 4*time.Hour, d.hours(10, 40)
				m.Identity = simulate.SharedIdentity{
					Network: "place", Addresses: d.between(1, 4), Plan: "free",
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.3), Sigma: 0.9, Content: "hack.ask",
					Turns: d.uniform(1.5, 4), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "hosted-notebooks", size: some, Shares: []Aspect{Network, Client, Parameters},
			Life:   "People work in hosted notebooks: one cloud, one image with one library version.",
			Source: "Google Colab, Kaggle notebooks",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(10, 60)}
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Always: true}
				return m
			},
		},
	}
}
