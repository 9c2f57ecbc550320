package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// schedules are tactics of when, how much and by which account, and what happens when something
// goes wrong.
func schedules() []Tactic {
	shape := func(kind string, lo, hi float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) {
			c.Schedule.Shape, c.Schedule.CV = kind, d.uniform(lo, hi)
		}
	}
	pace := func(median float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) { c.Rate = d.about(median, 0.35) }
	}
	pivot := func(share, lo, hi float64) func(draw, *simulate.Campaign) {
		return func(d draw, c *simulate.Campaign) {
			c.Reactions.Pivot, c.Reactions.PivotWithin = share, d.hours(lo, hi)
		}
	}
	balance := func(kind string, batch float64) func(draw, *simulate.Campaign) {
		return func(_ draw, c *simulate.Campaign) {
			c.Schedule.Balance, c.Schedule.Batch = kind, batch
		}
	}
	return []Tactic{
		{
			Name: "around-the-clock", Dimension: Timing,
			What: "at all hours, evenly", Price: "nothing",
			apply: shape("flat", 0.1, 1),
		},
		{
			Name: "waves", Dimension: Timing, Care: 1,
			What: "hours of work, hours of rest for the whole pool", Price: "half of the time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.CV = 1
				c.Schedule.Waves = d.hours(3, 9)
				c.Schedule.Duty = d.uniform(0.3, 0.7)
			},
		},
		{
			Name: "office-hours", Dimension: Timing, Care: 1,
			What: "in one zone's office hours", Price: "two thirds of the time",
			apply: shape("office", 0.5, 1.5),
		},
		{
			Name: "idle-days", Dimension: Timing, Care: 2,
			What:  "each account rests on a fifth to a half of the days",
			Price: "up to twice the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape = "diurnal"
				c.Schedule.CV = d.uniform(0.8, 1.6)
				c.Schedule.Idle = d.uniform(0.2, 0.5)
			},
		},
		{
			Name: "human-hours", Dimension: Timing, Care: 1,
			What: "when people are awake", Price: "a third of the time",
			apply: shape("diurnal", 1, 2),
		},
		{
			Name: "shifts", Dimension: Timing, Care: 2,
			What: "each account works eight hours of the day", Price: "three times the accounts",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Shape, c.Schedule.CV = "shifts", d.uniform(0.8, 1.5)
			},
		},

		{
			Name: "steady-pace", Dimension: Pace, Care: 1,
			What: "about 60 requests an account and day", Price: "nothing",
			apply: pace(60),
		},
		{
			Name: "slow-pace", Dimension: Pace, Care: 2,
			What: "about 10 requests an account and day", Price: "ten times the account days",
			apply: pace(10),
		},
		{
			Name: "fast-pace", Dimension: Pace,
			What: "about 200 requests an account and day", Price: "nothing",
			apply: pace(200),
		},
		{
			Name: "low-pace", Dimension: Pace, Care: 2,
			What: "about 14 requests an account and day", Price: "ten times the account days",
			apply: pace(14),
		},
		{
			Name: "sprint-pace", Dimension: Pace,
			What: "about 400 requests an account and day", Price: "nothing",
			apply: pace(400),
		},
		{
			Name: "trickle-pace", Dimension: Pace, Care: 2,
			What: "about 8 requests an account and day", Price: "twenty times the account days",
			apply: pace(8),
		},

		{
			Name: "drip-pace", Dimension: Pace, Care: 2,
			What:  "about 5 requests an account and day",
			Price: "forty times the account days",
			apply: pace(5),
		},
		{
			Name: "seldom-pace", Dimension: Pace, Care: 2,
			What:  "about 4 requests an account and day",
			Price: "fifty times the account days",
			apply: pace(4),
		},
		{
			Name: "rare-pace", Dimension: Pace, Care: 2,
			What:  "about 6 requests an account and day",
			Price: "thirty times the account days",
			apply: pace(6),
		},

		{
			Name: "least-recently-used", Dimension: Balance,
			What: "the account that has rested longest", Price: "nothing",
			apply: balance("lru", 0),
		},
		{
			Name: "skewed-balance", Dimension: Balance, Care: 2,
			What:  "some accounts much more than others, like people",
			Price: "accounts that do little",
			apply: balance("skewed", 0),
		},
		{
			Name: "even-balance", Dimension: Balance,
			What: "each in turn", Price: "nothing",
			apply: balance("even", 0),
		},
		{
			Name: "batches-of-items", Dimension: Balance, Care: 1,
			What: "about six items in a row, by a random account", Price: "nothing",
			apply: balance("random", 6),
		},
		{
			Name: "random-balance", Dimension: Balance, Care: 1,
			What: "a random account", Price: "nothing",
			apply: balance("random", 0),
		},
		{
			Name: "skewed-batches", Dimension: Balance, Care: 2,
			What:  "some accounts much more than others, items in a row",
			Price: "accounts that do little",
			apply: balance("skewed", 4),
		},

		{
			Name: "replacement", Dimension: Reaction, Care: 1,
			What: "fresh accounts take over from those that are blocked", Price: "a second pool",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.BlockAfter = c.Start + d.hours(3, 20)
				c.Reactions.BlockShare = d.uniform(0.5, 1)
				c.Reactions.Replace, c.Reactions.ReplaceIn = true, d.hours(1, 6)
			},
		},
		{
			Name: "hand-over", Dimension: Reaction,
			What: "rejected requests go on through another account", Price: "nothing",
			apply: func(d draw, c *simulate.Campaign) {
				c.Reactions.Handover, c.Reactions.RateLimited = true, d.uniform(0.02, 0.08)
			},
		},
		{
			Name: "probing-first", Dimension: Reaction,
			What: "a burst of attempts before the work begins", Price: "some refusals",
			apply: func(d draw, c *simulate.Campaign) {
				c.Probe = simulate.Probe{Requests: d.between(20, 80), For: time.Hour}
			},
		},
		{
			Name: "model-pivot", Dimension: Reaction, Care: 1,
			What:  "nine tenths of the requests go to a released model within a day",
			Price: "answers of the old one",
			apply: pivot(0.9, 12, 30),
		},
		{
			Name: "early-pivot", Dimension: Reaction,
			What:  "all requests go to a released model within hours",
			Price: "answers of the old one",
			apply: pivot(1, 1, 6),
		},
		{
			Name: "partial-pivot", Dimension: Reaction, Care: 2,
			What:  "half of the requests go to a released model within two days",
			Price: "half of the answers of the new one",
			apply: pivot(0.5, 30, 60),
		},
		{
			Name: "slow-start", Dimension: Reaction, Care: 2,
			What: "the rate grows for half a day or longer", Price: "time",
			apply: func(d draw, c *simulate.Campaign) {
				c.Schedule.Ramp = d.hours(12, 48)
			},
		},
	}
}
