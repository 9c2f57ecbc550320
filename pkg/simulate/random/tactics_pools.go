package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// pools are further tactics of accounts, clients and networks, from the public record of campaigns
// and of the programs that relay requests.
func pools() []Tactic {
	return []Tactic{
		{
			Name: "free-seats", Dimension: Acquisition,
			What:  "free accounts in bulk over three days, most with a throw-away mail domain",
			Price: "the limits of the free plan",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.Plan = "tight", "free"
				c.Pool.SignUpSpread, c.Pool.SignUpBefore = d.hours(48, 80), d.hours(2, 24)
				c.Pool.Disposable = d.uniform(0.6, 1)
			},
		},
		{
			Name: "own-domains", Dimension: Acquisition,
			What:  "two to six mail domains of one's own, cards from anywhere",
			Price: "the domains, a card for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Domains, c.Pool.SignUpSpread = d.between(2, 6), d.hours(20, 120)
				c.Pool.Plan = one(d, "api", "pro")
			},
		},
		{
			Name: "stolen-keys", Dimension: Acquisition, Care: 1,
			What:  "keys taken from their owners, until these notice after a day or three",
			Price: "keys to find or to buy, again and again",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.Life = "leased", d.hours(20, 70)
			},
		},
		{
			Name: "two-pools", Dimension: Acquisition, Care: 1,
			What:  "two to four batches of accounts, signed up a week or more apart",
			Price: "accounts idle for weeks",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "tight", d.hours(4, 30)
				c.Pool.SignUpBefore = d.hours(6, 72)
				c.Pool.Recruiting.Cohorts = d.between(2, 4)
				c.Pool.Recruiting.Gap = d.hours(5*24, 15*24)
				c.Pool.Issuers = d.between(2, 6)
			},
		},
		{
			Name: "shell-firms", Dimension: Acquisition, Care: 2,
			What:  "seats of two to eight firms that were founded for it",
			Price: "firms, their domains, and the plan with seats",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Firms = d.between(2, 8)
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(10*24, 60*24)
				c.Pool.SignUpBefore = d.hours(24, 20*24)
			},
		},
		{
			Name: "one-by-one", Dimension: Acquisition, Care: 2,
			What:  "an account or two a day for a season, with cards from as many issuers as people have",
			Price: "a season of planning, a card for each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.SignUp, c.Pool.SignUpSpread = "wide", d.hours(90*24, 240*24)
				c.Pool.SignUpBefore = d.hours(12, 72)
			},
		},

		{
			Name: "relay-device", Dimension: Clients,
			What:  "one client, and the device id that a public relay program has built in",
			Price: "nothing",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device = "one", "relay"
			},
		},
		{
			Name: "one-client-own-settings", Dimension: Clients, Care: 1,
			What: "one client, with parameters and a device for each account", Price: "settings to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Params, c.Pool.Device = "one", "own", "own"
			},
		},
		{
			Name: "popular-client", Dimension: Clients, Care: 2,
			What: "the client that most people have", Price: "what that client cannot do",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Recruiting.Popular = true
				c.Pool.Params = one(d, "one", "own")
			},
		},
		{
			Name: "rotating-devices", Dimension: Clients, Care: 2,
			What:  "another client for every request, a device for each account",
			Price: "devices to keep",
			apply: func(_ draw, c *simulate.Campaign) {
				c.Pool.Stack, c.Pool.Device, c.Pool.Params = "rotating", "own", "own"
			},
		},

		{
			Name: "few-exits", Dimension: Networks,
			What: "three to ten addresses for all accounts, in data centres", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Recruiting.Exits = "datacenter", d.between(3, 10)
			},
		},
		{
			Name: "two-countries", Dimension: Networks, Care: 1,
			What:  "one to three home addresses each, in one or two countries",
			Price: "residential proxies",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(1, 3)
				c.Pool.Recruiting.Countries = d.between(1, 2)
			},
		},
		{
			Name: "address-a-request", Dimension: Networks, Care: 1,
			What:  "a hundred home addresses or more for each account, hardly one twice",
			Price: "rotating residential proxies by volume",
			apply: func(d draw, c *simulate.Campaign) {
				c.Pool.Network, c.Pool.Addresses = "residential", d.between(100, 200)
			},
		},
		{
			Name: "among-neighbours", Dimension: Networks, Care: 2,
			What:  "from the networks of ordinary customers, and their addresses where these are shared",
			Price: "mobile proxies, the dearest",
			apply: func(_ draw, c *simulate.Campaign) { c.Pool.Recruiting.Neighbours = true },
		},
	}
}

