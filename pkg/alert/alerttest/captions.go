package alerttest

// version is the version of OCSF that records are written for; the ids and captions below are those
// of its Detection Finding, as far as they are used.
const version = "1.8.0"

// The statuses.
const (
	statusNew        = 1
	statusSuppressed = 3
	statusResolved   = 4
	statusDeleted    = 6
)

// The states of an analytic.
const (
	stateActive       = 1
	stateExperimental = 3
)

// other is the id of what has a caption of its own.
const other = 99

// captions maps the ids of one attribute to their captions.
type captions map[int]string

// captionsOf lists the attributes of a record with the captions of their ids.
var captionsOf = []struct {
	id, caption string
	of          captions
}{
	{"activity_id", "activity_name", captions{1: "Create", 2: "Update", 3: "Close"}},
	{"category_uid", "category_name", captions{2: "Findings"}},
	{"class_uid", "class_name", captions{2004: "Detection Finding"}},
	{"type_uid", "type_name", captions{
		200401: "Detection Finding: Create", 200402: "Detection Finding: Update",
		200403: "Detection Finding: Close",
	}},
	{"severity_id", "severity", captions{
		0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical",
	}},
	{"status_id", "status", captions{
		statusNew: "New", 2: "In Progress", statusSuppressed: "Suppressed",
		statusResolved: "Resolved", statusDeleted: "Deleted",
	}},
	{"confidence_id", "confidence", captions{0: "Unknown", 1: "Low", 2: "Medium", 3: "High"}},
	{"risk_level_id", "risk_level", captions{
		0: "Info", 1: "Low", 2: "Medium", 3: "High", 4: "Critical", other: "Unknown",
	}},
	{"action_id", "action", captions{3: "Observed"}},
	{"disposition_id", "disposition", captions{15: "Detected"}},
	{
		"finding_info.analytic.type_id", "finding_info.analytic.type",
		captions{1: "Rule", 2: "Behavioral"},
	},
	{
		"finding_info.analytic.state_id", "finding_info.analytic.state",
		captions{stateActive: "Active", stateExperimental: "Experimental"},
	},
}

// observableTypes are the types of observables in use.
var observableTypes = captions{
	10: "Resource UID", 12: "Subnet", 16: "HTTP User-Agent", 31: "User: uid", 35: "Account: uid",
}
