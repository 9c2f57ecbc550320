package evaluate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// Outcome is what was found in one random world. It is kept as a line of JSON.
type Outcome struct {
	Name  string `json:"name"`
	Index int    `json:"index"`
	// Program and Options tell results of other programs and configurations apart.
	Program string  `json:"program"`
	Options string  `json:"options"`
	Days    float64 `json:"days"`
	// Honest counts the honest accounts, Named those that were named at severity Medium or more,
	// Wrong the honest ones among them.
	Honest int `json:"honest"`
	Named  int `json:"named"`
	Wrong  int `json:"wrong"`

	Campaigns []CampaignOutcome `json:"campaigns,omitempty"`
	Crowds    []CrowdOutcome    `json:"crowds"`
	False     []FalseOutcome    `json:"false,omitempty"`
	// Near are the honest groups that came near a threshold; nil in results of a program that did
	// not keep them.
	Near []NearGroup `json:"near"`
}

// Wanting says that a finding was false or a campaign was not found.
func (o *Outcome) Wanting() bool {
	missed := func(c CampaignOutcome) bool { return !c.Found }
	return len(o.False) > 0 || slices.ContainsFunc(o.Campaigns, missed)
}

// CampaignOutcome is how one campaign fared.
type CampaignOutcome struct {
	ID       string         `json:"id"`
	Kind     string         `json:"kind"`
	Tactics  []string       `json:"tactics"`
	Cost     *simulate.Cost `json:"cost"`
	Accounts int            `json:"accounts"`
	Found    bool           `json:"found"`
	// Hours is from the first harvest to the finding, Leaked the share of the harvest before it,
	// HalfLeaked that before half of the accounts were named.
	Hours      float64 `json:"hours"`
	Leaked     float64 `json:"leaked"`
	HalfLeaked float64 `json:"half_leaked"`
	Recall     float64 `json:"recall"`
	// Low is the share of its accounts that are told of as one customer at severity Low alone.
	Low float64 `json:"low,omitempty"`
	// Members and Own count the accounts that the findings about it name, and its own among them.
	Members int `json:"members"`
	Own     int `json:"own"`
}

// CrowdOutcome is how one benign group fared.
type CrowdOutcome struct {
	ID         string   `json:"id"`
	Mechanisms []string `json:"mechanisms,omitempty"`
	Accounts   int      `json:"accounts"`
	False      int      `json:"false"`
	Wrong      int      `json:"wrong"`
}

// FalseOutcome is one false finding.
type FalseOutcome struct {
	Group      string   `json:"group"`
	Mechanisms []string `json:"mechanisms,omitempty"`
	Members    int      `json:"members"`
	Severity   int      `json:"severity"`
	Message    string   `json:"message"`
	// Evidence is that of the record with which it first reached severity Medium.
	Evidence []Bits `json:"evidence"`
}

// Bits is what one detector said.
type Bits struct {
	Detector string  `json:"detector"`
	Axis     string  `json:"axis"`
	Bits     float64 `json:"bits"`
}

// Told collects what a run reports: the findings' evidence and whom they name.
type Told struct {
	alarms  map[string]*alarm
	members map[string]map[string]bool
}

type alarm struct {
	severity int
	message  string
	evidence []Bits
}

// NewTold makes a collector.
func NewTold() *Told {
	return &Told{alarms: map[string]*alarm{}, members: map[string]map[string]bool{}}
}

// Alerts takes the findings, one record a call; Accounts takes the accounts' records.
func (t *Told) Alerts() Lines { return t.alert }

// Accounts takes the accounts' records.
func (t *Told) Accounts() Lines { return t.account }

// Lines is a writer that gets one record a call.
type Lines func(line []byte) error

// Write hands a record on.
func (f Lines) Write(p []byte) (int, error) { return len(p), f(p) }

// Close does nothing.
func (Lines) Close() error { return nil }

