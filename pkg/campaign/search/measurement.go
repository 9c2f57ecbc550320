package search

import (
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// Measurement is a group of accounts as the search measured it, for calibration and reports.
type Measurement struct {
	Tenant string
	// Time is the event time of the evaluation (Unix ms).
	Time int64
	// Origin says how the group was found, Members who is in it.
	Origin  string
	Members []string
	// Scores is what the rules judge.
	decision.Scores
	// Margin is the distance to the thresholds of the nearest rule, in bits.
	Margin float64
	// Agreeing are the signal families that agree.
	Agreeing []detectors.Family
	// Bits holds each detector's contribution.
	Bits map[string]float64
	// Fitted says that its bystanders were pruned and others that fit taken in: only such groups
	// become campaigns. Found says that it is a finding.
	Fitted, Found bool
}

// Fitted is added to the origin of groups whose members were fitted.
const Fitted = ", fitted"

// Report tells the trace of one customer's accounts that were measured, mostly of a single one.
func (s *Search) Report(origin string, members []int32, score *decision.Assessment, found bool) {
	s.report(origin, members, score, false, found)
}

func (s *Search) report(
	origin string, members []int32, score *decision.Assessment, fitted, found bool,
) {
	if s.Trace == nil {
		return
	}
	m := Measurement{
		Origin: origin, Scores: score.Scores, Margin: s.margin(score), Agreeing: score.Agreeing(),
		Bits: map[string]float64{}, Fitted: fitted, Found: found,
	}
	for _, i := range members {
		m.Members = append(m.Members, s.Population.Slots[i].Profile.Account)
	}
	// A score from before the trace was set has no single figures.
	for i, ok := range score.Measured {
		if ok {
			m.Bits[s.Assessor.Registry[i].Spec.ID] = score.Measures[i].Bits
		}
	}
	s.Trace(m)
}
