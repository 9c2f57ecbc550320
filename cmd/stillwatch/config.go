package main

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

// configFlag is the flag of every command that reads the configuration.
type configFlag struct {
	Config string `short:"c" placeholder:"FILE" env:"STILLWATCH_CONFIG" help:"Configuration file (YAML). Without one the defaults hold."`
}

// load reads the file and the environment.
func (f configFlag) load(t terminal) (config.Config, error) {
	c, err := config.Load(f.Config, t.env)
	if err != nil {
		return c, usage(err)
	}
	return c, nil
}

// kafkaFlags are the flags of every command that reads a topic beside the service.
type kafkaFlags struct {
	configFlag
	Brokers []string `placeholder:"HOST:PORT" help:"Kafka, in place of the configured kafka.brokers. Comma-separated."`
}

// load reads the configuration with the brokers of the command line.
func (f kafkaFlags) load(t terminal) (config.Config, error) {
	conf, err := f.configFlag.load(t)
	if err != nil || len(f.Brokers) == 0 {
		return conf, err
	}
	conf.Kafka.Brokers = f.Brokers
	if err := conf.Validate(); err != nil {
		return conf, usage(fmt.Errorf("--brokers: %w", err))
	}
	return conf, nil
}

type configCmd struct {
	Check  configCheckCmd  `cmd:"" help:"Read the configuration and report everything that is wrong with it."`
	Print  configPrintCmd  `cmd:"" help:"Print the configuration in effect, secrets masked."`
	Schema configSchemaCmd `cmd:"" help:"Print the JSON Schema of the configuration file."`
}

type configCheckCmd struct{ configFlag }

// Run checks the configuration.
func (c configCheckCmd) Run(t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	if conf.Runs(config.StageIngest) {
		if _, err := readFacts(&conf, t); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(t.out, "The configuration is valid.")
	return err
}

type configPrintCmd struct{ configFlag }

// Run prints the configuration.
func (c configPrintCmd) Run(t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	text, err := config.Print(conf)
	if err != nil {
		return err
	}
	_, err = t.out.Write(text)
	return err
}

type configSchemaCmd struct{}

// Run prints the schema.
func (configSchemaCmd) Run(t terminal) error {
	text, err := config.Schema()
	if err != nil {
		return err
	}
	_, err = t.out.Write(text)
	return err
}
