package alert

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// TextOptions says what a terminal can show.
type TextOptions struct {
	// Width is the number of columns, 100 when 0; narrower than 72 is not supported and drawn as
	// 72.
	Width int
	// Color turns on ANSI colours.
	Color bool
}

// Bounds of the terminal rendering.
const (
	defaultWidth = 100
	leastWidth   = 72
	textMembers  = 8
	textShared   = 8
	textEvidence = 24
	// fullBar is what the longest bar stands for in bits: the cap of a single detector.
	fullBar = 8.0
	// silent is below what a reader should care about, in bits.
	silent = 0.05
)

// Text renders a finding for a terminal: what was found in a sentence, both axes with each
// detector's bits and what they rest on, the signal families that agree, some members, the
// mitigating evidence, and the next step. No line is wider than the width, and nothing from the
// traffic can move the cursor.
func Text(f *campaign.Finding, o TextOptions) string {
	t := newTextWriter(o)
	t.headline(f)
	t.facts(f)
	t.axis(f, detectors.Coordination, f.Coordination, "do these accounts act as one?", red)
	t.axis(f, detectors.Harvest, f.Harvest, "do they collect outputs to train on?", magenta)
	t.families(f)
	t.shared(f)
	t.members(f)
	t.mitigating(f)
	t.next(f)
	return t.b.String()
}

func (t *textWriter) headline(f *campaign.Finding) {
	severity := severities()[severityID(f.Severity)]
	badge, style := strings.ToUpper(severity), severityStyle(f.Severity)
	switch {
	case f.Activity == campaign.Close:
		badge, style = "CLOSED", badgeGreen
	case f.Muted:
		badge, style = "MUTED", badgeGrey
	case f.Shadow != nil:
		badge, style = "SHADOW", badgeGrey
	}
	title := sentence(f.Title, maxText)
	if title == "" {
		title = defaultTitle(f.Kind)
	}
	confidence := fmt.Sprintf("confidence %d %%", percent(f.Confidence))
	left := " " + badge + " "
	gap := t.width - columns(left) - columns(confidence) - 4
	title = fit(title, gap)
	t.line(
		t.paint(style, left), "  ", t.paint(bold, title), pad(gap-columns(title)+2),
		t.paint(dim, confidence),
	)
	if s := sentence(f.Summary, maxProse); s != "" {
		for _, l := range wrap(s, t.width) {
			t.line(l)
		}
	}
	t.line()
}

func (t *textWriter) facts(f *campaign.Finding) {
	state := map[campaign.Activity]string{
		campaign.Create: "new", campaign.Update: "updated", campaign.Close: "closed",
	}[f.Activity]
	if f.Activity == campaign.Close {
		state += ", " + closeDetail(f.CloseReason)
	} else if f.Muted {
		state += ", muted: an analyst allowed the group"
	}
	if f.Shadow != nil {
		state += ", in shadow: alerts nobody"
	}
	t.fact("finding", sentence(f.UID, maxID))
	if c := sentence(f.Campaign, maxID); c != "" && c != f.UID {
		t.fact("campaign", c)
	}
	if f.Tenant != "" && f.Tenant != defaultTenant {
		t.fact("tenant", sentence(f.Tenant, maxID))
	}
	t.fact("state", fmt.Sprintf("%s (record %d, %s)", state, f.Sequence, stamp(f.Modified)))
	if f.FirstSeen > 0 && f.LastSeen >= f.FirstSeen {
		t.fact("seen", fmt.Sprintf(
			"%s to %s, %s", stamp(f.FirstSeen), stamp(f.LastSeen), span(f.LastSeen-f.FirstSeen),
		))
	}
	volume := []string{
		plural(int64(max(0, f.Members)), "account"), plural(max(0, f.Requests), "request"),
	}
	if f.OutputTokens > 0 {
		volume = append(volume, plural(f.OutputTokens, "output token"))
	}
	for i, m := range f.Models {
		if i == 3 {
			volume = append(volume, plural(int64(len(f.Models)-3), "more model"))
			break
		}
		if m = sentence(m, 48); m != "" {
			volume = append(volume, m)
		}
	}
	t.fact("volume", strings.Join(volume, " · "))
	if line := sparkline(f.Timeline, 40); line != "" {
		first, last := f.Timeline[0], f.Timeline[len(f.Timeline)-1]
		t.fact("members", fmt.Sprintf(
			"%s  %s to %s",
			line, short(int64(first.Members)), plural(int64(last.Members), "account"),
		))
	}
}

