package sketch

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// The kinds of structural marks, in three tiers: frames, which writers of templates set around
// their parts; blocks, which also come with the content that fills a template; and lines, which
// free text has as well.
const (
	markHeading = 1 + iota // "## Title": the level is the name
	markSection            // "[3]": the number is the name
	markTag                // "<answer>": the tag's name
	lastFrame   = markTag
)

const (
	markKey   = lastFrame + 1 + iota // `"score": ...`: the key's name
	markFence                        // "```" or `"""` with all up to its end
	markRule                         // "---"
	lastBlock = markRule
)

const (
	markBracket  = lastBlock + 1 + iota // "[some words]"
	markBold                            // "**Title**"
	markBullet                          // "- item"
	markNumbered                        // "1. item"
	markLabel                           // "Label: ..."
	markQuote                           // "> text"
	markTable                           // "| a | b |"
)

const (
	// maxMarks bounds the marks of a text.
	maxMarks = 64
	// minFrames is the number of frames, or of frames and blocks, from which a prompt layout rests
	// on them alone; minMarks the number of marks of all kinds below which a prompt layout is
	// trivial.
	minFrames = 3
	minMarks  = 5
	// minHeadings is the number of frames from which a prompt layout is not trivial although all of
	// them are headings, which have no names.
	minHeadings = 4
	// maxLabel is the longest label in bytes.
	maxLabel = 40
)

// mark is a structural mark: its kind and the hash of its name, 0 without.
type mark struct {
	kind uint8
	name uint64
}

// layoutHasher reads the line structure of texts.
type layoutHasher struct {
	// names is the key of the names of marks, key that of the whole.
	names siphash.Key
	key   siphash.Key
	marks [maxMarks]mark
	n     int
	bytes [maxMarks * 9]byte
}

// reset begins a new text.
func (s *layoutHasher) reset() { s.n = 0 }

// hash gives the prompt layout of what was read, 0 when it is trivial.
func (s *layoutHasher) hash() uint64 {
	frames, blocks, headings := 0, 0, 0
	for _, m := range s.marks[:s.n] {
		switch {
		case m.kind == markHeading:
			frames++
			headings++
		case m.kind <= lastFrame:
			frames++
		case m.kind <= lastBlock:
			blocks++
		}
	}
	last := uint8(markTable)
	switch {
	case frames >= minHeadings, frames >= minFrames && headings < frames:
		last = lastFrame
	case frames+blocks >= minFrames && headings < frames+blocks:
		last = lastBlock
	case s.n < minMarks:
		return 0
	}
	size := 0
	for _, m := range s.marks[:s.n] {
		if m.kind > last {
			continue
		}
		s.bytes[size] = m.kind
		binary.LittleEndian.PutUint64(s.bytes[size+1:], m.name)
		size += 9
	}
	return max(1, siphash.Sum(s.key, s.bytes[:size]))
}

// read notes the marks of a text.
func (s *layoutHasher) read(text string) {
	fence := ""
	alone := true // the line before was blank
	for text != "" {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		line = trimSpace(line)
		if line == "" {
			alone = true
			continue
		}
		if fence != "" {
			if strings.HasPrefix(line, fence) {
				fence = ""
			}
			continue
		}
		if fence = fenceOf(line); fence != "" {
			s.add(markFence, 0)
			continue
		}
		s.line(line, alone)
		alone = false
	}
}

// add notes a mark. A heading counts each time, another mark with a name once, a mark without a
// name once in a row.
func (s *layoutHasher) add(kind uint8, name uint64) {
	if s.n == maxMarks {
		return
	}
	m := mark{kind, name}
	switch {
	case kind == markHeading:
	case name != 0:
		if slices.Contains(s.marks[:s.n], m) {
			return
		}
	case s.n > 0 && s.marks[s.n-1] == m:
		return
	}
	s.marks[s.n] = m
	s.n++
}

func (s *layoutHasher) named(kind uint8, name string) {
	s.add(kind, max(1, siphash.Sum(s.names, name)))
}

