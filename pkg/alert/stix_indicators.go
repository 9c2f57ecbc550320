package alert

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// rareAlone is the share of everybody up to which a value is a sign by itself: beyond it, a
// receiver's watch list would find it too broad. A commoner client is exported together with its
// parameters only.
const rareAlone = 0.01

// indicators exports the shared values as what a receiver can look for. The client software and the
// request parameters belong together: each may be popular, and the two are one program.
func (x *stixExport) indicators(owner, producer, campaignID string) {
	var stacks, params []*campaign.SharedAttribute
	for i := range x.f.Shared {
		s := &x.f.Shared[i]
		if !shareable(s, x.f.Members) || stixTerm(s) == "" {
			continue
		}
		switch s.Attribute {
		case attribute.Stack.String():
			stacks = append(stacks, s)
		case attribute.Params.String():
			params = append(params, s)
		}
	}
	for i := range x.f.Shared {
		if s := &x.f.Shared[i]; shareable(s, x.f.Members) && s.Baseline <= rareAlone {
			x.indicator(owner, producer, campaignID, s)
		}
	}
	for _, s := range stacks {
		for _, p := range params {
			x.indicator(owner, producer, campaignID, s, p)
		}
	}
}

// indicator exports values that the campaign's accounts show, together where there are several.
func (x *stixExport) indicator(
	owner, producer, campaignID string, values ...*campaign.SharedAttribute,
) {
	var terms, names, members, everybody []string
	for _, s := range values {
		term := stixTerm(s)
		if term == "" {
			return
		}
		terms, names = append(terms, term), append(names, s.Attribute)
		members, everybody = append(members, share(s.Share)), append(everybody, share(s.Baseline))
	}
	first, _ := x.seen()
	pattern := "[" + strings.Join(terms, " AND ") + "]"
	it := "it"
	if len(values) > 1 {
		it = "them"
	}
	o := x.own(stixObject{
		Type: "indicator", ID: stixID("indicator", owner, pattern),
		Name:           "Shared " + strings.Join(names, " and "),
		IndicatorTypes: []string{"anomalous-activity"},
		Description: fmt.Sprintf("%s of the campaign's accounts show %s, and %s of all accounts.",
			strings.Join(members, " and "), it, strings.Join(everybody, " and ")),
		Pattern: pattern, PatternType: "stix", ValidFrom: first,
	}, producer)
	for i := range x.objects {
		if x.objects[i].ID == o.ID {
			return
		}
	}
	x.add(o)
	x.relate(owner, producer, o.ID, "indicates", campaignID)
}

// stixTerm writes what a shared value looks like, in STIX's words where it has some and else in
// those that pkg/watchlist reads; empty when it looks like nothing.
func stixTerm(s *campaign.SharedAttribute) string {
	value := sentence(s.Value, maxText)
	switch s.Attribute {
	case attribute.Network.String():
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			return ""
		}
		kind := "ipv4-addr"
		if prefix.Addr().Is6() {
			kind = "ipv6-addr"
		}
		return fmt.Sprintf("%s:value ISSUBSET '%s'", kind, prefix.Masked())
	case attribute.ASN.String():
		number, isASN := strings.CutPrefix(value, "AS")
		if !isASN || strings.Trim(number, "0123456789") != "" || number == "" {
			return ""
		}
		return "autonomous-system:number = " + number
	case attribute.Params.String():
		return watchlist.Account + ":parameters = '" + stixEscape(value) + "'"
	case attribute.Stack.String():
		var terms []string
		agent, ja4 := watchlist.Client(value)
		if agent != "" {
			terms = append(
				terms,
				"network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' MATCHES '"+
					stixEscape(agentPattern(agent))+"'",
			)
		}
		if ja4 != "" {
			terms = append(terms, watchlist.Account+":ja4 = '"+ja4+"'")
		}
		return strings.Join(terms, " AND ")
	default:
		return ""
	}
}

// agentPattern is a regular expression for a user agent in the form that profiles keep: in lower
// case, with "#" for an installation's id and an ellipsis where it was cut.
func agentPattern(agent string) string {
	agent, isCut := strings.CutSuffix(agent, "…")
	quoted := strings.ReplaceAll(regexp.QuoteMeta(agent), "#", "[0-9a-f-]{16,}")
	if isCut {
		return "(?i)^" + quoted
	}
	return "(?i)^" + quoted + "$"
}

func stixEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)
}
