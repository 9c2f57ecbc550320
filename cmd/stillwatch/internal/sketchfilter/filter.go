// Package sketchfilter turns gateway records into canonical events without text: what detection
// needs of the text is in their sketches.
package sketchfilter

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

// Filter reads records and writes events. It serves one goroutine.
type Filter struct {
	reader   *decode.Reader
	sketcher *sketch.Sketcher
	sketch   sketch.Sketch
	out      []byte
	// Counts is what came of the input so far.
	Counts Counts
}

// Counts is what came of the input.
type Counts struct {
	// Events were written, Skipped left out on purpose, Broken could not be read.
	Events, Skipped, Broken int64
	// Unjoined requests are reported by their gateway in several records, of which some did not
	// come.
	Unjoined int64
}

// New makes a Filter that reads as the ingest stage with these options and keys does.
func New(opts ingest.Options, keys []sketch.Options) (*Filter, error) {
	if len(keys) == 0 {
		return nil, errors.New("sketch filter: no secret to hash with")
	}
	f := &Filter{}
	var err error
	if f.sketcher, err = sketch.New(keys[0], keys[1:]...); err != nil {
		return nil, err
	}
	opts.Gateway.Secret = ingest.CredentialKey(keys[0].Key)
	f.reader, err = decode.New(decode.Options{
		Gateway: opts.Gateway, MaxRecord: opts.MaxRecordBytes, Lines: true,
	})
	return f, err
}

// Complain gets why something could not be read, and its line.
type Complain func(line int64, reason string)

// File filters the records of a file, one a line. complain is told why something could not be read,
// and of what line; what it is told never holds content. What was written is flushed whenever the
// next record has to be waited for.
func (f *Filter) File(ctx context.Context, path string, w io.Writer, complain Complain) error {
	return f.filter(w, complain, func(visit func(*decode.Outcome) error) error {
		return f.reader.File(ctx, path, visit)
	})
}

// Run is File for a stream.
func (f *Filter) Run(r io.Reader, w io.Writer, complain Complain) error {
	return f.filter(w, complain, func(visit func(*decode.Outcome) error) error {
		return f.reader.Streamed("events", r, visit)
	})
}

// End writes the events that wait for more records at the end of the input.
func (f *Filter) End(w io.Writer, complain Complain) error {
	return f.filter(w, complain, f.reader.Flush)
}

func (f *Filter) filter(
	w io.Writer, complain Complain, read func(func(*decode.Outcome) error) error,
) error {
	out := bufio.NewWriterSize(w, 1<<16)
	flush := func() error {
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
		return nil
	}
	f.reader.Idle = flush
	err := read(func(o *decode.Outcome) error {
		f.object(o, complain)
		if _, err := out.Write(f.out); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
		return nil
	})
	f.Counts.Unjoined += f.reader.TakeUnjoined()
	if err != nil {
		return err
	}
	return flush()
}

// object makes f.out of an object.
func (f *Filter) object(o *decode.Outcome, complain Complain) {
	f.out = f.out[:0]
	err := o.Err
	if err == nil {
		err = f.strip(o.Event)
	}
	switch _, skipped := o.Skipped(); {
	case skipped:
		f.Counts.Skipped++
	case err != nil:
		f.Counts.Broken++
		complain(o.Place.Line, decode.Plain(err))
	default:
		f.Counts.Events++
		f.out = append(event.AppendJSON(f.out, o.Event), '\n')
	}
}

// strip puts a sketch in the place of an event's text. A sketch of the gateway's own is read and
// written anew, so that it holds hashes and nothing else.
func (f *Filter) strip(ev *event.Event) error {
	switch {
	case ev.Content.Present():
		if !ev.Request.MessageCount.Known && len(ev.Content.Input) > 0 {
			ev.Request.MessageCount = event.Int{V: int64(len(ev.Content.Input)), Known: true}
		}
		f.sketcher.Sketch(ev, &f.sketch)
		ev.Sketch = f.sketcher.ToWire(&f.sketch)
	case ev.Sketch != nil:
		if err := f.sketcher.FromWire(ev.Sketch, &f.sketch); err != nil {
			return err
		}
		check := ev.Sketch.Check
		ev.Sketch = f.sketcher.ToWire(&f.sketch)
		ev.Sketch.Check = check
	}
	ev.Content = event.Content{}
	return nil
}
