package watchlist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

const userAgent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"

func TestPatternsAreReadAsOthersWriteThem(t *testing.T) {
	const (
		src4 = "network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.77'"
		src6 = "network-traffic:src_ref.type = 'ipv6-addr' AND network-traffic:src_ref.value = '2001:db8:7::9'"
		net4 = "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"
		asn  = "[autonomous-system:number = 64511]"
		tool = "[" + userAgent + " = 'reaper/3.0']"
		ja4s = "[x-stillwatch-account:ja4 = '" + ja4 + "']"
	)
	for name, c := range map[string]struct {
		pattern, want string
		leftOut       []string
	}{
		"MISP ip-src": {
			"[" + src4 + "]", net4,
			[]string{"network-traffic:src_ref.type = 'ipv4-addr': the address itself says so"},
		},
		"MISP ip-src, IPv6": {
			"[" + src6 + "]", "[ipv6-addr:value ISSUBSET '2001:db8:7::/48']",
			[]string{"src_ref.type"},
		},
		"MISP ip-src|port": {
			"[" + src4 + " AND network-traffic:src_port = '40123']", net4,
			[]string{
				"src_ref.type", "network-traffic:src_port = '40123': a client calls from another",
			},
		},
		"a service's port": {
			"[" + src4 + " AND network-traffic:dst_port = 443]", net4,
			[]string{
				"src_ref.type", "network-traffic:dst_port = '443': every request to the gateway",
			},
		},
		"protocols": {
			"[network-traffic:src_ref.value = '192.0.2.77' AND network-traffic:protocols[0] = 'ipv4' AND " +
				"network-traffic:protocols[1] = 'tcp' AND network-traffic:protocols[*] = 'HTTPS']",
			net4,
			[]string{"protocols = 'ipv4'", "protocols = 'tcp'", "protocols = 'HTTPS'"},
		},
		"MISP network object with the source's system": {
			"[(" + src4 + " AND network-traffic:src_ref.belongs_to_refs[0].number = '64511')]",
			"[ipv4-addr:value ISSUBSET '192.0.2.0/24' AND autonomous-system:number = 64511]",
			[]string{"src_ref.type"},
		},
		"MISP asn object": {
			"[autonomous-system:number = '64511' AND autonomous-system:name = 'Example Hosting' AND " +
				"autonomous-system:x_misp_subnet_announced = '192.0.2.0/24' AND " +
				"autonomous-system:x_misp_subnet_announced = '198.51.100.0/24']", asn,
			[]string{"autonomous-system:name", "autonomous-system:x_misp_subnet_announced"},
		},
		"a system with its prefix":    {"[autonomous-system:number = 'AS64511']", asn, nil},
		"an address's system":         {"[ipv4-addr:belongs_to_refs[*].number = 64511]", asn, nil},
		"OpenCTI user agent":          {"[user-agent:value = 'Reaper/3.0']", tool, nil},
		"OpenCTI user agent, earlier": {"[x-opencti-user-agent:value = 'Reaper/3.0']", tool, nil},
		"MISP user-agent": {
			"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Reaper/3.0']",
			tool, nil,
		},
		"a request's method and version": {
			"[" + userAgent + " = 'Reaper/3.0' AND " +
				"network-traffic:extensions.'http-request-ext'.request_method = 'post' AND " +
				"network-traffic:extensions.'http-request-ext'.request_version = 'http/1.1']", tool,
			[]string{"request_method = 'post'", "request_version"},
		},
		"a JA4 object": {"[x-ja4:value = '" + strings.ToUpper(ja4) + "']", ja4s, nil},
		"a JA4 extension": {
			"[network-traffic:extensions.'x-ja4-ext'.ja4 = '" + ja4 + "']", ja4s, nil,
		},
		"a JA4 property": {"[network-traffic:x_ja4 = '" + ja4 + "']", ja4s, nil},
		"MISP domain|ip": {
			"[domain-name:value = 'mail.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']",
			"[x-stillwatch-account:email_domain = 'mail.example']",
			[]string{"domain-name:resolves_to_refs.value = '192.0.2.1': it describes what"},
		},
		"octets": {
			"[ipv4-addr:value LIKE '192.0.2.%' OR ipv4-addr:value LIKE '198.51.%']",
			net4 + " OR [ipv4-addr:value ISSUBSET '198.51.0.0/16']", nil,
		},
		"either end of a connection": {
			"[network-traffic:src_ref.value = '192.0.2.77' OR network-traffic:dst_ref.value = '192.0.2.77']",
			net4,
			[]string{
				"dst_ref.value is nothing that is known of an account: it is about another party",
			},
		},
		"a file or an address": {
			"[file:hashes.'SHA-256' = 'aa'] OR [ipv4-addr:value = '192.0.2.77']", net4,
			[]string{"file:hashes.SHA-256 is nothing"},
		},
		"one of several ports": {
			"[" + src4 + " AND network-traffic:dst_port IN (22, 443)]", net4,
			[]string{"src_ref.type", "dst_port = '443'", "dst_port 22 is no port that an HTTP API"},
		},
		"a time within": {"[ipv4-addr:value = '192.0.2.77'] WITHIN 300 SECONDS", net4, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := watchlist.ParsePattern(c.pattern)
			require.NoError(t, err)
			require.Equal(t, c.want, r.Pattern.String())
			require.Len(t, r.LeftOut, len(c.leftOut), r.LeftOut)
			for i, part := range c.leftOut {
				require.Contains(t, r.LeftOut[i], part)
			}
		})
	}
}

