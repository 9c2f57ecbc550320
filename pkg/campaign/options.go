package campaign

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// Options tunes the engine. Bits are log2 units; see docs/detectors.md for what each detector
// gives.
type Options struct {
	// Interval is the event time between two evaluations.
	Interval time.Duration `yaml:"interval"`
	// WarmUp is the event time from the first profile seen to the first finding: without a
	// population there is nothing to compare with.
	WarmUp time.Duration `yaml:"warm_up"`
	// MinPopulation is the number of accounts below which nothing is judged.
	MinPopulation int `yaml:"min_population"`

	// Search bounds the search, Policy holds the thresholds, Watch tunes what is watched beside
	// campaigns.
	Search          search.Options `yaml:",inline"`
	decision.Policy `yaml:",inline"`
	Watch           watch.Options `yaml:",inline"`

	// UpdateInterval is the least event time between two updates of a finding.
	UpdateInterval time.Duration `yaml:"update_interval"`
	// AlertsPerHour bounds the records of a tenant that alert in an hour; those beyond are written
	// without an alert, and one summary alerts for them.
	AlertsPerHour int `yaml:"alerts_per_hour"`
	// Quiet closes a campaign whose members have all been silent for so long.
	Quiet time.Duration `yaml:"quiet"`
	// Withdraw closes a campaign whose members have measured far below the thresholds for so long.
	Withdraw time.Duration `yaml:"withdraw"`
	// Memory is how long a closed campaign's fingerprint is kept to recognise a successor.
	Memory time.Duration `yaml:"memory"`
	// SampleMembers is how many members a finding names itself; the accounts topic names all.
	SampleMembers int `yaml:"sample_members"`
	// WatchLists are the files of STIX indicators that are watched for. Whoever runs the engine
	// reads them, and hands them to SetWatchList.
	WatchLists []string `yaml:"watch_lists"`

	Baseline baseline.Options `yaml:"baseline"`

	// Shadow says what is found without alerting anybody.
	Shadow ShadowOptions `yaml:"shadow"`
}

// DefaultOptions are the options that docs/evaluation.md was measured with.
func DefaultOptions() Options {
	return Options{
		Interval: 10 * time.Minute, WarmUp: 30 * time.Minute, MinPopulation: 50,
		Search: search.DefaultOptions(), Policy: decision.DefaultPolicy(),
		Watch: watch.DefaultOptions(), UpdateInterval: 15 * time.Minute, AlertsPerHour: 30,
		Quiet: 72 * time.Hour, Withdraw: 24 * time.Hour, Memory: 45 * 24 * time.Hour,
		SampleMembers: 20, WatchLists: []string{},
		Baseline: baseline.DefaultOptions(), Shadow: ShadowOptions{Detectors: []string{}},
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
	positive("alerts_per_hour", o.AlertsPerHour > 0)
	positive("quiet", o.Quiet > 0)
	positive("withdraw", o.Withdraw > 0)
	positive("memory", o.Memory > 0)
	positive("sample_members", o.SampleMembers > 0)
	positive("baseline.sample", o.Baseline.Sample > 0)
	positive("baseline.draws", o.Baseline.Draws > 0)
	if o.WarmUp < 0 {
		errs = append(errs, errors.New("warm_up: must not be negative"))
	}
	errs = append(errs, o.Search.Validate(), o.Policy.Validate(), o.Shadow.Validate())
	if slices.Contains(o.WatchLists, "") {
		errs = append(errs, errors.New("watch_lists: a file has no name"))
	}
	return errors.Join(errs...)
}
