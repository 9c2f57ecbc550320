package alert_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func TestEveryKindOfRecordIsAValidDetectionFinding(t *testing.T) {
	e := encoder(t)
	for _, kind := range []campaign.Kind{
		campaign.KindCampaign, campaign.KindAccount, campaign.KindTripwire,
	} {
		for activity := campaign.Create; activity <= campaign.Close; activity++ {
			for severity := campaign.Severity(0); severity <= campaign.Critical+1; severity++ {
				for _, muted := range []bool{false, true} {
					f := pool()
					f.Kind, f.Activity, f.Severity, f.Muted, f.Sequence = kind, activity, severity,
						muted, int(activity)
					if activity == campaign.Close {
						f.CloseReason = "quiet"
					}
					r, err := e.Finding(f)
					require.NoError(t, err)
					name := fmt.Sprintf("%s %d severity %d muted %t",
						kind, activity, severity, muted)
					require.NoError(t, validate(t, r.Value), name)
					require.NoError(t, alerttest.Check(r.Value), name)
				}
			}
		}
	}
}

func TestTheGoldenRecordsDoNotChange(t *testing.T) {
	e := encoder(t)
	create := pool()
	change := pool()
	change.Sequence, change.Activity, change.Modified = 2, campaign.Update, opened+3_600_000
	change.Members, change.Severity = 1205, campaign.Critical
	closed := pool()
	closed.Sequence, closed.Activity, closed.Modified, closed.CloseReason = 3, campaign.Close,
		opened+80*3_600_000, "merged"
	closed.Related = []string{"90d8d484-f6bc-5e60-ab3d-13472746b82c"}
	bare := &campaign.Finding{UID: "3c8a", Sequence: 1, Activity: campaign.Create, Alerts: true}
	for name, f := range map[string]*campaign.Finding{
		"create": create, "update": change, "close": closed, "bare": bare, "shadow": shadowed(),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := e.Finding(f)
			require.NoError(t, err)
			require.NoError(t, validate(t, r.Value))
			require.NoError(t, alerttest.Check(r.Value))
			var readable bytes.Buffer
			require.NoError(t, json.Indent(&readable, r.Value, "", " "))
			readable.WriteString("\n\n")
			for _, h := range r.Headers {
				fmt.Fprintf(&readable, "%s: %s\n", h.Key, h.Value)
			}
			golden(t, "finding_"+name+".golden", readable.Bytes())
		})
	}
}

func TestTheSchemaRejectsADamagedRecord(t *testing.T) {
	r, err := encoder(t).Finding(pool())
	require.NoError(t, err)
	for name, damage := range map[string]func(doc map[string]any){
		"without finding_info":                func(d map[string]any) { delete(d, "finding_info") },
		"without time":                        func(d map[string]any) { delete(d, "time") },
		"with an unknown attribute":           func(d map[string]any) { d["bits"] = 3 },
		"with a severity that does not exist": func(d map[string]any) { d["severity_id"] = 7 },
		"with an attack without a technique": func(d map[string]any) {
			d["attacks"] = []any{map[string]any{"version": "5.6.0"}}
		},
		"with an evidence of nothing": func(d map[string]any) {
			d["evidences"] = []any{map[string]any{"name": "x"}}
		},
		"with a time in words": func(d map[string]any) { d["time"] = "2026-03-02T06:20:00Z" },
	} {
		t.Run(name, func(t *testing.T) {
			var doc map[string]any
			require.NoError(t, json.Unmarshal(r.Value, &doc))
			damage(doc)
			damaged, err := json.Marshal(doc)
			require.NoError(t, err)
			require.Error(t, validate(t, damaged))
		})
	}
}

func TestAFindingSaysWhatTheProvidersRecordsSayOfTheCustomer(t *testing.T) {
	f := pool()
	r, err := encoder(t).Finding(f)
	require.NoError(t, err)
	require.NotContains(t, string(r.Value), `"customer"`, "of accounts that are none, nothing")
	f.Customer, f.Contract, f.Allowed, f.Purpose = true, true, true, "evaluation"
	f.Severity = campaign.Informational
	r, err = encoder(t).Finding(f)
	require.NoError(t, err)
	require.NoError(t, validate(t, r.Value))
	require.Contains(t, string(r.Value),
		`"customer":{"contract":true,"purpose":"evaluation","may_collect":true}`)
	require.Contains(t, string(r.Value), `"severity":"Informational"`)
	f.Contract, f.Allowed, f.Purpose = false, false, ""
	r, err = encoder(t).Finding(f)
	require.NoError(t, err)
	require.Contains(t, string(r.Value), `"customer":{"contract":false,"may_collect":false}`)
}

