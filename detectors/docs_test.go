package detectors

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/test/tools"
)

var update = flag.Bool("update", false, "write docs/detectors.md anew")

func TestTheDocumentationIsWhatTheSpecsSay(t *testing.T) {
	var measured map[string]map[string]Figures
	data, err := os.ReadFile("testdata/evalues.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &measured))
	tools.Document(t, "../docs/detectors.md", "", "", Markdown(measured), *update)
}

func TestEverySpecIsWholeAndItsIDUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		s := d.Spec
		require.False(t, seen[s.ID], s.ID)
		seen[s.ID] = true
		for _, text := range []string{s.ID, s.Summary, s.Why, s.Evasion, s.LookAlikes, s.Null} {
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
