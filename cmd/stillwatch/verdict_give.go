package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// settled is how long nothing more has to come of verdicts that correlate has answered: it writes
// all entries of a verdict together.
const settled = time.Second

// errUnanswered says that a verdict was written, and that nobody has taken it in.
var errUnanswered = errors.New(
	"correlate has not answered: the verdict is in the topic, and counts as soon as correlate runs and reads it; stillwatch verdict list shows it then",
)

// give sends a verdict and tells what becomes of it.
func (f *verdictFlags) give(ctx context.Context, t terminal, v *review.Verdict) error {
	if err := v.Validate(); err != nil {
		return usage(fmt.Errorf("verdict: %w", err))
	}
	conf, err := f.load(t)
	if err != nil {
		return err
	}
	post, err := newPost(conf)
	if err != nil {
		return err
	}
	if err := post.send(ctx, []review.Verdict{*v}); err != nil {
		return err
	}
	history, err := post.await(ctx, []review.Verdict{*v}, time.Duration(f.Wait))
	if err != nil {
		return err
	}
	return f.tell(t.out, v, history)
}

// tell prints what became of a verdict.
func (f *verdictFlags) tell(out io.Writer, v *review.Verdict, history *review.History) error {
	var entries []review.Entry
	if past := history.Find(v.Tenant, v.ID); past != nil {
		entries = past.Entries
	}
	if f.JSON {
		if err := printOutcome(out, v, entries); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "verdict %s: %s\n", v.ID, sentenceOf(v))
		for _, line := range outcome(v, entries, history) {
			fmt.Fprintf(out, "  %s\n", line)
		}
	}
	switch {
	case f.Wait == 0:
		return nil
	case len(entries) == 0:
		return errUnanswered
	case entries[0].Event == review.Unknown:
		return fmt.Errorf("the verdict changes nothing: %s", entries[0].Detail)
	}
	return nil
}

// printOutcome writes a verdict and its entries as a line of JSON.
func printOutcome(out io.Writer, v *review.Verdict, entries []review.Entry) error {
	doc := struct {
		Verdict *review.Verdict   `json:"verdict"`
		Entries []json.RawMessage `json:"entries"`
	}{Verdict: v, Entries: []json.RawMessage{}}
	for i := range entries {
		record, err := entries[i].Record()
		if err != nil {
			return err
		}
		doc.Entries = append(doc.Entries, record)
	}
	return json.NewEncoder(out).Encode(doc)
}

// post is where verdicts are handed in, and where what becomes of them is read.
type post struct {
	client          *stream.Client
	verdicts, audit string
}

func newPost(conf config.Config) (*post, error) {
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return nil, usage(err)
	}
	return &post{client, conf.Topics.Verdicts, conf.Topics.Audit}, nil
}

// send writes verdicts to their topic and returns when Kafka has them.
func (p *post) send(ctx context.Context, verdicts []review.Verdict) error {
	producer, err := p.client.Producer(p.verdicts)
	if err != nil {
		return usage(err)
	}
	defer producer.Close()
	records := make([]stream.OutRecord, len(verdicts))
	for i := range verdicts {
		value, err := verdicts[i].MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := review.Parse(value); err != nil {
			return usage(fmt.Errorf("verdict: %w", err))
		}
		records[i] = stream.OutRecord{
			Topic: p.verdicts, Key: []byte(verdicts[i].ID), Value: value,
			Headers: []stream.Header{{Key: "content-type", Value: []byte("application/json")}},
		}
	}
	return producer.Produce(ctx, records)
}

// await follows the audit until it has entries of all of the verdicts, or the time is over, and
// returns what it says.
func (p *post) await(
	ctx context.Context, verdicts []review.Verdict, most time.Duration,
) (*review.History, error) {
	history := &review.History{}
	if most <= 0 {
		return history, nil
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	entries := make(chan review.Entry)
	ended := make(chan error, 1)
	go func() {
		ended <- p.client.Follow(ctx, p.audit, func() {}, func(records []stream.Record) {
			for i := range records {
				// What cannot be read is no answer.
				if e, err := review.ParseEntry(records[i].Value); err == nil {
					select {
					case entries <- e:
					case <-ctx.Done():
					}
				}
			}
		})
	}()
	missing := len(verdicts)
	var quiet <-chan time.Time
	for {
		select {
		case e := <-entries:
			ours := slices.ContainsFunc(verdicts, func(v review.Verdict) bool {
				return v.Tenant == e.Verdict.Tenant && v.ID == e.Verdict.ID
			})
			if ours && history.Find(e.Verdict.Tenant, e.Verdict.ID) == nil {
				missing--
			}
			history.Add(&e)
			if missing == 0 {
				quiet = time.After(settled)
			}
		case <-quiet:
			cancel()
			quiet = nil
		case err := <-ended:
			if err != nil {
				return nil, fmt.Errorf(
					"the verdict is in the topic; what becomes of it cannot be read: %w", err,
				)
			}
			return history, nil
		}
	}
}

type verdictSendCmd struct {
	kafkaFlags
	Wait duration `default:"30s" placeholder:"TIME" help:"How long to wait for what becomes of them; 0s does not wait. Default: ${default}."`
	File string   `arg:"" default:"-" help:"Verdict records, one a line (.jsonl, .gz, .zst), or - for standard input."`
}

// Run sends all verdicts of the file, or none when one of them cannot be read.
func (c verdictSendCmd) Run(ctx context.Context, t terminal) error {
	verdicts, err := readVerdicts(c.File)
	if err != nil {
		return err
	}
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	post, err := newPost(conf)
	if err != nil {
		return err
	}
	if err := post.send(ctx, verdicts); err != nil {
		return err
	}
	history, err := post.await(ctx, verdicts, time.Duration(c.Wait))
	if err != nil {
		return err
	}
	unanswered := 0
	for i := range verdicts {
		var entries []review.Entry
		if past := history.Find(verdicts[i].Tenant, verdicts[i].ID); past != nil {
			entries = past.Entries
		} else {
			unanswered++
		}
		if err := printOutcome(t.out, &verdicts[i], entries); err != nil {
			return err
		}
	}
	if c.Wait > 0 && unanswered > 0 {
		return errUnanswered
	}
	return nil
}

// readVerdicts reads a file of verdict records.
func readVerdicts(path string) (out []review.Verdict, err error) {
	in, err := backtest.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	lines := backtest.NewLines(in, review.MaxRecord)
	for n := 1; ; n++ {
		line, size, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			if len(out) == 0 {
				return nil, usage(fmt.Errorf("%s: no verdict", path))
			}
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", path, err)
		case size == 0:
			continue
		case line == nil:
			return nil, usage(fmt.Errorf("%s, line %d: too long for a verdict", path, n))
		}
		v, err := review.Parse(bytes.TrimSpace(line))
		if err != nil {
			return nil, usage(fmt.Errorf("%s, line %d: %w", path, n, err))
		}
		out = append(out, v)
	}
}
