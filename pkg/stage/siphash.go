package stage

import "math/bits"

// sipKey is a key of SipHash.
type sipKey struct{ k0, k1 uint64 }

// sip is SipHash-2-4 (Aumasson, Bernstein 2012) of first, as 8 bytes in little-endian order, and then value. Unlike a fast hash with a seed, whose seed can be computed
// back from one value and its hash, it is a pseudorandom function: labels stand in the clear beside their hashes.
func sip[T string | []byte](k sipKey, first uint64, value T) uint64 {
	s := sipState{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
	s.word(first)
	i := 0
	for ; len(value)-i >= 8; i += 8 {
		s.word(uint64(value[i]) | uint64(value[i+1])<<8 | uint64(value[i+2])<<16 | uint64(value[i+3])<<24 |
			uint64(value[i+4])<<32 | uint64(value[i+5])<<40 | uint64(value[i+6])<<48 | uint64(value[i+7])<<56)
	}
	last := uint64(8+len(value)) << 56
	for shift := 0; i < len(value); i++ {
		last |= uint64(value[i]) << shift
		shift += 8
	}
	s.word(last)
	s.v2 ^= 0xff
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

type sipState struct{ v0, v1, v2, v3 uint64 }

func (s *sipState) word(m uint64) {
	s.v3 ^= m
	s.round()
	s.round()
	s.v0 ^= m
}

func (s *sipState) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}
