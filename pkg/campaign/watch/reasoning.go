package watch

import (
	"net/netip"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

// carryingCustomers is how many customers must carry reasoning among each other. Two are what one
// person has who pays for both alone: a private and a work account, a key and the one that takes
// its place while both work.
const carryingCustomers = 3

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
	return slices.DeleteFunc(all, func(members []int32) bool { return !v.passedOn(members) })
}

// passedOn says that one of the members presents reasoning of a customer among them, and another
// customer presents its own. Where nobody does both, people have shown others transcripts, and they
// have tried them: an author gives and a reader takes.
func (v *View) passedOn(members []int32) bool {
	p := v.Search.Population
	return slices.ContainsFunc(members, func(i int32) bool {
		stranger := func(j int32) bool {
			return slices.Contains(members, j) && !sameCustomer(p.Slots[i], p.Slots[j])
		}
		c := p.Carried(i)
		return slices.ContainsFunc(c.From, stranger) && slices.ContainsFunc(c.To, stranger)
	})
}
