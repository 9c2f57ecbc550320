package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// terms are mechanisms of schools, clubs and pastimes through the year.
func terms() []Mechanism {
	return []Mechanism{
		{
			Name: "apprentice-logbook", size: large,
			Shares: []Aspect{Template, Schedule},
			Life: "Apprentices of a country owe a record of each week, and write it on the day " +
				"on which it is due, with the prompt that goes round in the vocational school.",
			Source: "training records under the law on vocational training (Germany, Austria)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Beside = d.uniform(0.2, 0.7)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.6, Rules: []string{"y.logbook"},
					Texts: d.between(1, 4), Position: "before", Content: "y.logbook.in",
					Turns: d.uniform(1, 2), Answer: d.about(290, 0.2), Hours: "own",
					Weekly: true, From: 15, To: 22, Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "model-parliament", size: some,
			Shares: []Aspect{Template, LongOutputs, Schedule},
			Life: "Pupils who play delegates at a conference owe position papers by a date; " +
				"the club's prompt writes them, for each delegation another country.",
			Source: "guides of Model United Nations conferences",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(30, 110))
				m.Use = simulate.SharedUse{
					Rate: d.about(11, 0.3), Sigma: 0.6, Rules: []string{"y.delegate"},
					Texts: d.between(1, 3), Position: "before", Content: "y.delegate.in",
					Turns: d.uniform(1.2, 3), Answer: d.about(1150, 0.15), Hours: "own",
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "history-figures", size: some,
			Shares: []Aspect{Template, Conversations},
			Life: "A publisher of schoolbooks prints a prompt beside each chapter that makes a " +
				"person of its time answer; classes interview them at school and at home.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Circle = d.between(18, 32)
				m.Identity = simulate.SharedIdentity{Place: d.Float64() < 0.6}
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.3), Sigma: 0.6, Rules: []string{"y.figure"},
					Texts: d.between(1, 4), Position: "before", Content: "y.figure.in",
					Turns: d.uniform(7, 12), Answer: d.about(90, 0.2), Hours: "own",
					Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "marathon-plans", size: large,
			Shares: []Aspect{Template, LongOutputs},
			Life: "Runners who train for the same marathon paste the log of the week into the " +
				"prompt of a running magazine, and get the days of the next one.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.75, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(4, 0.3), Sigma: 0.6, Rules: []string{"y.marathon"},
					Texts: d.between(1, 2), Position: one(d, "before", "before", "after"),
					Content: "y.marathon.in", Turns: d.uniform(1, 2.5),
					Answer: d.about(880, 0.2), Hours: "own", Weekly: d.Float64() < 0.4,
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "fan-wiki", size: some,
			Shares: []Aspect{Template, LongOutputs},
			Life: "Editors of a wiki on a long series turn their notes into articles by the " +
				"prompt in its manual, person after person and place after place, on free " +
				"evenings.",
			Source: "manuals of style of fan wikis",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.5), Sigma: 1.2, Rules: []string{"y.fanwiki"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: "y.fanwiki.in", Turns: d.uniform(1, 2), Answer: d.about(1000, 0.2),
					Hours: "own", Run: d.uniform(1, 6), Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "lyrics-night", size: vast,
			Shares: []Aspect{Items, Schedule},
			Life: "An album comes out at midnight; its listeners ask what each song means, " +
				"verse by verse, through the night and the next day.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(6, 18))
				m.Stay = d.hours(2, 12)
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.8, Content: "y.lyrics",
					Items: d.between(12, 40), InOrder: d.Float64() < 0.4,
					Turns: d.uniform(1.3, 4), Answer: d.about(340, 0.2), Hours: "own",
				}
				return m
			},
		},
	}
}
