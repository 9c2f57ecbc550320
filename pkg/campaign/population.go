package campaign

import (
	"cmp"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
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
	// slot is the account's number in the population, keys the postings that list it, ascending.
	slot int32
	keys []key
	// labels are the readable forms of the profile's facets, packed.
	labels string
	// handed are the slots of the accounts that it exchanged a conversation with, ascending.
	handed []int32
	// mass is the sum over the scaffold of sightings times idf, as of evaluation weighed.
	mass    float64
	weighed int32
	// counted is the last census that took the account into the population; named says that it is in an open campaign.
	counted *census.Census
	named   bool
	// changed is the evaluation before which the profile came.
	changed int32
}

// linked tells whether the account exchanged a conversation with one of those that inside tells of.
func (a *account) linked(inside func(slot int32) bool) bool {
	return slices.ContainsFunc(a.handed, inside)
}

// keyKind says what a posting is about.
type keyKind uint8

const (
	byShingle keyKind = iota
	bySkeleton
	byPayment
	byDevice
	byStack
	byClient
	byIssuer
	byIssuerCohort
	byStackCohort
	byNetwork
	byRelay
	byHead
	byOrphan
	// byHandOver is no posting: hand-over groups are the connected components of account.handed, made at each evaluation.
	byHandOver
	// byParams and byDay are no candidates, they only find the members of a model.
	byParams
	byDay
)

// key names a posting, the accounts that show one value: the kind in the top four bits over 60 bits of hash.
type key uint64

func makeKey(kind keyKind, hash uint64) key { return key(uint64(kind)<<60 | hash>>4) }

func (k key) kind() keyKind { return keyKind(k >> 60) }

// posting lists the accounts that show one value, by slot, in sampling order.
type posting struct {
	key     key
	members []int32
	// fresh are further members that wait to be put in their place: one by one, a popular value's list would be moved for each.
	fresh []int32
	// entities is the number of entities among them, -1 when it is to be counted.
	entities int
	// signature is the MinHash of the members, valid when signed.
	signature [minhashes]uint32
	signed    bool
}

// population holds the live accounts of one tenant and their postings, kept up to date with every profile: an evaluation costs what has changed, not what lives.
type population struct {
	byName map[string]*account
	// accounts are the accounts by slot, in slabs; free slots hold nil.
	accounts []*account
	slabs    [][]account
	free     []int32
	// postings holds, per key, a lone account's slot, or the complement of a number in lists. Most shingles are one account's own: they cost one map entry.
	postings map[key]int32
	lists    []*posting
	idle     []int32
	// entities counts the accounts of every entity.
	entities map[uint64]int32
	// first is the earliest event time seen.
	first int64
	keys  []key
	// evaluation counts the evaluations; idf holds logarithms of small numbers.
	evaluation int32
	idf        []float64
	marks      marks
	// sought are the postings of conversations continued for the first time since the last evaluation.
	sought []key
	// known remembers the candidates of the last evaluation with their scores.
	known map[uint64]*known
}

// known is a candidate's score with what it was measured on: a group whose members are the same and have hardly sent more is not measured again.
type known struct {
	members  uint64
	requests uint64
	census   *census.Census
	score    decision.Assessment
	used     bool
	// failed says that it was settled since it was measured, and is not beyond the line.
	failed bool
	// refined are its refinements, as of the members refinedFrom.
	refined     []*candidate
	refinedFrom uint64
}

func newPopulation() *population {
	return &population{
		byName: map[string]*account{}, postings: map[key]int32{}, entities: map[uint64]int32{}, known: map[uint64]*known{},
	}
}

// upsert takes a new snapshot of an account's profile, which the population then owns.
func (p *population) upsert(prof fingerprint.Profile) {
	a := p.byName[prof.Account]
	if a == nil {
		a = p.place()
		a.order = xxh3.HashString(prof.Account)
		p.byName[prof.Account] = a
	} else {
		p.leave(a)
	}
	a.changed = p.evaluation + 1
	a.profile = prof
	a.labels = compact(&a.profile)
	a.vector = census.Features(&a.profile)
	entity := a.order
	if prof.Org != "" && prof.Verified {
		// Accounts of one verified organisation are one entity: whoever can vouch for them knows them all.
		entity = xxh3.HashStringSeed(prof.Org, 1)
	}
	if entity != a.entity && len(a.keys) > 0 {
		// Which entity an account is changes what every posting counts.
		for _, k := range a.keys {
			p.unlist(k, a)
		}
		a.keys = a.keys[:0]
	}
	a.entity = entity
	p.entities[entity]++
	p.file(a)
	p.link(a)
	if p.first == 0 || prof.FirstSeen < p.first {
		p.first = prof.FirstSeen
	}
}

