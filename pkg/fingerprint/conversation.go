package fingerprint

import "slices"

// conversations is what an account was served, refused and made to continue, as conversation hashes
// (sketch.Sketch.Prefix, Continuation).
type conversations struct {
	// served, rejected and unserved are the newest hashes, newest last, at most MaxConversing each.
	served, rejected, unserved []uint64
	// known remembers all conversations of the account, also those that left the lists.
	known rotatingBloom
}

// converse follows the conversation of a request. A continuation whose earlier turns the account
// never had is an orphan: another account had them. begins says that the conversation is new to the
// account; where there is no text, only a single question is known to begin one.
func (f *Fingerprint) converse(o *Observation, t *totals, window int64) (begins bool) {
	prefix, next := o.Sketch.Prefix, o.Sketch.Continuation
	if prefix == 0 && next == 0 {
		return o.Messages == 0 || o.Messages == 1
	}
	begins = prefix == 0
	f.known.rotate(f.last, window, servedMarks)
	served := o.Status == StatusOK || o.Status == StatusUnknown
	if prefix != 0 {
		t.bump(nContinued, 1)
		if !f.known.has(prefix) {
			begins = true
			t.bump(nContinuedUnserved, 1)
			push(&f.unserved, prefix, MaxConversing)
			// A retry or a branch of the same conversation is not another hand-over.
			f.known.add(prefix)
		}
	}
	switch {
	case !served && prefix != 0:
		// The earlier turns are what another account would show when the conversation goes on
		// there.
		push(&f.rejected, prefix, MaxConversing)
	case !served:
		push(&f.rejected, next, MaxConversing)
	case next != 0:
		// The conversation moved on: its new head takes the place of the old one.
		if i := slices.Index(f.served, prefix); i >= 0 {
			f.served = slices.Delete(f.served, i, i+1)
		}
		push(&f.served, next, MaxConversing)
	}
	if next != 0 {
		f.known.add(next)
	}
	return begins
}

// push appends a hash as the newest of a list of at most most hashes.
func push(list *[]uint64, h uint64, most int) {
	if h == 0 {
		return
	}
	if i := slices.Index(*list, h); i >= 0 {
		*list = slices.Delete(*list, i, i+1)
	} else if len(*list) == most {
		*list = slices.Delete(*list, 0, 1)
	}
	*list = append(*list, h)
}

// mergeConversations adds what other had. Its unserved prefixes and counts stay as they were
// counted, though the two together may have had the whole conversation.
func (f *Fingerprint) mergeConversations(other *Fingerprint) {
	for _, pair := range [...]struct {
		to   *[]uint64
		from []uint64
	}{{&f.served, other.served}, {&f.rejected, other.rejected}, {&f.unserved, other.unserved}} {
		for _, h := range pair.from {
			push(pair.to, h, MaxConversing)
		}
	}
	f.known.merge(&other.known, servedMarks)
}
