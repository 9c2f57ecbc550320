package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestBadOptionsAreNamed(t *testing.T) {
	good := DefaultOptions()
	require.NoError(t, good.Validate())
	for _, test := range []struct {
		edit func(*Options)
		want string
	}{
		{func(o *Options) { o.BatchRecords = 0 }, "batch_records"},
		{func(o *Options) { o.BatchWait = 0 }, "batch_wait"},
		{func(o *Options) { o.FlushAfter = o.BatchWait / 2 }, "flush_after"},
		{func(o *Options) { o.FlushAfter = -time.Second }, "flush_after"},
		{func(o *Options) { o.Start = "middle" }, `start: "middle"`},
		{func(o *Options) { o.ShutdownTimeout = 0 }, "shutdown_timeout"},
		{func(o *Options) { o.RetryMin = time.Hour }, "retry_min"},
	} {
		o := DefaultOptions()
		test.edit(&o)
		require.ErrorContains(t, o.Validate(), test.want)
		_, err := New(Config{Options: o})
		require.ErrorContains(t, err, test.want)
	}
	_, err := New(Config{Options: good})
	require.ErrorContains(t, err, "needs a stage")
	_, err = New(Config{Options: good, Stage: newCounting()})
	require.ErrorContains(t, err, "needs a source, a sink and a store")
}

