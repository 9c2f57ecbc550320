package search

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoHasSentTooLittleToBeNamedIsAPartOfWhatIsJudged(t *testing.T) {
	f := fits{all: []int32{1, 2, 3, 9}, core: []int32{1, 2, 3}, likely: []int32{1, 2, 3, 4, 5}}
	require.Equal(t, []int32{4, 5}, f.unnamed())
	require.Equal(t, [][]int32{{1, 2, 3}, {1, 2, 3, 9}, {1, 2, 3, 4, 5}}, f.parts())
	f.likely = append(f.likely, 6, 7, 8)
	require.Equal(t, [][]int32{{1, 2, 3}, {1, 2, 3, 9}, {1, 2, 3, 4, 5, 6, 7, 8}}, f.parts())
	f.likely = append(f.likely, 10)
	require.Equal(t, [][]int32{{1, 2, 3}, {1, 2, 3, 9}}, f.parts(), "few of a crowd can be named")
	f = fits{all: []int32{1}, core: []int32{1}, likely: []int32{1}}
	require.Equal(t, [][]int32{{1}}, f.parts(), "nothing is judged twice")
}
