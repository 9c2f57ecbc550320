package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// singleTurn sees requests without conversation.
func singleTurn() Detector {
	// One request in four more, or fewer, than the median account's.
	const effect = 0.25
	d := ranking(Spec{
		ID: "single_turn", Axis: Harvest, Max: 1.5, Min: -1.5,
		Summary: "The requests stand alone: no conversation, no tool loop. Growing conversations are mitigating evidence.",
		Why: "A harvested item is one question and one answer; people follow up, agents " +
			"loop. Mean rank of the single-turn share among the controls (an AUC). Earlier turns " +
			"that this service never gave are no conversation with it: as far as the members " +
			"continue such, their turns mitigate nothing.",
		Evasion:    "Harvesting dialogues, at several times the cost per item.",
		LookAlikes: "Every API application: one figure among many.",
		Needs:      []string{"request.message_count or content.input"},
	}, baseline.SingleTurn, high, effect, func(m Measure) (string, string, string) {
		note := "single questions without a conversation"
		if m.Bits < 0 {
			note = "the conversations continue"
		}
		return fmt.Sprintf("%.0f %% of requests without an earlier turn", 100*m.Observed),
			fmt.Sprintf("median of %s %.0f %%", m.Compared, 100*m.Expected), note
	})
	measure := d.Measure
	d.Measure = func(g *Group, c *Context) (Measure, bool) {
		m, ok := measure(g, c)
		if m.Bits < 0 {
			m.Bits = d.Spec.Clamp(m.Bits) * (1 - g.unserved())
		}
		return m, ok
	}
	return d
}

// unserved is the members' mean share of continued conversations whose earlier turns the account
// was never served; of a member that continues none, 0.
func (g *Group) unserved() (share float64) {
	for i := range g.Members {
		if m := &g.Members[i]; m.Vector.Known(baseline.Unserved) {
			share += m.Weight * m.Vector[baseline.Unserved]
		}
	}
	return share / g.Size
}
