package fingerprint

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/axiomhq/hyperloglog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

var update = flag.Bool(
	"update", false,
	"write the golden files of the current version; those of older versions are never written again",
)

// sample returns a fingerprint that has something in every field.
func sampleFingerprint(t testing.TB) *Fingerprint {
	t.Helper()
	f, _ := newTest(t)
	r := seeded(42)
	for n := range uint64(600) {
		o := wild(r, n, origin+int64(n)*millis(7*time.Minute))
		o.Org = "org_22"
		f.Observe(o)
	}
	for n := range uint64(50) {
		o := templated(1, 7, 1000+n, origin+600*millis(7*time.Minute)+int64(n)*millis(time.Minute))
		o.Source = hash(useSource, n)
		f.Observe(o)
	}
	for n := range int64(70) {
		f.Observe(unread(origin + n*millis(time.Hour)))
	}
	f.Published()
	f.Observe(templated(1, 7, 2000, f.LastSeen()+1000))
	f.Observe(unread(f.LastSeen() + 500))
	f.SetDeadline(f.LastSeen() + 60_000)
	return f
}

// unread is a record of the same account as templated's that could not be read.
func unread(at int64) *Observation {
	return &Observation{
		Position: Position{Partition: 3, Offset: at}, Time: at, Tenant: "default", Account: "acct",
		InputTokens: -1, OutputTokens: -1, ReasoningTokens: -1, Messages: -1, Unreadable: true,
	}
}

func sampleObservation() *Observation {
	o := wild(seeded(5), 3, origin)
	o.Verified, o.Refused, o.Batch, o.HasText, o.EndUser, o.Status = true, true, true, true,
		99, StatusBlocked
	o.Position = Position{Partition: 1 << 63, Offset: 1 << 40, Index: 17}
	// Older versions hold the first attributes only.
	clear(o.Values[firstAttributes:])
	clear(o.Labels[firstAttributes:])
	o.Minted, o.Presented, o.ToolSet, o.RequestID, o.Client = nil, nil, 0, nil, nil
	o.Sketch = sketch.Sketch{
		Exact: 1, Turn: []uint64{2, 3, 1 << 61}, System: []uint64{4}, Layout: 5, Tokens: 812,
		Intents: sketch.Reasoning | sketch.Cleaning, Prefix: 6, Continuation: 7,
		Relay: sketch.RelayDevice,
	}
	return o
}

// sampleObservation5 has what only version 5 can hold as well.
func sampleObservation5() *Observation {
	o := sampleObservation()
	o.Sketch.Subject = subject(1)
	o.Minted, o.Presented = []uint64{8}, []uint64{9, 10}
	return o
}

// sampleObservation6 has what only version 6 can hold as well.
func sampleObservation6() *Observation {
	o := sampleObservation5()
	o.ToolSet, o.Sketch.Workspace = 11, 12
	return o
}

// sampleObservation7 has what only version 7 can hold as well.
func sampleObservation7() *Observation {
	o := sampleObservation6()
	o.RequestID = AppendRequestID(nil, "req_"+requestID(1, 2))
	o.Client = AppendClient(nil, "agent/1.0", "Agent/1.0", "")
	return o
}

// readGolden reads a golden file; current is what it holds when it is of the current version, nil
// for older ones.
func readGolden(t *testing.T, name string, current func() []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update && current != nil {
		require.NoError(t, os.WriteFile(path, current(), 0o600))
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err, "run go test -update to write it")
	return data
}

// packedAnew writes the habits of a profile in the current encoding.
func packedAnew(t *testing.T, p *Profile) {
	t.Helper()
	var h Habits
	require.True(t, p.Habits.Unpack(&h))
	p.Habits = h.Pack(nil)
}

