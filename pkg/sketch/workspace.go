package sketch

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// workspaceMarks stand before the working directory in what coding agents tell their model: Cline,
// Roo Code, Gemini CLI and Qwen Code, Claude Code and OpenCode ("Primary working directory:",
// "Working directory:"), Codex, Cursor. From their sources, as of November 2026.
var workspaceMarks = [...]string{
	"orking Directory (", "orkspace Directory (", "orking in the directory: ",
	"orking directory: ", "<cwd>", "cwd: ", "user's workspace is ",
}

const (
	// workspaceTurns is how many human messages from the first on are looked at, after the system's
	// texts: an agent tells where it works before the first task. Codex does so in the second.
	workspaceTurns = 3
	// workspaceBytes bounds how much of each text is looked at. System prompts of agents have some
	// tens of kilobytes.
	workspaceBytes = 64 << 10
	// maxWorkspace bounds a path in bytes.
	maxWorkspace = 512
)

// workspaceOf is the hash of the working directory that a coding agent tells in one of the texts,
// 0 when there is none.
func (s *Sketcher) workspaceOf(texts ...[]string) uint64 {
	for _, list := range texts {
		for _, text := range list {
			if path := workspaceIn(text); path != "" {
				return max(1, siphash.Sum(s.workspaceKey, path))
			}
		}
	}
	return 0
}

// workspaceIn finds the first mark, in their order, that an absolute path stands behind.
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

// leadingPath is the absolute path that a text begins with, without spaces, dots and slashes at its
// end.
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
