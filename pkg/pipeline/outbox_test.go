package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// outbox addresses records as a worker does.
func outbox(t testing.TB, out []stage.Out) []addressed {
	t.Helper()
	w := &worker{p: &Pipeline{opts: Options{
		Outputs: map[stage.Output]string{stage.Alerts: "alerts", stage.Accounts: "accounts"},
	}}}
	records, err := w.address(out)
	require.NoError(t, err)
	return records
}

func TestTheOutboxKeepsRecordsAsTheyAre(t *testing.T) {
	big := make([]byte, outboxChunk*2/3)
	out := []stage.Out{
		{To: stage.Alerts, Key: []byte("k"), Value: []byte("v"), Headers: []stage.Header{
			{Key: "h", Value: []byte("1")}, {Key: "e", Value: []byte{}}, {Key: "n"},
		}},
		{To: stage.Accounts, Key: []byte{}, Value: nil},
		{To: stage.Accounts, Key: nil, Value: []byte{}},
		{To: stage.Alerts, Value: big},
		{To: stage.Alerts, Value: big},
		{To: stage.Alerts, Value: big},
	}
	chunks := encodeOutbox(outbox(t, out))
	require.Len(t, chunks, 3)
	var got []stage.Out
	for _, c := range chunks {
		require.LessOrEqual(t, len(c), outboxChunk+64)
		part, n, err := decodeOutbox(c)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		got = append(got, part...)
	}
	require.Equal(t, out, got)
	require.Empty(t, encodeOutbox(nil))
}

func FuzzADamagedOutboxIsAnErrorAndNoPanic(f *testing.F) {
	out := []stage.Out{{
		To: stage.Alerts, Key: []byte("k"), Value: []byte("v"), Headers: []stage.Header{{Key: "h"}},
	}, {To: stage.Accounts}}
	for _, c := range encodeOutbox(outbox(f, out)) {
		f.Add(c)
		f.Add(c[:len(c)-1])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, chunks, err := decodeOutbox(b)
		if err != nil {
			return
		}
		require.Positive(t, chunks)
		require.LessOrEqual(t, len(out), len(b))
	})
}

func TestARecordThatNoOutboxHoldsBecomesADeadLetter(t *testing.T) {
	in := &log{}
	in.add("a", "pad"+strings.Repeat("x", 3<<20))
	in.add("b", "x")
	redis, sink := openStore(t), &memorySink{}
	opts := testOptions()
	opts.Outbox = true
	_, stop := start(t, Config{
		Options: opts, Stage: newCounting(), Source: logSource{in},
		Sink: sink, Store: FromStore(redis),
	})
	eventually(t, func() bool { return in.committed.Load() == 2 && sent(t, redis, true) })
	stop()
	require.Equal(t, []string{"b=1 run=1"}, sink.values("out"))
	require.Equal(t, []string{""}, sink.values("dead"))
}

func TestAnOutboxOfManyChunksIsSentAfterACrash(t *testing.T) {
	in := &log{}
	for range 6 {
		in.add("a", "pad"+strings.Repeat("x", outboxChunk*2/3))
	}
	redis := openStore(t)
	opts := testOptions()
	opts.Outbox = true
	down := &memorySink{fail: func([]stream.OutRecord) error { return errors.New("kafka is down") }}
	counter := newCounting()
	p, stop := start(t, Config{
		Options: opts, Stage: counter, Source: logSource{in}, Sink: down, Store: FromStore(redis),
	},
		func(p *Pipeline) { p.opts.ShutdownTimeout = 10 * time.Millisecond })
	eventually(t, func() bool { s := p.Status(); return s.Err != nil && next(t, redis) == 6 })
	stop()
	require.False(t, sent(t, redis, true))

	up := &memorySink{}
	_, stop = start(t, Config{
		Options: opts, Stage: counter, Source: logSource{in}, Sink: up, Store: FromStore(redis),
	})
	eventually(t, func() bool { return sent(t, redis, true) })
	stop()
	require.Len(t, up.values("out"), 6)
	require.Equal(t, int64(1), counter.runs.Load())
	require.Equal(t, map[string]int{"a": 6}, state(t, redis, "in", 1))
}

