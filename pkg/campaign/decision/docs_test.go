package decision

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the rules in docs/tuning.md anew")

func TestTheDocumentationHasTheRules(t *testing.T) {
	const (
		path  = "../../../docs/tuning.md"
		begin = "<!-- rules: go test ./pkg/campaign/decision -update -->\n"
		end   = "<!-- end of the rules -->\n"
	)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found)
	have, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		have = Markdown()
		require.NoError(t, os.WriteFile(path, []byte(before+begin+have+end+after), 0o644))
	}
	require.Equal(t, Markdown(), have, "run: go test ./pkg/campaign/decision -update")
}
