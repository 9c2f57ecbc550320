package verdict_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is the time of records in tests, in Unix milliseconds.
const at = int64(1_772_432_400_000)

// written is the record that Stillwatch writes of a verdict.
func written(t require.TestingT, v campaign.AccountVerdict) (key, value []byte) {
	encoder, err := alert.New(alert.DefaultOptions())
	require.NoError(t, err)
	r, err := encoder.Account(&v)
	require.NoError(t, err)
	return r.Key, r.Value
}

func update(t *testing.T, table *verdict.Table, key, value string) {
	t.Helper()
	require.NoError(t, table.Update([]byte(key), []byte(value)))
}

func findingsOf(s verdict.Standing) []verdict.Finding { return slices.Collect(s.Findings()) }

func TestAnAccountStandsAsItsLastRecordSays(t *testing.T) {
	table := verdict.NewTable()
	require.NoError(t, table.Update(written(t, campaign.AccountVerdict{
		Account: "acct_9f31", Tenant: "acme", Time: at, Status: campaign.Implicated,
		Findings: []campaign.FindingRef{
			{UID: "f-old", Severity: campaign.Low, Confidence: 30, Since: at - 10},
			{UID: "f-high", Severity: campaign.High, Confidence: 86, Since: at - 5},
			{UID: "f-higher", Severity: campaign.High, Confidence: 90, Since: at - 7},
		},
	})))
	got := table.Lookup("acme", "acct_9f31")
	require.Equal(t, verdict.Implicated, got.Status)
	require.Equal(t, "implicated", got.Text)
	require.Equal(t, verdict.High, got.Severity)
	require.Equal(t, 90, got.Confidence, "that of the surer of two")
	require.Equal(t, time.UnixMilli(at-10), got.Since, "of the oldest finding")
	require.Equal(t, time.UnixMilli(at), got.Changed)
	require.Equal(t, []verdict.Finding{
		{UID: "f-higher", Severity: verdict.High, Confidence: 90, Since: time.UnixMilli(at - 7)},
		{UID: "f-high", Severity: verdict.High, Confidence: 86, Since: time.UnixMilli(at - 5)},
		{UID: "f-old", Severity: verdict.Low, Confidence: 30, Since: time.UnixMilli(at - 10)},
	}, findingsOf(got))
	require.Equal(t, []verdict.Account{{Tenant: "acme", Account: "acct_9f31"}},
		table.Members("f-high"))
	for _, other := range [][2]string{
		{"", "acct_9f31"}, {"acct_9f31", "acme"}, {"acme", "acct_9f3"}, {"acme", ""},
	} {
		require.Equal(t, verdict.Standing{}, table.Lookup(other[0], other[1]), other)
	}

	require.NoError(t, table.Update(written(t, campaign.AccountVerdict{
		Account: "acct_9f31", Tenant: "acme", Time: at + 1, Status: campaign.Cleared,
	})))
	cleared := table.Lookup("acme", "acct_9f31")
	require.Equal(t, verdict.Cleared, cleared.Status)
	require.Zero(t, cleared.Severity)
	require.Zero(t, cleared.Since)
	require.Empty(t, findingsOf(cleared))
	require.Empty(t, table.Members("f-high"))
	require.Len(t, findingsOf(got), 3, "an answer that was given does not change")

	require.NoError(t, table.Update([]byte("acme/acct_9f31"), nil))
	require.Equal(t, verdict.Standing{}, table.Lookup("acme", "acct_9f31"),
		"a tombstone forgets")
	require.NoError(t, table.Update([]byte("acme/acct_9f31"), nil))
	require.Equal(t, verdict.Stats{
		Accounts: map[verdict.Status]int64{
			verdict.Unknown: 0, verdict.Cleared: 0, verdict.Watched: 0, verdict.Allowed: 0,
			verdict.Implicated: 0,
		},
		Records: 4, Forgotten: 2,
	}, table.Stats())
}

