package sketchfilter

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

func testOptions() ingest.Options {
	opts := ingest.DefaultOptions()
	for _, f := range configs.Mappings() {
		opts.Gateway.Builtin = append(opts.Gateway.Builtin, gateway.MappingFile(f))
	}
	return opts
}

// testKeys are those of a rotation, so that both count.
func testKeys() []sketch.Options {
	first, second := sketch.DefaultOptions(), sketch.DefaultOptions()
	first.Key, second.Key = []byte("a secret for the tests only"),
		[]byte("the secret before this one")
	return []sketch.Options{first, second}
}

func newFilter(t testing.TB) *Filter {
	t.Helper()
	f, err := New(testOptions(), testKeys())
	require.NoError(t, err)
	return f
}

// filtered runs an input through a new filter and returns the output and the complaints.
func filtered(t testing.TB, input string) (f *Filter, output, complaints string) {
	t.Helper()
	f = newFilter(t)
	output, complaints = through(t, f, input)
	return f, output, complaints
}

// through runs an input through a filter.
func through(t testing.TB, f *Filter, input string) (output, complaints string) {
	t.Helper()
	var out, errs strings.Builder
	complain := func(_ int64, reason string) { errs.WriteString(reason + "\n") }
	require.NoError(t, f.Run(strings.NewReader(input), &out, complain))
	require.NoError(t, f.End(&out, complain))
	return out.String(), errs.String()
}

// samples are the golden records of the gateways' formats, by name, one record a line.
func samples(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../../../pkg/gateway/testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string]string{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		out[strings.TrimSuffix(filepath.Base(file), ".txtar")] = oneALine(
			string(archive.Files[0].Data),
		)
	}
	return out
}

// oneALine takes the line breaks out of JSON values. A sample in which something is broken on
// purpose has lines already.
func oneALine(sample string) string {
	var out bytes.Buffer
	d := json.NewDecoder(strings.NewReader(sample))
	for {
		var value json.RawMessage
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return out.String()
		} else if err != nil || json.Compact(&out, value) != nil {
			return sample
		}
		out.WriteByte('\n')
	}
}

// observed returns what ingest makes of records, one a line, without where they were read, and how
// many dead letters there were.
func observed(t testing.TB, input string) (observations []fingerprint.Observation, dead int) {
	t.Helper()
	st, err := ingest.New(testOptions(), testKeys()...)
	require.NoError(t, err)
	var records []stage.Record
	for line := range strings.Lines(input) {
		if line = strings.TrimSpace(line); line != "" {
			records = append(records, stage.Record{
				Topic: "gateway", Offset: int64(len(records)), Value: []byte(line),
			})
		}
	}
	task, err := st.Open(0)
	require.NoError(t, err)
	res, err := task.Process(records)
	require.NoError(t, err)
	all := res.Out
	for more := true; more; more = res.More {
		res, err = task.Flush()
		require.NoError(t, err)
		all = append(all, res.Out...)
	}
	for _, out := range all {
		switch out.To {
		case stage.Observations:
			var o fingerprint.Observation
			require.NoError(t, o.UnmarshalBinary(out.Value))
			o.Position = fingerprint.Position{}
			if o.Unreadable {
				continue // Of a dead letter, which the filter leaves out.
			}
			observations = append(observations, o)
		case stage.DeadLetters:
			dead++
		default:
			t.Fatalf("ingest wrote to %s", out.To)
		}
	}
	return observations, dead
}

func TestIngestSeesTheSameInFilteredEventsAsInEveryGatewaysRecords(t *testing.T) {
	for name, sample := range samples(t) {
		t.Run(name, func(t *testing.T) {
			want, _ := observed(t, sample)
			require.NotEmpty(t, want)
			for i := range want {
				// Ids of reasoning blocks are no part of a sketch (docs/privacy.md).
				want[i].Minted, want[i].Presented = nil, nil
			}
			_, output, _ := filtered(t, sample)
			got, dead := observed(t, output)
			require.Zero(t, dead, "what the filter writes can be read")
			require.Equal(t, want, got)
			_, again, complaints := filtered(t, output)
			require.Empty(t, complaints)
			require.Equal(t, output, again, "filtering what is filtered changes nothing")
		})
	}
}

func TestTheFilterComplainsAndGoesOn(t *testing.T) {
	good := `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"content":{"input":"hello"}}`
	opts := testOptions()
	opts.MaxRecordBytes = 200
	f, err := New(opts, testKeys())
	require.NoError(t, err)
	var out strings.Builder
	var complaints []string
	err = f.Run(strings.NewReader(strings.Join([]string{
		good, "", `{"id":"2", a secret prompt`, good, `{"level":"a secret prompt"}`,
		`"a secret prompt"`, strings.Repeat("a secret prompt ", 20),
		`{"id":"3","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"sketch":{"version":1,"exact":"a secret prompt"}}`,
		good,
	}, "\n")), &out, func(line int64, reason string) {
		require.NotContains(t, reason, "secret")
		complaints = append(complaints, reason)
		require.Contains(t, []int64{3, 5, 6, 7, 8}, line)
	})
	require.NoError(t, err)
	require.Len(t, complaints, 5)
	require.Equal(t, Counts{Events: 3, Broken: 5}, f.Counts)
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
	require.NotContains(t, out.String(), "secret")
}

func TestTheFilterStopsWhenNobodyReads(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() })
	endless := io.MultiReader(strings.NewReader(
		`{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`+"\n",
	), forever{})
	require.ErrorContains(t, newFilter(t).Run(endless, w, func(int64, string) {}), "write events")
}

// forever is an input that has a line whenever it is asked.
type forever struct{}

func (forever) Read(p []byte) (int, error) {
	p[0] = '\n'
	return 1, nil
}

func TestEventsAreWrittenBeforeTheNextOneIsWaitedFor(t *testing.T) {
	in, feed := io.Pipe()
	out, sink := io.Pipe()
	done := make(chan error, 1)
	f := newFilter(t)
	go func() { done <- f.Run(in, sink, func(int64, string) {}) }()
	record := []byte(
		`{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}` + "\n",
	)
	got := make([]byte, 1<<10)
	for range 3 {
		_, err := feed.Write(record)
		require.NoError(t, err)
		n, err := out.Read(got)
		require.NoError(t, err)
		require.True(t, bytes.HasSuffix(got[:n], []byte("}\n")))
	}
	require.NoError(t, feed.CloseWithError(errors.New("cable cut")))
	require.ErrorContains(t, <-done, "read events after line 3: cable cut")
}