// leave takes the account out of its entity.
func (p *population) leave(a *account) {
	if p.entities[a.entity]--; p.entities[a.entity] <= 0 {
		delete(p.entities, a.entity)
	}
}

// remove forgets an account.
func (p *population) remove(name string) {
	a := p.byName[name]
	if a == nil {
		return
	}
	p.leave(a)
	for _, k := range a.keys {
		p.unlist(k, a)
	}
	for _, i := range a.handed {
		b := p.accounts[i]
		if at, ok := slices.BinarySearch(b.handed, a.slot); ok {
			b.handed = slices.Delete(b.handed, at, at+1)
		}
	}
	delete(p.byName, name)
	p.accounts[a.slot] = nil
	p.free = append(p.free, a.slot)
	*a = account{}
}

// file brings the account's postings up to date with its profile.
func (p *population) file(a *account) {
	p.keys = appendKeys(p.keys[:0], &a.profile)
	slices.Sort(p.keys)
	p.keys = slices.DeleteFunc(slices.Compact(p.keys), p.unsought)
	i := 0
	for _, k := range a.keys {
		for i < len(p.keys) && p.keys[i] < k {
			p.list(p.keys[i], a)
			i++
		}
		if i < len(p.keys) && p.keys[i] == k {
			i++
			continue
		}
		p.unlist(k, a)
	}
	for ; i < len(p.keys); i++ {
		p.list(p.keys[i], a)
	}
	if !slices.Equal(a.keys, p.keys) {
		a.keys = append(make([]key, 0, len(p.keys)), p.keys...)
	}
}

// unsought says that a key is of a conversation that no other account continues: most are, and nobody asks who was served them.
func (p *population) unsought(k key) bool {
	if k.kind() != byHead {
		return false
	}
	_, continued := p.postings[counterpart(k)]
	return !continued
}

// counterpart is the posting of who continued what an account was served, and the other way round.
func counterpart(k key) key {
	other := byOrphan
	if k.kind() == byOrphan {
		other = byHead
	}
	return k&^(0xf<<60) | key(other)<<60
}

// seek lists the accounts that were served the conversations which others have continued since the last evaluation.
func (p *population) seek() {
	if len(p.sought) == 0 {
		return
	}
	// A table of a few bits of each hash spares most lookups: an account has dozens of conversations.
	var bits [1 << 12]uint64
	sought := make(map[key]struct{}, len(p.sought))
	for _, k := range p.sought {
		sought[k] = struct{}{}
		bits[k>>6&(1<<12-1)] |= 1 << (k & 63)
	}
	p.sought = p.sought[:0]
	served := func(list []uint64) bool {
		return slices.ContainsFunc(list, func(h uint64) bool {
			k := makeKey(byOrphan, h)
			if bits[k>>6&(1<<12-1)]>>(k&63)&1 == 0 {
				return false
			}
			_, ok := sought[k]
			return ok
		})
	}
	var found []*account
	for _, a := range p.accounts {
		if a != nil && (served(a.profile.Heads) || served(a.profile.Rejected)) {
			p.file(a)
			found = append(found, a)
		}
	}
	for _, a := range found {
		p.link(a)
	}
}

// handOverFame is the number of accounts from which a conversation's opening is public rather than handed over.
const handOverFame = 4

// link finds the conversations that one account was served and another continues. A link stays while both accounts live: it is a rare event, not a habit.
func (p *population) link(a *account) {
	for _, k := range a.keys {
		if k.kind() != byHead && k.kind() != byOrphan {
			continue
		}
		mine, theirs := p.members(k), p.members(counterpart(k))
		if len(theirs) == 0 || len(theirs) > handOverFame || len(mine) > handOverFame {
			continue
		}
		for _, i := range theirs {
			b := p.accounts[i]
			if b.entity == a.entity {
				continue
			}
			if at, ok := slices.BinarySearch(a.handed, b.slot); !ok {
				a.handed = slices.Insert(a.handed, at, b.slot)
			}
			if at, ok := slices.BinarySearch(b.handed, a.slot); !ok {
				b.handed = slices.Insert(b.handed, at, a.slot)
			}
		}
	}
}

