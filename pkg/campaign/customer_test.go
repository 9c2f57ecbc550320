package campaign

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func TestOneCustomerInTheOpenIsReportedAtLowForItsContractToJudge(t *testing.T) {
	p := decision.DefaultPolicy()
	s := decision.Scores{Coordination: 20, Harvest: 20, Size: 40, Causes: 9}
	pool := &Campaign{}
	pool.judge(&s, 40, &p)
	require.Equal(t, High, pool.Severity)

	s.Customer = true
	customer := &Campaign{}
	customer.judge(&s, 40, &p)
	require.Equal(t, Low, customer.Severity)
	require.Equal(t, "One customer collects outputs", title(customer))
	require.Equal(t, nextAsk, nextStep(customer))
	require.Contains(t, summary(customer), "of one customer in the open")

	account := &Campaign{Kind: KindAccount}
	account.judge(&s, 1, &p)
	require.Equal(t, nextLook, nextStep(account), "a single account is always one customer's")
}

// under puts an account under a contract with a declared purpose, as the account facts do.
func under(p *fingerprint.Profile, contract uint64, purpose string, verified bool) {
	p.Verified = verified
	if contract != 0 {
		p.Values[attribute.Contract] = []fingerprint.Counted{{Hash: contract, Count: 1}}
	}
	if purpose == "" {
		return
	}
	hash := index.Mix(uint64(slices.Index(attribute.Purposes, purpose)), 99) | 1
	p.Values[attribute.Purpose] = []fingerprint.Counted{{Hash: hash, Count: 1}}
	p.Labels = append(p.Labels, fingerprint.Label{
		Attribute: attribute.Purpose, Hash: hash, Text: purpose,
	})
}

// turns are the findings of the world's first two hours, in which it is the turn of each customer.
func (w *world) turns(t *testing.T) (*Engine, []*Finding) {
	t.Helper()
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	return e, append(found(out), goOn(e)...)
}

// goOn are the findings of two hours more.
func goOn(e *Engine) (list []*Finding) {
	for range 12 {
		list = append(list, found(e.Advance(e.Next()+1))...)
	}
	return list
}

// found are the findings that were emitted.
func found(out []Emission) (list []*Finding) {
	for _, e := range out {
		if e.Finding != nil {
			list = append(list, e.Finding)
		}
	}
	return list
}

// terms puts the i-th of a pool's accounts under a contract.
type terms func(i int, p *fingerprint.Profile)

func TestWhatTheProvidersRecordsSayOfAPoolDecidesHowItIsTold(t *testing.T) {
	const contract = 1 << 60
	for name, c := range map[string]struct {
		terms    terms
		kind     Kind
		severity Severity
		title    string
		says     string
	}{
		"nothing": {
			func(int, *fingerprint.Profile) {},
			KindCampaign, High, "Coordinated model distillation", "act as one",
		},
		"an evaluation under one contract": {
			func(_ int, p *fingerprint.Profile) { under(p, contract, "evaluation", true) },
			KindAccount, Informational, "One customer collects outputs, as its contract allows",
			"Its contract is for evaluation, which allows to collect outputs.",
		},
		"an application under one contract": {
			func(_ int, p *fingerprint.Profile) { under(p, contract, "application", true) },
			KindAccount, Low, "One customer collects outputs",
			"Its contract is for application, which says nothing of collecting outputs.",
		},
		"a contract without a purpose": {
			func(_ int, p *fingerprint.Profile) { under(p, contract, "", true) },
			KindAccount, Low, "One customer collects outputs", "names no one purpose",
		},
		"a verified organisation": {
			func(_ int, p *fingerprint.Profile) { p.Org, p.Verified = "org-1", true },
			KindAccount, Low, "One customer collects outputs", "of one customer in the open",
		},
		"an organisation that nobody verified": {
			func(_ int, p *fingerprint.Profile) { p.Org = "org-1" },
			KindCampaign, Low, "One customer collects outputs", "of one customer in the open",
		},
		"one contract that nobody vouches for": {
			func(_ int, p *fingerprint.Profile) { under(p, contract, "evaluation", false) },
			KindCampaign, Low, "One customer collects outputs", "of one customer in the open",
		},
		// The attacks: whoever could write a purpose, or get a contract for each account, must not
		// become invisible by it.
		"a purpose without a contract": {
			func(_ int, p *fingerprint.Profile) { under(p, 0, "evaluation", true) },
			KindCampaign, High, "Coordinated model distillation", "act as one",
		},
		"a contract for each account, all for research": {
			func(i int, p *fingerprint.Profile) { under(p, contract+uint64(i), "research", true) },
			KindCampaign, High, "Coordinated model distillation", "act as one",
		},
		"most of the pool behind one contract, the rest on its own": {
			func(i int, p *fingerprint.Profile) {
				if i < 24 {
					under(p, contract, "evaluation", true)
				}
			},
			KindCampaign, High, "Coordinated model distillation", "act as one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(21)
			w.people(300)
			w.applications(80)
			names := w.pool(48, 60)
			for i := range names {
				c.terms(i, &w.out[len(w.out)-len(names)+i])
			}
			_, list := w.turns(t)
			require.Len(t, list, 1)
			f := list[0]
			require.Equal(t, c.kind, f.Kind)
			require.Equal(t, c.severity, f.Severity)
			require.Equal(t, c.title, f.Title)
			require.Contains(t, f.Summary, c.says)
			require.Equal(t, len(names), f.Members, "nobody is left out")
			require.Equal(t, c.severity < Medium, f.Customer)
			require.Equal(t, c.severity == Informational, f.Allowed)
			if f.Allowed {
				require.Equal(t, nextAllowed, f.NextStep)
				require.Equal(t, "evaluation", f.Purpose)
			}
		})
	}
}

func TestACustomersOrdinaryUseIsNoFindingWhateverItDeclares(t *testing.T) {
	for _, purpose := range append([]string{""}, attribute.Purposes...) {
		w := newWorld(22)
		w.people(300)
		w.applications(80)
		for i := range 40 {
			under(&w.out[i], 1<<60, purpose, true)
		}
		_, list := w.turns(t)
		require.Empty(t, list, purpose)
	}
}

func TestAccountsOfACustomerThatDeclareAnotherUseAreToldOfApart(t *testing.T) {
	w := newWorld(23)
	w.people(300)
	w.applications(80)
	names := w.pool(48, 60)
	for i := range names {
		purpose := "evaluation"
		if i%2 > 0 {
			purpose = "application"
		}
		under(&w.out[len(w.out)-len(names)+i], 1<<60, purpose, true)
	}
	_, list := w.turns(t)
	require.Len(t, list, 2)
	allowed := map[bool]Severity{}
	for _, f := range list {
		allowed[f.Allowed] = f.Severity
		require.Equal(t, 24, f.Members)
	}
	require.Equal(t, map[bool]Severity{true: Informational, false: Low}, allowed)
}

func TestAPoolThatTurnsOutToBeOneCustomerEndsAsACampaign(t *testing.T) {
	w := newWorld(24)
	w.people(300)
	w.applications(80)
	names := w.pool(48, 60)
	e, list := w.turns(t)
	require.Equal(t, KindCampaign, list[0].Kind)
	for i := range names {
		p := &w.out[len(w.out)-len(names)+i]
		under(p, 1<<60, "data-generation", true)
		e.Upsert(*p)
	}
	list = goOn(e)
	require.Len(t, list, 2)
	require.Equal(t, Close, list[0].Activity)
	require.Equal(t, KindAccount, list[1].Kind)
	require.Equal(t, Informational, list[1].Severity)
	require.Equal(t, len(names), list[1].Members)
}