func TestRecordsThatAreTooLargeBecomeDeadLetters(t *testing.T) {
	in := &log{}
	in.add("a", "pad"+strings.Repeat("x", 500))
	in.add("b", "small")
	redis := openStore(t)
	sink := &memorySink{}
	sink.fail = func(records []stream.OutRecord) error {
		large := &stream.TooLargeError{}
		for i := range records {
			if len(records[i].Value) > 400 {
				large.Records = append(large.Records, i)
			}
		}
		if len(large.Records) == 0 {
			return nil
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for i := range records {
			if len(records[i].Value) <= 400 {
				sink.records = append(sink.records, records[i])
			}
		}
		return large
	}
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	_, stop := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in}, Sink: sink,
		Store: FromStore(redis), Metrics: m,
	})
	eventually(t, func() bool { return in.committed.Load() == 2 })
	stop()
	require.Equal(t, []string{"b=1 run=1"}, sink.values("out"))
	require.Len(t, sink.values("dead"), 1)
	letter := sink.records[len(sink.records)-1]
	require.Equal(t, "dead", letter.Topic)
	require.Equal(t, "a", string(letter.Key))
	require.Empty(t, letter.Value, "the content goes nowhere")
	require.Equal(t, "record_too_large", string(letter.Headers[0].Value))
	require.Equal(
		t, "the record for out has 512 bytes; its content is left out",
		string(letter.Headers[1].Value),
	)
	require.InDelta(
		t, 1, testutil.ToFloat64(m.deadLetters.WithLabelValues("counting", "record_too_large")), 0,
	)
}

func TestATooLargeDeadLetterIsSentWithoutItsContent(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	p, err := New(Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{}, Sink: &memorySink{},
		Store: FromStore(nil), Metrics: m,
	})
	require.NoError(t, err)
	w := &worker{p: p}
	headers := []stream.Header{{Key: "stillwatch-reason", Value: []byte("malformed_json")}}
	letters := w.replaceLarge([]addressed{{stage.DeadLetters, stream.OutRecord{
		Topic: "dead", Value: make([]byte, 9), Headers: headers,
	}}}, []int{0})
	require.Len(t, letters, 1)
	require.Equal(t, headers[0], letters[0].record.Headers[0])
	require.Equal(t, "stillwatch-left-out", letters[0].record.Headers[1].Key)
	require.Empty(t, w.replaceLarge(letters, []int{0}), "and given up if even that is too large")
	require.InDelta(
		t, 1, testutil.ToFloat64(m.dropped.WithLabelValues("counting", "dead_letter_too_large")), 0,
	)
}

func TestRecordsThatTheSinkRefusesBecomeDeadLetters(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("outbox %v", outbox), func(t *testing.T) {
			in := &log{}
			for i := range 5 {
				in.add(fmt.Sprintf("k%d", i), "x")
			}
			// Of five records the sink refuses the second and finds the fourth too large.
			asked := 0
			sink := &memorySink{}
			sink.fail = func(records []stream.OutRecord) error {
				if records[0].Topic != "out" {
					return nil
				}
				asked++
				return errors.Join(
					&stream.TooLargeError{Records: []int{3}},
					&stream.RefusedError{Refused: []stream.Refused{{
						Record: 1, Reason: "unwanted",
						Headers: []stream.Header{{Key: "stillwatch-status", Value: []byte("410")}},
					}}},
				)
			}
			metrics := NewMetrics(prometheus.NewRegistry())
			opts := testOptions()
			opts.Outbox = outbox
			start(t, Config{
				Options: opts, Stage: newCounting(), Source: logSource{in}, Sink: sink,
				Store: FromStore(openStore(t)), Metrics: metrics,
			})
			eventually(t, func() bool { return in.committed.Load() == 5 })
			require.Equal(t, 1, asked, "what was taken is not sent again")
			require.Equal(t, []string{"", "k1=1 run=1"}, sink.values("dead"))
			letter := sink.records[1]
			require.Equal(t, "k1", string(letter.Key))
			require.Equal(t, []stream.Header{
				{Key: "stillwatch-reason", Value: []byte("unwanted")},
				{Key: "stillwatch-status", Value: []byte("410")},
				{Key: "n", Value: []byte{1}},
			}, letter.Headers)
			for _, c := range []struct {
				vec   *prometheus.CounterVec
				label string
				want  float64
			}{
				{metrics.deadLetters, "unwanted", 1},
				{metrics.deadLetters, "record_too_large", 1},
				{metrics.produced, "observations", 3},
				{metrics.produced, "dead_letters", 2},
			} {
				got := testutil.ToFloat64(c.vec.WithLabelValues("counting", c.label))
				require.InDelta(t, c.want, got, 0, c.label)
			}
		})
	}
}

func TestRefusedRecordsWithoutATopicForDeadLettersAreCounted(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	sink := &memorySink{fail: func([]stream.OutRecord) error {
		return &stream.RefusedError{Refused: []stream.Refused{{Reason: "unwanted"}}}
	}}
	metrics := NewMetrics(prometheus.NewRegistry())
	opts := testOptions()
	opts.Outputs = map[stage.Output]string{stage.Observations: "out"}
	start(t, Config{
		Options: opts, Stage: newCounting(), Source: logSource{in}, Sink: sink,
		Store: FromStore(openStore(t)), Metrics: metrics,
	})
	eventually(t, func() bool { return in.committed.Load() == 1 })
	dropped := metrics.dropped.WithLabelValues("counting", "refused")
	require.InDelta(t, 1, testutil.ToFloat64(dropped), 0)
}
