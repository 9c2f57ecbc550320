package siphash

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors of the reference implementation (github.com/veorq/SipHash, vectors_sip64): the key 00
// 01 .. 0f and the messages of 0 to 15 bytes 00 01 ...
func TestItIsTheReferenceImplementation(t *testing.T) {
	want := []uint64{
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
		0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
		0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
		0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	}
	var all [16]byte
	for i := range all {
		all[i] = byte(i)
	}
	key := NewKey(all[:])
	first := binary.LittleEndian.Uint64(all[:])
	for n, h := range want {
		require.Equal(t, h, Sum(key, all[:n]), n)
		require.Equal(t, h, Sum(key, string(all[:n])), n)
		if n >= 8 {
			require.Equal(t, h, SumAfter(key, first, all[8:n]), n)
		}
	}
	require.Equal(t, want[8], SumWord(key, first))
	require.Equal(t, uint64(0x3f2acc7f57c29bdb), Sum(key, all[:16]))
	require.Equal(t, key, KeyOf(first, binary.LittleEndian.Uint64(all[8:])))
}

func BenchmarkSum(b *testing.B) {
	key := KeyOf(1, 2)
	b.Run("a number", func(b *testing.B) {
		b.ReportAllocs()
		var h uint64
		for b.Loop() {
			h = SumWord(key, h)
		}
		require.NotZero(b, h)
	})
	for _, word := range []string{"water", "notebook of storms"} {
		b.Run(word, func(b *testing.B) {
			b.ReportAllocs()
			var h uint64
			for b.Loop() {
				h = Sum(key, word)
			}
			require.NotZero(b, h)
		})
	}
}
