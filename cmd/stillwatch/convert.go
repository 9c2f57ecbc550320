package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/reshape"
	"github.com/stillwatch/stillwatch/pkg/backtest"
)

type convertCmd struct {
	To     string   `required:"" placeholder:"NAME" help:"Write the events as the records of this gateway: ${shapes}."`
	Output string   `short:"o" required:"" placeholder:"FILE" help:"Write the records here, one a line: .jsonl, .gz, .zst, or - for standard output."`
	Facts  string   `placeholder:"FILE" help:"Write what a table of accounts knows here (CSV), for ingest.enrich.facts_file."`
	Truth  string   `placeholder:"FILE" help:"Labels of the events (truth.json, with harvest.ids.gz beside it): written anew beside the output, in the names of the records."`
	Events []string `arg:"" help:"Files of canonical events, one a line (.jsonl, .gz, .zst), or - for standard input."`
}

// Run converts the files.
func (c convertCmd) Run(ctx context.Context, t terminal) error {
	w, err := reshape.New(c.To, c.Facts != "")
	if err != nil {
		return usage(fmt.Errorf("--to: %w", err))
	}
	harvest, err := c.labels()
	if err != nil {
		return err
	}
	if err := c.convert(ctx, t, w, harvest); err != nil {
		return err
	}
	fmt.Fprintf(t.err, "%d events written", w.Events)
	if left := w.Left(c.Facts != ""); len(left) > 0 {
		fmt.Fprintf(t.err, "; left out, at least of some: %s", strings.Join(left, ", "))
	}
	fmt.Fprintln(t.err)
	if err := c.writeTruth(w); err != nil {
		return err
	}
	return writeFacts(c.Facts, w, t)
}

// labels returns what tells a harvest request by its id; nil without labels.
func (c convertCmd) labels() (func(id string) bool, error) {
	if c.Truth == "" {
		return nil, nil
	}
	from, to := filepath.Clean(filepath.Dir(c.Truth)), filepath.Clean(filepath.Dir(c.Output))
	if c.Output == "-" || from == to {
		return nil, usage(
			errors.New("--truth: give an output file in another folder: the labels are " +
				"written beside it"),
		)
	}
	ids := map[string]bool{}
	r, err := backtest.Open(filepath.Join(from, "harvest.ids.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		ids[strings.TrimSpace(lines.Text())] = true
	}
	if err := errors.Join(lines.Err(), r.Close()); err != nil {
		return nil, fmt.Errorf("read harvest.ids.gz: %w", err)
	}
	return func(id string) bool { return ids[id] }, nil
}

func (c convertCmd) convert(
	ctx context.Context, t terminal, w *reshape.Writer, harvest func(string) bool,
) (err error) {
	out, err := openOutput(c.Output, t.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, path := range c.Events {
		in, err := backtest.Open(path)
		if err != nil {
			return err
		}
		err = w.File(readUntil{ctx, in}, out, harvest)
		if err := errors.Join(err, in.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// readUntil reads until its context ends.
type readUntil struct {
	ctx context.Context
	r   io.Reader
}

// Read reads.
func (r readUntil) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// writeTruth writes the labels beside the output.
func (c convertCmd) writeTruth(w *reshape.Writer) error {
	if c.Truth == "" {
		return nil
	}
	labels, err := os.ReadFile(c.Truth)
	if err != nil {
		return fmt.Errorf("read the labels: %w", err)
	}
	return writeTruth(filepath.Join(filepath.Dir(c.Output), "truth.json"), labels, w)
}
