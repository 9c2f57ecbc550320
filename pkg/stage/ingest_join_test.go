package stage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// withMappings has ingest know the formats that come with Stillwatch.
func withMappings(o *IngestOptions) {
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
}

// spanRecord is an export request of one span, whose text comes in another record.
func spanRecord(n int, second float64) string {
	at := int64(1793613600e9) + int64(second*1e9)
	return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%032x","spanId":"%016x","startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
		`{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"user.id","value":{"stringValue":"u%d"}}]}]}]}]}`, n+1, n+1, at, at, n%7)
}

// textRecord is an export request of the log record that holds a span's text.
func textRecord(n int, second float64) string {
	at := int64(1793613600e9) + int64(second*1e9)
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"%032x","spanId":"%016x","timeUnixNano":"%d","eventName":"gen_ai.client.inference.operation.details",`+
		`"attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"user.id","value":{"stringValue":"u%d"}},`+
		`{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Task %d of the long list that is dealt out to many.\"}]}]"}}]}]}]}]}`,
		n+1, n+1, at, n%7, n)
}

// halves are the records of calls whose span and text are up to some records apart; of every ninth
// call the text is missing.
func halves(calls int) (records []Record) {
	add := func(value string) {
		records = append(records, Record{Topic: "gateway", Partition: 1, Offset: int64(len(records)), Value: []byte(value)})
	}
	for n := range calls + 5 {
		if n < calls {
			add(spanRecord(n, float64(n)))
		}
		if late := n - n%5; late >= 5 && n%5 == 4 {
			for i := late - 5; i < min(late, calls); i++ {
				if i%9 != 8 {
					add(textRecord(i, float64(n)))
				}
			}
		}
	}
	return records
}

// restarted opens a task as a new owner does: with what the store has, and the records from where
// it says up to the committed offset.
func restarted(t *testing.T, s Stage, stored map[string][]byte, records []Record, next int) Task {
	t.Helper()
	task := open(t, s, 1)
	for _, key := range task.Needs(nil) {
		require.NoError(t, task.Load(key, stored[key]))
	}
	if from := task.RebuildFrom(); from < int64(next) {
		for batch := range slices.Chunk(records[from:next], 3) {
			require.NoError(t, task.Rebuild(batch))
		}
	}
	return task
}

// commit puts a result's changes into a store.
func commit(stored map[string][]byte, res Result) {
	for _, c := range res.Changes {
		if c.Value == nil {
			delete(stored, c.Key)
		} else {
			stored[c.Key] = c.Value
		}
	}
}

// places are the observations of a result by their positions.
func places(t *testing.T, into map[string]string, res Result) {
	t.Helper()
	for _, out := range res.Out {
		require.Equal(t, Observations, out.To)
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
	s, err := NewIngest(func() IngestOptions { o := DefaultIngestOptions(); withMappings(&o); return o }(), ingestKey("the secret of the tests"))
	require.NoError(t, err)
	const calls = 60
	records := halves(calls)
	want := map[string]string{}
	whole := open(t, s, 1)
	var ends []Result
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
			task := open(t, s, 1)
			step := 0
			for next < len(records) {
				to := min(next+size, len(records))
				res, err := task.Process(records[next:to])
				require.NoError(t, err)
				places(t, got, res) // Produced, and then perhaps not committed.
				if step++; step-1 == crash {
					task = restarted(t, s, stored, records, next)
					continue
				}
				commit(stored, res)
				next = to
			}
			for more := true; more; {
				res, err := task.Flush()
				require.NoError(t, err)
				places(t, got, res)
				if step++; step-1 == crash {
					task = restarted(t, s, stored, records, next)
					continue
				}
				commit(stored, res)
				more = res.More
			}
			require.Equal(t, want, got, "batches of %d, crash at step %d", size, crash)
			require.Empty(t, stored, "nothing waits, nothing is stored")
		}
	}
}

