package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/reshape"
	"github.com/stillwatch/stillwatch/configs/scenarios"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

type simulateCmd struct {
	configFlag
	Scenario string   `arg:"" optional:"" help:"Scenario: a YAML file, or the name of a built-in one (see --list)."`
	List     bool     `help:"List the built-in scenarios and stop."`
	Output   string   `short:"o" placeholder:"FILE" help:"Write the events here, one a line: .jsonl, .gz, .zst, or - for standard output."`
	Kafka    bool     `help:"Produce the events to the first gateway topic of the configuration, keyed by account, as fast as the brokers take them."`
	Format   string   `default:"native" placeholder:"NAME" help:"Write the events as the records of this gateway: ${shapes}. otlp_proto is protobuf, in files inside of CloudEvents."`
	Facts    string   `placeholder:"FILE" help:"Write what a table of accounts knows here (CSV), for ingest.enrich.facts_file: sign-up, payment, plan, organisation."`
	Truth    string   `placeholder:"FILE" help:"Write the labels here (JSON: which accounts belong to what), and the ids of the harvest requests to harvest.ids.gz beside it."`
	Seed     *uint64  `help:"Another seed: another world of the same kind."`
	Duration duration `placeholder:"TIME" help:"Another duration, such as 36h or 14d."`
	Prompts  []string `placeholder:"FILE" help:"Texts that people ask, instead of the built-in grammar: one a line, or JSON; .gz and .zst are unpacked."`
	Items    []string `placeholder:"FILE" help:"Texts that campaigns and evaluators ask, instead of the built-in grammar."`
}

// Run makes a world and writes its events and its truth.
func (c simulateCmd) Run(ctx context.Context, t terminal) error {
	if c.List {
		return c.list(t.out)
	}
	sc, err := c.scenario()
	if err != nil {
		return err
	}
	return c.play(ctx, t, sc)
}

// play makes the world of a scenario and writes its events and its truth.
func (c simulateCmd) play(ctx context.Context, t terminal, sc simulate.Scenario) (err error) {
	var texts simulate.Texts
	if texts.Prompts, err = readTexts(c.Prompts); err != nil {
		return err
	}
	if texts.Items, err = readTexts(c.Items); err != nil {
		return err
	}
	world, err := simulate.New(sc, texts)
	if err != nil {
		return usage(err)
	}
	w, err := reshape.New(c.Format, c.Facts != "")
	if err != nil {
		return usage(err)
	}
	began := time.Now()
	switch {
	case c.Kafka && c.Output == "":
		err = c.produce(ctx, t, world, w)
	case !c.Kafka && c.Output != "":
		err = c.write(ctx, t, world, w)
	default:
		return usage(errors.New("simulate: give either --output FILE or --kafka"))
	}
	if err != nil {
		return err
	}
	if c.Truth != "" {
		labels, err := json.MarshalIndent(world.Truth(), "", " ")
		if err != nil {
			return fmt.Errorf("write the truth: %w", err)
		}
		if err := writeTruth(c.Truth, labels, w); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.err, "%d events in %s\n", w.Events, time.Since(began).Round(time.Millisecond))
	return writeFacts(c.Facts, w, t)
}

func (c simulateCmd) list(out io.Writer) error {
	for _, name := range scenarios.Names() {
		data, err := scenarios.Read(name)
		if err != nil {
			return err
		}
		sc, err := simulate.Load(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := fmt.Fprintf(out, "%-24s %s\n", name, sc.Description); err != nil {
			return err
		}
	}
	return nil
}

// scenario reads the file, or the built-in scenario of that name.
func (c simulateCmd) scenario() (sc simulate.Scenario, err error) {
	if c.Scenario == "" {
		return sc, usage(errors.New("simulate: name a scenario; --list shows the built-in ones"))
	}
	read := os.ReadFile
	if slices.Contains(scenarios.Names(), c.Scenario) {
		read = scenarios.Read
	}
	data, err := read(c.Scenario)
	if err != nil {
		return sc, usage(fmt.Errorf("read the scenario: %w; --list shows the built-in ones", err))
	}
	if sc, err = simulate.Load(bytes.NewReader(data)); err != nil {
		return sc, usage(err)
	}
	if c.Seed != nil {
		sc.Seed = *c.Seed
	}
	if c.Duration != 0 {
		sc.Duration = time.Duration(c.Duration)
	}
	return sc, nil
}

// duration is a flag written as durations are in the configuration, days included.
type duration time.Duration

// UnmarshalText is for the flag parser.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := config.ParseDuration(string(text))
	*d = duration(v)
	return err
}

