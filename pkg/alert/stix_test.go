package alert_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

func stixOptions() alert.STIXOptions {
	return alert.STIXOptions{Producer: "Example AI", PseudonymKey: []byte("0123456789abcdef")}
}

// objects decodes a bundle and checks what STIX 2.1 asks of every object: identifiers of its form,
// each once; references that resolve inside the bundle; times in order.
func objects(t require.TestingT, bundle []byte) []map[string]any {
	var b struct {
		Type    string           `json:"type"`
		ID      string           `json:"id"`
		Objects []map[string]any `json:"objects"`
	}
	require.NoError(t, json.Unmarshal(bundle, &b))
	require.Equal(t, "bundle", b.Type)
	id := regexp.MustCompile(
		`^[a-z][a-z0-9-]+[a-z0-9]--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
	)
	require.Regexp(t, id, b.ID)
	known := map[string]bool{}
	for _, o := range b.Objects {
		require.Regexp(t, id, o["id"])
		require.True(t, strings.HasPrefix(o["id"].(string), o["type"].(string)+"--"))
		require.Equal(t, "2.1", o["spec_version"])
		require.False(t, known[o["id"].(string)], "%s comes twice", o["id"])
		known[o["id"].(string)] = true
	}
	for _, o := range b.Objects {
		for name, v := range o {
			if strings.HasSuffix(name, "_ref") {
				require.True(t, known[v.(string)], "%s of %s", name, o["id"])
			}
			if strings.HasSuffix(name, "_refs") {
				for _, ref := range v.([]any) {
					require.True(t, known[ref.(string)], "%s of %s", name, o["id"])
				}
			}
		}
		for _, pair := range [][2]string{{"created", "modified"}, {"first_seen", "last_seen"}, {
			"first_observed", "last_observed",
		}} {
			if o[pair[0]] != nil && o[pair[1]] != nil {
				require.LessOrEqual(t, o[pair[0]].(string), o[pair[1]].(string))
			}
		}
	}
	return b.Objects
}

func ofType(objects []map[string]any, kind string) []map[string]any {
	var out []map[string]any
	for _, o := range objects {
		if o["type"] == kind {
			out = append(out, o)
		}
	}
	return out
}

func TestAnExportHoldsTheCampaignItsTechniquesAndIndicators(t *testing.T) {
	bundle, err := alert.STIX(pool(), stixOptions())
	require.NoError(t, err)
	all := objects(t, bundle)
	require.Len(t, ofType(all, "campaign"), 1)
	require.Len(t, ofType(all, "attack-pattern"), 4)
	require.Len(t, ofType(all, "user-account"), 3)
	require.Len(t, ofType(all, "observed-data"), 1)
	require.Len(t, ofType(all, "sighting"), 1)
	var patterns []string
	for _, o := range ofType(all, "indicator") {
		patterns = append(patterns, o["pattern"].(string))
	}
	const agent = `network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' MATCHES '(?i)^openai/python 1\\.99\\.1$'`
	require.Equal(t, []string{
		`[ipv4-addr:value ISSUBSET '203.0.113.0/24']`,
		`[` + agent + ` AND x-stillwatch-account:ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1' AND x-stillwatch-account:parameters = 'temperature=0.7 max_tokens=4096']`,
	}, patterns, "a popular client is a sign only with its parameters")
	var readable bytes.Buffer
	require.NoError(t, json.Indent(&readable, bundle, "", " "))
	golden(t, "stix.golden", append(readable.Bytes(), '\n'))
}

func TestAnExportNamesNobodyAndQuotesNothing(t *testing.T) {
	const secret = "zzsecretzz"
	f := pool()
	f.Title, f.Summary, f.NextStep, f.Tenant = secret, secret, secret, secret
	f.Models, f.Mitigating, f.Related = []string{secret}, []string{secret}, []string{secret}
	f.Evidence = append(f.Evidence, detectors.Evidence{
		Detector: secret, Bits: 5, Observed: secret, Expected: secret, Note: secret,
	})
	f.Families = append(f.Families, secret)
	for _, name := range []string{
		"payment", "issuer", "device", "tools", "e-mail domain", "model", "prompt template", secret,
	} {
		f.Shared = append(
			f.Shared, campaign.SharedAttribute{Attribute: name, Value: secret, Share: 1},
		)
	}
	// A client that everybody uses tells nothing.
	f.Shared = append(f.Shared, campaign.SharedAttribute{
		Attribute: "client stack", Value: secret, Share: 1, Baseline: 0.5,
	})
	f.Sample = append(f.Sample, campaign.Member{Account: secret, Org: secret, Stack: secret})
	for _, key := range [][]byte{nil, stixOptions().PseudonymKey} {
		o := stixOptions()
		o.PseudonymKey = key
		bundle, err := alert.STIX(f, o)
		require.NoError(t, err)
		require.NotContains(t, string(bundle), secret)
		require.NotContains(t, string(bundle), "acct_")
		require.Equal(t, key != nil, len(ofType(objects(t, bundle), "user-account")) > 0)
	}
}

func TestPseudonymsDependOnKeyAndTenant(t *testing.T) {
	user := func(f *campaign.Finding, o alert.STIXOptions) string {
		bundle, err := alert.STIX(f, o)
		require.NoError(t, err)
		return ofType(objects(t, bundle), "user-account")[0]["user_id"].(string)
	}
	first := user(pool(), stixOptions())
	require.Equal(t, first, user(pool(), stixOptions()))
	o := stixOptions()
	o.PseudonymKey = []byte("another key of 24 bytes.")
	require.NotEqual(t, first, user(pool(), o))
	f := pool()
	f.Tenant = "other"
	require.NotEqual(t, first, user(f, stixOptions()))
}

func TestALaterExportUpdatesTheObjectsInPlace(t *testing.T) {
	first, err := alert.STIX(pool(), stixOptions())
	require.NoError(t, err)
	f := pool()
	f.Sequence, f.Activity, f.Modified, f.CloseReason = 2, campaign.Close, f.Modified+1, "dismissed"
	second, err := alert.STIX(f, stixOptions())
	require.NoError(t, err)
	a, b := objects(t, first), objects(t, second)
	require.Len(t, b, len(a))
	for i := range a {
		require.Equal(t, a[i]["id"], b[i]["id"])
		require.Equal(t, a[i]["created"], b[i]["created"])
	}
	require.Nil(t, ofType(a, "campaign")[0]["revoked"])
	for _, kind := range []string{"campaign", "indicator", "relationship", "sighting"} {
		require.Equal(t, true, ofType(b, kind)[0]["revoked"], kind)
	}
}

func TestEveryObjectCarriesTheMarking(t *testing.T) {
	for level, name := range map[string]string{
		"": "TLP:AMBER", "clear": "TLP:WHITE", "green": "TLP:GREEN",
		"amber": "TLP:AMBER", "red": "TLP:RED",
	} {
		o := stixOptions()
		o.TLP = level
		bundle, err := alert.STIX(pool(), o)
		require.NoError(t, err)
		all := objects(t, bundle)
		require.Equal(t, name, all[0]["name"])
		for _, object := range all[1:] {
			require.Equal(t, []any{all[0]["id"]}, object["object_marking_refs"])
		}
	}
}

func TestPatternsStayInsideTheirQuotes(t *testing.T) {
	for value, want := range map[string]string{
		"x'] or [a\\":         `'(?i)^x\'\\] or \\[a\\\\$'`,
		"app/# (linux":        `'(?i)^app/[0-9a-f-]{16,} \\(linux$'`,
		"cut off…":            `'(?i)^cut off'`,
		"cut off ja4=t13d15…": `'(?i)^cut off$'`,
	} {
		f := pool()
		stack := campaign.SharedAttribute{Attribute: "client stack", Value: value, Share: 1}
		f.Shared = []campaign.SharedAttribute{
			stack, stack, {Attribute: "network", Value: "no prefix", Share: 1},
		}
		bundle, err := alert.STIX(f, stixOptions())
		require.NoError(t, err)
		indicators := ofType(objects(t, bundle), "indicator")
		require.Len(t, indicators, 1, "an indicator that repeats is listed once")
		require.True(
			t, strings.HasSuffix(indicators[0]["pattern"].(string), " MATCHES "+want+"]"),
			indicators[0]["pattern"],
		)
	}
	f := pool()
	f.Shared = []campaign.SharedAttribute{
		{Attribute: "network", Value: "2001:db8:1::5/48", Share: 1},
	}
	bundle, err := alert.STIX(f, stixOptions())
	require.NoError(t, err)
	require.Contains(t, string(bundle), "[ipv6-addr:value ISSUBSET '2001:db8:1::/48']")
}

func TestValuesThatArePopularAreExportedOnlyTogether(t *testing.T) {
	const tls = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	const agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' MATCHES "
	stack := campaign.SharedAttribute{
		Attribute: "client stack", Value: "app ja4=" + tls, Share: 1, Baseline: 0.03,
	}
	params := campaign.SharedAttribute{
		Attribute: "parameters", Value: "n=1", Share: 1, Baseline: 0.002,
	}
	asn := campaign.SharedAttribute{
		Attribute: attribute.ASN.String(), Value: "AS64500", Share: 1, Baseline: 0.002,
	}
	common := func(s campaign.SharedAttribute) campaign.SharedAttribute {
		s.Baseline = 0.04
		return s
	}
	for _, c := range []struct {
		shared []campaign.SharedAttribute
		want   []string
	}{
		{[]campaign.SharedAttribute{stack}, nil},
		{
			[]campaign.SharedAttribute{{Attribute: "client stack", Value: "ja4=" + tls, Share: 1}},
			[]string{"[x-stillwatch-account:ja4 = '" + tls + "']"},
		},
		{[]campaign.SharedAttribute{params}, []string{"[x-stillwatch-account:parameters = 'n=1']"}},
		{[]campaign.SharedAttribute{common(params)}, nil},
		{[]campaign.SharedAttribute{asn}, []string{"[autonomous-system:number = 64500]"}},
		{[]campaign.SharedAttribute{common(asn)}, nil},
		{[]campaign.SharedAttribute{stack, common(params)}, []string{
			"[" + agent + "'(?i)^app$' AND x-stillwatch-account:ja4 = '" + tls +
				"' AND x-stillwatch-account:parameters = 'n=1']",
		}},
	} {
		f := pool()
		f.Shared = c.shared
		bundle, err := alert.STIX(f, stixOptions())
		require.NoError(t, err)
		var got []string
		for _, o := range ofType(objects(t, bundle), "indicator") {
			got = append(got, o["pattern"].(string))
		}
		require.Equal(t, c.want, got)
	}
}

func TestWhatIsExportedCanBeWatchedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFinding(t)
		f.Activity = campaign.Update
		bundle, err := alert.STIX(f, stixOptions())
		require.NoError(t, err)
		list, err := watchlist.Parse(bundle)
		require.NoError(t, err)
		require.Empty(t, list.Skipped)
		require.Len(t, list.Indicators, len(ofType(objects(t, bundle), "indicator")))
		for i := range list.Indicators {
			require.Equal(t, "Example AI", list.Indicators[i].Producer)
			require.Contains(t, list.Indicators[i].Indicates, "campaign--")
		}
	})
}

