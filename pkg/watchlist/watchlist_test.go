package watchlist_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

const ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"

// indicator is one object of a bundle; more are further properties.
func indicator(n int, pattern string, more ...string) string {
	quoted, _ := json.Marshal(pattern)
	return fmt.Sprintf(
		`{"type":"indicator","id":"indicator--%d","name":"sign %d","pattern_type":"stix","pattern":%s%s}`,
		n, n, quoted, strings.Join(append([]string{""}, more...), ","),
	)
}

func bundle(objects ...string) []byte {
	return []byte(
		`{"type":"bundle","id":"bundle--1","objects":[` + strings.Join(objects, ",") + `]}`,
	)
}

func parse(t *testing.T, objects ...string) *watchlist.List {
	t.Helper()
	l, err := watchlist.Parse(bundle(objects...))
	require.NoError(t, err)
	return l
}

func TestAPatternIsReadIntoAlternativesOfWhatAnAccountShows(t *testing.T) {
	const agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
	for _, c := range []struct{ pattern, want string }{
		{"[ipv4-addr:value = '203.0.113.7']", "[ipv4-addr:value ISSUBSET '203.0.113.0/24']"},
		{
			"[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
			"[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
		},
		{
			"[ipv4-addr:value ISSUBSET '198.51.100.128/28']",
			"[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
		},
		{"[ipv6-addr:value = '2001:db8:1:2::3']", "[ipv6-addr:value ISSUBSET '2001:db8:1::/48']"},
		{
			"[network-traffic:src_ref.value = '203.0.113.7']",
			"[ipv4-addr:value ISSUBSET '203.0.113.0/24']",
		},
		{"[autonomous-system:number = 64500]", "[autonomous-system:number = 64500]"},
		{
			"[autonomous-system:number IN (64500, 64501)]",
			"[autonomous-system:number = 64500] OR [autonomous-system:number = 64501]",
		},
		{
			"[domain-name:value = 'Mail.Example']",
			"[x-stillwatch-account:email_domain = 'mail.example']",
		},
		{
			"[email-addr:value LIKE '%@mail.example']",
			"[x-stillwatch-account:email_domain = 'mail.example']",
		},
		{"[" + agent + " = 'Harvest/2.1  (Linux)']", "[" + agent + " = 'harvest/2.1 (linux)']"},
		{
			"[network-traffic:extensions.'http-request-ext'.request_header.'user-agent'[0] LIKE 'harvest/%']",
			"[" + agent + " LIKE 'harvest/%']",
		},
		{"[" + agent + ` MATCHES '(?i)^it\'s$']`, "[" + agent + ` MATCHES '(?i)^it\'s$']`},
		{
			"[x-stillwatch-account:ja4 = '" + ja4 +
				"' AND x-stillwatch-account:parameters = 'temperature=0']",
			"[x-stillwatch-account:ja4 = '" + ja4 +
				"' AND x-stillwatch-account:parameters = 'temperature=0']",
		},
		{"[x-stillwatch-account:payment_fp = 'A b']", "[x-stillwatch-account:payment_fp = 'A b']"},
		{
			"[ipv4-addr:value='1.2.3.4' or autonomous-system:number=1 and domain-name:value='a.b']",
			"[ipv4-addr:value ISSUBSET '1.2.3.0/24'] OR [autonomous-system:number = 1 AND x-stillwatch-account:email_domain = 'a.b']",
		},
		{
			"[(ipv4-addr:value='1.2.3.4' OR autonomous-system:number=1) AND domain-name:value='a.b']",
			"[ipv4-addr:value ISSUBSET '1.2.3.0/24' AND x-stillwatch-account:email_domain = 'a.b'] OR [autonomous-system:number = 1 AND x-stillwatch-account:email_domain = 'a.b']",
		},
		{
			"([ipv4-addr:value='1.2.3.4'] OR [autonomous-system:number=1])",
			"[ipv4-addr:value ISSUBSET '1.2.3.0/24'] OR [autonomous-system:number = 1]",
		},
		{
			"[autonomous-system:number=1 AND autonomous-system:number=1]",
			"[autonomous-system:number = 1]",
		},
	} {
		p, err := watchlist.ParsePattern(c.pattern)
		require.NoError(t, err, c.pattern)
		require.Equal(t, c.want, p.Pattern.String())
		require.Empty(t, p.LeftOut, c.pattern)
		again, err := watchlist.ParsePattern(p.Pattern.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
	}
}

func TestAPatternThatIsNotUnderstoodSaysWhy(t *testing.T) {
	deep := strings.Repeat("(", 40)
	for pattern, why := range map[string]string{
		"":                             "ends where [ is expected",
		"ipv4-addr:value = '1.2.3.4'":  "where [ is expected",
		"[file:hashes.MD5 = 'x']":      "file:hashes.MD5 is nothing that is known of an account",
		"[ipv4-addr:value = '1.2.3.4'": "ends where ] is expected",
		"[ipv4-addr:value = '1.2.3.4]": "a string has no end",
		"[ipv4-addr:value = 'router']": "no address and no network",
		"[ipv4-addr:value ISSUBSET '::ffff:1.2.3.0/120']": "IPv6's clothes",
		"[ipv4-addr:value ISSUBSET '0.0.0.0/0']":          "whole address space",
		"[ipv4-addr:value != '1.2.3.4']":                  "operator != is not understood",
		"[ipv4-addr:value NOT = '1.2.3.4']":               "NOT = is not understood",
		"[NOT ipv4-addr:value = '1.2.3.4']":               "NOT is not understood",
		"[EXISTS ipv4-addr:value]":                        "EXISTS is not understood",

		"[ipv4-addr:value = '1.2.3.4'] AND [autonomous-system:number = 1]":        "AND between observations",
		"[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [autonomous-system:number = 1]": "FOLLOWEDBY between observations",

		"[ipv4-addr:value = '1.2.3.4'] REPEATS 3 TIMES": "REPEATS 3 TIMES is not compared",
		"[email-addr:value = 'a@b.example']":            "only the domain is kept",
		"[autonomous-system:number > 3]":                "operator > is not understood",
		"[autonomous-system:number = 1.5]":              "with its number only",
		"[autonomous-system:number = 0]":                "with its number only",
		"[x-stillwatch-account:device_id LIKE 'a%']":    "compared by = only",
		"[x-stillwatch-account:shoes = 'a']":            "nothing that is known",
		"[x-stillwatch-account:model MATCHES '(']":      "the expression is not understood",
		"[domain-name:value ISSUBSET 'a']":              "ISSUBSET is for networks",
		"[domain-name:value = '']":                      "compared with nothing",
		"[domain-name:value = 'a'; DROP]":               `";" is no part of a pattern`,
		"[domain-name:value IN 'a']":                    "where ( is expected",

		"[network-traffic:extensions.'http-request-ext'.request_header.'Accept' = 'a']": "the header Accept is not kept",

		"[" + deep + "domain-name:value = 'a']": "brackets inside each other",
	} {
		_, err := watchlist.ParsePattern(pattern)
		require.ErrorContains(t, err, why, pattern)
	}
}

func TestPatternsAreBoundedWhateverTheyMultiplyTo(t *testing.T) {
	or := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("domain-name:value='%d'", i))
		}
		return "(" + strings.Join(list, " OR ") + ")"
	}
	for _, pattern := range []string{
		"[" + or(1025) + "]",
		"[" + or(40) + " AND " + or(40) + "]",
		"[" + strings.Repeat(or(1)+" AND ", 1) +
			strings.ReplaceAll(strings.Trim(or(40), "()"), " OR ", " AND ") + "]",
		strings.Repeat(" ", 70_000),
	} {
		_, err := watchlist.ParsePattern(pattern)
		require.Error(t, err)
	}
}

