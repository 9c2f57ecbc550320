package detectors

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/detectors.md anew")

func TestTheDocumentationIsWhatTheSpecsSay(t *testing.T) {
	const path = "../docs/detectors.md"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(Markdown()), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, Markdown(), string(have), "run: go test ./detectors -update")
}

func TestEverySpecIsWholeAndItsIDUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		s := d.Spec
		require.False(t, seen[s.ID], s.ID)
		seen[s.ID] = true
		for _, text := range []string{s.ID, s.Summary, s.Why, s.Evasion, s.LookAlikes} {
			require.NotEmpty(t, text, s.ID)
		}
		require.Less(t, s.Min, s.Max, s.ID)
		if s.Axis == Coordination {
			require.NotEmpty(t, s.Family, s.ID)
		}
		require.NotNil(t, d.Measure, s.ID)
		require.NotNil(t, d.Explain, s.ID)
	}
}
