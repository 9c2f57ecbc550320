// Package decision adds up the evidence on a group of accounts and says whether it makes a finding.
// It is the only place where the rules and their thresholds stand: the search, the calibration, the
// reports and the documentation ask it.
//
// It is arithmetic on the bits that detectors give. It knows no account, no time and no state.
package decision

import (
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/detectors"
)

// Policy holds the thresholds from which a group is a finding, and of which severity. Bits are log2
// units; docs/detectors.md says what each detector gives.
type Policy struct {
	// Coordination and Harvest are the least bits on each axis, Total the least sum of both, for a
	// finding by the combined rule.
	Coordination float64 `yaml:"coordination_bits"`
	Harvest      float64 `yaml:"harvest_bits"`
	Total        float64 `yaml:"total_bits"`
	// Operator is the bits of coordination that make a finding by the operator rule, although the
	// harvest is weak.
	Operator float64 `yaml:"operator_bits"`
	// Purpose is the bits of an intent that no benign group shares from which a rare text in most
	// requests makes a finding by the purpose rule.
	Purpose float64 `yaml:"purpose_bits"`
	// Families is the number of independent causes that must agree: the program (work and client),
	// funding, identity, schedule, habits, takeover.
	Families int `yaml:"families"`
	// AccountHarvest is the bits of harvest from which a single account is a finding.
	AccountHarvest float64 `yaml:"account_harvest_bits"`
	// HighMargin is how many bits beyond the thresholds a finding is High rather than Medium.
	HighMargin float64 `yaml:"high_margin"`
	// CriticalMembers (accounts) and CriticalRequests make a High finding Critical.
	CriticalMembers  int   `yaml:"critical_members"`
	CriticalRequests int64 `yaml:"critical_requests"`

	// Observe measures only: no group is a finding.
	Observe bool `yaml:"-" json:"-"`
}

// DefaultPolicy holds the thresholds that docs/evaluation.md was measured with.
func DefaultPolicy() Policy {
	return Policy{
		Coordination: 1, Harvest: 1.5, Total: 6, Operator: 5, Purpose: 2.5, Families: 1,
		AccountHarvest: 5.25, HighMargin: 1.5, CriticalMembers: 1000, CriticalRequests: 100_000,
	}
}

// Validate reports every threshold that cannot work.
func (p *Policy) Validate() error {
	var errs []error
	if p.Families < 1 || p.Families > detectors.NumFamilies {
		errs = append(errs, fmt.Errorf(
			"families: %d; must be 1..%d", p.Families, detectors.NumFamilies,
		))
	}
	return errors.Join(errs...)
}