func TestABundleTellsWhoSaysWhatOfWhom(t *testing.T) {
	l := parse(
		t, `{"type":"identity","id":"identity--1","name":"Example Provider"}`,
		`{"type":"campaign","id":"campaign--1","name":"Blue Heron"}`, indicator(
			1, "[autonomous-system:number = 64500]", `"created_by_ref":"identity--1"`,
			`"confidence":80`, `"valid_until":"2026-05-01T00:00:00Z"`,
		), indicator(2, "[domain-name:value = 'a.example']"),
		`{"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"campaign--1"}`,
	)
	require.Len(t, l.Indicators, 2)
	one, two := &l.Indicators[0], &l.Indicators[1]
	require.Equal(t, "sign 1 of Blue Heron (Example Provider)", one.Title())
	require.Equal(t, "campaign--1", one.Subject())
	require.Equal(t, 80, one.Confidence)
	require.False(t, one.Expired(1777593599999))
	require.True(t, one.Expired(1777593600000))
	require.Equal(t, "sign 2", two.Title())
	require.Equal(t, "indicator--2", two.Subject())
	require.Equal(t, -1, two.Confidence)
	require.False(t, two.Expired(1<<60))
}

func TestWhatCannotBeUsedIsNamedAndTheRestIsWatched(t *testing.T) {
	l := parse(
		t, indicator(1, "[file:name = 'x']"),
		`{"type":"indicator","id":"indicator--2","name":"rule","pattern_type":"sigma","pattern":"x"}`,
		`{"type":"indicator","id":"2","pattern_type":"stix","pattern":"x"}`,
		`{"type":"indicator","id":"indicator--3","confidence":"high"}`,
		indicator(4, "[domain-name:value = 'a.example']", `"valid_until":"tomorrow"`),
		indicator(5, "[domain-name:value = 'a.example']"), `7`,
	)
	require.Len(t, l.Indicators, 1)
	require.Equal(t, "indicator--5", l.Indicators[0].ID)
	require.Len(t, l.Skipped, 6)
	for _, s := range l.Skipped {
		require.NotEmpty(t, s.Reason)
	}
}