func TestAFlushThatWasAnnouncedIsRepeatedBeforeWhatComesNext(t *testing.T) {
	s, err := NewIngest(func() IngestOptions { o := DefaultIngestOptions(); withMappings(&o); return o }(), ingestKey("the secret of the tests"))
	require.NoError(t, err)
	records := []Record{
		{Topic: "gateway", Partition: 1, Offset: 0, Value: []byte(spanRecord(0, 0))},
		{Topic: "gateway", Partition: 1, Offset: 1, Value: []byte(textRecord(0, 1))},
	}
	stored, first, second := map[string][]byte{}, map[string]string{}, map[string]string{}
	task := open(t, s, 1)
	res, err := task.Process(records[:1])
	require.NoError(t, err)
	commit(stored, res)
	announced, err := task.Flush()
	require.NoError(t, err)
	commit(stored, announced)
	flushed, err := task.Flush()
	require.NoError(t, err)
	places(t, first, flushed)
	require.Len(t, first, 1)

	// The commit of what came out is lost. The text that comes now does not change what was given
	// out.
	task = restarted(t, s, stored, records, 1)
	res, err = task.Process(records[1:])
	require.NoError(t, err)
	places(t, second, res)
	require.Equal(t, first, second)
}

func TestUnreadableJoinStateIsAnError(t *testing.T) {
	for _, bad := range []string{"", "\x01", "\x01\x01", "\x01\x01\x02", "\x01\x01\x01\x01", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01"} {
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
	res, err := task.Process([]Record{{Topic: "gateway", Offset: 0, Value: []byte(spanRecord(0, 0))}})
	require.NoError(t, err)
	require.Empty(t, res.Out)
	require.True(t, slices.ContainsFunc(res.Changes, func(c Change) bool { return c.Key == joinKey && c.Value[0] == 0 }))
}

func TestAKeyedStageCountsJoinedCallsOnceWhateverCrashes(t *testing.T) {
	ingest, err := NewIngest(func() IngestOptions { o := DefaultIngestOptions(); withMappings(&o); return o }(), ingestKey("the secret of the tests"))
	require.NoError(t, err)
	o := DefaultFingerprintOptions()
	fingerprint, err := NewFingerprint(o)
	require.NoError(t, err)
	s := NewKeyed(ingest, fingerprint)
	const calls = 30
	records := halves(calls)

	run := func(crash int) (map[string][]byte, int64) {
		stored, next, step, events := map[string][]byte{}, 0, 0, int64(0)
		open := func() Task { return restarted(t, s, stored, records, next) }
		task := open()
		load := func(batch []Record) {
			for _, key := range task.Needs(batch) {
				require.NoError(t, task.Load(key, stored[key]))
			}
		}
		crashed := func() bool { step++; return step-1 == crash }
		for next < len(records) {
			to := min(next+4, len(records))
			load(records[next:to])
			res, err := task.Process(records[next:to])
			require.NoError(t, err)
			if crashed() {
				task = open()
				continue
			}
			commit(stored, res)
			events += res.Counts.Of(OK)
			next = to
		}
		for more := true; more; {
			load(nil)
			res, err := task.Flush()
			require.NoError(t, err)
			if crashed() {
				task = open()
				continue
			}
			commit(stored, res)
			events += res.Counts.Of(OK)
			more = res.More
		}
		return stored, events
	}
	// The rest of the state holds what is in memory, which differs after a restart.
	accounts := func(stored map[string][]byte) map[string][]byte {
		maps.DeleteFunc(stored, func(key string, _ []byte) bool { return !strings.HasPrefix(key, accountPrefix) })
		return stored
	}
	whole, events := run(-1)
	require.EqualValues(t, calls, events)
	want := accounts(whole)
	require.Len(t, want, 7)
	for crash := range len(records)/4 + 4 {
		got, events := run(crash)
		require.Equal(t, want, accounts(got), "crash at step %d", crash)
		require.EqualValues(t, calls, events)
	}
}
