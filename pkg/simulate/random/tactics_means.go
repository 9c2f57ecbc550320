package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// means are still further tactics of how a pool comes by its accounts, what they run and where they
// connect.
func means() []Tactic {
	return []Tactic{
		{
			Name: "gift-codes", Dimension: Acquisition,
			What: "months of a subscription from gift codes of one shop, redeemed within a day " +
				"or two",
			Price: "the codes",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Plan, c.Pool.Issuers, c.Pool.Payments = "pro", 1, d.between(1, 3)
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(16, 50), d.hours(2, 40)
			},
		},
		{
			Name: "two-firms-in-a-day", Dimension: Acquisition,
			What:  "seats of two firms that were filled within a day",
			Price: "two names, and the price of seats",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = 2
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(6, 26), d.hours(2, 70)
			},
		},
		{
			Name: "reseller-lots", Dimension: Acquisition, Care: 1,
			What: "three to five lots of a reseller, some days apart, on cards of one or two " +
				"local banks",
			Price: "the reseller's price for each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(8, 40), d.hours(12, 6*24)
				c.Pool.Recruiting.Cohorts = d.between(3, 5)
				c.Pool.Recruiting.Gap = d.hours(4*24, 8*24)
				c.Pool.Issuers, c.Pool.Plan = d.between(1, 2), one(d, "pro", "")
			},
		},
		{
			Name: "free-and-patient", Dimension: Acquisition, Care: 1,
			What: "free accounts, made over one to two months, a third with a mail domain of " +
				"their own",
			Price: "mailboxes, and what a free account may not do",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Plan, c.Pool.SignUp = "free", "wide"
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(30*24, 60*24), d.hours(24, 9*24)
				c.Pool.Disposable = d.uniform(0.2, 0.45)
			},
		},
		{
			Name: "subcontractors", Dimension: Acquisition, Care: 2,
			What: "seats of ten to twenty-five firms that do other work too, some of them for " +
				"years",
			Price: "a share for each firm, and people who know of it",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = min(max(3, c.Accounts/2), d.between(10, 25))
				c.Pool.Recruiting.Kinds = []string{"aged", "wide", "wide"}
				c.Pool.SignUpSpread = d.hours(60*24, 160*24)
				c.Pool.SignUpBefore = d.hours(24, 20*24)
			},
		},
		{
			Name: "app-of-lenders", Dimension: Acquisition, Care: 2,
			What: "three quarters are lent through an app that pays people for it and used " +
				"beside them; the others are old and bought",
			Price: "a daily fee for each lender, and their limits",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Kinds = []string{"leased", "leased", "leased", "aged"}
			},
		},
		{
			Name: "year-of-sign-ups", Dimension: Acquisition, Care: 2,
			What: "made one after the other over most of a year, with a card each from wherever " +
				"people have theirs",
			Price: "a year of planning, accounts that are paid and hardly used",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(240*24, 360*24)
				c.Pool.SignUpBefore = d.hours(12, 6*24)
			},
		},

		{
			Name: "two-programs-one-device", Dimension: Clients,
			What:  "two client programs, of which each account has one, and one device id for all",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Device = 2, "unified"
			},
		},
		{
			Name: "cloned-machines", Dimension: Clients,
			What:  "copies of one machine: the same client and parameters, a new device id in each",
			Price: "the machines",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "one", "own"
			},
		},
		{
			Name: "shuffled-with-settings", Dimension: Clients, Care: 1,
			What:  "another client for every request, with parameters that each account keeps",
			Price: "settings to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Params = "rotating", "own"
			},
		},
		{
			Name: "programs-behind-a-relay", Dimension: Clients, Care: 1,
			What: "six to twelve client programs, of which each account keeps one, behind the " +
				"device id of a public relay program",
			Price: "little; the relay is there already",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Device = d.between(6, 12), "relay"
			},
		},
		{
			Name: "programs-set-by-hand", Dimension: Clients, Care: 2,
			What: "thirty to seventy client programs, with parameters for each account and no " +
				"device",
			Price: "upkeep of each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Params = d.between(30, 70), "own"
			},
		},
		{
			Name: "popular-client-set-by-hand", Dimension: Clients, Care: 2,
			What: "the client that most people have, with parameters for each account and no " +
				"device",
			Price: "what that client cannot do",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular, c.Pool.Params = true, "own"
			},
		},

		{
			Name: "few-exits-each", Dimension: Networks,
			What: "two to four exits of VPNs for each account", Price: "the VPN",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "vpn", d.between(2, 4)
			},
		},
		{
			Name: "two-servers-each", Dimension: Networks,
			What: "two or three addresses of clouds for each account", Price: "small servers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "datacenter", d.between(2, 3)
			},
		},
		{
			Name: "homes-of-one-country", Dimension: Networks, Care: 1,
			What:  "ten to twenty-five home addresses of one country for each account, in turn",
			Price: "residential proxies for one country",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(10, 25)
				c.Pool.Recruiting.Countries = 1
			},
		},
		{
			Name: "eighty-homes", Dimension: Networks, Care: 1,
			What: "sixty-five to ninety-five home addresses in three or four countries, on " +
				"which all accounts take turns",
			Price: "a plan of residential proxies",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "residential", d.between(65, 95)
				c.Pool.Recruiting.Countries = d.between(3, 4)
			},
		},
		{
			Name: "one-home-in-two-countries", Dimension: Networks, Care: 2,
			What:  "one home address for each account, kept for good, in two countries",
			Price: "a static residential proxy for each account",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", 1
				c.Pool.Recruiting.Countries = 2
			},
		},
		{
			Name: "homes-and-telephone", Dimension: Networks, Care: 2,
			What: "three or four home addresses for each account, and a telephone in the " +
				"network of an ordinary customer",
			Price: "residential and mobile proxies for each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(3, 4)
				c.Pool.Recruiting.Mobile = true
			},
		},
	}
}