func TestABrokenFileIsAnErrorThatSaysWhatItShouldBe(t *testing.T) {
	for text, why := range map[string]string{
		"":                               "no JSON object",
		"[]":                             "no JSON object",
		"null":                           `type ""; want a STIX bundle`,
		`{"objects":[],"other":1}`:       `type ""; want a STIX bundle, a TAXII envelope`,
		"[1,":                            "no JSON object",
		"<stix:STIX_Package/>":           "STIX 1 is not read",
		`{"type":"indicator"}`:           `type "indicator"; want a STIX bundle`,
		`{"type":"bundle","objects":{}}`: "the bundle's objects",
		`{"type":"bundle","objects":[{]`: "no JSON object",
	} {
		_, err := watchlist.Parse([]byte(text))
		require.ErrorContains(t, err, why)
	}
}

func TestOfTwoVersionsTheNewerCountsAndWhatWasRevokedIsGoneForGood(t *testing.T) {
	old := parse(
		t, indicator(1, "[autonomous-system:number = 1]", `"modified":"2026-01-01T00:00:00.000Z"`),
	)
	newer := parse(
		t, indicator(1, "[autonomous-system:number = 2]", `"modified":"2026-02-01T00:00:00.000Z"`),
	)
	revoked := parse(t, indicator(
		1, "[autonomous-system:number = 1]",
		`"modified":"2026-01-15T00:00:00.000Z"`, `"revoked":true`,
	))
	require.Equal(t, []string{"indicator--1"}, revoked.Revoked)
	for _, lists := range [][]*watchlist.List{{old, newer}, {newer, old}} {
		l := watchlist.Merge(lists...)
		require.Len(t, l.Indicators, 1)
		require.Equal(t, "[autonomous-system:number = 2]", l.Indicators[0].Pattern.String())
		require.Empty(t, watchlist.Merge(append(lists, revoked)...).Indicators)
	}
}

// hits are the indicators that labels mean, each seen in 5 requests.
func hits(l *watchlist.List, labels map[attribute.Attribute]string) map[int]uint32 {
	requests := map[watchlist.TermID]uint32{}
	for f, label := range labels {
		for _, id := range l.Terms(f, label) {
			requests[id] += 5
		}
	}
	out := map[int]uint32{}
	l.Hits(requests, func(n int, requests uint32) { out[n] = requests })
	return out
}

func TestTermsMeanTheReadableFormsOfProfiles(t *testing.T) {
	const agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
	const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	cut := strings.ToLower(browser)[:97] + "…"
	for _, c := range []struct {
		pattern string
		of      attribute.Attribute
		label   string
		hit     bool
	}{
		{"[ipv4-addr:value = '203.0.113.7']", attribute.Network, "203.0.113.0/24", true},
		{"[ipv4-addr:value ISSUBSET '203.0.0.0/16']", attribute.Network, "203.0.113.0/24", true},
		{"[ipv4-addr:value ISSUBSET '203.1.0.0/16']", attribute.Network, "203.0.113.0/24", false},
		{"[ipv6-addr:value ISSUBSET '2001:db8::/32']", attribute.Network, "2001:db8:7::/48", true},
		{"[autonomous-system:number = 64500]", attribute.ASN, "AS64500", true},
		{"[autonomous-system:number = 64500]", attribute.ASN, "AS645001", false},
		{"[domain-name:value = 'Mail.example']", attribute.Domain, "mail.example", true},
		{"[" + agent + " = 'Harvest/2']", attribute.Stack, "harvest/2 ja4=" + ja4, true},
		{"[" + agent + " = 'Harvest/2']", attribute.Stack, "harvest/21 ja4=" + ja4, false},
		{"[" + agent + " = 'app 0123456789abcdef0']", attribute.Stack, "app #", true},
		{"[" + agent + " MATCHES '(?i)^app [0-9a-f-]{16,}$']", attribute.Stack, "app #", true},
		{"[" + agent + " LIKE 'harvest/%']", attribute.Stack, "harvest/21 ja4=" + ja4, true},
		{"[" + agent + " = '" + browser + "']", attribute.Stack, cut, true},
		{
			"[" + agent + " = 'Harvest/2 (a long one)']", attribute.Stack,
			"harvest/2 (a long one) ja4=t13d15…", true,
		},
		{"[" + agent + ` MATCHES '(?i)^mozilla/5\\.0 .*win64']`, attribute.Stack, cut, true},
		{"[x-stillwatch-account:stack = '" + cut + "']", attribute.Stack, cut, true},
		{
			"[x-stillwatch-account:ja4 = '" + ja4 + "']", attribute.Stack,
			"harvest/2 ja4=" + ja4, true,
		},
		{
			"[x-stillwatch-account:ja4 LIKE 't13d1516h2_%']", attribute.Stack,
			"harvest/2 ja4=" + ja4, true,
		},
		{
			"[x-stillwatch-account:parameters = 'temperature=0 n=1']", attribute.Params,
			"temperature=0 n=1", true,
		},
		{"[x-stillwatch-account:tools = 'Read, Write']", attribute.Tools, "Read, Write", true},
		{"[x-stillwatch-account:tools = 'Read, Wri…']", attribute.Tools, "Read, Write", true},
		{"[x-stillwatch-account:tools = 'Read, Wri…']", attribute.Tools, "Read", false},
		{"[x-stillwatch-account:model = 'gpt']", attribute.Model, "gpt", true},
		{"[x-stillwatch-account:model = 'gpt']", attribute.Tools, "gpt", false},
	} {
		l := parse(t, indicator(1, c.pattern))
		require.Empty(t, l.Skipped)
		got := hits(l, map[attribute.Attribute]string{c.of: c.label})
		require.Equal(t, c.hit, got[0] == 5, "%s on %s", c.pattern, c.label)
	}
}

