package simulate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// tool is a popular coding agent: its system prompt and tool list are the same for everybody on the
// same version.
type tool struct {
	name     string
	versions []toolVersion
	sides    bool // asks small questions on the side: titles, topics
}

type toolVersion struct {
	stack  stack
	system string
	tools  []string
}

// codingTools are the coding agents of the world. They are the same in every world, as public
// things are.
func (w *World) codingTools() []*tool {
	names := []string{"Fernwerk", "Plover", "Tessel", "Hallmark Code", "Sparrowhawk", "Loam"}
	agents := []string{
		"fernwerk-cli/%s (terminal)", "plover-vscode/%s vscode/1.106.0", "tessel/%s go/1.26",
		"hallmark-code/%s node/24", "sparrowhawk/%s python/3.12", "loam/%s",
	}
	libraries := []string{"node24", "electron", "go", "node24", "python3.12", "rustls"}
	var out []*tool
	for i, name := range names {
		r := newRNG(0x7001, uint64(i))
		sections := w.toolPrompt(r, name)
		list := sample(r, []string{
			"bash", "read_file", "write_file", "edit_file", "glob", "grep", "todo", "web_fetch",
			"apply_patch", "list_dir", "run_tests", "notebook_edit",
		}, r.between(5, 9))
		t := &tool{name: name, sides: r.chance(0.7)}
		for v := range 3 {
			version := fmt.Sprintf("%d.%d.%d", 1+i%3, 4+v+i, r.IntN(9))
			prompt := sections
			if v > 0 {
				prompt = slices.Concat(sections, w.g.lines(r, "agent.rule", v))
			}
			t.versions = append(t.versions, toolVersion{
				stack: stack{
					agent: fmt.Sprintf(agents[i], version), ja4: ja4("t13d1714h1", libraries[i]),
					device: 0.8,
				},
				system: strings.Join(prompt, "\n"), tools: list,
			})
		}
		out = append(out, t)
	}
	return out
}

func (w *World) toolPrompt(r rng, name string) []string {
	out := []string{fmt.Sprintf(
		"You are %s, a coding agent that works in the user's repository through the tools below.",
		name,
	)}
	rules := w.g.lines(r, "agent.rule", 20)
	served := w.g.lines(r, "agent.head", 1)
	for i, rule := range rules {
		if i%5 == 0 {
			out = append(out, "", w.g.text(r, "agent.head"))
		}
		out = append(out, "- "+rule)
	}
	for range 14 {
		out = append(out, pick(r, served), w.g.text(r, "agent.rule")+" "+w.g.text(r, "agent.rule"))
	}
	return out
}

// coder is how an account uses a coding agent.
type coder struct {
	version toolVersion
	sides   bool
	perDay  float64 // sessions
	steps   float64 // mean steps of a session
	shape   *shape
	project string
	extra   []string // tools of the user's own
	memory  string   // the user's standing instructions
	// projects are those of a user who has several, in the order of use.
	projects []project
}

// project is a repository with the tools that work on it brings along.
type project struct {
	name  string
	extra []string
}

// addAgents makes users of popular coding agents, all over the world.
func (w *World) addAgents(c *Crowd) {
	tools := w.codingTools()
	for i, size := range w.split(c, min(len(tools), or(c.Groups, 3)), true) {
		t := tools[i]
		g := w.newGroup(c.ID+"-"+slug(t.name), "coding agent users", c.ID, false)
		for range size {
			a := w.person(g, false)
			k := w.newCoder(a, t, or(c.Rate, 30))
			if c.Projects > 0 {
				k.projects = w.newProjects(a.r, c.Projects)
			}
			w.code(a, k)
		}
	}
}

func (w *World) newCoder(a *account, t *tool, rate float64) *coder {
	steps := a.r.uniform(5, 22)
	k := &coder{
		version: t.versions[min(2, a.r.zipf(3, 1))], sides: t.sides, steps: steps,
		perDay: min(30, a.r.lognormal(rate, 1.1)/steps), shape: w.shapes.people,
		project: w.g.text(a.r, "repo"),
	}
	if a.r.chance(0.6) {
		k.shape = w.shapes.office
	}
	if a.r.chance(0.25) {
		k.extra = w.ownTools(a.r)
	}
	if a.r.chance(0.5) {
		k.memory = "\n\n# Notes of the user\n" +
			strings.Join(w.g.lines(a.r, "agent.rule", a.r.between(1, 4)), "\n")
	}
	a.stack = k.version.stack
	a.dressDevice()
	a.request.Stream.V = true
	a.request.MaxTokens = event.Int{V: 32000, Known: true}
	a.retries = true
	if a.id.Plan == "free" {
		a.id.Plan, a.id.PaymentFP, a.id.PaymentIssuer = "pro", a.r.hex(32), w.ids.issuer(a.r)
	}
	return k
}

