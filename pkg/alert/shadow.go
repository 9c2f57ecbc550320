package alert

import (
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// What says of a record that its finding is in shadow, so that nobody takes it for an alert
// wherever it is copied to: a label, the analytic's state, and the beginning of the message.
const (
	shadowLabel  = "shadow"
	shadowPrefix = "In shadow: "
)

// detailShadow is there when the finding is in shadow.
type detailShadow struct {
	All         bool     `json:"all"`
	Detectors   []string `json:"detectors"`
	AlsoAlerted bool     `json:"also_alerted"`
	Alerts      []string `json:"alerts"`
}

// alerts says whether the record asks somebody to look now.
func alerts(f *campaign.Finding) bool {
	return f.Alerts && f.Activity != campaign.Close && !f.Muted && f.Shadow == nil
}

// analyticState is the state of what found it.
func analyticState(f *campaign.Finding) int {
	if f.Shadow != nil {
		return stateExperimental
	}
	return stateActive
}

// shadow says what the finding tells of being in shadow, nil when it is not.
func (m *mapper) shadow() *detailShadow {
	s := m.f.Shadow
	if s == nil {
		return nil
	}
	return &detailShadow{
		All: s.All, Detectors: m.ids(s.Detectors), AlsoAlerted: s.AlsoAlerted,
		Alerts: m.ids(s.Alerts),
	}
}

// ids cleans a list of identities, which is there even when it is empty.
func (m *mapper) ids(list []string) []string {
	out := make([]string, 0, len(list))
	for _, id := range list[:m.keep(len(list), m.limits.words)] {
		if id = identifier(id); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// parsed is what a record said of being in shadow.
func (d *detailShadow) parsed() *campaign.Shadow {
	if d == nil {
		return nil
	}
	return &campaign.Shadow{
		All: d.All, Detectors: slices.Clone(d.Detectors), AlsoAlerted: d.AlsoAlerted,
		Alerts: slices.Clone(d.Alerts),
	}
}