func TestTheDefaultTenantIsTheEmptyOne(t *testing.T) {
	table := verdict.NewTable()
	update(t, table, "a%2Fb",
		`{"account":"a/b","tenant":"default","time":1,"status":"cleared","findings":[]}`)
	require.Equal(t, verdict.Cleared, table.Lookup("", "a/b").Status)
	require.Equal(t, verdict.Cleared, table.Lookup("default", "a/b").Status)
	require.Equal(t, verdict.Unknown, table.Lookup("a", "b").Status)
}

func TestAStatusOfANewerReleaseIsUnknownAndItsTextIsKept(t *testing.T) {
	const finding = `"findings":[{"uid":"f","severity_id":5,"confidence":99,"since":7}]}`
	for _, tc := range []struct {
		text string
		want verdict.Status
	}{
		{"implicated", verdict.Implicated},
		{"watched", verdict.Watched},
		{"allowed", verdict.Allowed},
		{"cleared", verdict.Cleared},
		{"banned", verdict.Unknown},
		{"Implicated", verdict.Unknown},
		{"unknown", verdict.Unknown},
	} {
		table := verdict.NewTable()
		update(t, table, "a",
			`{"account":"a","tenant":"default","time":9,"status":"`+tc.text+`",`+finding)
		got := table.Lookup("", "a")
		require.Equal(t, tc.want, got.Status, tc.text)
		require.Equal(t, tc.text, got.Text)
		require.Equal(t, verdict.Critical, got.Severity)
		require.Equal(t, time.UnixMilli(7), got.Since)
		require.Equal(t, int64(1), table.Stats().Accounts[tc.want])
		policy := verdict.DefaultPolicy()
		decision := policy.Decide(verdict.Answer{Standing: got, Freshness: verdict.Fresh})
		require.Equal(t, tc.want != verdict.Implicated, decision.Allow)
	}
}

func TestARecordThatCannotBeReadLeavesTheStandingAsItWas(t *testing.T) {
	const (
		head    = `{"account":"a","tenant":"default","time":9,"status":"implicated","findings":`
		finding = `{"uid":"f","severity_id":4,"confidence":86,"since":7}`
	)
	replaced := func(old, now string) string {
		return strings.Replace(head+"["+finding+"]}", old, now, 1)
	}
	long := strings.Repeat("x", 300)
	for _, tc := range []struct{ name, key, value, want string }{
		{"empty", "a", "", "not the JSON"},
		{"null", "a", "null", "another account"},
		{"cut", "a", head, "not the JSON"},
		{"two values", "a", replaced("", "") + "{}", "not the JSON"},
		{"a number as status", "a", replaced(`"implicated"`, "1"), "not the JSON"},
		{"no status", "a", replaced("implicated", ""), "no status"},
		{"a status too long", "a", replaced("implicated", long), "no status"},
		{"implicated by nothing", "a", head + "[]}", "names no finding"},
		{"no uid", "a", replaced(`"f"`, `""`), "no uid"},
		{"a uid too long", "a", replaced(`"f"`, `"`+long+`"`), "no uid"},
		{"another severity", "a", replaced(`:4`, `:99`), "severity_id"},
		{"a negative severity", "a", replaced(`:4`, `:-1`), "severity_id"},
		{"more than certain", "a", replaced(`86`, `101`), "confidence"},
		{"since before 1970", "a", replaced(`:7}`, `:-7}`), "since"},
		{"a time after the year 9999", "a", replaced(`:9,`, `:253402300800000,`), "the time"},
		{"another account", "a", replaced(`"a"`, `"b"`), "another account"},
		{"another tenant", "a", replaced("default", "acme"), "another account"},
		{"a key without account", "", replaced("", ""), "the key"},
		{"a key without tenant", "/a", replaced("", ""), "the key"},
		{"a key of the default tenant in full", "default/a", replaced("", ""), "the key"},
		{"a key that is escaped without need", "%61", replaced("", ""), "the key"},
		{"a key of three parts", "t/x/a", replaced("", ""), "the key"},
		{"a key that is not escaped", "%zz", replaced("", ""), "the key's account"},
		{"a tenant that is not escaped", "%zz/a", replaced("", ""), "the key's tenant"},
		{"a key too long", strings.Repeat("x", 5000), replaced("", ""), "the key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			table := verdict.NewTable()
			update(t, table, "a", `{"account":"a","tenant":"default","time":9,"status":"cleared"}`)
			before := table.Lookup("", "a")
			err := table.Update([]byte(tc.key), []byte(tc.value))
			require.ErrorContains(t, err, tc.want)
			require.Equal(t, before, table.Lookup("", "a"))
			stats := table.Stats()
			require.Equal(t, []int64{2, 1}, []int64{stats.Records, stats.Unreadable})
			require.Equal(t, int64(1), stats.Accounts[verdict.Cleared])
			require.NotContains(t, err.Error(), long)
		})
	}
}

