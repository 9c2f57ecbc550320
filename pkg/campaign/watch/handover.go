package watch

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
)

// handOverConversations is how many conversations an account must have taken from others or left to
// them: two people may show each other a conversation, and one key may be replaced by another, but
// neither makes a habit of it.
const handOverConversations = 3

// pools watches for groups of accounts between which something goes on, each as a finding of its
// own.
type pools struct {
	tripwire Tripwire
	find     func(v *View) [][]int32
}

// Watch tells of the pools, the largest first. A pool continues the open finding that has the most
// of its members; findings that turn out to be about one pool are joined.
func (w *pools) Watch(v *View, r *Result) {
	open := v.open(w.tripwire)
	done := map[string]bool{}
	for _, members := range w.find(v) {
		names := make(map[string]bool, len(members))
		for _, i := range members {
			names[v.Search.Population.Slots[i].Profile.Account] = true
		}
		id := largestPart(v, open, names, done)
		if id == "" {
			first := v.Search.Population.Slots[members[0]].Profile.Account
			id = v.tripwireID(string(w.tripwire) + "\x00" + first)
		}
		r.Proposals = append(r.Proposals, Proposal{
			ID: id, Tripwire: w.tripwire, Group: v.measure(members),
		})
		done[id] = true
		for name := range v.Findings[id].Members {
			names[name] = true
		}
		for _, other := range open {
			if !done[other] && within(v.Findings[other].Members, names) {
				v.close(other)
				r.Closings = append(r.Closings, Closing{other, Merged})
			}
		}
	}
}

// close notes that a finding is about to be closed.
func (v *View) close(id string) {
	f := v.Findings[id]
	f.Closing = true
	v.Findings[id] = f
}

// largestPart is the open finding that has the most of the accounts, empty when none has any.
func largestPart(v *View, open []string, names, done map[string]bool) (home string) {
	most := 0
	for _, id := range open {
		f := v.Findings[id]
		if f.Closing || done[id] {
			continue
		}
		n := 0
		for name := range f.Members {
			if names[name] {
				n++
			}
		}
		if n > most {
			home, most = id, n
		}
	}
	return home
}

// within says that all members are among the names.
func within(members map[string]int64, names map[string]bool) bool {
	for name := range members {
		if !names[name] {
			return false
		}
	}
	return true
}

// handingOver lists the groups of accounts that no campaign explains and that hand conversations to
// each other time and again, largest first. The accounts of one customer count as one party, and
// what goes from one to another of them is no hand-over: several keys behind a balancer, a key that
// fails over, a key replaced.
func handingOver(v *View) [][]int32 {
	p := v.Search.Population
	nodes := map[int32]bool{}
	for n, a := range p.Slots {
		if a == nil || len(a.Linked) == 0 || v.Search.Claims.Has(int32(n)) {
			continue
		}
		stranger := func(b *index.Account) bool { return !sameCustomer(a, b) }
		if p.Exchanged(a, stranger) >= handOverConversations {
			nodes[int32(n)] = true
		}
	}
	return v.joined(nodes, v.Search.Options.MinGroup, func(a *index.Account) []int32 {
		return a.Linked
	})
}

// joined lists the groups of nodes that are joined by what others lists for an account, of at least
// least customers, largest first.
func (v *View) joined(
	nodes map[int32]bool, least int, others func(a *index.Account) []int32,
) (out [][]int32) {
	p := v.Search.Population
	for _, first := range slices.Sorted(maps.Keys(nodes)) {
		if !nodes[first] {
			continue
		}
		part := reachable(p.Slots, nodes, first, others)
		// Where half of all accounts hand over, what the gateway calls an account is none.
		few := float64(len(part)) <= measure.MaxShare*float64(p.Len())
		if customers(p.Slots, part) >= least && few {
			p.Sort(part)
			out = append(out, part)
		}
	}
	slices.SortStableFunc(out, func(a, b []int32) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), p.Compare(a[0], b[0]))
	})
	return out
}

// reachable takes the accounts that first is joined to, between customers, out of nodes.
func reachable(
	slots []*index.Account, nodes map[int32]bool, first int32,
	others func(a *index.Account) []int32,
) []int32 {
	delete(nodes, first)
	part := []int32{first}
	for i := 0; i < len(part); i++ {
		a := slots[part[i]]
		for _, j := range others(a) {
			if nodes[j] && !sameCustomer(a, slots[j]) {
				delete(nodes, j)
				part = append(part, j)
			}
		}
	}
	return part
}

// sameCustomer says that two accounts are one organisation's, verified or not, or are paid with one
// instrument.
func sameCustomer(a, b *index.Account) bool {
	if a.Entity == b.Entity || a.Profile.Org != "" && a.Profile.Org == b.Profile.Org {
		return true
	}
	for _, x := range a.Profile.Values[attribute.Payment] {
		for _, y := range b.Profile.Values[attribute.Payment] {
			if x.Hash == y.Hash {
				return true
			}
		}
	}
	return false
}

// customers counts the accounts, those of one customer once.
func customers(slots []*index.Account, members []int32) int {
	type sign struct {
		payment uint64
		org     string
	}
	parent := make([]int, len(members))
	find := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	first := map[sign]int{}
	n := len(members)
	for i, slot := range members {
		parent[i] = i
		p := &slots[slot].Profile
		join := func(s sign) {
			j, ok := first[s]
			if !ok {
				first[s] = i
				return
			}
			if x, y := find(i), find(j); x != y {
				parent[x] = y
				n--
			}
		}
		if p.Org != "" {
			join(sign{org: p.Org})
		}
		for _, f := range p.Values[attribute.Payment] {
			join(sign{payment: f.Hash})
		}
	}
	return n
}
