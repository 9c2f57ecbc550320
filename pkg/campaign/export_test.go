package campaign

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// Shown is a world with a finding, for what other packages make of its explanation.
type Shown struct {
	Engine            *Engine
	Now               int64
	Finding           string
	Member, Bystander string
}

// ShownWorld makes it: a pool, users of a tool beside it, and an analyst who confirms the finding.
func ShownWorld() (Shown, error) {
	w := newWorld(41)
	w.people(300)
	w.applications(80)
	from := len(w.out)
	w.tool(60)
	bystander := w.out[from].Account
	pool := w.pool(40, 60)
	for i := range w.out {
		p := &w.out[i]
		text := "someones-client/2.1"
		if i >= len(w.out)-len(pool) {
			text = "pool-client/1.0"
		}
		p.Labels = []fingerprint.Label{{
			Attribute: attribute.Stack, Hash: p.Value(attribute.Stack), Text: text,
		}}
	}
	_, e, err := w.run(DefaultOptions(), nil)
	if err != nil {
		return Shown{}, err
	}
	finding := NewInspector(e).Findings(false)[0].UID
	e.Give(review.Verdict{
		ID: "v-1", Tenant: "default", Action: review.Confirm, Author: "kim",
		Scope: review.Scope{Finding: finding}, Reason: "the prompts in the gateway's log are one list",
		Time: e.Next(),
	}, e.Next())
	for range 9 {
		e.Advance(e.Next() + 1)
	}
	return Shown{e, e.Next(), finding, pool[7], bystander}, nil
}
