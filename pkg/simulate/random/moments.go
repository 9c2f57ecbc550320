package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// moments are mechanisms of single days and hours.
func moments() []Mechanism {
	return []Mechanism{
		{
			Name: "budget-day", size: vast,
			Shares: []Aspect{Template, Schedule},
			Life:   "A government presents its budget; a newspaper prints a prompt, and people want to know what it does to them.",
			Source: "the calculators that newspapers publish on budget days",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(5, 16))
				m.Stay = d.hours(2, 9)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(10, 0.3), Sigma: 0.6, Rules: []string{"q.budget"},
					Texts: d.between(1, 3), Position: "before", Content: "q.budget.in",
					Turns: d.uniform(1, 3), Answer: d.about(430, 0.2), Hours: "flat", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "lay-off", size: large,
			Shares: []Aspect{Template, Schedule, LongOutputs},
			Life:   "A large firm lets thousands go by mail one morning; within the day they pass on the prompt that puts one's papers in order.",
			Source: "the rounds listed on layoffs.fyi",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(6, 24))
				m.Stay = d.hours(10, 50)
				m.Newcomers, m.SignUp = d.uniform(0, 0.3), 5*time.Hour
				m.Use = simulate.SharedUse{
					Rate: d.about(13, 0.3), Sigma: 0.7, Rules: []string{"q.laidoff"},
					Texts: d.between(1, 3), Position: one(d, "before", "before", "after"),
					Content: "q.laidoff.in", Turns: d.uniform(1.5, 4), Answer: d.about(820, 0.2),
					Hours: "flat", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "opening-bell", size: some,
			Shares: []Aspect{Template, Schedule},
			Life:   "Small traders go through their lists in the hour before the exchange opens, with the prompt of the newsletter that they all read.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.6, Rules: []string{"q.bell"},
					Texts: d.between(1, 3), Position: "before", Content: "q.bell.in",
					Turns: d.uniform(1, 3), Answer: d.about(330, 0.2), Hours: "flat",
					From: 7, To: 10, Tinker: 0.3,
				}
				return m
			},
		},
	}
}
