package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
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
