package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// accounts are tactics of how a pool comes by its accounts, and how they connect.
func accounts() []Tactic {
	stack := func(kind string) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) { c.Pool.Stack = kind }
	}
	network := func(kind string, lo, hi int) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) {
			c.Pool.Network, c.Pool.Addresses = kind, d.between(lo, hi)
		}
	}
	return []Tactic{
		{
			Name: "tight-sign-up", Dimension: Acquisition,
			What: "all signed up within hours, one to three days before", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp = "tight"
				c.Pool.SignUpSpread = d.hours(3, 36)
				c.Pool.SignUpBefore = d.hours(12, 72)
				c.Pool.Disposable = d.uniform(0, 0.6)
			},
		},
		{
			Name: "few-issuers", Dimension: Acquisition, Care: 1,
			What:  "a card each, from one to three issuers, signed up over days",
			Price: "a card for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp = "tight"
				c.Pool.SignUpSpread = d.hours(48, 200)
				c.Pool.Issuers = d.between(1, 3)
				c.Pool.Plan = one(d, "api", "pro")
			},
		},
		{
			Name: "leased-accounts", Dimension: Acquisition, Care: 2,
			What:  "accounts of honest people, used beside their owners",
			Price: "rent, and the owners' limits",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.SignUp = "leased"
			},
		},
		{
			Name: "one-card", Dimension: Acquisition,
			What: "one to three cards pay for all", Price: "one to three cards",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Payments = d.between(1, 3)
				c.Pool.SignUpSpread = d.hours(6, 100)
				c.Pool.Plan = "api"
			},
		},
		{
			Name: "wide-sign-up", Dimension: Acquisition, Care: 1,
			What:  "signed up over weeks, a month before",
			Price: "planning: accounts idle for weeks",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp = "wide"
				c.Pool.SignUpSpread = d.hours(20*24, 90*24)
				c.Pool.SignUpBefore = d.hours(10*24, 40*24)
			},
		},
		{
			Name: "burners", Dimension: Acquisition, Care: 1,
			What:  "each account works for six hours to a day, then a fresh one does",
			Price: "several times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp = "tight"
				c.Pool.SignUpSpread = d.hours(2, 12)
				c.Pool.SignUpBefore = time.Hour
				c.Pool.Life = d.hours(6, 24)
			},
		},
		{
			Name: "prepaid-cards", Dimension: Acquisition, Care: 1,
			What:  "prepaid cards of one issuer, signed up over a week",
			Price: "a prepaid card for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUpSpread, c.Pool.Issuers, c.Pool.Plan = d.hours(24, 170), 1, "pro"
			},
		},
		{
			Name: "bought-accounts", Dimension: Acquisition, Care: 2,
			What: "accounts of any age, bought", Price: "the market's price for each",
			apply: func(_ draw, c *simulate.Campaign) { c.Pool.SignUp = "aged" },
		},

		{
			Name: "few-clients", Dimension: Clients, Care: 1,
			What: "three client programs", Price: "nothing",
			apply: stack("few"),
		},
		{
			Name: "native-clients", Dimension: Clients, Care: 2,
			What:  "a client like an ordinary account's for each, and parameters of its own",
			Price: "upkeep of each",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Params = "native", "own"
			},
		},
		{
			Name: "one-client", Dimension: Clients,
			What: "one client and one set of parameters", Price: "nothing",
			apply: stack("one"),
		},
		{
			Name: "rotating-clients", Dimension: Clients, Care: 2,
			What: "another client for every request", Price: "nothing",
			apply: stack("rotating"),
		},
		{
			Name: "same-client", Dimension: Clients,
			What: "one client, and one device id for all", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "one", "unified"
			},
		},
		{
			Name: "own-clients", Dimension: Clients, Care: 2,
			What: "a client, parameters and device of its own for each", Price: "upkeep of each",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Params, c.Pool.Device = "native", "own", "own"
			},
		},

		{
			Name: "data-centre", Dimension: Networks,
			What: "from data centres", Price: "nothing",
			apply: network("datacenter", 1, 4),
		},
		{
			Name: "proxy-per-account", Dimension: Networks, Care: 2,
			What: "a home address for each", Price: "a residential proxy for each account",
			apply: network("residential", 1, 1),
		},
		{
			Name: "vpn-network", Dimension: Networks,
			What: "from the exits of VPNs", Price: "a subscription",
			apply: network("vpn", 1, 4),
		},
		{
			Name: "mixed-networks", Dimension: Networks, Care: 1,
			What: "homes, data centres and VPNs", Price: "some proxies",
			apply: network("mixed", 1, 3),
		},
		{
			Name: "home-networks", Dimension: Networks, Care: 2,
			What: "two to four home addresses each", Price: "residential proxies",
			apply: network("residential", 2, 4),
		},
		{
			Name: "moving-addresses", Dimension: Networks, Care: 1,
			What: "ten to thirty addresses each, in turn", Price: "rotating proxies by volume",
			apply: network("mixed", 10, 30),
		},
	}
}
