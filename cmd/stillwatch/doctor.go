package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/doctor"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

type doctorCmd struct {
	kafkaFlags
	File    string   `arg:"" optional:"" help:"Records as they are in the gateway's topic (JSON, one a line or not, or one OTLP request in protobuf; .gz, .zst), or - for standard input."`
	Topic   string   `placeholder:"NAME" help:"Examine the newest records of this topic, in the format that is configured for it; with a file, read that as the topic's records."`
	Sample  int      `default:"2000" placeholder:"N" help:"How many records of each of the topic's partitions (${default})."`
	Timeout duration `default:"30s" placeholder:"TIME" help:"How long to read the topic at most (${default})."`
}

// Run examines the sample.
func (c doctorCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	opts := conf.Ingest.Gateway.For(c.Topic)
	opts.Secret = credentialKey(conf)
	read := decode.Options{Gateway: opts, MaxRecord: conf.Ingest.MaxRecordBytes}
	exam := doctor.New()
	switch {
	case c.File != "":
		err = c.examineFile(ctx, read, exam)
	case c.Topic == "":
		return usage(errors.New("doctor: name a file with a sample, or --topic"))
	case c.Sample < 1 || c.Timeout <= 0:
		return usage(errors.New("doctor: --sample and --timeout must be positive"))
	default:
		err = c.examineTopic(ctx, t, conf, read, exam)
	}
	if err != nil {
		return err
	}
	if err := exam.Print(t.out); err != nil {
		return err
	}
	if e := conf.Ingest.Enrich; e.FactsTopic != "" || e.FactsFile != "" || len(e.MaxMind) > 0 {
		fmt.Fprintln(
			t.out,
			"This is what the gateway sends. ingest.enrich fills more: stillwatch_enrich_filled_total counts it in service.",
		)
	}
	if len(exam.Sources) == 0 {
		return errors.New(
			"not one event could be read; docs/event.md says what the reasons mean, docs/gateways what to configure",
		)
	}
	return nil
}

func (c doctorCmd) examineFile(ctx context.Context, o decode.Options, exam *doctor.Exam) error {
	reader, err := decode.New(o)
	if err != nil {
		return err
	}
	add := func(o *decode.Outcome) error { exam.Add(reader, o); return nil }
	if err := reader.File(ctx, c.File, add); err != nil {
		return err
	}
	return exam.End(reader)
}

// examineTopic reads the newest records, without a consumer group: the service's own does not
// notice.
func (c doctorCmd) examineTopic(
	ctx context.Context, t terminal, conf config.Config, o decode.Options, exam *doctor.Exam,
) error {
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return usage(err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(c.Timeout))
	defer cancel()
	// A partition has a reader of its own, as in the service: what is joined, is joined within it.
	partitions := map[int]*examined{}
	var fault error
	tail, err := client.Tail(ctx, c.Topic, c.Sample, func(records []stream.Record) {
		p := partitions[records[0].Partition]
		if p == nil {
			reader, err := decode.New(o)
			if err != nil {
				fault = errors.Join(fault, err)
				return
			}
			p = &examined{exam: exam, reader: reader}
			partitions[records[0].Partition] = p
		}
		for i := range records {
			fault = errors.Join(fault, p.record(c.Topic, &records[i]))
		}
	})
	for _, p := range partitions {
		fault = errors.Join(fault, exam.End(p.reader))
	}
	if err := errors.Join(err, fault); err != nil {
		return err
	}
	what := "all that it holds"
	switch {
	case len(tail.Missed) > 0 && tail.Records == 0:
		return fmt.Errorf(
			"topic %s could not be read within --timeout; check that the kafka brokers are up",
			c.Topic,
		)
	case len(tail.Missed) > 0:
		what = fmt.Sprintf("cut short by --timeout: %d partitions were not read to their end",
			len(tail.Missed))
	case tail.Held == 0:
		return fmt.Errorf(
			"topic %s is empty: there is nothing to examine until its gateway writes to it",
			c.Topic,
		)
	case tail.Records < tail.Held:
		what = fmt.Sprintf("the newest %d of each partition", c.Sample)
	}
	_, err = fmt.Fprintf(t.out, "Topic %s: %d records of %d partitions, %s\n\n",
		c.Topic, tail.Records, tail.Partitions, what)
	return err
}

// examined is a partition of the topic.
type examined struct {
	exam   *doctor.Exam
	reader *decode.Reader
}

func (p *examined) add(o *decode.Outcome) error {
	p.exam.Add(p.reader, o)
	return nil
}

func (p *examined) record(topic string, r *stream.Record) error {
	return p.reader.Record(decode.Place{File: topic, Record: r.Offset}, r.Value, r.Headers, p.add)
}