func TestWhatIsAboutAnotherPartyOrAnotherServiceIsRefusedWithTheReason(t *testing.T) {
	const src = "network-traffic:src_ref.value = '192.0.2.77'"
	const nothing = " is nothing that is known of an account"
	for pattern, why := range map[string]string{
		"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.8']": nothing +
			": it is about another party",
		// Of a connection between two parties the source may be the victim.
		"[(" + src + ") AND (network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.8')]": "another party",
		"[network-traffic:src_ref.type = 'ipv6-addr' AND " + src + "]":                                                     "192.0.2.0/24 is no ipv6-addr",
		"[network-traffic:src_ref.type = 'mac-addr' AND network-traffic:src_ref.value = '02:00:00:00:00:01']":              "by its IP address only",
		"[network-traffic:src_ref.type = 'ipv4-addr']":                                                                     "src_ref.type says nothing of an account",
		"[network-traffic:dst_port = '8443']":                                                                              "dst_port says nothing of an account: no address",
		"[domain-name:value = 'c2.example' AND network-traffic:dst_port = '8443']":                                         "dst_port says nothing of an account",
		"[" + src + " AND network-traffic:dst_port = 22]":                                                                  "no port that an HTTP API is served on",
		"[" + src + " AND network-traffic:dst_port > 1023]":                                                                "the operator > is not understood",
		"[" + src + " AND network-traffic:dst_port LIKE '44%']":                                                            "no port that an HTTP API",
		"[" + src + " AND network-traffic:protocols LIKE 'tcp']":                                                           "compared by = and IN only",
		"[" + src + " AND network-traffic:src_port = 53]":                                                                  "no port that a client calls from",
		"[" + src + " AND network-traffic:protocols[*] = 'dns']":                                                           "a request to the gateway is HTTP",
		"[" + src + " AND network-traffic:start = t'2026-10-01T00:00:00Z']":                                                "single connections",
		"[" + src + " AND network-traffic:is_active = true]":                                                               "single connections",
		"[" + src + " AND network-traffic:src_ref.resolves_to_refs[*].value = 'x']":                                        "of a source its address",
		"[network-traffic:extensions.'http-request-ext'.request_method = 'GET' AND " + src + "]":                           "models are called by POST",
		"[network-traffic:extensions.'http-request-ext'.request_value = '/a' AND " + src + "]":                             "of a request the user agent is kept",
		"[autonomous-system:name = 'Example Hosting']":                                                                     "no number of an autonomous system",
		"[domain-name:resolves_to_refs[*].value = '192.0.2.1']":                                                            "no domain stands beside",
		"[email-addr:value = 'a@b.example' AND email-addr:display_name = 'A']":                                             "only the domain is kept",
		"[email-message:from_ref.value = 'a@b.example']":                                                                   "it is about mail",
		"[url:value = 'https://c2.example/a']":                                                                             "another party's server",
		"[hostname:value = 'c2.example']":                                                                                  "another party's server",
		"[x509-certificate:hashes.'SHA-256' = 'aa' AND x509-certificate:is_self_signed = false]":                           "certificates are not kept",
		"[mac-addr:value = '02:00:00:00:00:01']":                                                                           "hardware addresses",
		"[user-account:account_type = 'unix' AND user-account:user_id = '7']":                                              "an account with somebody else",
		"[x-ja3:value = 'e7d705a3286e19ea42f587b344ee6865']":                                                               "of TLS fingerprints JA4 is kept",
		"[x-ja4s:value = 't130200_1301_234ea6891581']":                                                                     "of TLS fingerprints JA4 is kept",
		"[x-ja4:value = 't130200_1301_234ea6891581']":                                                                      "no JA4 fingerprint of a client",
		"[ipv4-addr:value LIKE '192.0.%.7']":                                                                               "no address and no network",
		"[ipv4-addr:value = '192.0.2.7'] START t'2026-10-02T00:00:00Z' STOP t'2026-10-01T00:00:00Z'":                       "STOP is not after START",
		"[ipv4-addr:value = '192.0.2.7'] START t'yesterday' STOP t'2026-10-01T00:00:00Z'":                                  "no timestamp of RFC 3339",
		"[ipv4-addr:value = '192.0.2.7'] START t'2026-10-02T00:00:00Z'":                                                    "ends where STOP is expected",
		"[ipv4-addr:value = '192.0.2.7'] START t'2026-10-01T00:00:00Z' STOP t'2026-10-02T00:00:00Z' OR [" + src + "]":      "different windows",
		"[ipv4-addr:value = '192.0.2.7'] WITHIN 5 TIMES":                                                                   "SECONDS is expected",
		"[ipv4-addr:value ISSUPERSET '192.0.2.0/24']":                                                                      "ISSUPERSET is not understood",
		"[ipv4-addr:value NOT IN ('192.0.2.7')]":                                                                           "NOT IN is not understood",
	} {
		_, err := watchlist.ParsePattern(pattern)
		require.ErrorContains(t, err, why, pattern)
	}
}