// The golden files are what each version wrote. Those of older versions stay, and are only read.
func TestEncodingsOfEveryVersionStayReadable(t *testing.T) {
	indent := func(x any) []byte {
		b, err := json.MarshalIndent(x, "", " ")
		require.NoError(t, err)
		return append(b, '\n')
	}
	t.Run("fingerprint", func(t *testing.T) {
		data := readGolden(t, "fingerprint_v10.bin", func() []byte {
			return encoded(t, sampleFingerprint(t))
		})
		f, _ := newTest(t)
		require.NoError(t, f.UnmarshalBinary(data))
		p := indent(profileOf(f))
		require.Equal(
			t, string(readGolden(t, "fingerprint_v10.json", func() []byte { return p })), string(p),
		)
		require.Equal(t, data, encoded(t, f),
			"the encoding changed: write a new version, and keep reading this one")
	})
	t.Run("profile", func(t *testing.T) {
		data := readGolden(t, "profile_v10.bin", func() []byte {
			return encoded(t, profileOf(sampleFingerprint(t)))
		})
		var p Profile
		require.NoError(t, p.UnmarshalBinary(data))
		require.Equal(t, string(readGolden(t, "fingerprint_v10.json", nil)), string(indent(&p)))
		require.Equal(t, data, encoded(t, &p),
			"the encoding changed: write a new version, and keep reading this one")
	})
	for _, version := range []string{
		"v2", "v3", "v4", "v5", "v6_of_ten_attributes", "v6", "v7", "v8", "v9",
	} {
		t.Run(version, func(t *testing.T) {
			var want Profile
			require.NoError(
				t, json.Unmarshal(readGolden(t, "fingerprint_"+version+".json", nil), &want),
			)
			f, _ := newTest(t)
			require.NoError(t, f.UnmarshalBinary(readGolden(t, "fingerprint_"+version+".bin", nil)))
			got := profileOf(f)
			packedAnew(t, got)
			packedAnew(t, &want)
			require.Equal(t, string(indent(&want)), string(indent(got)))
			p := Profile{
				Batch: 5, Unreadable: 6, UnreadableAt: 7, Unreadable24h: 8,
				Read24h: 9, UnreadableSince: 10,
				ToolSets: Variety{3, 2}, Workspaces: Variety{2, 1}, Networks: NetworkDays{1, 2},
			}
			require.NoError(t, p.UnmarshalBinary(readGolden(t, "profile_"+version+".bin", nil)))
			packedAnew(t, &p)
			require.Equal(t, string(indent(&want)), string(indent(&p)))

			f.Observe(unread(f.LastSeen() + 1))
			require.Equal(t, want.Unreadable+1, profileOf(f).Unreadable)
			checkFingerprint(t, f.opts, encoded(t, f))
		})
	}
	t.Run("version 1 of an observation", func(t *testing.T) {
		var o Observation
		require.NoError(t, o.UnmarshalBinary(readGolden(t, "observation_v1.bin", nil)))
		want := sampleObservation()
		want.Batch = false
		require.Equal(t, want, &o)
	})
	t.Run("version 1", func(t *testing.T) {
		var want Profile
		require.NoError(t, json.Unmarshal(readGolden(t, "fingerprint_v1.json", nil), &want))
		f, _ := newTest(t)
		require.NoError(t, f.UnmarshalBinary(readGolden(t, "fingerprint_v1.bin", nil)))
		require.Equal(t, string(indent(&want)), string(indent(profileOf(f))))
		// Memory in use from before is emptied of what version 1 did not have.
		p := Profile{TemplateIntents: [8]uint32{1, 2}, Batch: 5}
		require.NoError(t, p.UnmarshalBinary(readGolden(t, "profile_v1.bin", nil)))
		require.Equal(t, string(indent(&want)), string(indent(&p)))
		require.NotZero(t, p.TemplateRequests)
		require.Zero(t, p.TemplateIntents)

		// What is counted on top of it is counted as ever, and written in the current version.
		f.Observe(templated(1, 7, 3000, f.LastSeen()+1000))
		p = *profileOf(f)
		require.Equal(t, want.TemplateRequests+1, p.TemplateRequests)
		require.Equal(t, [8]uint32{1}, p.TemplateIntents)
		require.EqualValues(t, stateVersion, encoded(t, f)[0])
		checkFingerprint(t, f.opts, readGolden(t, "fingerprint_v1.bin", nil))
		checkProfile(t, readGolden(t, "profile_v1.bin", nil))
	})
	t.Run("observation of a record that could not be read", func(t *testing.T) {
		data := readGolden(t, "observation_v3.bin", func() []byte {
			return encoded(t, unread(origin))
		})
		var o Observation
		require.NoError(t, o.UnmarshalBinary(data))
		require.Equal(t, unread(origin), &o)
		require.Equal(t, data, encoded(t, &o),
			"the encoding changed: write a new version, and keep reading this one")
		data[0] = observationVersionReadable
		require.ErrorIs(t, o.UnmarshalBinary(data), ErrEncoding,
			"no release wrote the flag in this version")
	})
	t.Run("observation with a plan and a session", func(t *testing.T) {
		var o Observation
		require.NoError(t, o.UnmarshalBinary(readGolden(t, "observation_v2.bin", nil)))
		require.Equal(t, sampleObservation(), &o)
	})
	t.Run("observation with a subject and reasoning blocks", func(t *testing.T) {
		data := readGolden(t, "observation_v5.bin", func() []byte {
			return encoded(t, sampleObservation5())
		})
		var o Observation
		require.NoError(t, o.UnmarshalBinary(data))
		require.Equal(t, sampleObservation5(), &o)
		require.Equal(t, data, encoded(t, &o),
			"the encoding changed: write a new version, and keep reading this one")
		data[0] = observationVersionAttributes
		require.ErrorIs(t, o.UnmarshalBinary(data), ErrEncoding,
			"no release wrote it in this version")
	})
	t.Run("observation with tools and a working directory", func(t *testing.T) {
		data := readGolden(t, "observation_v6.bin", func() []byte {
			return encoded(t, sampleObservation6())
		})
		var o Observation
		require.NoError(t, o.UnmarshalBinary(data))
		require.Equal(t, sampleObservation6(), &o)
		require.Equal(t, data, encoded(t, &o),
			"the encoding changed: write a new version, and keep reading this one")
		data[0] = observationVersionSubject
		require.ErrorIs(t, o.UnmarshalBinary(data), ErrEncoding,
			"no release wrote it in this version")
	})
	t.Run("observation with the request's id and the client as they were sent", func(t *testing.T) {
		data := readGolden(t, "observation_v7.bin", func() []byte {
			return encoded(t, sampleObservation7())
		})
		var o Observation
		require.NoError(t, o.UnmarshalBinary(data))
		require.Equal(t, sampleObservation7(), &o)
		require.Equal(t, data, encoded(t, &o),
			"the encoding changed: write a new version, and keep reading this one")
		data[0] = observationVersionTools
		require.ErrorIs(t, o.UnmarshalBinary(data), ErrEncoding,
			"no release wrote it in this version")
	})
	t.Run("observation", func(t *testing.T) {
		data := readGolden(t, "observation_v2_without_plan.bin", func() []byte {
			return encoded(t, sampleObservation())
		})
		var o Observation
		require.NoError(t, o.UnmarshalBinary(data))
		require.Equal(t, sampleObservation(), &o)
		require.Equal(t, data, encoded(t, &o),
			"the encoding changed: write a new version, and keep reading this one")
	})
}

