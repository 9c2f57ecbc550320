// Package evalues holds the test that every detector's bits are evidence: over groups drawn from
// honest traffic the mean of 2^bits is at most 1, so that 2^bits is an e-value (Vovk & Wang 2021)
// and chance gives b bits in at most one group of 2^b.
package evalues

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/simulate/random"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

// size is how much is measured.
type size struct {
	// seeds are those of the worlds, of about so many accounts and so long.
	seeds    []uint64
	accounts int
	duration time.Duration
	// moments is at how many times of each world groups are drawn, draws how many of each kind.
	moments, draws int
}

// world is an honest random world: the campaigns are left out.
type world struct {
	size size
	seed uint64
	// scenario makes it, nil for a random one.
	scenario func(size size, seed uint64) simulate.Scenario
	rng      *rand.Rand
	// latest are the newest profiles, by key; next is when groups are drawn next (Unix ms).
	latest         map[string]fingerprint.Profile
	next, interval int64
	// sets hold the bits of one world; selected are those of the groups that the search met, by
	// their members.
	sets     sets
	selected map[uint64]search.Measurement
}

// play replays the world in process, as a backtest does, and measures groups on the way.
func (w *world) play(t *testing.T) {
	t.Helper()
	scenario := w.scenario
	if scenario == nil {
		scenario = randomScenario(t)
	}
	sc := scenario(w.size, w.seed)
	events, err := simulate.New(sc, simulate.Texts{})
	require.NoError(t, err)

	w.rng = rand.New(rand.NewPCG(w.seed, 17))
	w.latest, w.selected = map[string]fingerprint.Profile{}, map[uint64]search.Measurement{}
	w.sets = sets{}
	w.interval = sc.Duration.Milliseconds() / int64(w.size.moments)
	// A world's last minutes are as good as its end, and no profile comes after the end.
	w.next = sc.Start.UnixMilli() + w.interval - 10*time.Minute.Milliseconds()

	o := correlate.DefaultOptions()
	o.Campaign = backtest.Observing(o.Campaign)
	o.Campaign.Interval = 3 * time.Hour
	o.Trace = w.met
	stages := backtest.Stages{}
	keyed := sketch.DefaultOptions()
	keyed.Key = []byte("sixteen bytes of e-values at least")
	stages.Ingest, err = ingest.New(ingest.DefaultOptions(), keyed)
	require.NoError(t, err)
	memory := fingerprinting.DefaultOptions()
	memory.MaxAccounts = 0 // there is no store to reload an account from
	stages.Fingerprint, err = fingerprinting.New(memory)
	require.NoError(t, err)
	search, err := correlate.New(o)
	require.NoError(t, err)
	stages.Correlate = tapped{Stage: search, world: w}

	read, write := io.Pipe()
	go func() {
		_, err := events.Write(write)
		_ = write.CloseWithError(err)
	}()
	_, err = backtest.Run(
		context.Background(), backtest.DefaultOptions(), stages, read, nowhere{}, nil,
	)
	require.NoError(t, err)
	for _, m := range w.selected {
		kind := selected
		if m.Fitted {
			kind = fitted
		}
		w.sets.add(kind, m.Bits)
	}
}

func randomScenario(t *testing.T) func(size, uint64) simulate.Scenario {
	return func(s size, seed uint64) simulate.Scenario {
		t.Helper()
		sc, err := random.Scenario(random.Options{
			Set: random.Develop, Seed: seed, Accounts: s.accounts, Duration: s.duration,
		})
		require.NoError(t, err)
		sc.Campaigns = nil
		return sc
	}
}

// met takes a group that the search measured. What is met again counts once, as it was met last.
func (w *world) met(m search.Measurement) {
	h := xxh3.New()
	if m.Fitted {
		_, _ = h.WriteString("fitted")
	}
	for _, name := range m.Members {
		_, _ = h.WriteString(name + "\x00")
	}
	w.selected[h.Sum64()] = m
}

type nowhere struct{}

func (nowhere) Write(stage.Out) error { return nil }

// tapped is the correlate stage, whose records the world sees too.
type tapped struct {
	stage.Stage

	world *world
}

func (s tapped) Open(partition int) (stage.Task, error) {
	task, err := s.Stage.Open(partition)
	return tappedTask{task, s.world}, err
}

type tappedTask struct {
	stage.Task

	world *world
}

func (t tappedTask) Process(batch []stage.Record) (stage.Result, error) {
	for i := range batch {
		var p fingerprint.Profile
		if err := p.UnmarshalBinary(batch[i].Value); err != nil {
			return stage.Result{}, err
		}
		if p.Time >= t.world.next {
			t.world.next += t.world.interval
			t.world.draw(p.Time)
		}
		t.world.latest[string(batch[i].Key)] = p
	}
	return t.Task.Process(batch)
}

// leastPopulation is the number of accounts from which groups are drawn: as the engine, which
// judges nothing below (campaign.Options.MinPopulation).
const leastPopulation = 50

// draw measures random groups of the accounts seen until now.
func (w *world) draw(now int64) {
	if len(w.latest) < leastPopulation {
		return
	}
	p := measure.New()
	for _, key := range slices.Sorted(maps.Keys(w.latest)) {
		p.Upsert(w.latest[key])
	}
	p.IndexPending()
	p.KeepBaseline(now, baseline.DefaultOptions())
	c := p.Context(now, baseline.DefaultOptions().Sample)
	p.Evaluation++
	all := make([]int32, 0, len(w.latest))
	bands := map[int][]int32{}
	for _, a := range p.Slots {
		all = append(all, a.Slot)
		b := 0
		for n := a.Profile.Requests; n > 1; n /= 2 {
			b++
		}
		bands[b] = append(bands[b], a.Slot)
	}
	sizes := slices.Sorted(maps.Keys(bands))
	sizes = slices.DeleteFunc(sizes, func(b int) bool { return len(bands[b]) < 2*least })
	for range w.size.draws {
		w.sets.add(uniform, bitsOf(p, c, w.some(all)))
		if len(sizes) > 0 {
			w.sets.add(band, bitsOf(p, c, w.some(bands[sizes[w.rng.IntN(len(sizes))]])))
		}
	}
}

// The sizes of groups: from the smallest that the search looks at to what it measures of one.
const (
	least = 8
	most  = 500
)

// some draws 8 to 500 accounts, at most half of all (measure.MaxShare), every doubling as often.
func (w *world) some(of []int32) []int32 {
	limit := min(most, len(of)/2)
	n := least
	for limit > 2*n && w.rng.IntN(2) == 0 || limit >= 2*n && w.rng.IntN(3) > 0 {
		n *= 2
	}
	n = min(limit, n+w.rng.IntN(n))
	members := slices.Clone(of)
	for i := range n {
		j := i + w.rng.IntN(len(members)-i)
		members[i], members[j] = members[j], members[i]
	}
	return members[:n]
}

// bitsOf measures a group with every detector.
func bitsOf(p *measure.Population, c *detectors.Context, members []int32) map[string]float64 {
	g := p.Group(members, 0, c, 0)
	bits := map[string]float64{}
	for _, d := range detectors.All() {
		if m, ok := d.Measure(g, c); ok {
			bits[d.Spec.ID] = d.Spec.Clamp(m.Bits)
		}
	}
	return bits
}
