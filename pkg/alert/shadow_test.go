package alert_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// shadowed is the pool's finding in shadow.
func shadowed() *campaign.Finding {
	f := pool()
	f.Shadow = &campaign.Shadow{
		Detectors: []string{"hours", "subjects"}, AlsoAlerted: true,
		Alerts: []string{"90d8d484-f6bc-5e60-ab3d-13472746b82c"},
	}
	return f
}

func TestNoRecordInShadowAlertsAndEachSaysWhatItIs(t *testing.T) {
	e := encoder(t)
	type told struct {
		IsAlert  bool `json:"is_alert"`
		Metadata struct {
			Labels []string `json:"labels"`
		} `json:"metadata"`
		Info struct {
			Analytic struct {
				StateID int    `json:"state_id"`
				State   string `json:"state"`
			} `json:"analytic"`
		} `json:"finding_info"`
		Message string `json:"message"`
	}
	for activity := campaign.Create; activity <= campaign.Close; activity++ {
		for severity := campaign.Informational; severity <= campaign.Critical; severity++ {
			for _, muted := range []bool{false, true} {
				f := shadowed()
				f.Activity, f.Severity, f.Muted = activity, severity, muted
				r, err := e.Finding(f)
				require.NoError(t, err)
				require.NoError(t, validate(t, r.Value))
				require.NoError(t, alerttest.Check(r.Value))
				var got told
				require.NoError(t, json.Unmarshal(r.Value, &got))
				require.False(t, got.IsAlert)
				require.Contains(t, got.Metadata.Labels, "shadow")
				require.Equal(t, 3, got.Info.Analytic.StateID)
				require.Equal(t, "Experimental", got.Info.Analytic.State)
				require.Regexp(t, "^In shadow: ", got.Message)
				back, err := alert.Parse(r.Value)
				require.NoError(t, err)
				require.Equal(t, f.Shadow, back.Shadow)
				require.Contains(t, alert.Text(f, alert.TextOptions{}), "in shadow: alerts nobody")
			}
		}
	}
}

func TestWhatOfARecordSaysThatItIsInShadowGoesTogether(t *testing.T) {
	r, err := encoder(t).Finding(shadowed())
	require.NoError(t, err)
	for name, damage := range map[string]func(doc map[string]any){
		"an alert": func(doc map[string]any) { doc["is_alert"] = true },
		"no label": func(doc map[string]any) {
			doc["metadata"].(map[string]any)["labels"] = []any{"distillation"}
		},
		"an analytic in use": func(doc map[string]any) {
			a := doc["finding_info"].(map[string]any)["analytic"].(map[string]any)
			a["state_id"], a["state"] = 1, "Active"
		},
		"no detail": func(doc map[string]any) {
			delete(doc["unmapped"].(map[string]any)["stillwatch"].(map[string]any), "shadow")
		},
	} {
		var doc map[string]any
		require.NoError(t, json.Unmarshal(r.Value, &doc))
		damage(doc)
		// Time has to stay the first key.
		delete(doc, "time")
		rest, err := json.Marshal(doc)
		require.NoError(t, err)
		damaged := append([]byte(`{"time":1772432400000,`), rest[1:]...)
		require.ErrorContains(t, alerttest.Check(damaged), "shadow", name)
	}
}
