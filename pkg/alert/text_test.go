package alert_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func splitLines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }

func TestTheTerminalRenderingIsAsDesigned(t *testing.T) {
	closed := pool()
	closed.Activity, closed.CloseReason, closed.Sequence, closed.Modified = campaign.Close, "quiet",
		9, opened+80*3_600_000
	muted := pool()
	muted.Muted = true
	for name, c := range map[string]struct {
		f *campaign.Finding
		o alert.TextOptions
	}{
		"plain":  {pool(), alert.TextOptions{}},
		"narrow": {pool(), alert.TextOptions{Width: 40}},
		"wide":   {pool(), alert.TextOptions{Width: 140}},
		"color":  {pool(), alert.TextOptions{Color: true}},
		"closed": {closed, alert.TextOptions{}},
		"muted":  {muted, alert.TextOptions{}},
		"shadow": {shadowed(), alert.TextOptions{}},
		"bare": {
			&campaign.Finding{
				UID: "3c8a", Sequence: 1, Activity: campaign.Create, Severity: campaign.Low,
			},
			alert.TextOptions{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, "text_"+name+".golden", []byte(alert.Text(c.f, c.o)))
			textKeepsItsShape(t, c.f, c.o.Width)
		})
	}
}

func TestColoursChangeNothingButTheColours(t *testing.T) {
	colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	plain := splitLines(alert.Text(pool(), alert.TextOptions{}))
	for i, line := range splitLines(alert.Text(pool(), alert.TextOptions{Color: true})) {
		require.Equal(t, plain[i], strings.TrimRight(colours.ReplaceAllString(line, ""), " "))
	}
}

func TestALongListOfDetectorsNamesTheRestInOneLine(t *testing.T) {
	f := pool()
	for range 40 {
		f.Evidence = append(f.Evidence, detectors.Evidence{Detector: "stack", Bits: 0.01})
	}
	require.Contains(t, alert.Text(f, alert.TextOptions{}), "no evidence: network, stack, stack")
}

func TestATotalBelowTheSumOfItsRowsIsExplained(t *testing.T) {
	f := &campaign.Finding{
		UID: "f", Coordination: 5, Harvest: 3, Models: []string{"a", "b", "c", "d"},
		Evidence: []detectors.Evidence{
			{Detector: "stack", Axis: detectors.Coordination, Family: detectors.Client, Bits: 4},
			{Detector: "params", Axis: detectors.Coordination, Family: detectors.Client, Bits: 4},
			{Detector: "elicitation", Axis: detectors.Harvest, Bits: 3},
		},
	}
	text := alert.Text(f, alert.TextOptions{})
	require.Equal(t, 1, strings.Count(text, "bits in all"), text)
	require.Contains(t, text,
		"8.0 bits in all; evidence of one cause, such as one program, counts in full only once")
	require.Contains(t, text, "1 more model\n")
}
