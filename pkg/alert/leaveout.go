package alert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// omission is something that findings can do without, for a deployment that may not send it.
type omission struct {
	name string
	// attributes are those whose values are left out of what members share.
	attributes []attribute.Attribute
	// drop takes it out of the description of a member.
	drop func(m *campaign.Member)
}

// omissions lists what Options.LeaveOut may name. Every attribute that comes with requests is in
// one of them but those that are about the request and not about who sent it.
func omissions() []omission {
	return []omission{
		{"accounts", nil, func(m *campaign.Member) { m.Account = "" }},
		{
			"organisations",
			[]attribute.Attribute{attribute.Contract},
			func(m *campaign.Member) { m.Org = "" },
		},
		{"request_ids", nil, func(m *campaign.Member) { m.Lead.Requests = nil }},
		{
			"networks",
			[]attribute.Attribute{attribute.Network, attribute.ASN},
			func(m *campaign.Member) {
				m.Lead.Networks, m.Lead.Systems, m.Lead.Sources = nil, nil, 0
			},
		},
		{
			"clients",
			[]attribute.Attribute{attribute.Stack},
			func(m *campaign.Member) { m.Stack, m.Lead.UserAgent, m.Lead.JA4 = "", "", "" },
		},
		{
			"devices",
			[]attribute.Attribute{attribute.Device},
			func(m *campaign.Member) { m.Lead.Devices = nil },
		},
		{
			"payments",
			[]attribute.Attribute{attribute.Payment, attribute.Issuer},
			func(m *campaign.Member) { m.Lead.Payments, m.Lead.Issuers = nil, nil },
		},
		{
			"sign_up",
			[]attribute.Attribute{attribute.SignupDay},
			func(m *campaign.Member) { m.Lead.Created = 0 },
		},
		{
			"email_domains",
			[]attribute.Attribute{attribute.Domain},
			func(*campaign.Member) {},
		},
	}
}

// checkLeaveOut reports the first name that there is not.
func checkLeaveOut(names []string) error {
	var known []string
	for _, o := range omissions() {
		known = append(known, o.name)
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%q is none of %s", name, strings.Join(known, ", "))
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%q is given twice", name)
		}
	}
	return nil
}

// without is the finding without what is to be left out. Records and texts are made of it, so that
// nothing which is derived has it either. The finding stays as it is.
func without(f *campaign.Finding, names []string) *campaign.Finding {
	if len(names) == 0 {
		return f
	}
	out := *f
	out.Sample, out.Shared = slices.Clone(f.Sample), slices.Clone(f.Shared)
	for _, o := range omissions() {
		if !slices.Contains(names, o.name) {
			continue
		}
		for i := range out.Sample {
			o.drop(&out.Sample[i])
		}
		out.Shared = slices.DeleteFunc(out.Shared, func(s campaign.SharedAttribute) bool {
			return slices.ContainsFunc(o.attributes, func(a attribute.Attribute) bool {
				return a.String() == s.Attribute
			})
		})
	}
	return &out
}
