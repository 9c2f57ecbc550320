package decision

import "math"

const (
	// confidenceBits is by how many bits more evidence the log odds of a finding double: a bit of
	// evidence is worth less than a bit, since detectors are not independent of each other.
	confidenceBits = 1.5
	// evenMargin is the margin of even odds: a bit below the thresholds.
	evenMargin = -1
	// mostConfidence is never exceeded: nothing is certain.
	mostConfidence = 99
	// WeakMargin is how far below the thresholds, in bits, members must measure to be let go: the
	// margin moves by as much as the population comes and goes.
	WeakMargin = -3
)

// High says that a finding is more than Medium: the combined rule holds with Policy.HighMargin.
func High(s *Scores, p *Policy) bool {
	return Passes(s, p) && Rules[Combined].Margin(s, p) >= p.HighMargin
}

// Critical says that a High finding is Critical for its size.
func Critical(members int, requests int64, p *Policy) bool {
	return members >= p.CriticalMembers || requests >= p.CriticalRequests
}

// Weak says that the group measures so far below the thresholds that a finding about it is not
// borne out.
func Weak(s *Scores, p *Policy) bool { return Margin(s, p) < WeakMargin }

// Confidence is how sure a finding about a group is, 0..99.
func Confidence(s *Scores, p *Policy) int { return confidence(Margin(s, p) - evenMargin) }

// AccountPasses says whether a single account is a finding.
func AccountPasses(s *Scores, p *Policy) bool { return s.Harvest >= p.AccountHarvest }

// AccountMedium says that a single account's prompts say what they are for, so that the finding is
// Medium.
func AccountMedium(s *Scores, p *Policy) bool {
	return s.Harvest >= p.AccountHarvest+p.HighMargin && s.Purpose >= p.Purpose
}

// AccountConfidence is how sure a finding about a single account is, 0..99.
func AccountConfidence(s *Scores, p *Policy) int { return confidence(s.Harvest - p.AccountHarvest) }

// confidence is a logistic curve: 50 at 0 bits.
func confidence(bits float64) int {
	return min(mostConfidence, int(math.Round(100/(1+math.Exp2(-bits/confidenceBits)))))
}
