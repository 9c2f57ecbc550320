package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrEncoding is wrapped by the errors of all decoders of this package.
var ErrEncoding = errors.New("fingerprint: unreadable encoding")

// reader reads an encoding front to back. The first fault sticks: everything after it reads as zero, and err names it. It never returns a
// length that exceeds the bytes that are left, so what a decoder allocates is bounded by what it was handed.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrEncoding, what)
	}
	r.b = nil
}

// check fails unless ok.
func (r *reader) check(ok bool, what string) bool {
	if !ok {
		r.fail(what)
	}
	return ok
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("number cut short")
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) varint() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("number cut short")
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) uint32() uint32 {
	x := r.uvarint()
	if x > math.MaxUint32 {
		r.fail("number out of range")
		return 0
	}
	return uint32(x)
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("cut short")
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail("hash cut short")
		return 0
	}
	x := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return x
}

// bytes reads n bytes; they alias the encoding.
func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail("cut short")
		return nil
	}
	x := r.b[:n:n]
	r.b = r.b[n:]
	return x
}

// count reads the length of a list whose elements take at least size bytes each.
func (r *reader) count(most, size int) int {
	n := r.uvarint()
	if n > uint64(most) || n > uint64(len(r.b)/size) {
		r.fail("list too long")
		return 0
	}
	return int(n)
}

// text reads a string of at most most bytes; it aliases the encoding.
func (r *reader) text(most int) []byte { return r.bytes(r.count(most, 1)) }

// end reports the first fault, or that there are bytes left over.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail("bytes left over")
	}
	return r.err
}

// hashes reads a list of hashes into dst, reusing its memory.
func (r *reader) hashes(dst []uint64, most int) []uint64 {
	n := r.count(most, 8)
	dst = grow(dst, n)
	for i := range dst {
		dst[i] = r.fixed()
	}
	return dst
}

// grow returns s with length n, with its memory when that suffices. The elements are not cleared.
func grow[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n)
}

func appendHashes(b []byte, hashes []uint64) []byte {
	b = binary.AppendUvarint(b, uint64(len(hashes)))
	for _, h := range hashes {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendWords appends bitmap words without the empty ones at the end.
func appendWords(b []byte, words []uint64) []byte {
	n := 8 * len(words)
	for n > 0 && byte(words[(n-1)/8]>>(8*((n-1)%8))) == 0 {
		n--
	}
	b = append(b, byte(n))
	for i := range n {
		b = append(b, byte(words[i/8]>>(8*(i%8))))
	}
	return b
}

func (r *reader) words(dst []uint64) {
	clear(dst)
	n := int(r.byte())
	if !r.check(n <= 8*len(dst), "bitmap too long") {
		return
	}
	for i, x := range r.bytes(n) {
		dst[i/8] |= uint64(x) << (8 * (i % 8))
	}
}
