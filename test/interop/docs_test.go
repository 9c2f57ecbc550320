package interop

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var fences = regexp.MustCompile("(?s)(?:^|\n)```[a-z]*\n(.*?\n)```")

// codeBlock returns the one block of code of a page that has a text in it.
func codeBlock(t *testing.T, page, text string) string {
	t.Helper()
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, m := range fences.FindAllStringSubmatch(string(data), -1) {
		if strings.Contains(m[1], text) {
			found = append(found, m[1])
		}
	}
	require.Len(t, found, 1, "blocks of %s with %q", page, text)
	return found[0]
}
