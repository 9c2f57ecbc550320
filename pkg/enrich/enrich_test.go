package enrich

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

const signUp = 1792479600000 // 2026-10-20T07:00:00Z

func readCSV(t *testing.T, text string) (*Table, []string) {
	t.Helper()
	var bad []string
	table, err := ReadCSV(strings.NewReader(text), func(e *RowError) {
		bad = append(bad, e.Error())
	})
	require.NoError(t, err)
	return table, bad
}

func TestAFileOfFactsIsReadRowByRow(t *testing.T) {
	table, bad := readCSV(t, "\ufeffAccount, created_at,payment_fp,payment_issuer,plan,org_id,verified,email_domain,tenant\r\n"+
		"a,2026-10-20T09:00:00+02:00,f1,i1,pro,org,TRUE,example.org,\r\n"+
		"\n"+
		`"b,2",1792479600000,"-",null,"say ""hi""",,0,,t2`+"\n"+
		"c,soon,f3,,,,,,\n"+
		`d,,"f4,,,,,,`+"\n"+
		"e,2026-10-20\n"+
		",,,,,,,,\n"+
		"f,,,,,,perhaps,,\n"+
		"g,,,,,,,,\n"+
		"g,2026-10-20,,,,,,,\n"+
		"h\x01,,,,,,,,\n"+
		"i,,\xff,,,,,,\n"+
		"j,1970-01-01,,,,,,,")
	require.Equal(t, []string{
		"line 5: created_at is no time of this century: give RFC 3339, a day, or epoch milliseconds",
		"line 6: the quotes do not match",
		"line 7: 2 fields where 9 are named",
		"line 8: account is missing",
		"line 9: verified is neither true nor false",
		"line 12: account is longer than 256 bytes or has control characters",
		"line 13: payment_fp is not UTF-8",
		"line 14: created_at is no time of this century: give RFC 3339, a day, or epoch milliseconds",
	}, bad)
	require.Equal(t, 3, table.Len())
	for _, tc := range []struct {
		tenant, account string
		want            Facts
	}{
		{"", "a", Facts{
			CreatedAt: signUp, PaymentFP: "f1", PaymentIssuer: "i1", Plan: "pro", OrgID: "org",
			EmailDomain: "example.org", Verified: event.Bool{V: true, Known: true},
		}},
		{
			"t2", "b,2",
			Facts{CreatedAt: signUp, Plan: `say "hi"`, Verified: event.Bool{Known: true}},
		},
		{"default", "g", Facts{CreatedAt: signUp - 7*60*60*1000}},
	} {
		got, ok := table.Facts(tc.tenant, tc.account)
		require.True(t, ok, tc.account)
		require.Equal(t, tc.want, got, tc.account)
	}
	_, ok := table.Facts("", "b,2")
	require.False(t, ok, "another tenant's")
}

func TestAFileThatIsNoTableOfFactsSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "the file is empty: begin it with a line that names its columns, of tenant, account, created_at,",
		"account,age\na,3\n":          `line 1, which names the columns: unknown column "age"; there are tenant, account, created_at, payment_fp, payment_issuer, plan, org_id, verified, email_domain`,
		"acct-1,2026-10-20\n":         "line 1, which names the columns: it names none of tenant, account, created_at",
		"account,account\n":           "column account is there twice",
		"\nplan\npro\n":               "line 2, which names the columns: no column is called account",
		`account,"plan` + "\n":        "the quotes do not match",
		"account\n" + longLine("x"):   "token too long",
		"account" + longLine(",plan"): "token too long",
	} {
		_, err := ReadCSV(strings.NewReader(text), func(*RowError) { t.Error("a row") })
		require.ErrorContains(t, err, want)
	}
}

func longLine(of string) string { return strings.Repeat(of, 1+maxLine/len(of)) }

func TestARecordOfTheTopicUpdatesItsAccount(t *testing.T) {
	table := NewTable()
	facts := func(tenant, account string) any {
		if f, ok := table.Facts(tenant, account); ok {
			return f
		}
		return nil
	}
	require.NoError(t, table.Update([]byte("a"), []byte(
		`{"created_at":"2026-10-20T07:00:00Z","payment_fp":"f","payment_issuer":"i","plan":"pro","org_id":"o","verified":true,"email_domain":"d","other":{"x":[]}}`)))
	require.Equal(t, Facts{
		CreatedAt: signUp, PaymentFP: "f", PaymentIssuer: "i", Plan: "pro", OrgID: "o",
		EmailDomain: "d", Verified: event.Bool{V: true, Known: true},
	}, facts("", "a"))
	require.NoError(t, table.Update(
		[]byte("a"),
		[]byte(`{"tenant":null,"account":"","created_at":1792479600000,"verified":"false"}`),
	))
	require.Equal(t, Facts{CreatedAt: signUp, Verified: event.Bool{Known: true}},
		facts("default", "a"), "a record tells all, what it leaves out is unknown")

	require.NoError(
		t, table.Update([]byte("t2/a"), []byte(`{"tenant":"t2","account":"a","plan":"pro"}`)),
	)
	require.Equal(t, Facts{Plan: "pro"}, facts("t2", "a"))
	require.Equal(t, 2, table.Len())

	for value, want := range map[string]string{
		`{`: "not a JSON object", `null`: "not a JSON object", `[]`: "not a JSON object",
		``: "not a JSON object", `{"plan":{}}`: "plan is no string, number or boolean",
		`{"created_at":"x"}`: "created_at is no time", `{"account":"\u0000"}`: "account is longer",
	} {
		require.ErrorContains(t, table.Update([]byte("a"), []byte(value)), want)
	}
	require.ErrorContains(t, table.Update([]byte("a\x00b"), []byte(`{}`)), "control characters")
	require.ErrorContains(t, table.Update(nil, []byte(`{}`)), "account is missing")
	require.Equal(t, Facts{CreatedAt: signUp, Verified: event.Bool{Known: true}}, facts("", "a"),
		"what cannot be read changes nothing")

	require.NoError(t, table.Update([]byte("t2/a"), nil))
	require.Nil(t, facts("t2", "a"), "a deletion names the key only")
	require.NotNil(t, facts("", "a"))
	require.NoError(t, table.Update([]byte("a"), []byte(`{"account":"b","plan":"pro"}`)))
	require.Nil(t, facts("", "a"), "the key speaks for another account now")
	require.NotNil(t, facts("", "b"))
	require.NoError(t, table.Update([]byte("a"), nil))
	require.NoError(t, table.Update([]byte("a"), nil))
	require.Zero(t, table.Len())
	require.Empty(t, table.owners)
}

