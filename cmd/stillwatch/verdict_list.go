package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

type verdictListCmd struct {
	kafkaFlags
	All    bool   `help:"Those that were revoked, have expired or changed nothing too."`
	Tenant string `placeholder:"NAME" help:"Only those of this tenant."`
	JSON   bool   `name:"json" help:"Print their audit entries, one a line, as the topic has them and calibrate --labels reads them."`
}

// Run reads the audit to its end.
func (c verdictListCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return usage(err)
	}
	history, unread, err := readAudit(ctx, client, conf.Topics.Audit)
	if err != nil {
		return err
	}
	if unread > 0 {
		fmt.Fprintf(t.err, "%d records of topic %s are no audit entries\n",
			unread, conf.Topics.Audit)
	}
	return c.print(t.out, history)
}

// readAudit reads the audit topic; unread counts what could not be read.
func readAudit(
	ctx context.Context, client *stream.Client, topic string,
) (history *review.History, unread int, err error) {
	history = &review.History{}
	read, err := client.Tail(ctx, topic, math.MaxInt, func(records []stream.Record) {
		for i := range records {
			if len(records[i].Value) == 0 {
				continue
			}
			e, err := review.ParseEntry(records[i].Value)
			if err != nil {
				unread++
				continue
			}
			history.Add(&e)
		}
	})
	if err == nil && len(read.Missed) > 0 {
		err = fmt.Errorf("topic %s: interrupted before it was read", topic)
	}
	return history, unread, err
}

func (c verdictListCmd) print(out io.Writer, history *review.History) error {
	w := bufio.NewWriter(out)
	shown := 0
	for _, p := range history.All() {
		ended := p.Ended()
		if c.Tenant != "" && p.Verdict.Tenant != c.Tenant || ended != "" && !c.All {
			continue
		}
		shown++
		if c.JSON {
			for i := range p.Entries {
				record, err := p.Entries[i].Record()
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s\n", record)
			}
			continue
		}
		state := "in force"
		if ended != "" {
			state = string(ended)
		}
		fmt.Fprintf(w, "%s  %s: %s\n    %s\n",
			p.Verdict.ID, state, sentenceOf(&p.Verdict), p.Verdict.Reason)
		for _, line := range outcome(&p.Verdict, p.Entries, history) {
			fmt.Fprintf(w, "    %s\n", line)
		}
	}
	if shown == 0 && !c.JSON {
		what := "no verdict is in force"
		if c.All {
			what = "no verdict was given"
		}
		fmt.Fprintln(w, what)
	}
	return w.Flush()
}
