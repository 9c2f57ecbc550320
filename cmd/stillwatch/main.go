// Command stillwatch watches an LLM gateway's event stream for accounts that distil the model
// together.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/stillwatch/stillwatch/pkg/simulate/shape"
)

// version is set by the linker.
var version = "dev"

type cli struct {
	Run       runCmd       `cmd:"" help:"Run the service: events in from Kafka, fingerprints in Redis, alerts out to Kafka."`
	Demo      demoCmd      `cmd:"" help:"Watch a hidden campaign being found in simulated traffic. Needs nothing installed."`
	Backtest  backtestCmd  `cmd:"" help:"Replay recorded events through the live stages and see what would have been found."`
	Calibrate calibrateCmd `cmd:"" help:"Measure recorded traffic believed to be honest, and recommend thresholds for a wanted number of false findings."`
	Evaluate  evaluateCmd  `cmd:"" help:"Simulate and replay labelled worlds, and write how well their campaigns are found, with tables and plots."`
	Simulate  simulateCmd  `cmd:"" help:"Make gateway traffic with labelled campaigns in it, to a file or to Kafka."`
	Convert   convertCmd   `cmd:"" help:"Write canonical events, such as a recorded world, as the records of a gateway: to try a gateway's format, or what is seen through it."`
	Decode    decodeCmd    `cmd:"" help:"Print the canonical events that gateway records become, and what became of the rest."`
	Doctor    doctorCmd    `cmd:"" help:"Examine a sample of a gateway's records: which fields it sends, which detectors are blind without the others, what to switch on."`
	Sketch    sketchCmd    `cmd:"" help:"Put sketches in the place of text: gateway records in, canonical events without text out."`
	Mapping   mappingCmd   `cmd:"" help:"Try mapping files, which say where a gateway's format has the fields, and show the built-in ones."`
	Findings  findingsCmd  `cmd:"" help:"List the open findings, or check that their records keep what docs/alerts.md promises."`
	Explain   explainCmd   `cmd:"" help:"Explain a finding, a campaign or an account from what the running service knows: evidence, members, verdicts, and what would have to differ."`
	Pseudonym pseudonymCmd `cmd:"" help:"Print by what pseudonym findings name a payment instrument, an issuer, a device or a contract."`
	Verdict   verdictCmd   `cmd:"" help:"Say what you think of findings: confirm, dismiss or allow them, and see what became of it."`
	STIX      stixCmd      `cmd:"" name:"stix" help:"Share what was found with other providers, and see what of theirs would be watched for."`
	Webhook   webhookCmd   `cmd:"" help:"Try a webhook, and post again what it did not take."`
	Config    configCmd    `cmd:"" help:"Check, print or describe the configuration."`
	Health    healthCmd    `cmd:"" help:"Ask a running service whether it is ready; for container health checks."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	os.Exit(run(signals(context.Background()), os.Args[1:], terminal{
		out: os.Stdout, err: os.Stderr, env: os.LookupEnv,
	}))
}

// terminal is what a command talks to.
type terminal struct {
	out, err io.Writer
	env      func(string) (string, bool)
}

// run executes one command and returns the exit code: 0 fine, 1 it failed, 2 it was asked for
// something wrong.
func run(ctx context.Context, args []string, t terminal) int {
	code := -1
	parser := kong.Must(&cli{}, kong.Name("stillwatch"),
		kong.Description("Finds groups of accounts that harvest a model's outputs."),
		kong.Writers(t.out, t.err), kong.Exit(func(c int) { code = c }), kong.UsageOnError(),
		kong.Vars{"shapes": strings.Join(shape.Names(), ", ")},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t))
	command, err := parser.Parse(args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		err = usage(fmt.Errorf("%w; see stillwatch --help", err))
	} else {
		err = command.Run()
	}
	return report(t.err, err)
}