func encoded(t testing.TB, x encoding.BinaryMarshaler) []byte {
	t.Helper()
	b, err := x.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestTheLatestDeadlineIsReadAgainBeforeTheFirstEvent(t *testing.T) {
	f, _ := newTest(t)
	f.Observe(unread(origin))
	f.SetDeadline(maxTime)
	data := encoded(t, f)
	require.NoError(t, f.UnmarshalBinary(data))
	require.EqualValues(t, maxTime, f.Deadline())
	require.Equal(t, data, encoded(t, f))
}

// An encoding says how many attributes it holds: a release with more of them is read, and so is one
// with fewer.
func TestAttributesThatAnotherReleaseKnowsArePassedOver(t *testing.T) {
	const known, unknown = 0x1122334455667788, 0x99aabbccddeeff00
	list := func(hash uint64, rest ...byte) []byte {
		return append(binary.LittleEndian.AppendUint64([]byte{1}, hash), rest...)
	}
	// spliced adds an attribute to an encoding in which only the first has a value, and after its
	// list what follows the lists.
	spliced := func(b, first, added, label []byte) []byte {
		at := bytes.Index(b, first) - 1
		require.Equal(t, byte(attribute.NumKept), b[at])
		end := at + 1 + len(first) + int(attribute.NumKept) - 1
		out := append(bytes.Clone(b[:end]), added...)
		out[at]++
		if label != nil {
			out = append(append(out, b[end]+1), label...)
			end++
		}
		return append(out, b[end:]...)
	}
	t.Run("profile", func(t *testing.T) {
		want := Profile{LastSeen: origin}
		want.Values[0] = []Counted{{known, 1}}
		label := append([]byte{byte(attribute.NumKept), 0, 3}, "new"...)
		var p Profile
		later := spliced(encoded(t, &want), list(known, 1), list(unknown, 1), label)
		require.NoError(t, p.UnmarshalBinary(later))
		require.Equal(t, encoded(t, &want), encoded(t, &p))
		label[1] = MaxValues
		later = spliced(encoded(t, &want), list(known, 1), list(unknown, 1), label)
		require.ErrorIs(t, p.UnmarshalBinary(later), ErrEncoding)
	})
	t.Run("fingerprint", func(t *testing.T) {
		f, _ := newTest(t)
		o := request(1, 1, origin)
		o.Values, o.Labels = [attribute.NumKept]uint64{known}, [attribute.NumKept]string{}
		f.Observe(o)
		want := encoded(t, f)
		// Here a count is shifted by one, and the label, an empty one, stands with the value.
		later := spliced(want, list(known, 2, 0), list(unknown, 2, 0), nil)
		require.NoError(t, f.UnmarshalBinary(later))
		require.Equal(t, want, encoded(t, f))
	})
	t.Run("observation", func(t *testing.T) {
		want := sampleObservation()
		require.EqualValues(t, observationVersionReadable, encoded(t, want)[0],
			"older releases read it")
		want.Values[attribute.Seed], want.Labels[attribute.Seed] = unknown, "1234"
		b := encoded(t, want)
		require.EqualValues(t, observationVersionAttributes, b[0])
		var o Observation
		require.NoError(t, o.UnmarshalBinary(b))
		require.Equal(t, want, &o)
		b[0] = observationVersionReadable
		require.ErrorIs(t, o.UnmarshalBinary(b), ErrEncoding, "no release wrote it in this version")
	})
}

func TestAnEncodingThatCannotBeReadSaysSo(t *testing.T) {
	f := sampleFingerprint(t)
	state, err := f.MarshalBinary()
	require.NoError(t, err)
	profile, err := profileOf(f).MarshalBinary()
	require.NoError(t, err)
	observation, err := sampleObservation7().MarshalBinary()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		data    []byte
		version int
		decode  func([]byte) error
	}{
		"fingerprint": {state, stateVersion, func(b []byte) error {
			return New(f.opts).UnmarshalBinary(b)
		}},
		"profile": {profile, profileVersion, func(b []byte) error {
			return new(Profile).UnmarshalBinary(b)
		}},
		"observation": {observation, observationVersion, func(b []byte) error {
			return new(Observation).UnmarshalBinary(b)
		}},
		"alias": {observation, observationVersion, func(b []byte) error {
			return new(Observation).Alias(b)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.decode(c.data))
			require.ErrorIs(t, c.decode(append(bytes.Clone(c.data), 0)), ErrEncoding,
				"bytes left over")
			newer := bytes.Clone(c.data)
			newer[0] = 99
			require.ErrorContains(
				t, c.decode(newer),
				fmt.Sprintf("version 99, this release reads up to %d", c.version),
			)
			newer[0] = 0
			require.ErrorIs(t, c.decode(newer), ErrEncoding, "there was never a version 0")
			for n := 0; n < len(c.data); n += 1 + len(c.data)/500 {
				require.ErrorIs(t, c.decode(c.data[:n]), ErrEncoding, "cut at %d", n)
			}
		})
	}
}

