package random

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSetsAreDisjointAndComplete(t *testing.T) {
	var names []string
	for _, m := range Mechanisms() {
		names = append(names, m.Name)
	}
	require.GreaterOrEqual(t, len(names), 30)
	for _, c := range Tactics() {
		names = append(names, c.Name)
	}
	var assigned []string
	for _, set := range Sets() {
		assigned = append(assigned, members[set]...)
	}
	slices.Sort(names)
	slices.Sort(assigned)
	require.Equal(t, slices.Compact(slices.Clone(names)), names, "a name stands for two things")
	require.Equal(
		t, names, assigned, "every mechanism and tactic is in one set, and nothing else is",
	)
}

func aspects() []Aspect {
	return []Aspect{
		Template, Layout, Client, Parameters, SignUp, Funding, Organisation, Network, Schedule,
		LongOutputs, Reasoning, SingleTurns, Volume, Items, Conversations,
	}
}

// lacks says what a set has nothing of. To add something to develop now would make its worlds, and
// all figures of them, others.
var lacks = map[Set][]Aspect{Develop: {Organisation}}

func TestEachSetHasAMechanismForEveryAspect(t *testing.T) {
	for _, set := range Sets() {
		have := map[Aspect]bool{}
		sizes := map[size]bool{}
		for _, m := range Mechanisms() {
			if SetOf(m.Name) != set {
				continue
			}
			sizes[m.size] = true
			for _, a := range m.Shares {
				require.Contains(t, aspects(), a, m.Name)
				have[a] = true
			}
		}
		for _, a := range aspects() {
			require.Equal(t, !slices.Contains(lacks[set], a), have[a], "%s: %s", set, a)
		}
		require.GreaterOrEqual(t, len(sizes), 3, "%s: crowds of one scale only", set)
	}
}

func TestEachSetHasTacticsOfAllDimensionsAndDegreesOfCare(t *testing.T) {
	for _, set := range Sets() {
		dimensions, care := map[Dimension]int{}, map[int]bool{}
		for _, c := range Tactics() {
			if SetOf(c.Name) == set {
				dimensions[c.Dimension]++
				care[c.Care] = true
			}
		}
		for _, d := range Dimensions() {
			require.Positive(t, dimensions[d], "%s: %s", set, d)
			if required(d) {
				require.GreaterOrEqual(t, dimensions[d], 2, "%s: %s leaves no choice", set, d)
			}
		}
		require.Len(t, care, 3, set)
	}
}

func TestTheFinalSetIsLargeAndHasBlatantAndCarefulTacticsOfEveryRequiredDimension(t *testing.T) {
	mechanisms := 0
	for _, m := range Mechanisms() {
		if SetOf(m.Name) == Final {
			mechanisms++
		}
	}
	require.GreaterOrEqual(t, mechanisms, 36)
	for _, d := range Dimensions() {
		n, care := 0, map[int]bool{}
		for _, c := range Tactics() {
			if c.Dimension == d && SetOf(c.Name) == Final {
				n++
				care[c.Care] = true
			}
		}
		if required(d) {
			require.GreaterOrEqual(t, n, 4, d)
			require.Len(t, care, 3, d)
		} else {
			require.GreaterOrEqual(t, n, 2, d)
		}
	}
}

func TestTheDocumentListsAllButTheUnopenedSet(t *testing.T) {
	text := Markdown()
	for _, set := range Sets() {
		for _, name := range members[set] {
			require.Equal(t, set != unopened, strings.Contains(text, "`"+name+"`"), name)
		}
	}
}

func TestEveryMechanismSaysHowItHappens(t *testing.T) {
	lives := map[string]string{}
	for _, m := range Mechanisms() {
		require.NotEmpty(t, m.Life, m.Name)
		require.NotEmpty(t, m.Shares, m.Name)
		require.Empty(t, lives[m.Life], "%s and %s are the same", m.Name, lives[m.Life])
		lives[m.Life] = m.Name
	}
}
