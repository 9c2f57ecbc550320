package simulate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// directories counts the directories that coding sessions are in.
func directories(events []seen) map[string]int {
	out := map[string]int{}
	for _, e := range events {
		if _, after, ok := strings.Cut(e.first, "<env>cwd: "); ok {
			place, _, _ := strings.Cut(after, "\n")
			out[place]++
		}
	}
	return out
}

func TestSessionsOfManyUsersComeWithTheirToolsAndRepositories(t *testing.T) {
	for _, style := range []string{StyleReplay, StyleAgentic} {
		replay := func(toolLists, repositories int) (tools, where int) {
			events, _, _ := pooled(t, 24, Campaign{
				Accounts: 20, Rate: 120, Schedule: Schedule{CV: 1},
				Prompt: Prompt{Style: style, ToolLists: toolLists, Repositories: repositories},
			})
			lists := distinct(events, func(e seen) string { return e.list })
			return len(lists), len(directories(events))
		}
		few, _ := replay(0, 0)
		tools, where := replay(60, 40)
		require.LessOrEqual(t, few, 7, "the public agents, and none")
		require.InDelta(t, 60, tools, 15, style)
		require.InDelta(t, 40, where, 8, style)
	}
}

func TestEachPromptGetsAsManyAnswersAsAreAskedFor(t *testing.T) {
	events, _, _ := pooled(t, 24, Campaign{
		Accounts: 20, Rate: 200, Prompt: Prompt{Style: StyleTemplate, Answers: 4},
		Schedule: Schedule{CV: 1},
	})
	times := map[int]int{}
	for _, n := range distinct(events, func(e seen) string { return e.last }) {
		times[n]++
	}
	require.Greater(t, times[4], (times[1]+times[2]+times[3]+times[5])*2, "%v", times)
}

func TestUsersOfAgentsWithManyProjectsComeBackToThem(t *testing.T) {
	w := newWorld(t, Scenario{
		Name: "projects", Seed: 3, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
		Duration: 72 * time.Hour,
		Crowds:   []Crowd{{Kind: "agents", ID: "agents", Accounts: 30, Rate: 60, Projects: 4}},
	})
	by := map[string][]seen{}
	for _, e := range play(t, w) {
		by[e.account] = append(by[e.account], e)
	}
	several, sessions := 0, 0
	for _, events := range by {
		found := directories(events)
		if len(found) > 1 {
			several++
		}
		for _, n := range found {
			sessions += n
		}
	}
	require.Greater(t, several, len(by)/3)
	require.Greater(t, sessions, 20*len(by))
}

func TestNegativeNumbersOfAnswersToolsAndRepositoriesAreRefused(t *testing.T) {
	sc := small()
	sc.Campaigns = []Campaign{{
		ID: "c", Accounts: 4, Rate: 4, Prompt: Prompt{Style: StyleReplay, Repositories: -1},
	}}
	require.ErrorContains(t, sc.Validate(), "repositories must not be negative")
}
