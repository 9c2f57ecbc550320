package soc

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var query = regexp.MustCompile("(?s)### ([^\n]+)\n(?:[^#]*?)`POST stillwatch-(\\w+)/_search`[^#]*?```json\n(.*?)```")

// queries are those of the page: the index and the request, by heading.
func queries(t *testing.T) map[string][2]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/soc/elastic.md")
	require.NoError(t, err)
	out := map[string][2]string{}
	for _, m := range query.FindAllStringSubmatch(string(page), -1) {
		out[m[1]] = [2]string{m[2], m[3]}
	}
	require.Len(t, out, strings.Count(string(page), "```json"))
	return out
}

func TestTheQueriesOfThePageFindWhatItSays(t *testing.T) {
	n, out := openSearch(t), records(t)
	index := map[string]string{}
	for _, of := range []string{"findings", "records", "accounts"} {
		index[of] = n.fresh(of)
	}
	n.upsert(index["findings"], lines(out.alerts)...)
	n.insert(index["records"], lines(out.alerts)...)
	findings := last(out.alerts)
	var campaign, closed record
	for _, r := range out.alerts {
		switch {
		case r.f.Kind == "campaign" && campaign.Key == "":
			campaign = r
		case r.Key == campaign.Key && r.doc["activity_id"] == 3.0 && closed.Key == "":
			closed = r
		}
	}
	require.NotEmpty(t, closed.Key)
	// The clock stands at the campaign's first alert.
	clock := campaign.doc["time"].(float64)
	now := strconv.FormatInt(int64(clock), 10) + "||-15m"
	// The accounts' states are those before the finding was closed.
	var accounts []line
	newest := map[string]account{}
	for _, value := range out.accounts {
		var a account
		require.NoError(t, json.Unmarshal(value, &a))
		if a.Time < closed.f.Modified {
			accounts = append(accounts, line{a.Account, value})
			newest[a.Account] = a
		}
	}
	n.upsert(index["accounts"], accounts...)

	uid := func(r record) string { return get(r.doc, "metadata.uid").(string) }
	for heading, want := range map[string]func() []string{
		"New alerts": func() (ids []string) {
			var list []record
			for _, r := range out.alerts {
				if r.doc["is_alert"] == true && r.doc["time"].(float64) > clock-15*60_000 {
					list = append(list, r)
				}
			}
			for _, r := range mostUrgentFirst(list) {
				ids = append(ids, uid(r))
			}
			return ids
		},
		"Open findings": func() (ids []string) {
			var list []record
			for _, r := range findings {
				if r.doc["activity_id"] != 3.0 {
					list = append(list, r)
				}
			}
			for _, r := range mostUrgentFirst(list) {
				ids = append(ids, r.Key)
			}
			return ids
		},
		"The history of a finding": func() (ids []string) {
			for _, r := range out.alerts {
				if r.Key == campaign.Key {
					ids = append(ids, uid(r))
				}
			}
			return ids
		},
		"All findings about a campaign": func() (ids []string) {
			for _, r := range out.alerts {
				if r.f.Campaign == campaign.f.Campaign && !slices.Contains(ids, r.Key) {
					ids = append(ids, r.Key)
				}
			}
			return ids
		},
		"All members of a finding": func() (ids []string) {
			for name, a := range newest {
				for _, f := range a.Findings {
					if a.Status == "implicated" && f.UID == campaign.Key {
						ids = append(ids, name)
					}
				}
			}
			return ids
		},
	} {
		q, ok := queries(t)[heading]
		require.True(t, ok, heading)
		text := strings.NewReplacer("FINDING", campaign.Key, "CAMPAIGN", campaign.f.Campaign,
			"now-15m", now).Replace(q[1])
		ids, _ := n.search(index[q[0]], text)
		require.NotEmpty(t, ids, heading)
		if heading == "All members of a finding" {
			require.ElementsMatch(t, want(), ids, heading)
			continue
		}
		require.Equal(t, want(), ids, heading)
	}
	require.Len(t, queries(t), 5)
}

// account is a record of the accounts topic.
type account struct {
	Account, Status string
	Time            int64
	Findings        []struct{ UID string }
}

func mostUrgentFirst(list []record) []record {
	slices.SortStableFunc(list, func(a, b record) int {
		return int(b.doc["risk_score"].(float64) - a.doc["risk_score"].(float64))
	})
	return list
}
