package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// holdings are still other tactics of how a pool comes by its accounts, what they run and where
// they connect: from reports on fraud against free tiers, on cards and mailboxes, and on proxies.
func holdings() []Tactic {
	return []Tactic{
		{
			Name: "firms-in-three-days", Dimension: Acquisition,
			What:  "an organisation for every two or three accounts, all made within three days",
			Price: "names and mailboxes",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = max(3, c.Accounts*10/d.between(20, 30))
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(40, 75)
				c.Pool.SignUpBefore = d.hours(2, 48)
			},
		},
		{
			Name: "one-mail-domain", Dimension: Acquisition,
			What:  "mailboxes of one domain that takes any name, and two to five cards, within days",
			Price: "the domain and the cards",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Domains, c.Pool.Payments = 1, d.between(2, 5)
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(10, 70), d.hours(4, 60)
				c.Pool.Plan = one(d, "api", "pro")
			},
		},
		{
			Name: "virtual-cards", Dimension: Acquisition, Care: 1,
			What:  "a virtual card each from four to ten issuers, many with a mail domain that nobody else has, over a week",
			Price: "a card and a mailbox for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(70, 200)
				c.Pool.SignUpBefore, c.Pool.Issuers = d.hours(6, 90), d.between(4, 10)
				c.Pool.Disposable, c.Pool.Plan = d.uniform(0.3, 0.7), one(d, "pro", "api")
			},
		},
		{
			Name: "wholesale-accounts", Dimension: Acquisition, Care: 1,
			What:  "bought from a wholesaler who makes some every day and keeps them for a month or two",
			Price: "the wholesaler's price for each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(20*24, 55*24)
				c.Pool.SignUpBefore, c.Pool.Issuers = d.hours(2*24, 12*24), d.between(3, 8)
				c.Pool.Disposable = d.uniform(0.1, 0.4)
			},
		},
		{
			Name: "staff-and-friends", Dimension: Acquisition, Care: 2,
			What:  "accounts that staff, friends and relations have had for years, and some that they made for it",
			Price: "favours, and no more accounts than there are friends",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Kinds = []string{"aged", "aged", "wide"}
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(20*24, 80*24), d.hours(24, 9*24)
			},
		},
		{
			Name: "months-of-batches", Dimension: Acquisition, Care: 2,
			What:  "a small batch every two or three weeks for half a year, cards from as many issuers as people have",
			Price: "half a year of planning, accounts idle for months",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(2*24, 7*24)
				c.Pool.SignUpBefore = d.hours(24, 10*24)
				c.Pool.Recruiting.Cohorts = d.between(7, 12)
				c.Pool.Recruiting.Gap = d.hours(13*24, 23*24)
			},
		},
		{
			Name: "lent-by-customers", Dimension: Acquisition, Care: 2,
			What:  "two thirds are customers' accounts, lent for a discount and used beside them; the others are one's own",
			Price: "the discount, and the customers' limits",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Kinds = []string{"leased", "leased", "wide"}
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(20*24, 70*24), d.hours(24, 9*24)
			},
		},

		{
			Name: "shuffled-relay-device", Dimension: Clients,
			What:  "another client for every request, and the device id that a public relay program has built in",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "rotating", "relay"
			},
		},
		{
			Name: "one-client-kept-current", Dimension: Clients,
			What:  "one client with one device id, which moves to another version every day to three",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "one", "unified"
				c.Pool.Recruiting.Upgrade = d.hours(20, 72)
			},
		},
		{
			Name: "handful-of-programs", Dimension: Clients, Care: 1,
			What:  "three to five client programs, of which each account keeps one, with parameters of its own",
			Price: "settings to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks, c.Pool.Params = d.between(3, 5), "own"
			},
		},
		{
			Name: "three-clients-own-devices", Dimension: Clients, Care: 1,
			What:  "three clients, a device for each account, the same parameters for all",
			Price: "devices to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "few", "own"
			},
		},
		{
			Name: "hundred-programs", Dimension: Clients, Care: 2,
			What:  "sixty to a hundred and twenty client programs, a device and parameters for each account",
			Price: "upkeep of each",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Stacks = d.between(60, 120)
				c.Pool.Params, c.Pool.Device = "own", "own"
			},
		},
		{
			Name: "official-client-kept-current", Dimension: Clients, Care: 2,
			What:  "the client that most people have, in its present version, with a device and parameters for each account",
			Price: "what that client cannot do, and somebody who follows its releases",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular, c.Pool.Recruiting.Upgrade = true, d.hours(24, 90)
				c.Pool.Params, c.Pool.Device = "own", "own"
			},
		},

		{
			Name: "servers-by-the-dozen", Dimension: Networks,
			What:  "rented servers, one for about ten accounts, on which all take turns",
			Price: "the servers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network = "datacenter"
				c.Pool.Recruiting.Exits = max(2, c.Accounts/d.between(8, 12))
			},
		},
		{
			Name: "office-and-servers", Dimension: Networks,
			What:  "three to seven addresses for all: the office, a VPN, some servers",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "mixed", d.between(3, 7)
			},
		},
		{
			Name: "house-of-telephones", Dimension: Networks, Care: 1,
			What:  "eight to twenty lines of one country, in a house full of modems, that all take turns on",
			Price: "the modems and their contracts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "residential", d.between(8, 20)
				c.Pool.Recruiting.Countries = 1
			},
		},
		{
			Name: "homes-by-the-gigabyte", Dimension: Networks, Care: 1,
			What:  "thirty to eighty home addresses for each account, in eight to fifteen countries",
			Price: "rotating residential proxies by volume",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(30, 80)
				c.Pool.Recruiting.Countries = d.between(8, 15)
			},
		},
		{
			Name: "home-and-work", Dimension: Networks, Care: 2,
			What:  "two home addresses for each account, kept for good, in three to six countries",
			Price: "two static residential proxies for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", 2
				c.Pool.Recruiting.Countries = d.between(3, 6)
			},
		},
		{
			Name: "neighbours-and-telephone", Dimension: Networks, Care: 2,
			What:  "the networks of one ordinary customer and the telephone of another for each",
			Price: "mobile proxies, and software in other people's homes",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Neighbours, c.Pool.Recruiting.Mobile = true, true
			},
		},
	}
}
