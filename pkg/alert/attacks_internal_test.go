package alert

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
)

func TestTechniquesAreShownByDetectorsThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, d := range detectors.All() {
		known[d.Spec.ID] = true
	}
	for _, technique := range techniques() {
		for _, id := range append(technique.shownBy, technique.unless...) {
			require.True(t, known[id],
				"%s names the detector %s", technique.attack.Technique.UID, id)
		}
	}
}
