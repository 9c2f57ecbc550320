package shape

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestFactsAreReadAsTheyWereGathered(t *testing.T) {
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			facts := NewFacts()
			add := func(ev *event.Event) {
				read := s.Carried(ev)
				facts.Add(ev, &read)
			}
			first := event.Event{ID: "1", Time: 1793613600000, Tenant: "t"}
			first.Account = event.Account{
				ID: "a", CreatedAt: 1792479600123, Plan: `say "hi", pro`,
				OrgID: "o", PaymentFP: "f",
			}
			add(&first)
			second := first
			second.Account = event.Account{
				ID: "a", PaymentIssuer: "i", EmailDomain: "example.org",
				Verified: event.Bool{Known: true},
				OrgID:    "o", Plan: "two\nlines",
			}
			add(&second)
			require.Zero(t, facts.Changed)
			third := first
			third.Account.PaymentFP = "another"
			add(&third)
			add(&first)
			require.Equal(t, 1, facts.Changed, "one account, however often")

			var text bytes.Buffer
			require.NoError(t, facts.Write(&text))
			table, err := enrich.ReadCSV(&text, func(e *enrich.RowError) { t.Error(e) })
			require.NoError(t, err)
			carried := s.Carried(&first)
			tenant := carried.Tenant
			if tenant == "" {
				tenant = enrich.DefaultTenant
			}
			got, ok := table.Facts(tenant, s.Account(&first))
			require.True(t, ok)
			require.Equal(t, enrich.Facts{
				CreatedAt: 1792479600123, PaymentFP: "f", PaymentIssuer: "i", Plan: `say "hi", pro`,
				OrgID: "o", EmailDomain: "example.org", Verified: event.Bool{Known: true},
			}, got)
		})
	}
}

func TestEveryColumnOfFactsIsOneThatTheServiceReads(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, NewFacts().Write(&text))
	_, err := enrich.ReadCSV(&text, nil)
	require.NoError(t, err)
}
