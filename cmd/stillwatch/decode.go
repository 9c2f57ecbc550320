package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

type decodeCmd struct {
	configFlag
	Format  string   `placeholder:"NAME" help:"Format of the records, as ingest.gateway.format in the configuration."`
	Mapping string   `placeholder:"FILE" help:"Read the records by this mapping file, or with --format auto by whichever fits."`
	Topic   string   `placeholder:"NAME" help:"Read the records as those of this gateway topic: in the format that is configured for it."`
	NoText  bool     `help:"Leave prompts and answers out."`
	Lines   bool     `help:"Take every line for a record, also of standard input and of files that are not called .jsonl: needed for input that does not end."`
	Files   []string `arg:"" name:"file" help:"Records as they are in the gateway's topic: .jsonl, .gz and .zst have one a line, any other file is one record, which may hold many events; - is standard input."`
}

// Run prints the canonical events, and on standard error what became of the rest.
func (c decodeCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	opts, err := c.options(conf)
	if err != nil {
		return err
	}
	reader, err := decode.New(decode.Options{
		Gateway: opts, MaxRecord: conf.Ingest.MaxRecordBytes, Lines: c.Lines,
	})
	if err != nil {
		return usage(err)
	}
	// A reader that leaves early, such as head, is an error of writing then, not the process's end.
	signal.Ignore(syscall.SIGPIPE)
	p := &eventPrinter{
		out: bufio.NewWriterSize(t.out, outBuffer), err: bufio.NewWriter(t.err), noText: c.NoText,
	}
	reader.Idle = p.flush
	for _, path := range c.Files {
		if err = reader.File(ctx, path, p.print); err != nil {
			break
		}
	}
	if err == nil {
		err = reader.Flush(p.print)
	}
	p.unjoined += reader.TakeUnjoined()
	p.summary()
	err = errors.Join(err, p.flush())
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled):
		return nil
	case err == nil && p.dead > 0:
		return fmt.Errorf("%d objects could not be read; docs/event.md says what the reasons mean",
			p.dead)
	}
	return err
}

// options are those of the topic, with what the command line says of the format.
func (c decodeCmd) options(conf config.Config) (gateway.Options, error) {
	if err := knownTopic(conf, c.Topic); err != nil {
		return gateway.Options{}, err
	}
	opts := conf.Ingest.Gateway.For(c.Topic)
	opts.Secret = credentialKey(conf)
	if c.Mapping != "" {
		if err := useMapping(&opts, c.Mapping); err != nil {
			return opts, err
		}
	}
	if c.Format != "" {
		opts.Format = c.Format
	}
	return opts, nil
}

// sampleSecret keys the hashes of credentials in samples, so that they show up as they would.
const sampleSecret = "stillwatch sample, not for production"

// credentialKey is what the service would hash credentials with, so that the account has the name
// that it has there; without a configured secret the hashes are of the same shape only.
func credentialKey(conf config.Config) []byte {
	if conf.Sketch.Secret == "" {
		return []byte(sampleSecret)
	}
	return ingest.CredentialKey(conf.Sketch.Keys()[0].Key)
}

// outBuffer is how many bytes of events are written at once.
const outBuffer = 1 << 16

// eventPrinter writes events to one side and what became of the rest to the other.
type eventPrinter struct {
	out, err *bufio.Writer
	noText   bool
	line     []byte

	events, skipped, waiting, dead, unread, fillers, unjoined int64
}

// print takes one object.
func (p *eventPrinter) print(o *decode.Outcome) error {
	reason, skipped := o.Skipped()
	switch {
	case o.Unjoined():
		p.tell(o, "its other half never came")
	case o.Waits():
		p.waiting++
		p.tell(o, "waiting for its other half")
	case skipped:
		p.skipped++
		if !p.noText {
			reason = strings.TrimPrefix(o.Err.Error(), "gateway: skipped: ") // It may say more.
		}
		p.tell(o, "skipped: "+reason)
	case o.Err != nil:
		p.dead++
		p.tell(o, "dead letter: "+p.fault(o.Err))
		if o.GivenUp {
			p.tell(o, "the rest of the record is not read: too much of it is broken")
		}
	default:
		return p.event(o)
	}
	return nil
}

// fault tells an error, without names that are text where text is left out.
func (p *eventPrinter) fault(err error) string {
	text := err.Error()
	if p.noText {
		text = decode.Plain(err)
	}
	return strings.TrimPrefix(text, "event: ")
}

func (p *eventPrinter) event(o *decode.Outcome) error {
	p.events++
	for _, part := range unreadParts(&o.Unread) {
		p.tell(o, "event with "+part)
	}
	if o.Unread.Fillers > 0 {
		p.fillers++
	}
	if o.Unread.Bodies+o.Unread.Values > 0 {
		p.unread++
	}
	if p.noText {
		o.Event.Content = event.Content{}
	}
	p.line = append(event.AppendJSON(p.line[:0], o.Event), '\n')
	if _, err := p.out.Write(p.line); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}

// unreadParts names what could not be read of an event.
func unreadParts(u *gateway.Unread) (parts []string) {
	if u.Bodies > 0 {
		parts = append(parts, "an unread body")
	}
	if u.Values > 0 {
		parts = append(parts, "unread values")
	}
	if u.Fillers > 0 {
		parts = append(parts, "a filler of the logger's own in place of text")
	}
	return parts
}

func (p *eventPrinter) tell(o *decode.Outcome, what string) {
	fmt.Fprintf(p.err, "%s: %s\n", o.Place, what)
}

// summary tells how many there were of each; what there was none of is left out after the first
// three.
func (p *eventPrinter) summary() {
	fmt.Fprintf(p.err, "%d events, %d skipped, %d dead letters", p.events, p.skipped, p.dead)
	for _, c := range []struct {
		n    int64
		what string
	}{
		{p.waiting, "waited for their other half"},
		{p.unjoined, "never met it"},
		{p.unread, "events with unread parts"},
		{p.fillers, "events with a filler"},
	} {
		if c.n > 0 {
			fmt.Fprintf(p.err, ", %d %s", c.n, c.what)
		}
	}
	fmt.Fprintln(p.err)
}

// flush writes what is held back. Standard error is written for people: that it cannot be is no
// fault.
func (p *eventPrinter) flush() error {
	_ = p.err.Flush()
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}
