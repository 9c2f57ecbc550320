package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/event"
)

// File reads a file as the records that the service would get: its lines where it is made of
// records, one a line (see isLines), and otherwise all of it as one record, which may itself hold
// many objects. .gz and .zst are unpacked, - is standard input.
func (r *Reader) File(ctx context.Context, path string, visit func(*Outcome) error) (err error) {
	name := path
	if path == "-" {
		name = "standard input"
	}
	in, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if r.o.Lines || isLines(path) {
		return r.Streamed(name, in, visit)
	}
	return r.whole(name, in, visit)
}

// Flush has the events visited that still wait for the rest of them when the input ends.
func (r *Reader) Flush(visit func(*Outcome) error) error {
	var failure error
	r.gateway.Flush(func(ev *event.Event, err error) bool {
		failure = r.visit(Outcome{Place: Place{File: "end of input"}, Event: ev, Err: err}, visit)
		return failure == nil
	})
	return failure
}

// isLines tells by its name whether every line of a file is a record. A packed file is taken for
// one of many records, unless the name inside says that it is a document.
func isLines(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	packed := ext == ".gz" || ext == ".zst"
	if packed {
		ext = strings.ToLower(filepath.Ext(strings.TrimSuffix(path, filepath.Ext(path))))
	}
	switch ext {
	case ".jsonl", ".ndjson", ".log":
		return true
	case ".json", ".bin":
		return false
	}
	return packed
}

// Streamed reads a record from every line of a stream that is not empty.
func (r *Reader) Streamed(name string, in io.Reader, visit func(*Outcome) error) error {
	lines := backtest.NewLines(in, r.o.MaxRecord)
	at := Place{File: name}
	for {
		if r.Idle != nil && lines.Waits() {
			if err := r.Idle(); err != nil {
				return err
			}
		}
		line, size, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s after line %d: %w", name, at.Line, err)
		}
		at.Line++
		switch {
		case size == 0 || len(bytes.TrimSpace(line)) == 0 && line != nil:
			continue
		case line == nil:
			at.Record++
			err = r.none(
				Place{name, at.Record, at.Line, 1},
				&event.DecodeError{Reason: event.ReasonTooLarge}, visit,
			)
		default:
			at.Record++
			err = r.Record(at, line, nil, visit)
		}
		if err != nil {
			return err
		}
	}
}

// whole reads the input as one record. Input beyond the largest record is read by lines if its
// first line is a document of its own.
func (r *Reader) whole(name string, in io.Reader, visit func(*Outcome) error) error {
	value, err := io.ReadAll(io.LimitReader(in, int64(r.o.MaxRecord)+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(value) > r.o.MaxRecord {
		text := bytes.TrimLeft(value, "\ufeff \t\r\n")
		if first, _, found := bytes.Cut(text, []byte("\n")); found && json.Valid(first) {
			return r.Streamed(name, io.MultiReader(bytes.NewReader(value), in), visit)
		}
	}
	return r.Record(Place{File: name, Record: 1}, value, nil, visit)
}

// open opens a file so that reading it ends when the context does: whoever waits for standard input
// cannot be told to stop, but the pipe can.
func open(ctx context.Context, path string) (io.ReadCloser, error) {
	in, err := backtest.Open(path)
	if err != nil {
		return nil, err
	}
	out, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(errors.Join(err, in.Close()))
	}()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	return pipe{out, stop}, nil
}

type pipe struct {
	*io.PipeReader

	stop func() bool
}

func (p pipe) Close() error {
	p.stop()
	return p.PipeReader.Close()
}
