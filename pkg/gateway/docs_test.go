package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// bodyFields are what the bodies of requests and responses fill.
var bodyFields = map[string]string{
	"account.end_user_id": "request body", "request.stream": "request body",
	"request.temperature": "request body", "request.top_p": "request body",
	"request.n": "request body", "request.max_tokens": "request body",
	"request.seed": "request body", "request.logprobs": "request body",
	"request.reasoning_effort": "request body", "request.response_format": "request body",
	"request.tools": "request body", "request.tool_choice": "request body",
	"request.message_count": "request body", "content.system": "request body",
	"content.input": "request body", "response.finish_reasons": "response body",
	"content.output": "response body", "content.reasoning": "response body",
	"usage.reasoning_tokens": "response body", "usage.cache_read_tokens": "response body",
	"usage.cache_write_tokens": "response body",
	"content.reasoning_in":     "request body", "content.reasoning_out": "response body",
}

// fieldTable writes what a mapping sees, who chose it, and what it does not see.
func fieldTable(m *mapping) string {
	var b strings.Builder
	if m.hop != nil {
		fmt.Fprintf(
			&b, "`hop` is the part of the record that is the call which answered: the first of %s",
			quoted(m.hop.from),
		)
		fmt.Fprintf(&b, " that has one of `%s`.\n\n", strings.Join(m.hop.has, "`, `"))
	}
	b.WriteString("| seen | where | who |\n|---|---|---|\n")
	var unseen []string
	for _, f := range Fields() {
		where, by := m.finds(f)
		switch {
		case len(where) > 0:
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Path, strings.Join(where, ", "), by)
		case f.Path == "request.message_count", f.Path == "response.status",
			f.Path == "source.gateway", f.Path == "tenant":
		default:
			unseen = append(unseen, "`"+f.Path+"`")
		}
	}
	fmt.Fprintf(&b,
		"\nNot seen: %s. Sign-up, payment, plan, organisation and network [can be joined](../enrichment.md).\n",
		strings.Join(unseen, ", "))
	return b.String()
}

// finds says where a mapping finds a field, and who chose its value.
func (m *mapping) finds(f Field) (where []string, by Author) {
	by = f.By
	if i := slices.IndexFunc(
		m.rules, func(r rule) bool { return r.field.Path == f.Path },
	); i >= 0 {
		where, by = m.rules[i].where(), m.rules[i].by
	}
	if body := bodyFields[f.Path]; body != "" && len(m.request) > 0 {
		where = append(where, body)
	}
	return where, by
}

// reasoningTable says of every format where it has the ids of reasoning blocks.
func reasoningTable(mappings []*mapping) string {
	var b strings.Builder
	b.WriteString("| format | presented | given |\n|---|---|---|\n" +
		"| `native` | `content.reasoning_in` | `content.reasoning_out` |\n" +
		"| `litellm` | `messages`, `model_parameters.previous_response_id` | `response` |\n")
	for _, m := range mappings {
		fmt.Fprintf(&b, "| `%s` |", m.name)
		for _, f := range Fields() {
			if f.kind != kindBlockIDs {
				continue
			}
			where, _ := m.finds(f)
			if len(where) == 0 {
				where = []string{"not in its records"}
			}
			fmt.Fprintf(&b, " %s |", strings.Join(where, ", "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// authorTable lists the fields by who chooses them.
func authorTable() string {
	var b strings.Builder
	b.WriteString("| author | fields |\n|---|---|\n")
	for _, author := range authors {
		var paths []string
		for _, f := range Fields() {
			if f.By == author {
				paths = append(paths, "`"+f.Path+"`")
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", author, strings.Join(paths, ", "))
	}
	return b.String()
}

// where says where a rule finds its field.
func (r *rule) where() []string {
	var where []string
	for _, p := range r.from {
		where = append(where, "`"+p.String()+"`")
	}
	if len(r.join) > 0 {
		var parts []string
		for _, p := range r.join {
			parts = append(parts, "`"+p.String()+"`")
		}
		where = append(where, strings.Join(parts, " + "))
	}
	if r.constant != "" {
		where = append(where, "else `"+r.constant+"`")
	}
	if r.as == "hash" {
		where = append(where, "as a keyed hash only")
	}
	return where
}

func quoted(paths []tree.Path) string {
	var out []string
	for _, p := range paths {
		out = append(out, "`"+p.String()+"`")
	}
	return strings.Join(out, ", ")
}

func TestTheTablesOfTheDocumentationAreCurrent(t *testing.T) {
	mappings, err := testOptions().compile()
	require.NoError(t, err)
	files, err := filepath.Glob("../../docs/gateways/*.md")
	require.NoError(t, err)
	block := regexp.MustCompile(`(?s)<!-- fields: (\w+) -->\n.*?<!-- end -->`)
	reported := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		want := block.ReplaceAllStringFunc(string(text), func(old string) string {
			name := block.FindStringSubmatch(old)[1]
			i := slices.IndexFunc(mappings, func(m *mapping) bool { return m.name == name })
			require.GreaterOrEqual(t, i, 0, "%s names a mapping %q", file, name)
			reported[name] = true
			return "<!-- fields: " + name + " -->\n" + fieldTable(mappings[i]) + "<!-- end -->"
		})
		want = regexp.MustCompile(`(?s)<!-- authors -->\n.*?<!-- end -->`).
			ReplaceAllLiteralString(want, "<!-- authors -->\n"+authorTable()+"<!-- end -->")
		want = regexp.MustCompile(`(?s)<!-- reasoning -->\n.*?<!-- end -->`).
			ReplaceAllLiteralString(
				want, "<!-- reasoning -->\n"+reasoningTable(mappings)+"<!-- end -->",
			)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
			continue
		}
		require.Equal(t, want, string(text),
			"%s: go test ./pkg/gateway -update writes the table anew", file)
	}
	for _, m := range mappings {
		require.True(t, reported[m.name], "docs/gateways has a page with the fields of %s", m.name)
	}
}

func TestTheMappingsOfTheDocumentationCompile(t *testing.T) {
	text, err := os.ReadFile("../../docs/gateways/mapping.md")
	require.NoError(t, err)
	n := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(
		string(text), -1,
	) {
		if !strings.Contains(block[1], "fields:") {
			continue
		}
		if !strings.Contains(block[1], "name:") {
			block[1] = "name: sample\n" + block[1]
		}
		opts := testOptions()
		opts.Own = []MappingFile{{Name: "mapping.md", Text: []byte(block[1])}}
		require.NoError(t, opts.Validate(), block[1])
		n++
	}
	require.Equal(t, 3, n)
}
