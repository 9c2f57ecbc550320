package event

// named reads a time whose month is a name.
func (c *cursor) named() (ms int64, ok bool) {
	if c.weekday() {
		c.skip(",")
		if !c.skip(" ") {
			return 0, false
		}
	}
	if month, ok := c.month(); ok {
		return c.monthFirst(month)
	}
	return c.dayFirst()
}

// dayFirst reads 02/Nov/2026:10:00:00 +0000, 02 Nov 2026 10:00:00 GMT and 02-Nov-26 10:00:00 GMT.
func (c *cursor) dayFirst() (ms int64, ok bool) {
	day, ok1 := c.day()
	if !ok1 || c.rest == "" {
		return 0, false
	}
	separator := c.rest[:1]
	ok2 := c.skip("/- ")
	month, ok3 := c.month()
	ok4 := c.skip(separator)
	year, ok5 := c.year(separator == "-")
	c.skip(",")
	if !ok2 || !ok3 || !ok4 || !ok5 || !c.skip(": T") {
		return 0, false
	}
	date, ok1 := civil(year, month, day)
	clock, ok2 := c.clock()
	return c.zoned(date+clock, ok1 && ok2)
}

// monthFirst reads, behind the month, " 2 10:00:00 2026" and "2 2026 10:00:00 GMT+0000 (…)".
func (c *cursor) monthFirst(month int64) (ms int64, ok bool) {
	if !c.skip(" ") {
		return 0, false
	}
	c.skip(" ") // A day of one digit is filled up with a space.
	day, ok := c.day()
	comma := c.skip(",")
	if !ok || !c.skip(" ") || len(c.rest) < 3 {
		return 0, false
	}
	if c.rest[2] != ':' || comma {
		return c.clockLast(month, day)
	}
	clock, ok1 := c.clock()
	offset, ok2 := c.innerZone()
	year, ok3 := c.number(4)
	if !ok1 || !ok2 || !ok3 || c.rest != "" {
		return 0, false
	}
	date, ok := civil(year, month, day)
	return date + clock - offset, ok
}

// clockLast reads, behind the day, "2026 10:00:00 GMT+0000" and "2026, 10:00:00 PM".
func (c *cursor) clockLast(month, day int64) (ms int64, ok bool) {
	year, ok1 := c.number(4)
	c.skip(",")
	if !ok1 || !c.skip(" ") {
		return 0, false
	}
	c.word("@ ") // Kibana writes Nov 2, 2026 @ 10:00:00.123.
	if len(c.rest) > 1 && c.rest[1] == ':' {
		return c.halfDay(year, month, day)
	}
	before := c.rest
	date, ok1 := civil(year, month, day)
	clock, ok2 := c.clock()
	if isHalf(c.rest) {
		c.rest = before
		return c.halfDay(year, month, day)
	}
	return c.zoned(date+clock, ok1 && ok2)
}

// isHalf tells whether a clock is one of twelve hours.
func isHalf(rest string) bool {
	return len(rest) >= 3 && rest[0] == ' ' && (rest[1] == 'A' || rest[1] == 'P') && rest[2] == 'M'
}

// halfDay reads 1:00:00 PM or 12:00:00 AM.
func (c *cursor) halfDay(year, month, day int64) (ms int64, ok bool) {
	hour, ok1 := c.day()
	if !ok1 || hour < 1 || hour > 12 || !c.skip(":") {
		return 0, false
	}
	minute, ok1 := c.number(2)
	ok2 := c.skip(":")
	second, ok3 := c.number(2)
	if !ok1 || !ok2 || !ok3 || minute > 59 || second > 59 || !isHalf(c.rest) {
		return 0, false
	}
	hour %= 12
	if c.rest[1] == 'P' {
		hour += 12
	}
	c.rest = c.rest[len(" AM"):]
	date, ok := civil(year, month, day)
	return c.zoned(date+clockMillis(hour, minute, second), ok)
}

// innerZone reads the zone between clock and year, and the spaces around it.
func (c *cursor) innerZone() (offset int64, ok bool) {
	if !c.skip(" ") {
		return 0, false
	}
	if c.rest == "" || isDigit(c.rest[0]) {
		return 0, true
	}
	if c.rest[0] == '+' || c.rest[0] == '-' {
		offset, ok = c.offset()
	} else {
		ok = c.word("UTC") || c.word("GMT")
	}
	return offset, ok && c.skip(" ")
}

// day reads a number of one or two digits.
func (c *cursor) day() (v int64, ok bool) {
	if len(c.rest) > 1 && isDigit(c.rest[1]) {
		return c.number(2)
	}
	return c.number(1)
}

// year reads a year of four digits, or of two, as RFC 850 writes it: those of this century, up to
// where POSIX and Go take two digits for the century before.
func (c *cursor) year(short bool) (v int64, ok bool) {
	const century, pivot = 2000, 69
	if short && len(c.rest) > 2 && !isDigit(c.rest[2]) {
		v, ok = c.number(2)
		return v + century, ok && v < pivot
	}
	return c.number(4)
}

// weekday goes behind the name of a day.
func (c *cursor) weekday() bool {
	if len(c.rest) < 4 {
		return false
	}
	var long string
	switch c.rest[:3] {
	case "Mon", "Sun", "Fri":
		long = "day"
	case "Tue":
		long = "sday"
	case "Wed":
		long = "nesday"
	case "Thu":
		long = "rsday"
	case "Sat":
		long = "urday"
	default:
		return false
	}
	c.rest = c.rest[3:]
	c.word(long)
	return true
}

// month reads the short name of a month.
func (c *cursor) month() (v int64, ok bool) {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if len(c.rest) < 3 {
		return 0, false
	}
	for i := 0; i < len(names); i += 3 {
		if c.rest[:3] == names[i:i+3] {
			c.rest = c.rest[3:]
			return int64(i/3 + 1), true
		}
	}
	return 0, false
}
