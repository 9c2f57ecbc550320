package stage

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors of the reference implementation (github.com/veorq/SipHash, vectors_sip64): the key 00 01 .. 0f and the messages 00 01 .. of 8 to 15 bytes.
func TestSipHashIsTheReference(t *testing.T) {
	want := []uint64{
		0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7, 0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
		0xa129ca6149be45e5,
	}
	var all [16]byte
	for i := range all {
		all[i] = byte(i)
	}
	key := sipKey{binary.LittleEndian.Uint64(all[:]), binary.LittleEndian.Uint64(all[8:])}
	for n, h := range want {
		require.Equal(t, h, sip(key, binary.LittleEndian.Uint64(all[:]), all[8:8+n]), n)
		require.Equal(t, h, sip(key, binary.LittleEndian.Uint64(all[:]), string(all[8:8+n])), n)
	}
	require.Equal(t, uint64(0x3f2acc7f57c29bdb), sip(key, binary.LittleEndian.Uint64(all[:]), all[8:16]))
}
