package alert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// lives are the records of one finding that differ for who reads messages.
func lives() map[string]*campaign.Finding {
	created, updated, muted, closed := pool(), pool(), pool(), pool()
	updated.Activity, updated.Sequence = campaign.Update, 2
	muted.Activity, muted.Sequence, muted.Muted = campaign.Update, 3, true
	updated.Alerts = false
	closed.Activity, closed.Sequence, closed.CloseReason = campaign.Close, 4, "quiet"
	return map[string]*campaign.Finding{
		"created": created, "updated": updated, "muted": muted, "closed": closed,
	}
}

func linkedEncoder(t require.TestingT) *alert.Encoder {
	o := alert.DefaultOptions()
	o.Version = "0.1.0"
	o.ConsoleURL, o.RunbookURL = "https://console.example.com/sw", "https://wiki.example.com/run"
	e, err := alert.New(o)
	require.NoError(t, err)
	return e
}

func indented(t *testing.T, text []byte) []byte {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(text, &value))
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(value))
	return []byte(out.String())
}

func TestAFindingAsMessagesOfChatAndPager(t *testing.T) {
	for name, f := range lives() {
		t.Run(name, func(t *testing.T) {
			r, err := linkedEncoder(t).Finding(f)
			require.NoError(t, err)
			slack, err := alert.SlackMessage(r.Value)
			require.NoError(t, err)
			golden(t, "slack_"+name+".json", indented(t, slack))
			pager, err := alert.PagerDutyEvent(r.Value, "0123456789abcdef0123456789abcdef")
			require.NoError(t, err)
			golden(t, "pagerduty_"+name+".json", indented(t, pager))
			for i := range f.Sample {
				require.NotContains(t, string(slack)+string(pager), f.Sample[i].Account)
			}
		})
	}
}

func TestSeveritiesInThePagersWords(t *testing.T) {
	for severity, want := range map[campaign.Severity]string{
		campaign.Informational: "info", campaign.Low: "info", campaign.Medium: "warning",
		campaign.High: "error", campaign.Critical: "critical",
	} {
		f := pool()
		f.Severity = severity
		r, err := encoder(t).Finding(f)
		require.NoError(t, err)
		event, err := alert.PagerDutyEvent(r.Value, "k")
		require.NoError(t, err)
		require.Contains(t, string(event), `"severity":"`+want+`"`)
		require.NotContains(t, string(event), "href", "there is no console to link to")
	}
}

// TestNoTextOfTheTrafficCanMentionOrLinkAndLimitsAreKept makes messages of random findings and
// holds them against what Slack and PagerDuty take.
func TestNoTextOfTheTrafficCanMentionOrLinkAndLimitsAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFinding(t)
		if rapid.Bool().Draw(t, "hostile") {
			f.Title = "<!channel> <@U1> <https://evil.example.com|help> & " + f.Title
			f.Summary = strings.Repeat(f.Title, 100)
			f.NextStep, f.Tenant = f.Summary, f.Title
		}
		r, err := linkedEncoder(t).Finding(f)
		require.NoError(t, err)
		text, err := alert.SlackMessage(r.Value)
		require.NoError(t, err)
		var m struct {
			Text   string
			Blocks []struct {
				Type     string
				Text     *struct{ Type, Text string }
				Fields   []struct{ Type, Text string }
				Elements []struct{ Type, Text string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &m))
		require.LessOrEqual(t, len(m.Blocks), 50)
		require.NotEmpty(t, m.Text)
		harmless := func(kind, text string, limit int) {
			require.NotEmpty(t, text)
			require.LessOrEqual(t, len([]rune(text)), limit)
			if kind == "mrkdwn" {
				require.NotContains(t, text, "<!")
				require.NotContains(t, text, "<@")
				require.NotContains(t, text, "<https://evil")
			}
		}
		harmless("mrkdwn", m.Text, 40_000)
		for _, b := range m.Blocks {
			if b.Text != nil {
				limit := 3000
				if b.Type == "header" {
					limit = 150
				}
				harmless(b.Text.Type, b.Text.Text, limit)
			}
			require.LessOrEqual(t, len(b.Fields), 10)
			for _, field := range b.Fields {
				harmless(field.Type, field.Text, 2000)
			}
			for _, e := range b.Elements {
				harmless(e.Type, e.Text, 2000)
			}
		}

		event, err := alert.PagerDutyEvent(r.Value, "k")
		require.NoError(t, err)
		require.Less(t, len(event), 512<<10)
		var p struct {
			Action  string `json:"event_action"`
			Key     string `json:"dedup_key"`
			Payload *struct{ Summary, Source, Severity string }
		}
		require.NoError(t, json.Unmarshal(event, &p))
		require.Equal(t, f.UID, p.Key)
		require.Equal(t, f.Activity == campaign.Close || f.Muted, p.Action == "resolve")
		if p.Action == "trigger" {
			require.LessOrEqual(t, len(p.Payload.Summary), 1024)
			require.NotEmpty(t, p.Payload.Source)
		}
	})
}

func TestMessagesAreMadeOfFindingsOnly(t *testing.T) {
	_, err := alert.SlackMessage([]byte("{}"))
	require.ErrorContains(t, err, "no Detection Finding")
	_, err = alert.PagerDutyEvent([]byte("{"), "k")
	require.ErrorContains(t, err, "read finding")
}

func TestTheHeadOfARecordIsThatOfItsFinding(t *testing.T) {
	for name, f := range lives() {
		r, err := encoder(t).Finding(f)
		require.NoError(t, err)
		head, err := alert.ParseHead(r.Value)
		require.NoError(t, err)
		require.Equal(t, alert.Head{
			UID: f.UID, Record: f.UID + ":" + string('0'+rune(f.Sequence)), Sequence: f.Sequence,
			Activity: f.Activity, Severity: f.Severity, IsAlert: name == "created",
			Muted: f.Muted,
		}, head)
	}
	for value, want := range map[string]string{
		`{`:                    "no JSON object",
		`{"class_uid":"2004"}`: "no JSON object",
		`{}`:                   "class_uid",
		`{"class_uid":2004}`:   "activity_id",
		`{"class_uid":2004,"activity_id":1,"severity_id":1000}`:                                                                              "severity_id",
		`{"class_uid":2004,"activity_id":1}`:                                                                                                 "metadata.sequence",
		`{"class_uid":2004,"activity_id":1,"metadata":{"sequence":1,"uid":"a.b"}}`:                                                           "metadata.uid",
		`{"class_uid":2004,"activity_id":1,"metadata":{"sequence":1,"uid":"a:1"},"finding_info":{"uid":"a\nb"}}`:                             "finding_info.uid",
		`{"class_uid":2004,"activity_id":1,"metadata":{"sequence":1,"uid":"a:1"},"finding_info":{"uid":"` + strings.Repeat("x", 300) + `"}}`: "finding_info.uid",
	} {
		_, err := alert.ParseHead([]byte(value))
		require.ErrorContains(t, err, want)
	}
}

func FuzzHead(f *testing.F) {
	f.Add([]byte(`{"class_uid":2004,"activity_id":1,"metadata":{"sequence":1,"uid":"a:1"},"finding_info":{"uid":"a"}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		head, err := alert.ParseHead(value)
		if err == nil {
			require.NotContains(t, head.Record, ".")
			require.NotEmpty(t, head.UID)
			require.Positive(t, head.Sequence)
		}
	})
}
