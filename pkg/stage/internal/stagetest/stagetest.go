// Package stagetest opens and feeds stages in tests, over a store that lives in a map.
package stagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Brief tells whether tests that are about amounts should do with less: on request, and under the
// race detector, which takes ten times as long and has nothing to find in packages that start no
// goroutine. What they check is checked all the same.
func Brief() bool { return raceDetector || testing.Short() }

// Open opens a partition of a stage, without its state.
func Open(t require.TestingT, s stage.Stage, partition int) stage.Task {
	task, err := s.Open(partition)
	require.NoError(t, err)
	return task
}

// Opened opens a partition of a stage with all state that it asks for at the start.
func Opened(t require.TestingT, s stage.Stage, partition int, stored map[string][]byte) stage.Task {
	task := Open(t, s, partition)
	for keys := task.Needs(nil); len(keys) > 0; keys = task.Needs(nil) {
		for _, key := range keys {
			require.NoError(t, task.Load(key, stored[key]))
		}
	}
	return task
}

// Restarted opens a partition as a new owner does: with what the store has, and with the records
// from where the task says up to the committed offset, in batches of three.
func Restarted(
	t require.TestingT, s stage.Stage, partition int, stored map[string][]byte,
	records []stage.Record, next int,
) stage.Task {
	task := Opened(t, s, partition, stored)
	if from := task.RebuildFrom(); from < int64(next) {
		for batch := range slices.Chunk(records[from:next], 3) {
			require.NoError(t, task.Rebuild(batch))
		}
	}
	return task
}

// Feed has a task process a batch and keeps what it changes.
func Feed(
	t require.TestingT, task stage.Task, stored map[string][]byte, batch []stage.Record,
) stage.Result {
	for _, key := range task.Needs(batch) {
		require.NoError(t, task.Load(key, stored[key]))
	}
	res, err := task.Process(batch)
	require.NoError(t, err)
	Keep(stored, res)
	return res
}

// Keep puts a result's changes into a store.
func Keep(stored map[string][]byte, res stage.Result) {
	for _, c := range res.Changes {
		if c.Value == nil {
			delete(stored, c.Key)
		} else {
			stored[c.Key] = c.Value
		}
	}
}

// ByOutput are the records of a result that go to one output.
func ByOutput(res stage.Result, to stage.Output) (out []stage.Out) {
	for _, o := range res.Out {
		if o.To == to {
			out = append(out, o)
		}
	}
	return out
}

// Header is the value of a record's header, empty when there is none.
func Header(out stage.Out, key string) string {
	for _, h := range out.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// RequireDeclared checks that a stage counts and puts out only what it declares.
func RequireDeclared(t require.TestingT, s stage.Stage, res stage.Result) {
	counters, outputs := s.Counters(), s.Outputs()
	for what := range res.Counts {
		require.Truef(t, slices.Contains(counters, what.Counter) && what.Declared(),
			"%s counts %q", s.Name(), what)
	}
	for _, out := range res.Out {
		require.Contains(t, outputs, out.To, s.Name())
	}
}

// Counted is what was counted, by the texts of the counts.
func Counted(counts stage.Counts) map[string]int64 {
	texts := make(map[string]int64, len(counts))
	for what, n := range counts {
		texts[what.String()] += n
	}
	return texts
}

// SpanRecord is an export request of one span, whose text comes in another record.
func SpanRecord(n int, second float64) string {
	at := int64(1793613600e9) + int64(second*1e9)
	return fmt.Sprintf(
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%032x","spanId":"%016x","startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
			`{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"user.id","value":{"stringValue":"u%d"}}]}]}]}]}`,
		n+1, n+1, at, at, n%7,
	)
}

// TextRecord is an export request of the log record that holds a span's text.
func TextRecord(n int, second float64) string {
	at := int64(1793613600e9) + int64(second*1e9)
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"%032x","spanId":"%016x","timeUnixNano":"%d","eventName":"gen_ai.client.inference.operation.details",`+
		`"attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"user.id","value":{"stringValue":"u%d"}},`+
		`{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Task %d of the long list that is dealt out to many.\"}]}]"}}]}]}]}]}`,
		n+1, n+1, at, n%7, n)
}

// Halves are the records of calls whose span and text are up to some records apart; of every ninth
// call the text is missing.
func Halves(calls int) (records []stage.Record) {
	add := func(value string) {
		records = append(records, stage.Record{
			Topic: "gateway", Partition: 1, Offset: int64(len(records)), Value: []byte(value),
		})
	}
	for n := range calls + 5 {
		if n < calls {
			add(SpanRecord(n, float64(n)))
		}
		if late := n - n%5; late >= 5 && n%5 == 4 {
			for i := late - 5; i < min(late, calls); i++ {
				if i%9 != 8 {
					add(TextRecord(i, float64(n)))
				}
			}
		}
	}
	return records
}