type networks map[string]Network

func (n networks) Network(addr netip.Addr) Network { return n[addr.String()] }

func TestOnlyWhatTheEventLeavesUnknownIsFilled(t *testing.T) {
	first, _ := readCSV(t, "account,plan,created_at,verified\nacct,gold,2026-10-20,true\n")
	second, _ := readCSV(
		t, "account,plan,payment_fp,payment_issuer,org_id,email_domain\nacct,silver,f,i,o,d\n",
	)
	e := &Enricher{
		Accounts: []Accounts{first, second},
		Networks: []Networks{
			networks{"198.18.4.7": {ASN: 64500, ASOrg: "Example Net"}},
			networks{"198.18.4.7": {ASN: 64501, ASOrg: "Other", Country: "DE"}},
		},
	}
	known := func(v bool) event.Bool { return event.Bool{V: v, Known: true} }
	for _, tc := range []struct {
		name, account string
		in, want      event.Event
		filled        int
	}{
		{
			name: "everything", account: "acct",
			in: event.Event{Client: event.Client{IP: "198.18.4.7"}},
			want: event.Event{
				Account: event.Account{
					CreatedAt: signUp - 7*60*60*1000, Plan: "gold", PaymentFP: "f",
					PaymentIssuer: "i", OrgID: "o", EmailDomain: "d", Verified: known(true),
				},
				Client: event.Client{
					IP: "198.18.4.7", ASN: event.Int{V: 64500, Known: true},
					ASOrg: "Example Net", Country: "DE",
				},
			},
			filled: 10,
		},
		{
			name: "nothing, for the event knows it all", account: "acct",
			in: event.Event{
				Account: event.Account{
					CreatedAt: 1, Plan: "p", PaymentFP: "x", PaymentIssuer: "x", OrgID: "x",
					EmailDomain: "x", Verified: known(false),
				},
				Client: event.Client{
					IP: "198.18.4.7", ASN: event.Int{V: 1, Known: true}, ASOrg: "x", Country: "x",
				},
			},
			want: event.Event{
				Account: event.Account{
					CreatedAt: 1, Plan: "p", PaymentFP: "x", PaymentIssuer: "x", OrgID: "x",
					EmailDomain: "x", Verified: known(false),
				},
				Client: event.Client{
					IP: "198.18.4.7", ASN: event.Int{V: 1, Known: true}, ASOrg: "x", Country: "x",
				},
			},
		},
		{
			name: "no name of another network", account: "other",
			in: event.Event{
				Client: event.Client{IP: "198.18.4.7", ASN: event.Int{V: 7, Known: true}},
			},
			want: event.Event{
				Client: event.Client{
					IP: "198.18.4.7", ASN: event.Int{V: 7, Known: true}, Country: "DE",
				},
			},
			filled: 1,
		},
		{name: "nothing of an unknown account without an address", account: "other"},
		{
			name: "nothing of an account of another tenant", account: "acct",
			in: event.Event{Tenant: "t2"}, want: event.Event{Tenant: "t2"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var filled Filled
			e.Apply(&tc.in, tc.in.Tenant, tc.account, &filled)
			require.Equal(t, tc.want, tc.in)
			n := 0
			for _, count := range filled {
				n += int(count)
			}
			require.Equal(t, tc.filled, n)
		})
	}
}

func TestEveryFieldHasTheNameOfAField(t *testing.T) {
	seen := map[string]bool{}
	for f := range NumFields {
		require.NotEmpty(t, f.Name())
		require.False(t, seen[f.Name()])
		seen[f.Name()] = true
	}
}

func TestAnAccountTakesAFewHundredBytes(t *testing.T) {
	const accounts = 100_000
	var text strings.Builder
	text.WriteString("account,created_at,payment_fp,payment_issuer,plan,email_domain\n")
	for i := range accounts {
		fmt.Fprintf(&text, "acct_%016x,2026-10-20,%032x,issuer-%d,pro,example%d.org\n",
			i*7919, i*104729, i%50, i%1000)
	}
	in := text.String()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table, bad := readCSV(t, in)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Empty(t, bad)
	require.Equal(t, accounts, table.Len())
	each := float64(after.HeapAlloc-before.HeapAlloc) / accounts
	t.Logf("%.0f bytes an account", each)
	require.Less(t, each, 500.0)
	runtime.KeepAlive(in)
}

func BenchmarkApply(b *testing.B) {
	table, err := ReadCSV(strings.NewReader("account,plan,created_at\nacct,gold,2026-10-20\n"), nil)
	require.NoError(b, err)
	e := &Enricher{Accounts: []Accounts{table}}
	var filled Filled
	b.ReportAllocs()
	for b.Loop() {
		var ev event.Event
		e.Apply(&ev, "", "acct", &filled)
	}
}
