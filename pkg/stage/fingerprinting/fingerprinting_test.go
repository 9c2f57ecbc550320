package fingerprinting

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// morning is the first event's time in these tests: 2026-09-07T00:00:00Z.
const morning = int64(1_788_739_200_000)

// drive is a stage on a store of its own, as the pipeline runs it.
type drive struct {
	t      require.TestingT
	stage  stage.Stage
	task   stage.Task
	store  map[string][]byte
	out    []stage.Out
	counts map[string]int64
}

func newDrive(t require.TestingT, change func(*Options)) *drive {
	opts := DefaultOptions()
	if change != nil {
		change(&opts)
	}
	st, err := New(opts)
	require.NoError(t, err)
	d := &drive{t: t, stage: st, store: map[string][]byte{}, counts: map[string]int64{}}
	d.open()
	return d
}

// open is what happens when a partition is assigned: nothing is left but the store.
func (d *drive) open() {
	d.task = stagetest.Open(d.t, d.stage, 0)
	d.load(d.task.Needs(nil))
}

func (d *drive) load(keys []string) {
	for _, key := range keys {
		require.NoError(d.t, d.task.Load(key, d.store[key]))
	}
}

func (d *drive) process(batch []stage.Record) {
	d.load(d.task.Needs(batch))
	res, err := d.task.Process(batch)
	require.NoError(d.t, err)
	d.commit(res)
}

func (d *drive) commit(res stage.Result) {
	for _, c := range res.Changes {
		if c.Value == nil {
			delete(d.store, c.Key)
		} else {
			require.Positive(d.t, c.TTL)
			d.store[c.Key] = c.Value
		}
	}
	d.out = append(d.out, res.Out...)
	stagetest.RequireDeclared(d.t, d.stage, res)
	for what, n := range stagetest.Counted(res.Counts) {
		d.counts[what] += n
	}
}

// profiles are the newest profiles put out, by account; nil for a tombstone.
func (d *drive) profiles() map[string]*fingerprint.Profile {
	found := map[string]*fingerprint.Profile{}
	for _, out := range d.out {
		if out.To != stage.Profiles {
			continue
		}
		var p *fingerprint.Profile
		if out.Value != nil {
			p = new(fingerprint.Profile)
			require.NoError(d.t, p.UnmarshalBinary(out.Value))
			require.Equal(d.t, string(out.Key), p.Tenant+"\x00"+p.Account)
		}
		found[string(out.Key)] = p
	}
	return found
}

// accountStates is the stored state without what depends on the batches.
func (d *drive) accountStates() map[string][]byte {
	states := maps.Clone(d.store)
	delete(states, metaKey)
	delete(states, pendingKey)
	return states
}

// seen is one observation of a simple kind, as a record of its topic.
func seen(t require.TestingT, offset int64, account int, at int64) stage.Record {
	o := fingerprint.Observation{
		Position: fingerprint.Position{Partition: 7, Offset: offset}, Time: at,
		ID: uint64(offset)*0x9e3779b97f4a7c15 | 1, Tenant: "default",
		Account: "acct_" + strconv.Itoa(account), InputTokens: 10, OutputTokens: 20,
		ReasoningTokens: -1, Messages: 1, Status: fingerprint.StatusOK, HasText: true,
	}
	o.Sketch.Exact = uint64(offset)*0xbf58476d1ce4e5b9 | 1
	o.Sketch.Turn = []uint64{1, 2, 3, uint64(offset) + 1000}
	return observed(t, &o)
}

func observed(t require.TestingT, o *fingerprint.Observation) stage.Record {
	value, err := o.MarshalBinary()
	require.NoError(t, err)
	return stage.Record{
		Topic: "observations", Offset: o.Position.Offset,
		Key: []byte(o.Tenant + "\x00" + o.Account), Value: value,
	}
}