func TestAFailedDecodeLeavesTheFingerprintAsItWas(t *testing.T) {
	f := sampleFingerprint(t)
	want, err := f.MarshalBinary()
	require.NoError(t, err)
	require.Error(t, f.UnmarshalBinary(want[:len(want)-1]))
	got, err := f.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestWhatCannotBeReadAgainIsNotWritten(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	for name, o := range map[string]*Observation{
		"account":  {Account: long},
		"label":    {Labels: [attribute.NumKept]string{attribute.Stack: long}},
		"shingles": {Sketch: sketch.Sketch{Turn: make([]uint64, maxShingles+1)}},
		"minted":   {Minted: make([]uint64, MaxReasoning+1)},
		"id":       {RequestID: make([]byte, maxPackedID+1)},
		"client":   {Client: make([]byte, maxClient+1)},
	} {
		_, err := o.MarshalBinary()
		require.Error(t, err, name)
	}
	for name, p := range map[string]*Profile{
		"template": {Template: make([]Counted, MaxTemplate+1)},
		"attribute": {
			Values: [attribute.NumKept][]Counted{attribute.Stack: make([]Counted, MaxValues+1)},
		},
		"label":  {Labels: []Label{{Attribute: attribute.NumKept}}},
		"sketch": {PromptHLL: []byte("no sketch")},
		"habits": {Habits: PackedHabits("no habits")},
		"minted": {Minted: make([]uint64, MaxCarried+1)},
		"items":  {Items: make([]uint64, MaxItems+1)},
		"leads":  {PackedLeads: make(PackedLeads, maxLeads+1)},
		"org":    {Org: long},
	} {
		_, err := p.MarshalBinary()
		require.Error(t, err, name)
	}
}

func TestAnAliasedObservationSharesTheMemoryItWasReadFrom(t *testing.T) {
	b, err := sampleObservation7().MarshalBinary()
	require.NoError(t, err)
	var o Observation
	require.NoError(t, o.Alias(b))
	require.Equal(t, sampleObservation7(), &o)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if o.Alias(b) != nil {
			panic("unreadable")
		}
	}))
	f, _ := newTest(t)
	f.Observe(&o)
	before, err := f.MarshalBinary()
	require.NoError(t, err)
	for i := range b {
		b[i] = 'x'
	}
	after, err := f.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, before, after, "a fingerprint keeps no reference to what it observed")
}