func (t *textWriter) fact(name, value string) {
	for i, l := range wrap(value, t.width-10) {
		if i > 0 {
			name = ""
		}
		t.line(t.paint(dim, column(name, 9)), " ", l)
	}
}

// axis draws the detectors of one axis, strongest first: name, signal family, bits and bar beside
// what was observed, and below what the population gives.
func (t *textWriter) axis(
	f *campaign.Finding, axis detectors.Axis, total float64, question string, style string,
) {
	var shown []*detectors.Evidence
	var quiet []string
	for i := range f.Evidence {
		e := &f.Evidence[i]
		switch {
		case axisName(e.Axis) != axisName(axis):
		case math.Abs(bits(e.Bits)) < silent || len(shown) == textEvidence:
			quiet = append(quiet, sentence(detectorName(e), 32))
		default:
			shown = append(shown, e)
		}
	}
	sort.SliceStable(shown, func(i, j int) bool {
		return bits(shown[i].Bits) > bits(shown[j].Bits)
	})

	t.line()
	t.line(
		t.paint(bold, fmt.Sprintf("%s  %.1f bits", strings.ToUpper(axisName(axis)), bits(total))),
		"  ", t.paint(dim, question),
	)
	const nameWidth, chartWidth, barWidth = 17, 9, 8
	const left = 2 + nameWidth + chartWidth + 6 + 1 + barWidth + 2
	room := t.width - left
	for _, e := range shown {
		b := bits(e.Bits)
		barStyle := style
		if b < 0 {
			barStyle = green
		}
		facts := wrap(sentence(e.Observed, maxText), room)
		context := sentence(e.Expected, maxText)
		if context != "" {
			context = "against " + context
		}
		if note := sentence(e.Note, maxText); note != "" {
			context = strings.TrimPrefix(context+"; "+note, "; ")
		}
		rest := wrap(context, room)
		if len(facts) == 0 && len(rest) > 0 {
			facts, rest = rest[:1], rest[1:]
		}
		first := ""
		if len(facts) > 0 {
			first, facts = facts[0], facts[1:]
		}
		t.line("  ", column(sentence(detectorName(e), maxID), nameWidth),
			t.paint(dim, column(sentence(string(e.Family), maxID), chartWidth)),
			columnRight(fmt.Sprintf("%+.2f", b), 6), " ",
			t.paint(barStyle, bar(b, fullBar, barWidth)), "  ", first)
		for _, l := range facts {
			t.line(pad(left), l)
		}
		for _, l := range rest {
			t.line(pad(left), t.paint(dim, l))
		}
	}
	sum := 0.0
	for _, e := range shown {
		sum += bits(e.Bits)
	}
	if sum-bits(total) >= 0.1 {
		// A reader adds the column up.
		for _, l := range wrap(fmt.Sprintf(
			"%.1f bits in all; evidence of one cause, such as one program, counts in full only once",
			sum,
		), t.width-2) {
			t.line("  ", t.paint(dim, l))
		}
	}
	switch {
	case len(quiet) > 0:
		for _, l := range wrap("no evidence: "+strings.Join(quiet, ", "), t.width-2) {
			t.line("  ", t.paint(dim, l))
		}
	case len(shown) == 0:
		t.line("  ", t.paint(dim, "no detector had data to judge by"))
	}
}

func (t *textWriter) families(f *campaign.Finding) {
	t.line()
	const label, mark, gap = "FAMILIES", 2, 2
	line, used := t.paint(bold, label), len(label)
	for _, p := range detectors.Families {
		wide := gap + mark + len(p)
		if used+wide > t.width {
			t.line(line)
			line, used = pad(len(label)), len(label)
		}
		used += wide
		if slices.Contains(f.Families, p) {
			line += pad(gap) + t.paint(bold, "● "+string(p))
		} else {
			line += pad(gap) + t.paint(dim, "○ "+string(p))
		}
	}
	t.line(line)
}