// members lists the accounts that show a value.
func (p *population) members(k key) []int32 {
	n, ok := p.postings[k]
	switch {
	case !ok:
		return nil
	case n >= 0:
		return []int32{n}
	}
	return p.inOrder(p.lists[^n])
}

// components are the groups of accounts that are joined by conversations handed over, each in sampling order.
func (p *population) components() [][]int32 {
	seen := map[int32]bool{}
	var out [][]int32
	for _, a := range p.accounts {
		if a == nil || len(a.handed) == 0 || seen[a.slot] {
			continue
		}
		seen[a.slot] = true
		part := []int32{a.slot}
		for i := 0; i < len(part); i++ {
			for _, j := range p.accounts[part[i]].handed {
				if !seen[j] {
					seen[j] = true
					part = append(part, j)
				}
			}
		}
		p.sort(part)
		out = append(out, part)
	}
	return out
}

// list enters the account in a posting.
func (p *population) list(k key, a *account) {
	n, ok := p.postings[k]
	if !ok {
		p.postings[k] = a.slot
		if k.kind() == byOrphan {
			p.sought = append(p.sought, k)
		}
		return
	}
	if n >= 0 {
		l := &posting{key: k, members: append(make([]int32, 0, 4), n)}
		if m := len(p.idle); m > 0 {
			n, p.idle = p.idle[m-1], p.idle[:m-1]
			p.lists[n] = l
		} else {
			n = int32(len(p.lists))
			p.lists = append(p.lists, l)
		}
		n = ^n
		p.postings[k] = n
	}
	l := p.lists[^n]
	l.fresh = append(l.fresh, a.slot)
	l.signed, l.entities = false, -1
}

// inOrder puts the fresh members in their places and returns them all.
func (p *population) inOrder(l *posting) []int32 {
	if len(l.fresh) == 0 {
		return l.members
	}
	p.sort(l.fresh)
	old := l.members
	l.members = make([]int32, 0, len(old)+len(l.fresh))
	for _, i := range l.fresh {
		at, _ := slices.BinarySearchFunc(old, p.accounts[i], p.before)
		l.members = append(append(l.members, old[:at]...), i)
		old = old[at:]
	}
	l.members = append(l.members, old...)
	l.fresh = nil
	return l.members
}

// unlist takes the account out of a posting.
func (p *population) unlist(k key, a *account) {
	n, ok := p.postings[k]
	if !ok {
		return
	}
	if n >= 0 {
		delete(p.postings, k)
		return
	}
	l := p.lists[^n]
	if at, found := slices.BinarySearchFunc(p.inOrder(l), a, p.before); found {
		l.members = slices.Delete(l.members, at, at+1)
	}
	l.signed, l.entities = false, -1
	if len(l.members) == 1 {
		p.postings[k] = l.members[0]
		p.lists[^n] = nil
		p.idle = append(p.idle, ^n)
	}
}

// before orders slots by sampling order.
func (p *population) before(slot int32, a *account) int {
	b := p.accounts[slot]
	return cmp.Or(cmp.Compare(b.order, a.order), cmp.Compare(b.profile.Account, a.profile.Account))
}

// count is the number of entities that show a value.
func (p *population) count(k key) int {
	n, ok := p.postings[k]
	switch {
	case !ok:
		return 0
	case n >= 0:
		return 1
	}
	l := p.lists[^n]
	if l.entities < 0 {
		l.entities = p.weigh(p.inOrder(l))
	}
	return l.entities
}

// weigh is the number of entities among the accounts.
func (p *population) weigh(members []int32) int {
	n := 0
	var seen map[uint64]struct{}
	for _, i := range members {
		a := p.accounts[i]
		if a.entity == a.order {
			n++
			continue
		}
		if seen == nil {
			seen = map[uint64]struct{}{}
		}
		seen[a.entity] = struct{}{}
	}
	return n + len(seen)
}

// sorted lists the accounts in sampling order.
func (p *population) sorted() []*account {
	list := make([]*account, 0, len(p.byName))
	for _, a := range p.accounts {
		if a != nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *account) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.profile.Account, b.profile.Account))
	})
	return list
}

