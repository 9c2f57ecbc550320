// Package stagetest opens and feeds stages in tests, over a store that lives in a map.
package stage

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// brief tells whether tests that are about amounts should do with less: on request, and under the
// race detector, which takes ten times as long and has nothing to find in packages that start no
// goroutine. What they check is checked all the same.
func brief() bool { return raceDetector || testing.Short() }

// open opens a partition of a stage, without its state.
func open(t require.TestingT, s Stage, partition int) Task {
	task, err := s.Open(partition)
	require.NoError(t, err)
	return task
}

// opened opens a partition of a stage with all state that it asks for at the start.
func opened(t require.TestingT, s Stage, partition int, stored map[string][]byte) Task {
	task := open(t, s, partition)
	for keys := task.Needs(nil); len(keys) > 0; keys = task.Needs(nil) {
		for _, key := range keys {
			require.NoError(t, task.Load(key, stored[key]))
		}
	}
	return task
}

// restarted opens a partition as a new owner does: with what the store has, and with the records
// from where the task says up to the committed offset, in batches of three.
func restarted(t require.TestingT, s Stage, partition int, stored map[string][]byte, records []Record, next int) Task {
	task := opened(t, s, partition, stored)
	if from := task.RebuildFrom(); from < int64(next) {
		for batch := range slices.Chunk(records[from:next], 3) {
			require.NoError(t, task.Rebuild(batch))
		}
	}
	return task
}

// feed has a task process a batch and keeps what it changes.
func feed(t require.TestingT, task Task, stored map[string][]byte, batch []Record) Result {
	for _, key := range task.Needs(batch) {
		require.NoError(t, task.Load(key, stored[key]))
	}
	res, err := task.Process(batch)
	require.NoError(t, err)
	keep(stored, res)
	return res
}

// keep puts a result's changes into a store.
func keep(stored map[string][]byte, res Result) {
	for _, c := range res.Changes {
		if c.Value == nil {
			delete(stored, c.Key)
		} else {
			stored[c.Key] = c.Value
		}
	}
}

// byOutput are the records of a result that go to one output.
func byOutput(res Result, to Output) (out []Out) {
	for _, o := range res.Out {
		if o.To == to {
			out = append(out, o)
		}
	}
	return out
}

// header is the value of a record's header, empty when there is none.
func header(out Out, key string) string {
	for _, h := range out.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// counted is what was counted, by the texts of the counts.
func counted(counts Counts) map[string]int64 {
	texts := make(map[string]int64, len(counts))
	for what, n := range counts {
		texts[what.String()] += n
	}
	return texts
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
