package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// tempers are still further tactics of when, how much and by which account, and of reactions. The
// rates lie between those of the sets before.
func tempers() []Tactic {
	pace := func(median, sigma float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, sigma) }
	}
	return []Tactic{
		{
			Name: "three-runs-a-day", Dimension: Timing,
			What: "a job about every eight hours that works for two or three, at any time of " +
				"the day",
			Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.3, 0.9)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(7, 9), d.uniform(0.25, 0.4)
			},
		},
		{
			Name: "bursts-of-the-queue", Dimension: Timing,
			What:  "day and night, in bursts, whenever the next part of the list has been made",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(2.8, 4.5)
			},
		},
		{
			Name: "early-shift", Dimension: Timing, Care: 1,
			What:  "from five in the morning to two in the afternoon, in one zone, every day",
			Price: "more than half of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.7, 1.5)
				c.Schedule.Dealing.From, c.Schedule.Dealing.To = 5, 14
			},
		},
		{
			Name: "awake-in-waves", Dimension: Timing, Care: 1,
			What: "when people are awake, an hour or two of work and as much of rest for the " +
				"whole pool",
			Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(0.8, 1.6)
				c.Schedule.Waves, c.Schedule.Duty = d.hours(2, 4.5), d.uniform(0.4, 0.6)
			},
		},
		{
			Name: "product-days-off", Dimension: Timing, Care: 2,
			What:  "as a product is used, and each account rests on three to five days of ten",
			Price: "twice the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "product", d.uniform(1, 2)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.3, 0.5), 24*time.Hour
			},
		},
		{
			Name: "shifts-in-clusters", Dimension: Timing, Care: 2,
			What:  "each account works eight hours of the day, and the work comes in clusters",
			Price: "three times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "shifts", d.uniform(2, 3.5)
			},
		},

		{
			Name: "foundry-pace", Dimension: Pace,
			What:  "about 770 requests an account and day, from 350 to 1,700",
			Price: "nothing", apply: pace(770, 0.4),
		},
		{
			Name: "press-pace", Dimension: Pace,
			What:  "about 350 requests an account and day, from 150 to 800",
			Price: "nothing", apply: pace(350, 0.4),
		},
		{
			Name: "bench-pace", Dimension: Pace, Care: 1,
			What:  "about 135 requests an account and day, from 60 to 300",
			Price: "up to a third of the requests", apply: pace(135, 0.4),
		},
		{
			Name: "clerk-pace", Dimension: Pace, Care: 1,
			What:  "about 52 requests an account and day, from 25 to 110",
			Price: "twice the account days", apply: pace(52, 0.35),
		},
		{
			Name: "parlour-pace", Dimension: Pace, Care: 2,
			What:  "about 21 requests an account and day, from 10 to 45",
			Price: "five times the account days", apply: pace(21, 0.35),
		},
		{
			Name: "letterbox-pace", Dimension: Pace, Care: 2,
			What:  "about 11 requests an account and day, from 4 to 30",
			Price: "ten times the account days", apply: pace(11, 0.5),
		},
		{
			Name: "calendar-pace", Dimension: Pace, Care: 2,
			What:  "3 or 4 requests an account and day, from 1 to 9",
			Price: "thirty times the account days or more", apply: pace(3.5, 0.45),
		},

		{
			Name: "hundreds-in-a-row", Dimension: Balance,
			What:  "the account that has rested longest, for a hundred to two hundred items",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "lru", d.uniform(100, 200)
			},
		},
		{
			Name: "in-turn-by-twos", Dimension: Balance,
			What: "each in turn for two or three items", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "even", d.uniform(2, 3.5)
			},
		},
		{
			Name: "rested-with-a-subject", Dimension: Balance, Care: 1,
			What: "the account that has rested longest, for two to five items of the one " +
				"subject that it has",
			Price: "the free choice of which account asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "lru", d.uniform(2, 5)
				c.Schedule.Dealing.Subjects = true
			},
		},
		{
			Name: "random-long-turns", Dimension: Balance, Care: 1,
			What: "thirty to forty-five items in a row, by a random account", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "random", d.uniform(30, 45)
			},
		},
		{
			Name: "few-regulars-one-subject", Dimension: Balance, Care: 2,
			What: "few who do much and many who do little, four to nine items at a time, one " +
				"subject for each account",
			Price: "accounts that do next to nothing, and the free choice of which asks what",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(4, 9)
				c.Schedule.Dealing.Skew, c.Schedule.Dealing.Subjects = d.uniform(1.7, 2.3), true
			},
		},
		{
			Name: "habits-by-twos", Dimension: Balance, Care: 2,
			What:  "shares like those of people, two to four items at a time",
			Price: "accounts that do little",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(2, 4)
				c.Schedule.Dealing.Skew = d.uniform(0.9, 1.3)
			},
		},

		{
			Name: "moves-and-hands-over", Dimension: Reaction,
			What: "all requests go to a released model within the day, and what its limits " +
				"reject goes on through another account",
			Price: "requests without answers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.94, 1), d.hours(8, 22)
				c.Reactions.Handover, c.Reactions.RateLimited = true, d.uniform(0.03, 0.1)
			},
		},
		{
			Name: "probes-by-a-few", Dimension: Reaction,
			What: "three to five accounts try a hundred ways or two within some hours before " +
				"the work, most refused",
			Price: "refusals, and these accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{
					Requests: d.between(90, 220), For: d.hours(2, 6),
					Refused: d.uniform(0.75, 0.95), Accounts: d.between(3, 5),
				}
			},
		},
		{
			Name: "steady-losses", Dimension: Reaction, Care: 1,
			What: "a few accounts in a hundred are blocked twice a day, and fresh ones come " +
				"within the next half day",
			Price: "a stream of accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(5, 20)
				c.Reactions.BlockShare = d.uniform(0.04, 0.11)
				c.Reactions.Aftermath.Again = d.hours(9, 16)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(6, 14)
			},
		},
		{
			Name: "two-thirds-in-two-days", Dimension: Reaction, Care: 1,
			What:  "six to seven tenths of the requests go to a released model within two days",
			Price: "a third of the answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.58, 0.7), d.hours(40, 56)
			},
		},
		{
			Name: "rests-and-rewords", Dimension: Reaction, Care: 2,
			What: "when some accounts are blocked the others rest for half a day, go on in " +
				"other words, and few new ones come in two or three days",
			Price: "the time of the rest, texts and accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(6, 30)
				c.Reactions.BlockShare = d.uniform(0.08, 0.2)
				c.Reactions.Aftermath.Pause = d.hours(8, 16)
				c.Reactions.Aftermath.Reword = true
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(36, 66)
			},
		},
		{
			Name: "eighth-moves", Dimension: Reaction, Care: 2,
			What: "a tenth to a sixth of the requests go to a released model, over two or three " +
				"days",
			Price: "nearly all answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.09, 0.17), d.hours(48, 80)
			},
		},
	}
}