func TestObservationsAreCountedAndShown(t *testing.T) {
	d := newDrive(t, nil)
	var batch []stage.Record
	for n := range 600 {
		batch = append(batch, seen(t, int64(n), n%3, morning+int64(n)*1000))
	}
	d.process(batch)
	require.Equal(t, map[string]int64{"ok": 600, "published": int64(len(d.out))}, d.counts)
	require.Len(t, d.profiles(), 3)
	require.LessOrEqual(t, len(d.out), 3*11,
		"ten minutes: at most one profile a minute and account, and the first at once")
	require.GreaterOrEqual(t, len(d.out), 3*8)

	res, err := d.task.Flush()
	require.NoError(t, err)
	d.commit(res)
	for _, p := range d.profiles() {
		require.EqualValues(t, 200, p.Requests)
	}
	n := len(d.out)
	res, err = d.task.Flush()
	require.NoError(t, err)
	require.Zero(t, res, "nothing is held back, so nothing is to be stored either")
	require.Len(t, d.out, n)
}

func TestAFlushAfterARestartShowsWhatWasHeldBackBefore(t *testing.T) {
	d := newDrive(t, nil)
	d.process([]stage.Record{
		seen(t, 0, 1, morning), seen(t, 1, 1, morning+1000), seen(t, 2, 2, morning+2000),
		seen(t, 3, 2, morning+3000),
	})
	require.EqualValues(t, 1, d.profiles()["default\x00acct_1"].Requests)
	d.open()
	d.load(d.task.Needs(nil))
	res, err := d.task.Flush()
	require.NoError(t, err)
	d.commit(res)
	require.EqualValues(t, 2, d.profiles()["default\x00acct_1"].Requests)
	require.EqualValues(t, 2, d.profiles()["default\x00acct_2"].Requests)
	d.open()
	d.load(d.task.Needs(nil))
	res, err = d.task.Flush()
	require.NoError(t, err)
	require.Zero(t, res)
	// Counting goes on where it was.
	d.process([]stage.Record{seen(t, 4, 1, morning+3_600_000)})
	require.EqualValues(t, 3, d.profiles()["default\x00acct_1"].Requests)
}

func TestAnAccountThatFallsSilentIsShownWhenItsTimeComes(t *testing.T) {
	d := newDrive(t, nil)
	d.process([]stage.Record{seen(t, 0, 1, morning), seen(t, 1, 1, morning+1000)})
	require.EqualValues(t, 1, d.profiles()["default\x00acct_1"].Requests)
	// A restart in between forgets nothing.
	d.open()
	d.process([]stage.Record{seen(t, 2, 2, morning+59_000)})
	require.EqualValues(t, 1, d.profiles()["default\x00acct_1"].Requests)
	d.open()
	d.process([]stage.Record{seen(t, 3, 3, morning+61_000)})
	require.EqualValues(t, 2, d.profiles()["default\x00acct_1"].Requests)
}

func TestWhenTooManyWaitTheEarliestAreShownEarly(t *testing.T) {
	d := newDrive(t, func(o *Options) { o.MaxPending = 10 })
	for n := range 100 {
		d.process([]stage.Record{
			seen(t, int64(2*n), n, morning+int64(n)), seen(t, int64(2*n+1), n, morning+int64(n)),
		})
	}
	require.EqualValues(t, 90, d.counts["published_early"])
	require.Len(t, d.profiles(), 100)
}

func TestARecordThatCannotBeReadIsADeadLetterAndThePartitionGoesOn(t *testing.T) {
	d := newDrive(t, nil)
	wrong := seen(t, 2, 1, morning)
	wrong.Key = []byte("default\x00acct_2")
	d.process([]stage.Record{
		{
			Topic: "observations", Partition: 3, Offset: 11, Key: []byte("default\x00x"),
			Value: []byte("no observation"),
		},
		wrong,
		seen(t, 3, 1, morning),
	})
	require.Equal(t, map[string]int64{
		"dead_letter:bad_observation": 1, "dead_letter:wrong_key": 1, "ok": 1, "published": 1,
	}, d.counts)
	require.Equal(t, stage.DeadLetters, d.out[0].To)
	require.Equal(t, "no observation", string(d.out[0].Value))
	require.Contains(t, d.out[0].Headers, stage.Header{
		Key: "stillwatch-reason", Value: []byte("bad_observation"),
	})
	require.Contains(
		t, d.out[0].Headers, stage.Header{Key: "stillwatch-offset", Value: []byte("11")},
	)
}