func TestTheSameFindingGivesTheSameBytes(t *testing.T) {
	first, err := encoder(t).Finding(pool())
	require.NoError(t, err)
	for range 20 {
		again, err := encoder(t).Finding(pool())
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

func TestARecordIsOneReadableLineThatBeginsWithTheTime(t *testing.T) {
	f := pool()
	f.Summary = "line one\nline two <b>&amp;\u2028</b>"
	r, err := encoder(t).Finding(f)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(r.Value, []byte(`{"time":1772432400000,`)))
	require.NotContains(t, string(r.Value), "\n")
	require.Contains(t, string(r.Value), "line one line two <b>&amp;")
}

// record is the part of a finding record that tests look into.
type record struct {
	IsAlert   bool   `json:"is_alert"`
	Message   string `json:"message"`
	RiskScore int    `json:"risk_score"`
	Status    string `json:"status"`
	Detail    string `json:"status_detail"`
	Count     int64  `json:"count"`
	Start     int64  `json:"start_time"`
	End       int64  `json:"end_time"`
	Metadata  struct {
		UID         string   `json:"uid"`
		Tenant      string   `json:"tenant_uid"`
		Labels      []string `json:"labels"`
		IsTruncated bool     `json:"is_truncated"`
	} `json:"metadata"`
	Info struct {
		SrcURL  string `json:"src_url"`
		Attacks []struct {
			Technique    struct{ UID string } `json:"technique"`
			SubTechnique struct{ UID string } `json:"sub_technique"`
		} `json:"attacks"`
	} `json:"finding_info"`
	Evidences   []json.RawMessage `json:"evidences"`
	Remediation struct {
		References []string `json:"references"`
	} `json:"remediation"`
	Observables []struct {
		Name, Type, Value string
	} `json:"observables"`
	Unmapped struct {
		Stillwatch struct {
			Requests int64 `json:"requests"`
			Timeline []struct {
				Time int64 `json:"time"`
			} `json:"timeline"`
		} `json:"stillwatch"`
	} `json:"unmapped"`
}

func encode(t require.TestingT, e *alert.Encoder, f *campaign.Finding) record {
	r, err := e.Finding(f)
	require.NoError(t, err)
	require.NoError(t, validate(t, r.Value))
	require.NoError(t, alerttest.Check(r.Value))
	var d record
	require.NoError(t, json.Unmarshal(r.Value, &d))
	return d
}

func TestAMutedFindingNeverAlertsAndTheStatusSaysWhatIsLeftToDo(t *testing.T) {
	for _, c := range []struct {
		name     string
		activity campaign.Activity
		muted    bool
		reason   string
		alerts   bool
		status   string
		detail   string
	}{
		{"a new finding", campaign.Create, false, "", true, "New", ""},
		{
			"a new finding of an allowed group", campaign.Create, true, "", false,
			"Suppressed", "muted",
		},
		{
			"an update because severity has risen", campaign.Update, false, "", true,
			"In Progress", "alerts again: its severity has risen",
		},
		{"an update of an allowed group", campaign.Update, true, "", false, "Suppressed", "muted"},
		{"a group that went quiet", campaign.Close, false, "quiet", false, "Resolved", "quiet: "},
		{"a group that was merged", campaign.Close, false, "merged", false, "Resolved", "merged: "},
		{
			"a dismissed finding", campaign.Close, false, "dismissed", false,
			"Resolved", "dismissed: ",
		},
		{
			"a withdrawn finding", campaign.Close, false, "withdrawn", false,
			"Deleted", "withdrawn: ",
		},
		{
			"a finding whose campaign came back", campaign.Close, false, "superseded", false,
			"Resolved", "superseded: ",
		},
		{"a summary", campaign.Close, false, "over", false, "Resolved", "over: "},
		{
			"a reason nobody foresaw", campaign.Close, false, "moon\nphase", false,
			"Resolved", "moon phase",
		},
		{"a close without a reason", campaign.Close, false, "", false, "Resolved", "closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := pool()
			f.Activity, f.Muted, f.CloseReason = c.activity, c.muted, c.reason
			d := encode(t, encoder(t), f)
			require.Equal(t, c.alerts, d.IsAlert)
			require.Equal(t, c.status, d.Status)
			require.True(t, strings.HasPrefix(d.Detail, c.detail), d.Detail)
			require.Equal(t, c.muted, len(d.Metadata.Labels) == 3)
		})
	}
}

