package search

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClaimsAreWhatWasClaimedAndNotGivenBack(t *testing.T) {
	var c Claims
	slots := []int32{0, 1, 63, 64, 65, 200, 1000}
	require.Equal(t, slots, c.Rest(slots), "nobody is claimed before")
	c.Remove(slots)
	c.Add([]int32{63, 64, 1000})
	require.True(t, c.Any(slots))
	require.Equal(t, []int32{0, 1, 65, 200}, c.Rest(slots))
	c.Remove([]int32{64, 5000})
	require.False(t, c.Has(64))
	require.False(t, c.Has(5000))
	require.Equal(t, []int32{0, 1, 64, 65, 200}, c.Rest(slots))
}
