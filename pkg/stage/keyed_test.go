package stage

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

func testKey() sketch.Options {
	opts := sketch.DefaultOptions()
	opts.Key = []byte("0123456789abcdef0123456789abcdef")
	return opts
}

// keyedParts makes the two stages that a keyed stage joins.
func keyedParts(t *testing.T) (ingest, fingerprint Stage) {
	t.Helper()
	ingest, err := NewIngest(DefaultIngestOptions(), testKey())
	require.NoError(t, err)
	fingerprint, err = NewFingerprint(DefaultFingerprintOptions())
	require.NoError(t, err)
	return ingest, fingerprint
}

// gatewayBatch holds three events of two accounts, and one record that is none.
func gatewayBatch(first int64) []Record {
	var batch []Record
	for i, account := range []string{"a", "b", "a"} {
		offset := first + int64(i)
		batch = append(batch, Record{
			Topic: "gateway", Partition: 1, Offset: offset, Key: []byte(account),
			Value: fmt.Appendf(nil, `{"id":"r%d","time":"2026-11-02T10:00:%02dZ","account":{"id":%q},"request":{"model":"m"},`+
				`"content":{"input":[{"role":"user","text":"Solve task %d with one two three four five six words and show all steps."}]}}`,
				offset, offset, account, offset),
		})
	}
	return append(batch, Record{Topic: "gateway", Partition: 1, Offset: first + 3, Value: []byte("no event")})
}

func TestAKeyedStageKeepsTheSameStateAsTheTwoStagesApart(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	joined := NewKeyed(ingest, fingerprint)
	require.Equal(t, "fingerprint", joined.Name())
	together, first, second := open(t, joined, 1), open(t, ingest, 1), open(t, fingerprint, 1)
	stateJoined, stateApart := map[string][]byte{}, map[string][]byte{}

	for _, at := range []int64{0, 4, 8} {
		res := feed(t, together, stateJoined, gatewayBatch(at))

		var observations []Record
		var letters int
		for _, out := range feed(t, first, map[string][]byte{}, gatewayBatch(at)).Out {
			if out.To == DeadLetters {
				letters++
				continue
			}
			observations = append(observations, Record{Topic: "observations", Offset: at, Key: out.Key, Value: out.Value, Headers: out.Headers})
		}
		apart := feed(t, second, stateApart, observations)

		require.Equal(t, stateApart, stateJoined)
		require.Equal(t, 1, letters)
		require.Equal(t, counted(apart.Counts)["ok"], counted(res.Counts)["ok"], "an event counts once")
		require.EqualValues(t, 3, counted(res.Counts)["ok"])
		require.Len(t, res.Out, letters+len(apart.Out))
		for _, out := range res.Out {
			require.NotEqual(t, Observations, out.To, "observations stay in the process")
		}
	}
}

func TestAKeyedStageDigestsABatchOnce(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	counting := &countingStage{Stage: ingest}
	task := open(t, NewKeyed(counting, fingerprint), 0)
	stored := map[string][]byte{}
	for _, key := range task.Needs(nil) {
		require.NoError(t, task.Load(key, nil))
	}
	feed(t, task, stored, gatewayBatch(0))
	require.Equal(t, 1, counting.processed)
	feed(t, task, stored, gatewayBatch(4))
	require.Equal(t, 2, counting.processed)
}

// countingStage counts the batches that its tasks process.
type countingStage struct {
	Stage

	processed int
}

func (s *countingStage) Open(partition int) (Task, error) {
	task, err := s.Stage.Open(partition)
	return &countingTask{Task: task, stage: s}, err
}

type countingTask struct {
	Task

	stage *countingStage
}

func (t *countingTask) Process(batch []Record) (Result, error) {
	t.stage.processed++
	return t.Task.Process(batch)
}

func TestATopicThatIsMadeAnewBringsNewEvents(t *testing.T) {
	ingest, fingerprint := keyedParts(t)
	joined := NewKeyed(ingest, fingerprint)
	stored := map[string][]byte{}
	start := func(rewound bool) Task {
		task := open(t, joined, 1)
		for _, key := range task.Needs(nil) {
			require.NoError(t, task.Load(key, stored[key]))
		}
		if rewound {
			task.Rewound()
		}
		return task
	}
	// Other ids than before, as the gateway's requests are others.
	renamed := func(first int64) []Record {
		batch := gatewayBatch(first)
		for i := range batch {
			batch[i].Value = bytes.Replace(batch[i].Value, []byte(`"id":"r`), []byte(`"id":"later`), 1)
		}
		return batch
	}
	require.EqualValues(t, 3, counted(feed(t, start(false), stored, gatewayBatch(0)).Counts)["ok"])
	require.EqualValues(t, 3, counted(feed(t, start(false), stored, renamed(0)).Counts)["duplicate:replay"], "the same offsets are the same records")
	require.EqualValues(t, 3, counted(feed(t, start(true), stored, renamed(0)).Counts)["ok"], "unless the topic was made anew")
	require.EqualValues(t, 3, counted(feed(t, start(false), stored, renamed(0)).Counts)["duplicate:replay"], "which is remembered")
	require.Error(t, open(t, ingest, 0).Load("generation", []byte{0x80}))
}

func TestAKeyedStageCountsJoinedCallsOnceWhateverCrashes(t *testing.T) {
	o := DefaultIngestOptions()
	for _, m := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
	}
	ingest, err := NewIngest(o, testKey())
	require.NoError(t, err)
	fingerprint, err := NewFingerprint(DefaultFingerprintOptions())
	require.NoError(t, err)
	s := NewKeyed(ingest, fingerprint)
	const calls = 30
	records := halves(calls)

	run := func(crash int) (map[string][]byte, int64) {
		stored, next, step, events := map[string][]byte{}, 0, 0, int64(0)
		reopened := func() Task { return restarted(t, s, 1, stored, records, next) }
		task := reopened()
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
				task = reopened()
				continue
			}
			keep(stored, res)
			events += res.Counts.Of(OK)
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
			keep(stored, res)
			events += res.Counts.Of(OK)
			more = res.More
		}
		return stored, events
	}
	// The rest of the state holds what is in memory, which differs after a restart.
	accounts := func(stored map[string][]byte) map[string][]byte {
		maps.DeleteFunc(stored, func(key string, _ []byte) bool { return !strings.HasPrefix(key, "a:") })
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
