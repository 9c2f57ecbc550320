package ingest

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// maxTools bounds the tools of a request that are looked at. Agents offer some tens; a few hundred
// come of servers for the Model Context Protocol.
const maxTools = 512

// undertaking hashes the tools that a request offers and the working directory that an agent tells.
func (f *attributeReader) undertaking(ev *event.Event, h tenantHasher, o *fingerprint.Observation) {
	o.ToolSet, o.Workspace = h.toolSet(ev.Request.Tools), 0
	if path := workspace(&ev.Content); path != "" {
		o.Workspace = h.sum(domainWorkspace, path)
	}
}

// toolSet is the hash of a list of tools, 0 when it is empty. Their order does not matter: programs
// that get their tools from several servers list them as the servers answer.
func (h tenantHasher) toolSet(names []string) (sum uint64) {
	if len(names) == 0 {
		return 0
	}
	for _, name := range names[:min(len(names), maxTools)] {
		sum += h.sum(domainTool, name)
	}
	return max(1, sum)
}

// workspaceMarks stand before the working directory in what coding agents tell their model:
// Cline and Roo Code, Gemini CLI and Qwen Code, Claude Code and OpenCode ("Primary working
// directory:", "Working directory:"), Codex, Cursor. As of November 2026.
var workspaceMarks = [...]string{
	"orking Directory (", "orkspace Directory (", "orking in the directory: ",
	"orking directory: ", "<cwd>", "cwd: ", "user's workspace is ",
}

const (
	// workspaceMessages is how many of a conversation's messages are looked at, beside the system
	// prompt: an agent tells where it works before the first task.
	workspaceMessages = 3
	// workspaceBytes bounds how much of each is looked at. System prompts of agents have some tens
	// of kilobytes.
	workspaceBytes = 64 << 10
	// maxWorkspace bounds a path in bytes (PATH_MAX of Linux is 4096; nobody's project is so deep).
	maxWorkspace = 512
)

// workspace is the working directory that a coding agent tells, empty when there is none.
func workspace(c *event.Content) string {
	if path := workspaceIn(c.System); path != "" {
		return path
	}
	for i := range c.Input[:min(len(c.Input), workspaceMessages)] {
		if path := workspaceIn(c.Input[i].Text); path != "" {
			return path
		}
	}
	return ""
}

func workspaceIn(text string) string {
	text = text[:min(len(text), workspaceBytes)]
	for _, mark := range workspaceMarks {
		if _, after, ok := strings.Cut(text, mark); ok {
			if path := leadingPath(after); path != "" {
				return path
			}
		}
	}
	return ""
}

// leadingPath is the absolute path that a text begins with, without the slash or dot at its end.
func leadingPath(text string) string {
	text = text[:min(len(text), maxWorkspace)]
	if end := strings.IndexAny(text, "\n\r<>)\"'`"); end >= 0 {
		text = text[:end]
	}
	// Cursor goes on with another sentence.
	text, _, _ = strings.Cut(text, ". ")
	text = strings.TrimRight(text, " ./\\")
	switch {
	case strings.HasPrefix(text, "/"), strings.HasPrefix(text, "~/"):
	case len(text) > 3 && text[1] == ':' && (text[2] == '\\' || text[2] == '/'):
	default:
		return ""
	}
	return text
}
