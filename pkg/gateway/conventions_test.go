package gateway

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// convention is a file of attribute names: one a line, with the reason behind a tab where the name
// is left out on purpose. Comments at the top say whose they are, from where and when they were
// read.
type convention struct {
	title, source, read string
	reasons             map[string]string
}

func conventionsOf(t *testing.T) []convention {
	t.Helper()
	files, err := filepath.Glob("testdata/conventions/*.tsv")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []convention
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		c := convention{reasons: map[string]string{}}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if comment, ok := strings.CutPrefix(line, "# "); ok {
				if source, ok := strings.CutPrefix(comment, "source: "); ok {
					c.source = strings.TrimPrefix(c.source+"; "+source, "; ")
				} else if read, ok := strings.CutPrefix(comment, "read: "); ok {
					c.read = read
				} else {
					c.title = comment
				}
				continue
			}
			name, reason, _ := strings.Cut(line, "\t")
			c.reasons[name] = reason
		}
		require.NotEmpty(t, c.title, file)
		require.NotEmpty(t, c.source, file)
		require.Regexp(t, `^\d{4}-\d\d-\d\d$`, c.read, file)
		out = append(out, c)
	}
	return out
}

// otlpPaths are the paths that the built-in mapping reads.
func otlpPaths(t *testing.T) []string {
	t.Helper()
	mappings, err := testOptions().compile()
	require.NoError(t, err)
	m := mappings[slices.IndexFunc(mappings, func(m *mapping) bool { return m.name == "otlp" })]
	var paths []string
	for i := range m.rules {
		for _, p := range slices.Concat(m.rules[i].from, m.rules[i].join) {
			paths = append(paths, p.String())
		}
	}
	for _, p := range slices.Concat(m.request, m.response) {
		paths = append(paths, p.String())
	}
	for i := range m.skips {
		for _, p := range slices.Concat(m.skips[i].when, m.skips[i].unless) {
			paths = append(paths, p.String())
		}
	}
	return paths
}

func TestEveryNameOfTheConventionsIsMappedOrLeftOutForAReason(t *testing.T) {
	paths := otlpPaths(t)
	for _, c := range conventionsOf(t) {
		for name, reason := range c.reasons {
			mapped := slices.ContainsFunc(paths, func(p string) bool {
				return p == name || strings.HasPrefix(p, name+".")
			})
			require.Equal(t, mapped, reason == "",
				"%s: %s: map it in configs/mappings/otlp.yaml, or say in testdata/conventions why not",
				c.title, name)
		}
	}
}

func TestTheTableOfConventionsIsCurrent(t *testing.T) {
	var b strings.Builder
	b.WriteString("| convention | source | read on | names mapped | left out, for which reasons |\n|---|---|---|---|---|\n")
	for _, c := range conventionsOf(t) {
		counts := map[string]int{}
		for _, reason := range c.reasons {
			counts[reason]++
		}
		mapped := counts[""]
		delete(counts, "")
		var left []string
		for _, reason := range slices.Sorted(maps.Keys(counts)) {
			left = append(left, fmt.Sprintf("%d %s", counts[reason], reason))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s |\n",
			c.title, c.source, c.read, mapped, strings.Join(left, "; "))
	}
	const file = "../../docs/gateways/otlp.md"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	block := regexp.MustCompile(`(?s)<!-- conventions -->\n.*?<!-- end conventions -->`)
	want := block.ReplaceAllLiteralString(
		string(text), "<!-- conventions -->\n"+b.String()+"<!-- end conventions -->",
	)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		return
	}
	require.Contains(t, string(text), "<!-- conventions -->")
	require.Equal(t, want, string(text), "go test ./pkg/gateway -update writes the table anew")
}
