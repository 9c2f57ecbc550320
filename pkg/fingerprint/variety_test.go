package fingerprint

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// session is a turn of a coding agent's session.
func session(n, turn, tools, workspace, t uint64) *Observation {
	o := request(1, 10*n+turn, origin+int64(t)*1000)
	o.Messages = int32(2*turn + 1)
	o.ToolSet = tools * hash(useTools, tools)
	o.Sketch.Workspace = workspace * hash(useWorkspace, workspace)
	if turn > 0 {
		o.Sketch.Prefix = hash(useTurn, n, turn-1)
	}
	o.Sketch.Continuation = hash(useTurn, n, turn)
	return o
}

func TestToolsAndWorkspacesCountOncePerConversation(t *testing.T) {
	f, _ := newTest(t)
	at := uint64(0)
	for n := range uint64(10) {
		for turn := range uint64(6) {
			at++
			f.Observe(session(n, turn, 1+n/5, 1+n%3, at))
		}
	}
	p := profileOf(f)
	require.Equal(t, Variety{Conversations: 10, Distinct: 2}, p.ToolSets)
	require.Equal(t, Variety{Conversations: 10, Distinct: 3}, p.Workspaces)
}

func TestAConversationThatBeganElsewhereCountsWhereItIsTakenUp(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(20) {
		f.Observe(session(n, 4, 1+n, 1+n, n))
		f.Observe(session(n, 5, 1+n, 1+n, n))
	}
	p := profileOf(f)
	require.EqualValues(t, 20, p.ToolSets.Conversations)
	require.InDelta(t, 20, p.Workspaces.Distinct, 1)
}

func TestWhatIsUnknownIsNoTool(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(5) {
		f.Observe(session(n, 0, 0, 0, n))
	}
	require.Equal(t, Variety{}, profileOf(f).ToolSets)
	require.Equal(t, Variety{}, profileOf(f).Workspaces)
}

func TestWithoutTextASingleQuestionBeginsAConversationAndALaterTurnDoesNot(t *testing.T) {
	f, _ := newTest(t)
	for n, messages := range []int32{1, 3, 5, -1, 1} {
		o := session(uint64(n), 0, 1, 0, uint64(n))
		o.HasText, o.Messages, o.Sketch.Prefix, o.Sketch.Continuation = false, messages, 0, 0
		f.Observe(o)
	}
	require.Equal(t, Variety{Conversations: 2, Distinct: 1}, profileOf(f).ToolSets)
}

func TestToolsOfTwoFingerprintsAddUp(t *testing.T) {
	f, _ := newTest(t)
	other, _ := newTest(t)
	for n := range uint64(3) {
		f.Observe(session(n, 0, 1, 1+n, n))
		other.Observe(session(n, 0, 2, 1+n, n))
	}
	require.NoError(t, f.Merge(other))
	require.Equal(t, Variety{Conversations: 6, Distinct: 2}, profileOf(f).ToolSets)
	require.Equal(t, Variety{Conversations: 6, Distinct: 3}, profileOf(f).Workspaces)
}

func TestTheSamplesOfTwoAccountsHoldTheSamePrompts(t *testing.T) {
	f, _ := newTest(t)
	other, _ := newTest(t)
	all := map[uint64]bool{}
	for n := range uint64(200) {
		o := request(1, n, origin+int64(n))
		all[o.Sketch.Exact] = true
		f.Observe(o)
		f.Observe(request(1, n/2, origin+int64(n)))
		if n%2 == 0 {
			other.Observe(o)
		}
	}
	sample, half := profileOf(f).Items, profileOf(other).Items
	require.Len(t, sample, MaxItems)
	require.Equal(t, slices.Sorted(maps.Keys(all))[:MaxItems], sample, "the smallest, each once")
	for _, h := range half {
		if h <= sample[MaxItems-1] {
			require.Contains(t, sample, h, "what one sent of the sample the other holds as well")
		}
	}
	require.NoError(t, other.Merge(f))
	require.Equal(t, sample, profileOf(other).Items)
}