func TestAProfileIsDecodedIntoTheMemoryItHas(t *testing.T) {
	b, err := profileOf(sampleFingerprint(t)).MarshalBinary()
	require.NoError(t, err)
	var p Profile
	require.NoError(t, p.UnmarshalBinary(b))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if p.UnmarshalBinary(b) != nil {
			panic("unreadable")
		}
	}))
}

func TestThePromptHLLOfAProfileIsOneOfHyperloglog(t *testing.T) {
	for _, n := range []uint64{1, 3, 100, 20_000} {
		f, _ := newTest(t)
		for i := range n {
			f.Observe(request(1, i, origin+int64(i)*1000))
		}
		b, err := profileOf(f).MarshalBinary()
		require.NoError(t, err)
		var p Profile
		require.NoError(t, p.UnmarshalBinary(b))
		var sk hyperloglog.Sketch
		require.NoError(t, sk.UnmarshalBinary(p.PromptHLL))
		require.Equal(t, uint64(p.Prompts), sk.Estimate())
		require.InEpsilon(t, n, p.Prompts, 0.12)
	}
}

func TestPanesOfAnotherWidthAreCountedInTodaysPanes(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(600) {
		f.Observe(request(1, n, origin+int64(n)*millis(time.Minute)))
	}
	b, err := f.MarshalBinary()
	require.NoError(t, err)
	opts := DefaultOptions()
	opts.MediumPane = 2 * time.Hour
	require.NoError(t, opts.Validate())
	g := New(&opts)
	require.NoError(t, g.UnmarshalBinary(b))
	p := profileOf(g)
	require.EqualValues(t, 600, p.Requests24h)
}

