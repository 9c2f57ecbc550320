// Package review is what analysts say of findings: verdicts, what each is about, and which of them
// are in force. It knows no campaign and does nothing by itself; pkg/campaign asks it.
//
// It is pure: verdicts come as records, and the time with them.
package review

import "slices"

// Action is what a verdict says.
type Action string

// The actions.
const (
	// Confirm says that the finding is right: its accounts do harvest together.
	Confirm Action = "confirm"
	// Dismiss says that the finding is wrong: its accounts are let go, and it is not opened again
	// before the group has changed.
	Dismiss Action = "dismiss"
	// Allow says that the group may do what it does: it is measured and reported, and does not
	// alert before it has changed.
	Allow Action = "allow"
	// Reopen takes back what verdicts have made of a finding, and nothing else that they cover.
	Reopen Action = "reopen"
	// Revoke ends another verdict.
	Revoke Action = "revoke"
)

// Actions lists all of them.
func Actions() []string {
	return []string{
		string(Confirm), string(Dismiss), string(Allow), string(Reopen), string(Revoke),
	}
}

// Verdict is what an analyst said, once. Times are Unix milliseconds.
type Verdict struct {
	// ID is its identity: a record that comes again counts once.
	ID     string
	Tenant string
	Action Action
	// Scope is what it is about; nothing for Revoke.
	Scope Scope
	// Author and Reason are who gave it and why, for those who come later.
	Author, Reason string
	// Time is when it was given, Expires when it ends, 0 for never.
	Time, Expires int64
	// Revokes is the ID of the verdict that a Revoke ends.
	Revokes string
}

// Scope is what a verdict is about: exactly one of its fields is set.
type Scope struct {
	// Finding is a finding's UID, Campaign the identity that its findings have in common.
	Finding  string `json:"finding,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	// Accounts are names of accounts.
	Accounts []string `json:"accounts,omitempty"`
	// Organisation is the billing account that accounts belong to.
	Organisation string `json:"organisation,omitempty"`
	// Client is the client software as findings show it, in any case.
	Client string `json:"client,omitempty"`
	// Template names a prompt template by the sampled phrases that findings show, each 16 hex
	// digits.
	Template []string `json:"template,omitempty"`
}

// One says that the scope is one finding or one campaign, not whoever shows something.
func (s *Scope) One() bool { return s.Finding != "" || s.Campaign != "" }

// Account is what a scope asks of an account.
type Account interface {
	Name() string
	Organisation() string
	// Uses says whether the account's client software is this, in any case.
	Uses(client string) bool
	// Carries says whether a phrase recurs in the account's prompts.
	Carries(phrase uint64) bool
}

// templateShare is the share of the named phrases that an account has to carry: a text is sampled,
// and an account that has sent little shows a part of it.
const templateShare = 0.5

// Covers says whether an account shows what the scope names. One finding or campaign covers nobody
// by itself: who is a member is not the scope's to know.
func (s *Scope) Covers(a Account) bool {
	switch {
	case len(s.Accounts) > 0:
		return slices.Contains(s.Accounts, a.Name())
	case s.Organisation != "":
		return a.Organisation() == s.Organisation
	case s.Client != "":
		return a.Uses(s.Client)
	case len(s.Template) > 0:
		carried := 0
		for _, text := range s.Template {
			if h, ok := phrase(text); ok && a.Carries(h) {
				carried++
			}
		}
		return float64(carried) >= templateShare*float64(len(s.Template))
	default:
		return false
	}
}
