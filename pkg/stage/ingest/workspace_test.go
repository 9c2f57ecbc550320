package ingest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

func TestTheWorkingDirectoryOfEachAgentIsFound(t *testing.T) {
	for text, path := range map[string]string{
		"<env>\nWorking directory: /home/ann/shop\nIs directory a git repo: Yes": "/home/ann/shop",
		"# Environment\n - Primary working directory: /srv/a b/c/\n":             "/srv/a b/c",
		"<environment_context>\n  <cwd>/Users/ann/web</cwd>\n":                   "/Users/ann/web",
		"# Current Workspace Directory (c:/code/game) Files\nmain.go":            "c:/code/game",
		"# Current Working Directory (/work) Files":                              "/work",
		"My operating system is: win32\nI'm currently working in the directory: D:\\Coding\\Site\nHere": `D:\Coding\Site`,
		"The absolute path of the user's workspace is /c%3A/Users/ann/x. The user's shell is zsh": "/c%3A/Users/ann/x",
		"<env>cwd: ~/shop\nbranch: main</env>":                  "~/shop",
		"Working directory: `<project-dir>`":                    "",
		"the working directory: it is not known":                "",
		"Where is my working directory?":                        "",
		"Working directory: /":                                  "",
		"":                                                      "",
		strings.Repeat("x", workspaceBytes) + "<cwd>/far</cwd>": "",
	} {
		require.Equal(t, path, workspace(&event.Content{System: text}), text[:min(len(text), 80)])
		require.Equal(t, path, workspace(&event.Content{
			Input: []event.Message{{Role: "user", Text: "hello"}, {Role: "user", Text: text}},
		}))
	}
	require.Empty(t, workspace(&event.Content{Input: []event.Message{
		{}, {}, {}, {Role: "user", Text: "<cwd>/later</cwd>"},
	}}), "an agent tells it before the first task")
}

func TestToolsAreTheSameInWhateverOrder(t *testing.T) {
	h := newHasher([]byte("a secret of sixteen bytes")).of("")
	a := h.toolSet([]string{"bash", "edit", "grep"})
	require.NotZero(t, a)
	require.Equal(t, a, h.toolSet([]string{"grep", "bash", "edit"}))
	require.NotEqual(t, a, h.toolSet([]string{"bash", "edit"}))
	require.NotEqual(t, a, newHasher([]byte("another secret of bytes")).of("").toolSet(
		[]string{"bash", "edit", "grep"}))
	require.Zero(t, h.toolSet(nil))
	many := strings.Split(strings.Repeat("tool,", 2*maxTools), ",")
	require.NotZero(t, h.toolSet(many))
}

func TestAnObservationHoldsNoToolAndNoPath(t *testing.T) {
	h := newHasher([]byte("a secret of sixteen bytes")).of("")
	ev := event.Event{Content: event.Content{System: "Working directory: /home/ann/shop\n"}}
	ev.Request.Tools = []string{"bash"}
	var o fingerprint.Observation
	var reader attributeReader
	reader.undertaking(&ev, h, &o)
	require.NotZero(t, o.ToolSet)
	require.NotZero(t, o.Workspace)
	b, err := o.MarshalBinary()
	require.NoError(t, err)
	require.NotContains(t, string(b), "ann")
	reader.undertaking(&event.Event{}, h, &o)
	require.Zero(t, o.ToolSet)
	require.Zero(t, o.Workspace)
}
