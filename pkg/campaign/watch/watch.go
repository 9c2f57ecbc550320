// Package watch looks for what is found beside campaigns: single accounts whose harvest is a
// finding by itself, and tripwires, signs that need no statistics. Their findings are Low, so that
// an analyst can look and no gateway acts on them, unless a single account's purpose is plain too.
//
// A watcher gets the findings that it has made and says which there should be now. It opens and
// closes none itself.
package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// Options tunes the watchers.
type Options struct {
	// AccountRequests is the number of requests in a day from which a single account is judged by
	// itself, and from which a single account's match with a watch list is a finding.
	AccountRequests uint32 `yaml:"account_requests"`
}

// DefaultOptions are the options that docs/evaluation.md was measured with.
func DefaultOptions() Options { return Options{AccountRequests: 500} }

// Tripwire names a kind of sign. The name is part of a finding's identity. The empty one is a
// single account's finding.
type Tripwire string

// The tripwires.
const (
	Account    Tripwire = ""
	Relay      Tripwire = "relay"
	HandOver   Tripwire = "hand-over"
	Carried    Tripwire = "carried-reasoning"
	WatchLists Tripwire = "watch-list"
	Unreadable Tripwire = "unreadable"
)

// Title is what a tripwire's finding is called.
func (t Tripwire) Title() string {
	switch t {
	case HandOver:
		return "Conversations handed over between accounts"
	case Carried:
		return "Reasoning of one account presented by another"
	case WatchLists:
		return "Accounts match a watch list"
	case Unreadable:
		return "Accounts whose records cannot be read"
	default:
		return "Accounts behind relay software"
	}
}

// Does is what the accounts of a tripwire's finding do; signs names the indicators that they match.
func (t Tripwire) Does(signs []string) string {
	switch t {
	case HandOver:
		return "continue each other's conversations"
	case Carried:
		return "present reasoning that was given to others among them"
	case WatchLists:
		return "match a watch list: " + strings.Join(signs, "; ")
	case Unreadable:
		return "send records that cannot be read"
	default:
		return "send the constants of relay software"
	}
}

// Finding is a finding that a watcher has made.
type Finding struct {
	Tripwire Tripwire
	// Subject is whose sign a match with a watch list is about.
	Subject string
	// Members maps the accounts to when they were named.
	Members map[string]int64
	// Open says that it is not closed, Closing that it is about to be.
	Open, Closing bool
}

// View is what a watcher sees of an evaluation.
type View struct {
	Tenant string
	// IDs begins the identities of all findings.
	IDs string
	// Now is the event time, Quiet the time after which an account that is silent is forgotten
	// (Unix ms and ms).
	Now, Quiet int64
	// Search measures groups, and knows which accounts campaigns explain.
	Search *search.Search
	// Findings are those that watchers have made, by ID.
	Findings map[string]Finding
	// List is what is watched for; Sighted, when set, gets what its indicators were found on.
	List    List
	Sighted func(Sighting)
}

// Proposal says that a finding should be open, and about whom.
type Proposal struct {
	// ID is the finding's identity.
	ID       string
	Tripwire Tripwire
	// Subject and Signs are what a match with a watch list is about.
	Subject string
	Signs   []string
	// Group is who it is about and what they show, Unread the same for records that cannot be read.
	Group  *search.Found
	Unread *UnreadAccounts
}

// Closing says that a finding should end.
type Closing struct{ ID, Reason string }

// The reasons why watchers close findings.
const (
	Merged    = "merged"
	Withdrawn = "withdrawn"
	Quiet     = "quiet"
)

// Result is what watchers have to say at an evaluation.
type Result struct {
	Proposals []Proposal
	Closings  []Closing
}

// Watcher looks for one kind of sign.
type Watcher interface {
	Watch(v *View, r *Result)
}

// Watchers are all that look at one tenant, in the order in which their findings are emitted.
type Watchers struct {
	Unread Unread
	list   []Watcher
}

// New makes the watchers of a tenant.
func New(o Options) *Watchers {
	w := &Watchers{}
	w.list = []Watcher{
		&accounts{o}, &relays{}, &pools{HandOver, handingOver},
		&pools{Carried, carrying}, &lists{o: o}, &w.Unread,
	}
	return w
}

// Watch asks all watchers.
func (w *Watchers) Watch(v *View) (r Result) {
	for _, one := range w.list {
		one.Watch(v, &r)
	}
	return r
}

// accountID and tripwireID are the identities of findings: what names the sign inside a tenant.
func (v *View) accountID(account string) string { return v.id("account", account) }

// customerID is the identity of a customer's finding.
func (v *View) customerID(c customer) string {
	return v.id("entity", fmt.Sprintf("%016x-%t", c.entity, c.allows))
}

func (v *View) tripwireID(what string) string { return v.id("tripwire", what) }

func (v *View) id(kind, what string) string {
	hash := xxh3.HashString(v.Tenant + "\x00" + kind + "\x00" + what)
	return fmt.Sprintf("%s%c-%016x", v.IDs, kind[0], hash)
}

// open lists the IDs of the open findings of a tripwire, in order.
func (v *View) open(t Tripwire) []string {
	ids := slices.Sorted(maps.Keys(v.Findings))
	return slices.DeleteFunc(ids, func(id string) bool {
		f := v.Findings[id]
		return !f.Open || f.Tripwire != t
	})
}

// measure measures the accounts of a tripwire, given in sampling order.
func (v *View) measure(members []int32) *search.Found {
	var noFamilies detectors.FamilySet
	s := v.Search
	g := s.Group(members, noFamilies)
	return &search.Found{
		Members: members, Group: g, Score: s.Assessor.Assess(g, 1, false),
		Model: membership.Learn(g, s.Assessor.Context),
	}
}
