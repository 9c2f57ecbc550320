package verdict_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/verdict"
)

func TestAPolicyDecidesByStandingAndFreshness(t *testing.T) {
	implicated := func(severity verdict.Severity, confidence int) verdict.Standing {
		return verdict.Standing{
			Status: verdict.Implicated, Severity: severity, Confidence: confidence,
		}
	}
	none, high := verdict.Standing{}, implicated(verdict.High, 86)
	for _, tc := range []struct {
		name      string
		change    func(*verdict.Policy)
		standing  verdict.Standing
		freshness verdict.Freshness
		allow     bool
		reason    verdict.Reason
	}{
		{"never named", nil, none, verdict.Fresh, true, verdict.NotImplicated},
		{"implicated", nil, high, verdict.Fresh, false, verdict.ByFinding},
		{
			"watched", nil,
			verdict.Standing{Status: verdict.Watched, Severity: verdict.Low},
			verdict.Fresh, true, verdict.NotImplicated,
		},
		{
			"allowed by an analyst, however severe", nil,
			verdict.Standing{Status: verdict.Allowed, Severity: verdict.Critical, Confidence: 100},
			verdict.Fresh, true, verdict.NotImplicated,
		},
		{
			"below the severity", func(p *verdict.Policy) { p.MinSeverity = verdict.Critical },
			high, verdict.Fresh, true, verdict.BelowPolicy,
		},
		{
			"at the severity", func(p *verdict.Policy) { p.MinSeverity = verdict.High },
			high, verdict.Fresh, false, verdict.ByFinding,
		},
		{
			"below the confidence", func(p *verdict.Policy) { p.MinConfidence = 87 },
			high, verdict.Fresh, true, verdict.BelowPolicy,
		},
		{
			"at the confidence", func(p *verdict.Policy) { p.MinConfidence = 86 },
			high, verdict.Fresh, false, verdict.ByFinding,
		},

		{"never read, open", nil, none, verdict.NeverRead, true, verdict.ByNeverRead},
		{
			"never read, closed",
			func(p *verdict.Policy) { p.WhenNeverRead = verdict.FailClosed },
			none, verdict.NeverRead, false, verdict.ByNeverRead,
		},
		{
			"never read is not stale",
			func(p *verdict.Policy) { p.WhenStale = verdict.FailClosed },
			none, verdict.NeverRead, true, verdict.ByNeverRead,
		},
		{"stale, last known", nil, high, verdict.Stale, false, verdict.ByFinding},
		{"stale, never named", nil, none, verdict.Stale, true, verdict.NotImplicated},
		{
			"stale, open", func(p *verdict.Policy) { p.WhenStale = verdict.FailOpen },
			high, verdict.Stale, true, verdict.ByStale,
		},
		{
			"stale, closed", func(p *verdict.Policy) { p.WhenStale = verdict.FailClosed },
			none, verdict.Stale, false, verdict.ByStale,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			policy := verdict.DefaultPolicy()
			if tc.change != nil {
				tc.change(&policy)
			}
			require.NoError(t, policy.Validate())
			answer := verdict.Answer{Standing: tc.standing, Freshness: tc.freshness}
			require.Equal(t, tc.freshness != verdict.Fresh, answer.Stale())
			require.Equal(t, verdict.Decision{Allow: tc.allow, Reason: tc.reason, Answer: answer},
				policy.Decide(answer))
		})
	}
}

func TestOneFindingHasToHaveBothTheSeverityAndTheConfidence(t *testing.T) {
	table := verdict.NewTable()
	require.NoError(t, table.Update(written(t, campaign.AccountVerdict{
		Account: "a", Time: at, Status: campaign.Implicated, Findings: []campaign.FindingRef{
			{UID: "f", Severity: campaign.High, Confidence: 40, Since: at},
			{UID: "g", Severity: campaign.Medium, Confidence: 90, Since: at},
		},
	})))
	answer := verdict.Answer{Standing: table.Lookup("", "a"), Freshness: verdict.Fresh}
	for _, tc := range []struct {
		severity   verdict.Severity
		confidence int
		allow      bool
	}{
		{verdict.High, 40, false},
		{verdict.Medium, 90, false},
		{verdict.High, 41, true},
		{verdict.Medium, 91, true},
		{verdict.Critical, 0, true},
	} {
		policy := verdict.DefaultPolicy()
		policy.MinSeverity, policy.MinConfidence = tc.severity, tc.confidence
		require.Equal(t, tc.allow, policy.Decide(answer).Allow, tc)
	}
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	opts := verdict.DefaultOptions()
	require.NoError(t, opts.Validate())
	require.NoError(t, (&verdict.Policy{
		MinSeverity: verdict.Informational, WhenNeverRead: verdict.FailClosed,
		WhenStale: verdict.FailOpen,
	}).Validate())
	_, err := verdict.New(verdict.Options{
		Kafka:  opts.Kafka,
		Policy: verdict.Policy{MinConfidence: 101, WhenNeverRead: verdict.LastKnown},
	}, nil)
	for _, want := range []string{
		"min_severity: 0", "min_confidence: 101", `when_never_read: "last_known"`,
		`when_stale: ""`, "topic: ", "stale_after: 0s",
	} {
		require.ErrorContains(t, err, want)
	}
	opts.Kafka.Brokers = nil
	_, err = verdict.New(opts, nil)
	require.ErrorContains(t, err, "brokers: ")
	opts = verdict.DefaultOptions()
	opts.Kafka.TLS.Enabled, opts.Kafka.TLS.CAFile = true, "no-such.pem"
	_, err = verdict.New(opts, nil)
	require.ErrorContains(t, err, "tls.ca_file")
}

func TestWordsForPeople(t *testing.T) {
	require.Equal(t, "status 9", verdict.Status(9).String())
	require.Equal(t, "freshness 9", verdict.Freshness(9).String())
	require.Equal(t, "never read, stale, fresh", verdict.NeverRead.String()+", "+
		verdict.Stale.String()+", "+verdict.Fresh.String())
	names := ""
	for s := range verdict.Fatal + 2 {
		names += s.String() + " "
	}
	require.Equal(t, "Unknown Informational Low Medium High Critical Fatal Unknown ", names)
}
