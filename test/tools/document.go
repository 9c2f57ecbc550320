package tools

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Document requires that a page of the documentation has what is made from the code, and with
// update writes it there. Where begin and end are given, it stands between these two lines, which
// are in the page once each; else it is the whole page. The page is a path from the test's package.
func Document(t testing.TB, page, begin, end, want string, update bool) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	have, before, after := string(text), "", ""
	if begin != "" {
		var found bool
		before, have, found = strings.Cut(have, begin)
		require.True(t, found, "%s has no line %q", page, begin)
		have, after, found = strings.Cut(have, end)
		require.True(t, found, "%s has no line %q behind %q", page, end, begin)
	}
	if update {
		have = want
		require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o644))
	}
	require.Equal(t, want, have, "run the test with -update to write %s anew", page)
}
