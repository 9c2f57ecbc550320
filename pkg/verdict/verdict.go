// Package verdict is what a gateway written in Go asks before it serves a request: is this account
// implicated, since when, and how sure is that. It follows the topic stillwatch.accounts
// (docs/alerts.md, "Accounts"), keeps the standing of every account in memory, and answers without
// a lock and without an allocation:
//
//	client, err := verdict.New(opts, logger)
//	go client.Follow(ctx)
//	...
//	if d := client.Decide(tenant, account); !d.Allow { ... }
//
// Table holds the standings and knows nothing of Kafka; Policy says what follows from one; Client
// follows the topic and says how old its knowledge is. docs/soc/enforcement.md says how to bring it
// into use, what to do in other languages, and what can go wrong.
//
// Only accounts that Stillwatch has named are known. All others are Unknown, as most accounts
// should be, and that is no sign against them.
package verdict

import (
	"iter"
	"strconv"
	"time"
)

// Status is what Stillwatch says of an account. The zero value is Unknown.
type Status uint8

// The statuses of an account.
const (
	// Unknown is an account that was never named, or one with a status that this release does not
	// know; Standing.Text tells them apart. It is never a reason to deny.
	Unknown Status = iota
	// Cleared was named before and is in no open finding now.
	Cleared
	// Watched is a member of an open finding of a severity below Medium: log more, do nothing.
	Watched
	// Allowed is a member of a group that an analyst has allowed: do nothing.
	Allowed
	// Implicated is a member of an open finding of severity Medium or more.
	Implicated

	statuses = int(Implicated) + 1
)

// String is the status as the topic has it.
func (s Status) String() string {
	switch s {
	case Cleared:
		return "cleared"
	case Watched:
		return "watched"
	case Allowed:
		return "allowed"
	case Implicated:
		return "implicated"
	case Unknown:
		return "unknown"
	}
	return "status " + strconv.Itoa(int(s))
}

// statusOf reads a status; one of a newer release is Unknown.
func statusOf(text string) Status {
	for s := Cleared; s <= Implicated; s++ {
		if s.String() == text {
			return s
		}
	}
	return Unknown
}

// Severity is OCSF's severity_id of a finding. The zero value is none.
type Severity uint8

// The severities of a finding. Stillwatch gives Informational to Critical.
const (
	Informational Severity = iota + 1
	Low
	Medium
	High
	Critical
	Fatal
)

// String is OCSF's caption.
func (s Severity) String() string {
	switch s {
	case Informational:
		return "Informational"
	case Low:
		return "Low"
	case Medium:
		return "Medium"
	case High:
		return "High"
	case Critical:
		return "Critical"
	case Fatal:
		return "Fatal"
	}
	return "Unknown"
}

// Finding is an open finding as an account's record names it.
type Finding struct {
	// UID is the finding_info.uid of the finding's records in stillwatch.alerts.
	UID      string
	Severity Severity
	// Confidence is 0..100.
	Confidence int
	// Since is when the account was first named in the finding, in event time.
	Since time.Time
}

// Standing is what is known about one account. It holds no memory that anybody changes.
type Standing struct {
	Status Status
	// Text is the status as the record has it; empty when there is no record.
	Text string
	// Severity and Confidence (0..100) are those of the most severe finding; of several, the one
	// with the highest confidence. Zero without a finding.
	Severity   Severity
	Confidence int
	// Since is when the account was first named in one of the findings, Changed when the standing
	// was written; both in event time, and zero where there is none.
	Since, Changed time.Time

	findings findings
}

// Findings are the account's open findings, the most severe first; at most 64.
func (s *Standing) Findings() iter.Seq[Finding] { return s.findings.all() }

// reaches tells whether one finding has both, at least.
func (s *Standing) reaches(severity Severity, confidence int) bool {
	return s.Severity >= severity && s.Confidence >= confidence ||
		s.findings.reaches(severity, confidence)
}

// Freshness is how old the knowledge behind an answer may be.
type Freshness uint8

// How old the knowledge behind an answer may be.
const (
	// NeverRead says that the topic has not been read to its end since the start. What was read by
	// then may have been taken back by a later record, so no standing is given.
	NeverRead Freshness = iota
	// Stale says that the topic could not be read to its end for Options.StaleAfter. The standing
	// is the last that was read.
	Stale
	// Fresh says that the topic is being read. A topic on which nothing is written is fresh as long
	// as Kafka answers.
	Fresh
)

// String is the freshness in words.
func (f Freshness) String() string {
	switch f {
	case Fresh:
		return "fresh"
	case Stale:
		return "stale"
	case NeverRead:
		return "never read"
	}
	return "freshness " + strconv.Itoa(int(f))
}

// Answer is what is known about an account, and how old that may be.
type Answer struct {
	Standing
	Freshness Freshness
}

// Stale tells whether the answer rests on knowledge that may be old, or on none.
func (a *Answer) Stale() bool { return a.Freshness != Fresh }

// timeOf makes a time of Unix milliseconds; 0 is none.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
