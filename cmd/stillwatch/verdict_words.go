package main

import (
	"fmt"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// namedAccounts is how many accounts of a scope are named in words.
const namedAccounts = 3

// sentenceOf says in words what a verdict is.
func sentenceOf(v *review.Verdict) string {
	what := scopeOf(&v.Scope)
	if v.Action == review.Revoke {
		what = "verdict " + v.Revokes
	}
	out := fmt.Sprintf("%s %s, by %s, %s", v.Action, what, v.Author, stamp(v.Time))
	if v.Expires != 0 {
		out += ", until " + stamp(v.Expires)
	}
	if v.Tenant != "default" {
		out += ", tenant " + v.Tenant
	}
	return out
}

// scopeOf says in words what a verdict is about.
func scopeOf(s *review.Scope) string {
	switch {
	case s.Finding != "":
		return "finding " + s.Finding
	case s.Campaign != "":
		return "campaign " + s.Campaign
	case s.Organisation != "":
		return "organisation " + s.Organisation
	case s.Client != "":
		return "client " + s.Client
	case len(s.Template) > 0:
		return fmt.Sprintf("the prompt template of %d phrases from %s",
			len(s.Template), s.Template[0])
	}
	named := strings.Join(s.Accounts[:min(len(s.Accounts), namedAccounts)], ", ")
	switch more := len(s.Accounts) - namedAccounts; {
	case len(s.Accounts) == 1:
		return "account " + named
	case more > 0:
		return fmt.Sprintf("accounts %s and %d more", named, more)
	default:
		return "accounts " + named
	}
}

// outcome says in words what became of a verdict.
func outcome(
	v *review.Verdict, entries []review.Entry, history *review.History,
) (lines []string) {
	applied := false
	for i := range entries {
		e := &entries[i]
		at := stamp(e.Time)
		switch e.Event {
		case review.Given:
			if v.Action == review.Revoke {
				lines = append(lines, revoked(v, history))
			}
		case review.Applied:
			applied = true
			lines = append(lines, fmt.Sprintf("applied to finding %s of campaign %s (%s), %s",
				e.Finding, e.Campaign, accountsOf(e.Members), at))
		case review.Unknown:
			lines = append(lines, "unknown: "+e.Detail)
		case review.Changed:
			lines = append(lines, fmt.Sprintf(
				"counts no longer for finding %s since %s: %s", e.Finding, at, e.Detail,
			))
		case review.Expired:
			lines = append(lines, "expired, "+at)
		case review.Revoked:
			lines = append(lines, e.Detail+", "+at)
		default:
			lines = append(lines, fmt.Sprintf("%s %s, %s", e.Event, e.Detail, at))
		}
	}
	if len(entries) == 1 && entries[0].Event == review.Given && !applied &&
		v.Action != review.Revoke {
		lines = append(lines, "taken in; no open finding is covered by it now")
	}
	return lines
}

// revoked says what a Revoke has ended.
func revoked(v *review.Verdict, history *review.History) string {
	past := history.Find(v.Tenant, v.Revokes)
	if past == nil {
		return "ended verdict " + v.Revokes
	}
	return "ended " + sentenceOf(&past.Verdict)
}

func accountsOf(n int) string {
	if n == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", n)
}