func (t *Told) alert(line []byte) error {
	var a struct {
		Severity int    `json:"severity_id"`
		Message  string `json:"message"`
		Finding  struct {
			UID    string `json:"uid"`
			Traits []struct {
				Name, Category, Type string
				Values               []json.Number
			} `json:"traits"`
		} `json:"finding_info"`
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return fmt.Errorf("read a finding: %w", err)
	}
	if a.Severity < int(campaign.Medium) {
		return nil
	}
	if known := t.alarms[a.Finding.UID]; known != nil {
		known.severity = max(known.severity, a.Severity)
		return nil
	}
	f := &alarm{severity: a.Severity, message: a.Message}
	for _, trait := range a.Finding.Traits {
		if trait.Type != "bits" || len(trait.Values) == 0 {
			continue
		}
		bits, err := trait.Values[0].Float64()
		if err != nil {
			return fmt.Errorf("read the bits of %s: %w", trait.Name, err)
		}
		f.evidence = append(
			f.evidence, Bits{Detector: trait.Name, Axis: trait.Category, Bits: bits},
		)
	}
	t.alarms[a.Finding.UID] = f
	return nil
}

func (t *Told) account(line []byte) error {
	var a struct {
		Account  string `json:"account"`
		Findings []struct {
			UID      string `json:"uid"`
			Severity int    `json:"severity_id"`
		} `json:"findings"`
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return fmt.Errorf("read an account record: %w", err)
	}
	for _, f := range a.Findings {
		if f.Severity < int(campaign.Medium) {
			continue
		}
		if t.members[f.UID] == nil {
			t.members[f.UID] = map[string]bool{}
		}
		t.members[f.UID][a.Account] = true
	}
	return nil
}

// Sum compares what was reported in a random world with its truth.
func Sum(truth *simulate.Truth, res *backtest.Result, told *Told) Outcome {
	out := Outcome{Name: truth.Corpus, Days: truth.Days, Named: res.Named, Wrong: res.Wrong}
	mechanisms := map[string][]string{}
	for _, g := range truth.BenignGroups {
		mechanisms[g.ID] = g.Mechanisms
		out.Honest += len(g.Accounts)
	}
	for _, c := range res.Crowds {
		out.Crowds = append(
			out.Crowds,
			CrowdOutcome{
				ID: c.ID, Mechanisms: mechanisms[c.ID], Accounts: c.Accounts, False: c.False,
				Wrong: c.Wrong,
			},
		)
	}
	for _, f := range res.False {
		a := told.alarms[f.UID]
		if a == nil {
			a = &alarm{message: f.Message}
		}
		out.False = append(out.False, FalseOutcome{
			Group: f.Group, Mechanisms: mechanisms[f.Group], Members: f.Members,
			Severity: a.severity, Message: a.message, Evidence: a.evidence,
		})
	}
	own := map[string]string{}
	for _, c := range truth.Campaigns {
		for _, account := range c.Accounts {
			own[account] = c.ID
		}
	}
	members, hits := told.precision(own)
	for i, c := range truth.Campaigns {
		r := res.Campaigns[i]
		out.Campaigns = append(out.Campaigns, CampaignOutcome{
			ID: c.ID, Kind: c.Kind, Tactics: c.Tactics, Cost: c.Cost, Accounts: r.Accounts,
			Found: r.Found, Hours: r.Hours, Leaked: r.Leaked, HalfLeaked: r.HalfLeaked,
			Recall: r.Recall, Low: r.Low, Members: members[c.ID], Own: hits[c.ID],
		})
	}
	return out
}

// precision counts, for each campaign, the accounts that findings about it name, and those of them
// that are its own. A finding is about the campaign that most of its labelled members belong to.
func (t *Told) precision(own map[string]string) (members, hits map[string]int) {
	members, hits = map[string]int{}, map[string]int{}
	named := map[string]map[string]bool{}
	for _, accounts := range t.members {
		of := map[string]int{}
		for a := range accounts {
			if id := own[a]; id != "" {
				of[id]++
			}
		}
		ids := make([]string, 0, len(of))
		for id := range of {
			ids = append(ids, id)
		}
		if len(ids) == 0 {
			continue
		}
		id := slices.MaxFunc(
			ids,
			func(a, b string) int { return cmp.Or(cmp.Compare(of[a], of[b]), cmp.Compare(b, a)) },
		)
		if named[id] == nil {
			named[id] = map[string]bool{}
		}
		for a := range accounts {
			named[id][a] = true
		}
	}
	for id, accounts := range named {
		members[id] = len(accounts)
		for a := range accounts {
			if own[a] == id {
				hits[id]++
			}
		}
	}
	return members, hits
}
