package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// habitual are yet other tactics of when, how much and by which account, and of reactions. The
// rates are again those of the public record: 1,100, 46, 26, 13 and 6 requests an account and day.
func habitual() []Tactic {
	pace := func(median, sigma float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, sigma) }
	}
	return []Tactic{
		{
			Name: "same-hours", Dimension: Timing,
			What:  "a job that runs for four to eight hours from the same hour on, every day",
			Price: "the rest of the day",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.1, 0.8)
				c.Schedule.Dealing.From = d.between(0, 23)
				c.Schedule.Dealing.To = (c.Schedule.Dealing.From + d.between(4, 8)) % 24
			},
		},
		{
			Name: "days-until-done", Dimension: Timing,
			What:  "evenly by day and night, until a list of one to four days is done",
			Price: "what this time yields",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "flat", d.uniform(0.5, 1.2)
				c.Stop = c.Start + d.hours(26, 100)
			},
		},
		{
			Name: "product-hours", Dimension: Timing, Care: 1,
			What:  "as a product is used: all day, least before dawn, less at the weekend",
			Price: "a third of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "product", d.uniform(1, 2.2)
			},
		},
		{
			Name: "after-work", Dimension: Timing, Care: 1,
			What:  "between five in the evening and one at night, in one zone",
			Price: "two thirds of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(0.8, 1.6)
				c.Schedule.Dealing.From, c.Schedule.Dealing.To = 17, 1
			},
		},
		{
			Name: "own-hours-days-off", Dimension: Timing, Care: 2,
			What:  "each account keeps hours of its own and is away on a quarter to half of the days",
			Price: "up to four times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "own", d.uniform(1, 2)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.25, 0.5), 24*time.Hour
			},
		},
		{
			Name: "half-days", Dimension: Timing, Care: 2,
			What:  "each account works for four to seven hours and rests for as long or longer, while people are awake",
			Price: "two to three times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "diurnal", d.uniform(1, 1.8)
				c.Schedule.Idle, c.Schedule.Dealing.IdleFor = d.uniform(0.5, 0.65), d.hours(4, 7)
			},
		},

		{
			Name: "graders-pace", Dimension: Pace,
			What:  "about 1,000 requests an account and day, from 600 to 1,700",
			Price: "nothing", apply: pace(1000, 0.25),
		},
		{
			Name: "peak-pace", Dimension: Pace,
			What:  "about 500 requests an account and day, from 200 to 1,200",
			Price: "nothing", apply: pace(500, 0.45),
		},
		{
			Name: "quarter-pace", Dimension: Pace, Care: 1,
			What:  "about 46 requests an account and day, from 25 to 85",
			Price: "twice the account days", apply: pace(46, 0.3),
		},
		{
			Name: "letter-pace", Dimension: Pace, Care: 1,
			What:  "about 26 requests an account and day, from 10 to 70",
			Price: "four times the account days", apply: pace(26, 0.5),
		},
		{
			Name: "trial-pace", Dimension: Pace, Care: 2,
			What:  "about 13 requests an account and day",
			Price: "eight times the account days", apply: pace(13, 0.3),
		},
		{
			Name: "hub-pace", Dimension: Pace, Care: 2,
			What:  "about 6 requests an account and day, from 3 to 12",
			Price: "thirty times the account days", apply: pace(5.6, 0.35),
		},
		{
			Name: "occasional-pace", Dimension: Pace, Care: 2,
			What:  "about 3 requests an account and day, from 1 to 9",
			Price: "seventy times the account days", apply: pace(3, 0.55),
		},

		{
			Name: "hour-long-holds", Dimension: Balance,
			What:  "the account that has rested longest, for forty to ninety items",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "lru", d.uniform(40, 90)
			},
		},
		{
			Name: "drained-in-turn", Dimension: Balance,
			What:  "an account until it has done a day's share or more in five hours, then the next",
			Price: "accounts that do nothing for most of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance = "fill"
				c.Schedule.Dealing.Quota = max(3, int(c.Rate*d.uniform(0.9, 1.5)))
			},
		},
		{
			Name: "random-runs", Dimension: Balance, Care: 1,
			What: "twelve to thirty items in a row, by a random account", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "random", d.uniform(12, 30)
			},
		},
		{
			Name: "mild-favourites", Dimension: Balance, Care: 1,
			What:  "shares that differ by a half to nine tenths, an item or two at a time",
			Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(1, 2)
				c.Schedule.Dealing.Skew = d.uniform(0.45, 0.85)
			},
		},
		{
			Name: "rare-long-sittings", Dimension: Balance, Care: 2,
			What:  "shares like those of people, in sittings of fifteen to thirty items",
			Price: "accounts that do little",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(15, 30)
				c.Schedule.Dealing.Skew = d.uniform(1.1, 1.7)
			},
		},
		{
			Name: "regulars", Dimension: Balance, Care: 2,
			What:  "some regulars, many who come seldom, three to eight items at a time",
			Price: "accounts that do little",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Balance, c.Schedule.Batch = "skewed", d.uniform(3, 8)
				c.Schedule.Dealing.Skew = d.uniform(1.2, 1.9)
			},
		},

		{
			Name: "days-of-probes", Dimension: Reaction,
			What:  "several hundred differently worded attempts over six hours to a day before the work, nearly all refused",
			Price: "refusals, and a day",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{
					Requests: d.between(300, 900), For: d.hours(6, 20),
					Refused: d.uniform(0.85, 0.97), Accounts: c.Accounts,
				}
			},
		},
		{
			Name: "against-the-limits", Dimension: Reaction,
			What:  "a fifth to two fifths of the requests are limited, and tried again through other accounts",
			Price: "requests without answers",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Handover, c.Reactions.RateLimited = true, d.uniform(0.2, 0.4)
			},
		},
		{
			Name: "half-in-a-day", Dimension: Reaction, Care: 1,
			What:  "nearly half of the requests go to a released model within a day",
			Price: "half of the answers of the new one",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Pivot, c.Reactions.PivotWithin = d.uniform(0.42, 0.55), d.hours(16, 26)
			},
		},
		{
			Name: "again-and-again", Dimension: Reaction, Care: 1,
			What:  "every day or two a tenth to three tenths of the accounts are blocked, and replaced within hours",
			Price: "a stock of accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(6, 30)
				c.Reactions.BlockShare = d.uniform(0.1, 0.3)
				c.Reactions.Aftermath.Again = d.hours(20, 50)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(1, 8)
			},
		},
		{
			Name: "lies-low", Dimension: Reaction, Care: 2,
			What:  "when some accounts are blocked the others rest for half a day to a day and a half, and go on",
			Price: "the time of the rest",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(6, 40)
				c.Reactions.BlockShare = d.uniform(0.1, 0.35)
				c.Reactions.Aftermath.Pause = d.hours(10, 36)
			},
		},
		{
			Name: "other-words", Dimension: Reaction, Care: 2,
			What:  "when some accounts are blocked the rest go on with wording written anew, and new ones come within a day or two",
			Price: "texts to write, and accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(6, 30)
				c.Reactions.BlockShare = d.uniform(0.15, 0.4)
				c.Reactions.Aftermath.Reword = true
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(15, 45)
			},
		},
	}
}
