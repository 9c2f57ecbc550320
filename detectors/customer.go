package detectors

import "github.com/stillwatch/stillwatch/pkg/attribute"

// openly is the share of the members that must be one customer's for the group to be that
// customer: four in five, since a campaign that takes in a few bystanders is none.
const openly = 0.8

// OneCustomer says that the group is one customer in the open: accounts under one contract or of
// one organisation, under one e-mail domain that hardly anybody else uses, or paid for by one
// instrument and used from one network. Nobody masquerades there, and whether the customer may do
// what it does is a matter of its contract. Here the contract need not be marked as real: the
// provider's own records join the accounts, whoever stands behind them.
func (g *Group) OneCustomer(c *Context) bool {
	var orgs map[string]float64
	var contracts map[uint64]float64
	for i := range g.Members {
		m := &g.Members[i]
		if org := m.Profile.Org; org != "" {
			if orgs == nil {
				orgs = map[string]float64{}
			}
			if orgs[org] += m.Weight; orgs[org] >= openly*g.Size {
				return true
			}
		}
		if contract := m.Profile.Value(attribute.Contract); contract != 0 {
			if contracts == nil {
				contracts = map[uint64]float64{}
			}
			if contracts[contract] += m.Weight; contracts[contract] >= openly*g.Size {
				return true
			}
		}
	}
	if g.ownDomain(c) >= openly {
		return true
	}
	return g.count(attribute.Payment).share >= openly && g.count(attribute.Network).share >= openly
}

// ownDomain is the share of the members under the commonest e-mail domain, less where many others
// use it too (free mail): the members must be most of its users.
func (g *Group) ownDomain(c *Context) float64 {
	domain := g.count(attribute.Domain)
	if domain.top == 0 {
		return 0
	}
	users := c.Baseline.Share(attribute.Domain, domain.top) * float64(c.Baseline.N)
	return domain.share * min(1, domain.share*g.Size/max(users, 1))
}