// write writes the events to the output file.
func (c simulateCmd) write(
	ctx context.Context, t terminal, world *simulate.World, w *reshape.Writer,
) (err error) {
	out, err := openOutput(c.Output, t.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for ctx.Err() == nil {
		rec, ok := world.Next()
		if !ok {
			return nil
		}
		ev, err := w.Event(rec.JSON, func(string) bool { return rec.Harvest })
		if err != nil {
			return fmt.Errorf("read an event of the world: %w", err)
		}
		if _, err := out.Write(w.Line(ev)); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
	return ctx.Err()
}

// produceRecords is how many records are handed to the producer at once.
const produceRecords = 2000

// produce sends the events to the gateway topic.
func (c simulateCmd) produce(
	ctx context.Context, t terminal, world *simulate.World, w *reshape.Writer,
) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if len(conf.Topics.Gateway) == 0 {
		return usage(errors.New("topics.gateway: name the topic to produce to"))
	}
	topic := conf.Topics.Gateway[0]
	client, err := stream.New(conf.Kafka.Options, zap.NewNop())
	if err != nil {
		return err
	}
	producer, err := client.Producer(topic)
	if err != nil {
		return err
	}
	defer producer.Close()
	headers := w.Shape().Headers()
	batch := make([]stream.OutRecord, 0, produceRecords)
	for {
		rec, ok := world.Next()
		if ok {
			ev, err := w.Event(rec.JSON, func(string) bool { return rec.Harvest })
			if err != nil {
				return fmt.Errorf("read an event of the world: %w", err)
			}
			value := w.Shape().Append(nil, ev)
			batch = append(batch, stream.OutRecord{
				Topic: topic, Key: []byte(rec.Account), Value: value, Headers: headers,
			})
		}
		if len(batch) == produceRecords || !ok && len(batch) > 0 {
			if err := producer.Produce(ctx, batch); err != nil {
				return fmt.Errorf("produce to %s: %w", topic, err)
			}
			batch = batch[:0]
		}
		if !ok {
			return nil
		}
	}
}

// output is a chain of writers that are closed from the first to the last.
type output struct {
	io.Writer

	closers []func() error
}

func (o *output) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// openOutput creates the file and packs what is written by its name's end.
func openOutput(path string, stdout io.Writer) (*output, error) {
	if path == "-" {
		w := bufio.NewWriterSize(stdout, 1<<20)
		return &output{w, []func() error{w.Flush}}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create the output: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	o := &output{w, []func() error{w.Flush, f.Close}}
	switch filepath.Ext(path) {
	case ".gz":
		z := gzip.NewWriter(w)
		o.Writer, o.closers = z, append([]func() error{z.Close}, o.closers...)
	case ".zst":
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create the output: %w", err), f.Close())
		}
		o.Writer, o.closers = z, append([]func() error{z.Close}, o.closers...)
	}
	return o, nil
}

// writeTruth writes the labels, and beside them the ids of the harvest, in the names of the
// records.
func writeTruth(path string, labels []byte, w *reshape.Writer) (err error) {
	labels, err = w.Truth(labels)
	if err != nil {
		return err
	}
	//nolint:gosec // The path is the one that the command line names.
	if err := os.WriteFile(path, labels, 0o600); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	out, err := openOutput(filepath.Join(filepath.Dir(path), "harvest.ids.gz"), io.Discard)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, id := range w.Harvest() {
		if _, err := fmt.Fprintln(out, id); err != nil {
			return fmt.Errorf("write the harvest ids: %w", err)
		}
	}
	return nil
}

// writeFacts writes the table of accounts, if one is wanted.
func writeFacts(path string, w *reshape.Writer, t terminal) (err error) {
	if path == "" {
		return nil
	}
	out, err := openOutput(path, t.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if n := w.Facts().Changed; n > 0 {
		fmt.Fprintf(t.err, "the facts of %d accounts changed meanwhile: the table has the last\n",
			n)
	}
	return w.Facts().Write(out)
}

// readTexts reads the files of --prompts or --items.
func readTexts(paths []string) ([]string, error) {
	var texts []string
	for _, path := range paths {
		list, err := readTextFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		texts = append(texts, list...)
	}
	return texts, nil
}

func readTextFile(path string) (texts []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	switch filepath.Ext(path) {
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		r = z
	case ".zst":
		z, err := zstd.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		defer z.Close()
		r = z
	}
	return simulate.ReadTexts(r)
}