// sort puts slots into sampling order.
func (p *population) sort(slots []int32) {
	slices.SortFunc(slots, func(i, j int32) int { return p.before(i, p.accounts[j]) })
}

// handedOver counts the accounts in no open campaign, and those of them that exchanged a conversation with another.
func (p *population) handedOver() (n, all int) {
	for _, a := range p.accounts {
		if a == nil || a.named {
			continue
		}
		all++
		if len(a.handed) > 0 {
			n++
		}
	}
	return n, all
}

// rhythm counts when the accounts in no open campaign are active, over a sample that does not depend on anything they do.
func (p *population) rhythm(now int64, sample int) *census.Rhythm {
	r := census.NewRhythm(now)
	most := uint64(math.MaxUint64)
	if n := len(p.byName); n > sample {
		most = most / uint64(n) * uint64(sample)
	}
	for _, a := range p.accounts {
		if a != nil && !a.named && a.order <= most {
			r.Add(&a.profile)
		}
	}
	return r
}

// forget drops the candidates that the evaluation did not meet.
func (p *population) forget() {
	for id, k := range p.known {
		if !k.used {
			delete(p.known, id)
		}
		k.used = false
	}
}

// mass weighs an account's recurring text, sightings times idf, once per evaluation.
func (p *population) mass(a *account) float64 {
	if a.weighed == p.evaluation {
		return a.mass
	}
	a.weighed, a.mass = p.evaluation, 0
	least := fingerprint.Recurs(a.profile.WithText)
	for len(p.idf) <= len(p.byName) {
		p.idf = append(p.idf, math.Log2(float64(max(len(p.idf), 1))))
	}
	n := math.Log2(float64(len(p.entities) + 1))
	for _, s := range a.profile.Scaffold {
		if s.Count >= least {
			a.mass += float64(s.Count) * (n - p.idf[p.count(makeKey(byShingle, s.Hash))])
		}
	}
	return a.mass
}

// cohortDays is the width of the sign-up windows in days; each window overlaps the next by half, so that a cohort of up to half that width lies whole in one.
const cohortDays = 4

// cohorts are the two sign-up windows that a day lies in.
func cohorts(day uint64) [2]uint64 {
	return [2]uint64{day / cohortDays * 2, (day+cohortDays/2)/cohortDays*2 + 1}
}

// appendKeys lists the postings that a profile belongs to.
func appendKeys(keys []key, p *fingerprint.Profile) []key {
	add := func(kind keyKind, hash uint64) {
		if hash != 0 {
			keys = append(keys, makeKey(kind, hash))
		}
	}
	least := fingerprint.Recurs(p.WithText)
	for _, s := range p.Scaffold {
		if s.Count >= least {
			add(byShingle, s.Hash)
		}
	}
	for _, s := range p.Skeletons {
		if s.Count >= least {
			add(bySkeleton, s.Hash)
		}
	}
	for _, f := range p.Facets[fingerprint.Payment] {
		add(byPayment, f.Hash)
	}
	for _, f := range p.Facets[fingerprint.Device] {
		add(byDevice, f.Hash)
	}
	stack := census.Value(p, census.Trait(fingerprint.Stack))
	issuer := census.Value(p, census.Trait(fingerprint.Issuer))
	add(byStack, stack)
	add(byIssuer, issuer)
	params := census.Value(p, census.Trait(fingerprint.Params))
	add(byParams, params)
	if day := census.Value(p, census.SignupDay); day != 0 {
		keys = append(keys, traitKey(census.SignupDay, day))
	}
	if stack != 0 {
		add(byClient, mix(stack, params))
	}
	if p.CreatedAt > 0 {
		for _, w := range cohorts(uint64(p.CreatedAt / census.Day)) {
			if issuer != 0 {
				add(byIssuerCohort, mix(issuer, w))
			}
			if stack != 0 {
				add(byStackCohort, mix(stack, w))
			}
		}
	}
	add(byNetwork, census.Value(p, census.Trait(fingerprint.Network)))
	if p.RelayRequests > 0 {
		add(byRelay, 1<<8)
	}
	for _, list := range [2][]uint64{p.Heads, p.Rejected} {
		for _, h := range list {
			add(byHead, h)
		}
	}
	for _, h := range p.Orphans {
		add(byOrphan, h)
	}
	return keys
}

func mix(a, b uint64) uint64 {
	h := a ^ (b+0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	return h ^ h>>32
}
