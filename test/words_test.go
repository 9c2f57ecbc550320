package test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// retiredWords are the names that were replaced by the field's standard terms (the table of words
// in ARCHITECTURE.md), where they are no ordinary English.
var retiredWords = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`scaffold\w*`, `skeleton\w*`, `census\w*`, `facets?`, `planes?`, `innocence`, `loot`,
	`honest crowds?`, `PromptSketch`, `streamClock`, `hangUp`, `unlist`, `takeCensus`,
}, "|") + `)\b`)

// wordsThatStay says in which files a retired word has to stay, and as what.
var wordsThatStay = map[string]*regexp.Regexp{
	// The keys of the findings' schema "1", and the page that explains them.
	"pkg/alert/":            regexp.MustCompile(`"(planes?|innocence|census|facet)[",]|"plane"`),
	"pkg/campaign/":         regexp.MustCompile(`"planes?[",]`),
	"detectors/evidence.go": regexp.MustCompile(`"plane,omitempty"`),
	"docs/alerts.md":        regexp.MustCompile(`"(planes?|innocence|census|facet)"|` + "`(planes?|innocence|census|facet)`"),
	"cmd/stillwatch/":       regexp.MustCompile(`"planes?"`),
	// The input contract's field of a sketch, and the name of its hash in version 1.
	"pkg/event/":    regexp.MustCompile(`"skeleton"|skeleton":`),
	"pkg/sketch/":   regexp.MustCompile("[\"`]skeleton[\" :]"),
	"pkg/stage/":    regexp.MustCompile(`"skeleton":|"facets"`),
	"docs/":         regexp.MustCompile("`skeleton`|\"skeleton\""),
	"pkg/gateway/":  regexp.MustCompile(`skeleton`),
	"pkg/simulate/": regexp.MustCompile(`"skeleton"`),
	// Unicode's planes.
	"pkg/sketch/fold.go": regexp.MustCompile(`planes`),
	// The old keys, which are refused with the new ones.
	"pkg/app/config/": regexp.MustCompile(`correlate\.(census|planes)`),
	// What was renamed is listed.
	"CHANGELOG.md":    regexp.MustCompile("`"),
	"docs/decisions/": regexp.MustCompile("`facets?`"),
}

func TestTheRetiredWordsDoNotComeBack(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "ls-files",
		"*.go", "*.md", "*.yaml", "*.yml", "*.html", "*.tmpl", "*.sh").Output()
	require.NoError(t, err)
	var wrong []string
	for path := range strings.FieldsSeq(string(out)) {
		if path == "test/words_test.go" {
			continue
		}
		text, err := os.ReadFile("../" + path)
		require.NoError(t, err)
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if word := retiredWords.FindString(line); word != "" && !stays(path, line) {
				wrong = append(wrong, fmt.Sprintf("%s:%d: %s", path, n, word))
			}
		}
	}
	require.Empty(t, wrong, "use the words of ARCHITECTURE.md\n%s", strings.Join(wrong, "\n"))
}

// stays tells whether a line of a file is one in which a retired word has to stay.
func stays(path, line string) bool {
	for where, what := range wordsThatStay {
		if strings.HasPrefix(path, where) && what.MatchString(line) {
			return true
		}
	}
	return false
}
