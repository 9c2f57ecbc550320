package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// noon is the timestamp of the records in these tests, and the time of ingestEvent's events.
const noon = int64(1_793_613_600_000)

// unreadables runs a record and returns what it says of unreadable ones, with the dead letters.
func unreadables(
	t *testing.T, task stage.Task, r stage.Record,
) (seen []fingerprint.Observation, dead []stage.Out, counts map[string]int64) {
	t.Helper()
	res, err := task.Process([]stage.Record{r})
	require.NoError(t, err)
	for _, out := range res.Out {
		if out.To == stage.DeadLetters {
			dead = append(dead, out)
			continue
		}
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary(out.Value))
		require.Equal(t, o.Tenant+"\x00"+o.Account, string(out.Key))
		if o.Unreadable {
			seen = append(seen, o)
		}
	}
	return seen, dead, stagetest.Counted(res.Counts)
}

func TestADeadLetterThatNamesAnAccountIsCountedForIt(t *testing.T) {
	const earlier = noon - 3_600_000
	var (
		timed  = fmt.Sprintf(`"time":%d`, earlier)
		future = fmt.Sprintf(`"time":%d`, noon+100*3_600_000)
	)
	for _, c := range []struct {
		name, record    string
		reason          string
		tenant, account string
		at              int64
	}{
		{
			"a field is missing",
			`{"account":{"id":"a"},` + timed + `}`,
			event.ReasonMissingField, "default", "a", earlier,
		},
		{
			"of a tenant",
			`{"tenant":"acme","account":{"id":"a"},` + timed + `}`,
			event.ReasonMissingField, "acme", "a", earlier,
		},
		{
			"cut after the account",
			`{"id":"x","account":{"id":"a"},` + timed + `,"content":{"input":"lor`,
			event.ReasonMalformed, "default", "a", earlier,
		},
		{
			"an unreadable time: the record's",
			`{"id":"x","account":{"id":"a"},"time":"yesterday"}`,
			event.ReasonBadTime, "default", "a", noon,
		},
		{
			"a time of the future: the record's",
			`{"id":"x","account":{"id":"a"},` + future + `,"request":{"model":"m"}}`, reasonFuture,
			"default", "a", noon,
		},
		{
			"a sketch of another secret",
			`{"id":"x","account":{"id":"a"},` + timed +
				`,"request":{"model":"m"},"sketch":{"version":9}}`,
			reasonBadSketch, "default", "a", earlier,
		},
		{
			"nothing but an address, all read",
			`{"id":"x","account":{},"client":{"ip":"198.51.100.7"},` + timed + `}`,
			event.ReasonMissingField, "default", "198.51.100.7", earlier,
		},
		{
			"an address, and the rest unread",
			`{"id":"x","client":{"ip":"198.51.100.7"},` + timed + `,`,
			event.ReasonMalformed, "", "", 0,
		},
		{
			"an account that cannot be one",
			`{"id":"x","account":{"id":"a\u0000b"},` + timed + `,"request":{"model":"m"}}`,
			event.ReasonBadValue, "default", "hash:", earlier,
		},
		{
			"an account twice",
			`{"id":"x","account":{"id":"victim"},"account":{"id":"a"},` + timed + `}`,
			event.ReasonDuplicateKey, "", "", 0,
		},
		{
			"an account's id twice",
			`{"id":"x","account":{"id":"victim","id":"a"},` + timed + `}`,
			event.ReasonDuplicateKey, "", "", 0,
		},
		{
			"a tenant twice",
			`{"tenant":"t","account":{"id":"a"},"tenant":"u",` + timed + `}`,
			event.ReasonDuplicateKey, "", "", 0,
		},
		{
			"a raw key in the place of an account",
			`{"account":{"id":"sk-0123456789abcdef"},` + timed + `}`,
			event.ReasonMissingField, "", "", 0,
		},
		{
			"no account", `{"id":"x","account":{},` + timed + `}`, event.ReasonMissingField, "",
			"", 0,
		},
		{"no object", `garbage`, event.ReasonMalformed, "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := stage.Record{
				Topic: "gw", Partition: 3, Offset: 100, Time: noon, Value: []byte(c.record),
			}
			seen, dead, counts := unreadables(t, openIngest(t, nil), r)
			require.Len(t, dead, 1)
			require.Equal(t, c.reason, stagetest.Header(dead[0], "stillwatch-reason"))
			require.Zero(t, counts["ok"], "it is no event")
			if c.account == "" {
				require.Empty(t, seen)
				require.Empty(t, stagetest.Header(dead[0], "stillwatch-account"))
				require.Equal(t, map[string]int64{"dead_letter:" + c.reason: 1}, counts)
				return
			}
			require.EqualValues(t, 1, counts["dead_letters_by_tenant_total:"+c.tenant+":"+c.reason],
				"%v", counts)
			require.Len(t, seen, 1)
			o := seen[0]
			require.Contains(t, o.Account, c.account)
			require.Equal(t, c.tenant, o.Tenant)
			require.Equal(t, c.at, o.Time)
			require.Equal(t, o.Account, stagetest.Header(dead[0], "stillwatch-account"))
			require.Equal(t, o.Tenant, stagetest.Header(dead[0], "stillwatch-tenant"))
			want := fingerprint.Observation{
				Position: o.Position, Time: o.Time, Tenant: o.Tenant,
				Account: o.Account, Unreadable: true,
				InputTokens: -1, OutputTokens: -1, ReasoningTokens: -1, Messages: -1,
			}
			require.Equal(t, want.Account, o.Account)
			o.Sketch = want.Sketch
			require.Equal(t, want, o, "nothing else is said of it")
		})
	}
}

func TestWhatFollowsAnEventInARecordIsNotTakenForItsAccounts(t *testing.T) {
	a := ingestEvent("a", "")
	for _, record := range []string{
		"[" + a + ",7]", "[" + a + ",,]", a + "\ngarbage", a + "\n" + `{"id":`,
	} {
		r := stage.Record{Topic: "gw", Time: noon, Value: []byte(record)}
		seen, dead, _ := unreadables(t, openIngest(t, nil), r)
		require.Len(t, dead, 1, record)
		require.Empty(t, seen, record)
	}
}

func TestWithoutAnyTimeADeadLetterIsCountedForItsTenantOnly(t *testing.T) {
	record := `{"id":"x","account":{"id":"a"},"time":"yesterday"}`
	seen, _, counts := unreadables(
		t, openIngest(t, nil), stage.Record{Topic: "gw", Value: []byte(record)},
	)
	require.Empty(t, seen)
	require.EqualValues(t, 1, counts["dead_letters_by_tenant_total:default:bad_time"])
}

func TestSkippedObjectsAreNobodysDeadLetters(t *testing.T) {
	l, ok := letterOf(&gateway.SkipError{Reason: "not_llm"})
	require.False(t, ok)
	require.Zero(t, l)
}

func TestNoTextOfAnUnreadableRecordLeavesIngestButInItsDeadLetter(t *testing.T) {
	record := `{"account":{"id":"a"},"time":1793613600000,"content":{"input":"a very secret prompt"}}`
	res, err := openIngest(t, nil).Process(
		[]stage.Record{{Topic: "gw", Time: noon, Value: []byte(record)}},
	)
	require.NoError(t, err)
	for _, out := range res.Out {
		require.Equal(t, out.To == stage.DeadLetters, strings.Contains(string(out.Value), "secret"))
	}
	require.Len(t, res.Out, 2)
}
