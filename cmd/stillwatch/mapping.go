package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

type mappingCmd struct {
	Test mappingTestCmd `cmd:"" help:"Read a sample by a mapping file and show the events, and what stayed unknown."`
	Show mappingShowCmd `cmd:"" help:"Print a built-in mapping, or list them."`
}

type mappingShowCmd struct {
	Name string `arg:"" optional:"" help:"The mapping's name; without one, all names."`
}

// Run prints a mapping.
func (c mappingShowCmd) Run(t terminal) error {
	var known []string
	for _, f := range configs.Mappings() {
		name := strings.TrimSuffix(f.Name, ".yaml")
		if known = append(known, name); name == c.Name {
			_, err := t.out.Write(f.Text)
			return err
		}
	}
	if c.Name == "" {
		_, err := fmt.Fprintln(t.out, strings.Join(known, "\n"))
		return err
	}
	return usage(
		fmt.Errorf("no mapping is called %q; there are %s", c.Name, strings.Join(known, ", ")),
	)
}

type mappingTestCmd struct {
	configFlag
	Mapping string `arg:"" help:"Mapping file, or the name of a built-in mapping."`
	Sample  string `arg:"" help:"Records as they are in the gateway's topic, or - for standard input."`
}

// Run shows what the mapping makes of the sample.
func (c mappingTestCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	opts := conf.Ingest.Gateway
	opts.Secret = credentialKey(conf)
	if builtin := slices.ContainsFunc(
		opts.Builtin, func(f gateway.MappingFile) bool { return f.Name == c.Mapping+".yaml" },
	); builtin {
		opts.Format = c.Mapping
	} else if err := useMapping(&opts, c.Mapping); err != nil {
		return err
	}
	reader, err := decode.New(decode.Options{Gateway: opts, MaxRecord: conf.Ingest.MaxRecordBytes})
	if err != nil {
		return usage(err)
	}
	events, items := 0, 0
	show := func(o *decode.Outcome) error {
		items++
		fmt.Fprintf(t.out, "item %d", items)
		if o.Err != nil {
			_, err := fmt.Fprintf(t.out, ": %v\n\n", o.Err)
			return err
		}
		events++
		fmt.Fprintln(t.out)
		showEvent(t.out, o)
		return nil
	}
	if err := reader.File(ctx, c.Sample, show); err != nil {
		return err
	}
	if err := reader.Flush(show); err != nil {
		return err
	}
	if events == 0 {
		return errors.New("not one event could be read; docs/event.md says what the reasons mean")
	}
	return nil
}

// useMapping has records read by a mapping file.
func useMapping(opts *gateway.Options, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return usage(fmt.Errorf(
			"%s is no built-in mapping (stillwatch mapping show lists them) and no file that can be read: %w",
			path, plainly(err),
		))
	}
	opts.Format, opts.Own = gateway.FormatMapping, []gateway.MappingFile{{Name: path, Text: text}}
	return nil
}

// plainly leaves out the path, which the message has already.
func plainly(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// showEvent lists what is known of an event, and what is not.
func showEvent(w io.Writer, o *decode.Outcome) {
	ev := o.Event
	var unknown []string
	for _, f := range gateway.Fields() {
		switch v := f.Value(ev).(type) {
		case nil:
			unknown = append(unknown, f.Path)
		case int64:
			if f.IsTime() {
				fmt.Fprintf(w, "  %-28s %s\n",
					f.Path, time.UnixMilli(v).UTC().Format(time.RFC3339Nano))
				continue
			}
			fmt.Fprintf(w, "  %-28s %d\n", f.Path, v)
		case []event.Message:
			for i, m := range v {
				fmt.Fprintf(w, "  %-28s %s: %q\n", fmt.Sprintf("%s[%d]", f.Path, i), m.Role, m.Text)
			}
		case string:
			fmt.Fprintf(w, "  %-28s %q\n", f.Path, v)
		default:
			fmt.Fprintf(w, "  %-28s %v\n", f.Path, v)
		}
	}
	fmt.Fprintln(w, "  unknown:")
	for line := range slices.Chunk(unknown, 5) {
		fmt.Fprintf(w, "    %s\n", strings.Join(line, ", "))
	}
	for _, part := range unreadParts(&o.Unread) {
		fmt.Fprintf(w, "  with %s\n", part)
	}
	fmt.Fprintln(w)
}
