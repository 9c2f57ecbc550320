package fingerprint

import "slices"

// MaxCarried is the number of reasoning blocks that a profile lists, minted and foreign each.
const MaxCarried = 16

// reasoning is which reasoning blocks an account was given and which it presented, by the keyed
// hashes of their ids (Observation.Minted, Presented).
type reasoning struct {
	// minted are the newest that the account was given, foreign the newest that it presented and
	// was not given; newest last, at most MaxCarried each.
	minted, foreign []uint64
	// own remembers all that the account was given, also those that left the list.
	own rotatingBloom
}

// carry follows the reasoning blocks of a request. Those that it presents were there before those
// of its answer. Records may come out of order: what turns out to be the account's own is foreign
// no more.
func (f *Fingerprint) carry(o *Observation, window int64) {
	if len(o.Minted)+len(o.Presented) == 0 {
		return
	}
	f.own.rotate(f.last, window, servedMarks)
	for _, h := range o.Presented {
		if !f.own.has(h) {
			push(&f.foreign, h, MaxCarried)
		}
	}
	for _, h := range o.Minted {
		if h == 0 {
			continue
		}
		f.own.add(h)
		push(&f.minted, h, MaxCarried)
		if i := slices.Index(f.foreign, h); i >= 0 {
			f.foreign = slices.Delete(f.foreign, i, i+1)
		}
	}
}

// mergeReasoning adds what other was given and presented. What one presented and the other was
// given is not foreign to both.
func (f *Fingerprint) mergeReasoning(other *Fingerprint) {
	for _, h := range other.minted {
		push(&f.minted, h, MaxCarried)
	}
	f.own.merge(&other.own, servedMarks)
	for _, h := range other.foreign {
		push(&f.foreign, h, MaxCarried)
	}
	f.foreign = slices.DeleteFunc(f.foreign, f.own.has)
}

// appendReasoning appends the encoding, one byte when there is nothing to say.
func (c *reasoning) appendReasoning(b []byte, last int64) []byte {
	if c.own.since == 0 {
		return append(b, 0)
	}
	b = c.own.appendBinary(append(b, 1), last)
	return appendHashes(appendHashes(b, c.minted), c.foreign)
}

func (r *reader) reasoning(last int64) (c reasoning) {
	has := r.Byte()
	if !r.Check(has <= 1, "reasoning out of range") || has == 0 {
		return c
	}
	c.own = r.rotatingBloom(last, servedMarks)
	r.Check(c.own.since != 0, "reasoning without a time")
	c.minted, c.foreign = r.hashes(nil, MaxCarried), r.hashes(nil, MaxCarried)
	return c
}
