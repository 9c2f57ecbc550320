package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// ShadowOptions says what is in shadow: found, reported apart, and nobody's alert.
type ShadowOptions struct {
	// All puts every finding in shadow. All detectors count in them, also those of Detectors.
	All bool `yaml:"all"`
	// Detectors are the ids of those that count nothing in the findings that alert. What is found
	// with them is found by a second engine over the same accounts, whose findings are in shadow.
	Detectors []string `yaml:"detectors"`
	// Unseen leaves the second engine out, where nobody looks at what it finds.
	Unseen bool `yaml:"-" json:"-"`
}

// On says that some findings are in shadow.
func (o *ShadowOptions) On() bool { return o.All || len(o.Detectors) > 0 && !o.Unseen }

// resemblance is the least likeness from which a known id is taken for what was meant.
const resemblance = 0.5

// Validate reports every id that no detector has, with the one that is most like it.
func (o *ShadowOptions) Validate() error {
	var errs []error
	for _, id := range o.Detectors {
		if near, likeness := nearestDetector(id); likeness < 1 {
			hint := "docs/detectors.md lists them"
			if likeness >= resemblance {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			errs = append(errs, fmt.Errorf(
				"shadow.detectors: no detector is called %q; %s", id, hint,
			))
		}
	}
	if len(errs) == 0 && len(detectors.AllBut(o.Detectors...)) == 0 {
		errs = append(errs, errors.New(
			"shadow.detectors: names all detectors, so that nothing could alert; "+
				"set shadow.all instead",
		))
	}
	return errors.Join(errs...)
}

// nearestDetector is the detector whose id is most like a name, with how like (0..1).
func nearestDetector(name string) (id string, likeness float64) {
	for _, d := range detectors.All() {
		if x := levenshtein.Match(name, d.Spec.ID, nil); x > likeness {
			id, likeness = d.Spec.ID, x
		}
	}
	return id, likeness
}

// Shadow is what a finding in shadow says of being there.
type Shadow struct {
	// All says that every finding is in shadow, Detectors which detectors count in this one and in
	// none that alerts, sorted.
	All       bool
	Detectors []string
	// AlsoAlerted says that, when the record was made, there was an open finding that alerts, of
	// the same kind, and with at least half of the members of the smaller of both. Alerts are the
	// UIDs of such findings, those with the most members in common first.
	AlsoAlerted bool
	Alerts      []string
}

const (
	// shadowIDs begins the identities of campaigns in shadow, and so makes the UIDs of their
	// findings others; shadowKeys begins the keys of their state.
	shadowIDs  = "shadow-"
	shadowKeys = "shadow:"

	// shadowStep comes before what a finding in shadow would recommend.
	shadowStep = "In shadow: do not act on this finding, look whether it is right. As an alert it " +
		"would recommend: "

	// sharedPart is one in how many of the smaller finding's members two findings must have in
	// common to be about the same accounts, maxAlerts bounds the findings that one names.
	sharedPart = 2
	maxAlerts  = 16
)

// putInShadow puts an engine that was just made into shadow, or makes the one beside it, as its
// options say.
func putInShadow(e *Engine) {
	o := &e.o.Shadow
	switch {
	case o.All:
		e.inShadow, e.ids, e.keys = true, shadowIDs, shadowKeys
	case len(o.Detectors) > 0:
		e.registry = detectors.AllBut(o.Detectors...)
		if !o.Unseen {
			e.shadow.engine = &Engine{
				o: e.o, registry: detectors.All(), tenants: map[string]*tenant{},
				inShadow: true, ids: shadowIDs, keys: shadowKeys, alerting: e,
			}
		}
	}
}

// Shadow is the engine whose findings are in shadow: the second one, or this one itself where all
// are; nil when there is none. It is not to be fed or advanced apart.
func (e *Engine) Shadow() *Engine {
	if e.inShadow {
		return e
	}
	return e.shadow.engine
}

// beside is the second engine, which judges the accounts of the first with all detectors. It
// holds none itself. Without one, its methods do nothing.
type beside struct{ engine *Engine }

// add makes a tenant of the first engine one of the second.
func (b beside) add(t *tenant) {
	if b.engine != nil {
		b.engine.tenants[t.name] = &tenant{
			name: t.name, population: measure.NewView(t.population),
			watchers: watch.New(b.engine.o.Watch),
		}
	}
}

// watchFor replaces what is watched for.
func (b beside) watchFor(l watch.List) {
	if b.engine != nil {
		b.engine.list = l
	}
}

// note keeps what a profile says that is no matter of comparison.
func (b beside) note(p *fingerprint.Profile) {
	if b.engine != nil {
		b.engine.tenants[p.Tenant].watchers.Unread.Note(p)
	}
}

// forget forgets an account that the first engine has forgotten, and says whether nothing is left
// of the tenant.
func (b beside) forget(tenantName, account string) bool {
	if b.engine == nil {
		return true
	}
	t := b.engine.tenants[tenantName]
	t.watchers.Unread.Forget(account)
	return t.isEmpty()
}

// drop forgets a tenant.
func (b beside) drop(tenantName string) {
	if b.engine != nil {
		delete(b.engine.tenants, tenantName)
	}
}

// evaluate looks at a tenant that the first engine has just looked at.
func (b beside) evaluate(tenantName string, now int64) []Emission {
	if b.engine == nil {
		return nil
	}
	return b.engine.evaluate(b.engine.tenants[tenantName], now)
}

// setNext keeps the time of the next evaluation, which is the first engine's, at event time now.
func (b beside) setNext(next, now int64) {
	if b.engine != nil {
		b.engine.next, b.engine.clockChanged = next, true
		b.engine.reviews.keep(b.engine.tenants, now)
	}
}

// concerns says whether a verdict is about one of the second engine's findings, or a verdict on
// one.
func (b beside) concerns(v *review.Verdict) bool {
	return b.engine != nil && b.engine.tenants[v.Tenant].concerns(v)
}

// save is the second engine's part of Dirty.
func (b beside) save() ([]Saved, error) {
	if b.engine == nil {
		return nil, nil
	}
	return b.engine.Dirty()
}

// has says whether a key is of the second engine's state.
func (b beside) has(key string) bool {
	return b.engine != nil && strings.HasPrefix(key, shadowKeys)
}

// dropEvidence takes out the evidence of detectors that were put into shadow since the campaign was
// measured. The next measurement counts, whether it is the strongest or not.
func dropEvidence(c *Campaign, ids []string) {
	n := len(c.Evidence)
	c.Evidence = slices.DeleteFunc(c.Evidence, func(e detectors.Evidence) bool {
		return slices.Contains(ids, e.Detector)
	})
	c.outdated = len(c.Evidence) < n
}

// shadowed is the step of an evaluation in which findings are put into shadow. One that alerts is
// left as it is.
type shadowed struct{ *evaluation }

// emit returns what is due, in shadow where the engine is.
func (v shadowed) emit() []Emission {
	v.matchAlerts()
	return v.mark(emitter(v).emit())
}

// matchAlerts finds, for the findings of a second engine, those of the first that are about the
// same accounts.
func (v shadowed) matchAlerts() {
	if v.engine.alerting == nil {
		return
	}
	naming := map[string][]*Campaign{}
	for _, c := range v.engine.alerting.tenants[v.tenant.name].campaigns {
		if c.Closed {
			continue
		}
		for name := range c.Members {
			naming[name] = append(naming[name], c)
		}
	}
	for _, c := range v.tenant.campaigns {
		if !c.Closed {
			c.alerts = matching(c, naming)
		}
	}
}

// matching lists the findings about the same accounts by UID; naming are those that alert, by the
// accounts that they name.
func matching(c *Campaign, naming map[string][]*Campaign) (uids []string) {
	common := map[*Campaign]int{}
	for name := range c.Members {
		for _, other := range naming[name] {
			if other.kind() == c.kind() && other.Tripwire == c.Tripwire {
				common[other]++
			}
		}
	}
	type match struct {
		uid    string
		common int
	}
	var matches []match
	for other, n := range common {
		if sharedPart*n >= min(len(c.Members), len(other.Members)) {
			matches = append(matches, match{other.UID(), n})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.common, a.common), cmp.Compare(a.uid, b.uid))
	})
	for _, m := range matches[:min(len(matches), maxAlerts)] {
		uids = append(uids, m.uid)
	}
	return uids
}

// mark makes what an engine in shadow emits findings in shadow. It gives no verdict on an
// account.
func (v shadowed) mark(out []Emission) []Emission {
	if !v.engine.inShadow {
		return out
	}
	o := &v.engine.o.Shadow
	campaigns := map[string]*Campaign{}
	for _, c := range v.tenant.campaigns {
		campaigns[c.ID] = c
	}
	out = slices.DeleteFunc(out, func(e Emission) bool { return e.Account != nil })
	for _, e := range out {
		if e.Finding == nil {
			continue
		}
		c := campaigns[e.Finding.Campaign]
		c.AlsoAlerted = len(c.alerts) > 0
		e.Finding.NextStep = shadowStep + e.Finding.NextStep
		e.Finding.Shadow = &Shadow{
			All: o.All, AlsoAlerted: c.AlsoAlerted, Alerts: slices.Clone(c.alerts),
		}
		if !o.All {
			e.Finding.Shadow.Detectors = slices.Compact(slices.Sorted(slices.Values(o.Detectors)))
		}
	}
	return out
}
