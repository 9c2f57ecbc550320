package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// programs are mechanisms by which one program is in many hands.
func programs() []Mechanism {
	return []Mechanism{
		{
			Name: "starter-kit", size: some, Shares: []Aspect{Template, Client, Parameters},
			Life:   "Developers begin from the same template of an application and change little of its prompt.",
			Source: "vercel/ai-chatbot, create-llama",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(18, 0.4), Sigma: 1.5,
					Rules:    []string{"app.role", "app.boiler", "app.boiler", "app.boiler"},
					Position: "system",
					Content:  one(d, "", "app.in.ticket", "app.in.summary"), Turns: d.uniform(1, 3),
					Answer: d.about(220, 0.4), Hours: "product", Tinker: 0.35,
				}
				return m
			},
		},
		{
			Name: "popular-app", size: large, Shares: []Aspect{Template, Client, Parameters},
			Life:   "A desktop or mobile client with a built-in system prompt, used with keys of one's own.",
			Source: "Open WebUI, LibreChat, Chatbox",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "app", Versions: 4, Params: true, Always: d.Float64() < 0.5,
					Device: d.uniform(0, 1),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(7, 0.4), Sigma: 1.1,
					Rules: []string{"app.role", "app.boiler", "app.boiler"}, Position: "system",
					Turns: d.uniform(1.5, 4),
					Hours: "own", Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "sdk-defaults", size: large, Shares: []Aspect{Client, Parameters},
			Life:   "Everybody on one library version sends the parameters that its example sets.",
			Source: "default temperature 0.7 and max_tokens of many examples",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Always: true,
					MaxTokens: int64(one(d, 256, 1024, 4096)),
				}
				return m
			},
		},
		{
			Name: "browser-extension", size: large, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "An extension summarises or corrects what is selected on a page, one request at a time, by one prompt.",
			Source: "Immersive Translate, Harpa and others that take keys of one's own",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Client = simulate.SharedClient{Kind: "app", Versions: 2, Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(12, 0.4), Sigma: 1.1, Rules: []string{"m.extension"},
					Texts: d.between(1, 2), Position: one(d, "before", "system"),
					Content: one(d, "app.in.summary", "app.in.mail", "sentence"),
					Answer:  d.about(140, 0.3), Hours: "own", Run: d.uniform(1, 2),
				}
				return m
			},
		},
		{
			Name: "agent-framework", size: some, Shares: []Aspect{Template, Client, Reasoning},
			Life:   "A framework wraps every task in its own long prompt that asks for thoughts before actions, and gives the same tools.",
			Source: "LangChain's ReAct prompt, CrewAI, smolagents",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{
					Kind: "sdk", Params: true, Tools: true, Versions: 3,
					Effort: one(d, "", "medium"),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(30, 0.4), Sigma: 1.3, Rules: []string{"m.agent", "app.boiler"},
					Position: "system", Turns: d.uniform(3, 8),
					Answer: d.about(200, 0.3), Hours: one(d, "own", "product"), Tinker: 0.15,
				}
				return m
			},
		},
		{
			Name: "automation-flow", size: some, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "A flow from a gallery of automations runs on its users' own mail and tables, whenever something comes in.",
			Source: "n8n workflow templates, Make, Zapier",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Identity = simulate.SharedIdentity{Network: "cloud", Addresses: d.between(4, 20)}
				m.Use = simulate.SharedUse{
					Rate: d.about(22, 0.4), Sigma: 1.2, Rules: []string{"app.role", "m.extract"},
					Position: one(d, "before", "after", "system"),
					Content:  one(d, "app.in.mail", "app.in.ticket", "app.in.extract"),
					Answer:   d.about(90, 0.4), Hours: "office", Run: d.uniform(1, 3),
					Tinker: 0.3,
				}
				return m
			},
		},
		{
			Name: "honest-reseller", size: some,
			Shares: []Aspect{Client, Parameters, Network, Template},
			Life:   "A shop sells access in its own client to people who have an account each; they ask what people ask.",
			Source: "API resale platforms of several countries",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.9, 1))
				m.Client = simulate.SharedClient{Kind: "app", Params: true, Always: true}
				m.Identity = simulate.SharedIdentity{
					Network: "cloud", Addresses: d.between(1, 6), Issuers: d.between(0, 2),
				}
				m.Use = simulate.SharedUse{
					Rate: d.about(8, 0.4), Sigma: 1.1, Rules: []string{"app.about", "app.boiler"},
					Position: "system", Turns: d.uniform(1.5, 4), Hours: "own",
				}
				return m
			},
		},
		{
			Name: "character-cards", size: some, Shares: []Aspect{Template, Conversations, Client},
			Life:   "Readers of one site play the same few characters in one front end, for long evenings.",
			Source: "SillyTavern and public character cards",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.7, 1))
				m.Client = simulate.SharedClient{Kind: "app", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(35, 0.4), Sigma: 1, Rules: []string{"m.persona", "m.story"},
					Texts: d.between(2, 12), Position: "system", Content: "sentence",
					Turns: d.uniform(6, 11), Answer: d.about(260, 0.2), Hours: "own", Tinker: 0.25,
				}
				return m
			},
		},
		{
			Name: "game-mod", size: some, Shares: []Aspect{Template, Client, Volume, SingleTurns},
			Life:   "A mod lets the characters of a game speak: each sentence is one request with the state of the scene.",
			Source: "Mantella for Skyrim",
			draw: func(d draw) simulate.Mechanism {
				m := d.event(d.uniform(0.8, 1), simulate.Ramp, d.hours(24, 96))
				m.Begin -= d.hours(0, 200)
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true}
				m.Use = simulate.SharedUse{
					Rate: d.about(70, 0.4), Sigma: 0.9, Rules: []string{"m.persona"},
					Texts: d.between(3, 20), Position: "system", Content: "m.npc.state",
					Answer: d.about(60, 0.3), Hours: "own", Run: d.uniform(10, 40),
				}
				return m
			},
		},
		{
			Name: "commit-hook", size: some, Shares: []Aspect{Template, Client, SingleTurns},
			Life:   "A hook writes commit messages: the same instruction before each diff.",
			Source: "aicommits, opencommit",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 3}
				m.Use = simulate.SharedUse{
					Rate: d.about(9, 0.4), Sigma: 0.9, Rules: []string{"m.commit"},
					Position: one(d, "system", "before"), Content: "app.in.code",
					Answer: d.about(40, 0.3), Hours: "office",
				}
				return m
			},
		},
		{
			Name: "question-bot", size: some, Shares: []Aspect{Template, SingleTurns, Client},
			Life:   "Small sites add a box that answers from their own pages, with the prompt of the tool that made it.",
			Source: "the default question-answering prompts of LangChain and LlamaIndex",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Client = simulate.SharedClient{Kind: "sdk", Params: true, Versions: 2}
				m.Use = simulate.SharedUse{
					Rate: d.about(25, 0.5), Sigma: 1.4, Rules: []string{"m.rag"},
					Position: one(d, "before", "system"), Content: "rag.chunk",
					Answer: d.about(110, 0.3), Hours: "product", Tinker: 0.2,
				}
				return m
			},
		},
	}
}
