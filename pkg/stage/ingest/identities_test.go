package ingest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// TestAWatchListMeansWhatIngestMakes holds the two ends together: what a pattern says of a request
// is found in the attributes that ingest makes of it.
func TestAWatchListMeansWhatIngestMakes(t *testing.T) {
	const agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
	ev := event.Event{
		Account: event.Account{
			PaymentFP: "Card-7", PaymentIssuer: "First Bank", EmailDomain: "Mail.Example",
		},
		Client: event.Client{
			IP: "203.0.113.9", UserAgent: "Harvest/2.1  (id 0123456789abcdef01; Linux)",
			JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1", DeviceID: "device 9",
			ASN: event.Int{V: 64500, Known: true},
		},
		Request: event.Request{
			Model: "Large-1", Tools: []string{"Read", "Write"},
			Temperature: event.Float{V: 0.5, Known: true},
			MaxTokens:   event.Int{V: 100, Known: true}, Seed: event.Int{V: 7, Known: true},
		},
	}
	var reader attributeReader
	var o fingerprint.Observation
	old, current := []byte("the secret before the rotation"),
		[]byte("the secret since the rotation")
	reader.read(&ev, newHasher(old).of("acme"), &o)
	hashes := func(tenant string, f attribute.Attribute, value string) []uint64 {
		return []uint64{
			NewIdentities(current).Hash(tenant, f, value),
			NewIdentities(old).Hash(tenant, f, value),
		}
	}
	for pattern, hit := range map[string]bool{
		"[ipv4-addr:value = '203.0.113.200']":                                           true,
		"[ipv4-addr:value = '203.0.114.200']":                                           false,
		"[autonomous-system:number = 64500]":                                            true,
		"[domain-name:value = 'MAIL.example']":                                          true,
		"[email-addr:value LIKE '%@mail.example']":                                      true,
		"[" + agent + " = 'Harvest/2.1 (id fedcba9876543210ff; Linux)']":                true,
		"[" + agent + " LIKE 'Harvest/%']":                                              true,
		"[" + agent + " = 'Harvest/2.2']":                                               false,
		"[x-stillwatch-account:ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1']":           true,
		"[x-stillwatch-account:tools = 'Read, Write']":                                  true,
		"[x-stillwatch-account:model = 'large-1']":                                      true,
		"[x-stillwatch-account:parameters LIKE 'temperature=0.5 %max=100 %']":           true,
		"[x-stillwatch-account:seed = '7']":                                             true,
		"[x-stillwatch-account:seed = '77']":                                            false,
		"[x-stillwatch-account:payment_fp = 'Card-7']":                                  true,
		"[x-stillwatch-account:payment_fp = 'card-7']":                                  false,
		"[x-stillwatch-account:payment_issuer = 'First Bank']":                          true,
		"[x-stillwatch-account:device_id = 'device 9' AND domain-name:value = 'a.org']": false,
		"[x-stillwatch-account:device_id = 'device 9']":                                 true,
	} {
		quoted, err := json.Marshal(pattern)
		require.NoError(t, err)
		list, err := watchlist.Parse(fmt.Appendf(
			nil,
			`{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern_type":"stix","pattern":%s}]}`,
			quoted,
		))
		require.NoError(t, err)
		require.Empty(t, list.Skipped)
		requests := map[watchlist.TermID]uint32{}
		for f := range attribute.NumKept {
			for _, id := range list.Terms(f, o.Labels[f]) {
				requests[id]++
			}
		}
		for _, k := range list.Keyed() {
			for _, h := range hashes("acme", k.Attribute, k.Value) {
				if h == o.Values[k.Attribute] {
					requests[k.Term]++
				}
			}
			require.NotContains(t, hashes("other", k.Attribute, k.Value), o.Values[k.Attribute],
				"nothing compares across tenants")
		}
		got := false
		list.Hits(requests, func(int, uint32) { got = true })
		require.Equal(t, hit, got, pattern)
	}
}

func TestToolsAreTheSameInWhateverOrder(t *testing.T) {
	h := newHasher([]byte("a secret of sixteen bytes")).of("")
	a := h.toolSet([]string{"bash", "edit", "grep"})
	require.NotZero(t, a)
	require.Equal(t, a, h.toolSet([]string{"grep", "bash", "edit"}))
	require.NotEqual(t, a, h.toolSet([]string{"bash", "edit"}))
	require.NotEqual(t, a, newHasher([]byte("another secret of bytes")).of("").toolSet(
		[]string{"bash", "edit", "grep"}))
	require.NotEqual(t, a, newHasher([]byte("a secret of sixteen bytes")).of("b").toolSet(
		[]string{"bash", "edit", "grep"}), "nothing compares across tenants")
	require.Zero(t, h.toolSet(nil))
	require.NotZero(t, h.toolSet(make([]string, 2*maxTools)))
}
