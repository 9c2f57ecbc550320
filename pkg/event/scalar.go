package event

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// alias makes a string of b without copying.
func alias(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b)) //nolint:gosec // The scanner never writes to what it has handed out before the next Reset.
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainRun returns the end of the run of bytes from i on that need no attention in a string: it
// stops at a quote, a backslash, a control character or the end of the data. ascii tells whether
// all of the run is ASCII.
func plainRun(data []byte, i int) (end int, ascii bool) {
	var high uint64
	for i+8 <= len(data) {
		w := binary.LittleEndian.Uint64(data[i:])
		quote, slash := w^(lows*'"'), w^(lows*'\\')
		// The lowest flagged byte is exact; those above it may be wrong through the borrow, but are
		// not looked at.
		stop := ((w-lows*0x20) & ^w | (quote-lows)&^quote | (slash-lows)&^slash) & highs
		if stop != 0 {
			n := bits.TrailingZeros64(stop) >> 3
			high |= w & (1<<(8*n) - 1)
			return i + n, high&highs == 0
		}
		high |= w
		i += 8
	}
	for ; i < len(data); i++ {
		c := data[i]
		if c == '"' || c == '\\' || c < 0x20 {
			break
		}
		high |= uint64(c)
	}
	return i, high&highs == 0
}

// readString reads a string and returns it decoded; the next byte is its opening quote.
func (s *Scanner) readString() string {
	start := s.pos + 1
	end, ascii := plainRun(s.data, start)
	if end < len(s.data) && s.data[end] == '"' && (ascii || utf8.Valid(s.data[start:end])) {
		s.pos = end + 1
		return alias(s.data[start:end])
	}
	from := len(s.arena)
	for i := start; ; {
		end, ascii = plainRun(s.data, i)
		if chunk := s.data[i:end]; ascii || utf8.Valid(chunk) {
			s.arena = append(s.arena, chunk...)
		} else {
			s.arena = appendValid(s.arena, chunk)
		}
		s.pos = end
		if end >= len(s.data) {
			s.malformed()
			return ""
		}
		switch s.data[end] {
		case '"':
			s.pos = end + 1
			return alias(s.arena[from:])
		case '\\':
			r, n := unescape(s.data[end:])
			if n == 0 {
				s.badEscape(end)
				return ""
			}
			s.arena = utf8.AppendRune(s.arena, r)
			i = end + n
		default:
			s.malformed()
			return ""
		}
	}
}

// skipString checks a string without decoding it.
func (s *Scanner) skipString() {
	for i := s.pos + 1; ; {
		i, _ = plainRun(s.data, i)
		s.pos = i
		if i >= len(s.data) {
			s.malformed()
			return
		}
		switch s.data[i] {
		case '"':
			s.pos = i + 1
			return
		case '\\':
			_, n := unescape(s.data[i:])
			if n == 0 {
				s.badEscape(i)
				return
			}
			i += n
		default:
			s.malformed()
			return
		}
	}
}

// badEscape fails at a broken escape, which may be broken only because the data was cut in it.
func (s *Scanner) badEscape(at int) {
	if len(s.data)-at < len(`\u0000`) {
		s.pos = len(s.data)
	}
	s.malformed()
}

// unescape decodes the escape at the start of b and returns its length in bytes, 0 when it is none.
// A surrogate without its other half becomes U+FFFD and the half that follows is left alone.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := hex4(b)
		if r < 0 {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if pair := utf16.DecodeRune(r, hex4(b[6:])); pair != utf8.RuneError {
			return pair, 12
		}
		return utf8.RuneError, 6
	}
	return 0, 0
}

// hex4 decodes \uXXXX at the start of b, -1 when it is not there.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// numberLen returns the length of the JSON number at the start of b, 0 when there is none, and
// whether it is an integer.
func numberLen[T []byte | string](b T) (n int, integer bool) {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return 0, false
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		i++
		integer = false
		if !digits() {
			return 0, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		integer = false
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0, false
		}
	}
	return i, integer
}

// nonFinite returns the length of NaN, Infinity or -Infinity at the start of b, 0 when there is
// none. JSON has no such numbers; Python's json.dumps writes them all the same unless it is told
// not to.
func nonFinite(b []byte) int {
	for _, word := range [...]string{"NaN", "Infinity", "-Infinity"} {
		if len(b) >= len(word) && alias(b[:len(word)]) == word {
			return len(word)
		}
	}
	return 0
}

// isNonFinite tells whether a number's text is that of no finite number.
func isNonFinite(text string) bool {
	return text != "" && (text[0] == 'N' || text[len(text)-1] == 'y')
}

// readNumber reads a number and returns its text; the next byte is known to start one.
func (s *Scanner) readNumber() (text string, integer bool) {
	n, integer := numberLen(s.data[s.pos:])
	if n == 0 {
		n, integer = nonFinite(s.data[s.pos:]), false
	}
	if ended := s.pos+n == len(s.data); n == 0 || ended && (s.cut || s.depth > 0) {
		if ended || s.cut {
			s.pos = len(s.data)
		}
		s.malformed()
		return "", false
	}
	text = alias(s.data[s.pos : s.pos+n])
	s.pos += n
	return text, integer
}

// word reads a literal.
func (s *Scanner) word(w string) bool {
	if len(s.data)-s.pos < len(w) || alias(s.data[s.pos:s.pos+len(w)]) != w {
		if s.cut && len(s.data)-s.pos < len(w) {
			s.pos = len(s.data)
		}
		s.malformed()
		return false
	}
	s.pos += len(w)
	return true
}

func (s *Scanner) readNull() { s.word("null") }

func (s *Scanner) readBool() bool {
	if s.data[s.pos] == 't' {
		return s.word("true")
	}
	s.word("false")
	return false
}

