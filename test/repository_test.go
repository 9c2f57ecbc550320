package test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// files lists the files of the repository whose names match a pattern, by their paths from its top.
func files(t *testing.T, pattern string) (out []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() &&
			slices.Contains([]string{".git", ".cache", "bin", "dist", "node_modules"}, d.Name()):
			return fs.SkipDir
		}
		if matched, _ := filepath.Match(pattern, d.Name()); matched && !d.IsDir() {
			out = append(out, strings.TrimPrefix(filepath.ToSlash(path), "../"))
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, out, pattern)
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	require.NoError(t, err)
	return string(text)
}

var (
	fence   = regexp.MustCompile("(?s)(?:^|\n)```.*?\n```")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)(?: "[^"]*")?\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.*?)\s*#*$`)
	inLink  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchors are the names by which GitHub links to the headings of a page.
func anchors(page string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		text := inLink.ReplaceAllString(m[1], "$1")
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, text)
		same := name
		for n := 1; out[same]; n++ {
			same = fmt.Sprintf("%s-%d", name, n)
		}
		out[same] = true
	}
	return out
}

func TestEveryLinkBetweenPagesLeadsSomewhere(t *testing.T) {
	var broken []string
	for _, page := range files(t, "*.md") {
		text := code.ReplaceAllString(fence.ReplaceAllString(read(t, page), ""), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, ":") {
				continue // Another site, or a mail.
			}
			target := page
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				broken = append(broken, fmt.Sprintf("%s: %s: there is no %s", page, m[1], target))
			} else if strings.HasSuffix(target, ".md") && anchor != "" &&
				!anchors(read(t, target))[anchor] {
				broken = append(broken, fmt.Sprintf("%s: %s: no heading of that name", page, m[1]))
			}
		}
	}
	require.Empty(t, broken, strings.Join(broken, "\n"))
}

func TestEveryPageOfTheDocumentationIsInItsIndex(t *testing.T) {
	index := read(t, "docs/README.md") + read(t, "docs/gateways/README.md") +
		read(t, "docs/decisions/README.md") + read(t, "docs/soc/README.md")
	for _, page := range files(t, "*.md") {
		name := filepath.Base(page)
		if strings.HasPrefix(page, "docs/") && name != "README.md" {
			require.Regexp(t, `\]\(([^)\s]*/)?`+regexp.QuoteMeta(name)+`(#[^)]*)?\)`, index,
				"%s is in no index", page)
		}
	}
}

func TestMakeGenerateWritesWhateverATestCanWriteAnew(t *testing.T) {
	_, recipe, found := strings.Cut(read(t, "Makefile"), "\ngenerate:")
	require.True(t, found)
	recipe, _, _ = strings.Cut(recipe, "\n\n")
	for _, file := range files(t, "*_test.go") {
		if file == "test/repository_test.go" || !strings.Contains(read(t, file), "flag.Bool(") {
			continue
		}
		require.Contains(t, recipe, " ./"+filepath.Dir(file)+" ",
			"%s has a flag that make generate does not set", file)
	}
}

func TestWorkflowsPinTheVersionOfEveryAction(t *testing.T) {
	uses := regexp.MustCompile(`(?m)uses: *(\S+)`)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@v\d+\.\d+\.\d+$`)
	for _, file := range files(t, "*.yml") {
		if !strings.HasPrefix(file, ".github/workflows/") {
			continue
		}
		for _, m := range uses.FindAllStringSubmatch(read(t, file), -1) {
			require.Regexp(t, pinned, m[1], file)
		}
	}
}

func TestCodeOwnersNamesWhatIsThere(t *testing.T) {
	for line := range strings.Lines(read(t, ".github/CODEOWNERS")) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || fields[0] == "*" {
			continue
		}
		_, err := os.Stat(filepath.Join("..", fields[0]))
		require.NoError(t, err, "CODEOWNERS names %s", fields[0])
	}
}
