package fingerprint

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// entry is a hash in a table. Its true count lies between count-err and count.
type entry struct {
	hash       uint64
	count, err uint32
}

// sure is the number of sightings that are certain.
func (e entry) sure() uint32 { return e.count - e.err }

// table is a space-saving table (Metwally, Agrawal, El Abbadi 2005): when it is full, a newcomer
// takes the place and the count of one of the least counted, which is then its possible error.
// Plain space-saving forgets everything when more hashes recur equally often than fit, each gone
// before it comes again. So two things are added. Among counts of one power of two the largest hash
// gives way: what stays is a coordinated sample, the same one in every account. And a newcomer with
// a larger hash still enters with a chance of 1/(4 count) only (after Ben Basat et al., Randomized
// Admission Policy, 2017), drawn from its hash and the time, so that a replay draws the same.
// Sorted by hash.
type table []entry

func (t table) find(hash uint64) (int, bool) {
	lo, hi := 0, len(t)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); t[mid].hash < hash {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(t) && t[lo].hash == hash
}

// insert adds a hash that is not in the table and was seen n times, if it finds a place. now is
// anything that differs from sighting to sighting.
func (t *table) insert(hash uint64, n uint32, capacity int, now uint64) {
	e := entry{hash: hash, count: n}
	if len(*t) >= capacity {
		least := 0
		for i, x := range *t {
			if bits.Len32(x.count) <= bits.Len32((*t)[least].count) {
				least = i
			}
		}
		out := (*t)[least]
		if out.count >= n && hash > out.hash && mix(hash^now)%(4*uint64(out.count)) != 0 {
			return
		}
		if out.count >= n {
			e.count, e.err = out.count+1, out.count+1-n
		}
		*t = slices.Delete(*t, least, least+1)
	}
	i, _ := t.find(hash)
	*t = slices.Insert(*t, i, e)
}

// insertOnce adds a hash that is not in the table and was seen once, if it finds a place: where
// others were seen more often, or are as rare and smaller, it does not. So what was seen once never
// takes the place or the count of what recurs, and of it the smallest hashes stay, the same ones in
// every account.
func (t *table) insertOnce(hash uint64, capacity int) {
	if len(*t) >= capacity {
		largest := -1
		for i, x := range *t {
			if x.count == 1 {
				largest = i
			}
		}
		if largest < 0 || (*t)[largest].hash < hash {
			return
		}
		*t = slices.Delete(*t, largest, largest+1)
	}
	i, _ := t.find(hash)
	*t = slices.Insert(*t, i, entry{hash: hash, count: 1})
}

// dropOnce drops what was seen once. The doorkeeper knows it still.
func (t *table) dropOnce() {
	*t = slices.Clip(slices.DeleteFunc(*t, func(e entry) bool { return e.count == 1 }))
}

// mix spreads a number over all bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// halve ages the table: entries that are certain no more leave it.
func (t *table) halve() {
	*t = slices.DeleteFunc(*t, func(e entry) bool { return e.count/2 == e.err/2 })
	for i := range *t {
		(*t)[i].count /= 2
		(*t)[i].err /= 2
	}
}

// merge adds the counts of other (Agarwal et al., Mergeable Summaries, 2012: what one side may have
// dropped adds to the error).
func (t *table) merge(other table, capacity int) {
	floorA, floorB := t.floor(capacity), other.floor(capacity)
	merged := make(table, 0, len(*t)+len(other))
	a, b := *t, other
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].hash < b[0].hash:
			merged = append(merged, entry{a[0].hash, a[0].count + floorB, a[0].err + floorB})
			a = a[1:]
		case len(a) == 0 || b[0].hash < a[0].hash:
			merged = append(merged, entry{b[0].hash, b[0].count + floorA, b[0].err + floorA})
			b = b[1:]
		default:
			merged = append(merged, entry{a[0].hash, a[0].count + b[0].count, a[0].err + b[0].err})
			a, b = a[1:], b[1:]
		}
	}
	if len(merged) > capacity {
		slices.SortFunc(merged, func(x, y entry) int {
			return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.hash, y.hash))
		})
		merged = merged[:capacity]
		slices.SortFunc(merged, func(x, y entry) int { return cmp.Compare(x.hash, y.hash) })
	}
	*t = slices.Clip(merged)
}

// floor bounds the count of whatever is not in the table.
func (t table) floor(capacity int) uint32 {
	if len(t) < capacity {
		return 0
	}
	least := t[0].count
	for _, e := range t {
		least = min(least, e.count)
	}
	return least
}

func (t table) appendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t)))
	for _, e := range t {
		b = binary.LittleEndian.AppendUint64(b, e.hash)
		b = appendCount(b, e.count, e.err)
	}
	return b
}

// appendCount appends a count and its error, which is mostly 0.
func appendCount(b []byte, count, err uint32) []byte {
	if err == 0 {
		return binary.AppendUvarint(b, uint64(count)<<1)
	}
	b = binary.AppendUvarint(b, uint64(count)<<1|1)
	return binary.AppendUvarint(b, uint64(err))
}

func (r *reader) counted() (count, err uint32) {
	x := r.Uvarint()
	r.Check(x>>33 == 0, "count out of range")
	count = uint32(x >> 1)
	if x&1 == 1 {
		err = r.Uint32()
		r.Check(err > 0, "error of a count is 0")
	}
	r.Check(err < count, "error above count")
	return count, err
}

func (r *reader) table(capacity int) table {
	n := r.Count(capacity, 9)
	if n == 0 {
		return nil
	}
	t := make(table, n)
	for i := range t {
		t[i].hash = r.Fixed()
		t[i].count, t[i].err = r.counted()
		r.Check(i == 0 || t[i-1].hash < t[i].hash, "table out of order")
	}
	return t
}
