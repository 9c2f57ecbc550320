package fingerprint

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/packed"
)

// ErrEncoding is wrapped by the errors of all decoders of this package.
var ErrEncoding = errors.New("fingerprint: unreadable encoding")

// reader reads an encoding.
type reader struct{ packed.Reader }

func newReader(b []byte) *reader { return &reader{packed.NewReader(b)} }

// end reports the first fault, or that there are bytes left over.
func (r *reader) end() error {
	if err := r.End(); err != nil {
		return fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return nil
}

// hashes reads a list of hashes into dst, reusing its memory.
func (r *reader) hashes(dst []uint64, most int) []uint64 {
	n := r.Count(most, 8)
	dst = grow(dst, n)
	for i := range dst {
		dst[i] = r.Fixed()
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
	n := int(r.Byte())
	if !r.Check(n <= 8*len(dst), "bitmap too long") {
		return
	}
	for i, x := range r.Bytes(n) {
		dst[i/8] |= uint64(x) << (8 * (i % 8))
	}
}