func TestFindingsAreExportedTogetherWithTheNewestOfWhatTheyShare(t *testing.T) {
	other, closed := pool(), pool()
	other.UID, other.Campaign = "4b1c0f0e-1111-4222-8333-944455556666", "c-other"
	closed.Activity, closed.CloseReason, closed.Sequence, closed.Modified = campaign.Close,
		"dismissed", 3, closed.Modified+1
	bundle, err := alert.STIXOf([]*campaign.Finding{closed, other, pool()}, stixOptions())
	require.NoError(t, err)
	all := objects(t, bundle)
	require.Len(t, ofType(all, "identity"), 2)
	campaigns := ofType(all, "campaign")
	require.Len(t, campaigns, 2)
	require.ElementsMatch(
		t, []any{nil, true}, []any{campaigns[0]["revoked"], campaigns[1]["revoked"]},
	)
	_, err = alert.STIXOf(nil, stixOptions())
	require.ErrorContains(t, err, "needs a finding")
}

func TestAnExportThatCannotWorkIsAnError(t *testing.T) {
	o := stixOptions()
	o.TLP = "purple"
	_, err := alert.STIX(pool(), o)
	require.ErrorContains(t, err, `unknown TLP marking "purple"`)
	o = stixOptions()
	o.Producer = " \n"
	_, err = alert.STIX(pool(), o)
	require.ErrorContains(t, err, "producer")
	o = stixOptions()
	o.PseudonymKey = []byte("short")
	_, err = alert.STIX(pool(), o)
	require.ErrorContains(t, err, "at least 16")
	_, err = alert.STIX(&campaign.Finding{}, stixOptions())
	require.ErrorContains(t, err, "needs a UID")
}

func TestAnyFindingGivesABundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bundle, err := alert.STIX(anyFinding(t), stixOptions())
		require.NoError(t, err)
		objects(t, bundle)
	})
}
