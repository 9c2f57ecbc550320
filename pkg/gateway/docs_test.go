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
)

// bodyFields are what the bodies of requests and responses fill.
var bodyFields = map[string]string{
	"account.end_user_id": "request body", "request.stream": "request body", "request.temperature": "request body", "request.top_p": "request body",
	"request.n": "request body", "request.max_tokens": "request body", "request.seed": "request body", "request.logprobs": "request body",
	"request.reasoning_effort": "request body", "request.response_format": "request body", "request.tools": "request body",
	"request.tool_choice": "request body", "request.message_count": "request body", "content.system": "request body", "content.input": "request body",
	"response.finish_reasons": "response body", "content.output": "response body", "content.reasoning": "response body",
	"usage.reasoning_tokens": "response body", "usage.cache_read_tokens": "response body", "usage.cache_write_tokens": "response body",
}

// fieldTable writes what a mapping sees and what it does not.
func fieldTable(m *mapping) string {
	var b strings.Builder
	b.WriteString("| seen | where |\n|---|---|\n")
	var unseen []string
	for _, f := range Fields() {
		var where []string
		if i := slices.IndexFunc(m.rules, func(r rule) bool { return r.field.Path == f.Path }); i >= 0 {
			r := m.rules[i]
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
			if r.as == "hash" {
				where = append(where, "as a keyed hash only")
			}
		}
		if body := bodyFields[f.Path]; body != "" && len(m.request) > 0 {
			where = append(where, body)
		}
		switch {
		case len(where) > 0:
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.Path, strings.Join(where, ", "))
		case f.Path == "request.message_count", f.Path == "response.status", f.Path == "source.gateway", f.Path == "tenant":
		default:
			unseen = append(unseen, "`"+f.Path+"`")
		}
	}
	fmt.Fprintf(&b, "\nNot seen: %s. Sign-up, payment, plan, organisation and network [can be joined](../enrichment.md).\n", strings.Join(unseen, ", "))
	return b.String()
}

func TestTheTablesOfTheDocumentationAreCurrent(t *testing.T) {
	mappings, err := testOptions().compile()
	require.NoError(t, err)
	files, err := filepath.Glob("../../docs/gateways/*.md")
	require.NoError(t, err)
	block := regexp.MustCompile(`(?s)<!-- fields: (\w+) -->\n.*?<!-- end -->`)
	told := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		want := block.ReplaceAllStringFunc(string(text), func(old string) string {
			name := block.FindStringSubmatch(old)[1]
			i := slices.IndexFunc(mappings, func(m *mapping) bool { return m.name == name })
			require.GreaterOrEqual(t, i, 0, "%s names a mapping %q", file, name)
			told[name] = true
			return "<!-- fields: " + name + " -->\n" + fieldTable(mappings[i]) + "<!-- end -->"
		})
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
			continue
		}
		require.Equal(t, want, string(text), "%s: go test ./pkg/gateway -update writes the table anew", file)
	}
	for _, m := range mappings {
		require.True(t, told[m.name], "docs/gateways has a page with the fields of %s", m.name)
	}
}
