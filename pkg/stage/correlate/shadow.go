package correlate

import (
	"strconv"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// ShadowFindings counts the findings sent in shadow, which Findings leaves out: by activity, and by
// whether a finding about the same accounts alerts (true, false).
var ShadowFindings = &stage.Counter{
	Kind: stage.Own, Name: "shadow_findings_total",
	Help: "Findings sent in shadow, by activity and by whether a finding about the same accounts " +
		"alerts.",
	Labels: []stage.Label{
		{Name: "activity", Values: []string{
			activityName(campaign.Create), activityName(campaign.Update),
			activityName(campaign.Close),
		}},
		{Name: "also_alerted", Values: []string{"true", "false"}},
	},
}

// countFinding counts a finding and says where it goes.
func countFinding(counts stage.Counts, f *campaign.Finding) stage.Output {
	if f.Shadow != nil {
		alerted := strconv.FormatBool(f.Shadow.AlsoAlerted)
		counts.Add(1, ShadowFindings, activityName(f.Activity), alerted)
		return stage.Shadow
	}
	counts.Add(1, Findings, activityName(f.Activity))
	return stage.Alerts
}

// withShadow adds the open campaigns in shadow to a task's sizes, where there may be some.
func withShadow(sizes map[string]int, e *campaign.Engine) map[string]int {
	in := e.Shadow()
	if in == nil {
		return sizes
	}
	if in == e {
		sizes["campaigns"] = 0
	}
	sizes["shadow_campaigns"] = in.Open()
	return sizes
}