// A fingerprint may be stored and read back after any observation, on any machine: what it holds in
// the end may not depend on it.
func TestTheStateDoesNotDependOnWhenItWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := DefaultOptions()
		r := seeded(rapid.Uint64().Draw(t, "seed"))
		step := rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Minute, 5 * time.Hour}).
			Draw(t, "step")
		n := rapid.IntRange(1, 400).Draw(t, "events")
		every := rapid.IntRange(1, 50).Draw(t, "stored every")
		plain, stored := New(&opts), New(&opts)
		var p Profile
		for i := range n {
			o := wild(r, uint64(i), origin+int64(i)*millis(step)-r.Int64N(2*millis(step)))
			if r.IntN(5) == 0 {
				o = unread(o.Time)
			}
			if plain.Observe(o) != stored.Observe(o) {
				t.Fatalf("outcomes differ at %d", i)
			}
			if i%every == 0 {
				b, err := stored.MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				stored = New(&opts)
				if err := stored.UnmarshalBinary(b); err != nil {
					t.Fatal(err)
				}
				if i%2 == 0 {
					stored.Profile(&p)
				}
			}
		}
		a, _ := plain.MarshalBinary()
		b, _ := stored.MarshalBinary()
		if !bytes.Equal(a, b) {
			t.Fatalf("%d bytes against %d", len(a), len(b))
		}
	})
}

// The fuzzers start far from anything valid; this starts near it.
func TestADamagedEncodingNeverPanics(t *testing.T) {
	opts := DefaultOptions()
	whole := map[string][]byte{
		"fingerprint 4": readGolden(t, "fingerprint_v4.bin", nil),
		"profile 4":     readGolden(t, "profile_v4.bin", nil),
		"fingerprint":   encoded(t, sampleFingerprint(t)),
		"profile":       encoded(t, profileOf(sampleFingerprint(t))),
		"observation":   encoded(t, sampleObservation()),
		"fingerprint 1": readGolden(t, "fingerprint_v1.bin", nil),
		"profile 1":     readGolden(t, "profile_v1.bin", nil),
		"unreadable":    encoded(t, unread(origin)),
		"observation 5": encoded(t, sampleObservation5()),
		"observation 7": encoded(t, sampleObservation7()),
		"fingerprint 6": readGolden(t, "fingerprint_v6.bin", nil),
		"profile 6":     readGolden(t, "profile_v6.bin", nil),
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, name := range slices.Sorted(maps.Keys(whole)) {
			data := bytes.Clone(whole[name])
			for range rapid.IntRange(1, 4).Draw(t, "bytes damaged") {
				data[rapid.IntRange(1, len(data)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			}
			switch kind, _, _ := strings.Cut(name, " "); kind {
			case "fingerprint":
				checkFingerprint(t, &opts, data)
			case "profile":
				checkProfile(t, data)
			default:
				checkObservation(t, &opts, data)
			}
		}
	})
}

// addGolden starts a fuzzer from what older versions wrote.
func addGolden(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(data)
	}
}

