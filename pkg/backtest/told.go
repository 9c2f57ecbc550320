package backtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// told follows what a run reports: its findings, and the accounts that they name.
type told struct {
	findings map[string]*finding
	order    []*finding
	// named holds when each account was first named in a finding of severity Medium or more.
	named map[string]int64
}

// finding is what was reported of one finding from its first record to its last.
type finding struct {
	uid, message string
	created      int64
	// severity is the highest so far, alarm when it first reached Medium, 0 when it never did.
	severity campaign.Severity
	alarm    int64
	// members are all accounts that it ever named.
	members map[string]naming
	changes []change
	// last is the last record as it came.
	last []byte
}

// naming is when an account was first named, and first at severity Medium or more (0 when it never
// was).
type naming struct{ first, alarm int64 }

// change is one record of a finding.
type change struct {
	time       int64
	activity   campaign.Activity
	severity   campaign.Severity
	confidence int
}

// alarming is the severity from which a finding counts as one: what is below asks nobody to act.
const alarming = campaign.Medium

func (t *told) write(out stage.Out) error {
	switch out.To {
	case stage.Alerts:
		return t.alert(out.Value)
	case stage.Accounts:
		return t.account(out.Value)
	default:
		return nil
	}
}

func (t *told) alert(value []byte) error {
	var a struct {
		Activity   campaign.Activity `json:"activity_id"`
		Severity   campaign.Severity `json:"severity_id"`
		Confidence int               `json:"confidence_score"`
		Message    string            `json:"message"`
		Finding    struct {
			UID      string `json:"uid"`
			Modified int64  `json:"modified_time"`
		} `json:"finding_info"`
	}
	if err := json.Unmarshal(value, &a); err != nil {
		return fmt.Errorf("judge: read alert: %w", err)
	}
	f := t.findings[a.Finding.UID]
	if f == nil {
		f = &finding{uid: a.Finding.UID, created: a.Finding.Modified, members: map[string]naming{}}
		t.findings[f.uid] = f
		t.order = append(t.order, f)
	}
	f.severity = max(f.severity, a.Severity)
	f.message = a.Message
	if a.Severity >= alarming && f.alarm == 0 {
		f.alarm = a.Finding.Modified
	}
	f.changes = append(f.changes, change{a.Finding.Modified, a.Activity, a.Severity, a.Confidence})
	f.last = bytes.Clone(value)
	return nil
}

func (t *told) account(value []byte) error {
	var a struct {
		Account  string `json:"account"`
		Time     int64  `json:"time"`
		Findings []struct {
			UID      string            `json:"uid"`
			Severity campaign.Severity `json:"severity_id"`
		} `json:"findings"`
	}
	if err := json.Unmarshal(value, &a); err != nil {
		return fmt.Errorf("judge: read account record: %w", err)
	}
	for _, ref := range a.Findings {
		at := int64(0)
		if ref.Severity >= alarming {
			at = a.Time
			if _, ok := t.named[a.Account]; !ok {
				t.named[a.Account] = at
			}
		}
		if f := t.findings[ref.UID]; f != nil {
			n := f.members[a.Account]
			f.members[a.Account] = naming{
				first: cmp.Or(n.first, a.Time), alarm: cmp.Or(n.alarm, at),
			}
		}
	}
	return nil
}
