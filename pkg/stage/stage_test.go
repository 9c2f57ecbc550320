package stage

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// stateless is a task that has nothing but its Process.
type stateless struct{ Base }

func (stateless) Process([]Record) (Result, error) { return Result{}, nil }

func TestATaskOfABaseNeedsAndHoldsNothing(t *testing.T) {
	var task Task = stateless{}
	require.Empty(t, task.Needs(nil))
	require.Empty(t, task.Needs([]Record{{}}))
	require.ErrorContains(t, task.Load("meta", nil), `"meta"`, "nothing was asked for")
	require.Empty(t, task.Repaired())
	task.Rewound()
	require.EqualValues(t, math.MaxInt64, task.RebuildFrom())
	require.NoError(t, task.Rebuild([]Record{{}}))
	flushed, err := task.Flush()
	require.NoError(t, err)
	require.Zero(t, flushed)
	require.Empty(t, task.Sizes())
}

func TestADeadLetterIsTheRecordAsItCame(t *testing.T) {
	r := Record{Topic: "gw", Partition: 3, Offset: 7, Key: []byte("k"), Value: []byte("no event")}
	letter := NewDeadLetter(&r, "bad_time", "bad_time in time")
	clear(r.Key)
	clear(r.Value)
	require.Equal(t, Out{
		To: DeadLetters, Key: []byte("k"), Value: []byte("no event"), Headers: []Header{
			{Key: "stillwatch-reason", Value: []byte("bad_time")},
			{Key: "stillwatch-detail", Value: []byte("bad_time in time")},
			{Key: "stillwatch-topic", Value: []byte("gw")},
			{Key: "stillwatch-partition", Value: []byte("3")},
			{Key: "stillwatch-offset", Value: []byte("7")},
		},
	}, letter)
}
