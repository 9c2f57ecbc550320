package event

import (
	"math"
	"strconv"
)

// Times outside of this century are no times: in Unix milliseconds, from 2000-01-01 up to 2100-01-01.
const (
	minTime = 946684800000
	maxTime = 4102444800000
)

// PlausibleTime tells whether ms, in Unix milliseconds, lies in this century.
func PlausibleTime(ms int64) bool { return ms >= minTime && ms < maxTime }

// Time reads a time in Unix milliseconds, 0 when absent: RFC 3339, or epoch milliseconds as a number or a string of digits. The zero
// times of common languages (0 and the year 1) are absent too.
func (s *Scanner) Time() int64 { return s.time(false) }

// LooseTime is Time for gateways that log "2025-01-24 09:20:46.847371" in UTC without saying so, or epoch seconds.
func (s *Scanner) LooseTime() int64 { return s.time(true) }

func (s *Scanner) time(loose bool) int64 {
	var ms int64
	var ok bool
	switch s.Kind() {
	case KindNull:
		s.readNull()
		return 0
	case KindNumber:
		text, _ := s.readNumber()
		ms, ok = epoch(text, loose)
	case KindString:
		text := s.readString()
		if text == "" || text == "-" {
			return 0
		}
		if n, _ := numberLen(text); n == len(text) {
			ms, ok = epoch(text, loose)
		} else {
			ms, ok = ParseTime(text, loose)
		}
	default:
		s.mistyped()
		return 0
	}
	const yearOne = -62135596800000
	if s.failed || ok && (ms == 0 || ms == yearOne) {
		return 0
	}
	if !ok || !PlausibleTime(ms) {
		s.mismatch(ReasonBadTime)
		return 0
	}
	return ms
}

// epoch converts a JSON number to Unix milliseconds. Loosely, a figure too small for milliseconds in this century is in seconds.
func epoch(text string, loose bool) (int64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e15 {
		return 0, false
	}
	if loose && math.Abs(f) < minTime {
		f *= 1000
		// A float of seconds has a resolution well below a microsecond: what looks like 0.9999999 ms is 1 ms.
		return int64(math.Floor(f + 1e-3)), true
	}
	return int64(math.Floor(f)), true
}

// ParseTime converts an RFC 3339 time to Unix milliseconds, cutting what is finer. naive also accepts a time without zone, as UTC. It is
// here, and not time.Parse, because that allocates for every zone other than UTC.
func ParseTime(text string, naive bool) (ms int64, ok bool) {
	const layout = "2006-01-02T15:04:05"
	if len(text) < len(layout) || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' {
		return 0, false
	}
	if c := text[10]; c != 'T' && c != 't' && c != ' ' {
		return 0, false
	}
	year, ok1 := digits(text[0:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:10])
	hour, ok4 := digits(text[11:13])
	minute, ok5 := digits(text[14:16])
	second, ok6 := digits(text[17:19])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 ||
		month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	ms = ((daysFromCivil(year, month, day)*24+hour)*60+minute)*60000 + second*1000
	rest := text[len(layout):]
	if rest != "" && rest[0] == '.' {
		n := 1
		for scale := int64(100); n < len(rest) && rest[n] >= '0' && rest[n] <= '9'; n++ {
			ms += scale * int64(rest[n]-'0')
			scale /= 10
		}
		if n == 1 {
			return 0, false
		}
		rest = rest[n:]
	}
	switch {
	case rest == "Z" || rest == "z" || rest == "" && naive:
		return ms, true
	case len(rest) == len("+00:00") && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		hour, ok1 := digits(rest[1:3])
		minute, ok2 := digits(rest[4:6])
		if !ok1 || !ok2 || hour > 23 || minute > 59 {
			return 0, false
		}
		offset := (hour*60 + minute) * 60000
		if rest[0] == '-' {
			offset = -offset
		}
		return ms - offset, true
	}
	return 0, false
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

// daysFromCivil counts the days from 1970-01-01 in the Gregorian calendar, for years from 0 on (H. Hinnant's algorithm).
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
