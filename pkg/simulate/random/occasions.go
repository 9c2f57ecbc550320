package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// occasions are mechanisms of what happens once, of pastimes, and of how people come by access.
func occasions() []Mechanism {
	return []Mechanism{
		{
			Name: "storm-claims", size: large,
			Shares: []Aspect{Template, Schedule, LongOutputs},
			Life:   "After a storm the people of a region write to their insurers with the prompt that a consumers' association printed.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Burst, d.hours(8, 30))
				m.Stay = d.hours(4, 20)
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Newcomers, m.SignUp = d.uniform(0, 0.3), time.Hour
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.3), Sigma: 0.6, Rules: []string{"l.storm", "plain.rule"},
					Position: "before", Content: "class.notes", Turns: d.uniform(1.2, 3),
					Answer: d.about(820, 0.2), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "objection-letters", size: some,
			Shares: []Aspect{Template, Schedule, LongOutputs},
			Life:   "Residents object to a plan before the date of the council, with a prompt from their group; each has reasons of their own.",
			Source: "Paul Smith in Building Design on residents' groups that share prompts for objections",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.8, 1), d.hours(16, 60))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.3), Sigma: 0.6, Rules: []string{"l.object", "plain.rule"},
					Position: one(d, "before", "after"), Turns: d.uniform(1.5, 3.5),
					Answer: d.about(930, 0.2), Hours: "own", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "long-weekend", size: vast, Shares: []Aspect{Template, Schedule, LongOutputs},
			Life: "Before the long holidays of a country thousands plan their trips with the prompt of a travel page.",
			draw: func(d draw) simulate.Mechanism {
				m := d.deadline(d.uniform(0.75, 1), d.hours(20, 70))
				m.Identity = simulate.SharedIdentity{Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.3), Sigma: 0.7, Rules: []string{"l.trip", "l.trip"},
					Position: "before", Content: "l.trip.in", Turns: d.uniform(1.5, 4),
					Answer: d.about(900, 0.2), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "citizenship-test", size: some, Shares: []Aspect{Items, SingleTurns},
			Life:   "Applicants go through the official catalogue of a citizenship test and have each question explained in their own language.",
			Source: "the 310 questions of the German test (berlin.de)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.4), Sigma: 0.7, Content: "l.quiz", Items: 310,
					InOrder: d.Float64() < 0.5, Answer: d.about(180, 0.2), Hours: "own",
					Run: d.uniform(4, 20),
				}
				return m
			},
		},
		{
			Name: "olympiad-problems", size: some,
			Shares: []Aspect{Items, Reasoning, LongOutputs, Schedule},
			Life:   "The six problems of an olympiad are published, and everybody who cares tries what the model makes of them, with all the reasoning that it has.",
			Source: "matharena.ai on the olympiad of 2025",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(6, 24))
				m.Stay = d.hours(5, 20)
				m.Client = simulate.SharedClient{Effort: "high"}
				m.Use = simulate.SharedUse{
					Rate: d.about(16, 0.3), Sigma: 0.8, Content: "l.olymp", Items: 6,
					Turns: d.uniform(1, 2.5), Answer: d.about(1500, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "office-challenge", size: few,
			Shares: []Aspect{Organisation, Items, Schedule},
			Life:   "A firm holds a week of challenges for its staff: every morning the same task for all, and a prize for the best answer.",
			Source: "promptathons at SAP and Deutsche Telekom (tcworld.info)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(4, 9))
				m.Stay = d.hours(4, 12)
				m.Circle = d.between(20, 80)
				m.Identity = simulate.SharedIdentity{Organisation: true, Place: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(20, 0.3), Sigma: 0.7, Content: "l.office", Items: d.between(1, 5),
					Turns: d.uniform(1.5, 4), Answer: d.about(280, 0.2), Hours: "flat",
				}
				return m
			},
		},
		{
			Name: "school-rollout", size: vast,
			Shares: []Aspect{SignUp, Organisation, Network, Schedule},
			Life:   "A country gives all pupils of a year an account on the same school days: one organisation for each school, its network, its timetable.",
			Source: "Estonia's TI-Hüpe, 20,000 pupils from September 2025 (news.err.ee)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.9, 1), simulate.Burst, d.hours(8, 30))
				m.Newcomers, m.SignUp = d.uniform(0.85, 1), 2*time.Hour
				m.Circle = d.between(15, 90)
				m.Identity = simulate.SharedIdentity{
					Organisation: true, Place: true, Network: "place", Addresses: d.between(1, 4),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.3), Sigma: 0.7, Turns: d.uniform(2, 5),
					Answer: d.about(220, 0.2), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "game-master", size: some, Shares: []Aspect{Template, Conversations},
			Life:   "People play alone with the model as the master of the game, by the prompt of one page, for whole evenings.",
			Source: "oracle-rpg.com, AI DM Emulator; r/Solo_Roleplaying",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 1, Rules: []string{"l.master", "l.master"},
					Texts: d.between(1, 4), Position: one(d, "before", "system"),
					Content: "sentence", Turns: d.uniform(6, 11), Answer: d.about(330, 0.2),
					Hours: "own", Tinker: 0.4,
				}
				return m
			},
		},
		{
			Name: "deck-doctor", size: few, Shares: []Aspect{Template, Reasoning},
			Life:   "Players of a card game have their decks judged, with reasons for each cut, by the prompt that a shop's column tried out.",
			Source: "skills such as mtg-edh-analyze, columns of coolstuffinc.com",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(20, 80))
				m.Begin -= d.hours(0, 60)
				m.Client = simulate.SharedClient{Effort: one(d, "medium", "high")}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 0.9, Rules: []string{"l.deck", "m.trick"},
					Position: one(d, "before", "after"), Content: "l.deck.in",
					Turns: d.uniform(1.2, 3.5), Answer: d.about(520, 0.2), Hours: "own",
					Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "old-registers", size: few, Shares: []Aspect{Template, SingleTurns},
			Life:   "Family historians read old registers with a prompt of their society, entry by entry, each of another village.",
			Source: "Fun Prompt Friday (aigenealogyinsights.com), memoracy.com",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.4), Sigma: 1, Rules: []string{"l.parish", "plain.rule"},
					Texts: d.between(1, 2), Position: "before", Content: "l.parish.in",
					Answer: d.about(230, 0.3), Hours: "own", Run: d.uniform(3, 15), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "thought-record", size: large, Shares: []Aspect{Layout, Conversations},
			Life:   "People who learned it in therapy write down what happened, what they thought and what speaks against it, under these headings, and talk about it.",
			Source: "thought records of cognitive behavioural therapy; journalprompts.net",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(14, 0.3), Sigma: 0.7,
					Rules:    []string{"l.feel.what", "l.feel.thought", "l.feel.other"},
					Position: "own", Anew: true, Content: "-", Turns: d.uniform(4, 8),
					Answer: d.about(200, 0.2), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "benefit-card", size: some, Shares: []Aspect{Funding},
			Life:   "Firms give their staff a learning budget on prepaid cards of one provider; each member spends it on what they like.",
			Source: "learning stipends on digital prepaid cards (Degreed's help pages)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Newcomers, m.SignUp = d.uniform(0.2, 0.6), 24*time.Hour
				m.Identity = simulate.SharedIdentity{Issuers: 1, Plan: one(d, "pro", "")}
				return m
			},
		},
		{
			Name: "satellite-link", size: large, Shares: []Aspect{Network},
			Life:   "Customers of a satellite network come out of the few addresses of its ground station, from villages hundreds of kilometres apart.",
			Source: "Starlink's support pages on carrier-grade NAT",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Identity = simulate.SharedIdentity{Network: "place", Addresses: d.between(2, 20)}
				return m
			},
		},
		{
			Name: "price-ends", size: large, Shares: []Aspect{SignUp, Funding},
			Life: "A lower price is good until Sunday midnight: people sign up in the last hours before it ends, many through the wallet that the offer is tied to.",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Ramp, d.hours(10, 30))
				m.Newcomers, m.SignUp = d.uniform(0.6, 0.95), 2*time.Hour
				m.Identity = simulate.SharedIdentity{Issuers: d.between(1, 2), Plan: "pro"}
				return m
			},
		},
	}
}
