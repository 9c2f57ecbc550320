// Package packed reads the compact binary encodings in which state and the records between stages
// are kept: numbers as varints, lists and texts with their lengths before them.
//
// A Reader goes from front to back and its first fault sticks: what is read after it is zero, and
// End tells what it was. It never returns a length that exceeds the bytes that are left, so that
// what a decoder allocates is bounded by what it was handed. Its functions are small, to be
// inlined.
package packed

import (
	"encoding/binary"
	"errors"
	"math"
)

// Reader reads an encoding.
type Reader struct {
	rest  []byte
	fault string
}

// NewReader returns a reader of b, which it shares and does not change.
func NewReader(b []byte) Reader { return Reader{rest: b} }

// Left is the number of bytes that are not read yet, 0 after a fault.
func (r *Reader) Left() int { return len(r.rest) }

// OK tells that there was no fault so far.
func (r *Reader) OK() bool { return r.fault == "" }

// Fail notes a fault, unless there was one before.
func (r *Reader) Fail(what string) {
	if r.fault == "" {
		r.fault = what
	}
	r.rest = nil
}

// Check fails unless ok.
func (r *Reader) Check(ok bool, what string) bool {
	if !ok {
		r.Fail(what)
	}
	return ok
}

// Uvarint reads an unsigned number.
func (r *Reader) Uvarint() uint64 {
	x, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.Fail("number cut short")
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// Varint reads a signed number.
func (r *Reader) Varint() int64 {
	x, n := binary.Varint(r.rest)
	if n <= 0 {
		r.Fail("number cut short")
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// Uint32 reads an unsigned number of 32 bits.
func (r *Reader) Uint32() uint32 {
	x := r.Uvarint()
	if x > math.MaxUint32 {
		r.Fail("number out of range")
		return 0
	}
	return uint32(x)
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if len(r.rest) == 0 {
		r.Fail("cut short")
		return 0
	}
	x := r.rest[0]
	r.rest = r.rest[1:]
	return x
}

// Fixed reads a number of eight bytes.
func (r *Reader) Fixed() uint64 {
	if len(r.rest) < 8 {
		r.Fail("hash cut short")
		return 0
	}
	x := binary.LittleEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return x
}

// Bytes reads n bytes; they alias the encoding.
func (r *Reader) Bytes(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.Fail("cut short")
		return nil
	}
	x := r.rest[:n:n]
	r.rest = r.rest[n:]
	return x
}

// Count reads the length of a list of at most most elements that take at least size bytes each.
func (r *Reader) Count(most, size int) int {
	n := r.Uvarint()
	if n > uint64(most) || n > uint64(len(r.rest)/size) {
		r.Fail("list too long")
		return 0
	}
	return int(n)
}

// Text reads a text of at most most bytes; it aliases the encoding.
func (r *Reader) Text(most int) []byte { return r.Bytes(r.Count(most, 1)) }

// End reports the first fault, or that there are bytes left over.
func (r *Reader) End() error {
	if r.OK() && len(r.rest) > 0 {
		r.Fail("bytes left over")
	}
	if !r.OK() {
		return errors.New(r.fault)
	}
	return nil
}

// AppendText appends a text with its length before it, as Reader.Text reads it.
func AppendText[T string | []byte](b []byte, text T) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}
