package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/evaluate"
	"github.com/stillwatch/stillwatch/configs/scenarios"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
)

type evaluateCmd struct {
	configFlag
	randomFlags
	Out       string   `default:"docs/evaluation.md" placeholder:"FILE" help:"The document; its plots go to img beside it. Default: ${default}."`
	World     []string `placeholder:"DIR" help:"Labelled worlds from elsewhere: folders with events.jsonl.zst, truth.json and harvest.ids.gz."`
	Jobs      int      `placeholder:"N" help:"Worlds at a time; a large one takes some gigabytes. Default: 2, and one per core with --random."`
	Scenarios []string `arg:"" optional:"" placeholder:"SCENARIO" help:"Built-in scenarios (see simulate --list). Default: all of the ladder, facts, honest worlds, mixes, sizes and lengths."`
}

// defaultJobs is how many built-in scenarios are measured at a time: a large one takes some
// gigabytes.
const defaultJobs = 2

// Run measures the worlds and writes the document.
func (c evaluateCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if conf.Sketch.Secret == "" {
		conf.Sketch.Secret = backtestSecret
	}
	// What is measured are the findings that alert, or would.
	conf.Correlate.Shadow.All, conf.Correlate.Shadow.Unseen = false, true
	if c.Document {
		return c.document(conf)
	}
	if c.Random > 0 {
		return c.randomly(ctx, t, conf)
	}
	names := c.Scenarios
	if len(names) == 0 {
		names = slices.DeleteFunc(scenarios.Names(), func(name string) bool {
			return !evaluate.Known(name)
		})
	}
	for _, name := range names {
		if !slices.Contains(scenarios.Names(), name) || !evaluate.Known(name) {
			return usage(fmt.Errorf(
				"evaluate: %q is in no section; simulate --list shows the scenarios", name,
			))
		}
	}
	worlds, err := c.measure(ctx, t, conf, names)
	if err != nil {
		return err
	}
	r := evaluate.Report{
		Worlds: worlds, Options: conf.Correlate, Arguments: c.arguments(), Images: imagesDir,
	}
	return c.write(r)
}

// arguments are those that make the document once more, without the folders that only this machine
// has.
func (c evaluateCmd) arguments() string {
	var args []string
	if c.Config != "" {
		args = append(args, "--config "+filepath.Base(c.Config))
	}
	for _, dir := range c.World {
		args = append(args, "--world "+filepath.Base(dir))
	}
	return strings.Join(append(args, c.Scenarios...), " ")
}

// measure replays all worlds, a few at a time, and returns them in the order given.
func (c evaluateCmd) measure(
	ctx context.Context, t terminal, conf config.Config, names []string,
) ([]evaluate.World, error) {
	dir, err := os.MkdirTemp("", "stillwatch-evaluate-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the worlds: %w", err)
	}
	out := make([]evaluate.World, len(names)+len(c.World))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(cmp.Or(c.Jobs, defaultJobs), 1))
	var mu sync.Mutex
	done := 0
	// From the end: the sizes and mixes take longest, and should not be left for last.
	for i := len(out) - 1; i >= 0; i-- {
		g.Go(func() (err error) {
			if i < len(names) {
				out[i], err = builtin(ctx, conf, names[i], dir)
			} else {
				out[i], err = judged(ctx, conf, c.World[i-len(names)])
				out[i].External, out[i].Description = true, "a world from elsewhere"
			}
			if err != nil {
				return fmt.Errorf("evaluate %s: %w", out[i].Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			res := &out[i].Result
			fmt.Fprintf(
				t.err,
				"%d of %d: %s, %d campaigns, %d accounts named, %d wrongly, %d false findings\n",
				done, len(out), out[i].Name, len(res.Campaigns), res.Named,
				res.Wrong, len(res.False),
			)
			return nil
		})
	}
	return out, errors.Join(g.Wait(), os.RemoveAll(dir))
}

// builtin simulates a scenario into a folder of its own, judges it, and removes it again.
func builtin(
	ctx context.Context, conf config.Config, name, parent string,
) (w evaluate.World, err error) {
	w.Name = name
	text, err := scenarios.Read(name)
	if err != nil {
		return w, fmt.Errorf("read the scenario: %w", err)
	}
	sc, err := simulate.Load(bytes.NewReader(text))
	if err != nil {
		return w, err
	}
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return w, fmt.Errorf("make the world's folder: %w", err)
	}
	sim := simulateCmd{
		Scenario: name, Format: "native", Output: filepath.Join(dir, eventsFile),
		Truth: filepath.Join(dir, truthFile),
	}
	if err := sim.Run(ctx, terminal{out: io.Discard, err: io.Discard}); err != nil {
		return w, err
	}
	if w, err = judged(ctx, conf, dir); err != nil {
		return w, err
	}
	w.Description = sc.Description
	return w, os.RemoveAll(dir)
}

