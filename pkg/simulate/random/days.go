package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// days are mechanisms of what moves a country, a market or a trade for a day.
func days() []Mechanism {
	return []Mechanism{
		{
			Name: "framework-upgrade", size: large,
			Shares: []Aspect{Items, Schedule},
			Life:   "A popular library breaks with its past on a day that was announced; everybody pastes the same few messages into the model.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.75, 1), simulate.Burst, d.hours(10, 36))
				m.Stay = d.hours(5, 24)
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.3), Sigma: 0.8, Content: "o.upgrade", Items: d.between(8, 45),
					Turns: d.uniform(1.5, 4), Answer: d.about(330, 0.2), Hours: one(d, "office", "own"),
				}
				return m
			},
		},
		{
			Name: "zero-day", size: large,
			Shares: []Aspect{Template, Schedule, LongOutputs},
			Life:   "A flaw is published; within the hour a post goes round with a prompt to find out whether one is hit, and thousands run it over their code.",
			Source: "posts on Log4Shell in December 2021, on React2Shell in December 2025",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(4, 20))
				m.Stay = d.hours(3, 14)
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.3), Sigma: 0.9, Rules: []string{"o.breach", "o.breach"},
					Texts: d.between(1, 2), Position: one(d, "before", "after"), Content: "app.in.code",
					Turns: d.uniform(1, 2.5), Answer: d.about(900, 0.2), Hours: "flat", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "voting-advice", size: vast,
			Shares: []Aspect{Items, Schedule},
			Life:   "In the last days before an election people ask what the parties want, in much the same questions.",
			Source: "studies of chatbots before the elections of 2024 and 2025 (AlgorithmWatch, Dutch data protection authority)",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.75, 1), d.hours(30, 80))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.3), Sigma: 0.6, Content: "o.vote", Items: d.between(20, 90),
					Turns: d.uniform(1.5, 4), Answer: d.about(300, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "earnings-evening", size: some,
			Shares: []Aspect{Items, Schedule, LongOutputs},
			Life:   "A company reports after the exchange has closed; small investors paste the release and want it taken apart.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(2, 6))
				m.Stay = d.hours(2, 6)
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.3), Sigma: 0.7, Content: "o.earn", Items: d.between(1, 4),
					Turns: d.uniform(1.5, 4), Answer: d.about(800, 0.2), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "fantasy-round", size: large,
			Shares: []Aspect{Template, Schedule},
			Life:   "Players of one fantasy league set their teams on the day before the round, with the prompt of a podcast and players of their own.",
			Source: "r/FantasyPL",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.3), Sigma: 0.6, Rules: []string{"o.fantasy", "plain.rule"},
					Texts: d.between(1, 3), Position: "before", Content: "o.fantasy.in",
					Turns: d.uniform(1.5, 4), Answer: d.about(380, 0.2), Hours: "own", Weekly: true,
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "closing-service", size: some,
			Shares: []Aspect{Template, Conversations, Schedule},
			Life:   "A service shuts down at a date; its users feed their exported conversations to another, to have the gist of them kept.",
			Source: "announcements such as the end of Pocket in July 2025 and of Humane's pins",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(40, 110))
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.4), Sigma: 1, Rules: []string{"o.close"}, Texts: d.between(1, 2),
					Position: "before", Content: "class.notes", Earlier: d.uniform(2, 6),
					Answer: d.about(310, 0.2), Hours: "own", Run: d.uniform(2, 12), Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "off-peak", size: some,
			Shares: []Aspect{Schedule, SingleTurns},
			Life:   "A provider halves its prices for eight hours of the night; whoever can wait moves the day's records there, by the clock.",
			Source: "the hours of DeepSeek's discount from February 2025 on (16:30 to 00:30 UTC)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.5), Rules: []string{"o.night", "app.contract"},
					Texts: d.between(6, 20), Position: one(d, "before", "system"), Content: "o.night.in",
					Answer: d.about(70, 0.3), Hours: "nightly", Declared: 0.3, Tinker: 0.7,
				}
				return m
			},
		},
	}
}