// newProjects draws a user's projects: some people, and most robots that review code, have dozens.
// One project in five has servers of tools of its own.
func (w *World) newProjects(r rng, median float64) (out []project) {
	for range max(1, int(r.lognormal(median, 1))) {
		p := project{name: w.g.text(r, "noun") + "/" + w.g.text(r, "repo")}
		if r.chance(0.2) {
			p.extra = w.ownTools(r)
		}
		out = append(out, p)
	}
	return out
}

// ownTools are the tools of a user's own servers.
func (w *World) ownTools(r rng) (names []string) {
	for range r.between(1, 4) {
		names = append(names, "mcp_"+w.g.text(r, "verb")+"_"+w.g.text(r, "noun"))
	}
	return names
}

// code lets an account hold coding sessions for the rest of the world.
func (w *World) code(a *account, k *coder) {
	var session func(t int64)
	pause := func() float64 { return a.r.gamma(1.5) * day / k.perDay }
	session = func(t int64) {
		w.codingSession(t, a, k)
		w.at(k.shape.next(t+5*minute, a.zone, pause()), session)
	}
	w.at(k.shape.next(max(w.start, a.id.CreatedAt), a.zone, pause()*a.r.Float64()), session)
}

// maxHistory bounds the conversation that a session carries, in messages: agents compact theirs.
const maxHistory = 24

func (w *World) codingSession(t int64, a *account, k *coder) {
	if len(k.projects) > 0 {
		at := k.projects[min(a.r.zipf(len(k.projects), 1), len(k.projects)-1)]
		moved := *k
		moved.project, moved.extra, moved.projects = at.name, at.extra, nil
		k = &moved
	}
	id := "sess_" + a.r.token(18)
	task := w.g.text(a.r, "agent.task")
	if k.sides && a.r.chance(0.8) {
		w.send(t, a, &call{
			session: id,
			input:   []event.Message{user("Summarise this coding session in 3 words: " + task)},
			answer:  8,
		})
		t += int64(a.r.lognormal(600, 0.4))
	}
	first := user(w.environment(a.r, k.project) + task)
	c := &call{
		session: id, system: k.version.system + k.memory, input: []event.Message{first},
		answer: 150, tools: slices.Concat(k.version.tools, k.extra),
	}
	left := a.r.geometric(k.steps)
	w.at(t, func(t int64) { w.codingStep(t, a, c, left) })
}

// environment is what agents tell about the workspace.
func (w *World) environment(r rng, project string) string {
	return fmt.Sprintf("<env>cwd: ~/%s\nbranch: %s-%s\nlang: %s</env>\n",
		project, w.g.text(r, "verb"), w.g.text(r, "noun"), w.g.text(r, "lang"))
}

func (w *World) codingStep(t int64, a *account, c *call, left int) {
	out := w.send(t, a, c)
	if left <= 1 {
		return
	}
	next := *c
	next.attempt = 0
	if len(next.input) >= maxHistory {
		next.input = append([]event.Message{
			next.input[0], assistant("Summary so far: " + w.g.text(a.r, "sentence")),
		}, next.input[len(next.input)-4:]...)
	}
	next.cached = tokens(next.system)
	for i := range next.input {
		next.cached += tokens(next.input[i].Text)
	}
	wait := a.r.lognormal(6*second, 0.9)
	reply := w.g.text(a.r, "agent.result")
	if a.r.chance(0.12) {
		reply, wait = w.g.text(a.r, "agent.follow"), a.r.lognormal(70*second, 1)
	}
	next.input = append(next.input, assistant(w.g.text(a.r, "agent.say")), user(reply))
	w.at(t+out.latency+int64(wait), func(t int64) { w.codingStep(t, a, &next, left-1) })
}
