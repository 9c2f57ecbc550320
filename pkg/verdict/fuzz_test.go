package verdict_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/verdict"
)

// FuzzRecord feeds any key and value after a good record of another account. Nothing may panic,
// nothing may change the other account, and an account is implicated only by a record that is JSON,
// says so in so many words, and names a finding; its key must be the one that Stillwatch gives it.
func FuzzRecord(f *testing.F) {
	key, value := written(f, campaign.AccountVerdict{
		Account: "a", Tenant: "acme", Time: at, Status: campaign.Implicated,
		Findings: []campaign.FindingRef{
			{UID: "f", Severity: campaign.High, Confidence: 86, Since: at},
			{UID: "g", Severity: campaign.Low, Confidence: 20, Since: at},
		},
	})
	f.Add(key, value)
	f.Add([]byte("a"), []byte(`{"account":"a","status":"banned","findings":null}`))
	f.Add([]byte("a%2F"), []byte(`{"account":"a/","tenant":"default","status":"cleared"}`))
	f.Add([]byte("%FF/a"), []byte(`{"account":"a","tenant":"\ufffd","status":"cleared"}`))
	f.Add([]byte("a"), []byte(`{"Account":"a","STATUS":"implicated","findings":[{"UID":"x"}]}`))
	f.Add([]byte("acme/a"), []byte(nil))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		table := verdict.NewTable()
		other, implicated := written(t, campaign.AccountVerdict{
			Account: "other", Tenant: "of nobody else", Time: at, Status: campaign.Implicated,
			Findings: []campaign.FindingRef{{UID: "o", Severity: campaign.High, Since: at}},
		})
		require.NoError(t, table.Update(other, implicated))
		look := func() []any {
			s := table.Lookup("of nobody else", "other")
			return []any{s.Status, s.Severity, s.Confidence, s.Since, s.Changed, findingsOf(s)}
		}
		before := look()
		err := table.Update(key, value)
		stats := table.Stats()
		if bytes.Equal(key, other) {
			return
		}
		require.Equal(t, before, look())
		if err != nil {
			require.Equal(t, int64(1), stats.Unreadable)
			require.Equal(t, int64(1), stats.Accounts[verdict.Implicated])
			return
		}
		if stats.Accounts[verdict.Implicated] == 1 {
			return
		}
		// Names of members are compared without regard to case, as encoding/json does.
		var said struct {
			Account, Tenant, Status string
			Findings                []struct{ UID string }
		}
		require.NoError(t, json.Unmarshal(value, &said))
		require.Equal(t, "implicated", said.Status)
		require.NotEmpty(t, said.Findings)
		found := table.Members(said.Findings[0].UID)
		require.Len(t, found, 1)
		require.Equal(t, string(key), string(alert.AccountKey(found[0].Tenant, found[0].Account)))
		got := table.Lookup(found[0].Tenant, found[0].Account)
		require.Equal(t, verdict.Implicated, got.Status)
		require.LessOrEqual(t, got.Confidence, 100)
		require.LessOrEqual(t, got.Severity, verdict.Fatal)
		if account := strings.ToValidUTF8(found[0].Account, "\ufffd"); account == said.Account {
			return
		}
		require.Greater(t, len(found[0].Account)+len(said.Account), 256, "another account is named")
	})
}
