// Package decode reads gateway records as the ingest stage would, and says of each object in them
// what became of it: the commands decode, doctor and mapping test, which show that to people, are
// built on it.
package decode

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// Options say how records are read.
type Options struct {
	Gateway gateway.Options
	// MaxRecord is the size in bytes from which a record is not read at all.
	MaxRecord int
	// Lines says that every line is a record, whatever the file is called.
	Lines bool
}

// Place is where an object came from.
type Place struct {
	// File is the name of a file or topic.
	File string
	// Record counts the records of the file from 1, Line its lines, where a record is a line.
	Record, Line int64
	// Item counts the objects of the record from 1; 0 stands for the record as a whole.
	Item int
}

// String writes file:record:item, and the line where a record is one.
func (p Place) String() string {
	text := p.File
	if p.Record > 0 {
		text += ":" + strconv.FormatInt(p.Record, 10)
	}
	if p.Item > 0 {
		text += ":" + strconv.Itoa(p.Item)
	}
	if p.Line > 0 {
		text += " (line " + strconv.FormatInt(p.Line, 10) + ")"
	}
	return text
}

// Outcome is what became of one object. It and what it points at may be used until visit returns.
type Outcome struct {
	Place  Place
	Format string
	// Event is valid where Err is nil; otherwise it has at most the tenant and the account that the
	// object still named.
	Event *event.Event
	// Err is nil for an event, a *gateway.SkipError for what is left out on purpose, and a
	// *event.DecodeError for what becomes a dead letter.
	Err error
	// Unread is what could not be read of an event that counts all the same.
	Unread gateway.Unread
	// GivenUp says that too much of the record is broken for the rest of it to be read.
	GivenUp bool
}

// Skipped returns the reason for which the object was left out on purpose.
func (o *Outcome) Skipped() (reason string, ok bool) {
	if skip, ok := errors.AsType[*gateway.SkipError](o.Err); ok {
		return skip.Reason, true
	}
	return "", false
}

// Waits tells whether the object is held until the rest of its event comes.
func (o *Outcome) Waits() bool {
	reason, ok := o.Skipped()
	return ok && reason == gateway.ReasonWaiting
}

// Unjoined tells whether the object is what came of an event whose other half never did.
func (o *Outcome) Unjoined() bool {
	reason, ok := o.Skipped()
	return ok && reason == gateway.ReasonUnjoined
}

// Dead tells whether the object becomes a dead letter.
func (o *Outcome) Dead() bool {
	_, skipped := o.Skipped()
	return o.Err != nil && !skipped
}

// Reason is why the object becomes a dead letter, with the field where it has one.
func (o *Outcome) Reason() string {
	broken, ok := errors.AsType[*event.DecodeError](o.Err)
	switch {
	case !ok:
		return "unreadable"
	case broken.Field == "":
		return broken.Reason
	}
	return broken.Reason + " (" + broken.Field + ")"
}

// Incomplete tells whether the object is what came of the parts of a call of which none has what an
// event needs, and says what that is.
func (o *Outcome) Incomplete() (lack string, ok bool) {
	skip, ok := errors.AsType[*gateway.SkipError](o.Err)
	if !ok || skip.Why == nil || o.Unjoined() {
		return "", false
	}
	return (&Outcome{Err: skip.Why}).Reason(), true
}

// reasonEmpty is that of a record that holds no object at all.
const reasonEmpty = "empty"

// Reader reads records. What one record leaves waiting is joined with the next. It is not safe for
// concurrent use.
type Reader struct {
	// Idle, when set, is called before input that has not come yet must be waited for.
	Idle func() error

	o       Options
	gateway *gateway.Reader
	out     Outcome
}

// New makes a Reader.
func New(o Options) (*Reader, error) {
	g, err := gateway.New(o.Gateway)
	if err != nil {
		return nil, err
	}
	return &Reader{o: o, gateway: g}, nil
}

// Advice says what to switch on in a gateway so that it sends a field, by the field's path.
func (r *Reader) Advice(format string) map[string]string { return r.gateway.Advice(format) }

// TakeUnjoined returns how many events were given up since it was last called, because the rest of
// them did not come in time.
func (r *Reader) TakeUnjoined() int64 { return r.gateway.TakeUnjoined() }

// Record reads one record, and calls visit for each of its objects in order until that fails. The
// place is that of the record.
func (r *Reader) Record(
	at Place, value []byte, headers []gateway.Header, visit func(*Outcome) error,
) error {
	at.Item = 1
	if len(value) > r.o.MaxRecord {
		return r.none(at, &event.DecodeError{Reason: event.ReasonTooLarge}, visit)
	}
	at.Item = 0
	var failure error
	lost := 0
	r.gateway.ReadRecord(value, headers, func(ev *event.Event, err error) bool {
		at.Item++
		o := Outcome{Place: at, Event: ev, Err: err}
		lost--
		if o.Dead() {
			lost += 2
		}
		o.GivenUp = lost > gateway.MaxLost
		failure = r.visit(o, visit)
		return failure == nil
	})
	if failure == nil && at.Item == 0 {
		return r.none(at, &gateway.SkipError{Reason: reasonEmpty}, visit)
	}
	return failure
}

// none has a record visited of which nothing is read.
func (r *Reader) none(at Place, err error, visit func(*Outcome) error) error {
	return r.visit(Outcome{Place: at, Event: &event.Event{}, Err: err}, visit)
}

func (r *Reader) visit(o Outcome, visit func(*Outcome) error) error {
	o.Format = r.gateway.Format()
	// Taken whatever became of the object, so that it is not counted for the next.
	if o.Unread = r.gateway.TakeUnread(); o.Err != nil {
		o.Unread = gateway.Unread{}
	}
	r.out = o
	return visit(&r.out)
}

// Plain tells an error without any name that is not the canonical event's own: a name may be text,
// where a caller chose it.
func Plain(err error) string {
	broken, ok := errors.AsType[*event.DecodeError](err)
	if !ok {
		return err.Error()
	}
	shown := *broken
	for name := range strings.SplitSeq(shown.Field, ".") {
		if !isCanonical(name) {
			shown.Field = ""
		}
	}
	return shown.Error()
}

// isCanonical tells whether a name is one of the canonical event's.
func isCanonical(name string) bool {
	return slices.ContainsFunc(gateway.Fields(), func(f gateway.Field) bool {
		return slices.Contains(strings.Split(f.Path, "."), name)
	})
}
