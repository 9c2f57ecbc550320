package watch

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Accounts whose records cannot be read are a tripwire, and are no evidence for anything else: what
// nobody can read says nothing about a group.

const (
	// unreadableRecords is how many records of an account must have been unreadable in a day. A
	// record is cut or a client breaks now and then; an account of a pool sends dozens a day.
	unreadableRecords = 20
	// unreadableShare is the share of all its records in the same day that must be exceeded: of an
	// account that is read in every second request the detectors see enough.
	unreadableShare = 0.5
	// afterFault is how long after the last sign of a logger's fault what cannot be read is put
	// down to it, in milliseconds: the time in which late profiles of accounts that it struck
	// arrive, and a margin.
	afterFault = 3_600_000
)

// Unread watches for accounts whose records cannot be read.
type Unread struct {
	// accounts are those some of whose records could not be read, by name.
	accounts map[string]*unread
	// DisturbedAt is when the number of accounts that could not be read last was more than that of
	// those that could (Unix ms), 0 when it was not for long.
	DisturbedAt int64
}

// unread is what is known of an account some of whose records could not be read.
type unread struct {
	org string
	// at is when the newest came, since when the newer half of the day's had begun to; read is when
	// the newest request was. Unix milliseconds.
	at, since, read int64
	// all counts those of the horizon, day those of a day, requests what could be read in that day.
	all, day, requests uint32
}

// lastUnread says that the account's newest record could not be read.
func (u *unread) lastUnread() bool { return u.at > u.read }

// hides says that in the day before now the account's records were unreadable for the most part.
func (u *unread) hides(now int64) bool {
	all := float64(u.day) + float64(u.requests)
	return u.day >= unreadableRecords && float64(u.day) > unreadableShare*all &&
		now-u.at < baseline.Day
}

// UnreadAccounts is what a finding about records that cannot be read says.
type UnreadAccounts struct {
	// Joined are the accounts whose records cannot be read now, Left those that were named and can
	// be read again, or have been silent for long.
	Joined, Left []string
	// Accounts are all that it is about, those of most records first.
	Accounts []UnreadAccount
	// Records counts what could not be read.
	Records int64
	// FirstSeen and LastSeen bound their times (Unix ms).
	FirstSeen, LastSeen int64
}

// UnreadAccount is one account; Records counts what could not be read in a day.
type UnreadAccount struct {
	Account, Org        string
	Records             uint32
	FirstSeen, LastSeen int64
}

// Note keeps what a profile says of records that could not be read.
func (w *Unread) Note(p *fingerprint.Profile) {
	if p.UnreadableAt == 0 {
		delete(w.accounts, p.Account)
		return
	}
	if w.accounts == nil {
		w.accounts = map[string]*unread{}
	}
	w.accounts[p.Account] = &unread{
		org: p.Org, at: p.UnreadableAt, since: p.UnreadableSince, read: p.LastSeen,
		all: p.Unreadable, day: p.Unreadable24h, requests: p.Read24h,
	}
}

// Forget drops an account.
func (w *Unread) Forget(account string) { delete(w.accounts, account) }

// Len is the number of accounts some of whose records could not be read.
func (w *Unread) Len() int { return len(w.accounts) }

// Watch follows the accounts that cannot be read, in one finding per tenant: one for each account
// of a pool would bury the other findings.
func (w *Unread) Watch(v *View, r *Result) {
	if v.Now-w.DisturbedAt > v.Quiet {
		w.DisturbedAt = 0
	}
	var hiding []string
	for name, u := range w.accounts {
		if v.Now-u.at >= v.Quiet {
			delete(w.accounts, name)
		} else if u.hides(v.Now) {
			hiding = append(hiding, name)
		}
	}
	slices.Sort(hiding)
	hiding = w.unlikeOthers(hiding, &v.Search.Population.Accounts, v.Search.Options.MinGroup, v.Now)
	id := v.tripwireID(string(Unreadable))
	f := v.Findings[id]
	if len(hiding) == 0 && !f.Open {
		return
	}
	members := maps.Clone(f.Members)
	if members == nil {
		members = map[string]int64{}
	}
	n := Proposal{ID: id, Tripwire: Unreadable, Unread: &UnreadAccounts{Joined: hiding}}
	for _, name := range hiding {
		members[name] = v.Now
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if w.accounts[name] == nil {
			n.Unread.Left = append(n.Unread.Left, name)
			delete(members, name)
		}
	}
	r.Proposals = append(r.Proposals, n)
	if len(members) == 0 {
		r.Closings = append(r.Closings, Closing{id, Quiet})
		return
	}
	w.count(n.Unread, members)
}

// count adds up what of the members could not be read.
func (w *Unread) count(out *UnreadAccounts, members map[string]int64) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		u := w.accounts[name]
		out.Records += int64(u.all)
		first := cmp.Or(u.since, u.at)
		if out.FirstSeen == 0 || first < out.FirstSeen {
			out.FirstSeen = first
		}
		out.LastSeen = max(out.LastSeen, u.at)
		out.Accounts = append(out.Accounts, UnreadAccount{
			Account: name, Org: u.org, Records: u.day, FirstSeen: min(first, u.at), LastSeen: u.at,
		})
	}
	slices.SortStableFunc(out.Accounts, func(a, b UnreadAccount) int {
		return cmp.Compare(b.Records, a.Records)
	})
}

// unlikeOthers keeps the accounts since whose trouble began others have been read: a group of them,
// and no fewer than could not be read the last time that they were heard. Otherwise it is the
// gateway's trouble: when a logger cuts its records, hardly anybody who is heard can be read. What
// came until an hour after such a time is held against nobody, also when the fault is mended.
//
// Nobody can bring that about for others' accounts, and a pool only by being larger than the rest
// of its tenant.
func (w *Unread) unlikeOthers(
	hiding []string, live *index.Accounts, group int, now int64,
) (unlike []string) {
	heard := w.heardSince(hiding, live)
	for _, name := range hiding {
		u := w.accounts[name]
		h := heard(u.since)
		if h.unread > h.read {
			w.DisturbedAt = max(w.DisturbedAt, now)
		} else if h.read >= group && u.since <= u.at {
			unlike = append(unlike, name)
		}
	}
	return slices.DeleteFunc(unlike, func(name string) bool {
		return w.DisturbedAt > 0 && w.accounts[name].since <= w.DisturbedAt+afterFault
	})
}

// heard is how many accounts could be read, and how many could not, the last time that they were
// heard.
type heard struct{ read, unread int }

// heardSince counts the accounts heard since the times at which the newer half of some accounts'
// trouble began.
func (w *Unread) heardSince(accounts []string, live *index.Accounts) func(time int64) heard {
	var starts []int64
	for _, name := range accounts {
		starts = append(starts, w.accounts[name].since)
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	// after is how many of the starts a time has reached.
	after := func(time int64) int {
		i, found := slices.BinarySearch(starts, time)
		if found {
			i++
		}
		return i
	}
	counts := make([]heard, len(starts)+1)
	if len(accounts) > 0 {
		for _, a := range live.Slots {
			if a == nil {
				continue
			}
			if u := w.accounts[a.Profile.Account]; u == nil || !u.lastUnread() {
				counts[after(a.Profile.LastSeen)].read++
			}
		}
	}
	for _, u := range w.accounts {
		if u.lastUnread() {
			counts[after(u.at)].unread++
		}
	}
	for i := len(counts) - 2; i >= 0; i-- {
		counts[i].read += counts[i+1].read
		counts[i].unread += counts[i+1].unread
	}
	return func(time int64) heard { return counts[after(time)] }
}