func TestTheRiskScoreOrdersBySeverityThenConfidence(t *testing.T) {
	last := -1
	for severity := campaign.Severity(0); severity <= campaign.Critical; severity++ {
		for _, confidence := range []int{-5, 40, 99, 400} {
			f := pool()
			f.Severity, f.Confidence = severity, confidence
			score := encode(t, encoder(t), f).RiskScore
			require.GreaterOrEqual(t, score, last)
			require.LessOrEqual(t, score, 100)
			last = score
		}
	}
	require.Equal(t, 100, last)
}

func TestTechniquesFollowFromTheDetectorsThatSpoke(t *testing.T) {
	for _, c := range []struct {
		name     string
		evidence []detectors.Evidence
		want     []string
	}{
		{"no evidence names the extraction alone", nil, []string{"AML.T0024.002"}},
		{"a relay is a proxy", []detectors.Evidence{{Detector: "relay", Bits: 4}}, []string{
			"AML.T0024.002", "AML.T0008.005",
		}},
		{
			"weak evidence names nothing",
			[]detectors.Evidence{{Detector: "relay", Bits: 0.2}},
			[]string{"AML.T0024.002"},
		},
		{
			"mitigating evidence names nothing",
			[]detectors.Evidence{{Detector: "payment", Bits: -1}},
			[]string{"AML.T0024.002"},
		},
		{
			"a shared text is crafted",
			[]detectors.Evidence{
				{Detector: "prompt_template", Bits: 5}, {Detector: "prompt_layout", Bits: 3},
			},
			[]string{"AML.T0024.002", "AML.T0065"},
		},
		{
			"a structure without the words is paraphrased",
			[]detectors.Evidence{{Detector: "prompt_layout", Bits: 3}},
			[]string{"AML.T0024.002", "AML.T0065", "AML.T0068"},
		},
		{
			"accounts that came together were established",
			[]detectors.Evidence{{Detector: "signup_cohort", Bits: 3}},
			[]string{"AML.T0024.002", "AML.T0021"},
		},
		{"coercion is a jailbreak", []detectors.Evidence{{Detector: "coercion", Bits: 2}}, []string{
			"AML.T0024.002", "AML.T0054",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := pool()
			f.Evidence = c.evidence
			var got []string
			for _, a := range encode(t, encoder(t), f).Info.Attacks {
				if a.SubTechnique.UID != "" {
					got = append(got, a.SubTechnique.UID)
				} else {
					got = append(got, a.Technique.UID)
				}
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestWhatIsTooMuchIsCutAndSaysSo(t *testing.T) {
	o := alert.DefaultOptions()
	o.MaxEvidences, o.MaxTimeline = 2, 3
	e, err := alert.New(o)
	require.NoError(t, err)
	d := encode(t, e, pool())
	require.Len(t, d.Evidences, 2)
	require.Len(t, d.Unmapped.Stillwatch.Timeline, 3)
	require.Equal(t, pool().Timeline[5].Time, d.Unmapped.Stillwatch.Timeline[2].Time,
		"the newest points stay")
	require.True(t, d.Metadata.IsTruncated)

	require.False(t, encode(t, encoder(t), pool()).Metadata.IsTruncated)
	f := pool()
	f.Summary = strings.Repeat("long ", 2000)
	require.True(t, encode(t, encoder(t), f).Metadata.IsTruncated)
}

func TestARecordStaysUnderItsSizeWhateverItsLists(t *testing.T) {
	f := pool()
	for range 5000 {
		f.Sample = append(f.Sample, campaign.Member{
			Account: strings.Repeat("\x01", 300), Org: strings.Repeat("\x02", 300),
			Stack: strings.Repeat("\"", 5000),
		})
		f.Evidence = append(f.Evidence, detectors.Evidence{
			Detector: strings.Repeat("\x03", 300), Observed: strings.Repeat("\\", 5000), Bits: 1,
		})
		f.Shared = append(f.Shared, campaign.SharedAttribute{
			Attribute: strings.Repeat("\x04", 300), Value: strings.Repeat("\\", 5000),
		})
		f.Models = append(f.Models, strings.Repeat("\x05", 300))
		f.Related = append(f.Related, strings.Repeat("\x06", 300))
		f.Mitigating = append(f.Mitigating, strings.Repeat("\\", 5000))
		f.Timeline = append(
			f.Timeline, campaign.Point{Time: 1, Members: 1 << 40, Requests: 1 << 60},
		)
	}
	f.Summary, f.NextStep, f.Title = strings.Repeat("\"", 1<<20), strings.Repeat("\"", 1<<20),
		strings.Repeat("\"", 1<<20)
	for _, size := range []int{64_000, 200_000, 999_999} {
		o := alert.DefaultOptions()
		o.MaxEvidences, o.MaxTimeline, o.MaxBytes = 1000, 10_000, size
		e, err := alert.New(o)
		require.NoError(t, err)
		r, err := e.Finding(f)
		require.NoError(t, err)
		require.LessOrEqual(t, len(r.Value), size)
		require.NoError(t, validate(t, r.Value))
		require.NoError(t, alerttest.Check(r.Value))
	}
}

func TestOutOfRangeFiguresAreRepaired(t *testing.T) {
	f := pool()
	f.Requests, f.Created, f.Modified, f.FirstSeen, f.LastSeen = 1<<60, 50, 20, 9000, 10
	d := encode(t, encoder(t), f)
	require.EqualValues(t, 1<<31-1, d.Count, "count is an INT32 for Parquet readers")
	require.EqualValues(t, 1<<60, d.Unmapped.Stillwatch.Requests)
	require.EqualValues(t, 10, d.Start)
	require.EqualValues(t, 10, d.End)
}

func TestAnIdentityThatCannotBeRepairedIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(f *campaign.Finding){
		"needs a UID":      func(f *campaign.Finding) { f.UID = "" },
		"UID of 1..256":    func(f *campaign.Finding) { f.UID = strings.Repeat("x", 257) },
		"bytes of UTF-8":   func(f *campaign.Finding) { f.UID = "\xff" },
		"count from 1":     func(f *campaign.Finding) { f.Sequence = 0 },
		"unknown activity": func(f *campaign.Finding) { f.Activity = 4 },
	} {
		f := pool()
		spoil(f)
		_, err := encoder(t).Finding(f)
		require.ErrorContains(t, err, name)
	}
}

func TestLinksToConsoleAndRunbookAreWrittenWhenConfigured(t *testing.T) {
	o := alert.DefaultOptions()
	o.ConsoleURL, o.RunbookURL = "https://soc.example.com/stillwatch/",
		"https://wiki.example.com/distillation"
	e, err := alert.New(o)
	require.NoError(t, err)
	f := pool()
	d := encode(t, e, f)
	require.Equal(t, "https://soc.example.com/stillwatch/findings/"+f.UID, d.Info.SrcURL)
	require.Equal(t, []string{o.RunbookURL}, d.Remediation.References)
}

func TestObservablesAreListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range encode(t, encoder(t), pool()).Observables {
		require.False(t, seen[o.Type+o.Value], o.Value)
		seen[o.Type+o.Value] = true
	}
	require.True(t, seen["Subnet203.0.113.0/24"])
	require.True(t, seen["Account: uidorg_22"])
}

func TestHeadersFollowTheCloudEventsKafkaBinding(t *testing.T) {
	for activity, kind := range map[campaign.Activity]string{
		campaign.Create: "org.stillwatch.finding.created",
		campaign.Update: "org.stillwatch.finding.updated",
		campaign.Close:  "org.stillwatch.finding.closed",
	} {
		f := pool()
		f.Activity, f.Tenant, f.Sequence = activity, "acme/eu", 7
		r, err := encoder(t).Finding(f)
		require.NoError(t, err)
		require.Equal(t, f.UID, string(r.Key))
		got := map[string]string{}
		for _, h := range r.Headers {
			require.NotContains(t, got, h.Key)
			got[h.Key] = string(h.Value)
		}
		require.Equal(t, map[string]string{
			"ce_specversion": "1.0", "ce_id": f.UID + ":7",
			"ce_source": "/stillwatch/default/acme%2Feu", "ce_type": kind,
			"ce_time": "2026-03-02T06:20:00.000Z", "ce_subject": f.UID,
			"content-type":  "application/json",
			"ce_dataschema": "https://schema.ocsf.io/1.8.0/classes/detection_finding",
			"severity_id":   "4", "tenant": "acme/eu",
		}, got)
	}
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	o := alert.Options{MaxTimeline: -1, ConsoleURL: "soc", RunbookURL: "ftp://x"}
	_, err := alert.New(o)
	for _, key := range []string{
		"instance", "max_evidences", "max_timeline", "max_bytes", "console_url", "runbook_url",
	} {
		require.ErrorContains(t, err, key+": ")
	}
	o = alert.DefaultOptions()
	require.NoError(t, o.Validate())
}
