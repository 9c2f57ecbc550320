package stage

// NewKeyed joins ingest and fingerprint into one stage for a gateway topic that is keyed by account already: the observations stay
// in the process instead of taking the hop over their topic. The state, and so the name, is fingerprint's.
//
// Every account's events must come on one partition. Where they do not, each partition would keep a fingerprint of its own of the
// account, and the last one published would win.
func NewKeyed(ingest, fingerprint Stage) Stage {
	return keyed{ingest: ingest, fingerprint: fingerprint}
}

type keyed struct{ ingest, fingerprint Stage }

// Name is the fingerprint stage's.
func (k keyed) Name() string { return k.fingerprint.Name() }

// Open makes the task of a partition.
func (k keyed) Open(partition int) Task {
	return &keyedTask{ingest: k.ingest.Open(partition), fingerprint: k.fingerprint.Open(partition)}
}

type keyedTask struct {
	ingest, fingerprint Task

	// What ingest made of the batch that begins at first and has n records: Needs and Process are asked about the same batch, in that
	// order, and the sketching is the expensive part.
	first        position
	n            int
	own          Result
	observations []Record
}

// position is where a record came from.
type position struct {
	topic     string
	partition int
	offset    int64
}

// Needs names the fingerprints of the accounts in the batch.
func (t *keyedTask) Needs(batch []Record) []string {
	if len(batch) == 0 {
		return append(t.ingest.Needs(nil), t.fingerprint.Needs(nil)...)
	}
	if err := t.digest(batch); err != nil {
		// Process meets the same fault and reports it.
		return nil
	}
	return t.fingerprint.Needs(t.observations)
}

// Sizes are the fingerprint task's.
func (t *keyedTask) Sizes() map[string]int {
	if s, ok := t.fingerprint.(Sizer); ok {
		return s.Sizes()
	}
	return nil
}

// Load hands a value to the part that it belongs to.
func (t *keyedTask) Load(key string, value []byte) error {
	if key == generationKey {
		return t.ingest.Load(key, value)
	}
	return t.fingerprint.Load(key, value)
}

// Rewound tells ingest, which makes the positions.
func (t *keyedTask) Rewound() {
	if r, ok := t.ingest.(Rewinder); ok {
		r.Rewound()
	}
}

// Process digests the batch and counts it into the fingerprints. What ingest counts is added but for the events that went on to fingerprint,
// which counts them itself.
func (t *keyedTask) Process(batch []Record) (Result, error) {
	if err := t.digest(batch); err != nil {
		return Result{}, err
	}
	own := t.own
	t.own, t.n = Result{}, 0
	res, err := t.fingerprint.Process(t.observations)
	if err != nil {
		return Result{}, err
	}
	res.Out = append(own.Out, res.Out...)
	res.Changes = append(own.Changes, res.Changes...)
	if res.Counts == nil {
		res.Counts = make(map[string]int64, len(own.Counts))
	}
	for what, n := range own.Counts {
		if what != "ok" {
			res.Counts[what] += n
		}
	}
	return res, nil
}

// Flush brings out what fingerprint holds back.
func (t *keyedTask) Flush() (Result, error) {
	if f, ok := t.fingerprint.(Flusher); ok {
		return f.Flush()
	}
	return Result{}, nil
}

// digest runs ingest over the batch unless it just has, and parts the observations from what else ingest gives out.
func (t *keyedTask) digest(batch []Record) error {
	if len(batch) == 0 {
		t.own, t.observations, t.n = Result{}, t.observations[:0], 0
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
	t.observations = t.observations[:0]
	rest := res.Out[:0]
	last := batch[len(batch)-1]
	for _, out := range res.Out {
		if out.To != Observations {
			rest = append(rest, out)
			continue
		}
		// An observation carries its exact position itself; the record's is only for dead letters, where the batch's end is near enough.
		t.observations = append(t.observations, Record{
			Topic: last.Topic, Partition: last.Partition, Offset: last.Offset, Key: out.Key, Value: out.Value, Headers: out.Headers,
		})
	}
	res.Out = rest
	t.own = res
	return nil
}
