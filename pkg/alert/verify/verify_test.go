package verify_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/verify"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// reported is the record of a finding of one campaign, at a sequence.
func reported(uid string, sequence int, change func(*campaign.Finding)) *campaign.Finding {
	f := &campaign.Finding{
		UID: uid, Campaign: "c-1", Tenant: "acme", Sequence: sequence, Activity: campaign.Update,
		Kind: campaign.KindCampaign, Created: 1000, Modified: 1000 * int64(sequence),
		Severity: campaign.High, Members: 10 * sequence,
	}
	if sequence == 1 {
		f.Activity = campaign.Create
	}
	if change != nil {
		change(f)
	}
	return f
}

func closed(f *campaign.Finding) { f.Activity, f.CloseReason = campaign.Close, "quiet" }

// check verifies findings in the order in which they come.
func check(
	t require.TestingT, o verify.Options, findings ...*campaign.Finding,
) (faults []verify.Fault, s verify.Summary) {
	encoder, err := alert.New(alert.DefaultOptions())
	require.NoError(t, err)
	v := verify.New(o)
	for i, f := range findings {
		r, err := encoder.Finding(f)
		require.NoError(t, err)
		faults = append(
			faults,
			v.Add(verify.Record{At: "offset " + strconv.Itoa(i), Key: r.Key, Value: r.Value})...,
		)
	}
	return faults, v.Summary()
}

func TestRecordsThatKeepWhatIsPromisedHaveNoFault(t *testing.T) {
	faults, s := check(t, verify.Options{},
		reported("a", 1, nil), reported("b", 1, nil), reported("a", 2, nil),
		// After a crash what was sent may come again.
		reported("a", 1, nil), reported("a", 2, nil),
		reported("a", 3, closed),
		reported("b", 2, func(f *campaign.Finding) { f.Severity = campaign.Critical }),
	)
	require.Empty(t, faults)
	require.Equal(
		t, verify.Summary{Records: 7, Repeated: 2, Findings: 2, Created: 2, Updated: 2, Closed: 1},
		s,
	)
}

func TestABrokenPromiseIsNamedWithItsRecord(t *testing.T) {
	for name, c := range map[string]struct {
		findings []*campaign.Finding
		fault    string
	}{
		"two contents": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 1, func(f *campaign.Finding) {
				f.Members, f.Confidence = 99, 50
			})},
			"offset 1: record a:1: comes with another content than at offset 0: confidence, confidence_id, confidence_score, message, risk_score, unmapped.stillwatch differ",
		},
		"a sequence left out": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 3, nil)},
			"offset 1: record a:3: follows sequence 1; a sequence rises by one",
		},
		"a sequence that goes back": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 3, nil), reported("a", 2, nil)},
			"offset 2: record a:2: comes for the first time after sequence 3",
		},
		"a finding that does not begin": {
			[]*campaign.Finding{reported("a", 2, nil)},
			"offset 0: record a:2: is the finding's first record here; the sequence must begin with 1",
		},
		"a finding created twice": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 2, func(f *campaign.Finding) {
				f.Activity = campaign.Create
			})},
			"offset 1: record a:2: activity_id is 1; the first record of a finding creates it, and no other one does",
		},
		"a finding not created": {
			[]*campaign.Finding{reported("a", 1, closed)},
			"offset 0: record a:1: activity_id is 3; the first record of a finding creates it, and no other one does",
		},
		"more after the end": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 2, closed), reported("a", 3, nil)},
			"offset 2: record a:3: follows the record that closed the finding",
		},
		"a severity that falls": {
			[]*campaign.Finding{reported("a", 1, nil), reported("a", 2, func(f *campaign.Finding) {
				f.Severity = campaign.Low
			})},
			"offset 1: record a:2: severity_id falls from 4 to 2; an open finding's never does",
		},
		"a time that goes back": {
			[]*campaign.Finding{
				reported("a", 1, func(f *campaign.Finding) { f.Modified = 5000 }), reported("a", 2, nil),
			},
			"offset 1: record a:2: modified_time goes back from 5000 to 2000",
		},
		"another campaign": {
			[]*campaign.Finding{
				reported("a", 1, nil), reported("a", 2, func(f *campaign.Finding) { f.Campaign = "c-2" }),
			},
			"offset 1: record a:2: created_time, correlation_uid, tenant_uid or kind is not that of the records before it",
		},
		"a finding that leaves the shadow": {
			[]*campaign.Finding{
				reported("a", 1, func(f *campaign.Finding) { f.Shadow = &campaign.Shadow{All: true} }),
				reported("a", 2, nil),
			},
			"offset 1: record a:2: is in shadow and was not, or the other way round; a finding stays where it is",
		},
	} {
		t.Run(name, func(t *testing.T) {
			faults, s := check(t, verify.Options{}, c.findings...)
			require.NotEmpty(t, faults)
			require.Contains(t, faults[len(faults)-1].String(), c.fault)
			require.Equal(t, len(faults), s.Faults)
		})
	}
}

