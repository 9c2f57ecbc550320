package campaign

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/review"
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

func TestAClosedCampaignIsForgottenWhenNoSuccessorWouldBeRecognisedByIt(t *testing.T) {
	o := DefaultOptions()
	d, f := newDesk(t, o, 30, 30)
	d.say(review.Dismiss, review.Scope{Finding: f.UID})
	_, err := d.engine.Dirty()
	require.NoError(t, err)
	c := d.campaign()
	require.True(t, c.Closed)
	key := "campaign:" + c.ID
	for _, name := range d.members {
		d.engine.Remove("default", name)
	}
	d.engine.Advance(c.LastSeen + o.Memory.Milliseconds())
	require.NotEmpty(t, d.engine.tenants["default"].campaigns, "its time has not come yet")
	d.engine.Advance(d.engine.Next() + 1)
	require.Empty(t, d.engine.tenants["default"].campaigns)
	saved, err := d.engine.Dirty()
	require.NoError(t, err)
	require.Contains(t, saved, Saved{Key: key}, "its state is deleted")
	var clock clockState
	require.NoError(t, json.Unmarshal(saved[len(saved)-1].Value, &clock))
	require.Empty(t, clock.IDs)
}
