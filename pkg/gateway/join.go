package gateway

import (
	"container/heap"
	"errors"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// JoinOptions bound the wait for the other parts of a call that a gateway reports in several
// records.
type JoinOptions struct {
	// Window is how long the parts of a call wait for the others, by the time of the records.
	Window time.Duration `yaml:"window" json:"window"`
	// OTLPWindow is how long a span of OpenTelemetry waits for its content and for the spans around
	// it, where it lacks any; 0 reads every span and log record by itself.
	OTLPWindow time.Duration `yaml:"otlp_window" json:"otlp_window"`
	// MaxPending and MaxBytes are how many calls wait, and how many bytes they have; beyond either,
	// the oldest are given out with what is there.
	MaxPending int `yaml:"max_pending" json:"max_pending"`
	MaxBytes   int `yaml:"max_bytes" json:"max_bytes"`
}

// DefaultJoinOptions fit gateways that export all parts of a call within seconds. The window of
// spans is four times what the SDKs wait before they export a batch (OTEL_BSP_SCHEDULE_DELAY, 5 s),
// since a call's parts may pass two collectors that batch again.
func DefaultJoinOptions() JoinOptions {
	return JoinOptions{
		Window: 2 * time.Minute, OTLPWindow: 20 * time.Second,
		MaxPending: 20000, MaxBytes: 64 << 20,
	}
}

func (o JoinOptions) validate() error {
	if o.Window <= 0 || o.MaxPending <= 0 || o.MaxBytes <= 0 {
		return errors.New("gateway: join window, max_pending and max_bytes must be positive")
	}
	if o.OTLPWindow < 0 || o.OTLPWindow > o.Window {
		return errors.New(
			"gateway: join otlp_window must be between 0, which switches it off, and window",
		)
	}
	return nil
}

// Reasons for which a part of a call is skipped. ReasonWaiting says that a Reader holds it for
// records to come, ReasonJoined that another part stands for it, ReasonUnjoined that what was held
// is no event: the other parts never came.
const (
	ReasonWaiting  = "waiting_for_other_half"
	ReasonUnjoined = "unjoined"
	ReasonJoined   = "joined"
)

// joiner holds parts of calls until their time is over. T is what a format keeps of a call.
//
// What it does depends on the parts in their order alone: time is that of the records, and only
// passes with them. So a partition that is read again gives the same events at the same places.
type joiner[T any] struct {
	opts  JoinOptions
	clock *recordClock
	calls map[string]*held[T]
	// queue has the calls by the time at which they are over.
	queue heldQueue[T]
	// added numbers the calls. waiting of them will be events, and bytes is what they take.
	added          uint64
	waiting, bytes int
}

// held is a call whose parts are held.
type held[T any] struct {
	key string
	of  T
	// due is when its time is over, number breaks ties, at is the place in the queue.
	due    int64
	number uint64
	at     int
	bytes  int
	// waiting says that an event will come of it, as far as is known.
	waiting bool
}

// maxHeld is how many calls are held for each that may wait: those that were given out and spans of
// other kinds, which are small.
const maxHeld = 8

func newJoiner[T any](opts JoinOptions, clock *recordClock) *joiner[T] {
	return &joiner[T]{opts: opts, clock: clock, calls: map[string]*held[T]{}}
}

// call returns the call of a key; a new one is held for a time.
func (j *joiner[T]) call(key string, hold time.Duration) *held[T] {
	c := j.calls[key]
	if c == nil {
		j.added++
		c = &held[T]{key: key, number: j.added, due: j.clock.now + hold.Milliseconds()}
		j.calls[key] = c
		heap.Push(&j.queue, c)
	}
	return c
}

// until sets how long from now on a call is held, if it still is.
func (j *joiner[T]) until(c *held[T], hold time.Duration) {
	if c.at < 0 {
		return
	}
	c.due = j.clock.now + hold.Milliseconds()
	heap.Fix(&j.queue, c.at)
}

// grow notes how many more bytes a call holds, or fewer.
func (j *joiner[T]) grow(c *held[T], bytes int) {
	c.bytes += bytes
	j.bytes += bytes
}

// wait notes whether an event will come of a call.
func (j *joiner[T]) wait(c *held[T], waiting bool) {
	switch {
	case waiting && !c.waiting:
		j.waiting++
	case !waiting && c.waiting:
		j.waiting--
	}
	c.waiting = waiting
}

// over takes out a call whose time is over, or that there is no room for; with all, any. The oldest
// comes first; nil when there is none.
func (j *joiner[T]) over(all bool) *held[T] {
	if len(j.queue) == 0 {
		return nil
	}
	full := j.waiting > j.opts.MaxPending || j.bytes > j.opts.MaxBytes ||
		len(j.queue) > maxHeld*j.opts.MaxPending
	c := j.queue[0]
	if !all && !full && !j.clock.jumped && c.due >= j.clock.now {
		return nil
	}
	heap.Pop(&j.queue)
	delete(j.calls, c.key)
	j.wait(c, false)
	j.grow(c, -c.bytes)
	return c
}

// heldQueue is a heap by the time at which calls are over.
type heldQueue[T any] []*held[T]

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (q heldQueue[T]) Len() int { return len(q) }

// Less tells which is over first.
func (q heldQueue[T]) Less(i, k int) bool {
	if q[i].due != q[k].due {
		return q[i].due < q[k].due
	}
	return q[i].number < q[k].number
}

// Swap changes two places.
func (q heldQueue[T]) Swap(i, k int) {
	q[i], q[k] = q[k], q[i]
	q[i].at, q[k].at = i, k
}

// Push adds a call at the end.
func (q *heldQueue[T]) Push(x any) {
	c := x.(*held[T])
	c.at = len(*q)
	*q = append(*q, c)
}

// Pop takes the last one.
func (q *heldQueue[T]) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	c.at = -1
	(*q)[last] = nil
	*q = (*q)[:last]
	return c
}

