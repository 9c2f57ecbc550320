package alert_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// secrets are the values of a finding by the name under which they are left out.
type secrets map[string][]string

// revealing is a finding in which every value that can be left out is a word of its own.
func revealing(members, each int) (*campaign.Finding, secrets) {
	f, all, n := pool(), secrets{}, 0
	f.Sample, f.Shared = nil, nil
	word := func(of, format string) string {
		n++
		w := fmt.Sprintf(format, 100_000+n)
		all[of] = append(all[of], w)
		return w
	}
	values := func(of, format string) (list []campaign.ValueShare) {
		for range each {
			list = append(list, campaign.ValueShare{Value: word(of, format), Share: 0.5})
		}
		return list
	}
	for i := range members {
		m := campaign.Member{
			Account: word("accounts", "acct%d"), Org: word("organisations", "org%d"), Requests: 9,
			Stack: word("clients", "stack%d"), FirstSeen: opened, LastSeen: opened,
			Lead: campaign.Lead{
				Created: 1_000_000_000_000 + int64(i), Sources: uint32(777_000 + i),
				UserAgent: word("clients", "Agent/%d"), JA4: word("clients", "ja4%d"),
				Networks: values("networks", "2001:db8:%d::/48"),
				Systems:  values("networks", "AS%d"),
				Payments: values("payments", "payment:%d"), Issuers: values("payments", "issuer:%d"),
				Devices: values("devices", "device:%d"),
			},
		}
		all["sign_up"] = append(all["sign_up"], fmt.Sprint(m.Lead.Created), "signed up")
		all["networks"] = append(all["networks"], fmt.Sprint(m.Lead.Sources))
		for range each {
			m.Lead.Requests = append(m.Lead.Requests, campaign.Exemplar{
				ID: word("request_ids", "req%d"), Time: opened, Carried: campaign.CarriedShared,
			})
		}
		f.Sample = append(f.Sample, m)
	}
	for a, of := range map[attribute.Attribute]string{
		attribute.Payment: "payments", attribute.Issuer: "payments", attribute.Device: "devices",
		attribute.Stack: "clients", attribute.Network: "networks", attribute.ASN: "networks",
		attribute.Domain: "email_domains", attribute.Contract: "organisations",
		attribute.SignupDay: "sign_up",
	} {
		f.Shared = append(f.Shared, campaign.SharedAttribute{
			Attribute: a.String(), Value: word(of, "value%d"), Share: 0.5, Baseline: 0.01, Members: 2,
		})
	}
	return f, all
}

func TestWhatIsLeftOutIsNowhereInTheRecord(t *testing.T) {
	_, all := revealing(1, 1)
	names := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(t *rapid.T) {
		f, all := revealing(rapid.IntRange(1, 12).Draw(t, "members"), rapid.IntRange(1, 4).Draw(t, "each"))
		f.Activity = campaign.Activity(rapid.IntRange(1, 3).Draw(t, "activity"))
		o := alert.DefaultOptions()
		o.LeaveOut = rapid.SliceOfNDistinct(
			rapid.SampledFrom(names), 0, len(names), rapid.ID[string],
		).Draw(t, "left out")
		e, err := alert.New(o)
		require.NoError(t, err)
		r, err := e.Finding(f)
		require.NoError(t, err)
		require.NoError(t, validate(t, r.Value))
		shown, err := alert.Parse(r.Value)
		require.NoError(t, err)
		said := string(r.Value) + alert.Text(shown, alert.TextOptions{})
		for _, h := range r.Headers {
			said += string(h.Value)
		}
		for name, values := range all {
			for i, value := range values {
				switch {
				case slices.Contains(o.LeaveOut, name):
					require.NotContains(t, said, value, "%s is left out", name)
				case strings.HasPrefix(value, "stack"):
					// It is in the record in the form in which the client sent it.
				case i == 0:
					require.Contains(t, said, value, "%s is not left out", name)
				}
			}
		}
		again, _ := revealing(len(f.Sample), len(f.Sample[0].Lead.Requests))
		require.Equal(t, again.Sample, f.Sample, "the finding stays as it is")
	})
}

func TestEveryAttributeOfWhoSentARequestCanBeLeftOut(t *testing.T) {
	about := []attribute.Attribute{
		// Of the request, or of the provider's own list of words.
		attribute.Params, attribute.Tools, attribute.Model, attribute.Seed, attribute.Purpose,
		attribute.FirstDay,
	}
	_, all := revealing(1, 1)
	o := alert.DefaultOptions()
	o.LeaveOut = slices.Sorted(maps.Keys(all))
	e, err := alert.New(o)
	require.NoError(t, err)
	f := pool()
	f.Shared = nil
	for a := range attribute.Num {
		f.Shared = append(f.Shared, campaign.SharedAttribute{
			Attribute: a.String(), Value: "value", Share: 1,
		})
	}
	r, err := e.Finding(f)
	require.NoError(t, err)
	shown, err := alert.Parse(r.Value)
	require.NoError(t, err)
	var left []attribute.Attribute
	for a := range attribute.Num {
		if slices.ContainsFunc(shown.Shared, func(s campaign.SharedAttribute) bool {
			return s.Attribute == a.String()
		}) {
			left = append(left, a)
		}
	}
	require.Equal(t, about, left)
}

func TestWhatCannotBeLeftOutIsRefused(t *testing.T) {
	for _, names := range [][]string{{"payment"}, {""}, {"networks", "networks"}} {
		o := alert.DefaultOptions()
		o.LeaveOut = names
		require.ErrorContains(t, o.Validate(), "leave_out: ")
	}
}