// absent reads the null or string that comes next and tells whether it stands for nothing; if not,
// it is left to be read again.
func (s *Scanner) absent() bool {
	from := s.pos
	if s.data[from] == 'n' {
		s.readNull()
		return true
	}
	if v := s.readString(); s.failed || v == "" || v == "-" {
		return true
	}
	s.pos = from
	return false
}

// String reads an identifier or a name. An integer is taken by its digits, for gateways that number
// their accounts.
func (s *Scanner) String() string {
	switch s.Kind() {
	case KindString:
		v := s.readString()
		if v == "-" {
			return ""
		}
		return v
	case KindNull:
		s.readNull()
	case KindNumber:
		v, integer := s.readNumber()
		if integer {
			return v
		}
		s.mismatch(ReasonWrongType)
	default:
		s.mistyped()
	}
	return ""
}

// Text reads prose: as String, but "-" and "" are text and a number is not.
func (s *Scanner) Text() string {
	switch s.Kind() {
	case KindString:
		return s.readString()
	case KindNull:
		s.readNull()
	default:
		s.mistyped()
	}
	return ""
}

// Literal reads a string, a number, a flag or null and returns its text: a string's decoded, "" for
// null.
func (s *Scanner) Literal() string {
	switch s.Kind() {
	case KindString:
		return s.readString()
	case KindNumber:
		text, _ := s.readNumber()
		return text
	case KindBool:
		return strconv.FormatBool(s.readBool())
	case KindNull:
		s.readNull()
	default:
		s.mistyped()
	}
	return ""
}

// number reads a number, or a string that holds one.
func (s *Scanner) number() (text string, integer, ok bool) {
	switch s.Kind() {
	case KindNumber:
		text, integer = s.readNumber()
		if isNonFinite(text) {
			s.unread++
			return "", false, false
		}
		return text, integer, !s.failed
	case KindString:
		text = s.readString()
		if s.failed || text == "" || text == "-" {
			return "", false, false
		}
		n, integer := numberLen(text)
		if n != len(text) {
			s.mismatch(ReasonWrongType)
			return "", false, false
		}
		return text, integer, true
	case KindNull:
		s.readNull()
	default:
		s.mistyped()
	}
	return "", false, false
}

// Int reads an integer between lo and hi. A number with a fraction or an exponent is accepted when
// it is whole, since some gateways' languages have no integers.
func (s *Scanner) Int(lo, hi int64) Int {
	text, integer, ok := s.number()
	if !ok {
		return Int{}
	}
	var v int64
	if integer {
		var err error
		if v, err = strconv.ParseInt(text, 10, 64); err != nil {
			s.mismatch(ReasonOutOfRange)
			return Int{}
		}
	} else {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(f) > 1<<53 {
			s.mismatch(ReasonOutOfRange)
			return Int{}
		}
		if v = int64(f); float64(v) != f {
			s.mismatch(ReasonWrongType)
			return Int{}
		}
	}
	if v < lo || v > hi {
		s.mismatch(ReasonOutOfRange)
		return Int{}
	}
	return Int{V: v, Known: true}
}

// Float reads a finite number. NaN and the infinities are absent; what overflows is out of range.
func (s *Scanner) Float() Float {
	text, _, ok := s.number()
	if !ok {
		return Float{}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.mismatch(ReasonOutOfRange)
		return Float{}
	}
	return Float{V: f, Known: true}
}

// Bool reads a flag, or one of the strings "true" and "false".
func (s *Scanner) Bool() Bool {
	switch s.Kind() {
	case KindBool:
		v := s.readBool()
		return Bool{V: v, Known: !s.failed}
	case KindString:
		switch s.readString() {
		case "true":
			return Bool{V: true, Known: true}
		case "false":
			return Bool{Known: true}
		case "", "-":
		default:
			s.mismatch(ReasonWrongType)
		}
	case KindNull:
		s.readNull()
	default:
		s.mistyped()
	}
	return Bool{}
}

// Strings appends the items of an array of names to dst, leaving out absent ones; a lone string is
// an array of one.
func (s *Scanner) Strings(dst []string) []string {
	if s.Kind() == KindString {
		if v := s.String(); v != "" {
			dst = append(dst, v)
		}
		return dst
	}
	for a := s.Array(); s.NextItem(&a); {
		if v := s.String(); v != "" {
			dst = append(dst, v)
		}
	}
	return dst
}

// Prose reads a message's text: a string, or an array of parts whose texts are joined by newlines.
// A part is a string or an object with a "text"; parts without one (images, tool calls) are left
// out.
func (s *Scanner) Prose() string {
	if s.Kind() != KindArray {
		return s.Text()
	}
	// The parts are decoded first and joined after, since each of them may use the arena itself.
	var few [8]string
	parts := few[:0]
	for a := s.Array(); s.NextItem(&a); {
		switch s.Kind() {
		case KindString:
			parts = append(parts, s.readString())
		case KindObject:
			for o := s.Object(); s.Next(&o); {
				if o.Key == "text" && s.Kind() == KindString {
					parts = append(parts, s.readString())
				} else {
					s.Skip()
				}
			}
		case KindNull:
			s.readNull()
		default:
			s.mistyped()
		}
	}
	return s.Join(parts)
}

// Join joins texts by newlines in the scanner's arena.
func (s *Scanner) Join(parts []string) string {
	if len(parts) <= 1 {
		if len(parts) == 0 {
			return ""
		}
		return parts[0]
	}
	from := len(s.arena)
	for i, p := range parts {
		if i > 0 {
			s.arena = append(s.arena, '\n')
		}
		s.arena = append(s.arena, p...)
	}
	return alias(s.arena[from:])
}
