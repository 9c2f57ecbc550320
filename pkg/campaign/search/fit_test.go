package search

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
)

// poolOf lists the slots of accounts of a town from the one numbered first on.
func poolOf(s *Search, first, n int) (out []int32) {
	for i := first; i < first+n; i++ {
		out = append(out, s.Population.Named(fmt.Sprintf("acct-%04d", i)).Slot)
	}
	s.Population.Sort(out)
	return out
}

func TestAPartOfAPoolIsJudgedWithEverybodyElseWhoUsesItsText(t *testing.T) {
	s := town(300, 40)
	part := &candidate{members: poolOf(s, 300, 12), origin: "part"}
	whole, group, ok := s.whole(part, s.Group(part.members, part.defining))
	require.True(t, ok)
	require.ElementsMatch(t, poolOf(s, 300, 40), whole.members)
	require.InDelta(t, 40, group.Size, 1e-9)
	require.Len(t, part.members, 12, "the candidate is as it was")

	_, _, ok = s.whole(whole, group)
	require.False(t, ok, "there is nobody else")
	s.Claims.Add(poolOf(s, 312, 28))
	_, _, ok = s.whole(part, s.Group(part.members, part.defining))
	require.False(t, ok, "what another campaign explains stays there")

	people := &candidate{members: poolOf(s, 0, 12)}
	_, _, ok = s.whole(people, s.Group(people.members, detectors.FamilySet(0)))
	require.False(t, ok, "people without a text in common are no part of a whole")
}

func TestOnlyAccountsThatActTogetherByThemselvesBelongToAWhole(t *testing.T) {
	s := town(300, 40)
	require.True(t, s.ActTogether(poolOf(s, 312, 28), 0))
	require.False(t, s.ActTogether(poolOf(s, 0, 28), 0), "people who have nothing in common")
	require.False(t, s.ActTogether(poolOf(s, 312, 3), 0), "too few to be measured")
}

func TestWhoHasSentTooLittleToBeNamedIsAPartOfWhatIsJudged(t *testing.T) {
	f := fits{all: []int32{1, 2, 3, 9}, core: []int32{1, 2, 3}, likely: []int32{1, 2, 3, 4, 5}}
	require.Equal(t, []int32{4, 5}, f.unnamed())
	require.Equal(t, [][]int32{{1, 2, 3}, {1, 2, 3, 9}, {1, 2, 3, 4, 5}, {7}}, f.parts([]int32{7}))
	f = fits{all: []int32{1}, core: []int32{1}, likely: []int32{1}}
	require.Equal(t, [][]int32{{1}}, f.parts([]int32{1}), "nothing is judged twice")
}
