package simulate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadRejectsWhatItDoesNotKnow(t *testing.T) {
	const good = "name: x\nduration: 1h\ncrowds: [{kind: chat, accounts: 3}]\n"
	_, err := Load(strings.NewReader(good))
	require.NoError(t, err)
	for name, tc := range map[string]struct{ text, want string }{
		"an unknown key":    {good + "speed: 3\n", "speed"},
		"no duration":       {"crowds: [{kind: chat, accounts: 3}]", "duration"},
		"an empty world":    {"duration: 1h", "at least one crowd"},
		"an unknown crowd":  {"duration: 1h\ncrowds: [{kind: ghosts, accounts: 3}]", "ghosts"},
		"a crowd of nobody": {"duration: 1h\ncrowds: [{kind: chat}]", "accounts must be positive"},
		"two crowds of one name": {
			"duration: 1h\ncrowds: [{kind: chat, accounts: 1}, {kind: chat, accounts: 1}]",
			"appears twice",
		},
		"an id with a space": {
			"duration: 1h\ncrowds: [{kind: chat, id: a b, accounts: 1}]", "lower-case",
		},
		"an unknown style": {
			"duration: 1h\ncampaigns: [{id: a, accounts: 1, rate: 1, prompt: {style: magic}}]",
			"prompt.style",
		},
		"a share above one": {
			"duration: 1h\ncampaigns: [{id: a, accounts: 1, rate: 1, prompt: {style: bare}, cover: {share: 2}}]",
			"cover.share",
		},
		"a campaign without a rate": {
			"duration: 1h\ncampaigns: [{id: a, accounts: 1, prompt: {style: bare}}]",
			"rate must be positive",
		},
		"too many accounts": {"duration: 1h\ncrowds: [{kind: chat, accounts: 3000000}]", "at most"},
		"no YAML":           {"{", "read the scenario"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(strings.NewReader(tc.text))
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestReadTextsTakesLinesAndJSON(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"lines":   {"one\n\n two \none\n", []string{"one", "two"}},
		"objects": {`{"question":"q1"}` + "\n" + `{"prompt":"q2"}`, []string{"q1", "q2"}},
		"an array": {
			`[{"instruction":"do","input":"this"},{"text":"t"},"plain"]`,
			[]string{"do\nthis", "t", "plain"},
		},
		"turns":            {`{"turns":["a",{"content":"b"}]}`, []string{"a", "b"}},
		"damaged UTF-8":    {"a\xffb\n", []string{"a\ufffdb"}},
		"other languages":  {"你好\nこんにちは\n", []string{"你好", "こんにちは"}},
		"too long a text":  {"x\n" + strings.Repeat("y", maxText+1) + "\n", []string{"x"}},
		"objects, no text": {`{"id":3}{"text":"t"}`, []string{"t"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadTexts(strings.NewReader(tc.text))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
	for _, bad := range []string{"", " \n", `{"id":1}`, `[{"text":3}]`, `{"text":"cut`} {
		_, err := ReadTexts(strings.NewReader(bad))
		require.Error(t, err, "%q", bad)
	}
}

func TestGivenTextsReplaceTheGrammar(t *testing.T) {
	sc := small()
	sc.Crowds = []Crowd{{Kind: "chat", ID: "chat", Accounts: 30}}
	sc.Campaigns = []Campaign{{ID: "c", Accounts: 3, Rate: 50, Prompt: Prompt{Style: StyleBare}}}
	w, err := New(sc, Texts{Prompts: []string{"my own prompt"}, Items: []string{"my own item"}})
	require.NoError(t, err)
	prompts, items := 0, 0
	for _, e := range play(t, w) {
		switch {
		case strings.Contains(e.first, "my own prompt"):
			prompts++
		case strings.Contains(e.last, "my own item"):
			items++
		}
	}
	require.Positive(t, prompts)
	require.Positive(t, items)
}

func TestTheGrammarIsWholeAndRich(t *testing.T) {
	g, err := builtinGrammar()
	require.NoError(t, err)
	r := newRNG(1, 1)
	for name, rule := range g.rules {
		for i := range rule.lines {
			text := g.line(r, name, i)
			require.NotContains(t, text, "{{", name)
			require.NotContains(t, text, "}}", name)
		}
	}
	// What the code names must exist.
	for _, style := range PromptStyles() {
		for _, elicit := range []string{"", "plain"} {
			for _, rule := range frameRules(Prompt{Style: style, Elicit: elicit}) {
				require.True(t, g.has(rule), rule)
			}
		}
	}
	for _, task := range appTasks() {
		require.True(t, g.has("app.in."+task.name), task.name)
		require.True(t, g.has("app.task."+task.name), task.name)
	}
	for _, p := range places() {
		for _, tongue := range p.tongues {
			require.True(t, g.has("chat."+tongue), tongue)
			require.True(t, g.has("follow."+tongue), tongue)
		}
	}
	// Prompts of people and work items hardly ever repeat.
	for _, name := range []string{
		"chat.en", "chat.zh", "chat.ja", "chat.es", "chat.de", "chat.ru", "item.math", "item.code",
		"item.know", "app.in.ticket",
	} {
		texts := map[string]bool{}
		const n = 5000
		for range n {
			texts[g.text(r, name)] = true
		}
		require.Greater(t, len(texts), n*8/10, name)
	}
}

func TestParseReportsBrokenGrammar(t *testing.T) {
	for _, bad := range []string{"text before a rule", "# a\nopen {{b"} {
		require.Error(t, (&grammar{rules: map[string]*rule{}}).parse(bad), bad)
	}
	for _, bad := range []string{
		"# a\n{{missing}}", "# a\n{{@missing}}", "# a\n{{x|{{missing}}}}",
	} {
		g := &grammar{rules: map[string]*rule{}}
		require.NoError(t, g.parse(bad))
		require.Error(t, g.link(), bad)
	}
}

func TestLawsHaveTheirMeans(t *testing.T) {
	r := newRNG(3, 3)
	for _, cv := range []float64{0, 0.5, 1, 2, 4} {
		sum, sq := 0.0, 0.0
		const n = 200_000
		for range n {
			x := r.gamma(cv)
			sum += x
			sq += x * x
		}
		mean := sum / n
		require.InDelta(t, 1, mean, 0.05, "cv %g", cv)
		require.InDelta(t, cv*cv, sq/n-mean*mean, 0.12*cv*cv+1e-6, "cv %g", cv)
	}
	total := 0
	for range 100_000 {
		total += r.geometric(4)
	}
	require.InDelta(t, 4, float64(total)/100_000, 0.25)
	var shares [5]int
	for range 50_000 {
		shares[r.zipf(5, 1)]++
	}
	for i := 1; i < 5; i++ {
		require.Less(t, shares[i], shares[i-1])
	}
}
