package ingest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// withMappings has ingest know the formats that come with Stillwatch.
func withMappings(o *Options) {
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
}

// places are the observations of a result by their positions.
func places(t *testing.T, into map[string]string, res stage.Result) {
	t.Helper()
	for _, out := range res.Out {
		require.Equal(t, stage.Observations, out.To)
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary(out.Value))
		place := fmt.Sprint(o.Position)
		if before, twice := into[place]; twice {
			require.Equal(t, before, string(out.Value), "a place has one event")
		}
		into[place] = string(out.Value)
	}
}

func TestPartsThatWaitSurviveARestartAtAnyRecord(t *testing.T) {
	s, err := New(func() Options { o := DefaultOptions(); withMappings(&o); return o }(), ingestKey(
		"the secret of the tests",
	))
	require.NoError(t, err)
	const calls = 60
	records := stagetest.Halves(calls)
	want := map[string]string{}
	whole := stagetest.Open(t, s, 1)
	var ends []stage.Result
	res, err := whole.Process(records)
	require.NoError(t, err)
	places(t, want, res)
	for more := true; more; more = res.More {
		res, err = whole.Flush()
		require.NoError(t, err)
		ends = append(ends, res)
	}
	require.Len(t, ends, 2, "announced, then given out")
	require.Empty(t, ends[0].Out)
	require.NotEmpty(t, ends[1].Out)
	places(t, want, ends[1])
	require.Len(t, want, calls)
	require.Equal(t, map[string]int{"calls": 0}, whole.Sizes())
	withText := 0
	for _, value := range want {
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary([]byte(value)))
		if o.HasText {
			withText++
		}
	}
	require.Equal(t, calls-calls/9, withText)

	for size := 1; size <= 7; size += 3 {
		for crash := range len(records)/size + 3 {
			got, stored, next := map[string]string{}, map[string][]byte{}, 0
			task := stagetest.Open(t, s, 1)
			step := 0
			for next < len(records) {
				to := min(next+size, len(records))
				res, err := task.Process(records[next:to])
				require.NoError(t, err)
				places(t, got, res) // Produced, and then perhaps not committed.
				if step++; step-1 == crash {
					task = stagetest.Restarted(t, s, 1, stored, records, next)
					continue
				}
				stagetest.Keep(stored, res)
				next = to
			}
			for more := true; more; {
				res, err := task.Flush()
				require.NoError(t, err)
				places(t, got, res)
				if step++; step-1 == crash {
					task = stagetest.Restarted(t, s, 1, stored, records, next)
					continue
				}
				stagetest.Keep(stored, res)
				more = res.More
			}
			require.Equal(t, want, got, "batches of %d, crash at step %d", size, crash)
			require.Empty(t, stored, "nothing waits, nothing is stored")
		}
	}
}

func TestAFlushThatWasAnnouncedIsRepeatedBeforeWhatComesNext(t *testing.T) {
	s, err := New(func() Options { o := DefaultOptions(); withMappings(&o); return o }(), ingestKey(
		"the secret of the tests",
	))
	require.NoError(t, err)
	records := []stage.Record{
		{Topic: "gateway", Partition: 1, Offset: 0, Value: []byte(stagetest.SpanRecord(0, 0))},
		{Topic: "gateway", Partition: 1, Offset: 1, Value: []byte(stagetest.TextRecord(0, 1))},
	}
	stored, first, second := map[string][]byte{}, map[string]string{}, map[string]string{}
	task := stagetest.Open(t, s, 1)
	res, err := task.Process(records[:1])
	require.NoError(t, err)
	stagetest.Keep(stored, res)
	announced, err := task.Flush()
	require.NoError(t, err)
	stagetest.Keep(stored, announced)
	flushed, err := task.Flush()
	require.NoError(t, err)
	places(t, first, flushed)
	require.Len(t, first, 1)

	// The commit of what came out is lost. The text that comes now does not change what was given
	// out.
	task = stagetest.Restarted(t, s, 1, stored, records, 1)
	res, err = task.Process(records[1:])
	require.NoError(t, err)
	places(t, second, res)
	require.Equal(t, first, second)
}

func TestUnreadableJoinStateIsAnError(t *testing.T) {
	for _, bad := range []string{
		"", "\x01", "\x01\x01", "\x01\x01\x02", "\x01\x01\x01\x01",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01",
	} {
		err := openIngest(t, nil).Load(joinKey, []byte(bad))
		require.ErrorContains(t, err, `state "join"`, "%q", bad)
	}
	require.NoError(t, openIngest(t, nil).Load(joinKey, []byte("\x01\x01\x01")))
}

func TestAPartitionThatWasMadeAnewHasNothingToWaitFor(t *testing.T) {
	task := openIngest(t, withMappings)
	require.NoError(t, task.Load(joinKey, []byte("\x05\x01\x01")))
	require.EqualValues(t, 5, task.RebuildFrom())
	task.Rewound()
	require.Greater(t, task.RebuildFrom(), int64(1)<<60)
	res, err := task.Process(
		[]stage.Record{{Topic: "gateway", Offset: 0, Value: []byte(stagetest.SpanRecord(0, 0))}},
	)
	require.NoError(t, err)
	require.Empty(t, res.Out)
	require.True(t, slices.ContainsFunc(res.Changes, func(c stage.Change) bool {
		return c.Key == joinKey && c.Value[0] == 0
	}))
}
