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

// workspaceIn finds the first absolute path that stands behind a mark. It looks for slashes, which
// are rarer than what marks begin with: every request is looked at.
func workspaceIn(text string) string {
	text = text[:min(len(text), workspaceBytes)]
	slash := firstPath(text, "/")
	if drive := firstPath(text, `:\`); drive >= 0 && (slash < 0 || drive < slash) {
		slash = drive
	}
	if slash < 0 {
		return ""
	}
	return trimPath(text[slash:])
}

// firstPath is where the first absolute path with such a slash begins that stands behind a mark and
// is more than slashes, -1 when there is none.
func firstPath(text, slash string) int {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], slash)
		if i < 0 {
			return -1
		}
		at += i
		begin := at
		switch {
		case slash != "/":
			begin = at - 1
		case at > 0 && text[at-1] == '~':
			begin = at - 1
		case at > 1 && text[at-1] == ':' && text[at-2] > ' ':
			begin = at - 2
		}
		if begin > 0 && text[begin] > ' ' && marked(text[:begin]) && trimPath(text[begin:]) != "" {
			return begin
		}
	}
}

func marked(before string) bool {
	for _, mark := range workspaceMarks {
		if strings.HasSuffix(before, mark) {
			return true
		}
	}
	return false
}

// trimPath is the path that a text begins with, without spaces, dots and slashes at its end.
func trimPath(text string) string {
	text = text[:min(len(text), maxWorkspace)]
	if end := strings.IndexAny(text, "\n\r<>)\"'`"); end >= 0 {
		text = text[:end]
	}
	// Cursor goes on with another sentence.
	text, _, _ = strings.Cut(text, ". ")
	text = strings.TrimRight(text, " ./\\")
	if text == "~" {
		return ""
	}
	return text
}