func (t *textWriter) shared(f *campaign.Finding) {
	shown := telling(f.Shared, textShared)
	if len(shown) == 0 {
		return
	}
	t.section("WHAT THEY SHARE", "")
	const nameWidth, figure = 19, 14
	room := t.width - 2 - nameWidth - 2*figure
	row := func(name, value, members, all string) string {
		return column(name, nameWidth) + column(value, room) + columnRight(members, figure) +
			columnRight(all, figure)
	}
	t.line("  ", t.paint(dim, row("", "", "of members", "of everybody")))
	for _, s := range shown {
		t.line("  ", row(
			sentence(s.Attribute, maxID), sentence(s.Value, maxText),
			share(s.Share), share(s.Baseline),
		))
	}
	if more := len(f.Shared) - len(shown); more > 0 {
		t.line("  ", t.paint(dim, fmt.Sprintf("and %d more, rarer or as common elsewhere", more)))
	}
}

func (t *textWriter) members(f *campaign.Finding) {
	if len(f.Sample) == 0 {
		return
	}
	shown := f.Sample[:min(len(f.Sample), textMembers)]
	t.section("MEMBERS", fmt.Sprintf(
		"%d of %s; the accounts topic names all",
		len(shown), short(int64(max(f.Members, len(f.Sample)))),
	))
	const requests, agreement, families = 11, 11, 2*detectors.NumFamilies - 1
	flexible := t.width - 2 - requests - agreement - families - 6
	name := flexible / 2
	row := func(a, r, g, p, c string) string {
		return column(a, name) + columnRight(r, requests) + columnRight(g, agreement) + pad(3) +
			fit(p, families) + pad(3) + fit(c, flexible-name)
	}
	var initials []string
	for _, p := range detectors.Families {
		initials = append(initials, strings.ToUpper(string(p[:1])))
	}
	t.line("  ", t.paint(
		dim, row("account", "requests", "agreement", strings.Join(initials, " "), "client"),
	))
	for i := range shown {
		m := &shown[i]
		who := sentence(m.Account, maxID)
		if org := sentence(m.Org, maxID); org != "" {
			who = strings.TrimSpace(who + " (" + org + ")")
		}
		t.line("  ", row(
			who, grouped(int64(m.Requests)), share(m.Agreement), scoreMarks(m.Families),
			sentence(clientOf(m), maxText),
		))
		if i < textLeads {
			t.lead(&m.Lead)
		}
	}
}

// scoreMarks has a filled mark for each signal family that is listed, in the order of the FAMILIES
// line.
func scoreMarks(families []detectors.Family) string {
	var marks []string
	for _, p := range detectors.Families {
		if slices.Contains(families, p) {
			marks = append(marks, "●")
		} else {
			marks = append(marks, "○")
		}
	}
	return strings.Join(marks, " ")
}

func (t *textWriter) mitigating(f *campaign.Finding) {
	if len(f.Mitigating) == 0 {
		return
	}
	t.section("MITIGATING EVIDENCE", "")
	for i, s := range f.Mitigating {
		if i == textShared {
			t.line("  ", t.paint(dim, fmt.Sprintf("and %d more", len(f.Mitigating)-textShared)))
			break
		}
		t.bullet(t.paint(green, "+"), sentence(s, maxText))
	}
}

func (t *textWriter) next(f *campaign.Finding) {
	if s := sentence(f.NextStep, maxProse); s != "" {
		t.section("NEXT STEP", "")
		t.bullet(t.paint(bold, "→"), s)
	}
	if a := attacks(f.Evidence); len(a) > 0 {
		var ids []string
		for _, x := range a {
			if x.SubTechnique != nil {
				ids = append(ids, x.SubTechnique.UID)
			} else {
				ids = append(ids, x.Technique.UID)
			}
		}
		t.line()
		for _, l := range wrap("MITRE ATLAS "+strings.Join(ids, ", "), t.width) {
			t.line(t.paint(dim, l))
		}
	}
}

func stamp(ms int64) string {
	return time.UnixMilli(clampTime(ms)).UTC().Format("2006-01-02 15:04 UTC")
}

// span writes a duration in its largest useful unit.
func span(ms int64) string {
	d := time.Duration(min(ms, int64(math.MaxInt64/time.Millisecond))) * time.Millisecond
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 72*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	default:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	}
}

// share writes a fraction as a percentage with two significant figures below ten.
func share(v float64) string {
	v = 100 * round(math.Max(0, math.Min(1, v)), 1e6)
	if v >= 10 || v == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " %"
	}
	return strconv.FormatFloat(v, 'g', 2, 64) + " %"
}
