package campaign

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Saved is one piece of the engine's state: a key and its value, nil when it is to be deleted.
type Saved struct {
	Key   string
	Value []byte
}

// savedCampaign is a campaign with what its last measurement showed: an analyst's verdict may be
// the next thing that a new process reads, and its record says as much as one of the process
// before.
type savedCampaign struct {
	*Campaign

	Shown savedShown `json:"shown"`
}

// savedShown is shown as it is saved.
type savedShown struct {
	Sample []Member          `json:"sample,omitempty"`
	Shared []SharedAttribute `json:"shared,omitempty"`
	Models []string          `json:"models,omitempty"`
	Output int64             `json:"output,omitempty"`
}

func (x *shown) save() savedShown {
	return savedShown{Sample: x.sample, Shared: x.shared, Models: x.models, Output: x.output}
}

func (s *savedShown) shown() shown {
	return shown{sample: s.Sample, shared: s.Shared, models: s.Models, output: s.Output}
}

// clockKey holds the engine's clock; campaignKey and its ID a campaign.
const (
	clockKey    = "clock"
	campaignKey = "campaign:"
)

type clockState struct {
	Version int   `json:"version"`
	Next    int64 `json:"next"`
	// IDs lists the campaigns, so that a restart knows what to load.
	IDs []string `json:"ids"`
	// Disturbed holds, by tenant, when a logger's fault was last seen.
	Disturbed map[string]int64 `json:"disturbed,omitempty"`
	// Verdicts lists the verdicts of analysts that are held, Given counts all that ever came.
	Verdicts []string `json:"verdicts,omitempty"`
	Given    int64    `json:"given,omitempty"`
	// Alerts counts the alerts of the current hour, by tenant.
	Alerts map[string]alertCount `json:"alerts,omitempty"`
}

// Dirty returns the state that changed since the last call.
func (e *Engine) Dirty() ([]Saved, error) {
	out, err := e.shadow.save()
	if err != nil {
		return nil, err
	}
	given, err := e.reviews.unsaved(e.tenants)
	if err != nil {
		return nil, err
	}
	for _, s := range given {
		out = append(out, Saved{e.keys + s.Key, s.Value})
	}
	st := clockState{Version: 1, Next: e.next, Given: e.reviews.given}
	for _, t := range withCampaigns(e.tenants) {
		for _, c := range t.campaigns {
			st.IDs = append(st.IDs, c.ID)
			if !c.dirty {
				continue
			}
			b, err := json.Marshal(savedCampaign{c, c.shown.save()})
			if err != nil {
				return nil, fmt.Errorf("encode campaign %s: %w", c.ID, err)
			}
			c.dirty = false
			out = append(out, Saved{e.keys + campaignKey + c.ID, b})
		}
	}
	if !e.clockChanged {
		return out, nil
	}
	e.clockChanged = false
	for name, t := range e.tenants {
		if t.alerts.Count > 0 {
			if st.Alerts == nil {
				st.Alerts = map[string]alertCount{}
			}
			st.Alerts[name] = t.alerts
		}
		for _, h := range t.book.All() {
			st.Verdicts = append(st.Verdicts, keyOf(h))
		}
		if at := t.watchers.Unread.DisturbedAt; at > 0 {
			if st.Disturbed == nil {
				st.Disturbed = map[string]int64{}
			}
			st.Disturbed[name] = at
		}
	}
	slices.Sort(st.Verdicts)
	b, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode the engine's clock: %w", err)
	}
	return append(out, Saved{e.keys + clockKey, b}), nil
}

// forget drops the closed campaigns whose accounts were last seen before a time (Unix ms), and
// returns the keys of their state: no successor is recognised by them any more. What a watcher has
// found is kept, because its next finding must not be taken for the first one again.
func (t *tenant) forget(before int64) (keys []string) {
	t.campaigns = slices.DeleteFunc(t.campaigns, func(c *Campaign) bool {
		old := c.Closed && c.LastSeen < before &&
			(c.kind() == KindCampaign || c.kind() == KindOverflow)
		if old {
			keys = append(keys, campaignKey+c.ID)
		}
		return old
	})
	return keys
}

// withCampaigns lists the tenants that have campaigns, by name: of many tenants, few.
func withCampaigns(tenants map[string]*tenant) (out []*tenant) {
	for _, t := range tenants {
		if len(t.campaigns) > 0 {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *tenant) int { return cmp.Compare(a.name, b.name) })
	return out
}

// Keys are the state keys to load at start: first the clock; once it is loaded, the campaigns.
func (e *Engine) Keys() []string {
	keys := []string{e.keys + clockKey}
	if e.shadow.engine != nil {
		keys = append(keys, e.shadow.engine.Keys()...)
	}
	return keys
}

// Restored says what a restored value asks for.
type Restored struct {
	// More are the further keys to load, each once.
	More []string
	// ListedAgain counts the entries of the list of campaigns beyond the first of each: earlier
	// versions wrote such lists. They are left out.
	ListedAgain int
}

// Restore takes a value that Dirty once returned. A campaign that is known is replaced.
func (e *Engine) Restore(key string, value []byte) (Restored, error) {
	if value == nil {
		return Restored{}, nil
	}
	if e.shadow.has(key) {
		return e.shadow.engine.Restore(key, value)
	}
	if key == e.keys+clockKey {
		var st clockState
		if err := json.Unmarshal(value, &st); err != nil {
			return Restored{}, fmt.Errorf("decode the engine's clock: %w", err)
		}
		e.next = st.Next
		for name, at := range st.Disturbed {
			e.tenant(name).watchers.Unread.DisturbedAt = at
		}
		e.reviews.given = st.Given
		for name, count := range st.Alerts {
			e.tenant(name).alerts = count
		}
		out := st.campaigns(e.keys)
		for _, key := range st.Verdicts {
			out.More = append(out.More, e.keys+key)
		}
		// Then the list is written anew with the next state.
		e.clockChanged = out.ListedAgain > 0
		return out, nil
	}
	if strings.HasPrefix(key, e.keys+verdictKey) {
		h, err := readVerdict(key, value)
		if err == nil {
			e.tenant(h.Verdict.Tenant).book.Put(h)
		}
		return Restored{}, err
	}
	c := &Campaign{}
	saved := savedCampaign{Campaign: c}
	if err := json.Unmarshal(value, &saved); err != nil {
		return Restored{}, fmt.Errorf("decode %s: %w", key, err)
	}
	c.shown = saved.Shown.shown()
	if c.Model != nil {
		c.Model.DropUnknown()
	}
	if !e.inShadow {
		dropEvidence(c, e.o.Shadow.Detectors)
	}
	t := e.tenant(c.Tenant)
	if i := slices.IndexFunc(t.campaigns, func(o *Campaign) bool { return o.ID == c.ID }); i >= 0 {
		t.campaigns[i] = c
	} else {
		t.campaigns = append(t.campaigns, c)
	}
	return Restored{}, nil
}

// campaigns lists the keys of the campaigns, which begin with prefix.
func (st *clockState) campaigns(prefix string) (out Restored) {
	listed := make(map[string]bool, len(st.IDs))
	for _, id := range st.IDs {
		if !listed[id] {
			listed[id] = true
			out.More = append(out.More, prefix+campaignKey+id)
		}
	}
	out.ListedAgain = len(st.IDs) - len(out.More)
	return out
}
