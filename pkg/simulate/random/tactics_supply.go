package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// supplies are still further tactics of accounts, clients and networks: trials, student mailboxes
// and firms as fraud teams report them, and what relay programs do with devices and proxies.
func supplies() []Tactic {
	return []Tactic{
		{
			Name: "trial-farm", Dimension: Acquisition,
			What:  "trials of three to seven days, each followed by the next under another name",
			Price: "a name, a mailbox and a card number for each trial",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.Plan = "tight", "pro"
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(40, 130), d.hours(1, 30)
				c.Pool.Life, c.Pool.Disposable = d.hours(70, 170), d.uniform(0.2, 0.6)
			},
		},
		{
			Name: "card-batch", Dimension: Acquisition,
			What:  "each of six to fourteen cards pays for several accounts, made within days",
			Price: "the cards",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Payments, c.Pool.Issuers = d.between(6, 14), d.between(1, 3)
				c.Pool.SignUpSpread, c.Pool.Plan = d.hours(15, 90), one(d, "api", "pro")
			},
		},
		{
			Name: "student-mailboxes", Dimension: Acquisition, Care: 1,
			What:  "mailboxes of eight to twenty schools, bought or applied for, with the plan that they open",
			Price: "the mailboxes",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.Plan = "wide", one(d, "free", "pro")
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(8*24, 40*24), d.hours(24, 10*24)
				c.Pool.Domains = d.between(8, 20)
			},
		},
		{
			Name: "weekly-batches", Dimension: Acquisition, Care: 1,
			What:  "a batch every week for five to nine weeks",
			Price: "accounts idle for weeks",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(3, 20)
				c.Pool.SignUpBefore = d.hours(10, 60)
				c.Pool.Recruiting.Cohorts = d.between(5, 9)
				c.Pool.Recruiting.Gap = d.hours(6.5*24, 7.5*24)
				c.Pool.Issuers = d.between(3, 9)
			},
		},
		{
			Name: "laid-down", Dimension: Acquisition, Care: 1,
			What:  "made within a month and left alone for half a year",
			Price: "accounts held for half a year",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(15*24, 45*24)
				c.Pool.SignUpBefore = d.hours(110*24, 240*24)
			},
		},
		{
			Name: "many-small-firms", Dimension: Acquisition, Care: 2,
			What:  "seats of a dozen to forty firms of a few people each",
			Price: "firms, domains, invoices",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = d.between(12, 40)
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(30*24, 150*24)
				c.Pool.SignUpBefore = d.hours(3*24, 30*24)
			},
		},
		{
			Name: "all-sorts", Dimension: Acquisition, Care: 2,
			What:  "made over months, bought, and leased accounts in one pool",
			Price: "the prices of each, and books to keep",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Kinds = []string{"wide", "aged", "leased"}
				c.Pool.SignUpSpread = d.hours(30*24, 120*24)
				c.Pool.SignUpBefore = d.hours(24, 15*24)
			},
		},
		{
			Name: "three-clients-one-device", Dimension: Clients,
			What:  "three clients, and one device id for all",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "few", "unified"
			},
		},
		{
			Name: "header-shuffle", Dimension: Clients,
			What:  "another client for every request, behind one device id",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "rotating", "unified"
			},
		},
		{
			Name: "three-clients-own-settings", Dimension: Clients, Care: 1,
			What:  "three clients, with parameters and a device for each account",
			Price: "settings to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Params, c.Pool.Device = "few", "own", "own"
			},
		},
		{
			Name: "popular-client-one-device", Dimension: Clients, Care: 1,
			What:  "the client that most people have, with the one device id of a relay",
			Price: "what that client cannot do",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular, c.Pool.Device = true, "unified"
			},
		},
		{
			Name: "native-clients-one-setting", Dimension: Clients, Care: 2,
			What:  "a client like an ordinary account's and a device for each, the same parameters for all",
			Price: "upkeep of each",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "native", "own"
			},
		},
		{
			Name: "popular-client-own-settings", Dimension: Clients, Care: 2,
			What:  "the client that most people have, with a device and parameters for each account",
			Price: "what that client cannot do, settings to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular = true
				c.Pool.Params, c.Pool.Device = "own", "own"
			},
		},
		{
			Name: "one-exit", Dimension: Networks,
			What:  "one or two addresses for all accounts, in a data centre",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "datacenter", d.between(1, 2)
			},
		},
		{
			Name: "vpn-exits", Dimension: Networks,
			What:  "three to eight exits of VPNs for all accounts",
			Price: "a subscription",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "vpn", d.between(3, 8)
			},
		},
		{
			Name: "cloud-functions", Dimension: Networks, Care: 1,
			What:  "five to twenty addresses of clouds for each account",
			Price: "functions to deploy",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "datacenter", d.between(5, 20)
			},
		},
		{
			Name: "home-exits", Dimension: Networks, Care: 1,
			What:  "twenty to sixty home addresses that all accounts take turns on",
			Price: "static residential proxies",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "residential", d.between(20, 60)
			},
		},
		{
			Name: "regional-mix", Dimension: Networks, Care: 1,
			What:  "homes in three to five countries, data centres and VPNs",
			Price: "some proxies",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "mixed", d.between(1, 3)
				c.Pool.Recruiting.Countries = d.between(3, 5)
			},
		},
		{
			Name: "sticky-homes", Dimension: Networks, Care: 2,
			What:  "a home address for each in one of six to twelve countries, kept for good",
			Price: "a static residential proxy for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", 1
				c.Pool.Recruiting.Countries = d.between(6, 12)
			},
		},
	}
}

