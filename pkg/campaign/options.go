package campaign

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/census"
)

// Options tunes the search for campaigns. Bits are log2 units; see docs/detectors.md for what each detector gives.
type Options struct {
	// Interval is the event time between two evaluations.
	Interval time.Duration `yaml:"interval"`
	// WarmUp is the event time from the first profile seen to the first finding: without a population there is nothing to compare with.
	WarmUp time.Duration `yaml:"warm_up"`
	// MinPopulation is the number of entities below which nothing is judged.
	MinPopulation int `yaml:"min_population"`
	// MinGroup is the smallest group in entities. Below eight, coincidences of three planes are common by chance alone.
	MinGroup int `yaml:"min_group"`
	// Policy holds the thresholds.
	decision.Policy `yaml:",inline"`
	// AccountRequests is the number of requests in a day from which a single account is judged by itself.
	AccountRequests uint32 `yaml:"account_requests"`
	// UpdateInterval is the least event time between two updates of a finding.
	UpdateInterval time.Duration `yaml:"update_interval"`
	// Quiet closes a campaign whose members have all been silent for so long.
	Quiet time.Duration `yaml:"quiet"`
	// Withdraw closes a campaign whose members have measured far below the line for so long.
	Withdraw time.Duration `yaml:"withdraw"`
	// Memory is how long a closed campaign's fingerprint is kept to recognise a successor.
	Memory time.Duration `yaml:"memory"`
	// SampleMembers is how many members a finding names itself; the accounts topic names all.
	SampleMembers int `yaml:"sample_members"`
	// ScoreMembers bounds how many members of a candidate are measured, drawn by hash: a tool with a hundred thousand users costs no more than a pool.
	ScoreMembers int `yaml:"score_members"`
	// WatchLists are the files of STIX indicators that are watched for. Whoever runs the engine reads them, and hands them to SetWatchList.
	WatchLists []string `yaml:"watch_lists"`

	Census census.Options `yaml:"census"`
}

// DefaultOptions are the options that docs/evaluation.md was measured with.
func DefaultOptions() Options {
	return Options{
		Interval: 10 * time.Minute, WarmUp: time.Hour, MinPopulation: 50, MinGroup: 8,
		Policy: decision.DefaultPolicy(), AccountRequests: 500,
		UpdateInterval: 15 * time.Minute, Quiet: 72 * time.Hour, Withdraw: 24 * time.Hour, Memory: 45 * 24 * time.Hour,
		SampleMembers: 20, ScoreMembers: 512, WatchLists: []string{},
		Census: census.DefaultOptions(),
	}
}

// Validate reports every option that cannot work.
func (o *Options) Validate() error {
	var errs []error
	positive := func(name string, ok bool) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: must be positive", name))
		}
	}
	positive("interval", o.Interval > 0)
	positive("min_population", o.MinPopulation > 0)
	positive("update_interval", o.UpdateInterval > 0)
	positive("quiet", o.Quiet > 0)
	positive("withdraw", o.Withdraw > 0)
	positive("memory", o.Memory > 0)
	positive("sample_members", o.SampleMembers > 0)
	positive("census.sample", o.Census.Sample > 0)
	positive("census.draws", o.Census.Draws > 0)
	if o.WarmUp < 0 {
		errs = append(errs, errors.New("warm_up: must not be negative"))
	}
	if o.MinGroup < 3 {
		errs = append(errs, fmt.Errorf("min_group: %d; must be at least 3, two accounts are no group", o.MinGroup))
	}
	if err := o.Policy.Validate(); err != nil {
		errs = append(errs, err)
	}
	if o.ScoreMembers < 64 {
		errs = append(errs, fmt.Errorf("score_members: %d; must be at least 64", o.ScoreMembers))
	}
	if slices.Contains(o.WatchLists, "") {
		errs = append(errs, errors.New("watch_lists: a file has no name"))
	}
	return errors.Join(errs...)
}
