package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// stocks are yet other tactics of how a pool comes by its accounts, what they run and where they
// connect.
func stocks() []Tactic {
	return []Tactic{
		{
			Name: "by-script", Dimension: Acquisition,
			What:  "made by a script within one to four hours, on one to three mail domains",
			Price: "mailboxes and card numbers by the hundred",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(1, 4)
				c.Pool.SignUpBefore, c.Pool.Domains = d.hours(2, 40), d.between(1, 3)
				c.Pool.Plan = one(d, "api", "pro", "")
			},
		},
		{
			Name: "one-big-customer", Dimension: Acquisition,
			What:  "seats of one firm, filled over some days",
			Price: "one firm, and the plan with seats",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = 1
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(24, 150), d.hours(10, 100)
			},
		},
		{
			Name: "made-by-hand", Dimension: Acquisition, Care: 1,
			What:  "some a day by a few people over two or three weeks, with cards of two to five banks",
			Price: "wages of these weeks, a card for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(10*24, 22*24)
				c.Pool.SignUpBefore, c.Pool.Issuers = d.hours(20, 130), d.between(2, 5)
				c.Pool.Plan = one(d, "pro", "api")
			},
		},
		{
			Name: "credit-programmes", Dimension: Acquisition, Care: 1,
			What:  "credits of programmes for young firms and for research, under six to fourteen names",
			Price: "applications to the programmes, and their limits",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = d.between(6, 14)
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(5*24, 30*24)
				c.Pool.SignUpBefore = d.hours(24, 12*24)
			},
		},
		{
			Name: "keys-and-own", Dimension: Acquisition, Care: 1,
			What:  "accounts of one's own, and stolen keys beside them",
			Price: "keys to find or to buy",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Kinds = []string{"tight", "tight", "leased"}
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(10, 90), d.hours(6, 60)
				c.Pool.Issuers = d.between(2, 8)
			},
		},
		{
			Name: "as-needed", Dimension: Acquisition, Care: 2,
			What:  "one after the other while the work goes on, each some hours to a day and a half before its first request",
			Price: "a slow beginning, and somebody who makes accounts all the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(20, 60)
				c.Schedule.Dealing.Stagger = d.hours(30, 110)
				c.Schedule.Ramp = c.Schedule.Dealing.Stagger
				c.Pool.Recruiting.Fresh = d.hours(8, 36)
			},
		},
		{
			Name: "old-firms", Dimension: Acquisition, Care: 2,
			What:  "accounts of any age, moved into three to nine firms that existed before",
			Price: "firms that are for sale",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.Recruiting.Firms = "aged", d.between(3, 9)
			},
		},

		{
			Name: "two-programs", Dimension: Clients,
			What: "two client programs, of which each account has one", Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) { c.Pool.Recruiting.Stacks = 2 },
		},
		{
			Name: "relay-behind-three", Dimension: Clients,
			What:  "three clients, and the device id that a public relay program has built in",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "few", "relay"
			},
		},
		{
			Name: "pinned-version", Dimension: Clients, Care: 1,
			What:  "one client for all, which a relay moves to another version every day to four",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Recruiting.Upgrade = "one", d.hours(20, 96)
				c.Pool.Device = one(d, "none", "own")
			},
		},
		{
			Name: "dozen-programs", Dimension: Clients, Care: 1,
			What:  "six to fourteen client programs, of which each account keeps one, with parameters of its own",
			Price: "programs and settings to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Params = d.between(6, 14), "own"
			},
		},
		{
			Name: "many-programs-own-devices", Dimension: Clients, Care: 2,
			What:  "twenty to fifty client programs, a device for each account, the same parameters for all",
			Price: "upkeep of each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Device = d.between(20, 50), "own"
			},
		},
		{
			Name: "popular-client-own-devices", Dimension: Clients, Care: 2,
			What:  "the client that most people have, with a device for each account and the same parameters for all",
			Price: "what that client cannot do",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular, c.Pool.Device = true, "own"
			},
		},

		{
			Name: "office-line", Dimension: Networks,
			What: "one to three addresses of the operators' own line", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "residential", d.between(1, 3)
				c.Pool.Recruiting.Countries = 1
			},
		},
		{
			Name: "rented-block", Dimension: Networks,
			What:  "fifteen to fifty addresses in data centres, on which all accounts take turns",
			Price: "the rent of the addresses",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "datacenter", d.between(15, 50)
			},
		},
		{
			Name: "hopping-exits", Dimension: Networks, Care: 1,
			What: "six to sixteen exits of VPNs for each account", Price: "subscriptions",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "vpn", d.between(6, 16)
			},
		},
		{
			Name: "large-proxy-pool", Dimension: Networks, Care: 1,
			What:  "a hundred to three hundred home addresses that all accounts take turns on",
			Price: "residential proxies by volume",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "residential", d.between(100, 300)
			},
		},
		{
			Name: "two-hubs", Dimension: Networks, Care: 1,
			What:  "four to nine home addresses each, in the same two countries",
			Price: "residential proxies",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(4, 9)
				c.Pool.Recruiting.Countries = 2
			},
		},
		{
			Name: "home-and-telephone", Dimension: Networks, Care: 2,
			What:  "a home address for each, and a telephone in the network of an ordinary customer",
			Price: "a residential and a mobile proxy for each account",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", 1
				c.Pool.Recruiting.Mobile = true
			},
		},
	}
}
