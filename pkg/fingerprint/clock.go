package fingerprint

// Clock is the events' time as the profiles tell it: the newest that three accounts have reached.
// One account with a clock of its own, or one that wants detection to sleep, must not carry it off,
// not even by an hour: nothing is evaluated until all others have caught up.
type Clock struct {
	now    int64
	newest [3]struct {
		key  string
		time int64
	}
}

// Now is the time in Unix milliseconds, 0 before there are three accounts; it never goes back.
func (c *Clock) Now() int64 { return c.now }

// See takes in the time (Unix ms) of a profile, whose key names the account.
func (c *Clock) See(key []byte, at int64) {
	slot := 0
	for i := range c.newest {
		if c.newest[i].key == string(key) {
			slot = i
			break
		}
		if c.newest[i].time < c.newest[slot].time {
			slot = i
		}
	}
	if at <= c.newest[slot].time {
		return
	}
	c.newest[slot].key, c.newest[slot].time = string(key), at
	for i := range c.newest {
		at = min(at, c.newest[i].time)
	}
	c.now = max(c.now, at)
}
