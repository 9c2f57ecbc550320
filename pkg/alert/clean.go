package alert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a single string in bytes.
const (
	// maxID bounds identifiers; it is event.MaxIdentity, so no account's name is ever cut.
	maxID = 256
	// maxText bounds a sentence, maxProse a paragraph.
	maxText  = 512
	maxProse = 4096
	minBytes = 64_000
)

const defaultTenant = "default"

// maxTime is the last millisecond of the year 9999, after which RFC 3339 has no years.
const maxTime = 253_402_300_799_999

func clampTime(ms int64) int64 { return max(0, min(maxTime, ms)) }

// tenantOf names the tenant that an empty one means.
func tenantOf(t string) string {
	if t == "" {
		return defaultTenant
	}
	return t
}

func tenantName(t string) string { return identifier(tenantOf(t)) }

// identifier makes an identifier valid UTF-8 of at most maxID bytes, otherwise untouched: the SOC
// looks it up elsewhere.
func identifier(s string) string { return cut(valid(s, maxID), maxID) }

// sentence makes text for people of at most limit bytes: valid UTF-8, on one line, without control
// characters or characters that reorder or hide what follows them (a name from the traffic must not
// be able to forge a line in a terminal or a log).
func sentence(s string, limit int) string {
	s = valid(s, 2*limit)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case isUnsafe(r):
			return -1
		}
		return r
	}, s)
	return cut(strings.TrimSpace(s), limit)
}

// isUnsafe says that a character could act on a terminal, or reorder or hide what follows it.
func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' ||
		unicode.Is(unicode.Co, r)
}

// valid replaces bytes that are no UTF-8. It looks at no more than a little over limit bytes: the
// rest would be cut anyway.
func valid(s string, limit int) string {
	if len(s) > limit+utf8.UTFMax {
		s = s[:limit+utf8.UTFMax]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// cut shortens a valid string to at most limit bytes, at a rune and with an ellipsis.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	n := limit - len(ellipsis)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + ellipsis
}
