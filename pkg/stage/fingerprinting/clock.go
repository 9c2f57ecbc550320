package fingerprinting

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

const (
	// agreement is how many events in a row that are ahead of the stream make its new time when
	// they come from different accounts, and agreementAlone when all come from one: after a quiet
	// weekend the first events of the week look like this.
	agreement      = 3
	agreementAlone = 8
	// disowned is how many events in a row must be more than maxBehind behind the stream's time for
	// it to be wrong: one event of the year 2100 that was the first of all. It is long, for a
	// source partition that catches up looks the same for a while.
	disowned  = 64
	maxBehind = 60 * 24 * 3_600_000
	// recentTimes is how many event times are kept to tell a steady time from a jump.
	recentTimes = 32
)

// verdict is what the clock thinks of an event's time.
type verdict uint8

const (
	// inOrder times count.
	inOrder verdict = iota
	// ahead times are too far ahead to be believed alone: the event waits.
	ahead
	// agreed times are ahead, but enough events agree: they and those that wait count.
	agreed
)

// quarantinedRecord is an event that waits for others to agree with its time.
type quarantinedRecord struct {
	time  int64
	key   string
	value []byte
}

// watermark is a partition's event time: the newest time that was believed.
type watermark struct {
	// now is in Unix milliseconds, 0 before the first event.
	now         int64
	quarantined []quarantinedRecord
	// behind counts the events in a row that are far behind, newest is the newest time among them.
	behind int
	newest int64
	recent [recentTimes]int64
	n      int
}

// judge moves the clock on by an event's time.
func (c *watermark) judge(t int64, key []byte, maxAhead time.Duration) verdict {
	limit := maxAhead.Milliseconds()
	if c.now > 0 && t > c.now+limit {
		c.behind = 0
		if !c.agrees(t, key, limit) {
			return ahead
		}
		c.now = t
		return agreed
	}
	if c.now > 0 && t < c.now-maxBehind {
		if c.behind == 0 {
			c.newest = 0
		}
		c.newest = max(c.newest, t)
		if c.behind++; c.behind >= disowned {
			c.now, c.behind = c.newest, 0
		}
	} else {
		c.behind = 0
		c.now = max(c.now, t)
	}
	c.recent[c.n%recentTimes] = t
	c.n++
	return inOrder
}

// agrees tells whether the events that wait and this one make a new time.
func (c *watermark) agrees(t int64, key []byte, limit int64) bool {
	others := false
	for i := range c.quarantined {
		if d := c.quarantined[i].time - t; d > limit || d < -limit {
			return false
		}
		others = others || c.quarantined[i].key != string(key)
	}
	n := len(c.quarantined) + 1
	return n >= agreementAlone || others && n >= agreement
}

// steady is a time that most of the recent events have passed, 0 before there are enough of them.
func (c *watermark) steady() int64 {
	if c.n < recentTimes {
		return 0
	}
	return slices.Min(c.recent[:])
}

// quarantine keeps a record until others agree with its time. Those that do not agree with it are
// refused.
func (t *task) quarantine(r *stage.Record) {
	limit := t.o.MaxAhead.Milliseconds()
	for i := range t.clock.quarantined {
		if d := t.clock.quarantined[i].time - t.obs.Time; d > limit || d < -limit {
			t.refuseQuarantined()
			break
		}
	}
	t.clock.quarantined = append(
		t.clock.quarantined, quarantinedRecord{t.obs.Time, string(r.Key), bytes.Clone(r.Value)},
	)
}

// release counts the records that waited.
func (t *task) release() error {
	waiting := t.clock.quarantined
	t.clock.quarantined = nil
	for i := range waiting {
		if err := t.obs.Alias(waiting[i].value); err != nil {
			return fmt.Errorf("stage: read a quarantined observation: %w", err)
		}
		t.clock.now = max(t.clock.now, waiting[i].time)
		if err := t.count([]byte(waiting[i].key)); err != nil {
			return err
		}
	}
	return nil
}

var errFuture = errors.New(
	"the event's time is ahead of its stream and no other event agrees with it",
)

// refuseQuarantined gives up the records that waited: the stream went on where it was.
func (t *task) refuseQuarantined() {
	for i := range t.clock.quarantined {
		h := &t.clock.quarantined[i]
		t.res.Counts.Add(1, deadLettered, reasonAhead)
		t.res.Out = append(t.res.Out, stage.Out{
			To: stage.DeadLetters, Key: []byte(h.key), Value: h.value,
			Headers: []stage.Header{
				{Key: "stillwatch-reason", Value: []byte(reasonAhead)},
				{Key: "stillwatch-detail", Value: []byte(errFuture.Error())},
			},
		})
	}
	t.clock.quarantined = nil
}
