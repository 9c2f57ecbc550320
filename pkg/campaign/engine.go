// Package campaign finds groups of accounts that act as one and harvest, and follows them: a stable
// identity across replaced pools, a life from opening to closing, and the findings that tell of it.
//
// The engine is pure: profiles in, findings and account verdicts out, the time from the events.
//
// The rooms below it, each importing only those before it: index holds the accounts, decision says
// what a finding is, measure makes groups of accounts comparable, membership says who belongs to a
// group, search finds groups, watch looks for what needs no statistics.
package campaign

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// Engine holds the live profiles of all tenants and the campaigns among them. It is not safe for
// concurrent use.
type Engine struct {
	o        Options
	registry []detectors.Detector
	tenants  map[string]*tenant
	next     int64
	// clockChanged says that the next evaluation or the list of campaigns is not as it was last
	// saved.
	clockChanged bool
	reviews      reviews
	// Trace, when set, gets every group that is measured.
	Trace func(search.Measurement)
	// Deeper is by how many bits more below the thresholds groups are fitted for the trace alone.
	Deeper float64
	// Sighted, when set, gets at every evaluation what the watch list's indicators were found
	// on.
	Sighted func(watch.Sighting)
	list    watch.List

	// inShadow says that its findings are in shadow; ids begins the identities of its campaigns,
	// keys those of its state. Both are empty for one that alerts.
	inShadow  bool
	ids, keys string
	// shadow is the second engine, alerting the one beside which this one is the second.
	shadow   beside
	alerting *Engine
}

// tenant is what the engine knows of one tenant; tenants are never compared.
type tenant struct {
	name       string
	population *measure.Population
	memory     search.Memory
	watchers   *watch.Watchers
	campaigns  []*Campaign
	// book holds the verdicts of analysts, unsaved those that are not as they were last saved.
	book    review.Book
	unsaved []*review.Held
	// alerts counts what alerted in the current hour.
	alerts alertCount
}

// Emission is one thing to tell: a finding, an account verdict, or what became of an analyst's
// verdict.
type Emission struct {
	Finding *Finding
	Account *AccountVerdict
	Audit   *review.Entry
}

// New makes an engine; the options must be valid.
func New(o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("correlate options: %w", err)
	}
	e := &Engine{o: o, registry: detectors.All(), tenants: map[string]*tenant{}}
	putInShadow(e)
	return e, nil
}

// SetWatchList replaces what is watched for, from the next evaluation on.
func (e *Engine) SetWatchList(l watch.List) {
	e.list = l
	e.shadow.watchFor(l)
}

func (e *Engine) tenant(name string) *tenant {
	t := e.tenants[name]
	switch {
	case t != nil:
	case e.alerting != nil:
		e.alerting.tenant(name)
		t = e.tenants[name]
	default:
		t = &tenant{name: name, population: measure.New(), watchers: watch.New(e.o.Watch)}
		e.tenants[name] = t
		e.shadow.add(t)
	}
	return t
}

// isEmpty says that nothing is known of the tenant.
func (t *tenant) isEmpty() bool {
	return t.population.Len() == 0 && len(t.campaigns) == 0 && t.watchers.Unread.Len() == 0 &&
		t.book.Len() == 0
}

// Upsert takes a new snapshot of an account. The engine owns p and all it points at from then on.
func (e *Engine) Upsert(p fingerprint.Profile) {
	t := e.tenant(p.Tenant)
	t.watchers.Unread.Note(&p)
	e.shadow.note(&p)
	if p.Requests == 0 && p.UnreadableAt > 0 {
		// There is nothing to compare of an account of which nothing could be read.
		t.population.Remove(p.Account)
		return
	}
	t.population.Upsert(p)
}

// Remove forgets an account that has been silent for the fingerprint's whole horizon.
func (e *Engine) Remove(tenantName, account string) {
	t := e.tenants[tenantName]
	if t == nil {
		return
	}
	t.population.Remove(account)
	t.watchers.Unread.Forget(account)
	if gone := e.shadow.forget(tenantName, account); gone && t.isEmpty() {
		delete(e.tenants, tenantName)
		e.shadow.drop(tenantName)
	}
}

// Accounts is the number of live profiles.
func (e *Engine) Accounts() (n int) {
	for _, t := range e.tenants {
		n += t.population.Len()
	}
	return n
}

// Open is the number of open findings.
func (e *Engine) Open() (n int) {
	for _, t := range e.tenants {
		for _, c := range t.campaigns {
			if !c.Closed {
				n++
			}
		}
	}
	return n
}

// Advance evaluates everything once if an evaluation is due at event time now (Unix ms).
func (e *Engine) Advance(now int64) []Emission {
	interval := e.o.Interval.Milliseconds()
	if e.next == 0 {
		e.next, e.clockChanged = now+interval, true
		return nil
	}
	if now < e.next {
		return nil
	}
	// Aligned to the interval, so that a restart evaluates at the same times.
	e.next, e.clockChanged = now-now%interval+interval, true
	e.reviews.keep(e.tenants, now)
	e.shadow.setNext(e.next, now)
	var out []Emission
	for _, name := range sortedKeys(e.tenants) {
		out = append(out, e.evaluate(e.tenants[name], now)...)
		out = append(out, e.shadow.evaluate(name, now)...)
	}
	return out
}

// Next is the event time of the next evaluation.
func (e *Engine) Next() int64 { return e.next }

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
