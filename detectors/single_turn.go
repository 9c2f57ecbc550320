package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// singleTurn sees requests without conversation.
func singleTurn() Detector {
	// One request in four more, or fewer, than the median account's.
	const effect = 0.25
	return ranking(Spec{
		ID: "single_turn", Axis: Harvest, Max: 1.5, Min: -1.5,
		Summary: "The requests stand alone: no conversation, no tool loop. Growing conversations are mitigating evidence.",
		Why: "A harvested item is one question and one answer; people follow up, agents " +
			"loop. Mean rank of the single-turn share among the controls (an AUC).",
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
}
