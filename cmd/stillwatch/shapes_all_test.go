//go:build !race

// The race detector makes these replays ten times as slow and has nothing to see in them that it
// does not see in those of shapes_test.go: make test runs them without it.

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate/shape"
)

// withText are the shapes whose records have prompts: little is found in a world without them.
var withText = []string{
	"native", "litellm", "otlp", "otlp_proto", "kong", "apisix", "bedrock", "apim", "higress",
	"portkey",
}

// carriedWorld writes what a shape carries of a world, as canonical events.
func carriedWorld(t *testing.T, s *shape.Shape, world string) string {
	t.Helper()
	in, err := backtest.Open(world)
	require.NoError(t, err)
	defer func() { require.NoError(t, in.Close()) }()
	path := filepath.Join(t.TempDir(), "carried.jsonl")
	out, err := os.Create(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	w := bufio.NewWriter(out)
	lines, decoder := backtest.NewLines(in, 1<<24), event.NewDecoder(event.DefaultLimits())
	var ev event.Event
	for {
		line, _, err := lines.Next()
		if err != nil {
			break
		}
		if len(line) == 0 {
			continue
		}
		require.NoError(t, decoder.Decode(line, &ev))
		carried := s.Carried(&ev)
		_, err = w.Write(append(event.AppendJSON(nil, &carried), '\n'))
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush())
	return path
}

// TestDetectionOnAGatewaysRecordsIsDetectionOnWhatTheyCarry replays a world in the shape of every
// gateway, and beside it what that shape carries as canonical events.
func TestDetectionOnAGatewaysRecordsIsDetectionOnWhatTheyCarry(t *testing.T) {
	world, _ := simulated(t, "native")
	for _, name := range shape.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := shape.New(name)
			require.NoError(t, err)
			records, facts := simulated(t, name)
			got := replayAs(t, records, facts)
			want := replayAs(t, carriedWorld(t, s, world), facts)
			if slices.Contains(withText, name) {
				require.NotEmpty(t, want.campaigns, "a world without findings shows nothing")
			}
			require.Equal(t, want.campaigns, got.campaigns)
			if name == "apim" {
				// Its events come when their windows close: findings are updated at other times.
				return
			}
			// Not require.Equal, whose difference would be megabytes.
			require.Zero(t, strings.Compare(want.alerts, got.alerts), "the findings differ")
			require.Zero(t, strings.Compare(want.accounts, got.accounts),
				"the account records differ")
			t.Logf("%d findings, %d account records", len(got.campaigns),
				strings.Count(got.accounts, "\n"))
		})
	}
}
