package campaign

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// verdictKey begins the keys of verdicts in the engine's state.
const verdictKey = "verdict:"

// keyOf is a verdict's key: its ID is one of its tenant's, and has no "@".
func keyOf(h *review.Held) string { return verdictKey + h.Verdict.ID + "@" + h.Verdict.Tenant }

// Give takes an analyst's verdict in and applies it at once, at event time now (Unix ms). One that
// came before counts once.
func (e *Engine) Give(verdict review.Verdict, now int64) []Emission {
	t := e.tenant(verdict.Tenant)
	if t.book.Find(verdict.ID) != nil {
		return nil
	}
	e.reviews.given++
	v := reviewing{&evaluation{engine: e, tenant: t, now: now, changed: map[string]bool{}}}
	h := &review.Held{Verdict: verdict, Number: e.reviews.given}
	t.book.Put(h)
	v.take(h)
	v.review()
	return emitter(v).emit()
}

// take enters a new verdict, and does what it asks for beside being in force.
func (v reviewing) take(h *review.Held) {
	said := &h.Verdict
	switch {
	case said.Expires != 0 && said.Expires <= v.now:
		v.enter(h, review.Given, nil, "")
	case said.Action == review.Revoke:
		v.revoke(h)
	case said.Scope.One() && !v.tenant.knows(&said.Scope):
		h.Ended = v.now
		v.enter(h, review.Unknown, nil, "no finding of this scope is known here")
	case said.Action == review.Reopen:
		h.Ended = v.now
		v.enter(h, review.Given, nil, "")
		for _, c := range v.tenant.campaigns {
			if isAbout(&said.Scope, c) {
				v.reopenFor(c, h)
			}
		}
	default:
		v.enter(h, review.Given, nil, "")
		v.touch(h)
	}
}

// revoke ends another verdict.
func (v reviewing) revoke(h *review.Held) {
	said := &h.Verdict
	h.Ended = v.now
	other := v.tenant.book.Find(said.Revokes)
	if other == nil || other.Ended != 0 {
		v.enter(h, review.Unknown, nil, "no verdict of this id is in force")
		return
	}
	other.Ended = v.now
	v.enter(h, review.Given, nil, "")
	v.enter(other, review.Revoked, nil, "revoked by "+said.Author+": "+said.Reason)
	v.touch(other)
}

// knows says whether a finding or campaign is known.
func (t *tenant) knows(s *review.Scope) bool {
	return slices.ContainsFunc(t.campaigns, func(c *Campaign) bool { return isAbout(s, c) })
}

// reviews is what the engine keeps of verdicts beside the tenants' books.
type reviews struct {
	// given counts the verdicts that came.
	given int64
	// dropped are the keys that are to be deleted from the saved state.
	dropped []string
	// keptDay is the day of event time on which all verdicts were last saved.
	keptDay int64
}

// forget has verdicts that ended long ago deleted from the saved state.
func (r *reviews) forget(verdicts []*review.Held) {
	for _, h := range verdicts {
		r.dropped = append(r.dropped, keyOf(h))
	}
}

// keep has all verdicts saved once a day of event time: the store drops what is not written for
// long, and a verdict may count for longer.
func (r *reviews) keep(tenants map[string]*tenant, now int64) {
	const day = 24 * alertHour
	if now/day == r.keptDay {
		return
	}
	r.keptDay = now / day
	for _, t := range tenants {
		t.unsaved = append([]*review.Held{}, t.book.All()...)
	}
}

// unsaved returns the verdicts that changed since the last call, and the keys of those that are to
// be deleted.
func (r *reviews) unsaved(tenants map[string]*tenant) (out []Saved, err error) {
	for _, name := range sortedKeys(tenants) {
		t := tenants[name]
		saved := map[string]bool{}
		for _, h := range t.unsaved {
			if key := keyOf(h); !saved[key] {
				saved[key] = true
				b, err := json.Marshal(h)
				if err != nil {
					return nil, fmt.Errorf("encode verdict %s: %w", h.Verdict.ID, err)
				}
				out = append(out, Saved{key, b})
			}
		}
		t.unsaved = nil
	}
	for _, key := range r.dropped {
		out = append(out, Saved{Key: key})
	}
	r.dropped = nil
	return out, nil
}

// readVerdict reads a verdict that was saved.
func readVerdict(key string, value []byte) (*review.Held, error) {
	h := &review.Held{}
	if err := json.Unmarshal(value, h); err != nil {
		return nil, fmt.Errorf("decode %s: %w", key, err)
	}
	return h, nil
}
