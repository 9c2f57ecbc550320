package watch

import (
	"net/netip"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

const (
	// carryingCustomers is how many customers must carry reasoning among each other. Two are what
	// one person has who pays for both alone: a private and a work account, a key and the one that
	// takes its place while both work.
	carryingCustomers = 3
	// givingCustomers is how many of them must have been given what others present. Where there is
	// one, a person has shown others a transcript, and they have tried it.
	givingCustomers = 2
)

// carrying lists the groups of accounts that no campaign explains and that present reasoning which
// the provider gave to others of them, largest first. An id is made at random or by encryption and
// comes with one answer, so a match is no coincidence and one is enough.
func carrying(v *View) [][]int32 {
	p := v.Search.Population
	nodes := map[int32]bool{}
	for _, i := range p.Carrying() {
		// An address is no account: who moves on to the next one takes the conversation along.
		_, err := netip.ParseAddr(p.Slots[i].Profile.Account)
		if err != nil && !v.Search.Claims.Has(i) {
			nodes[i] = true
		}
	}
	all := v.joined(nodes, carryingCustomers, func(a *index.Account) []int32 {
		c := p.Carried(a.Slot)
		return slices.Concat(c.From, c.To)
	})
	return slices.DeleteFunc(all, func(members []int32) bool {
		return customers(p.Slots, givers(v, members)) < givingCustomers
	})
}

// givers lists the members whose reasoning other customers among them present.
func givers(v *View, members []int32) (out []int32) {
	p := v.Search.Population
	for _, i := range members {
		if slices.ContainsFunc(p.Carried(i).To, func(j int32) bool {
			return slices.Contains(members, j) && !sameCustomer(p.Slots[i], p.Slots[j])
		}) {
			out = append(out, i)
		}
	}
	return out
}
