package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/doctor"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

type doctorCmd struct {
	configFlag
	Sample string `arg:"" help:"Records as they are in the gateway's topic (JSON, one a line or not, or one OTLP request in protobuf; .gz, .zst), or - for standard input."`
}

// Run examines the sample.
func (c doctorCmd) Run(t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	opts := conf.Ingest.Gateway
	opts.Secret = []byte(sampleSecret)
	reader, err := gateway.New(opts)
	if err != nil {
		return err
	}
	sample, err := readSample(c.Sample, conf.Ingest.MaxRecordBytes)
	if err != nil {
		return err
	}
	exam := doctor.Examine(reader, sample)
	if err := exam.Print(t.out); err != nil {
		return err
	}
	if len(exam.Sources) == 0 {
		return errors.New("not one event could be read; docs/event.md tells what the reasons mean, docs/gateways what to configure")
	}
	return nil
}

// sampleSecret keys the hashes of credentials in samples, so that they show up as they would.
const sampleSecret = "stillwatch sample, not for production"

// readSample reads a file of up to limit bytes, unpacked.
func readSample(path string, limit int) (sample []byte, err error) {
	f, err := backtest.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sample, err = io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read sample: %w", err)
	}
	if len(sample) > limit {
		return nil, fmt.Errorf("read sample: %s has more than ingest.max_record_bytes (%d); take a part of it", path, limit)
	}
	return sample, nil
}
