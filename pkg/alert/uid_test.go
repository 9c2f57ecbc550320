package alert_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func TestUIDsAreStableAndTellEverythingApart(t *testing.T) {
	// These values are in the alert topics of every deployment: they must never change.
	require.Equal(t, "10d5b4c3-5998-56a4-83ef-c0f90e80d1fe", alert.FindingUID("acme", campaign.KindCampaign, "k", 1))
	require.Equal(t, "6d566e23-ebf8-5c89-a57f-bc272df06615", alert.CampaignUID("acme", "k"))

	seen := map[string]string{}
	for name, uid := range map[string]string{
		"finding":         alert.FindingUID("acme", campaign.KindCampaign, "k", 1),
		"another tenant":  alert.FindingUID("acm", campaign.KindCampaign, "k", 1),
		"another kind":    alert.FindingUID("acme", campaign.KindAccount, "k", 1),
		"another key":     alert.FindingUID("acme", campaign.KindCampaign, "k1", 1),
		"another episode": alert.FindingUID("acme", campaign.KindCampaign, "k", 11),
		"shifted parts":   alert.FindingUID("acmecampaign", "", "k", 1),
		"campaign":        alert.CampaignUID("acme", "k"),
		"default tenant":  alert.CampaignUID("", "k"),
	} {
		id, err := uuid.Parse(uid)
		require.NoError(t, err)
		require.EqualValues(t, 5, id.Version())
		require.Empty(t, seen[uid], name)
		seen[uid] = name
	}
	require.Equal(t, alert.CampaignUID("default", "k"), alert.CampaignUID("", "k"))
}
