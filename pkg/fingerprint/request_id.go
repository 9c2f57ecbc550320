package fingerprint

import (
	"encoding/hex"
	"strings"
)

// MaxRequestID bounds a request's id in bytes. A longer one is left out, not cut: an analyst could
// not look it up.
const MaxRequestID = 128

// The forms of a packed id: its first byte.
const (
	// idText is followed by the id as it is.
	idText = iota
	// idSixBits is followed by six bits for each character, which are all of sixBits; the bits left
	// over at the end are 0. Where six are left over, which could be a character, it is
	// idSixBitsLess.
	idSixBits
	idSixBitsLess
	// idHex is followed by the length of a prefix, the prefix, and two hexadecimal digits a byte;
	// idUUID by the same with the hyphens of a UUID left out.
	idHex
	idUUID
	// idPair is two ids with a colon between them: the length of the packed first one, and both
	// packed. LiteLLM's are a call's id and the upstream's.
	idPair
)

const (
	// sixBits are the characters of URL-safe base64, of which most gateways make their ids.
	sixBits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	// leastHex is the number of hexadecimal digits from which an id is packed as such: with fewer,
	// six bits for each character are as short.
	leastHex = 16
	// uuidText and uuidBytes are the lengths of a UUID.
	uuidText, uuidBytes = 36, 16
	// maxPackedID is the length of the longest packed id: its form and itself.
	maxPackedID = 1 + MaxRequestID
)

// AppendRequestID appends a request's id, packed: a UUID takes 18 bytes in place of 36. It appends
// nothing for an id that is empty, longer than MaxRequestID or not of printable ASCII characters.
func AppendRequestID(b []byte, id string) []byte {
	if id == "" || len(id) > MaxRequestID || strings.ContainsFunc(id, notPrintable) {
		return b
	}
	if first, second, ok := strings.Cut(id, ":"); ok && first != "" && second != "" {
		at := len(b)
		b = AppendRequestID(append(b, idPair, 0), first)
		b[at+1] = byte(len(b) - at - 2)
		if b = AppendRequestID(b, second); len(b)-at <= len(id) {
			return b
		}
		b = b[:at]
	}
	if at := len(id) - uuidText; at >= 0 && isUUID(id[at:]) {
		b = append(b, idUUID, byte(at))
		b = append(b, id[:at]...)
		return appendHexBytes(b, strings.ReplaceAll(id[at:], "-", ""))
	}
	at := len(id)
	for at > 0 && isHex(id[at-1]) {
		at--
	}
	at += (len(id) - at) % 2
	if len(id)-at >= leastHex {
		b = append(b, idHex, byte(at))
		b = append(b, id[:at]...)
		return appendHexBytes(b, id[at:])
	}
	if strings.Trim(id, sixBits) == "" {
		form := byte(idSixBits)
		if len(id)%4 == 3 {
			form = idSixBitsLess
		}
		return appendSixBits(append(b, form), id)
	}
	return append(append(b, idText), id...)
}

// RequestID reads a packed id, empty for what is none.
func RequestID(packed []byte) string {
	if len(packed) < 2 || len(packed) > maxPackedID {
		return ""
	}
	form, rest := packed[0], packed[1:]
	switch form {
	case idText:
		return string(rest)
	case idSixBits:
		return readSixBits(rest, 8*len(rest)/6)
	case idSixBitsLess:
		return readSixBits(rest, 8*len(rest)/6-1)
	case idPair:
		at := 1 + int(rest[0])
		if at >= len(rest) {
			return ""
		}
		return RequestID(rest[1:at]) + ":" + RequestID(rest[at:])
	case idHex, idUUID:
	default:
		return ""
	}
	at := int(rest[0])
	if rest = rest[1:]; at > len(rest) {
		return ""
	}
	prefix, digits := string(rest[:at]), hex.EncodeToString(rest[at:])
	if form == idUUID {
		if len(rest)-at != uuidBytes {
			return ""
		}
		digits = digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" +
			digits[20:]
	}
	return prefix + digits
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// isUUID tells whether s, which has the length of one, is a UUID in lower case.
func isUUID(s string) bool {
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

// appendHexBytes appends the bytes that an even number of hexadecimal digits stand for.
func appendHexBytes(b []byte, digits string) []byte {
	nibble := func(c byte) byte {
		if c <= '9' {
			return c - '0'
		}
		return c - 'a' + 10
	}
	for i := 0; i+1 < len(digits); i += 2 {
		b = append(b, nibble(digits[i])<<4|nibble(digits[i+1]))
	}
	return b
}

func appendSixBits(b []byte, id string) []byte {
	bits, n := uint32(0), 0
	for i := range len(id) {
		bits, n = bits<<6|uint32(strings.IndexByte(sixBits, id[i])), n+6
		for n >= 8 {
			n -= 8
			b = append(b, byte(bits>>n))
		}
	}
	if n > 0 {
		b = append(b, byte(bits<<(8-n)))
	}
	return b
}

func readSixBits(b []byte, characters int) string {
	var id strings.Builder
	bits, n := uint32(0), 0
	for _, x := range b {
		bits, n = bits<<8|uint32(x), n+8
		for n >= 6 && id.Len() < characters {
			n -= 6
			id.WriteByte(sixBits[bits>>n&(1<<6-1)])
		}
	}
	return id.String()
}
