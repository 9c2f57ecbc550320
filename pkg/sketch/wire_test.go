package sketch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestASketchTravelsAsHashes(t *testing.T) {
	s := newTestSketcher(t)
	ev := talk(paragraph, "Understood.", "[1]\n<a>\n<b>\nThink step by step, then grade the answer.\n"+paragraph)
	ev.Content.System = paragraph
	want := sketchOf(s, ev)
	var got Sketch
	require.NoError(t, FromWire(ToWire(&want), &got))
	require.Positive(t, want.Tokens)
	want.Tokens = 0 // the gateway reports usage
	require.Equal(t, want, got)

	require.NoError(t, FromWire(ToWire(&Sketch{}), &got))
	require.Equal(t, Sketch{Turn: []uint64{}, System: []uint64{}}, got)
}

func TestFromWireSortsAndSkipsTheUnknown(t *testing.T) {
	var got Sketch
	require.NoError(t, FromWire(&event.Sketch{
		Version: 1, Exact: "FF", Shingles: []string{"b", "a", "b", "0"},
		Intents: []event.Intent{{Name: "rubric", Count: 2}, {Name: "cleaning"}, {Name: "mind reading", Count: 1}},
	}, &got))
	require.Equal(t, Sketch{Exact: 255, Turn: []uint64{10, 11}, Intents: Rubric}, got)
}

func TestFromWireSaysWhatItCannotRead(t *testing.T) {
	many := strings.Split(strings.Repeat("1 ", maxWire+1), " ")
	for want, wire := range map[string]event.Sketch{
		"version is 2, only 1 can be read":          {Version: 2},
		`exact: "the prompt" is not a hash`:         {Version: 1, Exact: "the prompt"},
		`skeleton: "11112222333344445" is not`:      {Version: 1, Skeleton: "11112222333344445"},
		`shingles: "" is not a hash`:                {Version: 1, Shingles: []string{""}},
		"system: 258 hashes, at most 256 are":       {Version: 1, System: many},
		`prefix: "-1" is not a hash`:                {Version: 1, Prefix: "-1"},
		`continuation: "0x12" is not a hash of up `: {Version: 1, Continuing: "0x12"},
	} {
		require.ErrorContains(t, FromWire(&wire, new(Sketch)), want)
	}
}

func TestNoTextTravels(t *testing.T) {
	s := newTestSketcher(t)
	out := sketchOf(s, talk(paragraph))
	wire := ToWire(&out)
	for _, h := range append(append([]string{wire.Exact, wire.Skeleton, wire.Prefix, wire.Continuing}, wire.Shingles...), wire.System...) {
		require.Regexp(t, "^([0-9a-f]{16})?$", h)
	}
}
