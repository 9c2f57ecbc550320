// Package index holds the live accounts of one tenant, and for every value that an account shows
// the accounts that show it (a posting). It is kept up to date with every profile, so that an
// evaluation costs what has changed and not what lives. It also knows which accounts exchanged a
// conversation or reasoning, and which values are shown by nearly the same accounts (MinHash).
//
// It knows no score, no campaign and no time but the evaluation in which a profile came.
package index

import (
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Index holds the accounts and postings of one tenant.
type Index struct {
	Accounts
	Postings *Postings
	// Evaluation counts the evaluations; Account.Changed is in its units.
	Evaluation int32

	keys []Key
	// carried is with whom accounts shared reasoning, by slot: hardly any did.
	carried map[int32]Carried
}

// New makes an empty index.
func New() *Index {
	x := &Index{carried: map[int32]Carried{}}
	x.Accounts = Accounts{byName: map[string]*Account{}, entities: map[uint64]int32{}}
	x.Postings = &Postings{accounts: &x.Accounts, entries: map[Key]int32{}}
	return x
}

// Upsert takes a new snapshot of an account's profile, which the index then owns. added says that
// the account was not there before.
func (x *Index) Upsert(p fingerprint.Profile) (a *Account, added bool) {
	a = x.byName[p.Account]
	if added = a == nil; added {
		a = x.place()
		a.Order = xxh3.HashString(p.Account)
		x.byName[p.Account] = a
	} else {
		x.leaveEntity(a)
	}
	a.Changed = x.Evaluation + 1
	a.Profile = p
	a.labels = compact(&a.Profile)
	a.Vector = baseline.Features(&a.Profile)
	entity := entityOf(a)
	if entity != a.Entity && len(a.keys) > 0 {
		// Which entity an account is changes what every posting counts.
		for _, k := range a.keys {
			x.Postings.remove(k, a)
		}
		a.keys = a.keys[:0]
	}
	a.Entity = entity
	x.entities[entity]++
	x.reindex(a)
	x.link(a)
	x.carry(a)
	if x.first == 0 || p.FirstSeen < x.first {
		x.first = p.FirstSeen
	}
	return a, added
}

// entityOf names the entity that an account is of: accounts under one contract that counts are one,
// as are those of one verified organisation, since whoever can vouch for them knows them all. Where
// there is a contract it decides: a customer may have several organisations.
func entityOf(a *Account) uint64 {
	if contract := a.Profile.Contract(); contract != 0 {
		return Mix(contract, contractSeed)
	}
	if a.Profile.Org != "" && a.Profile.Verified {
		return xxh3.HashStringSeed(a.Profile.Org, organisationSeed)
	}
	return a.Order
}

// organisationSeed and contractSeed keep the hashes of organisations and contracts apart from those
// of accounts of the same name.
const (
	organisationSeed = 1
	contractSeed     = 7
)

// Remove forgets an account.
func (x *Index) Remove(name string) {
	a := x.byName[name]
	if a == nil {
		return
	}
	x.leaveEntity(a)
	for _, k := range a.keys {
		x.Postings.remove(k, a)
	}
	x.unlink(a)
	x.uncarry(a)
	x.free(a)
}

// reindex brings the account's postings up to date with its profile.
func (x *Index) reindex(a *Account) {
	x.keys = appendKeys(x.keys[:0], &a.Profile)
	slices.Sort(x.keys)
	x.keys = slices.DeleteFunc(slices.Compact(x.keys), x.Postings.unserved)
	i := 0
	for _, k := range a.keys {
		for i < len(x.keys) && x.keys[i] < k {
			x.Postings.add(x.keys[i], a)
			i++
		}
		if i < len(x.keys) && x.keys[i] == k {
			i++
			continue
		}
		x.Postings.remove(k, a)
	}
	for ; i < len(x.keys); i++ {
		x.Postings.add(x.keys[i], a)
	}
	if !slices.Equal(a.keys, x.keys) {
		a.keys = append(make([]Key, 0, len(x.keys)), x.keys...)
	}
}
