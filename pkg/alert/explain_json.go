package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// ExplanationJSON writes an explanation as an indented JSON document (docs/explain.md). It can be
// printed in a terminal: what could act on one is escaped, and reads as the same value.
func ExplanationJSON(x *campaign.Explanation) ([]byte, error) { return readable(x) }

// listed is a finding in the list of findings.
type listed struct {
	UID          string        `json:"uid"`
	Campaign     string        `json:"campaign"`
	Tenant       string        `json:"tenant"`
	Kind         campaign.Kind `json:"kind"`
	Title        string        `json:"title"`
	Summary      string        `json:"summary"`
	SeverityID   int           `json:"severity_id"`
	Severity     string        `json:"severity"`
	Confidence   int           `json:"confidence"`
	Risk         int           `json:"risk_score"`
	Closed       bool          `json:"closed"`
	CloseReason  string        `json:"close_reason,omitempty"`
	Muted        bool          `json:"muted"`
	Shadow       bool          `json:"shadow,omitempty"`
	Review       *listedReview `json:"review,omitempty"`
	Members      int           `json:"members"`
	Requests     int64         `json:"requests"`
	Coordination float64       `json:"coordination_bits"`
	Harvest      float64       `json:"harvest_bits"`
	Opened       int64         `json:"opened"`
	Modified     int64         `json:"modified"`
	FirstSeen    int64         `json:"first_seen"`
	LastSeen     int64         `json:"last_seen"`
	Related      []string      `json:"related,omitempty"`
}

// listedReview is the verdict that counts for a finding.
type listedReview struct {
	Verdict string `json:"verdict"`
	Action  string `json:"action"`
	Author  string `json:"author"`
	Reason  string `json:"reason"`
}

// FindingsJSON writes findings as an indented JSON array (docs/explain.md), in their order. What
// could act on a terminal is escaped.
func FindingsJSON(list []*campaign.Finding) ([]byte, error) {
	out := make([]listed, 0, len(list))
	for _, f := range list {
		severity := severityID(f.Severity)
		l := listed{
			UID: f.UID, Campaign: f.Campaign, Tenant: tenantOf(f.Tenant), Kind: f.Kind,
			Title: f.Title, Summary: f.Summary, SeverityID: severity,
			Severity: severities()[severity], Confidence: percent(f.Confidence), Risk: Risk(f),
			Closed: f.Activity == campaign.Close, CloseReason: f.CloseReason, Muted: f.Muted,
			Shadow: f.Shadow != nil, Members: f.Members, Requests: f.Requests,
			Coordination: bits(f.Coordination), Harvest: bits(f.Harvest), Opened: f.Created,
			Modified: f.Modified, FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Related: f.Related,
		}
		if r := f.Review; r != nil {
			l.Review = &listedReview{r.Verdict, string(r.Action), r.Author, r.Reason}
		}
		out = append(out, l)
	}
	return readable(out)
}

// Risk orders findings for triage, as risk_score in their records does.
func Risk(f *campaign.Finding) int {
	return riskScore(severityID(f.Severity), percent(f.Confidence))
}

// readable writes indented JSON in which control characters, and those that reorder text or are
// private to a font, are escaped.
func readable(v any) ([]byte, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var b bytes.Buffer
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == '\n' || !isUnsafe(r):
			b.Write(raw[:n])
		case r > maxUnit:
			const surrogates, half, high, low = 0x10000, 0x400, 0xd800, 0xdc00
			r -= surrogates
			fmt.Fprintf(&b, `\u%04x\u%04x`, high+r/half, low+r%half)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		raw = raw[n:]
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// maxUnit is the largest code point of one UTF-16 unit.
const maxUnit = 0xffff