// line notes the marks of a line that is not blank.
func (s *layoutHasher) line(line string, alone bool) {
	switch c := line[0]; c {
	case '#':
		level := run(line, '#')
		// One "#" also begins a comment of a program: as a heading it stands alone and has a space.
		if level > 1 && level <= 6 && level < len(line) ||
			level == 1 && alone && len(line) > 1 && line[1] == ' ' {
			s.add(markHeading, uint64(level))
			return
		}
	case '-', '=', '_', '*', '~', '+':
		n := run(line, c)
		switch {
		case n >= 3 && n == len(line):
			s.add(markRule, 0)
			return
		case n == 1 && c != '=' && c != '_' && c != '~' && len(line) > 1 && line[1] == ' ':
			s.add(markBullet, 0)
			return
		case n == 2 && c == '*' &&
			(strings.HasSuffix(line, "**") || strings.HasSuffix(line, "**:")) && len(line) > 4:
			s.add(markBold, 0)
			return
		}
	case '[':
		if end := strings.IndexByte(line, ']'); end > 1 && end <= maxLabel {
			if digits(line[1:end]) == end-1 {
				s.named(markSection, line[1:end])
			} else {
				s.add(markBracket, 0)
			}
			return
		}
	case '<':
		s.tags(line)
		return
	case '{', '"', '}':
		if s.keys(line) {
			return
		}
	case '>':
		s.add(markQuote, 0)
		return
	case '|':
		s.add(markTable, 0)
		return
	case '(':
		if n := digits(line[1:]); n > 0 && n <= 3 && len(line) > n+1 && line[n+1] == ')' {
			s.add(markNumbered, 0)
			return
		}
	}
	if strings.IndexByte(line, '<') >= 0 {
		s.tags(line)
	}
	if strings.IndexByte(line, '{') >= 0 {
		s.keys(line)
	}
	if strings.HasPrefix(line, "•") || strings.HasPrefix(line, "・") ||
		strings.HasPrefix(line, "–") {
		s.add(markBullet, 0)
		return
	}
	if n := digits(line); n > 0 && n <= 3 && len(line) > n+1 &&
		(line[n] == '.' || line[n] == ')') && line[n+1] == ' ' {
		s.add(markNumbered, 0)
		return
	}
	if isLabel(line) {
		s.add(markLabel, 0)
	}
}

// tags notes the names of the tags in a line. A "<" right after a word is an operator or a type
// parameter.
func (s *layoutHasher) tags(line string) {
	for at := 0; ; {
		i := strings.IndexByte(line[at:], '<')
		if i < 0 {
			return
		}
		at += i + 1
		operator := at > 1 && byteClasses[line[at-2]]&byteWord != 0
		rest := strings.TrimPrefix(line[at:], "/")
		n := 0
		for n < len(rest) && n < maxLabel && nameByte(rest[n]) {
			n++
		}
		if n > 0 && n < len(rest) && (rest[n] == '>' || rest[n] == ' ' || rest[n] == '/') &&
			(!operator || len(rest) < len(line)-at) {
			s.named(markTag, rest[:n])
		}
	}
}

// keys notes the names of the keys of a line of JSON and tells whether there was one.
func (s *layoutHasher) keys(line string) bool {
	found := false
	for {
		i := strings.IndexByte(line, '"')
		if i < 0 {
			return found
		}
		line = line[i+1:]
		end := strings.IndexByte(line, '"')
		if end < 0 {
			return found
		}
		name := line[:end]
		line = line[end+1:]
		if rest := strings.TrimLeft(line, " "); end > 0 && end <= maxLabel &&
			rest != "" && rest[0] == ':' {
			s.named(markKey, name)
			found = true
		}
	}
}

// isLabel tells whether a line begins with a few words and a colon.
func isLabel(line string) bool {
	end := strings.IndexByte(line[:min(len(line), maxLabel)], ':')
	if wide := strings.Index(line[:min(len(line), maxLabel)], "："); end < 0 ||
		wide >= 0 && wide < end {
		end = wide
	}
	if end <= 0 {
		return false
	}
	if end+1 < len(line) && line[end] == ':' && line[end+1] != ' ' {
		return false // a time, an address, a scope operator
	}
	return strings.Count(line[:end], " ") < 5
}

func fenceOf(line string) string {
	for _, fence := range [...]string{"```", "~~~", `"""`, "'''"} {
		if strings.HasPrefix(line, fence) {
			return fence
		}
	}
	return ""
}

func trimSpace(line string) string {
	for line != "" && (line[0] == ' ' || line[0] == '\t' || line[0] == '\r') {
		line = line[1:]
	}
	for line != "" &&
		(line[len(line)-1] == ' ' || line[len(line)-1] == '\t' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// run counts how often c repeats at the begin of text.
func run(text string, c byte) int {
	n := 0
	for n < len(text) && text[n] == c {
		n++
	}
	return n
}

// digits counts the ASCII digits at the begin of text.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

func nameByte(c byte) bool {
	return byteClasses[c]&byteWord != 0 || c == '_' || c == '-' || c == ':' || c == '.'
}