func TestWhatIngestProducesTwiceCountsOnce(t *testing.T) {
	t.Run("in order", func(t *testing.T) {
		d := newDrive(t, nil)
		var batch []stage.Record
		for n := range 200 {
			batch = append(batch, seen(t, int64(n), n%5, morning+int64(n)*1000))
		}
		d.process(batch)
		d.open()
		d.process(batch[50:])
		require.EqualValues(t, 200, d.counts["ok"])
		require.EqualValues(t, 150, d.counts["duplicate:replay"])
	})
	t.Run("out of order: a failed part of a batch comes after what followed it",
		func(t *testing.T) {
			d := newDrive(t, nil)
			var batch []stage.Record
			for n := range 200 {
				batch = append(batch, seen(t, int64(n), n%5, morning+int64(n)*1000))
			}
			d.process(batch[100:])
			d.open()
			d.process(batch)
			require.EqualValues(t, 200, d.counts["ok"], "nothing is lost")
			require.EqualValues(t, 100, d.counts["duplicate:replay"], "and nothing counts twice")
		})
	t.Run("several events of one record have the same offset", func(t *testing.T) {
		d := newDrive(t, nil)
		var batch []stage.Record
		for n := range int32(5) {
			o := fingerprint.Observation{
				Position: fingerprint.Position{Partition: 7, Offset: 1, Index: n}, Time: morning,
				ID: uint64(n + 1), Tenant: "t", Account: "a",
			}
			batch = append(batch, observed(t, &o))
		}
		d.process(batch)
		d.open()
		d.process(batch)
		require.EqualValues(t, 5, d.counts["ok"])
		require.EqualValues(t, 5, d.counts["duplicate:replay"])
	})
	t.Run("below the window everything counts as seen", func(t *testing.T) {
		d := newDrive(t, func(o *Options) { o.ReplayWindow = 0 })
		d.process([]stage.Record{
			seen(t, 5, 1, morning), seen(t, 4, 1, morning),
			seen(t, 5, 1, morning), seen(t, 6, 1, morning),
		})
		require.EqualValues(t, 2, d.counts["ok"])
		require.EqualValues(t, 2, d.counts["duplicate:replay"])
	})
	t.Run("the same event at another position is told by its id", func(t *testing.T) {
		d := newDrive(t, nil)
		o := fingerprint.Observation{
			Position: fingerprint.Position{Offset: 1}, Time: morning, ID: 9,
			Tenant: "t", Account: "a",
		}
		first := observed(t, &o)
		o.Position.Offset = 2
		d.process([]stage.Record{first, observed(t, &o)})
		require.EqualValues(t, 1, d.counts["ok"])
		require.EqualValues(t, 1, d.counts["duplicate:id"])
	})
}

func TestSourcesRememberedAreBounded(t *testing.T) {
	d := newDrive(t, nil)
	from := func(partition uint64, at int64) stage.Record {
		o := fingerprint.Observation{
			Position: fingerprint.Position{Partition: partition}, Time: at, ID: partition,
			Tenant: "t", Account: "a",
		}
		return observed(t, &o)
	}
	var batch []stage.Record
	for n := range uint64(maxSources) {
		batch = append(batch, from(n+1, morning+int64(n)))
	}
	d.process(batch)
	require.Zero(t, d.counts["source_forgotten"])
	d.process([]stage.Record{from(1<<50, morning+maxSources), from(1<<51, morning+maxSources)})
	require.EqualValues(t, 2, d.counts["source_forgotten"])
	sources := d.task.(*task).sources
	require.Len(t, sources, maxSources)
	require.NotContains(t, sources, uint64(1), "the one that was quiet longest")
}

