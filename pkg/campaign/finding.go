package campaign

import "github.com/stillwatch/stillwatch/detectors"

// Activity is where a finding is in its life.
type Activity uint8

// The activities, with OCSF's numbers.
const (
	Create Activity = iota + 1
	Update
	Close
)

// Severity is OCSF's severity_id.
type Severity uint8

// The severities in use.
const (
	Informational Severity = iota + 1
	Low
	Medium
	High
	Critical
)

// Kind is what a finding is about.
type Kind string

// The kinds.
const (
	// KindCampaign is a coordinated group of accounts.
	KindCampaign Kind = "campaign"
	// KindAccount is one customer's harvest: a single account's, or that of several accounts of a
	// customer that the provider vouches for.
	KindAccount Kind = "account"
	// KindTripwire is a sign that needs no statistics, such as a relay's constant.
	KindTripwire Kind = "tripwire"
	// KindOverflow is a summary: more findings alerted in an hour than Options.AlertsPerHour.
	KindOverflow Kind = "overflow"
)

// Member is one account of the group, for the sample in a finding.
type Member struct {
	Account, Org string
	Requests     uint32
	// Agreement is the share (0..1) of the group's signal families on which the account agrees,
	// Families which these are.
	Agreement float64
	Families  []detectors.Family
	// Stack is the readable client stack.
	Stack string
	// FirstSeen and LastSeen bound its activity (Unix ms).
	FirstSeen int64
	LastSeen  int64
	// Lead is what an analyst can follow the account by.
	Lead Lead
}

// Point is one step of the campaign's timeline.
type Point struct {
	Time     int64 `json:"time"`
	Members  int   `json:"members"`
	Requests int64 `json:"requests"`
}

// Finding is one record about a campaign: all that is reported to the security team. Times are
// Unix milliseconds of event time.
type Finding struct {
	// UID is the finding's stable identity, Campaign the identity of the campaign behind it (kept
	// across replaced pools).
	UID, Campaign, Tenant string
	// Sequence counts the records of this finding from 1: (UID, Sequence) identifies a record.
	Sequence int
	Activity Activity
	Kind     Kind

	Title, Summary string
	// Created is when the finding was opened, Modified when this record was emitted, FirstSeen and
	// LastSeen bound the members' activity.
	Created, Modified, FirstSeen, LastSeen int64

	Severity Severity
	// Confidence is 0..100.
	Confidence int
	// Coordination and Harvest are the two axes, in bits.
	Coordination, Harvest float64
	Evidence              []detectors.Evidence
	// Families are those that agree.
	Families []detectors.Family

	Members  int
	Sample   []Member
	Requests int64
	// OutputTokens is what the members received, 0 when unknown.
	OutputTokens int64
	Models       []string
	Shared       []SharedAttribute
	Timeline     []Point
	// Mitigating lists the mitigating evidence in words.
	Mitigating []string
	// Customer says that the members are one customer in the open, Contract that all are under one
	// contract that the provider vouches for, Purpose what this was declared to be for, Allowed
	// that this allows to collect outputs.
	Customer, Contract, Allowed bool
	Purpose                     string
	// NextStep is the recommended action.
	NextStep string
	// CloseReason is set on Close: quiet, withdrawn, merged, dismissed, superseded, over.
	CloseReason string
	// Alerts says that the record alerts: the finding is new, its severity has risen, or it is no
	// longer muted. Rationed says that it would, had not too many others in this hour.
	Alerts, Rationed bool
	// Notice says why it alerts again, empty when it does not.
	Notice string
	// Review is what an analyst's verdict in force says of it, nil when there is none. Muted says
	// that it is an Allow: the group is measured and reported, and does not alert.
	Review *Review
	Muted  bool
	// Shadow is there when the finding is in shadow: it never alerts.
	Shadow *Shadow
	// Related are the UIDs of findings that this one continues, absorbed, was absorbed by or is
	// continued in.
	Related []string
	// Template names the phrases of the group's text, as verdicts on a template do.
	Template []string
}

// SharedAttribute is a value that several members show, as text or as a pseudonym, with the share
// of members that show it and the population's. Members is how many they are.
type SharedAttribute struct {
	Attribute, Value string
	Share, Baseline  float64
	Members          int
}

// AccountStatus is what a gateway may act on.
type AccountStatus string

// The account statuses.
const (
	// Implicated accounts are members of an open finding of severity Medium or more, Watched of a
	// lower one.
	Implicated AccountStatus = "implicated"
	Watched    AccountStatus = "watched"
	// Allowed accounts are members of open findings, and an analyst has allowed them or the groups.
	Allowed AccountStatus = "allowed"
	// Cleared accounts were named before and are in no open finding now.
	Cleared AccountStatus = "cleared"
)

// weight orders statuses: of several findings the one counts by which most is to be done.
func (s AccountStatus) weight() int {
	switch s {
	case Implicated:
		return 3
	case Watched:
		return 2
	case Allowed:
		return 1
	default:
		return 0
	}
}

// AccountVerdict is one record of stillwatch.accounts.
type AccountVerdict struct {
	Account, Tenant string
	Time            int64
	Status          AccountStatus
	Findings        []FindingRef
}

// FindingRef points at a finding that names the account; Since is when it first did.
type FindingRef struct {
	UID        string
	Severity   Severity
	Confidence int
	Since      int64
}
