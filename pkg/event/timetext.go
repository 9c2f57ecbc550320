package event

// ParseTime converts a time as gateways and loggers write it to Unix milliseconds, cutting what is
// finer. A time without a zone is in UTC. It is here, and not time.Parse, because that allocates
// for every zone other than UTC, and would have to be tried with a layout for each of these:
//
//   - RFC 3339 and ISO 8601 with the year first: a comma before the fraction, a space for T,
//     slashes in the date, no seconds, the basic form 20261102T100000Z, an offset without colon or
//     minutes, and what Java, Go and Ruby put after it: UTC, [Europe/Berlin], the name of the zone
//   - the month by its name: access logs (02/Nov/2026:10:00:00 +0000), RFC 1123 and 850, ctime,
//     JavaScript's Date
//   - seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size
//
// Where day and month are both numbers and the year does not come first, nobody can tell which is
// which: that is no time.
func ParseTime(text string) (ms int64, ok bool) {
	if len(text) < len("2026-11-02T10:00") {
		if n, _ := numberLen(text); n == len(text) && n > 0 {
			return epoch(text)
		}
		return 0, false
	}
	c := cursor{rest: text}
	if c.brackets() {
		text = c.rest
	}
	switch {
	case text[4] == '-' || text[4] == '/':
		return c.iso()
	case len(text) > 8 && (text[8] == 'T' || text[8] == 't' || text[8] == ' ') && isDigit(text[0]):
		return c.basic()
	}
	if n, _ := numberLen(text); n == len(text) {
		return epoch(text)
	}
	return c.named()
}

// cursor reads a text from left to right. A method that finds what it looks for goes behind it.
type cursor struct{ rest string }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// brackets takes a pair of brackets around the whole off.
func (c *cursor) brackets() bool {
	n := len(c.rest)
	if c.rest[0] != '[' || c.rest[n-1] != ']' || n < len("[2026-11-02T10:00]") {
		return false
	}
	c.rest = c.rest[1 : n-1]
	return true
}

// skip goes behind the next byte if it is one of set.
func (c *cursor) skip(set string) bool {
	if c.rest == "" {
		return false
	}
	for i := range len(set) {
		if c.rest[0] == set[i] {
			c.rest = c.rest[1:]
			return true
		}
	}
	return false
}

// word goes behind a word.
func (c *cursor) word(w string) bool {
	if len(c.rest) < len(w) || c.rest[:len(w)] != w {
		return false
	}
	c.rest = c.rest[len(w):]
	return true
}

// number reads exactly n digits.
func (c *cursor) number(n int) (v int64, ok bool) {
	if len(c.rest) < n {
		return 0, false
	}
	v, ok = digits(c.rest[:n])
	if ok {
		c.rest = c.rest[n:]
	}
	return v, ok
}

// iso reads a time that begins with a year and a separator.
func (c *cursor) iso() (ms int64, ok bool) {
	year, ok1 := c.number(4)
	separator := c.rest[:1]
	c.skip("-/")
	month, ok2 := c.number(2)
	ok3 := c.skip(separator)
	day, ok4 := c.number(2)
	if !ok1 || !ok2 || !ok3 || !ok4 || !c.skip("Tt ") {
		return 0, false
	}
	date, ok1 := civil(year, month, day)
	clock, ok2 := c.clock()
	return c.zoned(date+clock, ok1 && ok2)
}

// basic reads 20261102T100000, or 20261102 10:00:00.
func (c *cursor) basic() (ms int64, ok bool) {
	date, ok1 := c.basicDate()
	ok2 := c.skip("Tt ")
	var clock int64
	var ok3 bool
	if len(c.rest) > 2 && c.rest[2] == ':' {
		clock, ok3 = c.clock()
	} else if clock, ok3 = c.basicClock(); ok3 {
		var fraction int64
		fraction, ok3 = c.fraction()
		clock += fraction
	}
	return c.zoned(date+clock, ok1 && ok2 && ok3)
}

// basicDate reads 20261102, in milliseconds.
func (c *cursor) basicDate() (ms int64, ok bool) {
	year, ok1 := c.number(4)
	month, ok2 := c.number(2)
	day, ok3 := c.number(2)
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return civil(year, month, day)
}

// basicClock reads 100000, in milliseconds.
func (c *cursor) basicClock() (ms int64, ok bool) {
	hour, ok1 := c.number(2)
	minute, ok2 := c.number(2)
	second, ok3 := c.number(2)
	ok = ok1 && ok2 && ok3 && hour <= 23 && minute <= 59 && second <= 59
	return clockMillis(hour, minute, second), ok
}

