package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

const (
	// replays joins what replayed sessions show at once: turns that were served elsewhere, tools
	// and working directories of many people.
	replays = "replays"
	// oftenNew is the effect of a share of conversations with something new that counts in full:
	// one conversation in four.
	oftenNew = 0.25
)

// toolLists sees accounts whose conversations come with ever new lists of tools.
func toolLists() Detector {
	return ranking(Spec{
		ID: "tool_lists", Axis: Harvest, Correlated: replays, Max: 2,
		Summary: "Conversation after conversation comes with a list of tools that the account never offered before.",
		Why: "A person uses one or two agents, whose tools change with a version or a new " +
			"server; sessions of many people that are sent again, and harvests of tool use over " +
			"generated tool lists, bring others each time. Mean rank among the controls of the " +
			"share of an account's conversations, the first left out, with a list that is new to " +
			"it: distinct keyed hashes of the tools in any order (HyperLogLog) over " +
			"conversations. Store-then-replay through OpenClaw and OpenCode (public cases of " +
			"2026); synthetic tools as in ToolLLM (Qin et al. 2023) and ToolACE (Liu et al. 2024).",
		Evasion: "One list of tools for all sessions of an account: sorting the stored sessions " +
			"by agent and version, or generating tasks for one list only.",
		LookAlikes: "Platforms on which each customer has tools of their own, and programs that " +
			"choose tools for each question or put random names into them: all their users do, " +
			"so that users of the same program are what is compared with; single accounts.",
		Needs: []string{"request.tools", "content.input or sketch"},
	}, baseline.NewTools, high, oftenNew, func(m Measure) (string, string, string) {
		return fmt.Sprintf("%.0f %% of conversations with tools bring a new list of them",
				100*m.Observed), fmt.Sprintf("median of %s %.0f %%", m.Compared, 100*m.Expected),
			"the tools are those of many different users"
	})
}