func FuzzFingerprintDecode(f *testing.F) {
	opts := DefaultOptions()
	small := New(&opts)
	small.Observe(templated(1, 7, 1, origin))
	f.Add(encoded(f, small))
	addGolden(
		f, "fingerprint_v1.bin", "fingerprint_v2.bin", "fingerprint_v3.bin",
		"fingerprint_v4.bin", "fingerprint_v5.bin", "fingerprint_v6.bin", "fingerprint_v7.bin",
		"fingerprint_v9.bin", "fingerprint_v10.bin",
	)
	small.Observe(unread(origin + 1))
	f.Add(encoded(f, small))
	silent := New(&opts)
	silent.Observe(unread(origin))
	f.Add(encoded(f, silent))
	f.Fuzz(func(t *testing.T, data []byte) { checkFingerprint(t, &opts, data) })
}

func FuzzProfileDecode(f *testing.F) {
	opts := DefaultOptions()
	small := New(&opts)
	small.Observe(templated(1, 7, 1, origin))
	f.Add(encoded(f, profileOf(small)))
	addGolden(
		f, "profile_v1.bin", "profile_v2.bin", "profile_v3.bin", "profile_v4.bin", "profile_v5.bin",
		"profile_v6.bin", "profile_v7.bin", "profile_v9.bin", "profile_v10.bin",
	)
	small.Observe(unread(origin + 1))
	f.Add(encoded(f, profileOf(small)))
	f.Fuzz(func(t *testing.T, data []byte) { checkProfile(t, data) })
}

func FuzzObservationDecode(f *testing.F) {
	opts := DefaultOptions()
	f.Add(encoded(f, sampleObservation7()))
	f.Add(encoded(f, sampleObservation6()))
	f.Add(encoded(f, sampleObservation5()))
	f.Add(encoded(f, sampleObservation()))
	f.Add(encoded(f, unread(origin)))
	f.Fuzz(func(t *testing.T, data []byte) { checkObservation(t, &opts, data) })
}

// checkFingerprint checks that what can be read can be written, is then read as the same, and can
// be merged, observed and shown.
func checkFingerprint(t require.TestingT, opts *Options, data []byte) {
	x, y := New(opts), New(opts)
	if x.UnmarshalBinary(data) != nil {
		return
	}
	b, err := x.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, y.UnmarshalBinary(b))
	c, err := y.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, b, c)
	// A sketch of another precision is the one thing that can't be merged.
	_ = x.Merge(y)
	y.Observe(templated(1, 7, 1, y.LastSeen()+1))
	pb, err := profileOf(y).MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, new(Profile).UnmarshalBinary(pb))
}

// checkProfile checks that what can be read and written is read as the same.
func checkProfile(t require.TestingT, data []byte) {
	var x, y Profile
	if x.UnmarshalBinary(data) != nil {
		return
	}
	b, err := x.MarshalBinary()
	if err != nil {
		return
	}
	require.NoError(t, y.UnmarshalBinary(b))
	c, err := y.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, b, c)
	leads := x.Leads(func(uint64) string { return "a label" })
	require.LessOrEqual(t, len(leads.Exemplars), maxExemplars)
	require.LessOrEqual(t, len(leads.UserAgent), MaxLabel+MaxUserAgent)
}

// checkObservation checks that aliasing and copying agree, and that what can be read can be
// written, is read as the same, and can be observed.
func checkObservation(t require.TestingT, opts *Options, data []byte) {
	var x, y, z Observation
	err := x.UnmarshalBinary(data)
	require.Equal(t, err == nil, y.Alias(data) == nil)
	if err != nil {
		return
	}
	require.Equal(t, x, y)
	b, err := x.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, z.UnmarshalBinary(b))
	c, err := z.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, b, c)
	fp := New(opts)
	fp.Observe(&z)
	fp.SetDeadline(z.CreatedAt)
	state, err := fp.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, New(opts).UnmarshalBinary(state),
		"what an observation leads to can be read again")
	profile, err := profileOf(fp).MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, new(Profile).UnmarshalBinary(profile))
}