func TestTheWindowOfAnObservationEndsIt(t *testing.T) {
	const seen = "[ipv4-addr:value = '192.0.2.77']"
	const other = "[autonomous-system:number = 64511]"
	const end = int64(1_793_491_200_000) // 2026-11-01
	for pattern, until := range map[string]int64{
		seen: 0,
		seen + " START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z'":       end,
		seen + " START '2026-10-01T00:00:00.000Z' STOP '2026-11-01T00:00:00.000Z'": end,

		"(" + seen + " OR " + other + ") START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z'":                                           end,
		"(" + seen + " WITHIN 9 SECONDS) START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z'":                                           end,
		seen + " START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z' OR [file:name = 'x']":                                              end,
		"(" + seen + " START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z') START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z'": end,
	} {
		r, err := watchlist.ParsePattern(pattern)
		require.NoError(t, err, pattern)
		require.Equal(t, until, r.Until, pattern)
	}
}

// atom is a comparison of which it is known whether an account meets it: never for what cannot be
// compared, always for what every request meets.
type atom struct {
	text string
	// term is how it is compared; empty where it is not.
	term          string
	never, always bool
}

func atoms() []atom {
	return []atom{
		{text: "ipv4-addr:value = '192.0.2.1'", term: "ipv4-addr:value ISSUBSET '192.0.2.0/24'"},
		{
			text: "ipv4-addr:value = '198.51.100.1'",
			term: "ipv4-addr:value ISSUBSET '198.51.100.0/24'",
		},
		{text: "autonomous-system:number = 64511", term: "autonomous-system:number = 64511"},
		{text: "user-agent:value = 'reaper/3.0'", term: userAgent + " = 'reaper/3.0'"},
		{text: "network-traffic:dst_port = 443", always: true},
		{text: "network-traffic:protocols[*] = 'tcp'", always: true},
		{text: "network-traffic:dst_ref.value = '203.0.113.1'", never: true},
		{text: "network-traffic:dst_port = 22", never: true},
		{text: "file:name = 'x'", never: true},
	}
}

// formula is a pattern as a tree, with what it is true of.
type formula struct {
	text string
	// met says whether an account that shows the atoms does meet it.
	met func(shown []bool) bool
}

