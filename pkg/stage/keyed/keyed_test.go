package keyed

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

func testKey() sketch.Options {
	opts := sketch.DefaultOptions()
	opts.Key = []byte("0123456789abcdef0123456789abcdef")
	return opts
}

// keyedParts makes the two stages that a keyed stage joins.
func keyedParts(t *testing.T) (first, second stage.Stage) {
	t.Helper()
	first, err := ingest.New(ingest.DefaultOptions(), testKey())
	require.NoError(t, err)
	second, err = fingerprinting.New(fingerprinting.DefaultOptions())
	require.NoError(t, err)
	return first, second
}

// gatewayBatch holds three events of two accounts, and one record that is none.
func gatewayBatch(first int64) []stage.Record {
	var batch []stage.Record
	for i, account := range []string{"a", "b", "a"} {
		offset := first + int64(i)
		batch = append(batch, stage.Record{
			Topic: "gateway", Partition: 1, Offset: offset, Key: []byte(account),
			Value: fmt.Appendf(
				nil,
				`{"id":"r%d","time":"2026-11-02T10:00:%02dZ","account":{"id":%q},"request":{"model":"m"},`+
					`"content":{"input":[{"role":"user","text":"Solve task %d with one two three four five six words and show all steps."}]}}`,
				offset, offset, account, offset,
			),
		})
	}
	return append(batch, stage.Record{
		Topic: "gateway", Partition: 1, Offset: first + 3, Value: []byte("no event"),
	})
}

func TestAKeyedStageKeepsTheSameStateAsTheTwoStagesApart(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	joined := New(ingest, fingerprint)
	require.Equal(t, "fingerprint", joined.Name())
	together, first, second := stagetest.Open(t, joined, 1), stagetest.Open(t, ingest, 1),
		stagetest.Open(t, fingerprint, 1)
	stateJoined, stateApart := map[string][]byte{}, map[string][]byte{}

	for _, at := range []int64{0, 4, 8} {
		res := stagetest.Feed(t, together, stateJoined, gatewayBatch(at))
		stagetest.RequireDeclared(t, joined, res)

		var observations []stage.Record
		var letters int
		for _, out := range stagetest.Feed(t, first, map[string][]byte{}, gatewayBatch(at)).Out {
			if out.To == stage.DeadLetters {
				letters++
				continue
			}
			observations = append(observations, stage.Record{
				Topic: "observations", Offset: at, Key: out.Key,
				Value: out.Value, Headers: out.Headers,
			})
		}
		apart := stagetest.Feed(t, second, stateApart, observations)

		require.Equal(t, stateApart, stateJoined)
		require.Equal(t, 1, letters)
		require.Equal(t, stagetest.Counted(apart.Counts)["ok"], stagetest.Counted(res.Counts)["ok"],
			"an event counts once")
		require.EqualValues(t, 3, stagetest.Counted(res.Counts)["ok"])
		require.Len(t, res.Out, letters+len(apart.Out))
		for _, out := range res.Out {
			require.NotEqual(t, stage.Observations, out.To, "observations stay in the process")
		}
	}
}

func TestAKeyedStageDigestsABatchOnce(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	counting := &countingStage{Stage: ingest}
	task := stagetest.Open(t, New(counting, fingerprint), 0)
	stored := map[string][]byte{}
	for _, key := range task.Needs(nil) {
		require.NoError(t, task.Load(key, nil))
	}
	stagetest.Feed(t, task, stored, gatewayBatch(0))
	require.Equal(t, 1, counting.processed)
	stagetest.Feed(t, task, stored, gatewayBatch(4))
	require.Equal(t, 2, counting.processed)
}

// countingStage counts the batches that its tasks process.
type countingStage struct {
	stage.Stage

	processed int
}

func (s *countingStage) Open(partition int) (stage.Task, error) {
	task, err := s.Stage.Open(partition)
	return &countingTask{Task: task, stage: s}, err
}

type countingTask struct {
	stage.Task

	stage *countingStage
}

func (t *countingTask) Process(batch []stage.Record) (stage.Result, error) {
	t.stage.processed++
	return t.Task.Process(batch)
}

