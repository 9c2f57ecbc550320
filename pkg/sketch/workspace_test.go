package sketch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestTheWorkingDirectoryOfEachAgentIsFound(t *testing.T) {
	for text, path := range map[string]string{
		"<env>\nWorking directory: /home/ann/shop\nIs directory a git repo: Yes":                    "/home/ann/shop",
		"# Environment\n - Primary working directory: /srv/a b/c/\n":                                "/srv/a b/c",
		"<environment_context>\n  <cwd>/Users/ann/web</cwd>\n":                                      "/Users/ann/web",
		"# Current Workspace Directory (c:/code/game) Files\nmain.go":                               "c:/code/game",
		"# Current Working Directory (/work) Files":                                                 "/work",
		"My operating system is: win32\nI'm currently working in the directory: D:\\Code\\Site\nIn": `D:\Code\Site`,
		"The absolute path of the user's workspace is /c%3A/Users/ann/x. The user's shell is zsh":   "/c%3A/Users/ann/x",
		"<env>cwd: ~/shop\nbranch: main</env>":                                                      "~/shop",
		"Working directory: `<project-dir>`":                                                        "",
		"the working directory: it is not known":                                                    "",
		"Where is my working directory?":                                                            "",
		"Working directory: /":                                                                      "",
		"":                                                                                          "",
		strings.Repeat("x", workspaceBytes) + "<cwd>/far</cwd>":                                     "",
	} {
		require.Equal(t, path, workspaceIn(text), text[:min(len(text), 80)])
	}
}

func TestAWorkspaceIsToldBySystemAndFirstTurns(t *testing.T) {
	s := keyed(t)
	of := func(system string, turns ...string) uint64 {
		ev := event.Event{Content: event.Content{System: system}}
		for _, text := range turns {
			ev.Content.Input = append(ev.Content.Input,
				event.Message{Role: "user", Text: text}, event.Message{Role: "assistant", Text: "ok"})
		}
		ev.Content.Input = append(ev.Content.Input, event.Message{Role: "user", Text: "go on"})
		var out Sketch
		s.Sketch(&ev, &out)
		return out.Workspace
	}
	const told = "<cwd>/home/ann/shop</cwd>"
	shop := of(told)
	require.NotZero(t, shop)
	require.Equal(t, shop, of("", told))
	require.Equal(t, shop, of("", "rules", told, "task"))
	require.Equal(t, shop, of("Working directory: /home/ann/shop/"), "whichever agent tells it")
	require.NotEqual(t, shop, of("<cwd>/home/ann/web</cwd>"))
	require.Zero(t, of("", "rules", "task", "more", told), "too late to be the agent's")
	require.Zero(t, of("You are a coding agent."))
}

func TestASketchTravelsWithItsWorkspaceUnlessTheKeyIsAnother(t *testing.T) {
	s := keyed(t)
	ev := event.Event{Content: event.Content{System: "<cwd>/home/ann/shop</cwd>"}}
	var made, read Sketch
	s.Sketch(&ev, &made)
	wire := s.ToWire(&made)
	require.NoError(t, s.FromWire(wire, &read))
	require.Equal(t, made.Workspace, read.Workspace)
	wire.Workspace = "/home/ann/shop"
	err := s.FromWire(wire, &read)
	require.ErrorContains(t, err, "workspace: a value of 14 characters is not a hash")
}

func keyed(t *testing.T) *Sketcher {
	t.Helper()
	opts := DefaultOptions()
	opts.Key = []byte("a secret of sixteen bytes")
	s, err := New(opts)
	require.NoError(t, err)
	return s
}
