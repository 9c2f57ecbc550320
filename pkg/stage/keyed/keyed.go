// Package keyed runs ingest and fingerprint as one stage, for gateway topics that are keyed by
// account.
package keyed

import (
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// New joins ingest and fingerprint into one stage for a gateway topic that is keyed by account
// already: the observations stay in the process instead of taking the hop over their topic. The
// state, and so the name, is fingerprint's.
//
// Every account's events must come on one partition. Where they do not, each partition would keep a
// fingerprint of its own of the account, and the last one published would win.
func New(ingest, fingerprint stage.Stage) stage.Stage {
	return joined{ingest: ingest, fingerprint: fingerprint}
}

type joined struct{ ingest, fingerprint stage.Stage }

// Name is the fingerprint stage's.
func (k joined) Name() string { return k.fingerprint.Name() }

// Counters are those of both stages.
func (k joined) Counters() []*stage.Counter {
	counters := slices.Clone(k.ingest.Counters())
	for _, c := range k.fingerprint.Counters() {
		if !slices.Contains(counters, c) {
			counters = append(counters, c)
		}
	}
	return counters
}

// Outputs are those of both stages but the observations, which stay here.
func (k joined) Outputs() (outputs []stage.Output) {
	for _, o := range slices.Concat(k.ingest.Outputs(), k.fingerprint.Outputs()) {
		if o != stage.Observations && !slices.Contains(outputs, o) {
			outputs = append(outputs, o)
		}
	}
	return outputs
}

// Open makes the task of a partition.
func (k joined) Open(partition int) (stage.Task, error) {
	ingest, err := k.ingest.Open(partition)
	if err != nil {
		return nil, err
	}
	fingerprint, err := k.fingerprint.Open(partition)
	if err != nil {
		return nil, err
	}
	return &task{ingest: ingest, fingerprint: fingerprint, ingests: map[string]bool{}}, nil
}

// task joins two tasks. It has every method itself: embedding one of the two would forward
// what the other has a part in.
type task struct {
	ingest, fingerprint stage.Task

	// ingests are the state keys that ingest asked for, all others are fingerprint's.
	ingests map[string]bool

	// What ingest made of the batch that begins at first and has n records: Needs and Process are
	// asked about the same batch, in that order, and the sketching is the expensive part.
	first        position
	n            int
	own          stage.Result
	observations []stage.Record
	// coming says that ingest is about to flush, flushing that own and observations are of that.
	coming, flushing bool
	// fault is what Needs met, which cannot say so: Process or Flush reports it.
	fault error
}

// position is where a record came from.
type position struct {
	topic     string
	partition int
	offset    int64
}

// Needs names the fingerprints of the accounts in the batch.
func (t *task) Needs(batch []stage.Record) []string {
	if len(batch) == 0 {
		needs := t.ingest.Needs(nil)
		for _, key := range needs {
			t.ingests[key] = true
		}
		needs = append(needs, t.fingerprint.Needs(nil)...)
		if t.coming {
			needs = append(needs, t.needsOfFlush()...)
		}
		return needs
	}
	if t.fault = t.digest(batch); t.fault != nil {
		return nil
	}
	return t.fingerprint.Needs(t.observations)
}

// Sizes are those of both tasks.
func (t *task) Sizes() map[string]int {
	sizes := map[string]int{}
	maps.Copy(sizes, t.ingest.Sizes())
	maps.Copy(sizes, t.fingerprint.Sizes())
	return sizes
}

// Repaired are the entries that either task mended.
func (t *task) Repaired() stage.Counts {
	repaired := t.ingest.Repaired()
	if repaired == nil {
		return t.fingerprint.Repaired()
	}
	repaired.AddAll(t.fingerprint.Repaired())
	return repaired
}

// RebuildFrom is ingest's: fingerprint's memory is in its state.
func (t *task) RebuildFrom() int64 { return t.ingest.RebuildFrom() }

// Rebuild rebuilds what ingest holds.
func (t *task) Rebuild(batch []stage.Record) error { return t.ingest.Rebuild(batch) }

// Load hands a value to the part that it belongs to.
func (t *task) Load(key string, value []byte) error {
	if t.ingests[key] {
		return t.ingest.Load(key, value)
	}
	return t.fingerprint.Load(key, value)
}

// Rewound tells ingest, which makes the positions.
func (t *task) Rewound() { t.ingest.Rewound() }

// Process digests the batch and counts it into the fingerprints. What ingest counts is added but
// for the events that went on to fingerprint, which counts them itself.
func (t *task) Process(batch []stage.Record) (stage.Result, error) {
	if t.fault != nil {
		return stage.Result{}, t.fault
	}
	if err := t.digest(batch); err != nil {
		return stage.Result{}, err
	}
	return t.count()
}

// count counts the observations into the fingerprints.
func (t *task) count() (stage.Result, error) {
	own := t.own
	t.own, t.n = stage.Result{}, 0
	res, err := t.fingerprint.Process(t.observations)
	if err != nil {
		return stage.Result{}, err
	}
	res.Out = append(own.Out, res.Out...)
	res.Changes = append(own.Changes, res.Changes...)
	res.InOrder, res.Seen = own.InOrder, own.Seen
	if res.Counts == nil {
		res.Counts = make(stage.Counts, len(own.Counts))
	}
	for what, n := range own.Counts {
		if what.Counter != stage.OK {
			res.Counts[what] += n
		}
	}
	return res, nil
}

// Flush brings out what ingest holds back, in three steps: ingest announces it, the fingerprints
// that it belongs to are loaded, and it is counted. What fingerprint holds back follows.
func (t *task) Flush() (stage.Result, error) {
	if t.fault != nil {
		return stage.Result{}, t.fault
	}
	if t.flushing {
		t.flushing = false
		res, err := t.count()
		res.More = true
		return res, err
	}
	if !t.coming {
		if res, err := t.ingest.Flush(); err != nil || res.More {
			t.coming = res.More
			return res, err
		}
	}
	return t.fingerprint.Flush()
}

// needsOfFlush has ingest flush and names the fingerprints of the accounts in that.
func (t *task) needsOfFlush() []string {
	t.coming = false
	res, err := t.ingest.Flush()
	if err != nil {
		t.fault = err
		return nil
	}
	t.flushing = true
	t.split(res, stage.Record{})
	return t.fingerprint.Needs(t.observations)
}

// digest runs ingest over the batch unless it just has, and parts the observations from what else
// ingest gives out.
func (t *task) digest(batch []stage.Record) error {
	if len(batch) == 0 {
		t.own, t.observations, t.n = stage.Result{}, t.observations[:0], 0
		return nil
	}
	first := position{topic: batch[0].Topic, partition: batch[0].Partition, offset: batch[0].Offset}
	if t.n == len(batch) && t.first == first {
		return nil
	}
	res, err := t.ingest.Process(batch)
	if err != nil {
		return err
	}
	t.first, t.n = first, len(batch)
	t.split(res, batch[len(batch)-1])
	return nil
}

// split parts the observations from what else ingest gives out.
func (t *task) split(res stage.Result, last stage.Record) {
	t.observations = t.observations[:0]
	rest := res.Out[:0]
	for _, out := range res.Out {
		if out.To != stage.Observations {
			rest = append(rest, out)
			continue
		}
		// An observation carries its exact position itself; the record's is only for dead letters,
		// where the batch's end is near enough.
		t.observations = append(t.observations, stage.Record{
			Topic: last.Topic, Partition: last.Partition, Offset: last.Offset, Key: out.Key,
			Value: out.Value, Headers: out.Headers,
		})
	}
	res.Out = rest
	t.own = res
}
