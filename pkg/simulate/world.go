package simulate

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Texts replace parts of the built-in grammar with texts from elsewhere. Empty lists keep the
// grammar.
type Texts struct {
	// Prompts are what people and third parties ask.
	Prompts []string
	// Items are what campaigns and evaluators ask.
	Items []string
}

// Record is one event of a world.
type Record struct {
	// Time is in Unix milliseconds.
	Time int64
	// Account is the account's id, a natural record key.
	Account string
	// Harvest says that a campaign asked for it as a part of its harvest.
	Harvest bool
	// JSON is the canonical event on one line, without a line break. It is valid until the next
	// call of Next.
	JSON []byte
}

// World is a scenario while it runs. It is not safe for concurrent use.
type World struct {
	sc         Scenario
	g          *grammar
	texts      Texts
	ids        *identities
	shapes     shapes
	start, end int64
	streams    uint64

	queue  taskQueue
	seq    uint64
	groups []*group
	honest []*account
	public [][]string // sets whose items crowds ask

	out     []Record
	next    int
	buffers [][]byte

	harvest []string
}

// New makes the world of a scenario. The scenario is checked first.
func New(sc Scenario, texts Texts) (*World, error) {
	sc.fill()
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	g, err := builtinGrammar()
	if err != nil {
		return nil, err
	}
	w := &World{
		sc: sc, g: g, texts: texts, shapes: newShapes(), start: sc.Start.UnixMilli(),
		end: sc.Start.Add(sc.Duration).UnixMilli(),
	}
	w.ids = newIdentities(newRNG(sc.Seed, w.stream()), g, sc.Start, sc.Start.Add(sc.Duration))
	for i := range w.sc.Crowds {
		c := &w.sc.Crowds[i]
		crowdMakers()[c.Kind](w, c)
	}
	var errs []error
	for i := range w.sc.Gatherings {
		c := &w.sc.Gatherings[i]
		if err := c.validate(g); err != nil {
			errs = append(errs, err)
			continue
		}
		w.addGathering(c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", w.sc.Name, err)
	}
	for i := range w.sc.Campaigns {
		c := &w.sc.Campaigns[i]
		if err := c.validateOptions(g); err != nil {
			return nil, fmt.Errorf("scenario %q: %w", w.sc.Name, err)
		}
		w.addCampaign(c)
	}
	return w, nil
}

// stream numbers the independent sources of randomness, so that one more account in a crowd leaves
// the others as they were.
func (w *World) stream() uint64 {
	w.streams++
	return w.streams
}

// Next returns the next event in time order; ok is false after the last one.
func (w *World) Next() (rec Record, ok bool) {
	if w.next >= len(w.out) {
		w.out, w.next = w.out[:0], 0
		for len(w.out) == 0 {
			t, ok := w.queue.pop()
			if !ok {
				return Record{}, false
			}
			t.run(t.at)
		}
	}
	rec = w.out[w.next]
	w.next++
	return rec, true
}

// Write writes all remaining events to dst, one per line, and returns how many.
func (w *World) Write(dst io.Writer) (events int64, err error) {
	var line []byte
	for {
		rec, ok := w.Next()
		if !ok {
			return events, nil
		}
		line = append(append(line[:0], rec.JSON...), '\n')
		if _, err := dst.Write(line); err != nil {
			return events, fmt.Errorf("write event %d: %w", events+1, err)
		}
		events++
	}
}

// Truth says who was who, as of the events drawn so far.
func (w *World) Truth() *Truth { return w.truth() }

// HarvestIDs are the ids of the campaigns' requests drawn so far, in time order, cover traffic left
// out.
func (w *World) HarvestIDs() []string { return w.harvest }

// Span is the first and the last moment of the world.
func (w *World) Span() (start, end time.Time) { return w.sc.Start, w.sc.Start.Add(w.sc.Duration) }

// newGroup registers a crowd's part or a campaign.
func (w *World) newGroup(id, kind, crowd string, campaign bool) *group {
	g := &group{id: id, kind: kind, crowd: crowd, campaign: campaign}
	for i := range w.sc.Crowds {
		if c := &w.sc.Crowds[i]; !campaign && c.ID == crowd && c.Purpose != "" {
			g.contract, g.purpose = "ctr_"+id, c.Purpose
		}
	}
	w.groups = append(w.groups, g)
	return g
}

// at runs a function at a time; what lies past the end never happens.
func (w *World) at(t int64, run func(t int64)) {
	if t >= w.end {
		return
	}
	w.seq++
	w.queue.push(task{at: max(t, w.start), seq: w.seq, run: run})
}

// emit writes an event out. Its time must be that of the running task.
func (w *World) emit(ev *event.Event, a *account, harvest, answered bool) {
	var buf []byte
	if n := len(w.out); n < len(w.buffers) {
		buf = w.buffers[n][:0]
	}
	buf = event.AppendJSON(buf, ev)
	if n := len(w.out); n < len(w.buffers) {
		w.buffers[n] = buf
	} else {
		w.buffers = append(w.buffers, buf)
	}
	w.out = append(w.out, Record{Time: ev.Time, Account: a.id.ID, Harvest: harvest, JSON: buf})
	g := a.group
	own := a.leased && a.main == nil // the owner's use of a leased account
	if a.main != nil {
		a = a.main
	}
	g.saw(a, own)
	g.events++
	if !own {
		if g.paid == 0 {
			g.first = ev.Time
		}
		g.last = ev.Time
		g.paid++
		g.tokens += ev.Usage.Input.V + ev.Usage.Output.V
	}
	if harvest {
		g.harvest++
		if answered {
			g.success++
		}
		w.harvest = append(w.harvest, ev.ID)
	}
}

// task is something that happens at a time.
type task struct {
	at  int64
	seq uint64
	run func(t int64)
}

func (a *task) before(b *task) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

// taskQueue is a binary heap by time, then by order of arrival.
type taskQueue struct{ h []task }

func (q *taskQueue) push(t task) {
	q.h = append(q.h, t)
	for i := len(q.h) - 1; i > 0; {
		p := (i - 1) / 2
		if !q.h[i].before(&q.h[p]) {
			break
		}
		q.h[i], q.h[p] = q.h[p], q.h[i]
		i = p
	}
}

func (q *taskQueue) pop() (task, bool) {
	if len(q.h) == 0 {
		return task{}, false
	}
	top := q.h[0]
	last := len(q.h) - 1
	q.h[0] = q.h[last]
	q.h[last] = task{}
	q.h = q.h[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && q.h[c+1].before(&q.h[c]) {
			c++
		}
		if !q.h[c].before(&q.h[i]) {
			break
		}
		q.h[i], q.h[c] = q.h[c], q.h[i]
		i = c
	}
	return top, true
}
