package alert

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// Parse reads the value of a finding record back, for what shows findings without having made them:
// the demo, the console, exports. What the record does not hold (members beyond the sample, what
// was cut) is not there.
func Parse(value []byte) (*campaign.Finding, error) {
	var d detectionFinding
	if err := json.Unmarshal(value, &d); err != nil {
		return nil, fmt.Errorf("alert: read finding: %w", err)
	}
	if d.ClassUID != classUID || d.FindingInfo.UID == "" {
		return nil, errors.New(
			"alert: read finding: the record is no Detection Finding (class_uid 2004 with a finding_info.uid)",
		)
	}
	own := &d.Unmapped.Stillwatch
	f := &campaign.Finding{
		UID: d.FindingInfo.UID, Campaign: d.Metadata.CorrelationUID, Tenant: d.Metadata.TenantUID,
		Sequence: int(d.Metadata.Sequence), Activity: campaign.Activity(d.ActivityID),
		Kind:  campaign.Kind(own.Kind),
		Title: d.FindingInfo.Title, Summary: d.FindingInfo.Desc,
		Created: d.FindingInfo.CreatedTime, Modified: d.FindingInfo.ModifiedTime,
		FirstSeen: d.StartTime, LastSeen: d.EndTime, Severity: campaign.Severity(d.SeverityID),
		Confidence:   d.ConfidenceScore,
		Coordination: float64(own.CoordinationBits), Harvest: float64(own.HarvestBits),
		Families: familiesOf(own.Families),
		Members:  own.Members, Requests: own.Requests, OutputTokens: own.OutputTokens,
		Mitigating: own.Mitigating, CloseReason: own.CloseReason,
		Muted: own.Muted, Related: own.Related, Template: own.Template, Alerts: d.IsAlert,
		Rationed: own.Rationed,
	}
	if v := own.Verdict; v != nil {
		f.Review = &campaign.Review{
			Verdict: v.ID, Action: review.Action(v.Action), Author: v.Author, Reason: v.Reason,
			Since: v.Since, Expires: v.Expires,
		}
	}
	if d.Remediation != nil {
		f.NextStep = d.Remediation.Desc
	}
	for _, r := range d.Resources {
		f.Models = append(f.Models, r.UID)
	}
	for i := range own.Evidence {
		e := &own.Evidence[i]
		axis := detectors.Coordination
		if e.Axis == axisName(detectors.Harvest) {
			axis = detectors.Harvest
		}
		f.Evidence = append(f.Evidence, detectors.Evidence{
			Detector: e.Detector, Axis: axis, Family: detectors.Family(e.Family),
			Bits: float64(e.Bits), Observed: e.Observed, Expected: e.Expected, Note: e.Note,
		})
	}
	for i := range d.Evidences {
		f.Sample = append(f.Sample, member(&d.Evidences[i]))
	}
	for _, s := range own.Shared {
		f.Shared = append(f.Shared, campaign.SharedAttribute{
			Attribute: s.Attribute, Value: s.Value,
			Share: float64(s.Share), Baseline: float64(s.Baseline),
		})
	}
	for _, p := range own.Timeline {
		f.Timeline = append(f.Timeline, campaign.Point(p))
	}
	return f, nil
}

func member(e *evidence) campaign.Member {
	m := campaign.Member{
		Account: e.UID, Requests: e.Data.Requests, Agreement: float64(e.Data.Agreement),
		Families: familiesOf(e.Data.Families), FirstSeen: e.Data.FirstSeen,
		LastSeen: e.Data.LastSeen,
	}
	if e.User != nil && e.User.Account != nil {
		m.Org = e.User.Account.UID
	}
	agent, tls := "", ""
	if e.HTTPRequest != nil {
		agent = e.HTTPRequest.UserAgent
	}
	if len(e.JA4) > 0 {
		tls = e.JA4[0].Value
	}
	m.Stack = joinStack(agent, tls)
	return m
}

func familiesOf(names []string) []detectors.Family {
	var out []detectors.Family
	for _, n := range names {
		out = append(out, detectors.Family(n))
	}
	return out
}
