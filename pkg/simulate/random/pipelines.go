package random

import (
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// pipelines are mechanisms by which one piece of software asks again and again on its owners' data.
func pipelines() []Mechanism {
	return []Mechanism{
		{
			Name: "document-archive", size: some,
			Shares: []Aspect{Template, Client, SingleTurns, Volume},
			Life:   "Who scans all paper at home lets an archive name and tag it: thousands of old documents in the first nights, a few a day later.",
			Source: "icereed/paperless-gpt and clusterzx/paperless-ai for Paperless-ngx",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Ramp, d.hours(24, 100))
				m.Begin -= d.hours(0, 300)
				m.Stay = d.hours(20, 120)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(100, 0.5), Sigma: 1, Rules: []string{"l.file", "app.contract"},
					Position: one(d, "before", "system"), Content: "l.file.in",
					Answer: d.about(60, 0.3), Hours: "flat", Run: d.uniform(15, 80), Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "feed-digest", size: few, Shares: []Aspect{Schedule, Client, SingleTurns},
			Life:   "A feed reader makes a digest of the night's articles for its owner, by the clock, before breakfast.",
			Source: "rss-digest and minigist on pypi.org, for FreshRSS and Miniflux",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.5), Rules: []string{"l.feed"}, Texts: d.between(1, 2),
					Position: one(d, "system", "before"), Content: "rag.chunk",
					Answer: d.about(150, 0.3), Hours: "nightly", Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "thinking-tool", size: some,
			Shares: []Aspect{Reasoning, Template, Client, Conversations},
			Life:   "A small server offers the model a tool to think with, thought by thought; people add it to their assistants with the instruction from its page.",
			Source: "the sequential thinking server of modelcontextprotocol/servers",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: 3, Effort: one(d, "", "high"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(28, 0.4), Sigma: 1.1, Rules: []string{"l.think"},
					Texts: d.between(1, 2), Position: one(d, "system", "around"),
					Turns: d.uniform(5, 10), Answer: d.about(190, 0.3), Hours: "own", Tinker: 0.2,
				}
				return m
			},
		},
		{
			Name: "schema-library", size: large,
			Shares: []Aspect{Parameters, Client, Template, SingleTurns},
			Life:   "A library for structured answers puts the same sentences before everybody's schema, and asks again where the answer does not fit.",
			Source: "the modes of Instructor (python.useinstructor.com)",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: true, Tools: d.Float64() < 0.5,
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(40, 0.5), Sigma: 1.4, Rules: []string{"l.schema", "app.boiler"},
					Position: one(d, "system", "around"),
					Content: one(
						d, "app.in.extract", "app.in.mail", "app.in.product", "app.in.review",
					),
					Answer: d.about(90, 0.4), Hours: one(d, "product", "office"),
					Run: d.uniform(1, 10), Tinker: 0.6,
				}
				return m
			},
		},
		{
			Name: "answer-metrics", size: few,
			Shares: []Aspect{Template, Reasoning, SingleTurns, Volume},
			Life:   "Teams measure their question-answering systems with a package whose prompts split answers into claims and judge each with a reason, on data of their own.",
			Source: "the faithfulness metric of explodinggradients/ragas and DeepEval, with include_reason",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(10, 60))
				m.Begin -= d.hours(0, 100)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 4}
				m.Use = simulate.SharedUse{
					Rate: d.about(130, 0.4), Sigma: 0.9, Rules: []string{"l.faith", "grade.contract"},
					Texts: d.between(2, 4), Position: one(d, "before", "system"),
					Content: "l.faith.in", Answer: d.about(240, 0.3), Hours: one(d, "office", "flat"),
					Run: d.uniform(30, 150), Tinker: 0.05,
				}
				return m
			},
		},
		{
			Name: "graph-index", size: few,
			Shares: []Aspect{Template, LongOutputs, SingleTurns, Volume},
			Life:   "To ask questions about their documents as a graph, people first have every passage turned into entities and relations, by the long prompt of the program.",
			Source: "microsoft/graphrag, whose standard method uses a model for each text unit",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Steady, d.hours(12, 90))
				m.Begin -= d.hours(0, 150)
				m.Stay = d.hours(6, 40)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(160, 0.5), Sigma: 1, Rules: []string{"l.graph", "l.graph"},
					Position: one(d, "before", "system"), Content: "rag.chunk",
					Answer: d.about(1100, 0.2), Hours: "flat", Run: d.uniform(40, 200),
					Tinker: 0.1,
				}
				return m
			},
		},
		{
			Name: "spec-kit", size: some, Shares: []Aspect{Layout, Conversations, LongOutputs},
			Life:   "Programmers specify before they build, under the headings of one kit: feature, stories, requirements, done; the words are their own.",
			Source: "github/spec-kit and its unit at learn.microsoft.com",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.85, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.4), Sigma: 0.9,
					Rules:    []string{"l.spec.what", "l.spec.story", "l.spec.req", "l.spec.done"},
					Position: "own", Anew: true, Content: "agent.task", Turns: d.uniform(4, 8),
					Answer: d.about(900, 0.2), Hours: one(d, "own", "office"),
				}
				return m
			},
		},
		{
			Name: "cloud-desktop", size: some, Shares: []Aspect{Network, Client},
			Life: "Freelancers rent desktops in a cloud: one image with one browser, a handful of exits, everybody in projects of their own.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Client = simulate.SharedClient{Kind: "app", Always: true, Versions: d.between(1, 2)}
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(2, 15)}
				return m
			},
		},
		{
			Name: "rival-outage", size: vast, Shares: []Aspect{Schedule, SignUp},
			Life:   "A rival service is down for half a day: its users come over within minutes, sign up, finish what they were at, and most are gone the next day.",
			Source: "the outage of ChatGPT on 10 June 2025, when searches for Claude nearly doubled (International Business Times)",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.85, 1), simulate.Burst, d.hours(3, 11))
				m.Newcomers, m.SignUp, m.Stay = d.uniform(0.4, 0.8), 30*time.Minute, d.hours(3, 14)
				m.Use = simulate.SharedUse{
					Rate: d.about(24, 0.3), Sigma: 0.9, Earlier: d.uniform(0, 1.5),
					Turns: d.uniform(2, 5), Answer: d.about(330, 0.3), Hours: "own",
				}
				return m
			},
		},
	}
}