func TestATopicThatIsMadeAnewBringsNewEvents(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	joined := New(ingest, fingerprint)
	stored := map[string][]byte{}
	start := func(rewound bool) stage.Task {
		task := stagetest.Open(t, joined, 1)
		for _, key := range task.Needs(nil) {
			require.NoError(t, task.Load(key, stored[key]))
		}
		if rewound {
			task.Rewound()
		}
		return task
	}
	// Other ids than before, as the gateway's requests are others.
	renamed := func(first int64) []stage.Record {
		batch := gatewayBatch(first)
		for i := range batch {
			batch[i].Value = bytes.Replace(
				batch[i].Value, []byte(`"id":"r`), []byte(`"id":"later`), 1,
			)
		}
		return batch
	}
	require.EqualValues(
		t, 3,
		stagetest.Counted(stagetest.Feed(t, start(false), stored, gatewayBatch(0)).Counts)["ok"],
	)
	require.EqualValues(t, 3, stagetest.Counted(
		stagetest.Feed(t, start(false), stored, renamed(0)).Counts,
	)["duplicate:replay"], "the same offsets are the same records")
	require.EqualValues(t, 3,
		stagetest.Counted(stagetest.Feed(t, start(true), stored, renamed(0)).Counts)["ok"],
		"unless the topic was made anew")
	require.EqualValues(t, 3, stagetest.Counted(
		stagetest.Feed(t, start(false), stored, renamed(0)).Counts,
	)["duplicate:replay"], "which is remembered")
	require.Error(t, stagetest.Open(t, ingest, 0).Load("generation", []byte{0x80}))
}

func TestAKeyedStageCountsJoinedCallsOnceWhateverCrashes(t *testing.T) {
	o := ingest.DefaultOptions()
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
	first, err := ingest.New(o, testKey())
	require.NoError(t, err)
	second, err := fingerprinting.New(fingerprinting.DefaultOptions())
	require.NoError(t, err)
	s := New(first, second)
	const calls = 30
	records := stagetest.Halves(calls)

	run := func(crash int) (map[string][]byte, int64) {
		stored, next, step, events := map[string][]byte{}, 0, 0, int64(0)
		reopened := func() stage.Task { return stagetest.Restarted(t, s, 1, stored, records, next) }
		task := reopened()
		load := func(batch []stage.Record) {
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
				task = reopened()
				continue
			}
			stagetest.Keep(stored, res)
			events += res.Counts.Of(stage.OK)
			next = to
		}
		for more := true; more; {
			load(nil)
			res, err := task.Flush()
			require.NoError(t, err)
			if crashed() {
				task = reopened()
				continue
			}
			stagetest.Keep(stored, res)
			events += res.Counts.Of(stage.OK)
			more = res.More
		}
		return stored, events
	}
	// The rest of the state holds what is in memory, which differs after a restart.
	accounts := func(stored map[string][]byte) map[string][]byte {
		maps.DeleteFunc(stored, func(key string, _ []byte) bool {
			return !strings.HasPrefix(key, "a:")
		})
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

// scripted is a task that answers what the test says.
type scripted struct {
	stage.Base

	repaired stage.Counts
	fault    error
}

func (s *scripted) Repaired() stage.Counts { return s.repaired }

func (s *scripted) Process([]stage.Record) (stage.Result, error) { return stage.Result{}, s.fault }

func TestAKeyedStageHasTheCountersOfBothOnce(t *testing.T) {
	first, second := keyedParts(t)
	counters := New(first, second).Counters()
	seen := map[*stage.Counter]bool{}
	for _, c := range counters {
		require.False(t, seen[c], c.Name)
		seen[c] = true
	}
	for _, c := range append(first.Counters(), second.Counters()...) {
		require.True(t, seen[c], c.Name)
	}
}

func TestAKeyedTaskReportsTheRepairsOfBoth(t *testing.T) {
	wrong := &stage.Counter{Kind: stage.Repaired, Name: "wrong"}
	for _, c := range []struct{ ingest, fingerprint, want stage.Counts }{
		{nil, nil, nil},
		{stage.Counts{{Counter: wrong}: 1}, nil, stage.Counts{{Counter: wrong}: 1}},
		{nil, stage.Counts{{Counter: wrong}: 2}, stage.Counts{{Counter: wrong}: 2}},
		{stage.Counts{{Counter: wrong}: 1}, stage.Counts{{Counter: wrong}: 2}, stage.Counts{
			{Counter: wrong}: 3,
		}},
	} {
		both := task{
			ingest: &scripted{repaired: c.ingest}, fingerprint: &scripted{repaired: c.fingerprint},
		}
		require.Equal(t, c.want, both.Repaired())
	}
}

func TestAFaultThatIngestHasWhileNeedsAreAskedForIsReportedByProcess(t *testing.T) {
	both := task{ingest: &scripted{fault: errors.New("broken")}, fingerprint: &scripted{}}
	batch := []stage.Record{{Topic: "gateway"}}
	require.Empty(t, both.Needs(batch))
	_, err := both.Process(batch)
	require.EqualError(t, err, "broken")
}
