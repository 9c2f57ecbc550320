package fingerprint

import (
	"encoding/binary"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

const (
	minPrecision, maxPrecision = 6, 12
	// fewMax is the number of values kept exactly before a sketch is made: most accounts have one
	// address and one stack.
	fewMax = 4
	// sketchHeader is the length of the fixed part of axiomhq's encoding before the registers,
	// listHeader before the compressed list.
	sketchHeader = 8
	listHeader   = sketchHeader + 12
)

// The kinds of an encoded distinct.
const (
	kindFew = iota
	kindSparse
	// kindDense4 packs registers into four bits above their least one, kindDense6 into six bits.
	kindDense4
	kindDense6
)

// distinct counts distinct values: exactly while they are few, then by a HyperLogLog sketch.
// Estimates are cached, for one costs up to 20 microseconds. Its encoding depends on the set of
// values only, not on the order in which they came or on when it was encoded.
type distinct struct {
	few      []uint64
	sketch   *hyperloglog.Sketch
	estimate uint32
	stale    bool
	// last is the value added last: repeated values, the common case, cost nothing.
	last uint64
}

// add counts x unless it is 0, the unknown value.
func (d *distinct) add(x uint64, precision int) {
	if x == 0 || x == d.last {
		return
	}
	d.last = x
	if d.sketch == nil {
		i, ok := slices.BinarySearch(d.few, x)
		if ok {
			return
		}
		if len(d.few) < fewMax {
			d.few = slices.Insert(d.few, i, x)
			return
		}
		d.promote(precision)
	}
	d.sketch.InsertHash(x)
	d.stale = true
}

// promote moves from exact values to a sketch.
func (d *distinct) promote(precision int) {
	sk, err := hyperloglog.NewSketch(uint8(precision), true)
	if err != nil {
		panic("fingerprint: precision not validated: " + err.Error())
	}
	for _, x := range d.few {
		sk.InsertHash(x)
	}
	d.sketch, d.few, d.stale = sk, nil, true
}

// count estimates the number of distinct values.
func (d *distinct) count() uint32 {
	if d.sketch == nil {
		return uint32(len(d.few))
	}
	if d.stale {
		d.estimate, d.stale = uint32(min(d.sketch.Estimate(), 1<<31)), false
	}
	return d.estimate
}

// merge adds the values of other.
func (d *distinct) merge(other *distinct, precision int) error {
	d.last = 0
	if other.sketch == nil {
		for _, x := range other.few {
			d.add(x, precision)
		}
		return nil
	}
	if d.sketch == nil {
		few := d.few
		*d = distinct{sketch: other.sketch.Clone(), stale: true}
		for _, x := range few {
			d.add(x, precision)
		}
		return nil
	}
	d.stale = true
	return d.sketch.Merge(other.sketch)
}

// appendRaw appends axiomhq's encoding with the sparse form compacted, so that it depends on the
// values only: a compacted sketch is sparse exactly when its list is not longer than the registers.
func appendRaw(b []byte, sk *hyperloglog.Sketch) []byte {
	mark := len(b)
	b, err := sk.AppendBinary(b)
	if err != nil {
		panic("fingerprint: sketch without precision: " + err.Error())
	}
	if raw := b[mark:]; raw[3] == 1 && binary.BigEndian.Uint32(raw[4:]) > 0 {
		sk.Estimate()
		if b, err = sk.AppendBinary(b[:mark]); err != nil {
			panic("fingerprint: sketch without precision: " + err.Error())
		}
	}
	return b
}

// appendBinary appends the packed encoding: that of axiomhq without its fixed parts, and with
// registers of four bits.
func (d *distinct) appendBinary(b []byte) []byte {
	if d.sketch == nil {
		return appendHashes(append(b, kindFew), d.few)
	}
	mark := len(b)
	b = appendRaw(b, d.sketch)
	return append(b[:mark], pack(b[mark:])...)
}

// pack packs axiomhq's encoding, in place.
func pack(raw []byte) []byte {
	precision := raw[1]
	if raw[3] == 1 {
		list := raw[listHeader:]
		head := binary.AppendUvarint(
			make([]byte, 0, 16), uint64(binary.BigEndian.Uint32(raw[sketchHeader:])),
		)
		head = binary.AppendUvarint(head, uint64(len(list)))
		raw[0], raw[1] = kindSparse, precision
		n := 2 + copy(raw[2:listHeader], head)
		return raw[:n+copy(raw[n:], list)]
	}
	regs := raw[sketchHeader:]
	base, top := slices.Min(regs), slices.Max(regs)
	if top-base > 15 {
		raw[0], raw[1], raw[2] = kindDense6, precision, 0
		out := raw[:3]
		for i := 0; i < len(regs); i += 4 {
			x := uint32(regs[i]) | uint32(regs[i+1])<<6 |
				uint32(regs[i+2])<<12 | uint32(regs[i+3])<<18
			out = append(out, byte(x), byte(x>>8), byte(x>>16))
		}
		return out
	}
	raw[0], raw[1], raw[2] = kindDense4, precision, base
	out := raw[:3]
	for i := 0; i < len(regs); i += 2 {
		out = append(out, regs[i]-base|(regs[i+1]-base)<<4)
	}
	return out
}

// unpack reads a packed sketch and appends axiomhq's encoding of it to dst. few is set instead for
// exact values.
func (r *reader) unpack(dst []byte) (raw []byte, few []uint64) {
	kind := r.Byte()
	if kind == kindFew {
		few = r.hashes(nil, fewMax)
		for i := 1; i < len(few); i++ {
			r.Check(few[i-1] < few[i], "values out of order")
		}
		return dst, few
	}
	p := r.Byte()
	if !r.Check(kind <= kindDense6 && p >= minPrecision && p <= maxPrecision, "unknown sketch") {
		return dst, nil
	}
	m := 1 << p
	switch kind {
	case kindSparse:
		n := r.Uint32()
		list := r.Text(m)
		var last, delta uint32
		shift := 0
		for _, x := range list {
			delta |= uint32(x&0x7f) << shift
			if shift += 7; x < 0x80 {
				last, delta, shift = last+delta, 0, 0
			}
		}
		dst = append(dst, 2, p, 0, 1, 0, 0, 0, 0)
		dst = binary.BigEndian.AppendUint32(dst, n)
		dst = binary.BigEndian.AppendUint32(dst, last)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(list)))
		return append(dst, list...), nil
	case kindDense6:
		r.Byte()
		packed := r.Bytes(m / 4 * 3)
		dst = appendDense(dst, p, m)
		for i := 0; i < len(packed); i += 3 {
			x := uint32(packed[i]) | uint32(packed[i+1])<<8 | uint32(packed[i+2])<<16
			dst = append(dst, byte(x&63), byte(x>>6&63), byte(x>>12&63), byte(x>>18&63))
		}
		return dst, nil
	default:
		base := r.Byte()
		r.Check(base <= 64, "registers out of range")
		packed := r.Bytes(m / 2)
		dst = appendDense(dst, p, m)
		for _, x := range packed {
			dst = append(dst, base+x&15, base+x>>4)
		}
		return dst, nil
	}
}

func appendDense(dst []byte, p byte, m int) []byte {
	dst = append(dst, 2, p, 0, 0)
	return binary.BigEndian.AppendUint32(dst, uint32(m))
}

// distinct reads what appendBinary wrote. scratch is reused.
func (r *reader) distinct(scratch []byte) (distinct, []byte) {
	raw, few := r.unpack(scratch[:0])
	if !r.OK() || len(few) > 0 || len(raw) == 0 {
		return distinct{few: few}, raw
	}
	sk := new(hyperloglog.Sketch)
	if err := sk.UnmarshalBinary(raw); err != nil {
		r.Fail(err.Error())
		return distinct{}, raw
	}
	return distinct{sketch: sk, stale: true}, raw
}
