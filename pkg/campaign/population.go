package campaign

import (
	"cmp"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// account is a live profile with what is derived from it.
type account struct {
	profile fingerprint.Profile
	vector  census.Vector
	// order is a hash of the name: the order in which accounts are sampled and listed, the same on every run and unrelated to anything the account does.
	order  uint64
	entity uint64
}

// keyKind says what a posting is about.
type keyKind uint8

const (
	byShingle keyKind = iota
	bySkeleton
	byPayment
	byDevice
	byClient
	byIssuerCohort
	byStackCohort
	byNetwork
	byRelay
	byHandOver
	byCampaign
)

// key names a posting: the accounts that show one value.
type key struct {
	kind keyKind
	hash uint64
}

// population holds the live accounts of one tenant.
type population struct {
	accounts map[string]*account
	// first is the earliest event time seen.
	first int64
}

func newPopulation() *population { return &population{accounts: map[string]*account{}} }

// upsert takes a new snapshot of an account's profile, which the population then owns.
func (p *population) upsert(prof fingerprint.Profile) {
	a := p.accounts[prof.Account]
	if a == nil {
		a = &account{order: xxh3.HashString(prof.Account)}
		p.accounts[prof.Account] = a
	}
	a.profile = prof
	a.vector = census.Features(&a.profile)
	a.entity = a.order
	if prof.Org != "" && prof.Verified {
		// Accounts of one verified organisation are one entity: whoever can vouch for them knows them all.
		a.entity = xxh3.HashStringSeed(prof.Org, 1)
	}
	if p.first == 0 || prof.FirstSeen < p.first {
		p.first = prof.FirstSeen
	}
}

// sorted lists the accounts in sampling order.
func (p *population) sorted() []*account {
	list := make([]*account, 0, len(p.accounts))
	for _, a := range p.accounts {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *account) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.profile.Account, b.profile.Account))
	})
	return list
}

// index holds the postings of one evaluation. Accounts are numbered in sampling order.
type index struct {
	accounts  []*account
	entities  int
	postings  map[key][]int32
	shingles  map[uint64]int
	skeletons map[uint64]int
	// handed lists, per account, the accounts it exchanged a conversation with.
	handed map[int32][]int32
}

// recurs is the number of prompts from which a shingle counts as an account's scaffold.
func recurs(p *fingerprint.Profile) uint32 {
	if p.WithText < 10 {
		return 2
	}
	return 3
}

// cohortDays is the width of the sign-up windows in days; each window overlaps the next by half, so that a cohort of up to half that width lies whole in one.
const cohortDays = 4

// buildIndex makes the postings of all live accounts.
func buildIndex(accounts []*account) *index {
	ix := &index{accounts: accounts, postings: map[key][]int32{}, handed: map[int32][]int32{}}
	entities := make(map[uint64]struct{}, len(accounts))
	heads := map[uint64][]int32{}
	orphans := map[uint64][]int32{}
	add := func(kind keyKind, hash uint64, i int32) {
		if hash != 0 {
			k := key{kind, hash}
			ix.postings[k] = append(ix.postings[k], i)
		}
	}
	for n, a := range accounts {
		i := int32(n)
		p := &a.profile
		entities[a.entity] = struct{}{}
		least := recurs(p)
		for _, s := range p.Scaffold {
			if s.Count >= least {
				add(byShingle, s.Hash, i)
			}
		}
		for _, s := range p.Skeletons {
			if s.Count >= least {
				add(bySkeleton, s.Hash, i)
			}
		}
		for _, f := range p.Facets[fingerprint.Payment] {
			add(byPayment, f.Hash, i)
		}
		for _, f := range p.Facets[fingerprint.Device] {
			add(byDevice, f.Hash, i)
		}
		stack := census.Value(p, census.Trait(fingerprint.Stack))
		params := census.Value(p, census.Trait(fingerprint.Params))
		issuer := census.Value(p, census.Trait(fingerprint.Issuer))
		if stack != 0 {
			add(byClient, mix(stack, params), i)
		}
		if p.CreatedAt > 0 {
			day := uint64(p.CreatedAt / census.Day)
			for _, w := range [2]uint64{day / cohortDays * 2, (day+cohortDays/2)/cohortDays*2 + 1} {
				if issuer != 0 {
					add(byIssuerCohort, mix(issuer, w), i)
				}
				if stack != 0 {
					add(byStackCohort, mix(stack, w), i)
				}
			}
		}
		add(byNetwork, census.Value(p, census.Trait(fingerprint.Network)), i)
		if p.RelayRequests > 0 {
			add(byRelay, 1, i)
		}
		for _, h := range p.Heads {
			heads[h] = append(heads[h], i)
		}
		for _, h := range p.Rejected {
			if !slices.Contains(p.Heads, h) {
				heads[h] = append(heads[h], i)
			}
		}
		for _, h := range p.Orphans {
			orphans[h] = append(orphans[h], i)
		}
	}
	ix.entities = len(entities)
	ix.countWork()
	ix.linkHandOvers(heads, orphans)
	return ix
}

// countWork counts the entities behind every shingle and skeleton.
func (ix *index) countWork() {
	ix.shingles, ix.skeletons = map[uint64]int{}, map[uint64]int{}
	seen := map[uint64]struct{}{}
	for k, list := range ix.postings {
		if k.kind != byShingle && k.kind != bySkeleton {
			continue
		}
		n := len(list)
		if n > 1 {
			clear(seen)
			for _, i := range list {
				seen[ix.accounts[i].entity] = struct{}{}
			}
			n = len(seen)
		}
		if k.kind == byShingle {
			ix.shingles[k.hash] = n
		} else {
			ix.skeletons[k.hash] = n
		}
	}
}

// handOverFame is the number of accounts from which a conversation's opening is public rather than handed over.
const handOverFame = 4

// linkHandOvers finds conversations that one account was served and another continues, and joins the accounts into postings by connected component.
func (ix *index) linkHandOvers(heads, orphans map[uint64][]int32) {
	parent := map[int32]int32{}
	var find func(i int32) int32
	find = func(i int32) int32 {
		p, ok := parent[i]
		if !ok || p == i {
			return i
		}
		r := find(p)
		parent[i] = r
		return r
	}
	link := func(a, b int32) {
		if a == b || ix.accounts[a].entity == ix.accounts[b].entity {
			return
		}
		ix.handed[a] = append(ix.handed[a], b)
		ix.handed[b] = append(ix.handed[b], a)
		x, y := find(a), find(b)
		if x != y {
			parent[max(x, y)] = min(x, y)
			parent[min(x, y)] = min(x, y)
		}
	}
	for h, to := range orphans {
		from := heads[h]
		if len(from) == 0 || len(from) > handOverFame || len(to) > handOverFame {
			continue
		}
		for _, a := range from {
			for _, b := range to {
				link(a, b)
			}
		}
	}
	for i := range ix.handed {
		slices.Sort(ix.handed[i])
		ix.handed[i] = slices.Compact(ix.handed[i])
		k := key{byHandOver, uint64(find(i)) + 1}
		ix.postings[k] = append(ix.postings[k], i)
	}
	for k, list := range ix.postings {
		if k.kind == byHandOver {
			slices.Sort(list)
		}
	}
}

func mix(a, b uint64) uint64 {
	h := a ^ (b+0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9
	h ^= h >> 29
	return h * 0x94d049bb133111eb
}
