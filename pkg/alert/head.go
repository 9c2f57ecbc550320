package alert

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// Head is what decides where the record of a finding goes.
type Head struct {
	// UID is the finding, Record this record of it (metadata.uid), which is the same when the
	// record is repeated, and Sequence its number among the finding's records.
	UID, Record string
	Sequence    int
	Activity    campaign.Activity
	Severity    campaign.Severity
	// IsAlert says that somebody should look at it now.
	IsAlert, Muted bool
}

// ParseHead reads the head of a finding record. The error names what is missing and repeats nothing
// of the record.
func ParseHead(value []byte) (Head, error) {
	var r struct {
		ClassUID   int  `json:"class_uid"`
		ActivityID int  `json:"activity_id"`
		SeverityID int  `json:"severity_id"`
		IsAlert    bool `json:"is_alert"`
		Metadata   struct {
			UID      string `json:"uid"`
			Sequence int    `json:"sequence"`
		} `json:"metadata"`
		FindingInfo struct {
			UID string `json:"uid"`
		} `json:"finding_info"`
		Unmapped struct {
			Stillwatch struct {
				Muted bool `json:"muted"`
			} `json:"stillwatch"`
		} `json:"unmapped"`
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return Head{}, errors.New("alert: read finding: no JSON object of the expected types")
	}
	wrong := ""
	switch {
	case r.ClassUID != classUID:
		wrong = "class_uid is not 2004"
	case r.ActivityID < int(campaign.Create) || r.ActivityID > int(campaign.Close):
		wrong = "activity_id is not 1, 2 or 3"
	case r.SeverityID < 0 || r.SeverityID > maxSeverityID:
		wrong = "severity_id is not of OCSF"
	case r.Metadata.Sequence < 1:
		wrong = "metadata.sequence is not positive"
	case !isToken(r.Metadata.UID):
		wrong = "metadata.uid is no identifier"
	case !isToken(r.FindingInfo.UID):
		wrong = "finding_info.uid is no identifier"
	}
	if wrong != "" {
		return Head{}, fmt.Errorf("alert: read finding: %s", wrong)
	}
	return Head{
		UID: r.FindingInfo.UID, Record: r.Metadata.UID, Sequence: r.Metadata.Sequence,
		Activity: campaign.Activity(r.ActivityID), Severity: campaign.Severity(r.SeverityID),
		IsAlert: r.IsAlert, Muted: r.Unmapped.Stillwatch.Muted,
	}, nil
}

// maxSeverityID is OCSF's Other, the largest of its severities.
const maxSeverityID = 99

// isToken tells whether a text can be an identifier in a header and a key: what Stillwatch writes
// there is UUIDs, and numbers behind a colon.
func isToken(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' && c != ':' {
			return false
		}
	}
	return true
}
