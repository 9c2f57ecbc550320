package sketch

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestASketchTravelsAsHashes(t *testing.T) {
	s := newTestSketcher(t)
	ev := talk(
		paragraph, "Understood.",
		"[1]\n<a>\n<b>\nThink step by step, then grade the answer.\n"+paragraph,
	)
	ev.Content.System = paragraph
	want := sketchOf(s, ev)
	var got Sketch
	require.NoError(t, s.FromWire(s.ToWire(&want), &got))
	require.Positive(t, want.Tokens)
	require.Equal(t, want, got)

	want = sketchOf(s, talk(" "+relaySystem+" Be brief.", "OK.", "Hello there, how are you?"))
	require.Equal(t, RelaySystem, want.Relay)
	require.NoError(t, s.FromWire(s.ToWire(&want), &got))
	require.Equal(t, RelaySystem, got.Relay)

	require.NoError(t, s.FromWire(s.ToWire(&Sketch{}), &got))
	require.Equal(t, Sketch{Turn: []uint64{}, System: []uint64{}}, got)
}

func TestFromWireSortsAndSkipsTheUnknown(t *testing.T) {
	var got Sketch
	require.NoError(t, newTestSketcher(t).FromWire(&event.Sketch{
		Version: 1, Exact: "FF", Shingles: []string{"b", "a", "b", "0"},
		Intents: []event.Intent{
			{Name: "rubric", Count: 2}, {Name: "cleaning"}, {Name: "mind reading", Count: 1},
		},
	}, &got))
	require.Equal(t, Sketch{Exact: 255, Turn: []uint64{10, 11}, Intents: Rubric}, got)
}

func TestFromWireSaysWhatItCannotRead(t *testing.T) {
	s := newTestSketcher(t)
	many := strings.Split(strings.Repeat("1 ", maxWire+1), " ")
	for want, wire := range map[string]event.Sketch{
		"version is 2, only 1 can be read":          {Version: 2},
		`exact: a value of 10 characters is not a `: {Version: 1, Exact: "the prompt"},
		`skeleton: a value of 17 characters is not`: {Version: 1, Layout: "11112222333344445"},
		`shingles: a value of 0 characters is`:      {Version: 1, Shingles: []string{""}},
		"system: 258 hashes, at most 256 are":       {Version: 1, System: many},
		`prefix: a value of 2 characters is not`:    {Version: 1, Prefix: "-1"},
		`continuation: a value of 4 characters is`:  {Version: 1, Continuing: "0x12"},
		`subject: a value of 10 characters is not`:  {Version: 1, Subject: "the prompt"},
		`subject: a value is not of 64 hexadecimal`: {Version: 1, Subject: strings.Repeat("z", 64)},
		`subject: the numbers have a length of 0, `: {Version: 1, Subject: strings.Repeat("0", 64)},
		`subject: the numbers have a length of 718`: {Version: 1, Subject: strings.Repeat("7f", 32)},
	} {
		require.ErrorContains(t, s.FromWire(&wire, new(Sketch)), want)
	}
}

func TestASketchOfAnotherKeyOrOtherOptionsIsNoticed(t *testing.T) {
	s := newTestSketcher(t)
	for name, change := range map[string]func(*Options){
		"another key":      func(o *Options) { o.Key = []byte("another secret of a gateway") },
		"width":            func(o *Options) { o.Width++ },
		"turn sampling":    func(o *Options) { o.TurnSampling++ },
		"system sampling":  func(o *Options) { o.SystemSampling++ },
		"shingles":         func(o *Options) { o.MaxShingles++ },
		"least tokens":     func(o *Options) { o.MinTokens++ },
		"the longest text": func(o *Options) { o.MaxText++ },
	} {
		t.Run(name, func(t *testing.T) {
			opts := s.opts
			change(&opts)
			other, err := New(opts)
			require.NoError(t, err)
			out := sketchOf(other, talk(question))
			require.ErrorIs(t, s.FromWire(other.ToWire(&out), new(Sketch)), ErrOtherKey)
			rotating, err := New(s.opts, opts)
			require.NoError(t, err)
			require.NoError(t, rotating.FromWire(other.ToWire(&out), new(Sketch)),
				"the key before is known while a rotation lasts")
			unchecked := other.ToWire(&out)
			unchecked.Check = ""
			require.NoError(t, s.FromWire(unchecked, new(Sketch)))
		})
	}
}

func TestARotationMakesShinglesUnderBothKeys(t *testing.T) {
	opts := newTestSketcher(t).opts
	older := opts
	older.Key = []byte("the secret before this one")
	both, err := New(opts, older)
	require.NoError(t, err)
	now, err := New(opts)
	require.NoError(t, err)
	before, err := New(older)
	require.NoError(t, err)
	ev := talk(question)
	got, a, b := sketchOf(both, ev), sketchOf(now, ev), sketchOf(before, ev)
	require.ElementsMatch(t, append(slices.Clone(a.Turn), b.Turn...), got.Turn)
	require.IsIncreasing(t, got.Turn)
	got.Turn, a.Turn = nil, nil
	require.Equal(t, a, got, "all else is of the first key")
	_, err = New(opts, Options{})
	require.Error(t, err)
}

func TestNoTextTravels(t *testing.T) {
	s := newTestSketcher(t)
	out := sketchOf(s, talk(paragraph))
	wire := s.ToWire(&out)
	for _, h := range append(
		append([]string{wire.Exact, wire.Layout, wire.Prefix, wire.Continuing}, wire.Shingles...),
		wire.System...,
	) {
		require.Regexp(t, "^([0-9a-f]{16})?$", h)
	}
	require.Regexp(t, "^[0-9a-f]{64}$", wire.Subject)
}
