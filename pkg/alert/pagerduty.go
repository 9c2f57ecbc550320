package alert

import (
	"cmp"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// pagerSummary is the most that PagerDuty keeps of a summary.
const pagerSummary = 1024

type pagerEvent struct {
	RoutingKey string        `json:"routing_key"`
	Action     string        `json:"event_action"`
	DedupKey   string        `json:"dedup_key"`
	Client     string        `json:"client,omitempty"`
	ClientURL  string        `json:"client_url,omitempty"`
	Links      []pagerLink   `json:"links,omitempty"`
	Payload    *pagerPayload `json:"payload,omitempty"`
}

type pagerLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

type pagerPayload struct {
	Summary   string       `json:"summary"`
	Source    string       `json:"source"`
	Severity  string       `json:"severity"`
	Timestamp string       `json:"timestamp"`
	Component string       `json:"component"`
	Group     string       `json:"group"`
	Class     string       `json:"class"`
	Details   pagerDetails `json:"custom_details"`
}

type pagerDetails struct {
	Finding      string   `json:"finding"`
	Campaign     string   `json:"campaign"`
	Severity     string   `json:"severity"`
	Confidence   int      `json:"confidence"`
	Accounts     int      `json:"accounts"`
	Requests     int64    `json:"requests"`
	Coordination float64  `json:"coordination_bits"`
	Harvest      float64  `json:"harvest_bits"`
	Summary      string   `json:"summary"`
	Evidence     []string `json:"evidence"`
	NextStep     string   `json:"next_step,omitempty"`
}

// PagerDutyEvent makes an event of PagerDuty's Events API v2 from a finding record. The incident is
// the finding (dedup_key is finding_info.uid): a record triggers it, one that closes or mutes the
// finding resolves it. No account is named.
func PagerDutyEvent(value []byte, routingKey string) ([]byte, error) {
	d, f, err := shown(value)
	if err != nil {
		return nil, err
	}
	e := pagerEvent{RoutingKey: routingKey, Action: "resolve", DedupKey: f.UID}
	if f.Activity == campaign.Close || f.Muted {
		return compact(e)
	}
	e.Action, e.Client, e.ClientURL = "trigger", "Stillwatch", d.FindingInfo.SrcURL
	if d.FindingInfo.SrcURL != "" {
		e.Links = append(e.Links, pagerLink{d.FindingInfo.SrcURL, "The finding"})
	}
	if d.Remediation != nil && len(d.Remediation.References) > 0 {
		e.Links = append(e.Links, pagerLink{d.Remediation.References[0], "The runbook"})
	}
	details := pagerDetails{
		Finding: f.UID, Campaign: f.Campaign, Severity: d.Severity, Confidence: f.Confidence,
		Accounts: f.Members, Requests: f.Requests, Coordination: f.Coordination,
		Harvest: f.Harvest, Summary: f.Summary, Evidence: strongest(f, textEvidence),
		NextStep: f.NextStep,
	}
	e.Payload = &pagerPayload{
		Summary:  sentence("["+d.Severity+"] "+d.FindingInfo.Title, pagerSummary),
		Source:   "stillwatch/" + f.Tenant,
		Severity: pagerSeverity(f.Severity), Class: string(f.Kind), Group: f.Campaign,
		Component: "stillwatch", Details: details,
		Timestamp: time.UnixMilli(f.Modified).UTC().Format(time.RFC3339),
	}
	return compact(e)
}

// pagerSeverity is the severity in PagerDuty's words. A finding of severity Low asks nobody to get
// up.
func pagerSeverity(s campaign.Severity) string {
	switch {
	case s >= campaign.Critical:
		return "critical"
	case s == campaign.High:
		return "error"
	case s == campaign.Medium:
		return "warning"
	}
	return "info"
}

// byBits is the evidence with the strongest first.
func byBits(evidence []detectors.Evidence) []detectors.Evidence {
	out := slices.Clone(evidence)
	slices.SortStableFunc(out, func(a, b detectors.Evidence) int {
		return cmp.Compare(b.Bits, a.Bits)
	})
	return out
}