func anyFormula(t *rapid.T, depth int) formula {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 2).Draw(t, "kind")
	}
	if kind == 0 {
		n := rapid.IntRange(0, len(atoms())-1).Draw(t, "atom")
		a := atoms()[n]
		return formula{a.text, func(shown []bool) bool {
			return !a.never && (a.always || shown[n])
		}}
	}
	left, right := anyFormula(t, depth-1), anyFormula(t, depth-1)
	if kind == 1 {
		return formula{"(" + left.text + " AND " + right.text + ")", func(shown []bool) bool {
			return left.met(shown) && right.met(shown)
		}}
	}
	return formula{"(" + left.text + " OR " + right.text + ")", func(shown []bool) bool {
		return left.met(shown) || right.met(shown)
	}}
}

// metBy says whether an account that shows the atoms meets a pattern that was read.
func metBy(p watchlist.Pattern, shown []bool) bool {
	has := map[string]bool{}
	for n, a := range atoms() {
		if shown[n] {
			has[a.term] = true
		}
	}
	for _, all := range p {
		met := true
		for i := range all {
			met = met && has[all[i].String()]
		}
		if met {
			return true
		}
	}
	return false
}

func TestWhatIsLeftOutOfAPatternNeverWidensIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFormula(t, 4)
		r, err := watchlist.ParsePattern("[" + f.text + "]")
		shown := rapid.SliceOfN(rapid.Bool(), len(atoms()), len(atoms())).Draw(t, "shown")
		if err != nil {
			// Refused as a whole: nothing can meet it, or nothing that an account shows has to.
			require.True(t, !f.met(shown) || f.met(make([]bool, len(atoms()))),
				"%s: %v", f.text, err)
			return
		}
		if metBy(r.Pattern, shown) {
			require.True(t, f.met(shown), f.text)
		}
		if f.met(shown) && !f.met(make([]bool, len(atoms()))) {
			require.True(t, metBy(r.Pattern, shown), f.text)
		}
	})
}

// FuzzWhatIsReadCanBeWrittenAndReadAgain: whatever the pattern, it is refused, or what is read has
// alternatives that each compare something, and says the same when it is
// written and read again, when nothing is left out any more.
func FuzzWhatIsReadCanBeWrittenAndReadAgain(f *testing.F) {
	for _, s := range []string{
		"[ipv4-addr:value = '203.0.113.7'] OR [autonomous-system:number IN (1, 2)]",
		"[(domain-name:value = 'a' OR email-addr:value LIKE '%@b') AND x-stillwatch-account:ja4 = 'x']",
		"[" + userAgent + ` MATCHES 'a\\d\'']`,
		"[x-stillwatch-account:stack = '0123456789abcdef-']",
		"[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.7' AND network-traffic:dst_port = 443]",
		"[network-traffic:src_ref.value = '192.0.2.7' OR network-traffic:dst_ref.value = '192.0.2.7']",
		"([ipv4-addr:value LIKE '192.0.%'] START t'2026-10-01T00:00:00Z' STOP '2026-11-01T00:00:00Z') WITHIN 5 SECONDS",
		"[x-ja4:value = '" + ja4 + "' AND network-traffic:is_active = true] REPEATS 3 TIMES",
		"[", "a:'", "[a:b[", "'\\", "[a:b = t'", "[a:b = h''] START", "[a:b NOT",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := watchlist.ParsePattern(s)
		if err != nil {
			require.Empty(t, r)
			return
		}
		require.NotEmpty(t, r.Pattern)
		for _, all := range r.Pattern {
			require.NotEmpty(t, all)
		}
		require.GreaterOrEqual(t, r.Until, int64(0))
		written := r.Pattern.String()
		again, err := watchlist.ParsePattern(written)
		require.NoError(t, err, written)
		require.Equal(t, written, again.Pattern.String())
		require.Empty(t, again.LeftOut)
		require.Zero(t, again.Until)
	})
}

func TestReasonsOfOnePatternAreBounded(t *testing.T) {
	var parts []string
	for i := range 500 {
		parts = append(parts, fmt.Sprintf("file:x%d = 'a'", i))
	}
	r, err := watchlist.ParsePattern(
		"[" + strings.Join(parts, " OR ") + " OR user-agent:value = 'b']",
	)
	require.NoError(t, err)
	require.LessOrEqual(t, len(r.LeftOut), 8)
}
