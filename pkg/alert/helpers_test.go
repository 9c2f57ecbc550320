package alert_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ocsfSchema compiles the vendored schema once; formats such as IP addresses are asserted.
var ocsfSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(
		filepath.Join("..", "..", "configs", "schema", "ocsf_detection_finding_1.8.0.schema.json"),
	)
})

// validate checks a record against the schema.
func validate(t require.TestingT, record []byte) error {
	schema, err := ocsfSchema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(record))
	require.NoError(t, err)
	return schema.Validate(doc)
}

func encoder(t require.TestingT) *alert.Encoder {
	o := alert.DefaultOptions()
	o.Version = "0.1.0"
	e, err := alert.New(o)
	require.NoError(t, err)
	return e
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write the golden file")
	require.Equal(t, string(want), string(got))
}

// opened is 2026-03-02 06:20 UTC.
const opened int64 = 1_772_432_400_000

// pool is a finding such as the demo's: a reseller's pool with one template, one client and one
// issuer.
func pool() *campaign.Finding {
	const hour = 3_600_000
	work, client, funding := detectors.Work, detectors.Client, detectors.Funding
	f := &campaign.Finding{
		UID:      "a27d933d-2e73-53ed-95f5-0dd6bb9ec559",
		Campaign: "13bfce64-bc81-50e8-ba87-f2665dd55e98",
		Tenant:   "acme", Sequence: 1, Activity: campaign.Create, Alerts: true, Kind: campaign.KindCampaign,
		Title: "412 accounts harvest reasoning with one prompt template",
		Summary: "412 accounts share one prompt template, one client and cards of one issuer, carry equal shares of the load, and ask " +
			"for worked reasoning that they never follow up.",
		Created: opened, Modified: opened, FirstSeen: opened - 26*hour, LastSeen: opened - 2000,
		Severity: campaign.High, Confidence: 86, Coordination: 24.137, Harvest: 6.284,
		Families: []detectors.Family{work, funding, client, detectors.Schedule},
		Members:  412, Requests: 1_234_567, OutputTokens: 718_229_010,
		Models: []string{"model-x-large", "model-x-mini"},
		Evidence: []detectors.Evidence{
			{
				Detector: "prompt_template", Axis: detectors.Coordination, Family: work, Bits: 7.9,
				Observed: "97 % of the members carry the same 12 sampled phrases, 81 % of their own recurring text, in 64 % of their requests",
				Expected: "0.41 % of all accounts",
				Note:     "the accounts share one prompt template",
			},
			{
				Detector: "issuer", Axis: detectors.Coordination, Family: funding, Bits: 5.2,
				Observed: "the cards come from 1.4 issuers (effective number)",
				Expected: "52 among as many accounts", Note: "the cards come from few issuers",
			},
			{
				Detector: "stack", Axis: detectors.Coordination, Family: client, Bits: 5.25,
				Observed: "1.0 client stacks (effective number)",
				Expected: "38 among as many accounts", Note: "one program behind many networks",
			},
			{
				Detector: "load_balance", Axis: detectors.Coordination, Family: detectors.Schedule,
				Bits:     2.4,
				Observed: "request rates differ by a factor of 1.21 (one standard deviation)",
				Expected: "a factor of 5.60 in the population",
				Note:     "the load is shared more evenly than people share it",
			},
			{
				Detector: "network", Axis: detectors.Coordination, Family: detectors.Network,
				Observed: "211 networks", Expected: "about as many",
			},
			{
				Detector: "elicitation", Axis: detectors.Harvest, Bits: 1.5,
				Observed: "71 % of requests ask to show the reasoning",
				Expected: "6.2 % in the population", Note: "the prompts ask to show the reasoning",
			},
			{
				Detector: "single_turn", Axis: detectors.Harvest, Bits: 1.5,
				Observed: "99 % of requests are single questions",
				Expected: "44 % in the population", Note: "single questions without a conversation",
			},
			{
				Detector: "clock", Axis: detectors.Harvest, Bits: -0.6,
				Observed: "requests on 14 hours of the day", Expected: "11 hours in the population",
				Note: "the accounts keep a daily rhythm",
			},
		},
		Sample: []campaign.Member{
			{
				Account: "acct_9f31", Org: "org_22", Requests: 48_211, Agreement: 0.934,
				Stack:    "openai/python 1.99.1 ja4=t13d1516h2_8daaf6152771_e5627efa2ab1",
				Families: []detectors.Family{client, work, funding}, FirstSeen: opened - 26*hour,
				LastSeen: opened - 2000,
				Lead: campaign.Lead{
					Created: opened - 40*24*hour, Sources: 131,
					UserAgent: "openai/python 1.99.1",
					JA4:       "t13d1516h2_8daaf6152771_e5627efa2ab1",
					Networks: []campaign.ValueShare{
						{Value: "203.0.113.0/24", Share: 0.62},
						{Value: "2001:db8:17::/48", Share: 0.38},
					},
					Systems: []campaign.ValueShare{
						{Value: "AS64500", Share: 0.62}, {Value: "AS4200000851", Share: 0.38},
					},
					Payments: []campaign.ValueShare{{Value: "payment:5f2c09ab17d4e380", Share: 1}},
					Issuers:  []campaign.ValueShare{{Value: "issuer:199a4941245a41a5", Share: 1}},
					Devices:  []campaign.ValueShare{{Value: "device:73c4a69e619dce13", Share: 0.9}},
					Requests: []campaign.Exemplar{
						{
							ID: "req_01m216bp0f3zh57eq37nsx6b16", Time: opened - 60_000,
							Carried: campaign.CarriedShared,
						},
						{
							ID: "550e8400-e29b-41d4-a716-446655440000", Time: opened - hour,
							Carried: campaign.CarriedShared,
						},
					},
				},
			},
			{
				Account: "acct_a07c", Org: "org_22", Requests: 3011, Agreement: 0.91,
				Stack:    "openai/python 1.99.1 ja4=t13d1516h2_8daaf6152771_e5627efa2ab1",
				Families: []detectors.Family{work, client}, FirstSeen: opened - 20*hour,
				LastSeen: opened - 61_000,
				Lead: campaign.Lead{
					UserAgent: "openai/python 1.99.1",
					JA4:       "t13d1516h2_8daaf6152771_e5627efa2ab1",
					Requests: []campaign.Exemplar{{
						ID: "7", Time: opened - 61_000, Carried: campaign.CarriedUnknown,
					}},
				},
			},
			{
				Account: "株式会社テスト_01", Requests: 2987, Agreement: 0.88,
				Families: []detectors.Family{work}, FirstSeen: opened - hour, LastSeen: opened,
			},
		},
		Shared: []campaign.SharedAttribute{
			{
				Attribute: "client stack",
				Value:     "openai/python 1.99.1 ja4=t13d1516h2_8daaf6152771_e5627efa2ab1",
				Share:     0.98, Baseline: 0.021, Members: 404,
			},
			{Attribute: "network", Value: "203.0.113.0/24", Share: 0.12, Baseline: 0.0004, Members: 49},
			{
				Attribute: "parameters", Value: "temperature=0.7 max_tokens=4096",
				Share: 0.97, Baseline: 0.034, Members: 400,
			},
			{
				Attribute: "payment", Value: "payment:5f2c09ab17d4e380", Share: 0.41,
				Baseline: 0.0004, Members: 169,
			},
			{
				Attribute: "e-mail domain", Value: "mail.example", Share: 0.36, Baseline: 0.32,
				Members: 148,
			},
		},
		Mitigating: []string{"The accounts rest at night: 14 hours of the day carry requests."},
		NextStep: "Compare two members' requests in the gateway's own log; if the template is the same, limit the whole group at once: banning " +
			"accounts one by one only moves the pool.",
	}
	for i := range 6 {
		f.Timeline = append(f.Timeline, campaign.Point{
			Time: opened - int64(26-4*i)*hour, Members: 12 + 80*i, Requests: int64(i+1) * 200_000,
		})
	}
	return f
}
