package fingerprinting

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const (
	maxReplayWindow = 1 << 17
	// maxSources bounds the source partitions remembered: far more than the gateway topics have.
	maxSources = 4096
	// maxPlaces is shared by the sources: how many places they may list. All of them are written
	// with every commit.
	maxPlaces = 1 << 16
)

// place is the position of an event in its source partition.
type place struct {
	offset int64
	index  int32
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.offset, q.offset), cmp.Compare(p.index, q.index))
}

// sourceWindow remembers which events of a source partition were seen, as IPsec remembers packets
// (RFC 4303, section 3.4.3): everything up to floor counts as seen, and above it each one is
// listed. Most of a source's offsets go to other partitions, so the list is short.
type sourceWindow struct {
	floor place
	// seen[:old] has sunk below floor.
	seen []place
	old  int
	// used is the stream's time at which the source last brought something.
	used int64
}

// take tells whether the event is new, and remembers it. At most most places are listed.
func (w *sourceWindow) take(p place, window int64, most int) bool {
	if p.compare(w.floor) <= 0 {
		return false
	}
	i := len(w.seen)
	if i > w.old && p.compare(w.seen[i-1]) <= 0 {
		var ok bool
		if i, ok = slices.BinarySearchFunc(w.listed(), p, place.compare); ok {
			return false
		}
		i += w.old
	}
	w.seen = slices.Insert(w.seen, i, p)
	for newest := w.seen[len(w.seen)-1].offset; w.old < len(w.seen); w.old++ {
		// Records of many events each have many places to an offset: no more of them are listed
		// than of records of one. What ingest produces to a partition is acknowledged in order, so
		// nothing comes for the first time below the floor.
		if w.seen[w.old].offset > newest-window && len(w.listed()) <= most {
			break
		}
		w.floor = w.seen[w.old]
	}
	if w.old > 64 && w.old > len(w.seen)/2 {
		w.seen = slices.Delete(w.seen, 0, w.old)
		w.old = 0
	}
	return true
}

// listed are the events above floor.
func (w *sourceWindow) listed() []place { return w.seen[w.old:] }

// fresh tells whether the event at the position has not been seen yet, and remembers it.
func (t *task) fresh(p fingerprint.Position) bool {
	w := t.sources[p.Partition]
	if w == nil {
		if len(t.sources) >= maxSources {
			t.forgetSource()
		}
		w = &sourceWindow{floor: place{offset: -1, index: -1}}
		t.sources[p.Partition] = w
	}
	w.used = t.clock.now
	return w.take(
		place{p.Offset, p.Index}, t.o.ReplayWindow,
		max(1, min(int(t.o.ReplayWindow), maxPlaces/len(t.sources))),
	)
}

// forgetSource lets go of the source that has been quiet longest.
func (t *task) forgetSource() {
	quiet := slices.MinFunc(t.sourceIDs(), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(t.sources[a].used, t.sources[b].used), cmp.Compare(a, b))
	})
	delete(t.sources, quiet)
	t.res.Counts.Add(1, sourceForgotten)
}

// sourceIDs lists the sources, sorted.
func (t *task) sourceIDs() []uint64 {
	ids := make([]uint64, 0, len(t.sources))
	for id := range t.sources {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
