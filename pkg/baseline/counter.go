package baseline

import (
	"cmp"
	"math"
	"slices"
)

// Counter counts weighted values and gives their entropy. Value 0 is unknown: each one is a value
// of its own.
//
// It is a hash table of its own and no map: every candidate group is counted in a dozen attributes,
// and a map costs three times as much to fill and to empty.
type Counter struct {
	// counted are the known values in the order in which they came. slots has one more than the
	// number of a value at its hash or behind it; its length is 0 or a power of two.
	counted []counted
	slots   []int32
	unknown []float64
	total   float64
	weights []float64
}

// counted is a value with its weight and its place among the slots.
type counted struct {
	value  uint64
	weight float64
	slot   uint32
}

// leastSlots is the number of slots that a counter begins with: those of 32 values.
const leastSlots = 64

// Of is the weight of a value, 0 where it was not counted.
func (k *Counter) Of(value uint64) float64 {
	if value == 0 || len(k.counted) == 0 {
		return 0
	}
	if n := k.slots[k.find(value)]; n != 0 {
		return k.counted[n-1].weight
	}
	return 0
}

// Reset empties the counter and keeps its memory.
func (k *Counter) Reset() {
	for i := range k.counted {
		k.slots[k.counted[i].slot] = 0
	}
	k.counted, k.unknown, k.total = k.counted[:0], k.unknown[:0], 0
}

// Add counts value with the weight.
func (k *Counter) Add(value uint64, weight float64) {
	k.total += weight
	if value == 0 {
		k.unknown = append(k.unknown, weight)
		return
	}
	if 2*len(k.counted) >= len(k.slots) {
		k.grow()
	}
	at := k.find(value)
	if n := k.slots[at]; n != 0 {
		k.counted[n-1].weight += weight
		return
	}
	k.counted = append(k.counted, counted{value, weight, at})
	k.slots[at] = int32(len(k.counted))
}

// find is the slot of a value, or the free one that it goes to.
func (k *Counter) find(value uint64) uint32 {
	// Values are hashes or numbers of days: multiplied by 2^64 over the golden ratio, both are
	// spread over the upper bits (Knuth, The Art of Computer Programming 3, section 6.4).
	mask := uint32(len(k.slots) - 1)
	at := uint32(value*0x9e3779b97f4a7c15>>32) & mask
	for n := k.slots[at]; n != 0 && k.counted[n-1].value != value; n = k.slots[at] {
		at = (at + 1) & mask
	}
	return at
}

// grow doubles the slots.
func (k *Counter) grow() {
	k.slots = make([]int32, max(2*len(k.slots), leastSlots))
	for i := range k.counted {
		at := k.find(k.counted[i].value)
		k.counted[i].slot = at
		k.slots[at] = int32(i) + 1
	}
}

// Each calls visit for the known values with their weights, in the order in which they came.
func (k *Counter) Each(visit func(value uint64, weight float64)) {
	for i := range k.counted {
		visit(k.counted[i].value, k.counted[i].weight)
	}
}

// Entropy is the Shannon entropy of the counted values in bits; 2 to its power is the effective
// number of distinct values.
//
// It is not gonum's stat.Entropy, which counts in nats: of 2, 4, ... 4096 equally common values its
// result, divided by ln 2, is not the exact logarithm 7 times of 12, this one always is, and a
// group as varied as chance must show no evidence at all. gonum/stat would also make the binary 2.8
// MB larger (57.0 to 59.7 MB, go build ./cmd/stillwatch).
func (k *Counter) Entropy() float64 {
	if k.total <= 0 {
		return 0
	}
	// Summed in sorted order: the order of the accounts would decide the last bit of the sum, and
	// with it the output.
	ws := k.weights[:0]
	for i := range k.counted {
		ws = append(ws, k.counted[i].weight)
	}
	ws = append(ws, k.unknown...)
	k.weights = ws
	slices.Sort(ws)
	h, last, term := 0.0, -1.0, 0.0
	for _, w := range ws {
		// Most values are of one account each: equal weights need one logarithm.
		if w != last {
			p := w / k.total
			last, term = w, p*math.Log2(p)
		}
		h -= term
	}
	return h
}

// Known is the weight of the known values.
func (k *Counter) Known() float64 {
	t := k.total
	for _, w := range k.unknown {
		t -= w
	}
	return t
}

// Top is the heaviest known value and its share of the whole weight; ties go to the smaller hash.
func (k *Counter) Top() (value uint64, share float64) {
	best := 0.0
	for i := range k.counted {
		v, w := k.counted[i].value, k.counted[i].weight
		if w > best || w == best && v < value {
			value, best = v, w
		}
	}
	if k.total > 0 {
		share = best / k.total
	}
	return value, share
}

// Shares lists the known values with their share of the whole weight, heaviest first.
func (k *Counter) Shares() []ValueShare {
	out := make([]ValueShare, 0, len(k.counted))
	for i := range k.counted {
		out = append(out, ValueShare{k.counted[i].value, k.counted[i].weight / k.total})
	}
	slices.SortFunc(out, func(a, b ValueShare) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// ValueShare is a value with its share.
type ValueShare struct {
	Value uint64
	Share float64
}
