package search

import (
	"errors"
	"fmt"
)

// Options bounds the search for groups.
type Options struct {
	// MinGroup is the smallest group in entities. Below eight, agreement on three signal
	// families is common by chance alone.
	MinGroup int `yaml:"min_group"`
	// ScoreMembers bounds how many accounts of a candidate are measured, drawn by hash: a tool with
	// a hundred thousand users costs no more than a pool.
	ScoreMembers int `yaml:"score_members"`
}

// DefaultOptions are the options that docs/evaluation.md was measured with.
func DefaultOptions() Options { return Options{MinGroup: 8, ScoreMembers: 512} }

const (
	// Trio is the fewest accounts that can be a group.
	Trio = 3
	// leastScored is the fewest accounts that must be measured for a figure of a large group to
	// mean something: shares are within 13 points (two standard errors at 50 %).
	leastScored = 64
)

// Validate reports every option that cannot work.
func (o *Options) Validate() error {
	var errs []error
	if o.MinGroup < Trio {
		errs = append(errs,
			fmt.Errorf("min_group: %d; must be at least %d, two accounts are no group",
				o.MinGroup, Trio))
	}
	if o.ScoreMembers < leastScored {
		errs = append(errs,
			fmt.Errorf("score_members: %d; must be at least %d", o.ScoreMembers, leastScored))
	}
	return errors.Join(errs...)
}
