package fingerprint

import (
	"errors"
	"fmt"
	"time"
)

// Options configure fingerprints. All durations are of event time.
type Options struct {
	// MediumPane is the width of the panes that count the last day, MediumKeep how far they reach
	// back.
	MediumPane time.Duration `yaml:"medium_pane"`
	MediumKeep time.Duration `yaml:"medium_keep"`
	// Horizon is how far back the daily panes reach, in whole days, and after how long a silence an
	// account is forgotten.
	Horizon time.Duration `yaml:"horizon"`
	// AllowedLateness is how much older than the account's newest event an event may be and still
	// count. It covers the lead that one source partition gains over another while the service
	// catches up. Later ones are dropped and counted.
	AllowedLateness time.Duration `yaml:"allowed_lateness"`
	// DedupeWindow is how long an event id is remembered, up to MaxIDs ids per account.
	DedupeWindow time.Duration `yaml:"dedupe_window"`
	// DoorkeeperWindow is how long a shingle seen once is remembered, for its second sighting; busy
	// accounts forget earlier, to stay bounded.
	DoorkeeperWindow time.Duration `yaml:"doorkeeper_window"`
	// ConversationWindow is how long the turns of a conversation are known to have been served to
	// the account.
	ConversationWindow time.Duration `yaml:"conversation_window"`
	// HalfLife is how long the recurring shingles, attribute values and histograms take to lose
	// half their weight, so that an account that changes its behaviour shows it.
	HalfLife time.Duration `yaml:"half_life"`
	// Precision is the HyperLogLog precision: 2^precision registers, a standard error of
	// 1.04/sqrt(2^precision) (10: 3.3 %). Fingerprints of another precision stay readable but can't
	// be merged with new ones, so change it only together with an empty store.
	Precision int `yaml:"precision"`
	// ProfileInterval is the least time between two profiles of an account.
	ProfileInterval time.Duration `yaml:"profile_interval"`
	// ProfileDelay is how long a change below ProfileChange may wait.
	ProfileDelay time.Duration `yaml:"profile_delay"`
	// ProfileChange is the growth in requests since the last profile, as a share, that is worth a
	// new one at once.
	ProfileChange float64 `yaml:"profile_change"`
}

// day is the width of the daily panes in milliseconds.
const day = 86_400_000

// DefaultOptions returns the options that the documented figures were measured with.
func DefaultOptions() Options {
	return Options{
		MediumPane:         time.Hour,
		MediumKeep:         48 * time.Hour,
		Horizon:            45 * 24 * time.Hour,
		AllowedLateness:    48 * time.Hour,
		DedupeWindow:       time.Hour,
		DoorkeeperWindow:   7 * 24 * time.Hour,
		ConversationWindow: 48 * time.Hour,
		HalfLife:           7 * 24 * time.Hour,
		Precision:          10,
		ProfileInterval:    time.Minute,
		ProfileDelay:       15 * time.Minute,
		ProfileChange:      0.05,
	}
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	for _, f := range []struct {
		name        string
		value       time.Duration
		least, most time.Duration
	}{
		{"medium_pane", o.MediumPane, 10 * time.Minute, 24 * time.Hour},
		{"medium_keep", o.MediumKeep, 24 * time.Hour, 14 * 24 * time.Hour},
		{"horizon", o.Horizon, 2 * 24 * time.Hour, 90 * 24 * time.Hour},
		{"allowed_lateness", o.AllowedLateness, 0, o.Horizon},
		{"dedupe_window", o.DedupeWindow, 0, 7 * 24 * time.Hour},
		{"doorkeeper_window", o.DoorkeeperWindow, time.Hour, o.Horizon},
		{"conversation_window", o.ConversationWindow, time.Hour, o.Horizon},
		{"half_life", o.HalfLife, 24 * time.Hour, o.Horizon},
		{"profile_interval", o.ProfileInterval, time.Second, 24 * time.Hour},
		{"profile_delay", o.ProfileDelay, o.ProfileInterval, 7 * 24 * time.Hour},
	} {
		if f.value < f.least || f.value > f.most {
			return fmt.Errorf("fingerprint: %s is %v, give a duration from %v to %v",
				f.name, f.value, f.least, f.most)
		}
	}
	if o.MediumKeep/o.MediumPane > maxPanes {
		return fmt.Errorf("fingerprint: more than %d panes of one width, make medium_pane wider",
			maxPanes)
	}
	if o.MediumPane%time.Second != 0 || o.Horizon%(24*time.Hour) != 0 {
		return errors.New(
			"fingerprint: panes are in whole seconds and horizon in whole days, round them",
		)
	}
	if o.Precision < minPrecision || o.Precision > maxPrecision {
		return fmt.Errorf("fingerprint: precision is %d, give a number from %d to %d",
			o.Precision, minPrecision, maxPrecision)
	}
	if !(o.ProfileChange >= 0 && o.ProfileChange <= 1) {
		return fmt.Errorf("fingerprint: profile_change is %v, give a share from 0 to 1",
			o.ProfileChange)
	}
	return nil
}
