package backtest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/configs/scenarios"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

// recorded simulates the demo's world once.
func recorded(t *testing.T) (events []byte, truth *simulate.Truth, ids []string) {
	t.Helper()
	text, err := scenarios.Read("demo")
	require.NoError(t, err)
	s, err := simulate.Load(bytes.NewReader(text))
	require.NoError(t, err)
	w, err := simulate.New(s, simulate.Texts{})
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = w.Write(&b)
	require.NoError(t, err)
	return b.Bytes(), w.Truth(), w.HarvestIDs()
}

func stages(t *testing.T) Stages {
	t.Helper()
	so := sketch.DefaultOptions()
	so.Key = []byte("a key for tests, nothing secret")
	fo := fingerprinting.DefaultOptions()
	fo.MaxAccounts = 0
	var st Stages
	var err error
	in := ingest.DefaultOptions()
	in.KeepSeen = true
	st.Ingest, err = ingest.New(in, so)
	require.NoError(t, err)
	st.Fingerprint, err = fingerprinting.New(fo)
	require.NoError(t, err)
	st.Correlate, err = correlate.New(correlate.DefaultOptions())
	require.NoError(t, err)
	return st
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

// requireDeclared checks that all that was counted is declared, with the values of its labels: who
// adds one and forgets to say so has a counter that comes into being with its first count.
func requireDeclared(t *testing.T, st Stages, counts stage.Counts) {
	t.Helper()
	declared := slices.Concat(
		st.Ingest.Counters(), st.Fingerprint.Counters(), st.Correlate.Counters(),
		[]*stage.Counter{passedOver},
	)
	for what := range counts {
		require.Contains(t, declared, what.Counter, what.String())
		require.True(t, what.Declared(), "%s has a value that its label does not list", what)
	}
}

func replay(
	t *testing.T, events []byte, workers int, judge *Judge,
) (alerts, accounts string, stats Stats) {
	t.Helper()
	var a, b buffer
	sink := &Files{Alerts: &a, Accounts: &b, Judge: judge}
	o := DefaultOptions()
	o.Workers = workers
	if judge != nil {
		o.Tap = judge.Event
	}
	st := stages(t)
	stats, err := Run(t.Context(), o, st, bytes.NewReader(events), sink, nil)
	require.NoError(t, err)
	requireDeclared(t, st, stats.Counts)
	return a.String(), b.String(), stats
}

func TestTheDemoWorldIsFoundAndTheOutputDoesNotDependOnTheCores(t *testing.T) {
	events, truth, ids := recorded(t)
	dir := t.TempDir()
	writeTruth(t, dir, truth, ids)
	labels, err := ReadTruth(filepath.Join(dir, "truth.json"))
	require.NoError(t, err)
	judge := NewJudge(labels)
	alerts, accounts, stats := replay(t, events, 1, judge)
	require.EqualValues(t, bytes.Count(events, []byte("\n")), stats.Records)
	require.Equal(t, 2*stats.Records+counted(stats)["published"], counted(stats)["ok"],
		"ingest and fingerprint count every event, correlate every profile")
	for line := range strings.Lines(alerts) {
		require.NoError(t, alerttest.Check([]byte(strings.TrimSpace(line))))
	}
	res := judge.Result()
	require.Len(t, res.Campaigns, len(truth.Campaigns))
	for _, c := range res.Campaigns {
		require.True(t, c.Found, c.ID)
		require.GreaterOrEqual(t, c.Recall, 0.97, c.ID)
		require.Less(t, c.HalfLeaked, 0.25, c.ID)
	}
	require.Empty(t, res.False)
	require.GreaterOrEqual(t, res.Precision, 0.99)
	var table bytes.Buffer
	require.NoError(t, res.Print(&table))
	require.Contains(t, table.String(), truth.Campaigns[0].ID)

	again, verdicts, _ := replay(t, events, 3, nil)
	require.Equal(t, alerts, again)
	require.Equal(t, accounts, verdicts)
}

func TestHalvesOfEventsAreJoinedWhateverTheCores(t *testing.T) {
	var b bytes.Buffer
	half := func(i int, category string) {
		fmt.Fprintf(&b,
			`{"records":[{"time":"2026-11-02T10:00:%02dZ","category":%q,"properties":{"correlationId":"c%d","modelName":"m","apimSubscriptionId":"s"}}]}`+"\n",
			i/100, category, i)
	}
	const events, behind = 3000, 700
	for i := range events + behind {
		if i < events {
			half(i, "GatewayLlmLogs")
		}
		if i >= behind {
			half(i-behind, "GatewayLogs")
		}
	}
	o := ingest.DefaultOptions()
	o.KeepSeen = true
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
	var first []stage.Seen
	for _, workers := range []int{1, 3} {
		st := stages(t)
		so := sketch.DefaultOptions()
		so.Key = []byte("a key for tests, nothing secret")
		var err error
		st.Ingest, err = ingest.New(o, so)
		require.NoError(t, err)
		opts := DefaultOptions()
		opts.Workers = workers
		seen := 0
		opts.Observe = func(stage.Out) { seen++ }
		var tapped []stage.Seen
		opts.Tap = func(ev stage.Seen) { tapped = append(tapped, ev) }
		stats, err := Run(t.Context(), opts, st, bytes.NewReader(b.Bytes()), &Files{}, nil)
		require.NoError(t, err)
		require.Equal(t, events, seen)
		require.EqualValues(t, 2*events, counted(stats)["skipped:"+gateway.ReasonWaiting])
		require.Len(t, tapped, events, "what is judged is what ingest took in")
		require.Equal(
			t, stage.Seen{Tenant: "default", Account: "s", ID: "c0", Time: 1793613600000},
			tapped[0],
		)
		if first == nil {
			first = tapped
		}
		require.Equal(t, first, tapped)
	}
}

func TestAnHonestWorldIsLeftAlone(t *testing.T) {
	text, err := scenarios.Read("honest-small")
	require.NoError(t, err)
	s, err := simulate.Load(bytes.NewReader(text))
	require.NoError(t, err)
	w, err := simulate.New(s, simulate.Texts{})
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = w.Write(&b)
	require.NoError(t, err)
	alerts, accounts, _ := replay(t, b.Bytes(), 2, nil)
	require.Empty(t, alerts)
	require.Empty(t, accounts)
}

func TestRecordsThatCannotBeReadAreCountedAndTheRestGoesOn(t *testing.T) {
	events, _, _ := recorded(t)
	few := events[:nthLine(events, 50)]
	broken := append([]byte("{broken\n\nnull\n"), few...)
	sink := &Files{}
	st := stages(t)
	stats, err := Run(t.Context(), DefaultOptions(), st, bytes.NewReader(broken), sink, nil)
	require.NoError(t, err)
	requireDeclared(t, st, stats.Counts)
	require.EqualValues(t, 52, stats.Records)
	require.EqualValues(t, 2, sink.DeadLetters)
}

func TestALineBeyondTheBoundIsADeadLetterAndTheRestGoesOn(t *testing.T) {
	events, _, _ := recorded(t)
	few := string(events[:nthLine(events, 50)])
	o := DefaultOptions()
	o.MaxLine = 4 << 20
	for name, c := range map[string]struct {
		input         string
		records, dead int64
	}{
		"first":                 {strings.Repeat("x", 9<<20) + "\n" + few, 51, 1},
		"last, without its end": {few + strings.Repeat("x", 9<<20), 51, 1},
		"alone":                 {strings.Repeat("x", 9<<20), 1, 1},
		"a byte too long":       {few + strings.Repeat("x", o.MaxLine+1) + "\n" + few, 101, 1},
		"as long as it may be": {
			few + strings.Repeat(" ", o.MaxLine-2) + "{}\r\n" + few, 101, 0,
		},
		"none, and an empty line": {few + "\r\n\n", 50, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var letters letters
			stats, err := Run(t.Context(), o, stages(t), strings.NewReader(c.input), &letters, nil)
			require.NoError(t, err)
			require.Equal(t, c.records, stats.Records)
			require.Equal(t, c.dead, stats.DeadReasons()["too_large"])
			require.EqualValues(t, c.dead, strings.Count(string(letters), "too_large"))
		})
	}
}

