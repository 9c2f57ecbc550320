package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheNewestIDsOfReasoningBlocksAreKeptEachOnce(t *testing.T) {
	id := func(i int) string { return fmt.Sprintf("rs_%016x", i) }
	var list []string
	for i := range 3 * MaxReasoningIDs {
		list = AddReasoningID(list, id(i))
		list = AddReasoningID(list, id(i))
	}
	list = AddReasoningID(list, id(3*MaxReasoningIDs-3))
	require.Len(t, list, MaxReasoningIDs)
	require.Equal(t, id(3*MaxReasoningIDs-3), list[MaxReasoningIDs-1])
	require.Equal(t, id(3*MaxReasoningIDs-1), list[MaxReasoningIDs-2])
	require.Equal(t, list, BoundReasoningIDs(append([]string(nil), list...)))
}

func TestWhatIsTooShortForAnIDIsNoneAndOfALongOneTheEndCounts(t *testing.T) {
	require.Empty(t, AddReasoningID(nil, ""))
	require.Empty(t, AddReasoningID(nil, "sig"))
	require.Empty(t, AddReasoningID(nil, "what a text says is no id"))
	require.Empty(t, AddReasoningID(nil, "スペースのない文章スペースのない文章"))
	long := strings.Repeat("x", 1<<20) + strings.Repeat("y", MaxReasoningID-1) + "="
	got := AddReasoningID(nil, long)
	require.Equal(t, []string{long[1<<20:]}, got)
	require.Equal(t, got, AddReasoningID(nil, got[0]), "the end of an end is itself")
}

func TestIDsOfReasoningBlocksThatCannotBeReadAreAbsent(t *testing.T) {
	const a, b = "ErUBCkYIARgCIkAq0001", "rs_0123456789abcdef"
	for in, want := range map[string]Content{
		`{"reasoning_in":["` + a + `",null,"-",7,{"x":1},"` + b + `"]}`:  {ReasoningIn: []string{a, b}},
		`{"reasoning_in":"` + a + `","reasoning_out":["` + b + `"]}`:     {ReasoningIn: []string{a}, ReasoningOut: []string{b}},
		`{"reasoning_in":{"a":1,"a":2},"reasoning_out":["` + b + `"]}`:   {ReasoningOut: []string{b}},
		`{"reasoning_in":7,"reasoning_out":[["` + b + `"],"` + a + `"]}`: {ReasoningOut: []string{a}},
	} {
		ev, err := decode(t, with(`"content":`+in))
		require.NoError(t, err, in)
		require.Equal(t, want, normal(ev).Content, in)
	}
}
