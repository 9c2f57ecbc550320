package fingerprint

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	// marks is the number of positions of a generation: a Bloom filter with one hash (Bloom 1970),
	// whose false positive rate is n/marks.
	marks = 1 << 16
	// fewMarks is the length up to which a generation is a sorted list, not a bitmap: a quiet
	// account pays two bytes per hash.
	fewMarks = 512
	// shingleMarks and servedMarks are the hashes per generation at which the next one begins: 3 %
	// and 1 % false positives when full. slack is what one request, or a merge, may add beyond.
	shingleMarks = 2048
	servedMarks  = 512
	slack        = 256
)

// generation remembers hashes by 16 bits each.
type generation struct {
	few    []uint16
	bitmap []uint64
	n      int
}

func (g *generation) has(pos uint16) bool {
	if g.bitmap != nil {
		return g.bitmap[pos>>6]>>(pos&63)&1 == 1
	}
	_, ok := slices.BinarySearch(g.few, pos)
	return ok
}

func (g *generation) add(pos uint16) {
	if g.bitmap != nil {
		if word, bit := &g.bitmap[pos>>6], uint64(1)<<(pos&63); *word&bit == 0 {
			*word |= bit
			g.n++
		}
		return
	}
	i, ok := slices.BinarySearch(g.few, pos)
	if ok {
		return
	}
	if len(g.few) < fewMarks {
		g.few = slices.Insert(g.few, i, pos)
		g.n++
		return
	}
	g.bitmap = make([]uint64, marks/64)
	for _, p := range g.few {
		g.bitmap[p>>6] |= 1 << (p & 63)
	}
	g.few = nil
	g.add(pos)
}

// each visits the positions in ascending order.
func (g *generation) each(visit func(pos uint16)) {
	for _, p := range g.few {
		visit(p)
	}
	for w, word := range g.bitmap {
		for word != 0 {
			visit(uint16(w<<6 | bits.TrailingZeros64(word)))
			word &= word - 1
		}
	}
}

func (g *generation) reset() {
	g.few, g.n = g.few[:0], 0
	if g.bitmap != nil {
		clear(g.bitmap)
	}
}

// rotatingBloom is a rotating Bloom filter: it remembers hashes for about a window of time: two
// generations, the older of which is forgotten when the newer is full or as old as the window.
type rotatingBloom struct {
	current, previous generation
	// since is when the current generation began, in Unix milliseconds.
	since int64
}

// position spreads a hash over the marks. Sampled shingles have their top bits clear, so it mixes
// all of them.
func position(hash uint64) uint16 { return uint16(hash * 0x9e3779b97f4a7c15 >> 48) }

// rotate forgets the older generation when it is time.
func (k *rotatingBloom) rotate(now, window int64, capacity int) {
	if k.since == 0 {
		k.since = now
	}
	if k.current.n < capacity && now-k.since < window {
		return
	}
	stale := now-k.since >= 2*window
	k.current, k.previous = k.previous, k.current
	k.current.reset()
	if stale {
		k.previous.reset()
	}
	k.since = now
}

func (k *rotatingBloom) has(hash uint64) bool {
	pos := position(hash)
	return k.current.has(pos) || k.previous.has(pos)
}

func (k *rotatingBloom) add(hash uint64) { k.current.add(position(hash)) }

// merge adds what other remembers, older to older, newer to newer. What does not fit is forgotten,
// as time would have it.
func (k *rotatingBloom) merge(other *rotatingBloom, capacity int) {
	k.since = max(k.since, other.since)
	k.current.merge(&other.current, capacity)
	k.previous.merge(&other.previous, capacity)
}

func (g *generation) merge(other *generation, capacity int) {
	other.each(func(pos uint16) {
		if g.n < capacity+slack {
			g.add(pos)
		}
	})
}

func (g *generation) appendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(g.n))
	last := -1
	g.each(func(pos uint16) {
		b = binary.AppendUvarint(b, uint64(int(pos)-last-1))
		last = int(pos)
	})
	return b
}

func (r *reader) generation(capacity int) generation {
	n := r.Count(capacity+slack, 1)
	var g generation
	if n > fewMarks {
		g.bitmap = make([]uint64, marks/64)
	} else if n > 0 {
		g.few = make([]uint16, 0, n)
	}
	last := uint64(0)
	for i := range n {
		gap := r.Uvarint()
		if i > 0 {
			gap++
		}
		if !r.Check(gap < marks && last+gap < marks, "mark out of range") {
			return generation{}
		}
		last += gap
		if g.bitmap != nil {
			g.bitmap[last>>6] |= 1 << (last & 63)
		} else {
			g.few = append(g.few, uint16(last))
		}
	}
	g.n = n
	return g
}
