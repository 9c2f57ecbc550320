package detectors

import "github.com/stillwatch/stillwatch/pkg/attribute"

// Axis is one of the two questions asked of every group; a campaign needs a yes to both.
type Axis uint8

// The axes.
const (
	// Coordination asks whether the accounts act as one.
	Coordination Axis = iota
	// Harvest asks whether they collect outputs to train on.
	Harvest
)

// Family is a signal family; see attribute.Family.
type Family = attribute.Family

// The signal families.
const (
	Work     = attribute.Work
	Funding  = attribute.Funding
	Identity = attribute.Identity
	Client   = attribute.Client
	Network  = attribute.Networks
	Schedule = attribute.Schedule
	Habits   = attribute.Habits
	Takeover = attribute.Takeover
)

// Evidence is one detector's contribution. Positive bits support the suspicion, negative bits are
// mitigating evidence.
type Evidence struct {
	Detector string  `json:"detector"`
	Axis     Axis    `json:"axis"`
	Family   Family  `json:"plane,omitempty"`
	Bits     float64 `json:"bits"`
	// Observed and Expected say in words and figures what the group shows and what the population
	// would give.
	Observed string `json:"observed"`
	Expected string `json:"expected"`
	// Note explains the figure in one clause, for the SOC.
	Note string `json:"note,omitempty"`
}
