package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACampaignThatIsRestoredTwiceIsHeldOnce(t *testing.T) {
	e, err := New(DefaultOptions())
	require.NoError(t, err)
	for _, value := range []string{
		`{"id":"c-1","tenant":"default","members":{}}`,
		`{"id":"c-2","tenant":"default","members":{}}`,
		`{"id":"c-1","tenant":"default","members":{}}`,
	} {
		more, err := e.Restore("campaign", []byte(value))
		require.NoError(t, err)
		require.Empty(t, more)
	}
	var ids []string
	for _, c := range e.tenant("default").campaigns {
		ids = append(ids, c.ID)
	}
	require.Equal(t, []string{"c-1", "c-2"}, ids)
}
