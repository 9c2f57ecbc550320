// Package reshape writes canonical events in the shape of a gateway, and what belongs to them: the
// facts that the gateway does not know, and the labels in the names that its records have.
package reshape

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate/shape"
)

// Writer writes events. It serves one goroutine.
type Writer struct {
	shape   *shape.Shape
	facts   *shape.Facts
	decoder *event.Decoder
	ev      event.Event
	line    []byte
	// accounts holds the names of accounts that the records call otherwise.
	accounts map[string]string
	// harvest is the labels' requests, by the ids of the records.
	harvest []string
	// left counts the fields of the events that are not in their records, by path.
	left map[string]int64
	// Events is how many were read.
	Events int64
}

// New makes a Writer; facts is nil when nobody wants any.
func New(format string, facts bool) (*Writer, error) {
	s, err := shape.New(format)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		shape:    s,
		decoder:  event.NewDecoder(event.DefaultLimits()),
		accounts: map[string]string{},
		left:     map[string]int64{},
	}
	if facts {
		w.facts = shape.NewFacts()
	}
	return w, nil
}

// Shape is the shape in which the events are written.
func (w *Writer) Shape() *shape.Shape { return w.shape }

// Facts is the table of facts so far.
func (w *Writer) Facts() *shape.Facts { return w.facts }

// Event reads a canonical event and notes what belongs to it. harvest says that its labels count
// it as harvest. What it returns is valid until the next call.
func (w *Writer) Event(record []byte, harvest func(id string) bool) (*event.Event, error) {
	if err := w.decoder.Decode(record, &w.ev); err != nil {
		return nil, err
	}
	w.Events++
	read := w.shape.Carried(&w.ev)
	if w.facts != nil {
		w.facts.Add(&w.ev, &read)
	}
	for _, path := range shape.Left(&w.ev, &read) {
		w.left[path]++
	}
	account := w.ev.Account.ID
	if _, known := w.accounts[account]; !known {
		if to := shape.Who(&read); to != account {
			w.accounts[strings.Clone(account)] = strings.Clone(to)
		}
	}
	if harvest != nil && harvest(w.ev.ID) {
		w.harvest = append(w.harvest, strings.Clone(read.ID))
	}
	return &w.ev, nil
}

// Line returns the record of an event as a line of a file. It is valid until the next call.
func (w *Writer) Line(ev *event.Event) []byte {
	w.line = append(w.shape.AppendLine(w.line[:0], ev), '\n')
	return w.line
}

// File writes the events of a file of canonical events, one a line.
func (w *Writer) File(r io.Reader, out io.Writer, harvest func(id string) bool) error {
	lines := backtest.NewLines(r, backtest.DefaultOptions().MaxLine)
	for n := int64(1); ; n++ {
		line, size, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read events after line %d: %w", n-1, err)
		case size == 0:
			continue
		case line == nil:
			return fmt.Errorf("line %d has %d bytes, which is no event", n, size)
		}
		ev, err := w.Event(line, harvest)
		if err != nil {
			return fmt.Errorf("line %d is no canonical event: %w", n, err)
		}
		if _, err := out.Write(w.Line(ev)); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
}

// Left lists the fields of the events that were not written, by path; restored says that the facts
// bring back what they have.
func (w *Writer) Left(restored bool) []string {
	return slices.Sorted(func(yield func(string) bool) {
		for path := range w.left {
			if restored && slices.Contains(shape.Restored(), path) {
				continue
			}
			if !yield(path) {
				return
			}
		}
	})
}

// Harvest returns the ids of the requests that were noted as harvest, as the records have them.
func (w *Writer) Harvest() []string { return w.harvest }

// Truth returns labels with the accounts as the records call them.
func (w *Writer) Truth(labels []byte) ([]byte, error) {
	if len(w.accounts) == 0 {
		return append(labels, '\n'), nil
	}
	var doc map[string]any
	if err := json.Unmarshal(labels, &doc); err != nil {
		return nil, fmt.Errorf("read the labels: %w", err)
	}
	for _, kind := range []string{"campaigns", "benign_groups"} {
		groups, _ := doc[kind].([]any)
		for _, group := range groups {
			g, _ := group.(map[string]any)
			accounts, _ := g["accounts"].([]any)
			for i, account := range accounts {
				name, _ := account.(string)
				if to, known := w.accounts[name]; known {
					accounts[i] = to
				}
			}
		}
	}
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the labels: %w", err)
	}
	return append(out, '\n'), nil
}
