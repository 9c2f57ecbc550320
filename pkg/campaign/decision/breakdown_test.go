package decision

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/detectors"
)

// drawn is an assessment of bits drawn at random, with what takes it apart.
func drawn(t *rapid.T, searched int) (*Assessment, *Breakdown) {
	registry := detectors.All()
	x := &Assessor{Registry: registry}
	a := &Assessment{
		Measures: make([]detectors.Measure, len(registry)), Measured: make([]bool, len(registry)),
	}
	for i := range registry {
		spec := &registry[i].Spec
		if a.Measured[i] = rapid.Bool().Draw(t, spec.ID+" measured"); a.Measured[i] {
			bits := rapid.Float64Range(-4, 8).Draw(t, spec.ID)
			a.Measures[i].Bits = spec.Clamp(math.Round(bits))
		}
	}
	g := &detectors.Group{
		Size:     rapid.Float64Range(3, 200).Draw(t, "size"),
		Defining: detectors.FamilySet(rapid.Uint8().Draw(t, "defining")),
	}
	x.collect(a).sum(a, g, searchPenalty(searched, g.Size))
	return a, x.Break(a, g, searched)
}

func TestThePartsAndThePriceOfTheReadingAddUpToTheAxes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, 1)
		coordination, harvest := Hypotheses[a.Explanation].price(), 0.0
		for _, p := range b.Parts() {
			spec := &b.assessor.Registry[p.Detector].Spec
			require.InDelta(t, a.Measures[p.Detector].Bits, p.Bits, 0)
			require.Equal(t, p.Explained, p.Bits > 0 && spec.Axis == detectors.Coordination &&
				spec.Explained&Hypotheses[a.Explanation].Causes != 0)
			require.LessOrEqual(t, math.Abs(p.Counted), math.Abs(p.Bits))
			whole := !p.Explained && p.Behind < 0 && !p.Program && !p.Selected
			require.True(t, !whole || p.Counted == p.Bits)
			if spec.Axis == detectors.Harvest {
				harvest += p.Counted
			} else {
				coordination += p.Counted
			}
		}
		require.InDelta(t, a.Coordination, coordination, 1e-9)
		require.InDelta(t, a.Harvest, harvest, 1e-9)
	})
}

func TestAnAssessmentWithoutNothingIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, rapid.IntRange(1, 500).Draw(t, "searched"))
		same := b.Without(func(int) bool { return false })
		require.Equal(t, *a, same)
		none := b.Without(func(int) bool { return true })
		require.Zero(t, none.Harvest)
		require.LessOrEqual(t, none.Coordination, 0.0)
	})
}

func TestLessEvidenceForNeverMakesAGroupMoreOfAFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, 1)
		p := DefaultPolicy()
		_, before := Nearest(&a.Scores, &p)
		for i, ok := range a.Measured {
			if !ok || a.Measures[i].Bits <= 0 {
				continue
			}
			without := b.Without(func(d int) bool { return d == i })
			_, after := Nearest(&without.Scores, &p)
			require.LessOrEqual(t, after, before+1e-9, b.assessor.Registry[i].Spec.ID)
		}
	})
}

func TestTheNearestReadingIsTheOneThatLeavesTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn(t, rapid.IntRange(1, 500).Draw(t, "searched"))
		readings := b.Readings()
		require.Len(t, readings, len(Hypotheses))
		require.InDelta(t, a.Coordination, readings[a.Explanation].Leaves, 1e-9)
		for i := range readings {
			if r := &readings[i]; r.Applies {
				require.GreaterOrEqual(t, r.Leaves, a.Coordination)
			}
		}
		same, ok := b.SameItems()
		require.LessOrEqual(t, same.Coordination, a.Coordination)
		set := slices.IndexFunc(readings, func(r Reading) bool {
			return r.Hypothesis.Causes&detectors.OneSet != 0
		})
		require.Equal(t, ok, !readings[set].Applies)
		if ok {
			require.InDelta(t, min(a.Coordination, readings[set].Leaves), same.Coordination, 1e-9)
		}
	})
}

func TestAGroupIsAFindingByARuleWhenItMeetsAllOfItsConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := func(name string) float64 { return rapid.Float64Range(-4, 12).Draw(t, name) }
		s := Scores{
			Coordination: bits("coordination"), Harvest: bits("harvest"), Moved: bits("moved"),
			Text: math.Max(0, bits("text")), Purpose: bits("purpose"),
			Size:   rapid.Float64Range(3, 30).Draw(t, "size"),
			Causes: rapid.IntRange(0, 4).Draw(t, "causes"),
		}
		p := DefaultPolicy()
		for id := range NumRules {
			all := true
			for _, c := range Conditions(id, &s, &p) {
				all = all && c.Met()
			}
			require.Equal(t, Rules[id].Excess(&s, &p) >= 0, all, Rules[id].Name)
		}
	})
}
