package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/verify"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

type findingsCmd struct {
	List   findingsListCmd   `cmd:"" help:"List the open findings that the running service knows, those of most risk first."`
	Verify findingsVerifyCmd `cmd:"" help:"Check that no two records of an alerts topic, or of a file, contradict each other: no record comes with two contents, sequences rise by one, every finding is created once."`
}

type findingsVerifyCmd struct {
	kafkaFlags
	Topic   string `placeholder:"NAME" help:"Read this topic. Default: topics.alerts of the configuration."`
	Follow  bool   `help:"Go on with new records, until interrupted."`
	Partial bool   `help:"Records may be missing: retention has removed the oldest, or the topic is compacted."`
	File    string `arg:"" optional:"" help:"Read finding records from a file instead, one a line, as backtest --alerts writes them (.jsonl, .gz, .zst), or - for standard input."`
}

// Run prints every fault as it is found, and a summary. A fault is an error.
func (c findingsVerifyCmd) Run(ctx context.Context, t terminal) error {
	p := &faultPrinter{verifier: verify.New(verify.Options{Partial: c.Partial}), out: t.out}
	read := c.readTopic
	if c.File != "" {
		if c.Topic != "" || c.Follow {
			return usage(errors.New("findings verify: give either a file, or --topic and --follow"))
		}
		read = c.readFile
	}
	if err := errors.Join(read(ctx, t, p), p.err); err != nil {
		return err
	}
	s := p.verifier.Summary()
	fmt.Fprintf(t.out,
		"%d records of %d findings: created %d, updated %d, closed %d, repeated %d; faults: %d\n",
		s.Records, s.Findings, s.Created, s.Updated, s.Closed, s.Repeated, s.Faults)
	if s.Faults > 0 {
		return errors.New(
			"the records contradict what docs/alerts.md promises; report it with the lines above and the log of correlate",
		)
	}
	return nil
}

func (c findingsVerifyCmd) readFile(_ context.Context, _ terminal, p *faultPrinter) (err error) {
	in, err := backtest.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	lines := backtest.NewLines(in, alert.MaxRecord)
	for n := 1; ; n++ {
		line, size, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", c.File, err)
		case line == nil && size > 0:
			return fmt.Errorf("%s, line %d: %d bytes; a finding record is smaller than %d",
				c.File, n, size, alert.MaxRecord)
		case size > 0:
			p.add(verify.Record{At: "line " + strconv.Itoa(n), Value: bytes.TrimSpace(line)})
		}
	}
}

func (c findingsVerifyCmd) readTopic(ctx context.Context, t terminal, p *faultPrinter) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	topic := c.Topic
	if topic == "" {
		topic = conf.Topics.Alerts
	}
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return usage(err)
	}
	visit := func(records []stream.Record) {
		for i := range records {
			r := &records[i]
			p.add(verify.Record{
				At: fmt.Sprintf("partition %d offset %d", r.Partition, r.Offset), Key: r.Key,
				Value: r.Value,
			})
		}
	}
	if c.Follow {
		return client.Follow(
			ctx, topic, func() { fmt.Fprintln(t.err, "read to the end; following") }, visit,
		)
	}
	read, err := client.Tail(ctx, topic, math.MaxInt, visit)
	if err == nil && len(read.Missed) > 0 {
		err = fmt.Errorf("topic %s: interrupted before %d of its partitions were read",
			topic, len(read.Missed))
	}
	return err
}

// faultPrinter prints the faults of records.
type faultPrinter struct {
	verifier *verify.Verifier
	out      io.Writer
	err      error
}

func (p *faultPrinter) add(r verify.Record) {
	for _, f := range p.verifier.Add(r) {
		_, err := fmt.Fprintln(p.out, f)
		p.err = errors.Join(p.err, err)
	}
}