// workings are still further tactics of when, how much and by which account, and of reactions. The
// rates are those of the public record: 1,100, 46, 26 and 6 requests an account and day.
func workings() []Tactic {
	pace := func(median, sigma float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, sigma) }
	}
	return []Tactic{
		{
			Name: "daily-job", Dimension: Timing,
			What:  "a few hours once a day, then nothing until the next",
			Price: "the rest of the day",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.CV = d.uniform(0.1, 0.6)
				c.Schedule.Waves, c.Schedule.Duty = 24*time.Hour, d.uniform(0.12, 0.3)
			},
		},
		{
			Name: "until-done", Dimension: Timing,
			What:  "evenly for half a day or a day, until the list is done",
			Price: "what this time yields",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.3, 1)
				c.Stop = c.Start + d.hours(10, 26)
			},
		},
		{
			Name: "customers-rhythm", Dimension: Timing, Care: 1,
			What:  "when people are awake, in clusters as their requests come",
			Price: "a third of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(2.2, 4)
			},
		},
		{
			Name: "office-clusters", Dimension: Timing, Care: 1,
			What:  "in one zone's office hours, half an hour of work and as much of rest",
			Price: "five sixths of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "office", d.uniform(0.8, 1.6)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(0.8, 2), d.uniform(0.4, 0.6)
			},
		},
		{
			Name: "long-rests", Dimension: Timing, Care: 2,
			What:  "each account works for a day or two and rests for as long",
			Price: "twice the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(0.8, 1.6)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.4, 0.6), d.hours(30, 60)
			},
		},
		{
			Name: "short-visits", Dimension: Timing, Care: 2,
			What:  "each account comes for some minutes in hours of its own",
			Price: "up to four times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "own", d.uniform(1, 1.8)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.4, 0.65), d.hours(0.3, 1)
			},
		},
		{
			Name: "rotated-pace", Dimension: Pace,
			What:  "about 1,100 requests an account and day, as where a few hundred accounts are rotated",
			Price: "nothing",
			apply: pace(1100, 0.3),
		},
		{
			Name: "pooled-pace", Dimension: Pace,
			What:  "about 300 requests an account and day",
			Price: "nothing",
			apply: pace(300, 0.35),
		},
		{
			Name: "session-pace", Dimension: Pace, Care: 1,
			What:  "about 80 requests an account and day, a few coding sessions",
			Price: "up to half of the requests",
			apply: pace(80, 0.35),
		},
		{
			Name: "relayed-pace", Dimension: Pace, Care: 1,
			What:  "about 46 requests an account and day",
			Price: "twice the account days",
			apply: pace(46, 0.35),
		},
		{
			Name: "member-pace", Dimension: Pace, Care: 2,
			What:  "about 17 requests an account and day",
			Price: "five times the account days",
			apply: pace(17, 0.35),
		},
		{
			Name: "customer-pace", Dimension: Pace, Care: 2,
			What:  "about 6 requests an account and day, from 2 to 20",
			Price: "thirty times the account days",
			apply: pace(6, 0.7),
		},
		{
			Name: "guest-pace", Dimension: Pace, Care: 2,
			What:  "about 2 requests an account and day",
			Price: "a hundred times the account days",
			apply: pace(2, 0.3),
		},
		{
			Name: "sticky-sessions", Dimension: Balance,
			What:  "the account that has rested longest, for ten to thirty items",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "lru", d.uniform(10, 30)
			},
		},
		{
			Name: "main-accounts", Dimension: Balance,
			What:  "a few accounts until their quota of five hours is used, the others wait as a reserve",
			Price: "accounts that do nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance = "fill"
				c.Schedule.Dealing.Quota = max(3, int(c.Rate*d.uniform(0.42, 0.6)))
			},
		},
		{
			Name: "spread-quota", Dimension: Balance, Care: 1,
			What:  "each account until a small quota of five hours is used, so that all have a turn",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance = "fill"
				c.Schedule.Dealing.Quota = max(1, int(c.Rate*d.uniform(0.22, 0.28)))
			},
		},
		{
			Name: "near-even", Dimension: Balance, Care: 1,
			What:  "shares that differ by a third, two or three items in a row",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(1, 3)
				c.Schedule.Dealing.Skew = d.uniform(0.3, 0.6)
			},
		},
		{
			Name: "desks", Dimension: Balance, Care: 2,
			What:  "some accounts much more than others, each with the items of one subject",
			Price: "accounts that do little, and the free choice of which asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(1, 4)
				c.Schedule.Dealing.Skew, c.Schedule.Dealing.Subjects = d.uniform(0.8, 1.2), true
			},
		},
		{
			Name: "sittings-of-items", Dimension: Balance, Care: 2,
			What:  "shares like those of people, in sittings of six to fourteen items",
			Price: "accounts that do little",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(6, 14)
				c.Schedule.Dealing.Skew = d.uniform(1, 1.5)
			},
		},
		{
			Name: "mass-probes", Dimension: Reaction,
			What:  "hundreds of differently worded attempts by all accounts in an hour or three, nearly all refused",
			Price: "refusals, and some blocked accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{
					Requests: d.between(120, 400), For: d.hours(1, 3),
					Refused: d.uniform(0.8, 0.95), Accounts: c.Accounts,
				}
			},
		},
		{
			Name: "through-the-limits", Dimension: Reaction,
			What:  "goes on where a tenth to a quarter of the requests run into limits",
			Price: "requests without answers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.RateLimited = d.uniform(0.1, 0.25)
			},
		},
		{
			Name: "over-to-the-next", Dimension: Reaction, Care: 1,
			What:  "a few requests in a hundred are limited, and go on through another account",
			Price: "conversations that change accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Handover, c.Reactions.RateLimited = true, d.uniform(0.02, 0.06)
			},
		},
		{
			Name: "slow-replacement", Dimension: Reaction, Care: 1,
			What:  "some accounts are blocked, and fresh ones come within a day or two",
			Price: "half of the harvest for as long",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(3, 20)
				c.Reactions.BlockShare = d.uniform(0.3, 0.7)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(12, 40)
			},
		},
		{
			Name: "stops-when-seen", Dimension: Reaction, Care: 2,
			What:  "as soon as some accounts are blocked all the others stop",
			Price: "the rest of the harvest",
			apply: func(d draw, c *simulate.Campaign) {
				at := c.Start + d.hours(8, 40)
				c.Reactions.BlockAfter, c.Reactions.BlockShare = at, d.uniform(0.1, 0.3)
				if end := at + d.hours(0.5, 3); c.Stop == 0 || c.Stop > end {
					c.Stop = end
				}
			},
		},
		{
			Name: "late-pivot", Dimension: Reaction, Care: 2,
			What:  "a third to six tenths of the requests go to a released model, over three or four days",
			Price: "half of the answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.33, 0.6), d.hours(70, 100)
			},
		},
	}
}