// letters notes the reasons of dead letters.
type letters string

func (l *letters) Write(out stage.Out) error {
	if out.To == stage.DeadLetters {
		*l += letters(out.Headers[0].Value) + " "
	}
	return nil
}

func TestAFileThatBreaksOffIsAnErrorThatSaysWhere(t *testing.T) {
	r := io.MultiReader(
		strings.NewReader("{broken\n"), iotest.ErrReader(errors.New("unexpected end")),
	)
	_, err := Run(t.Context(), DefaultOptions(), stages(t), r, &Files{}, nil)
	require.ErrorContains(t, err, "after record 1: unexpected end")
}

type full struct{}

func (full) Write(stage.Out) error { return errors.New("disk full") }

func TestAFailingSinkEndsTheRunWithItsError(t *testing.T) {
	_, err := Run(
		t.Context(), DefaultOptions(), stages(t), strings.NewReader("{broken\n"), full{}, nil,
	)
	require.ErrorContains(t, err, "disk full")
}

func TestFilesAreUnpackedByTheirName(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, pack func(io.Writer) io.WriteCloser) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		require.NoError(t, err)
		w := pack(f)
		_, err = io.WriteString(w, "{}\n")
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, f.Close())
		return path
	}
	for _, path := range []string{
		write("a.jsonl", func(w io.Writer) io.WriteCloser { return plain{w} }),
		write("a.jsonl.gz", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		write("a.jsonl.zst", func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return z
		}),
	} {
		r, err := Open(path)
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.Equal(t, "{}\n", string(b), path)
	}
	_, err := Open(filepath.Join(dir, "none"))
	require.Error(t, err)
	_, err = Open(write("bad.gz", func(w io.Writer) io.WriteCloser { return plain{w} }))
	require.Error(t, err)
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func nthLine(b []byte, n int) int {
	at := 0
	for range n {
		at += bytes.IndexByte(b[at:], '\n') + 1
	}
	return at
}

// counted is what was counted, by the texts of the counts.
func counted(stats Stats) map[string]int64 {
	texts := map[string]int64{}
	for what, n := range stats.Counts {
		texts[what.String()] += n
	}
	return texts
}
