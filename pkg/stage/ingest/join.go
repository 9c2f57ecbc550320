package ingest

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// joinKey is the state that says from which record on a partition has to be read again, so that its
// reader holds the same parts of calls as before. The parts themselves are not stored, for they may
// hold prompts: they stay in the topic.
const joinKey = "join"

// joinMark is a place in the partition with the reader's clock before it.
type joinMark struct{ offset, clock int64 }

// origin is where a record came from.
type origin struct {
	topic     string
	partition int
	offset    int64
}

// maxMarks bounds the marks; beyond it every second one goes, which makes a restart read more.
const maxMarks = 4096

// flushIndex is the place in a record from which on what a flush brings out is counted. It is
// beyond that of any item: none takes less than two bytes of a record, and no topic takes records
// so large.
const flushIndex = 1 << 28

// joinState is what a task knows of the calls that its readers hold.
type joinState struct {
	marks []joinMark
	// stored says that the store has a joinKey, from what it says.
	stored bool
	from   joinMark
	// begun says that the first record after a restart has been read.
	begun bool
	// flushed says that a flush was announced to the store, and due that it was by an owner before
	// this one, whose flush may or may not have come out: it is repeated, at the same places.
	flushed, due bool
	// last is the newest record.
	last origin
}

// load takes what the store has.
func (s *joinState) load(value []byte) error {
	if value == nil {
		return nil
	}
	bad := fmt.Errorf("ingest: state %q: %d bytes that are no place and time", joinKey, len(value))
	offset, n := binary.Uvarint(value)
	if n <= 0 {
		return bad
	}
	clock, m := binary.Uvarint(value[n:])
	if m <= 0 || n+m+1 != len(value) || value[n+m] > 1 ||
		offset > math.MaxInt64 || clock > math.MaxInt64 {
		return bad
	}
	s.stored, s.due = true, value[n+m] == 1
	s.from = joinMark{offset: int64(offset), clock: int64(clock)}
	return nil
}

// value is what the store is to have.
func (s *joinState) value(flush bool) []byte {
	b := binary.AppendUvarint(nil, uint64(s.marks[0].offset))
	b = binary.AppendUvarint(b, uint64(s.marks[0].clock))
	if flush {
		return append(b, 1)
	}
	return append(b, 0)
}

// mark notes where a batch begins that reader is about to read.
func (t *task) mark(reader *gateway.Reader, batch []stage.Record) {
	s := &t.join
	if !s.begun && s.stored && batch[0].Offset >= s.from.offset {
		reader.SetClock(s.from.clock)
	}
	s.begun = true
	s.marks = append(s.marks, joinMark{batch[0].Offset, reader.Clock()})
	if len(s.marks) > maxMarks {
		half := s.marks[:0]
		for i := 0; i < len(s.marks); i += 2 {
			half = append(half, s.marks[i])
		}
		s.marks = half
	}
	last := &batch[len(batch)-1]
	s.last = origin{partition: last.Partition, offset: last.Offset}
	if s.last.topic = t.join.last.topic; last.Topic != s.last.topic {
		s.last.topic = string([]byte(last.Topic))
	}
}

// forget drops the marks that what the readers hold cannot depend on any more.
func (t *task) forget() {
	s := &t.join
	if t.held() == 0 {
		s.marks = s.marks[:0]
		return
	}
	for _, reader := range t.readers {
		n, since := 0, reader.Clock()-reader.Memory().Milliseconds()
		for n+1 < len(s.marks) && s.marks[n+1].clock <= since {
			n++
		}
		s.marks = append(s.marks[:0], s.marks[n:]...)
	}
}

// held counts the calls that the readers hold.
func (t *task) held() (n int) {
	for _, reader := range t.readers {
		n += reader.Held()
	}
	return n
}

// Sizes counts the calls of which parts are held.
func (t *task) Sizes() map[string]int { return map[string]int{"calls": t.held()} }

// joinChange appends the change of the state, if it has to have one.
func (t *task) joinChange(changes []stage.Change) []stage.Change {
	s := &t.join
	switch {
	case len(s.marks) > 0:
		s.stored = true
		return append(changes, stage.Change{Key: joinKey, Value: s.value(false)})
	case s.stored:
		s.stored = false
		return append(changes, stage.Change{Key: joinKey})
	}
	return changes
}

// RebuildFrom is the first record whose parts of calls may still be waited with.
func (t *task) RebuildFrom() int64 {
	if !t.join.stored {
		return math.MaxInt64
	}
	return t.join.from.offset
}

// Rebuild has the readers take in again what they held. Whatever comes out of these records came
// out before.
func (t *task) Rebuild(batch []stage.Record) error {
	if len(batch) == 0 {
		return nil
	}
	reader, err := t.readerFor(batch[0].Topic)
	if err != nil {
		return err
	}
	t.mark(reader, batch)
	for i := range batch {
		if len(batch[i].Value) <= t.maxRecord {
			reader.ReadRecord(batch[i].Value, batch[i].Headers, func(*event.Event, error) bool {
				return true
			})
		}
	}
	reader.TakeUnjoined()
	reader.TakeUnread()
	t.forget()
	return nil
}

// Flush gives out the calls that wait: nothing more comes, or not for a while. When it is repeated
// after a crash, the events have to have the same places, though records may have come meanwhile.
// So the flush is part of the state before anything of it comes out.
func (t *task) Flush() (stage.Result, error) {
	s := &t.join
	if t.held() == 0 || len(s.marks) == 0 {
		return stage.Result{}, nil
	}
	if !s.flushed {
		s.flushed, s.stored = true, true
		announced := []stage.Change{{Key: joinKey, Value: s.value(true)}}
		return stage.Result{Changes: announced, More: true}, nil
	}
	out := t.newBatch(0)
	t.flush(&out)
	return t.result(&out), nil
}

// flush gives out the calls that wait, as of the newest record.
func (t *task) flush(out *outcome) {
	s := &t.join
	s.flushed, s.due = false, false
	index := int32(flushIndex)
	t.o.Position = fingerprint.Position{
		Partition: t.hash.partition(s.last.topic, s.last.partition, t.generation),
		Offset:    s.last.offset,
	}
	for _, reader := range t.readers {
		reader.Flush(func(ev *event.Event, err error) bool {
			t.o.Position.Index = index
			index++
			t.late(ev, err, 0, out)
			return true
		})
	}
	s.marks = s.marks[:0]
}

// late takes in an event whose parts came in records before: what is wrong with it is not the fault
// of the record at hand.
func (t *task) late(ev *event.Event, err error, recordTime int64, out *outcome) {
	if l, ok := t.item(recordTime, ev, err, out); !ok {
		out.counts.Add(1, skipped, l.reason)
	}
}