func TestATimeFromTheFutureIsNotBelievedAlone(t *testing.T) {
	const year = 365 * 24 * 3_600_000
	t.Run("one event is refused when the stream goes on where it was", func(t *testing.T) {
		d := newDrive(t, nil)
		d.process([]stage.Record{seen(t, 1, 1, morning), seen(t, 2, 2, morning+year)})
		require.EqualValues(t, 1, d.counts["quarantined"])
		// It waits through a restart.
		d.open()
		d.process([]stage.Record{seen(t, 3, 1, morning+1000)})
		require.EqualValues(t, 2, d.counts["ok"])
		require.EqualValues(t, 1, d.counts["dead_letter:from_the_future"])
		last := d.out[len(d.out)-1]
		require.Equal(t, stage.DeadLetters, last.To)
		require.Equal(t, seen(t, 2, 2, morning+year).Value, last.Value)
		require.NotContains(t, d.profiles(), "default\x00acct_2")
	})
	t.Run("after a long silence the accounts agree on the new time and nothing is lost",
		func(t *testing.T) {
			d := newDrive(t, nil)
			d.process([]stage.Record{seen(t, 1, 1, morning)})
			d.process([]stage.Record{seen(t, 2, 2, morning+year)})
			d.open()
			d.process([]stage.Record{
				seen(t, 3, 3, morning+year+1000), seen(t, 4, 2, morning+year+2000),
				seen(t, 5, 2, morning+year+3000),
			})
			require.EqualValues(t, 5, d.counts["ok"])
			require.Zero(t, d.counts["dead_letter:from_the_future"])
			require.Len(t, d.profiles(), 3)
		})
	t.Run("an account that is alone in its partition needs a few more", func(t *testing.T) {
		d := newDrive(t, nil)
		d.process([]stage.Record{seen(t, 0, 1, morning)})
		for n := range int64(agreementAlone) {
			require.EqualValues(t, 1, d.counts["ok"])
			d.process([]stage.Record{seen(t, n+1, 1, morning+year+n)})
		}
		require.EqualValues(t, 1+agreementAlone, d.counts["ok"])
	})
	t.Run("a first event of the far future is disowned by those that follow", func(t *testing.T) {
		d := newDrive(t, nil)
		d.process([]stage.Record{seen(t, 0, 1, morning+50*year)})
		for n := range int64(2 * disowned) {
			d.process([]stage.Record{seen(t, n+1, 2+int(n%3), morning+n*1000)})
		}
		require.Equal(t, morning+(2*disowned-1)*1000, d.task.(*task).clock.now)
		d.process([]stage.Record{seen(t, 1000, 1, morning+500_000)})
		require.EqualValues(t, 1, d.counts["reset"], "the account that was carried off starts anew")
		require.EqualValues(t, 1, d.profiles()["default\x00acct_1"].Requests)
		require.EqualValues(t, 2+2*disowned, d.counts["ok"])
		require.Zero(t, d.counts["expired"])
	})
}

func TestAnAccountThatWasSilentForTheHorizonIsForgotten(t *testing.T) {
	d := newDrive(t, nil)
	d.process([]stage.Record{seen(t, 0, 1, morning)})
	half := (12 * time.Hour).Milliseconds()
	for n := range int64(100 + recentTimes) {
		d.process([]stage.Record{seen(t, n+1, 2, morning+min(n, 100)*half+n)})
	}
	require.EqualValues(t, 1, d.counts["expired"])
	profiles := d.profiles()
	require.Contains(t, profiles, "default\x00acct_1")
	require.Nil(t, profiles["default\x00acct_1"], "a tombstone")
	require.NotContains(t, d.store, "a:default\x00acct_1")
	require.Contains(t, d.store, "a:default\x00acct_2")
}

func TestMemoryIsBoundedByTheAccountsKept(t *testing.T) {
	d := newDrive(t, func(o *Options) { o.MaxAccounts, o.MaxPending = 20, 5 })
	all := newDrive(t, func(o *Options) { o.MaxAccounts, o.MaxPending = 0, 5 })
	for n := range 2000 {
		batch := []stage.Record{
			seen(t, int64(2*n), n%97, morning+int64(n)*10_000),
			seen(t, int64(2*n+1), n%31, morning+int64(n)*10_000),
		}
		d.process(batch)
		all.process(batch)
		require.LessOrEqual(t, len(d.task.(*task).cache.byKey), 22)
	}
	require.Positive(t, d.counts["evicted"])
	require.Equal(t, all.accountStates(), d.accountStates(), "who is in memory makes no difference")
}

func TestStateThatCannotBeReadIsAnErrorThatNamesTheKey(t *testing.T) {
	d := newDrive(t, nil)
	require.ErrorContains(t, d.task.Load(metaKey, []byte{99}), `"meta"`)
	require.ErrorContains(t, d.task.Load(pendingKey, []byte{metaVersion, 200}), `"pending"`)
	require.ErrorIs(t, d.task.Load("a:default\x00x", []byte{99}), fingerprint.ErrEncoding)
	require.Error(t, d.task.Load("something else", nil))
	_, err := stagetest.Open(t, d.stage, 0).Process([]stage.Record{seen(t, 0, 1, morning)})
	require.ErrorIs(t, err, errNotLoaded)
}

