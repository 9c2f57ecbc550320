package alert_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func TestAnAccountRecordHoldsWhatAGatewayActsOn(t *testing.T) {
	r, err := encoder(t).Account(&campaign.AccountVerdict{
		Account: "acct_9f31", Tenant: "acme", Time: opened, Status: campaign.Implicated,
		Findings: []campaign.FindingRef{
			{UID: "f-low", Severity: campaign.Low, Confidence: 30, Since: opened - 10},
			{UID: "f-high", Severity: campaign.High, Confidence: 86, Since: opened - 5},
		},
	})
	require.NoError(t, err)
	require.Equal(t, "acme/acct_9f31", string(r.Key))
	require.JSONEq(t, `{"account":"acct_9f31","tenant":"acme","time":1772432400000,"status":"implicated","findings":[`+
		`{"uid":"f-high","severity_id":4,"confidence":86,"since":1772432399995},`+
		`{"uid":"f-low","severity_id":2,"confidence":30,"since":1772432399990}]}`, string(r.Value))
	require.Equal(
		t, []alert.Header{{Key: "content-type", Value: []byte("application/json")}}, r.Headers,
	)
}

func TestAClearedAccountHasAnEmptyListOfFindings(t *testing.T) {
	r, err := encoder(t).Account(
		&campaign.AccountVerdict{Account: "a", Time: opened, Status: campaign.Cleared},
	)
	require.NoError(t, err)
	require.Equal(t, "a", string(r.Key))
	require.JSONEq(
		t,
		`{"account":"a","tenant":"default","time":1772432400000,"status":"cleared","findings":[]}`,
		string(r.Value),
	)
}

func TestAVerdictWithoutAccountOrWithAnUnknownStatusIsAnError(t *testing.T) {
	_, err := encoder(t).Account(&campaign.AccountVerdict{Status: campaign.Watched})
	require.ErrorContains(t, err, "needs an account")
	_, err = encoder(t).Account(&campaign.AccountVerdict{Account: "a", Status: "banned"})
	require.ErrorContains(t, err, `unknown account status "banned"`)
}

func TestManyFindingsOfAnAccountAreBoundedTheMostSevereFirst(t *testing.T) {
	v := &campaign.AccountVerdict{Account: "a", Status: campaign.Watched}
	for i := range 100_000 {
		v.Findings = append(v.Findings, campaign.FindingRef{
			UID: strings.Repeat("\x01", 300), Severity: campaign.Severity(i%5 + 1),
		})
	}
	r, err := encoder(t).Account(v)
	require.NoError(t, err)
	require.Less(t, len(r.Value), alert.MaxRecord)
	var got struct {
		Findings []struct {
			SeverityID int `json:"severity_id"`
		} `json:"findings"`
	}
	require.NoError(t, json.Unmarshal(r.Value, &got))
	require.Len(t, got.Findings, 64)
	for _, f := range got.Findings {
		require.Equal(t, int(campaign.Critical), f.SeverityID)
	}
}

func TestAccountKeysDoNotCollide(t *testing.T) {
	name := rapid.StringOfN(rapid.SampledFrom([]rune("a/%2F\x00défault")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		tenant, account := name.Draw(t, "tenant"), name.Draw(t, "account")
		tenant2, account2 := name.Draw(t, "tenant2"), name.Draw(t, "account2")
		same := tenant == tenant2 && account == account2
		require.Equal(
			t, same,
			bytes.Equal(alert.AccountKey(tenant, account), alert.AccountKey(tenant2, account2)),
		)
	})
	require.Equal(t, "user@example.com", string(alert.AccountKey("default", "user@example.com")))
	require.Equal(t, "a%2Fb", string(alert.AccountKey("", "a/b")))
	require.Equal(t, "t/a%2Fb", string(alert.AccountKey("t", "a/b")))
}