func TestTermsThatStandTogetherCountAsOftenAsTheRarestOfThem(t *testing.T) {
	l := parse(t, indicator(
		1,
		"[domain-name:value = 'a' AND autonomous-system:number = 1] OR [x-stillwatch-account:model = 'm']",
	))
	domain := l.Terms(attribute.Domain, "a")
	asn := l.Terms(attribute.ASN, "AS1")
	model := l.Terms(attribute.Model, "m")
	for _, c := range []struct {
		domain, asn, model, want uint32
	}{{9, 0, 0, 0}, {9, 4, 0, 4}, {9, 4, 6, 6}, {0, 0, 2, 2}} {
		requests := map[watchlist.TermID]uint32{
			domain[0]: c.domain, asn[0]: c.asn, model[0]: c.model,
		}
		got := uint32(0)
		l.Hits(requests, func(_ int, n uint32) { got = n })
		require.Equal(t, c.want, got)
	}
	require.True(t, l.Watches(attribute.ASN))
	require.False(t, l.Watches(attribute.Network))
}

func FuzzABundleIsReadOrRefused(f *testing.F) {
	f.Add(bundle(
		indicator(1, "[domain-name:value = 'a']"),
		`{"type":"identity","id":"identity--1","name":"x"}`,
	))
	f.Add([]byte(
		`{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","revoked":true}]}`,
	))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := watchlist.Parse(data)
		if err != nil {
			return
		}
		for i := range l.Indicators {
			require.NotEmpty(t, l.Indicators[i].Pattern)
			require.NotEmpty(t, l.Indicators[i].Title())
		}
		l.Terms(attribute.Stack, "x ja4="+ja4)
		require.Equal(t, len(l.Indicators), watchlist.Merge(l, l).Len())
	})
}

func TestAListIsBoundedWhateverItsPatternsMultiplyTo(t *testing.T) {
	// Seven pairs make 128 alternatives of seven comparisons.
	var pairs []string
	for i := range 7 {
		pairs = append(pairs, fmt.Sprintf(
			"(x-stillwatch-account:model='%d' OR x-stillwatch-account:model='%d')", 2*i, 2*i+1,
		))
	}
	small := "[" + strings.Join(pairs, " AND ") + "]"
	var b strings.Builder
	b.WriteString(`{"type":"bundle","objects":[`)
	const many = 600
	for i := range many {
		fmt.Fprintf(&b,
			`{"type":"indicator","id":"indicator--%03d","pattern_type":"stix","pattern":%q},`,
			i, small)
	}
	b.WriteString(`{}]}`)
	one, err := watchlist.Parse([]byte(b.String()))
	require.NoError(t, err)
	require.Equal(t, 1<<19/(128*7), one.Len())
	require.Len(t, one.Skipped, many-one.Len())
	require.Contains(t, one.Skipped[0].Reason, "comparisons")

	other, err := watchlist.Parse(
		[]byte(strings.ReplaceAll(b.String(), "indicator--", "indicator--other-")),
	)
	require.NoError(t, err)
	require.Equal(t, one.Len(), watchlist.Merge(one, other).Len(), "of both lists together")
}