// civil converts a day to Unix milliseconds.
func civil(year, month, day int64) (ms int64, ok bool) {
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return daysFromCivil(year, month, day) * 24 * 60 * 60000, true
}

func clockMillis(hour, minute, second int64) int64 { return ((hour*60+minute)*60 + second) * 1000 }

// clock reads 10:00, 10:00:00 or 10:00:00.123, in milliseconds.
func (c *cursor) clock() (ms int64, ok bool) {
	hour, ok1 := c.number(2)
	ok2 := c.skip(":")
	minute, ok3 := c.number(2)
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 {
		return 0, false
	}
	if !c.skip(":") {
		return clockMillis(hour, minute, 0), true
	}
	second, ok := c.number(2)
	if !ok || second > 59 {
		return 0, false
	}
	fraction, ok := c.fraction()
	return clockMillis(hour, minute, second) + fraction, ok
}

// fraction reads the fraction of a second, if there is one, in milliseconds.
func (c *cursor) fraction() (ms int64, ok bool) {
	if !c.skip(".,") {
		return 0, true
	}
	n := 0
	for scale := int64(100); n < len(c.rest) && isDigit(c.rest[n]); n++ {
		ms += scale * int64(c.rest[n]-'0')
		scale /= 10
	}
	c.rest = c.rest[n:]
	return ms, n > 0
}

// zoned reads the zone behind a local time, which is all that may be left.
func (c *cursor) zoned(local int64, ok bool) (ms int64, _ bool) {
	if !ok {
		return 0, false
	}
	offset, ok := c.zone()
	return local - offset, ok && c.rest == ""
}

// zone reads a zone, in milliseconds east of Greenwich. Nothing is UTC. Of the names of zones only
// those of UTC are read by themselves: EST, IST, CST and others name several.
func (c *cursor) zone() (offset int64, ok bool) {
	if c.rest == "Z" { // Nearly always.
		c.rest = ""
		return 0, true
	}
	spaced := c.skip(" ")
	known := c.skip("Zz") || c.word("UTC") || c.word("GMT")
	if c.rest != "" && (c.rest[0] == '+' || c.rest[0] == '-') {
		if offset, ok = c.offset(); !ok {
			return 0, false
		}
		if known = c.zoneName(offset); !known {
			return 0, false
		}
	} else if spaced && !known {
		return 0, false
	}
	return offset, c.annotations(known)
}

// offset reads +02:00, +0200 or +02.
func (c *cursor) offset() (ms int64, ok bool) {
	west := c.rest[0] == '-'
	c.rest = c.rest[1:]
	hour, ok := c.number(2)
	var minute int64
	if colon := c.skip(":"); ok && (colon || c.rest != "" && isDigit(c.rest[0])) {
		minute, ok = c.number(2)
	}
	if !ok || hour > 23 || minute > 59 {
		return 0, false
	}
	if west {
		return -clockMillis(hour, minute, 0), true
	}
	return clockMillis(hour, minute, 0), true
}

// zoneName goes behind the name of a zone whose offset was read: " CET", and Go's clock reading "
// m=+0.1" after it, or JavaScript's " (Central European Standard Time)". UTC behind another offset
// than its own is a contradiction.
func (c *cursor) zoneName(offset int64) bool {
	const longest = 5
	n := 1
	for n < len(c.rest) && n <= longest && c.rest[n] >= 'A' && c.rest[n] <= 'Z' {
		n++
	}
	if n > 2 && c.rest[0] == ' ' && (n == len(c.rest) || c.rest[n] == ' ') {
		if name := c.rest[1:n]; offset != 0 && (name == "UTC" || name == "GMT") {
			return false
		}
		c.rest = c.rest[n:]
	}
	n = len(c.rest)
	clock := n > 5 && (c.rest[:4] == " m=+" || c.rest[:4] == " m=-")
	if clock || n > 3 && c.rest[:2] == " (" && c.rest[n-1] == ')' {
		c.rest = ""
	}
	return true
}

// annotations goes behind zones in brackets, as Java and RFC 9557 write them behind an offset.
// Without an offset, only UTC is known.
func (c *cursor) annotations(known bool) bool {
	for c.rest != "" && c.rest[0] == '[' {
		end := 1
		for end < len(c.rest) && c.rest[end] != ']' {
			end++
		}
		if end == len(c.rest) {
			return false
		}
		switch c.rest[1:end] {
		case "UTC", "GMT", "Z", "Etc/UTC":
			known = true
		}
		if !known {
			return false
		}
		c.rest = c.rest[end+1:]
	}
	return true
}
