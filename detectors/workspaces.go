package detectors

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// workspaces sees accounts whose coding sessions are about ever new projects.
func workspaces() Detector {
	return ranking(Spec{
		ID: "workspaces", Axis: Harvest, Correlated: replays, Max: 2,
		Summary: "Session after session of a coding agent is in a working directory that the account never worked in before.",
		Why: "A developer has a few projects and comes back to them; sessions of many people " +
			"that are sent again, and harvests of coding over collections of repositories, are " +
			"in another one each time. Mean rank among the controls of the share of an " +
			"account's sessions, the first left out, in a directory that is new to it: distinct " +
			"keyed hashes of the directory that the agent tells its model (Claude Code, Codex, " +
			"Cline, Gemini CLI, Cursor and others) over sessions. Unrelated projects in each " +
			"account in store-then-replay (public cases of 2026); SWE-smith (Yang et al. 2025) " +
			"takes 128 repositories.",
		Evasion: "One directory for all sandboxes, as /testbed of SWE-bench (Jimenez et al. " +
			"2024), or an account for each repository; in recorded sessions the paths have to be " +
			"rewritten throughout.",
		LookAlikes: "Reviewers' robots and agencies with many repositories, agents that make a " +
			"directory for each task: single accounts, or all users of one program, which is what " +
			"is compared with; evaluators of a public set of repositories (dealt_out).",
		Needs: []string{"content.input or sketch"},
	}, baseline.NewWorkspaces, high, oftenNew, func(m Measure) (string, string, string) {
		return fmt.Sprintf("%.0f %% of coding sessions are in a new working directory",
				100*m.Observed), fmt.Sprintf("median of %s %.0f %%", m.Compared, 100*m.Expected),
			"the projects are those of many different users"
	})
}
