// Package siphash is SipHash-2-4 (Aumasson, Bernstein 2012), with which everything is hashed that leaves ingest. Unlike a fast hash with a
// seed, whose seed can be computed back from a few values and their hashes, it is a pseudorandom function: who has values and their hashes
// learns nothing about the hashes of others.
package siphash

import (
	"encoding/binary"
	"math/bits"
)

// Key is a key of 128 bits.
type Key struct{ k0, k1 uint64 }

// NewKey makes a key of 16 bytes.
func NewKey(key []byte) Key {
	return Key{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
}

// KeyOf makes a key of its two halves, of which each is a number in little-endian order.
func KeyOf(k0, k1 uint64) Key { return Key{k0, k1} }

// Sum is the hash of a value.
func Sum[T string | []byte](k Key, value T) uint64 {
	v0, v1, v2, v3 := start(k)
	return finish(v0, v1, v2, v3, value, 0)
}

// SumWord is the hash of a number, as 8 bytes in little-endian order.
func SumWord(k Key, n uint64) uint64 {
	v0, v1, v2, v3 := start(k)
	v3 ^= n
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	return end(v0^n, v1, v2, v3, 8<<56)
}

// SumAfter is the hash of a number, as 8 bytes in little-endian order, and then of a value.
func SumAfter[T string | []byte](k Key, n uint64, value T) uint64 {
	v0, v1, v2, v3 := start(k)
	v3 ^= n
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	return finish(v0^n, v1, v2, v3, value, 8)
}

// The state is four numbers and no struct, so that it stays in registers.

func start(k Key) (v0, v1, v2, v3 uint64) {
	return k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573
}

// finish takes a value and ends; before is how many bytes were taken already.
func finish[T string | []byte](v0, v1, v2, v3 uint64, value T, before int) uint64 {
	last := uint64(before+len(value)) << 56
	for len(value) >= 8 {
		m := uint64(value[0]) | uint64(value[1])<<8 | uint64(value[2])<<16 | uint64(value[3])<<24 |
			uint64(value[4])<<32 | uint64(value[5])<<40 | uint64(value[6])<<48 | uint64(value[7])<<56
		v3 ^= m
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0 ^= m
		value = value[8:]
	}
	// What is left is at most seven bytes; pieces that overlap say the same twice.
	if n := len(value); n >= 4 {
		tail := value[n-4:]
		last |= uint64(value[0]) | uint64(value[1])<<8 | uint64(value[2])<<16 | uint64(value[3])<<24 |
			(uint64(tail[0])|uint64(tail[1])<<8|uint64(tail[2])<<16|uint64(tail[3])<<24)<<(8*(n&3))
	} else if n > 0 {
		last |= uint64(value[0]) | uint64(value[n/2])<<(8*(n/2)) | uint64(value[n-1])<<(8*(n-1))
	}
	return end(v0, v1, v2, v3, last)
}

// end takes the last word, which holds the length, and makes the hash.
func end(v0, v1, v2, v3, last uint64) uint64 {
	v3 ^= last
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	return v0 ^ v1 ^ v2 ^ v3
}

func round(v0, v1, v2, v3 uint64) (_, _, _, _ uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	return v0, v1, bits.RotateLeft64(v2, 32), v3
}