func TestOfAPartOfATopicNothingIsMissed(t *testing.T) {
	partial := verify.Options{Partial: true}
	faults, _ := check(t, partial, reported("a", 2, nil), reported("a", 5, nil), reported("b", 3, closed))
	require.Empty(t, faults)
	faults, _ = check(t, partial, reported("a", 5, nil), reported("a", 2, nil))
	require.Len(t, faults, 1, "what goes back is a fault all the same")
}

func TestARecordThatIsNoFindingIsAFault(t *testing.T) {
	v := verify.New(verify.Options{})
	faults := v.Add(verify.Record{At: "line 1", Value: []byte(`{"class_uid":1}`)})
	require.Len(t, faults, 1)
	require.Contains(t, faults[0].String(), "line 1: alert: read finding")
	require.Empty(t, v.Add(verify.Record{At: "line 2", Key: []byte("a")}), "a tombstone")

	faults = v.Add(verify.Record{
		At: "line 3", Key: []byte("b"),
		Value: []byte(`{"class_uid":2004,"activity_id":1,"metadata":{"uid":"c:1","sequence":1},"finding_info":{"uid":"a"}}`),
	})
	require.Len(t, faults, 2)
	require.Contains(t, faults[0].Problem, `metadata.uid is "c:1"`)
	require.Contains(t, faults[1].Problem, `the record's key is "b"`)
}

// TestRepetitionsNeverMatterAndAnyOtherOrderDoes repeats and swaps the records of one finding.
func TestRepetitionsNeverMatterAndAnyOtherOrderDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "records")
		var order []*campaign.Finding
		for sequence := 1; sequence <= n; sequence++ {
			order = append(order, reported("a", sequence, nil))
			for range rapid.IntRange(0, 2).Draw(t, "repetitions") {
				order = append(order, reported(
					"a", rapid.IntRange(1, sequence).Draw(t, "repeated"), nil,
				))
			}
		}
		faults, s := check(t, verify.Options{}, order...)
		require.Empty(t, faults)
		require.Equal(t, n, s.Records-s.Repeated)

		at := rapid.IntRange(1, n-1).Draw(t, "left out")
		var left []*campaign.Finding
		for _, f := range order {
			if f.Sequence != at {
				left = append(left, f)
			}
		}
		faults, _ = check(t, verify.Options{}, left...)
		require.NotEmpty(t, faults)
	})
}

// FuzzAddNeverPanics feeds any bytes; a record that is read twice is never a contradiction.
func FuzzAddNeverPanics(f *testing.F) {
	encoder, err := alert.New(alert.DefaultOptions())
	require.NoError(f, err)
	r, err := encoder.Finding(reported("a", 1, nil))
	require.NoError(f, err)
	f.Add(r.Key, r.Value)
	f.Add([]byte("a"), []byte(`{"class_uid":2004,"finding_info":{"uid":"a"}}`))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		v := verify.New(verify.Options{})
		first := v.Add(verify.Record{At: "1", Key: key, Value: value})
		again := v.Add(verify.Record{At: "2", Key: key, Value: value})
		require.LessOrEqual(t, len(again), len(first))
		require.Equal(t, len(first)+len(again), v.Summary().Faults)
	})
}

func TestARecordInShadowThatAlertsIsAFault(t *testing.T) {
	encoder, err := alert.New(alert.DefaultOptions())
	require.NoError(t, err)
	f := reported("a", 1, func(f *campaign.Finding) { f.Shadow = &campaign.Shadow{All: true} })
	r, err := encoder.Finding(f)
	require.NoError(t, err)
	require.Empty(t, verify.New(verify.Options{}).Add(verify.Record{Value: r.Value}))
	changed := bytes.Replace(r.Value, []byte(`"is_alert":false`), []byte(`"is_alert":true`), 1)
	require.NotEqual(t, r.Value, changed)
	faults := verify.New(verify.Options{}).Add(verify.Record{Value: changed})
	require.Len(t, faults, 1)
	require.Contains(t, faults[0].Problem, "a finding in shadow never alerts")
}
