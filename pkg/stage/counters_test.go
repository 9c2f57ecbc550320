package stage

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACountIsOfACounterAndTheValuesOfItsLabels(t *testing.T) {
	labelled := &Counter{
		Kind: Own, Name: "things_total", Labels: []Label{{Name: LabelTenant}, {Name: "reason"}},
	}
	counts := Counts{}
	counts.Add(1, OK)
	counts.Add(2, OK)
	counts.Add(3, labelled, "acme", "late")
	counts.Add(4, labelled, "acme:late", "")
	counts.AddAll(Counts{{Counter: OK}: 10})
	require.EqualValues(t, 13, counts.Of(OK))
	require.EqualValues(t, 3, counts.Of(labelled, "acme", "late"))
	require.EqualValues(t, 4, counts.Of(labelled, "acme:late", ""), "values are not joined")
	require.Zero(t, counts.Of(DeadLettered("late"), "late"))

	other := *labelled
	require.Zero(t, counts.Of(&other, "acme", "late"), "a counter is the value that was declared")
}

func TestTheTextOfACountIsItsNameAndLabels(t *testing.T) {
	for want, c := range map[string]Count{
		"ok":                   {Counter: OK},
		"dead_letter:bad_time": {Counter: DeadLettered(), Labels: [MaxLabels]string{"bad_time"}},
		"things_total:acme:late": {
			Counter: &Counter{
				Name: "things_total", Labels: []Label{{Name: LabelTenant}, {Name: "reason"}},
			},
			Labels: [MaxLabels]string{"acme", "late"},
		},
	} {
		require.Equal(t, want, c.String())
	}
}

func TestACounterIsKnownByAllValuesThatItsLabelsList(t *testing.T) {
	colours := Label{Name: "colour", Values: []string{"red", "blue"}}
	sizes := Label{Name: "size", Values: []string{"s", "l"}}
	for _, tc := range []struct {
		name   string
		labels []Label
		want   [][MaxLabels]string
	}{
		{"no label", nil, [][MaxLabels]string{{}}},
		{"one label", []Label{colours}, [][MaxLabels]string{{"red"}, {"blue"}}},
		{"two labels", []Label{colours, sizes}, [][MaxLabels]string{
			{"red", "s"}, {"red", "l"}, {"blue", "s"}, {"blue", "l"},
		}},
		{"a label that the traffic fills", []Label{colours, {Name: LabelTenant}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Counter{Name: "things_total", Labels: tc.labels}
			require.Equal(t, tc.want, slices.Collect(c.Known()))
			for values := range c.Known() {
				require.True(t, Count{Counter: c, Labels: values}.Declared())
				break // Whoever has seen enough may stop.
			}
		})
	}
}

func TestAValueIsDeclaredWhereItsLabelListsItOrNone(t *testing.T) {
	c := &Counter{Labels: []Label{{Name: LabelTenant}, {Name: "reason", Values: []string{"late"}}}}
	for value, want := range map[string]bool{"late": true, "early": false, "": false} {
		got := Count{Counter: c, Labels: [MaxLabels]string{"acme", value}}.Declared()
		require.Equal(t, want, got, value)
	}
}

func TestCountingWhatWasCountedBeforeAllocatesNothing(t *testing.T) {
	counts := Counts{}
	letters, reason := DeadLettered("bad_time"), "bad_time"
	counts.Add(1, OK)
	counts.Add(1, letters, reason)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		counts.Add(1, OK)
		counts.Add(1, letters, reason)
		_ = counts.Of(letters, reason)
	}))
}

func BenchmarkCount(b *testing.B) {
	counts := Counts{}
	b.ReportAllocs()
	for b.Loop() {
		counts.Add(1, OK)
	}
}