func TestEveryNameThatStillwatchWritesIsRead(t *testing.T) {
	name := rapid.OneOf(
		rapid.StringN(1, 20, -1),
		rapid.StringOfN(rapid.SampledFrom([]rune("a/%2F:@ défault")), 1, 6, -1),
		rapid.StringOfN(rapid.SampledFrom([]rune("aé")), 240, 300, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 8), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		account := name.Draw(t, "account")
		tenant := rapid.OneOf(rapid.Just(""), rapid.Just("default"), name).Draw(t, "tenant")
		table := verdict.NewTable()
		key, value := written(t, campaign.AccountVerdict{
			Account: account, Tenant: tenant, Time: at, Status: campaign.Watched,
			Findings: []campaign.FindingRef{{UID: "f", Severity: campaign.Low, Since: at}},
		})
		require.NoError(t, table.Update(key, value))
		require.Equal(t, verdict.Watched, table.Lookup(tenant, account).Status)
		require.NoError(t, table.Update(alert.AccountKey(tenant, account), nil))
		require.Equal(t, verdict.Unknown, table.Lookup(tenant, account).Status)
	})
}

func TestATableSaysAfterAnyRecordsWhatAMapWouldSay(t *testing.T) {
	type whom struct{ tenant, account string }
	rapid.Check(t, func(t *rapid.T) {
		table := verdict.NewTable()
		model := map[whom]campaign.AccountVerdict{}
		accounts := rapid.SampledFrom([]int{3, 100, 600}).Draw(t, "accounts")
		seed := rapid.Uint64().Draw(t, "seed")
		random := func(n int) int {
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed>>33) % n
		}
		unreadable, records := int64(0), rapid.IntRange(0, 800).Draw(t, "records")
		for i := range records {
			who := whom{
				[]string{"default", "acme", "b/c"}[random(3)], fmt.Sprintf("a%d", random(accounts)),
			}
			v := campaign.AccountVerdict{
				Account: who.account, Tenant: who.tenant, Time: int64(1 + i),
				Status: campaign.Cleared,
			}
			key := alert.AccountKey(who.tenant, who.account)
			switch random(5) {
			case 0:
				require.NoError(t, table.Update(key, nil))
				delete(model, who)
				continue
			case 1:
				require.Error(t, table.Update(key, []byte(`{"account":`)))
				unreadable++
				continue
			case 2:
				v.Status = campaign.Implicated
				for f := range 1 + random(4) {
					v.Findings = append(v.Findings, campaign.FindingRef{
						UID: fmt.Sprintf("f%d-%d", f, random(50)), Confidence: random(101),
						Severity: campaign.Severity(5 - f), Since: int64(1 + random(i+1)),
					})
				}
			}
			require.NoError(t, table.Update(written(t, v)))
			model[who] = v
		}
		members := map[string]int{}
		byStatus := map[string]int64{}
		for who, v := range model {
			byStatus[string(v.Status)]++
			got := table.Lookup(who.tenant, who.account)
			require.Equal(t, string(v.Status), got.Status.String())
			require.Equal(t, v.Time, got.Changed.UnixMilli())
			refs := findingsOf(got)
			require.Len(t, refs, len(v.Findings))
			for i, f := range v.Findings {
				members[f.UID]++
				require.Equal(t, verdict.Finding{
					UID: f.UID, Severity: verdict.Severity(f.Severity), Confidence: f.Confidence,
					Since: time.UnixMilli(f.Since),
				}, refs[i])
			}
		}
		for uid, n := range members {
			require.Len(t, table.Members(uid), n)
		}
		for i := range accounts {
			who := whom{"acme", fmt.Sprintf("a%d", i)}
			if _, known := model[who]; !known {
				require.Equal(t, verdict.Standing{}, table.Lookup(who.tenant, who.account))
			}
		}
		stats := table.Stats()
		maps.DeleteFunc(stats.Accounts, func(_ verdict.Status, n int64) bool { return n == 0 })
		require.Len(t, stats.Accounts, len(byStatus))
		for status, n := range stats.Accounts {
			require.Equal(t, byStatus[status.String()], n)
		}
		require.Equal(t, []int64{int64(records), unreadable},
			[]int64{stats.Records, stats.Unreadable})
	})
}