// The files of a world's folder. A random world's events are not compressed: they are removed at
// once, and zstd was a sixth of the time.
const (
	eventsFile       = "events.jsonl.zst"
	randomEventsFile = "events.jsonl"
	truthFile        = "truth.json"
)

// judged replays the world of a folder and compares what was found with its labels.
func judged(ctx context.Context, conf config.Config, dir string) (evaluate.World, error) {
	return judgedInto(ctx, conf, dir, eventsFile, &backtest.Files{}, 0, nil)
}

// judgedInto is judged for the events of a file, writes what is found to the sink's files, and
// shows what is measured to trace, where there is one: so many bits deeper than in service.
func judgedInto(
	ctx context.Context, conf config.Config, dir, events string, sink *backtest.Files,
	deeper float64, trace func(search.Measurement),
) (evaluate.World, error) {
	w := evaluate.World{Name: filepath.Base(dir), Nearest: math.Inf(-1)}
	truth, err := backtest.ReadTruth(filepath.Join(dir, truthFile))
	if err != nil {
		return w, err
	}
	for _, groups := range [][]backtest.TruthGroup{truth.Campaigns, truth.Benign} {
		for _, g := range groups {
			w.Accounts += len(g.Accounts)
		}
	}
	conf.Ingest.KeepSeen = true
	stages, err := stagesOf(conf)
	if err != nil {
		return w, err
	}
	stages.Correlate, err = correlate.New(correlate.Options{
		Campaign: conf.Correlate, Alert: conf.Alerts, Deeper: deeper,
		Trace: func(m search.Measurement) {
			if m.Fitted {
				_, excess := decision.Nearest(&m.Scores, &conf.Correlate.Policy)
				w.Nearest = max(w.Nearest, excess)
			}
			if trace != nil {
				trace(m)
			}
		},
	})
	if err != nil {
		return w, err
	}
	judge := backtest.NewJudge(truth)
	sink.Judge = judge
	files := []string{filepath.Join(dir, events)}
	if _, err := replay(ctx, io.Discard, replayOptions(1), stages, files, sink); err != nil {
		return w, err
	}
	if err := judge.Unmet(); err != nil {
		return w, err
	}
	w.Result = judge.Result()
	return w, nil
}

// imagesDir is the folder of the plots, beside the document.
const imagesDir = "img"

// write renders the report and writes it with its plots.
func (c evaluateCmd) write(r evaluate.Report) error {
	doc, err := evaluate.Render(r)
	if err != nil {
		return err
	}
	earlier, err := os.ReadFile(c.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the evaluation: %w", err)
	}
	doc.Markdown = evaluate.KeepRandom(doc.Markdown, string(earlier))
	return c.put(doc)
}

// put writes a document and its plots.
func (c evaluateCmd) put(doc *evaluate.Document) error {
	images := filepath.Join(filepath.Dir(c.Out), imagesDir)
	if err := os.MkdirAll(images, 0o755); err != nil { //nolint:gosec // documentation, for everybody to read
		return fmt.Errorf("make the folder of the plots: %w", err)
	}
	for name, svg := range doc.Images {
		if err := os.WriteFile(filepath.Join(images, name), []byte(svg), 0o644); err != nil { //nolint:gosec // documentation, for everybody to read
			return fmt.Errorf("write a plot: %w", err)
		}
	}
	if err := os.WriteFile(c.Out, []byte(doc.Markdown), 0o644); err != nil { //nolint:gosec // documentation, for everybody to read
		return fmt.Errorf("write the evaluation: %w", err)
	}
	return nil
}