// recordClock is the time that the records show. One machine with a wrong clock must not close all
// windows, or keep them open: a leap forwards needs several records that agree, and a time that
// many records are far behind was wrong.
type recordClock struct {
	now int64
	// leap is from what difference on a time is doubted.
	leap int64
	// ahead and behind count the records at hand that are as far off.
	ahead, behind int
	// jumped says that the time went back: nothing that is held has a time that means anything.
	jumped bool
}

const (
	// leapsForward and leapsBack are how many records in a row have to agree. Back is the costlier
	// error, since it closes all windows, and records that come late are not rare.
	leapsForward = 8
	leapsBack    = 64
)

// see takes the time of a part, 0 when it has none.
func (c *recordClock) see(ms int64) {
	switch {
	case !event.PlausibleTime(ms):
	case c.now == 0:
		c.now = ms
	case ms > c.now+c.leap:
		c.behind = 0
		if c.ahead++; c.ahead >= leapsForward {
			c.now, c.ahead = ms, 0
		}
	case ms < c.now-c.leap:
		c.ahead = 0
		if c.behind++; c.behind >= leapsBack {
			c.now, c.behind, c.jumped = ms, 0, true
		}
	default:
		c.ahead, c.behind = 0, 0
		c.now = max(c.now, ms)
	}
}

// Flush has visit called for the events of which parts are still held, at the end of the input.
func (r *Reader) Flush(visit func(ev *event.Event, err error) bool) {
	r.lost, r.depth = 0, 0
	r.giveOut(true, visit)
}

// giveOut has the events visited that are complete, or whose time is over; with all, whatever is
// held.
func (r *Reader) giveOut(all bool, visit func(*event.Event, error) bool) {
	r.late = true
	defer func() { r.late = false }()
	ok := r.apim == nil || r.apimDue(all, visit)
	if ok && r.otlp != nil && r.otlp.calls != nil {
		ok = r.spansDue(all, visit)
	}
	if ok {
		r.clock.jumped = false
	}
}

// Late tells whether what is visited has come in records before, in part or as a whole.
func (r *Reader) Late() bool { return r.late }

// Held returns how many calls the Reader remembers for records to come: those whose parts wait, and
// those whose parts are not to count again.
func (r *Reader) Held() (n int) {
	if r.apim != nil {
		n += len(r.apim.j.calls)
	}
	if r.otlp != nil && r.otlp.calls != nil {
		n += len(r.otlp.calls.j.calls)
	}
	return n
}

// Clock returns the time of the records as far as they take part in joins, in Unix milliseconds, 0
// before the first that does. What the Reader holds follows from the records since Clock less
// Memory alone: a Reader that begins there, with SetClock, ends up with the same.
func (r *Reader) Clock() (ms int64) { return r.clock.now }

// SetClock sets the time that Clock told when a record was read, to begin with that record.
func (r *Reader) SetClock(ms int64) { r.clock.now = ms }

// Memory is how far back what the Reader holds can depend on records: a call that waits came within
// the window, and what became of its parts within the window before that.
func (r *Reader) Memory() time.Duration { return 2 * r.opts.Join.Window }

// TakeUnjoined returns how many requests were given up since it was last called because their other
// parts never came: they were not seen.
func (r *Reader) TakeUnjoined() int64 {
	n := r.unjoined
	r.unjoined = 0
	return n
}

// finishJoin has r.ev visited, the event of a call of which all parts that came are put together.
// One that cannot be read is no dead letter: the record at hand, which closed the window, is
// another one. complete says that no part was missing.
func (r *Reader) finishJoin(err error, complete bool, visit func(*event.Event, error) bool) bool {
	broken, bad := errors.AsType[*event.DecodeError](err)
	switch {
	case bad && complete:
		err = &SkipError{Reason: broken.Reason, Why: broken}
	case bad:
		r.unjoined++
		err = &SkipError{Reason: ReasonUnjoined, Why: broken}
	}
	return r.hand(err, visit)
}