func TestWhatAStageCountsIsInTheMetrics(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	in.add("a", "bad")
	reg := prometheus.NewRegistry()
	redis, sink := openStore(t), &memorySink{}
	_, stop := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in}, Sink: sink,
		Store: FromStore(redis), Metrics: NewMetrics(reg),
	})
	eventually(t, func() bool { return in.committed.Load() == 2 })
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP stillwatch_consumer_lag Records of an owned partition that are not processed yet.
# TYPE stillwatch_consumer_lag gauge
stillwatch_consumer_lag{partition="0",stage="counting",topic="in"} 0
# HELP stillwatch_dead_letters_total Records that could not be read or written, by reason.
# TYPE stillwatch_dead_letters_total counter
stillwatch_dead_letters_total{reason="bad",stage="counting"} 1
stillwatch_dead_letters_total{reason="record_too_large",stage="counting"} 0
# HELP stillwatch_events_total Records processed, by result.
# TYPE stillwatch_events_total counter
stillwatch_events_total{result="dead_letter",stage="counting"} 1
stillwatch_events_total{result="ok",stage="counting"} 2
# HELP stillwatch_partitions_owned Partitions that this process works on.
# TYPE stillwatch_partitions_owned gauge
stillwatch_partitions_owned{stage="counting"} 1
# HELP stillwatch_produced_total Records produced and acknowledged, by output.
# TYPE stillwatch_produced_total counter
stillwatch_produced_total{output="dead_letters",stage="counting"} 1
stillwatch_produced_total{output="observations",stage="counting"} 2
`), "stillwatch_consumer_lag", "stillwatch_dead_letters_total", "stillwatch_events_total",
		"stillwatch_partitions_owned", "stillwatch_produced_total"))
	stop()
	n, err := testutil.GatherAndCount(reg, "stillwatch_consumer_lag")
	require.NoError(t, err)
	require.Zero(t, n, "a partition that is gone has no lag")
	require.Nil(t, sink.records[len(sink.records)-1].Value, "a tombstone stays one")
	require.Equal(t, []stream.Header{{Key: "n", Value: []byte{1}}}, sink.records[0].Headers)
}

func TestAStopFinishesTheBatchUnderWay(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	redis := openStore(t)
	producing, goOn := make(chan struct{}), make(chan struct{})
	sink := &memorySink{
		fail: func([]stream.OutRecord) error { close(producing); <-goOn; return nil },
	}
	_, stop := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in},
		Sink: sink, Store: FromStore(redis),
	})
	<-producing
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	close(goOn)
	<-stopped
	require.Equal(t, int64(1), next(t, redis))
	require.Len(t, sink.values("out"), 1)
}

func TestAStopDoesNotWaitForEver(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	redis := openStore(t)
	sink := &memorySink{fail: func([]stream.OutRecord) error { return errors.New("kafka is down") }}
	p, stop := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in},
		Sink: sink, Store: FromStore(redis),
	},
		func(p *Pipeline) { p.opts.ShutdownTimeout = 50 * time.Millisecond })
	eventually(t, func() bool { s := p.Status(); return s.Err != nil })
	stop()
	require.Equal(t, store.NoOffset, next(t, redis))
}

// flakyStore fails every other operation, before or after it had its effect.
type flakyStore struct {
	Store
	n *atomic.Int64
}

func (s flakyStore) Acquire(ctx context.Context, stage, partition string) (Lease, error) {
	if s.n.Add(1)%2 == 1 {
		return nil, errors.New("redis is away")
	}
	l, err := s.Store.Acquire(ctx, stage, partition)
	return flakyLease{l, s.n}, err
}

type flakyLease struct {
	Lease
	n *atomic.Int64
}

func (l flakyLease) Load(ctx context.Context, keys []string) ([][]byte, error) {
	if l.n.Add(1)%2 == 1 {
		return nil, errors.New("redis is away")
	}
	return l.Lease.Load(ctx, keys)
}

func (l flakyLease) Commit(ctx context.Context, c store.Commit) error {
	switch l.n.Add(1) % 3 {
	case 0:
		return errors.New("redis is away")
	case 1:
		_ = l.Lease.Commit(ctx, c)
		return errors.New("connection lost") // after the commit was made
	}
	return l.Lease.Commit(ctx, c)
}

func TestTransientFailuresAreWaitedOut(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		in := &log{}
		want := map[string]int{}
		for i := range 50 {
			key := fmt.Sprintf("k%d", i%5)
			in.add(key, "x")
			want[key]++
		}
		redis := openStore(t)
		var calls atomic.Int64
		sink := &memorySink{fail: func(records []stream.OutRecord) error {
			switch calls.Add(1) % 3 {
			case 0:
				return errors.New("kafka is away")
			case 1:
				if len(records) > 1 {
					return &stream.PartialError{
						Unacked: []int{0, 1}, Err: errors.New("leader moved"),
					}
				}
			}
			return nil
		}}
		opts := testOptions()
		opts.Outbox = outbox
		reg := prometheus.NewRegistry()
		counter := newCounting()
		p, stop := start(t, Config{
			Options: opts, Stage: counter, Source: logSource{in}, Sink: sink,
			Store: flakyStore{FromStore(redis), new(atomic.Int64)}, Metrics: NewMetrics(reg),
		})
		eventually(t, func() bool { return in.committed.Load() == 50 && sent(t, redis, outbox) })
		eventually(t, func() bool { s := p.Status(); return s.Ready() })
		stop()
		require.Equal(t, want, state(t, redis, "in", 1))
		require.Equal(t, int64(8), counter.runs.Load(), "no batch is computed twice")
		n, err := testutil.GatherAndCount(reg, "stillwatch_retries_total")
		require.NoError(t, err)
		require.Equal(t, 4, n)
	}
}

func TestTheStatusTellsWhatIsWrong(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	redis := openStore(t)
	var broken atomic.Bool
	broken.Store(true)
	sink := &memorySink{fail: func([]stream.OutRecord) error {
		if broken.Load() {
			return errors.New("kafka at k:9092 does not answer")
		}
		return nil
	}}
	p, _ := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in},
		Sink: sink, Store: FromStore(redis),
	})
	eventually(t, func() bool { s := p.Status(); return s.Err != nil })
	s := p.Status()
	require.EqualError(t, s.Err, "kafka at k:9092 does not answer")
	require.False(t, s.Ready())
	require.False(t, s.KafkaOK)
	require.True(t, s.RedisOK)
	broken.Store(false)
	eventually(t, func() bool {
		s := p.Status()
		return s.Ready() && s.KafkaOK && s.Assigned == 1 && s.Open == 1
	})
}

func TestAFaultOfTheStageStopsThePartitionAndShows(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	redis, sink := openStore(t), &memorySink{}
	p, stop := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in},
		Sink: sink, Store: FromStore(redis),
	})
	eventually(t, func() bool { return in.committed.Load() == 1 })
	in.add("a", "fault")
	eventually(t, func() bool {
		s := p.Status()
		return s.Err != nil && strings.Contains(s.Err.Error(), "the stage is broken")
	})
	stop()
	require.Equal(t, int64(1), next(t, redis))
	require.Equal(t, map[string]int{"a": 1}, state(t, redis, "in", 1))
}

// unopened is a stage that cannot be opened.
type unopened struct{ counting }

func (unopened) Open(int) (stage.Task, error) {
	return nil, errors.Join(errors.New("no secret"), errors.New("no options"))
}

func TestAStageThatCannotBeOpenedStopsThePartitionAndSaysWhyInOneLine(t *testing.T) {
	redis := openStore(t)
	p, stop := start(t, Config{
		Options: testOptions(), Stage: unopened{newCounting()}, Source: logSource{&log{}},
		Sink: &memorySink{}, Store: FromStore(redis),
	})
	eventually(t, func() bool {
		s := p.Status()
		return s.Err != nil && s.Open == 0 &&
			s.Err.Error() == "counting in:0: opening the stage: no secret no options"
	})
	stop()
	require.Equal(t, store.NoOffset, next(t, redis))
}

func TestAnOutputWithoutATopicIsAFault(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		in := &log{}
		in.add("a", "x")
		redis := openStore(t)
		opts := testOptions()
		opts.Outbox, opts.Outputs = outbox, nil
		p, stop := start(t, Config{
			Options: opts, Stage: newCounting(), Source: logSource{in},
			Sink: &memorySink{}, Store: FromStore(redis),
		})
		eventually(t, func() bool {
			s := p.Status()
			return s.Err != nil && strings.Contains(s.Err.Error(), `output "observations"`)
		})
		stop()
		require.Equal(t, store.NoOffset, next(t, redis))
	}
}

func TestTheFirstBatchBeginsWhereConfigured(t *testing.T) {
	for _, test := range []struct {
		name      string
		start     string
		committed int64
		first     int64
		want      int64
		dropped   int
	}{
		{"earliest", Earliest, store.NoOffset, 3, 3, 0},
		{"latest", Latest, store.NoOffset, 3, 10, 0},
		{"committed", Latest, 5, 3, 5, 0},
		{"all processed", Earliest, 10, 3, 10, 0},
		{"deleted by retention", Latest, 1, 3, 3, 2},
		{"a new topic", Earliest, 99, 3, 3, 0},
		{"a new topic, latest", Latest, 99, 3, 10, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := testOptions()
			opts.Start = test.start
			m := NewMetrics(prometheus.NewRegistry())
			p, err := New(Config{
				Options: opts, Stage: newCounting(), Source: logSource{}, Sink: &memorySink{},
				Store: FromStore(nil), Metrics: m,
			})
			require.NoError(t, err)
			w := &worker{p: p, log: p.log, lease: fixedLease{next: test.committed}}
			require.Equal(t, test.want, w.startOffset(test.first, 10))
			require.InDelta(
				t, test.dropped,
				testutil.ToFloat64(m.dropped.WithLabelValues("counting", "retention")), 0,
			)
		})
	}
}

func TestATopicThatIsMadeAnewIsReadFromItsStart(t *testing.T) {
	for _, outbox := range []bool{false, true} {
		redis := openStore(t)
		opts := testOptions()
		opts.Outbox = outbox
		run := func(in *log, records int) {
			for range records {
				in.add("a", "x")
			}
			_, stop := start(t, Config{
				Options: opts, Stage: newCounting(), Source: logSource{in},
				Sink: &memorySink{}, Store: FromStore(redis),
			})
			eventually(t, func() bool { return in.committed.Load() == int64(records) })
			stop()
			require.EqualValues(t, records, next(t, redis))
		}
		run(&log{}, 20)
		run(&log{}, 5)
		require.Equal(t, map[string]int{"a": 25}, state(t, redis, "in", 1))
	}
}

// fencedOnce fails the first commit for a while, and then for good because the partition was taken
// over meanwhile.
type fencedOnce struct {
	Store
	calls *atomic.Int64
}

func (s fencedOnce) Acquire(ctx context.Context, stage, partition string) (Lease, error) {
	l, err := s.Store.Acquire(ctx, stage, partition)
	return fencedLease{l, s.calls}, err
}

type fencedLease struct {
	Lease
	calls *atomic.Int64
}

func (l fencedLease) Commit(ctx context.Context, c store.Commit) error {
	switch l.calls.Add(1) {
	case 1:
		return errors.New("redis is away")
	case 2:
		return ErrFenced
	}
	return l.Lease.Commit(ctx, c)
}

func TestAPartitionThatWasLostWhileItWaitedIsReadyAgain(t *testing.T) {
	in := &log{}
	in.add("a", "x")
	p, _ := start(t, Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in}, Sink: &memorySink{},
		Store: fencedOnce{FromStore(openStore(t)), new(atomic.Int64)},
	})
	eventually(t, func() bool { return in.committed.Load() == 1 })
	s := p.Status()
	require.NoError(t, s.Err)
	require.True(t, s.Ready() && s.RedisOK)
}

// fixedLease is a lease on nothing.
type fixedLease struct {
	Lease
	next    int64
	commits *atomic.Int64
}

func (l fixedLease) Epoch() int64 { return 1 }
func (l fixedLease) Next() int64  { return l.next }
func (l fixedLease) Load(_ context.Context, keys []string) ([][]byte, error) {
	return make([][]byte, len(keys)), nil
}

func (l fixedLease) Commit(context.Context, store.Commit) error {
	l.commits.Add(1)
	return nil
}

type fixedStore struct{ lease fixedLease }

func (s fixedStore) Acquire(context.Context, string, string) (Lease, error) { return s.lease, nil }

func TestTheMemoryOfATaskIsRebuiltUpToTheCommittedOffset(t *testing.T) {
	in := &log{first: 3}
	for range 40 {
		in.add("a", "x")
	}
	var task *rebuildingTask
	p, err := New(Config{
		Options: testOptions(), Stage: counting{runs: new(atomic.Int64), rebuild: true},
		Source: logSource{in}, Sink: &memorySink{}, Store: fixedStore{fixedLease{next: 25}},
	})
	require.NoError(t, err)
	part := &logPartition{log: in}
	w := &worker{p: p, part: part, name: "in:0", log: p.log}
	require.NoError(t, w.openPartition(testContext(t), testContext(t)))
	task = w.task.(*rebuildingTask)
	var want []int64
	for i := int64(3); i < 25; i++ {
		want = append(want, i)
	}
	require.Equal(t, want, task.rebuilt)
	require.Equal(t, int64(25), part.next, "and processing goes on there")
	require.Contains(t, task.counts, "always", "what the task wants from the start is loaded")
}

func TestAnIdlePartitionKeepsItsOffsetAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		commits := new(atomic.Int64)
		p, err := New(Config{
			Options: testOptions(), Stage: newCounting(), Source: logSource{&log{}},
			Sink: &memorySink{}, Store: fixedStore{fixedLease{next: 0, commits: commits}},
		})
		require.NoError(t, err)
		p.opts.BatchWait = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = p.Run(ctx) }()
		time.Sleep(keepAlive - 2*time.Minute)
		require.Zero(t, commits.Load())
		time.Sleep(4 * time.Minute)
		require.Equal(t, int64(1), commits.Load())
		time.Sleep(keepAlive)
		require.Equal(t, int64(2), commits.Load())
		cancel()
		<-done
	})
}

func TestGraceEndsAfterItsTimeAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, stop := context.WithCancel(context.Background())
		ctx, cancel := grace(parent, 10*time.Second)
		defer cancel()
		time.Sleep(time.Hour)
		require.NoError(t, ctx.Err())
		stop()
		time.Sleep(9 * time.Second)
		require.NoError(t, ctx.Err())
		time.Sleep(2 * time.Second)
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}

func TestTwoDeploymentsOnOneStateAreKeptApart(t *testing.T) {
	in := &log{}
	want := map[string]int{}
	for i := range 300 {
		key := fmt.Sprintf("k%d", i%7)
		in.add(key, "x")
		want[key]++
	}
	redis, sink := openStore(t), &memorySink{}
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	// Neither knows of the other: both own the partition at once, again and again.
	cfg := Config{
		Options: testOptions(), Stage: newCounting(), Source: logSource{in}, Sink: sink,
		Store: FromStore(redis), Metrics: m,
	}
	cfg.Options.RetryMin, cfg.Options.RetryMax = time.Millisecond, 2*time.Millisecond
	_, stopOne := start(t, cfg)
	_, stopTwo := start(t, cfg)
	eventually(t, func() bool { return next(t, redis) == 300 })
	stopOne()
	stopTwo()
	require.Equal(t, want, state(t, redis, "in", 1))
	require.Positive(t, testutil.ToFloat64(m.fenced.WithLabelValues("counting")))
}

func TestRecordsThatComeWhileNobodyWorksOnANewPartitionAreNotPassedOver(t *testing.T) {
	in, redis := &log{}, openStore(t)
	for range 3 {
		in.add("before", "x")
	}
	opts := testOptions()
	opts.Start = Latest
	run := func(until func() bool) {
		_, stop := start(t, Config{
			Options: opts, Stage: newCounting(), Source: logSource{in}, Sink: &memorySink{},
			Store: FromStore(redis),
		})
		eventually(t, until)
		stop()
	}
	run(func() bool { return next(t, redis) == 3 })
	in.add("meanwhile", "x")
	run(func() bool { return next(t, redis) == 4 })
	require.Equal(t, map[string]int{"meanwhile": 1}, state(t, redis, "in", 1))
}