// routines are further tactics of when, how much and by which account, and of reactions.
func routines() []Tactic {
	pace := func(median float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, 0.35) }
	}
	balance := func(kind string, lo, hi float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) {
			c.Schedule.Balance, c.Schedule.Batch = kind, d.uniform(lo, hi)
		}
	}
	return []Tactic{
		{
			Name: "metronome", Dimension: Timing,
			What: "a request every so many seconds, day and night", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0, 0.05)
			},
		},
		{
			Name: "one-night", Dimension: Timing,
			What: "all in three to eight hours, then nothing", Price: "what these hours yield",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.CV = d.uniform(0.6, 1.2)
				c.Stop = c.Start + d.hours(3, 8)
			},
		},
		{
			Name: "cheap-hours", Dimension: Timing, Care: 1,
			What: "in the eight hours of the night, when limits are far", Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "night", d.uniform(0.5, 1.5)
			},
		},
		{
			Name: "short-bursts", Dimension: Timing, Care: 1,
			What:  "the whole pool for some minutes, then rest, many times a day",
			Price: "nine tenths of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.CV = d.uniform(1, 2)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(0.8, 2.5), d.uniform(0.08, 0.2)
			},
		},
		{
			Name: "sittings", Dimension: Timing, Care: 2,
			What:  "each account sits down for an hour or two and is away for most of the day",
			Price: "up to four times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(1, 2)
				c.Schedule.Idle = d.uniform(0.5, 0.75)
				c.Schedule.Dealing.IdleFor = d.hours(0.8, 2.2)
			},
		},
		{
			Name: "own-hours", Dimension: Timing, Care: 2,
			What:  "each account keeps hours of its own, where it lives",
			Price: "half of the time of each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "own", d.uniform(1, 1.8)
			},
		},

		{
			Name: "limit-pace", Dimension: Pace,
			What:  "about 850 requests an account and day, as much as the limits allow",
			Price: "nothing", apply: pace(850),
		},
		{
			Name: "engineer-pace", Dimension: Pace, Care: 1,
			What:  "about 110 requests an account and day, like a busy programmer",
			Price: "up to half of the requests", apply: pace(110),
		},
		{
			Name: "reader-pace", Dimension: Pace, Care: 1,
			What: "about 26 requests an account and day", Price: "four times the account days",
			apply: pace(26),
		},
		{
			Name: "visitor-pace", Dimension: Pace, Care: 2,
			What:  "about 3 requests an account and day",
			Price: "seventy times the account days", apply: pace(3),
		},

		{
			Name: "fill-first", Dimension: Balance,
			What:  "one account until its quota of five hours is used, then the next",
			Price: "accounts that are spent first",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance = "fill"
				// An even share of five hours is a fifth of the day's; some accounts do all of it.
				c.Schedule.Dealing.Quota = max(2, int(c.Rate*d.uniform(0.3, 0.6)))
			},
		},
		{
			Name: "long-runs", Dimension: Balance,
			What: "forty to a hundred items in a row by one account", Price: "nothing",
			apply: balance("random", 40, 100),
		},
		{
			Name: "rounds", Dimension: Balance, Care: 1,
			What: "a dozen items each, in turn", Price: "nothing",
			apply: balance("even", 8, 16),
		},
		{
			Name: "by-subject", Dimension: Balance, Care: 1,
			What:  "each account has the items of one subject",
			Price: "the free choice of which account asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "random", d.uniform(1, 3)
				c.Schedule.Dealing.Subjects = true
			},
		},
		{
			Name: "workhorses", Dimension: Balance, Care: 2,
			What:  "a few accounts do most, many do next to nothing",
			Price: "most accounts, kept for their looks",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(1, 5)
				c.Schedule.Dealing.Skew = d.uniform(1.6, 2.2)
			},
		},

		{
			Name: "ready-reserve", Dimension: Reaction,
			What:  "all accounts are blocked at once, and a second pool takes over within the hour",
			Price: "a second pool that was paid all the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter, c.Reactions.BlockShare = c.Start+d.hours(2, 16), 1
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(0.2, 1)
			},
		},
		{
			Name: "thinned-pool", Dimension: Reaction, Care: 1,
			What:  "a part of the accounts is blocked, and the others go on",
			Price: "the blocked accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(3, 24)
				c.Reactions.BlockShare = d.uniform(0.2, 0.5)
			},
		},
		{
			Name: "quiet-probes", Dimension: Reaction, Care: 2,
			What:  "a few attempts by two accounts over half a day before the work begins",
			Price: "half a day",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{
					Requests: d.between(8, 20), For: time.Duration(d.between(8, 14)) * time.Hour,
					Refused: d.uniform(0.3, 0.6), Accounts: 2,
				}
			},
		},
		{
			Name: "one-after-the-other", Dimension: Reaction, Care: 2,
			What:  "accounts are put to work one after the other, over one to three days",
			Price: "time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Dealing.Stagger = d.hours(20, 70)
				c.Schedule.Ramp = c.Schedule.Dealing.Stagger
			},
		},
	}
}
