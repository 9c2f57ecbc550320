package alert

import (
	"math"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// ANSI styles (SGR parameters).
const (
	bold          = "1"
	dim           = "2"
	red           = "31"
	green         = "32"
	magenta       = "35"
	badgeCritical = "1;97;41"
	badgeHigh     = "1;97;101"
	badgeMedium   = "1;30;43"
	badgeLow      = "1;30;46"
	badgeGreen    = "1;30;42"
	badgeGrey     = "1;30;47"
)

func severityStyle(s campaign.Severity) string {
	switch s {
	case campaign.Critical:
		return badgeCritical
	case campaign.High:
		return badgeHigh
	case campaign.Medium:
		return badgeMedium
	case campaign.Low:
		return badgeLow
	default:
		return badgeGrey
	}
}

// textWriter collects lines of a given width.
type textWriter struct {
	b     strings.Builder
	width int
	color bool
}

func newTextWriter(o TextOptions) *textWriter {
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	return &textWriter{width: max(o.Width, leastWidth), color: o.Color}
}

// line ends a line; blanks at its end are left out.
func (t *textWriter) line(parts ...string) {
	t.b.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	t.b.WriteByte('\n')
}

func (t *textWriter) paint(style, s string) string {
	if !t.color || style == "" || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (t *textWriter) section(title, note string) {
	t.line()
	const gap = 2
	note = fit(note, t.width-columns(title)-gap)
	t.line(t.paint(bold, title), pad(gap), t.paint(dim, note))
}

func (t *textWriter) bullet(mark, s string) {
	for i, l := range wrap(s, t.width-4) {
		if i > 0 {
			mark = " "
		}
		t.line("  ", mark, " ", l)
	}
}

// columns is the width of s on a terminal: a CJK character takes two, a combining mark none.
func columns(s string) int { return uniseg.StringWidth(s) }

func pad(n int) string { return strings.Repeat(" ", max(0, n)) }

// fit cuts s to at most n columns, with an ellipsis.
func fit(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	var b strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if used+g.Width() > n-1 {
			break
		}
		used += g.Width()
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// column and columnRight make s exactly n columns wide; column keeps its last one free, so that
// neighbours never touch.
func column(s string, n int) string {
	s = fit(s, n-1)
	return s + pad(n-columns(s))
}

func columnRight(s string, n int) string {
	s = fit(s, n)
	return pad(n-columns(s)) + s
}

// wrap breaks s into lines of at most n columns, at spaces where it can.
func wrap(s string, n int) []string {
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line, used = "", 0
	}
	for word := range strings.FieldsSeq(s) {
		w := columns(word)
		if used > 0 && used+1+w <= n {
			line, used = line+" "+word, used+1+w
			continue
		}
		flush()
		for w > n {
			head, tail := split(word, n)
			lines = append(lines, head)
			word, w = tail, columns(tail)
		}
		line, used = word, w
	}
	flush()
	return lines
}

// split cuts a word after at most n columns, between grapheme clusters.
func split(word string, n int) (head, tail string) {
	used := 0
	for g := uniseg.NewGraphemes(word); g.Next(); {
		from, _ := g.Positions()
		if from > 0 && used+g.Width() > n {
			return word[:from], word[from:]
		}
		used += g.Width()
	}
	return word, ""
}

// bar draws a figure as a bar of n columns at full scale, in eighths of a column. Mitigating
// evidence is hatched.
func bar(v, full float64, n int) string {
	eighths := int(math.Round(math.Min(math.Abs(v), full) / full * float64(8*n)))
	if eighths == 0 {
		return pad(n)
	}
	if v < 0 {
		cells := max(1, (eighths+4)/8)
		return strings.Repeat("▒", cells) + pad(n-cells)
	}
	s := strings.Repeat("█", eighths/8)
	if part := eighths % 8; part > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[part-1])
	}
	return s + pad(n-columns(s))
}

// sparkline draws the number of members over the timeline in at most n columns; nothing when there
// is no course to show.
func sparkline(points []campaign.Point, n int) string {
	if len(points) < 3 {
		return ""
	}
	cells := min(n, len(points))
	most := 0
	values := make([]int, cells)
	for i := range values {
		// Each cell shows the largest value of its stretch.
		for _, p := range points[i*len(points)/cells : (i+1)*len(points)/cells] {
			values[i] = max(values[i], p.Members)
		}
		most = max(most, values[i])
	}
	if most == 0 {
		return ""
	}
	levels := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(levels[int(float64(v)/float64(most)*float64(len(levels)-1)+0.5)])
	}
	return b.String()
}
