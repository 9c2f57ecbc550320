package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/local"
	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
)

// The addresses of the embedded parts, unless others have them already.
const (
	embeddedKafka = "127.0.0.1:9092"
	embeddedRedis = "127.0.0.1:6379"
)

// runEmbedded runs the service on parts inside this process and prints how to use it.
func runEmbedded(ctx context.Context, t terminal, conf config.Config) (err error) {
	if conf.Log == config.Default().Log {
		conf.Log = config.Log{Level: "warn", Format: "console"}
	}
	parts, err := local.Start(local.Options{Kafka: embeddedKafka, Redis: embeddedRedis}, &conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.Close()) }()
	// It is there for a while, to be tried: its configuration stays what it is.
	opts := app.SupervisorOptions{Loaded: config.Loaded{Config: conf}}
	return runService(ctx, t, opts, func(s *app.Supervisor) {
		printUse(t, conf, s.ConsoleAddr(), parts.RandomSecret)
	})
}

// example is a whole gateway event on one line, of the morning on which the demo's traffic begins:
// both can be sent to one service.
const example = `{"schema":"1","id":"req-1","time":"2026-10-05T00:00:00Z","account":{"id":"acct-1"},` +
	`"request":{"model":"m-large-2"},"content":{"input":[{"role":"user","text":"Solve 2x+3=11. Show every step."}]}}`

// printUse tells how to send events to the running service and how to read what it finds.
func printUse(t terminal, conf config.Config, http string, randomSecret bool) {
	kafka, gateway := conf.Kafka.Brokers[0], conf.Topics.Gateway[0]
	fmt.Fprintln(
		t.out,
		"Stillwatch is running on an embedded Kafka and Redis. They keep everything in memory and forget it at the end.",
	)
	if randomSecret {
		fmt.Fprintln(t.out, "No sketch.secret is set: prompts are hashed with a random one.")
	}
	fmt.Fprintln(t.out)
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  Kafka\t%s\tno TLS, no login\n", kafka)
	fmt.Fprintf(w, "  Redis\t%s\t\n", conf.Redis.Addresses[0])
	if http != "" {
		fmt.Fprintf(w, "  Health\thttp://%s/readyz?verbose\t\n", http)
		fmt.Fprintf(w, "  Metrics\thttp://%s/metrics\t\n", http)
	}
	fmt.Fprintf(w, "  Topics in\t%s\tgateway events (docs/event.md)\n",
		strings.Join(conf.Topics.Gateway, ", "))
	fmt.Fprintf(w, "  \t%s\tverdicts of analysts (docs/verdicts.md)\n", conf.Topics.Verdicts)
	fmt.Fprintf(w, "  Topics out\t%s\tOCSF findings (docs/alerts.md)\n", conf.Topics.Alerts)
	fmt.Fprintf(w, "  \t%s\tthe standing of every account that a finding names\n",
		conf.Topics.Accounts)
	fmt.Fprintf(w, "  \t%s\twhat became of the verdicts\n", conf.Topics.Audit)
	fmt.Fprintf(w, "  \t%s\trecords that could not be read\n", conf.Topics.DeadLetters)
	_ = w.Flush()
	fmt.Fprint(t.out, strings.NewReplacer(
		"{event}", example, "{kafka}", kafka, "{gateway}", gateway, "{alerts}", conf.Topics.Alerts,
	).Replace(`
Send an event and read alerts, with kcat or with Kafka's own tools:

  echo '{event}' |
    kcat -P -b {kafka} -t {gateway}
  kcat -C -b {kafka} -t {alerts}

  kafka-console-producer.sh --bootstrap-server {kafka} --topic {gateway} < events.jsonl
  kafka-console-consumer.sh --bootstrap-server {kafka} --topic {alerts} --from-beginning

Thirty hours of traffic with a campaign in it, as fast as it is taken:

  STILLWATCH_KAFKA_BROKERS={kafka} bin/stillwatch simulate demo --kafka

Ctrl-C stops it.
`))
}
