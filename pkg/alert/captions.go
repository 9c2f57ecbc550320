package alert

import (
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// The OCSF ids in use, with their captions.
const (
	ocsfVersion = "1.8.0"
	// classUID is Detection Finding, categoryUID Findings.
	classUID    = 2004
	categoryUID = 2

	statusNew        = 1
	statusInProgress = 2
	statusSuppressed = 3
	statusResolved   = 4
	statusDeleted    = 6

	analyticRule       = 1
	analyticBehavioral = 2

	actionObserved      = 3
	dispositionDetected = 15
	verdictFalse        = 1
	verdictTrue         = 2
	verdictSuspicious   = 4
	verdictBenign       = 5
	stateActive         = 1
	stateExperimental   = 3
	roleTarget          = 1
	userTypeUser        = 1
	ja4Client           = 1
	other               = 99

	observableSubnet      = 12
	observableUserAgent   = 16
	observableResourceUID = 10
	observableUserUID     = 31
	observableAccountUID  = 35
)

// captions maps the ids of one attribute to their captions.
type captions map[int]string

func activities() captions { return captions{1: "Create", 2: "Update", 3: "Close"} }

func severities() captions {
	return captions{
		0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical",
	}
}

func statuses() captions {
	return captions{
		statusNew: "New", statusInProgress: "In Progress", statusSuppressed: "Suppressed",
		statusResolved: "Resolved", statusDeleted: "Deleted",
	}
}

func confidences() captions { return captions{0: "Unknown", 1: "Low", 2: "Medium", 3: "High"} }

func riskLevels() captions {
	return captions{0: "Info", 1: "Low", 2: "Medium", 3: "High", 4: "Critical", other: "Unknown"}
}

func analyticTypes() captions {
	return captions{analyticRule: "Rule", analyticBehavioral: "Behavioral"}
}

func verdicts() captions {
	return captions{
		verdictFalse: "False Positive", verdictTrue: "True Positive", verdictBenign: "Benign",
	}
}

// verdictID is OCSF's verdict_id for what an analyst said.
func verdictID(a review.Action) int {
	switch a {
	case review.Confirm:
		return verdictTrue
	case review.Dismiss:
		return verdictFalse
	default:
		return verdictBenign
	}
}

func analyticStates() captions {
	return captions{stateActive: "Active", stateExperimental: "Experimental"}
}

func observableTypes() captions {
	return captions{
		observableResourceUID: "Resource UID", observableSubnet: "Subnet",
		observableUserAgent: "HTTP User-Agent", observableUserUID: "User: uid",
		observableAccountUID: "Account: uid",
	}
}

// severityID is OCSF's severity_id: 0 (Unknown) for what is no severity.
func severityID(s campaign.Severity) int {
	if s < campaign.Informational || s > campaign.Critical {
		return 0
	}
	return int(s)
}

// confidenceID puts a confidence of 0..100 into OCSF's bands: High from 80, Medium from 50.
func confidenceID(score int) int {
	switch {
	case score >= 80:
		return 3
	case score >= 50:
		return 2
	default:
		return 1
	}
}

// riskScore orders findings for triage: each severity is a band of 20 points, and the confidence
// places the finding inside it.
func riskScore(severity, confidence int) int {
	if severity == 0 {
		return 0
	}
	return (severity-1)*20 + confidence/5
}

// riskLevelID is one below the severity: Info, Low, Medium, High, Critical count from 0.
func riskLevelID(severity int) int {
	if severity == 0 {
		return other
	}
	return severity - 1
}

// statusID tells a consumer what is left to do about the finding.
func statusID(f *campaign.Finding) int {
	if f.Activity == campaign.Close {
		switch f.CloseReason {
		case "withdrawn":
			return statusDeleted
		default:
			return statusResolved
		}
	}
	switch {
	case f.Muted:
		return statusSuppressed
	case f.Activity == campaign.Create:
		return statusNew
	default:
		return statusInProgress
	}
}

// closeDetail puts a close reason in words, the reason first.
func closeDetail(reason string) string {
	switch reason {
	case "quiet":
		return "quiet: the members have stopped"
	case "withdrawn":
		return "withdrawn: with more traffic seen, the suspicion no longer holds"
	case "merged":
		return "merged: continued in a related finding"
	case "dismissed":
		return "dismissed: an analyst judged it a false alarm"
	case "superseded":
		return "superseded: the campaign came back, and is reported in a new finding"
	case "over":
		return "over: the hour of this summary has passed"
	}
	if reason = sentence(reason, maxText); reason != "" {
		return reason
	}
	return "closed"
}
