package backtest

import (
	"fmt"
	"math"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// reliability says of the findings at each severity and confidence how many were true.
type reliability struct {
	Severities, Confidences []bucket
	// Note warns when the counts are too small to tell.
	Note string
}

// bucket is the findings at one severity, or in one tenth of confidence.
type bucket struct {
	Label, Class   string
	N, True, False int
	// Share is the part that was true, Low and High its 95 % interval (Wilson 1927), all in
	// percent.
	Share, Low, High, Width float64
	// From is the lower end of a tenth of confidence.
	From  float64
	Words string
}

// few is the count below which a share says little.
const few = 10

// reliability counts every finding once, at its highest severity and its last confidence.
func (r *Report) reliability() reliability {
	var rel reliability
	severities := []campaign.Severity{
		campaign.Critical, campaign.High, campaign.Medium, campaign.Low, campaign.Informational,
	}
	bySeverity := map[campaign.Severity]*bucket{}
	tenths := [10]bucket{}
	for _, s := range severities {
		bySeverity[s] = &bucket{Label: severityName(s), Class: severityClass(s)}
	}
	for i := range tenths {
		tenths[i] = bucket{Label: fmt.Sprintf("%d–%d %%", 10*i, 10*i+10), From: float64(10 * i)}
	}
	for _, f := range r.judge.order {
		c := r.judge.compose(f, true)
		tenth := &tenths[min(max(f.changes[len(f.changes)-1].confidence/10, 0), 9)]
		for _, b := range []*bucket{bySeverity[f.severity], tenth} {
			if b == nil {
				continue
			}
			if b.N++; c.isTrue() {
				b.True++
			}
		}
	}
	for _, s := range severities {
		if b := bySeverity[s]; b.N > 0 {
			rel.Severities = append(rel.Severities, r.finish(*b))
		}
	}
	for i := len(tenths) - 1; i >= 0; i-- {
		if tenths[i].N > 0 {
			rel.Confidences = append(rel.Confidences, r.finish(tenths[i]))
		}
	}
	if n := len(r.judge.order); n > 0 && n < 5*few {
		rel.Note = fmt.Sprintf(
			"%d findings are few: read the ranges, not the shares. Replay more traffic before trusting a share.",
			n,
		)
		if n == 1 {
			rel.Note = "One finding says next to nothing about how reliable such findings are: read the ranges, not the shares."
		}
	}
	return rel
}

// finish computes the share and puts it in words.
func (r *Report) finish(b bucket) bucket {
	b.False = b.N - b.True
	b.Share = percent(float64(b.True), float64(b.N))
	low, high := wilson(b.True, b.N)
	b.Low, b.High = math.Round(100*low), math.Round(100*high)
	b.Width = b.High - b.Low
	b.Words = fmt.Sprintf("%d of %d true", b.True, b.N)
	if b.N < few {
		b.Words += fmt.Sprintf("; too few to tell (%.0f–%.0f %%)", b.Low, b.High)
	} else {
		b.Words += fmt.Sprintf(" (%.0f–%.0f %%)", b.Low, b.High)
	}
	return b
}

// wilson is the 95 % score interval of a share (Wilson 1927), which stays honest at small counts
// and at all or nothing.
func wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return math.Max(0, (mid-half)/(1+z*z/m)), math.Min(1, (mid+half)/(1+z*z/m))
}