// traffic makes the records of some accounts: in much the order of time, some repeated, some late,
// some ahead, from three source partitions.
func traffic(t require.TestingT, r *rand.Rand, n int) []stage.Record {
	var list []stage.Record
	offsets := [3]int64{}
	at := morning
	for i := range n {
		at += r.Int64N(90_000)
		source := r.IntN(3)
		o := fingerprint.Observation{
			Position: fingerprint.Position{Partition: uint64(source + 1), Offset: offsets[source]},
			ID:       r.Uint64N(uint64(n) * 3), Time: at - r.Int64N(10_000), Tenant: "default",
			Account: fmt.Sprintf("acct_%d", r.IntN(12)), InputTokens: r.Int64N(100), HasText: true,
			Status: fingerprint.Status(r.IntN(5)),
		}
		offsets[source] += 1 + r.Int64N(3)
		switch r.IntN(40) {
		case 0:
			o.Time -= (72 * time.Hour).Milliseconds()
		case 1:
			o.Time += (1000 * time.Hour).Milliseconds()
		case 2:
			at += (30 * time.Hour).Milliseconds()
		}
		o.Source = r.Uint64N(30) * 0x9e3779b97f4a7c15
		o.Sketch.Exact = r.Uint64() | 1
		o.Sketch.Turn = []uint64{r.Uint64N(10) + 1, r.Uint64N(100) + 100, 1000 + uint64(i)}
		o.Sketch.Prefix, o.Sketch.Continuation = r.Uint64N(50), r.Uint64N(50)
		list = append(list, observed(t, &o))
		if r.IntN(20) == 0 {
			list = append(list, list[r.IntN(len(list))])
		}
	}
	return list
}

// The heart of the delivery guarantee: whatever is killed when, and however the records are cut
// into batches, the fingerprints come out the same.
func TestAReplayAfterACrashEndsInTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		records := traffic(t, r, rapid.IntRange(1, 300).Draw(t, "events"))
		limit := func(o *Options) { o.MaxAccounts, o.MaxPending = 3, 4 }
		whole := newDrive(t, limit)
		whole.process(records)

		crashing := newDrive(t, limit)
		for at := 0; at < len(records); {
			n := min(rapid.IntRange(1, 60).Draw(t, "batch"), len(records)-at)
			switch rapid.IntRange(0, 4).Draw(t, "fate") {
			case 0:
				// Killed after the batch was computed, before it was committed.
				crashing.load(crashing.task.Needs(records[at : at+n]))
				_, err := crashing.task.Process(records[at : at+n])
				require.NoError(t, err)
				crashing.open()
				continue
			case 1:
				// Killed after the commit; ingest produces a part of it again.
				crashing.process(records[at : at+n])
				at += n
				crashing.open()
				again := rapid.IntRange(0, at).Draw(t, "again")
				crashing.process(records[at-again : at])
			default:
				crashing.process(records[at : at+n])
				at += n
			}
		}
		a, b := whole.accountStates(), crashing.accountStates()
		require.Equal(t, slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
		for key := range a {
			require.Equal(t, a[key], b[key], "%q", key)
		}
		require.Equal(t, whole.counts["ok"], crashing.counts["ok"])
		require.Equal(t, whole.profiles(), crashing.profiles())
	})
}

func BenchmarkFingerprintStage(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	opts := DefaultOptions()
	st, err := New(opts)
	require.NoError(b, err)
	task := stagetest.Open(b, st, 0)
	n, ok := int64(0), int64(0)
	for b.Loop() {
		b.StopTimer()
		batch := make([]stage.Record, 1000)
		for i := range batch {
			batch[i] = seen(b, n, r.IntN(300), morning+n*100)
			n++
		}
		b.StartTimer()
		for _, key := range task.Needs(batch) {
			require.NoError(b, task.Load(key, nil))
		}
		res, err := task.Process(batch)
		require.NoError(b, err)
		ok += res.Counts.Of(stage.OK)
	}
	require.Equal(b, n, ok)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
}
