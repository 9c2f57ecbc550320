package event

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Times outside of this century are no times: in Unix milliseconds, from 2000-01-01 up to
// 2100-01-01.
const (
	minTime = 946684800000
	maxTime = 4102444800000
)

// yearOne is the zero time of Go and .NET, in Unix milliseconds.
const yearOne = -62135596800000

// PlausibleTime tells whether ms, in Unix milliseconds, lies in this century.
func PlausibleTime(ms int64) bool { return ms >= minTime && ms < maxTime }

// Time reads a time in Unix milliseconds, 0 when absent: what ParseTime reads, or a number. The
// zero times of common languages (0 and the year 1) are absent too. Where values are read laxly,
// one that cannot be read is absent.
func (s *Scanner) Time() int64 {
	ms, _ := s.TimeOrShape()
	return ms
}

// TimeOrShape is Time, and says what an unreadable time looked like where values are read laxly:
// its Shape, empty when there was none.
func (s *Scanner) TimeOrShape() (ms int64, shape string) {
	var text string
	switch s.Kind() {
	case KindNull:
		s.readNull()
		return 0, ""
	case KindNumber:
		text, _ = s.readNumber()
	case KindString:
		text = s.readString()
	case KindObject:
		s.mistyped()
		return 0, "{}"
	case KindArray:
		s.mistyped()
		return 0, "[]"
	default:
		s.mistyped()
		return 0, ""
	}
	if s.failed || text == "" || text == "-" {
		return 0, ""
	}
	ms, ok := ParseTime(text)
	if ok && (ms == 0 || ms == yearOne) {
		return 0, ""
	}
	if ok && PlausibleTime(ms) {
		return ms, ""
	}
	shape = Shape(text)
	if s.mismatch(ReasonBadTime); s.failed {
		s.err.Shape = shape
	}
	return 0, shape
}

// maxShape bounds a Shape, in characters.
const maxShape = 40

// Shape is what a value looks like without being the value: every digit is a 9, every letter an a,
// what is no ASCII a question mark, and what is long is cut.
func Shape(text string) string {
	b := make([]byte, 0, maxShape)
	for _, r := range text {
		if len(b) == maxShape {
			return string(append(b, "..."...))
		}
		switch {
		case r >= '0' && r <= '9':
			b = append(b, '9')
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			b = append(b, 'a')
		case r >= ' ' && r < utf8.RuneSelf-1:
			b = append(b, byte(r))
		default:
			b = append(b, '?')
		}
	}
	return string(b)
}

// epoch converts a number to Unix milliseconds, cutting what is finer. Whether it counts seconds,
// milliseconds, microseconds or nanoseconds is told by its size: within this century no two of them
// overlap. Digits in the order of a calendar, 20261102100000 with or without milliseconds, are of a
// size that none of them has.
func epoch(text string) (ms int64, ok bool) {
	if v, whole := digits(text); whole && len(text) < 19 || whole && v > 0 && len(text) == 19 {
		switch {
		case v == 0:
			return 0, true
		case v < 10*minTime/1000 && v >= minTime/1000:
			return v * 1000, true
		case v >= minTime && v < 10*minTime:
			return v, true
		case v >= minTime*1000 && v < 10*minTime*1000:
			return v / 1000, true
		case v >= minTime*1000_000:
			return v / 1000_000, true
		case len(text) == len("20261102100000") || len(text) == len("20261102100000123"):
			return calendarDigits(text)
		}
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	var scale float64
	switch size := math.Abs(f); {
	case f == 0 || f == yearOne:
		return int64(f), true
	case size < minTime/1000:
		return 0, false
	case size < 10*minTime/1000:
		scale = 1e3
	case size >= minTime && size < 10*minTime:
		scale = 1
	case size >= minTime*1e3 && size < 10*minTime*1e3:
		scale = 1e-3
	case size >= minTime*1e6 && size < 10*minTime*1e6:
		scale = 1e-6
	default:
		return 0, false
	}
	// A float of seconds has a resolution well below a microsecond: what looks like 0.9999999 ms is
	// 1 ms.
	return int64(math.Floor(f*scale + 1e-3)), true
}

// calendarDigits converts the digits of year, month, day, hour, minute, second and perhaps
// milliseconds.
func calendarDigits(text string) (ms int64, ok bool) {
	c := cursor{rest: text}
	day, ok1 := c.basicDate()
	clock, ok2 := c.basicClock()
	fraction, ok3 := digits(c.rest)
	return day + clock + fraction, ok1 && ok2 && ok3
}

// digits converts a string of decimal digits.
func digits(text string) (v int64, ok bool) {
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysFromCivil counts the days from 1970-01-01 in the Gregorian calendar, for years from 0 on (H.
// Hinnant's algorithm).
func daysFromCivil(year, month, day int64) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}
