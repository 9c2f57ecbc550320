package stage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACountIsOfACounterAndTheValuesOfItsLabels(t *testing.T) {
	labelled := &Counter{Kind: Own, Name: "things_total", Labels: []string{LabelTenant, "reason"}}
	counts := Counts{}
	counts.Add(1, OK)
	counts.Add(2, OK)
	counts.Add(3, labelled, "acme", "late")
	counts.Add(4, labelled, "acme:late", "")
	counts.AddAll(Counts{{Counter: OK}: 10})
	require.EqualValues(t, 13, counts.Of(OK))
	require.EqualValues(t, 3, counts.Of(labelled, "acme", "late"))
	require.EqualValues(t, 4, counts.Of(labelled, "acme:late", ""), "values are not joined")
	require.Zero(t, counts.Of(DeadLettered, "late"))

	other := *labelled
	require.Zero(t, counts.Of(&other, "acme", "late"), "a counter is the value that was declared")
}

func TestTheTextOfACountIsItsNameAndLabels(t *testing.T) {
	for want, c := range map[string]Count{
		"ok":                   {Counter: OK},
		"dead_letter:bad_time": {Counter: DeadLettered, Labels: [MaxLabels]string{"bad_time"}},
		"things_total:acme:late": {
			Counter: &Counter{Name: "things_total", Labels: []string{LabelTenant, "reason"}},
			Labels:  [MaxLabels]string{"acme", "late"},
		},
	} {
		require.Equal(t, want, c.String())
	}
}

func TestCountingWhatWasCountedBeforeAllocatesNothing(t *testing.T) {
	counts := Counts{}
	reason := "bad_time"
	counts.Add(1, OK)
	counts.Add(1, DeadLettered, reason)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		counts.Add(1, OK)
		counts.Add(1, DeadLettered, reason)
		_ = counts.Of(DeadLettered, reason)
	}))
}

func BenchmarkCount(b *testing.B) {
	counts := Counts{}
	b.ReportAllocs()
	for b.Loop() {
		counts.Add(1, OK)
	}
}
