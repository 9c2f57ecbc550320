package campaign

import (
	"errors"
	"fmt"
	"slices"
	"time"

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
	// Coordination and Harvest are the least bits on each axis, Total the least sum of both, for a finding; Planes the number of
	// independent causes that must agree: the program (work and client), funding, identity, schedule.
	Coordination float64 `yaml:"coordination_bits"`
	Harvest      float64 `yaml:"harvest_bits"`
	Total        float64 `yaml:"total_bits"`
	// Operator is the bits of funding, identity and schedule that make a Medium finding although the harvest is weak.
	Operator float64 `yaml:"operator_bits"`
	// Purpose is the bits of an intent that no honest crowd shares from which a rare text in most requests makes a Medium finding by itself.
	Purpose float64 `yaml:"purpose_bits"`
	Planes  int     `yaml:"planes"`
	// AccountRequests is the number of requests in a day from which a single account is judged by itself, AccountHarvest the bits of harvest from which it is told of.
	AccountRequests uint32  `yaml:"account_requests"`
	AccountHarvest  float64 `yaml:"account_harvest_bits"`
	// HighMargin is how many bits beyond the line a finding is High rather than Medium.
	HighMargin float64 `yaml:"high_margin"`
	// CriticalMembers and CriticalRequests make a High finding Critical.
	CriticalMembers  int   `yaml:"critical_members"`
	CriticalRequests int64 `yaml:"critical_requests"`
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

	// Observe measures only: no group is beyond the line.
	Observe bool `yaml:"-" json:"-"`

	Census census.Options `yaml:"census"`
}

// DefaultOptions are the options that docs/evaluation.md was measured with.
func DefaultOptions() Options {
	return Options{
		Interval: 10 * time.Minute, WarmUp: time.Hour, MinPopulation: 50, MinGroup: 8,
		Coordination: 4, Harvest: 2.5, Total: 12.5, Operator: 6, Purpose: 3, Planes: 2, HighMargin: 1.5,
		AccountRequests: 500, AccountHarvest: 6,
		CriticalMembers: 1000, CriticalRequests: 100_000,
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
	if o.Planes < 1 || o.Planes > 6 {
		errs = append(errs, fmt.Errorf("planes: %d; must be 1..6", o.Planes))
	}
	if o.ScoreMembers < 64 {
		errs = append(errs, fmt.Errorf("score_members: %d; must be at least 64", o.ScoreMembers))
	}
	if slices.Contains(o.WatchLists, "") {
		errs = append(errs, errors.New("watch_lists: a file has no name"))
	}
	return errors.Join(errs...)
}
