// Package sketchfilter turns gateway records into canonical events without text: what detection needs of the text is in their sketches.
package sketchfilter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Filter reads records and writes events. It serves one goroutine.
type Filter struct {
	reader    *gateway.Reader
	sketcher  *sketch.Sketcher
	maxRecord int
	sketch    sketch.Sketch
	out       []byte
	// Counts is what came of the input so far.
	Counts Counts
}

// Counts is what came of the input.
type Counts struct {
	// Events were written, Skipped left out on purpose, Broken could not be read.
	Events, Skipped, Broken int64
	// Unjoined requests are reported by their gateway in two records, of which one did not come.
	Unjoined int64
}

// New makes a Filter that reads as the ingest stage with these options and keys does.
func New(opts stage.IngestOptions, keys []sketch.Options) (*Filter, error) {
	if len(keys) == 0 {
		return nil, errors.New("sketch filter: no secret to hash with")
	}
	f := &Filter{maxRecord: opts.MaxRecordBytes}
	var err error
	if f.sketcher, err = sketch.New(keys[0], keys[1:]...); err != nil {
		return nil, err
	}
	opts.Gateway.Secret = stage.CredentialKey(keys[0].Key)
	f.reader, err = gateway.New(opts.Gateway)
	return f, err
}

// Run filters newline-separated records until the end of the input. complain is told why something could not be read, and of what line; what it
// is told never holds content. What was written is flushed whenever the next record has to be waited for.
func (f *Filter) Run(r io.Reader, w io.Writer, complain func(line int64, reason string)) error {
	lines := backtest.NewLines(r, f.maxRecord)
	out := bufio.NewWriterSize(w, 1<<16)
	for n := int64(1); ; n++ {
		if lines.Waits() {
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write events: %w", err)
			}
		}
		line, size, err := lines.Next()
		if errors.Is(err, io.EOF) {
			f.out = f.out[:0]
			f.reader.Flush(f.visitor(func(reason string) { complain(n, reason) }))
			f.Counts.Unjoined += f.reader.TakeUnjoined()
			if _, err := out.Write(f.out); err != nil {
				return fmt.Errorf("write events: %w", err)
			}
			return out.Flush()
		}
		if err != nil {
			return fmt.Errorf("read events after line %d: %w", n-1, err)
		}
		if line == nil && size > 0 {
			f.Counts.Broken++
			complain(n, "event: "+event.ReasonTooLarge+": the line has "+strconv.FormatInt(size, 10)+" bytes")
			continue
		}
		f.record(line, func(reason string) { complain(n, reason) })
		if _, err := out.Write(f.out); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
}

// record makes f.out of a record.
func (f *Filter) record(line []byte, complain func(reason string)) {
	f.out = f.out[:0]
	f.reader.Read(line, f.visitor(complain))
	f.Counts.Unjoined += f.reader.TakeUnjoined()
}

// visitor adds events to f.out.
func (f *Filter) visitor(complain func(reason string)) func(*event.Event, error) bool {
	return func(ev *event.Event, err error) bool {
		if err == nil {
			err = f.strip(ev)
		}
		switch {
		case errors.As(err, new(*gateway.SkipError)):
			f.Counts.Skipped++
		case err != nil:
			f.Counts.Broken++
			complain(plainly(err))
		default:
			f.Counts.Events++
			f.out = append(event.AppendJSON(f.out, ev), '\n')
		}
		return true
	}
}

// strip puts a sketch in the place of an event's text. A sketch of the gateway's own is read and written anew, so that it holds hashes and
// nothing else.
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

// plainly tells an error without any name that is not the canonical event's own: a name may be text, where a caller chose it.
func plainly(err error) string {
	broken, ok := errors.AsType[*event.DecodeError](err)
	if !ok {
		return err.Error()
	}
	shown := *broken
	for name := range strings.SplitSeq(shown.Field, ".") {
		if !slices.ContainsFunc(gateway.Fields(), func(f gateway.Field) bool { return slices.Contains(strings.Split(f.Path, "."), name) }) {
			shown.Field = ""
		}
	}
	return shown.Error()
}
