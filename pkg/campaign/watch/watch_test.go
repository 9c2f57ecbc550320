package watch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func account(name, org string, cards ...uint64) fingerprint.Profile {
	p := fingerprint.Profile{Account: name, Org: org}
	for _, c := range cards {
		p.Values[attribute.Payment] = append(
			p.Values[attribute.Payment], fingerprint.Counted{Hash: c, Count: 1},
		)
	}
	return p
}

func TestWhoSharesAnOrganisationOrACardIsOneCustomer(t *testing.T) {
	x := index.New()
	for _, p := range []fingerprint.Profile{
		account("a", "acme", 1), account("b", "acme", 2),
		account("c", "", 2, 3), account("d", "", 3),
		account("e", "", 4), account("f", "other"), account("g", ""),
	} {
		x.Upsert(p)
	}
	all := []int32{}
	for _, a := range x.Slots {
		all = append(all, a.Slot)
	}
	require.Equal(t, 4, customers(x.Slots, all), "a to d are joined one by one")
	is := func(a, b string) bool { return sameCustomer(x.Named(a), x.Named(b)) }
	require.True(t, is("a", "b"), "by organisation, verified or not")
	require.True(t, is("c", "d"), "by card")
	require.False(t, is("a", "c"), "not by way of others")
	require.False(t, is("f", "g"))
}

func TestTheIdentityOfAFindingIsItsTenantAndItsSign(t *testing.T) {
	v, same, other := View{Tenant: "a"}, View{Tenant: "a", Now: 9}, View{Tenant: "b"}
	require.Equal(t, v.tripwireID("relay"), same.tripwireID("relay"))
	require.NotEqual(t, v.tripwireID("relay"), other.tripwireID("relay"))
	require.NotEqual(t, v.tripwireID("relay"), v.accountID("relay"))
	require.Regexp(t, "^t-[0-9a-f]{16}$", v.tripwireID("relay"))
	require.Regexp(t, "^a-[0-9a-f]{16}$", v.accountID("acct"))
}

func TestAPoolContinuesTheOpenFindingThatHasMostOfIt(t *testing.T) {
	members := func(names ...string) map[string]int64 {
		m := map[string]int64{}
		for _, n := range names {
			m[n] = 1
		}
		return m
	}
	v := View{Findings: map[string]Finding{
		"t-1": {Tripwire: HandOver, Open: true, Members: members("a", "b")},
		"t-2": {Tripwire: HandOver, Open: true, Members: members("c", "d", "e")},
		"t-3": {
			Tripwire: HandOver, Open: true, Closing: true, Members: members("a", "b", "c", "d"),
		},
		"t-4": {Tripwire: HandOver, Members: members("a", "b", "c", "d")},
		"t-5": {Tripwire: Relay, Open: true, Members: members("a", "b", "c", "d")},
	}}
	open := v.open(HandOver)
	require.Equal(t, []string{"t-1", "t-2", "t-3"}, open)
	pool := map[string]bool{"a": true, "c": true, "d": true}
	require.Equal(t, "t-2", largestPart(&v, open, pool, nil))
	require.Equal(t, "t-1", largestPart(&v, open, pool, map[string]bool{"t-2": true}))
	require.Empty(t, largestPart(&v, open, map[string]bool{"z": true}, nil))
	require.True(t, within(v.Findings["t-1"].Members, map[string]bool{"a": true, "b": true}))
	require.False(t, within(v.Findings["t-1"].Members, pool))
}
