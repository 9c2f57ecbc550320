package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const (
	day     = fingerprint.Day
	started = 1_788_739_200_000
)

// observed is an account in an index, made of observations as in service.
func observed(t *testing.T, observations ...*fingerprint.Observation) *index.Account {
	t.Helper()
	opts := fingerprint.DefaultOptions()
	f := fingerprint.New(&opts)
	for _, o := range observations {
		require.Equal(t, fingerprint.OutcomeCounted, f.Observe(o))
	}
	var p fingerprint.Profile
	f.Profile(&p)
	a, _ := index.New().Upsert(p)
	return a
}

// sent is the n-th request of an account with a text of some shingles.
func sent(n uint64, text ...uint64) *fingerprint.Observation {
	o := &fingerprint.Observation{
		Time: started + int64(n)*60_000, ID: n + 1, Tenant: "default", Account: "acct",
		CreatedAt: started - 30*day, InputTokens: -1, OutputTokens: -1, ReasoningTokens: -1,
		Messages: 1, HasText: true, Source: 1 + n%3,
		RequestID: fingerprint.AppendRequestID(nil, "req_"+string(rune('a'+n))),
	}
	o.Sketch.Turn, o.Sketch.Exact = text, n+1
	o.Values[attribute.Stack], o.Labels[attribute.Stack] = 70, "agent/1"
	o.Client = fingerprint.AppendClient(nil, "agent/1", "Agent/1", "")
	o.Values[attribute.Network], o.Labels[attribute.Network] = 80+n%4/3, "203.0.113.0/24"
	if n%4 == 3 {
		o.Labels[attribute.Network] = "198.51.100.0/24"
	}
	o.Values[attribute.Payment] = 0x5f2c
	return o
}

func TestALeadSaysWhereElseToLookForAnAccount(t *testing.T) {
	a := observed(t, sent(0), sent(1), sent(2), sent(3))
	l := leadOf(a, nil)
	require.EqualValues(t, started-30*day, l.Created)
	require.EqualValues(t, 3, l.Sources)
	require.Equal(t, "Agent/1", l.UserAgent)
	require.Equal(t, []ValueShare{
		{"203.0.113.0/24", 0.75}, {"198.51.100.0/24", 0.25},
	}, l.Networks)
	require.Equal(t, []ValueShare{{"payment:0000000000005f2c", 1}}, l.Payments)
	require.Empty(t, l.Devices)
	require.Equal(t, []Exemplar{
		{"req_d", started + 180_000, CarriedUnknown}, {"req_c", started + 120_000, CarriedUnknown},
	}, l.Requests)
}

func TestRequestsWithWhatTheMembersShareComeFirst(t *testing.T) {
	const own, shared = 1 << 40, 2 << 40
	var sequence []*fingerprint.Observation
	for n := range uint64(6) {
		sequence = append(sequence, sent(n, shared), sent(10+n, own))
		sequence[len(sequence)-1].Sketch.Layout = 3 << 40
	}
	a := observed(t, sequence...)
	carried := func(m *membership.Model) map[Carried]int {
		n := map[Carried]int{}
		for _, e := range leadOf(a, m).Requests {
			n[e.Carried]++
		}
		return n
	}
	require.Equal(t, map[Carried]int{CarriedTemplate: 4}, carried(nil))
	require.Equal(t, map[Carried]int{CarriedTemplate: 4}, carried(&membership.Model{}))
	require.Equal(t, map[Carried]int{CarriedShared: 2}, carried(&membership.Model{
		Shingles: []membership.Shingle{{Hash: shared, Rarity: 5}},
	}), "the two of the other text say less")
	require.Equal(t, map[Carried]int{CarriedShared: 2}, carried(&membership.Model{
		Layout: 3 << 40,
	}), "a text that is worded anew has its layout")
}

func TestAllSharedValuesOfAGroupAreListed(t *testing.T) {
	member := func(payment uint64, created int64, labelled bool) *index.Account {
		o := sent(0)
		o.Values[attribute.Payment], o.CreatedAt = payment, created
		if !labelled {
			o.Labels[attribute.Network] = ""
		}
		return observed(t, o)
	}
	members := []*index.Account{
		member(1, 20*day, false), member(1, 20*day+5, false), member(2, 21*day, false),
		member(2, 22*day, false), member(3, 23*day, false),
	}
	var x shown
	x.listShared(members, map[uint64]string{70: "agent/1"},
		func(attribute.Attribute, uint64) float64 { return 0.25 })
	require.Equal(t, []SharedAttribute{
		{"payment", "payment:0000000000000001", 0.4, 0.25, 2},
		{"payment", "payment:0000000000000002", 0.4, 0.25, 2},
		{"client stack", "agent/1", 1, 0.25, 5},
		{"sign-up day", "1970-01-21", 0.4, 0.25, 2},
		{"first day", "2026-09-07", 1, 0.25, 5},
	}, x.shared, "a value without a readable form is not shown, nor one of a single member")
}
