package decision

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
)

// shown is what a group shows: bits by detector.
type shown map[string]float64

func assess(t *testing.T, bits shown) Assessment {
	t.Helper()
	e := evidence{harvests: map[string]correlated{}}
	known := 0
	for _, d := range detectors.All() {
		if b, ok := bits[d.Spec.ID]; ok {
			e.add(&d.Spec, b)
			known++
		}
	}
	require.Len(t, bits, known, "every detector exists")
	var a Assessment
	e.sum(&a, &detectors.Group{Size: 40}, 0)
	return a
}

func TestAProgramInManyHandsIsOneCause(t *testing.T) {
	alone := assess(t, shown{"prompt_template": 5})
	a := assess(t, shown{"prompt_template": 5, "prompt_layout": 5, "stack": 6, "params": 4, "seed": 3})
	require.InDelta(t, alone.Coordination, a.Coordination, 1e-9)
	require.InDelta(t, 0, a.Coordination, 1e-9)
	require.Equal(t, "one program in many hands", Hypotheses[a.Explanation].Name)
}

func TestALaunchThatBringsItsOwnProgramIsExplainedByBothTogether(t *testing.T) {
	a := assess(t, shown{
		"prompt_template": 5, "stack": 6, "params": 4, "signup_cohort": 6, "issuer": 5,
		"network": 2,
	})
	require.InDelta(t, combination, a.Coordination, 1e-9)
	require.Equal(t, "a launch with a program of its own", Hypotheses[a.Explanation].Name)
	sheet := assess(t, shown{"prompt_template": 5, "signup_cohort": 6, "load_balance": 6})
	require.InDelta(t, 2*combination, sheet.Coordination, 1e-9,
		"that they all do as much takes a third cause")
	individuals := assess(t, shown{
		"prompt_template": 5, "stack": 6, "signup_cohort": 6, "issuer": 5, "subjects": -3,
	})
	require.Negative(t, individuals.Coordination)
}

func TestWhatNoHonestCauseExplainsIsCoordination(t *testing.T) {
	program := assess(t, shown{"prompt_template": 5, "stack": 6})
	beyond := shown{"hand_over": 8, "device": 8, "relay": 6, "subjects": 3}
	for id, bits := range beyond {
		a := assess(t, shown{"prompt_template": 5, "stack": 6, id: bits})
		require.InDelta(t, program.Coordination+bits, a.Coordination, 1e-9, id)
	}
}

func TestAPublicSetExplainsTheSameItemsOnly(t *testing.T) {
	pool := assess(t, shown{"prompt_template": 5, "subjects": 3, "dealt_out": 0.5})
	require.InDelta(t, 3, pool.Coordination, 1e-9)
	pairs := assess(t, shown{"prompt_template": 5, "subjects": 3, "dealt_answers": 3, "dealt_out": 0})
	require.Greater(t, pairs.Coordination, pool.Coordination, "answers that are dealt out are no set")
	evaluators := assess(t, shown{"prompt_template": 5, "subjects": 3, "dealt_out": -4})
	require.InDelta(t, combination, evaluators.Coordination, 1e-9)
	require.Equal(t, "one public set, replayed", Hypotheses[evaluators.Explanation].Name)
}

func TestMoreEvidenceNeverMakesAGroupLessCoordinated(t *testing.T) {
	base := shown{"prompt_template": 3, "stack": 2, "signup_cohort": 3, "payment": 4, "subjects": 1}
	before := assess(t, base)
	for id := range base {
		more := maps.Clone(base)
		more[id] += 2
		require.GreaterOrEqual(t, assess(t, more).Coordination, before.Coordination, id)
	}
}
