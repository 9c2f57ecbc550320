package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// manners are still other tactics of when, how much and by which account, and of reactions. The
// rates lie between those of the public record: 1,100, 860, 46, 26, 13 and 6 requests an account
// and day.
func manners() []Tactic {
	pace := func(median, sigma float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, sigma) }
	}
	return []Tactic{
		{
			Name: "quarter-hours", Dimension: Timing,
			What:  "a job that starts several times an hour and works for some minutes, day and night",
			Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.3, 0.9)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(0.2, 0.6), d.uniform(0.25, 0.45)
			},
		},
		{
			Name: "queue-of-jobs", Dimension: Timing,
			What:  "job after job from a queue, with a short gap before the next",
			Price: "a sixth of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.8, 1.4)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(2, 6), d.uniform(0.75, 0.9)
			},
		},
		{
			Name: "two-crews", Dimension: Timing, Care: 1,
			What:  "from seven in the morning to eleven at night in one zone, evenly, every day",
			Price: "a third of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.7, 1.4)
				c.Schedule.Dealing.From, c.Schedule.Dealing.To = 7, 23
			},
		},
		{
			Name: "clusters-at-work", Dimension: Timing, Care: 1,
			What:  "in one zone's office hours, in clusters as the applications of customers ask",
			Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "office", d.uniform(1.8, 3)
			},
		},
		{
			Name: "part-time-shifts", Dimension: Timing, Care: 2,
			What:  "each account works eight hours of the day, on half to seven tenths of the days",
			Price: "five times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "shifts", d.uniform(0.8, 1.6)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.3, 0.5), 24*time.Hour
			},
		},
		{
			Name: "own-hours-in-clusters", Dimension: Timing, Care: 2,
			What:  "each account keeps hours of its own, and the work comes in clusters",
			Price: "half of the time of each account",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "own", d.uniform(2, 3.5)
			},
		},

		{
			Name: "bulk-pace", Dimension: Pace,
			What:  "about 650 requests an account and day, from 250 to 1,700",
			Price: "nothing", apply: pace(650, 0.5),
		},
		{
			Name: "plan-pace", Dimension: Pace,
			What:  "about 240 requests an account and day, what a subscription gives",
			Price: "nothing", apply: pace(240, 0.3),
		},
		{
			Name: "team-pace", Dimension: Pace, Care: 1,
			What:  "about 95 requests an account and day, from 35 to 250",
			Price: "up to half of the requests", apply: pace(95, 0.5),
		},
		{
			Name: "thirties-pace", Dimension: Pace, Care: 1,
			What:  "about 35 requests an account and day, from 16 to 75",
			Price: "three times the account days", apply: pace(35, 0.4),
		},
		{
			Name: "seat-pace", Dimension: Pace, Care: 2,
			What:  "about 18 requests an account and day, from 8 to 40",
			Price: "five times the account days", apply: pace(18, 0.4),
		},
		{
			Name: "replayed-pace", Dimension: Pace, Care: 2,
			What:  "about 9 requests an account and day, from 4 to 20",
			Price: "twelve times the account days", apply: pace(9, 0.4),
		},
		{
			Name: "proxy-pace", Dimension: Pace, Care: 2,
			What:  "about 4 or 5 requests an account and day, from 2 to 10",
			Price: "forty times the account days", apply: pace(4.5, 0.4),
		},

		{
			Name: "even-sittings", Dimension: Balance,
			What: "twenty to forty items each, in turn", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "even", d.uniform(20, 40)
			},
		},
		{
			Name: "rested-for-a-few", Dimension: Balance,
			What: "the account that has rested longest, for two to six items", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "lru", d.uniform(2, 6)
			},
		},
		{
			Name: "random-handfuls", Dimension: Balance, Care: 1,
			What: "two to four items in a row, by a random account", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "random", d.uniform(2, 4)
			},
		},
		{
			Name: "subjects-in-turn", Dimension: Balance, Care: 1,
			What:  "each in turn for three to eight items of the one subject that it has",
			Price: "the free choice of which account asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "even", d.uniform(3, 8)
				c.Schedule.Dealing.Subjects = true
			},
		},
		{
			Name: "subjects-by-habit", Dimension: Balance, Care: 2,
			What:  "shares like those of people, sittings of five to twelve items, one subject for each account",
			Price: "accounts that do little, and the free choice of which asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(5, 12)
				c.Schedule.Dealing.Skew, c.Schedule.Dealing.Subjects = d.uniform(1, 1.5), true
			},
		},
		{
			Name: "uneven-sittings", Dimension: Balance, Care: 2,
			What:  "shares that differ by a factor of two, in sittings of eight to sixteen items",
			Price: "accounts that do less",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(8, 16)
				c.Schedule.Dealing.Skew = d.uniform(0.6, 0.9)
			},
		},

		{
			Name: "fail-over", Dimension: Reaction,
			What:  "limited and blocked requests go on by themselves through other accounts, fresh ones within the hour",
			Price: "a stock of accounts that is paid all the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Handover, c.Reactions.RateLimited = true, d.uniform(0.05, 0.15)
				c.Reactions.BlockAfter = c.Start + d.hours(4, 24)
				c.Reactions.BlockShare = d.uniform(0.3, 0.6)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(0.2, 1)
			},
		},
		{
			Name: "loud-probes", Dimension: Reaction,
			What:  "some dozens to hundreds of attempts by half of the accounts within the hour, most refused",
			Price: "refusals",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{
					Requests: d.between(60, 200), For: d.hours(0.3, 1),
					Refused: d.uniform(0.65, 0.9), Accounts: max(1, c.Accounts/2),
				}
			},
		},
		{
			Name: "pool-after-pool", Dimension: Reaction, Care: 1,
			What:  "nine tenths of the accounts or all are blocked every day or two, and the next pool comes within half a day",
			Price: "a pool for every day or two",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(8, 36)
				c.Reactions.BlockShare = d.uniform(0.9, 1)
				c.Reactions.Aftermath.Again = d.hours(24, 48)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(4, 12)
			},
		},
		{
			Name: "three-quarters-pivot", Dimension: Reaction, Care: 1,
			What:  "seven to eight tenths of the requests go to a released model within a day or a day and a half",
			Price: "a quarter of the answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.68, 0.82), d.hours(18, 36)
			},
		},
		{
			Name: "careful-return", Dimension: Reaction, Care: 2,
			What:  "when some accounts are blocked the others rest for hours, and a few new ones come over the next two days",
			Price: "the time of the rest, and accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(6, 36)
				c.Reactions.BlockShare = d.uniform(0.1, 0.25)
				c.Reactions.Aftermath.Pause = d.hours(3, 9)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(24, 50)
			},
		},
		{
			Name: "quarter-moves", Dimension: Reaction, Care: 2,
			What:  "a fifth to a third of the requests go to a released model, over two or three days",
			Price: "most of the answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.2, 0.33), d.hours(40, 72)
			},
		},
	}
}