// TestReadersSeeWholeRecordsWhileTheTableChanges lets readers look while accounts change, go and
// come, and the table is made anew: every answer must be one of a record that was written.
func TestReadersSeeWholeRecordsWhileTheTableChanges(t *testing.T) {
	const accounts, rounds = 500, 12
	table := verdict.NewTable()
	name := func(i int) string { return fmt.Sprintf("acct_%d", i) }
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				got := table.Lookup("", name(i%accounts))
				switch got.Status {
				case verdict.Unknown, verdict.Cleared:
				case verdict.Implicated:
					refs := findingsOf(got)
					// In a record, the uid holds the account, and the confidence the round.
					want := fmt.Sprintf("%d-%d", i%accounts, got.Confidence)
					if len(refs) != 1 || refs[0].UID != want || got.Severity != verdict.High {
						t.Errorf("account %d: %v", i%accounts, refs)
						return
					}
				default:
					t.Errorf("status %v was never written", got.Status)
					return
				}
			}
		})
	}
	for round := range rounds {
		for i := range accounts {
			v := campaign.AccountVerdict{Account: name(i), Time: at, Status: campaign.Cleared}
			if (i+round)%3 != 0 {
				v.Status = campaign.Implicated
				v.Findings = []campaign.FindingRef{{
					UID: fmt.Sprintf("%d-%d", i, round), Severity: campaign.High,
					Confidence: round, Since: at,
				}}
			}
			require.NoError(t, table.Update(written(t, v)))
			if (i+round)%7 == 0 {
				require.NoError(t, table.Update(alert.AccountKey("", name(i)), nil))
			}
		}
	}
	close(done)
	readers.Wait()
}

func TestALookupAllocatesNothing(t *testing.T) {
	table := verdict.NewTable()
	require.NoError(t, table.Update(written(t, campaign.AccountVerdict{
		Account: "a", Tenant: "acme", Time: at, Status: campaign.Implicated,
		Findings: []campaign.FindingRef{
			{UID: "f", Severity: campaign.High, Confidence: 10, Since: at},
			{UID: "g", Severity: campaign.Medium, Confidence: 90, Since: at},
		},
	})))
	policy := verdict.DefaultPolicy()
	policy.MinConfidence = 80
	denied := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, account := range [...]string{"a", "b"} {
			answer := verdict.Answer{
				Standing: table.Lookup("acme", account), Freshness: verdict.Fresh,
			}
			if !policy.Decide(answer).Allow {
				denied++
			}
		}
	}))
	require.Equal(t, 101, denied)
}
