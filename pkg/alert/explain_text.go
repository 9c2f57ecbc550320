package alert

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

const (
	// Bounds of the terminal rendering of an explanation; the JSON has all.
	explainedMembers  = 20
	explainedReadings = 3
	explainedSimilar  = 8
	explainedVerdicts = 12
	explainedSteps    = 8
	explainedShared   = 12
	// quietBits is the evidence below which a detector is named without its figures.
	quietBits = 0.1
	// clause is the most bytes of a name or a clause, reason of what somebody wrote.
	clause = maxText
	reason = maxProse
)

// ExplanationText renders an explanation for a terminal. No line is wider than the width, and
// nothing from the traffic can move the cursor.
func ExplanationText(x *campaign.Explanation, o TextOptions) string {
	t := newTextWriter(o)
	w := &explainWriter{t, x}
	if x.Group != nil {
		w.group(x.Group)
	} else if x.Account != nil {
		w.account(x.Account)
	}
	return t.b.String()
}

// explainWriter renders one explanation.
type explainWriter struct {
	*textWriter

	x *campaign.Explanation
}

func (w *explainWriter) group(g *campaign.ExplainedGroup) {
	f := &campaign.Finding{
		Severity: g.State.Severity, Confidence: g.State.Confidence, Kind: g.State.Kind,
		Title: g.State.Title, Summary: g.State.Summary, Muted: g.State.Muted,
		Activity: campaign.Update,
	}
	if g.State.Shadow {
		f.Shadow = &campaign.Shadow{}
	}
	if g.State.Closed {
		f.Activity = campaign.Close
	}
	w.headline(f)
	w.groupFacts(g)
	w.rules(g)
	w.evidence(g, detectors.Coordination, "do these accounts act as one?", red)
	w.evidence(g, detectors.Harvest, "do they collect outputs to train on?", magenta)
	w.readings(g.Readings)
	w.bullets("WHAT SPEAKS AGAINST IT", "+", green, g.Against)
	if g.Differs != nil {
		w.bullets("WHAT WOULD HAVE TO DIFFER", "≠", bold, g.Differs.Says)
	}
	w.timeline(g.Timeline)
	w.memberList(g)
	w.similar(g.Similar)
	w.verdicts(g.Verdicts)
	w.bullets("NEXT STEP", "→", bold, []string{g.State.NextStep})
}

func (w *explainWriter) groupFacts(g *campaign.ExplainedGroup) {
	s := &g.State
	w.fact("finding", sentence(s.UID, maxID))
	if s.Past {
		w.fact("", sentence(
			w.x.ID+" is an earlier finding of this campaign, which is reported in this one now", clause,
		))
	}
	w.fact("campaign", sentence(s.Campaign, maxID))
	w.fact("tenant", sentence(tenantOf(w.x.Tenant), maxID))
	state := "open"
	switch {
	case s.Closed:
		state = "closed, " + closeDetail(s.CloseReason)
	case s.Shadow:
		state = "open, in shadow: alerts nobody"
	case s.Muted:
		state = "open, muted: an analyst allowed the group"
	case s.WeakSince > 0:
		state = "open; far below the thresholds since " + stamp(s.WeakSince)
	}
	w.fact("state", fmt.Sprintf("%s (record %d, %s)", state, s.Sequence, stamp(s.Modified)))
	w.fact("opened", stamp(s.Opened))
	if s.FirstSeen > 0 && s.LastSeen >= s.FirstSeen {
		w.fact("seen", fmt.Sprintf("%s to %s, %s",
			stamp(s.FirstSeen), stamp(s.LastSeen), span(s.LastSeen-s.FirstSeen)))
	}
	w.fact("volume", plural(int64(s.Members), "account")+" · "+plural(s.Requests, "request"))
	w.asOf()
	strongest := fmt.Sprintf("strongest %.2f coordination, %.2f harvest",
		g.Strongest.Coordination, g.Strongest.Harvest)
	if g.Now != nil {
		strongest = fmt.Sprintf("now %.2f coordination, %.2f harvest; %s",
			g.Now.Coordination, g.Now.Harvest, strongest)
	}
	w.fact("bits", strongest)
	for _, r := range s.Related[:min(len(s.Related), explainedSimilar)] {
		w.fact("related", sentence(r, maxID))
	}
}

// asOf says what everything is as of.
func (w *explainWriter) asOf() {
	s := stamp(w.x.AsOf) + ", among " + plural(int64(w.x.Accounts), "live account")
	if !w.x.Measured {
		s = stamp(w.x.AsOf) + "; only what is stored is told: " + sentence(w.x.NotMeasured, clause)
	}
	w.fact("as of", s)
}

// rules says by which rule it is a finding and how far it is from each.
func (w *explainWriter) rules(g *campaign.ExplainedGroup) {
	if g.Tripwire != "" {
		w.section("WHY IT IS A FINDING", "")
		w.bullet(w.paint(bold, "●"), "A tripwire needs no statistics. This one asks for "+
			sentence(g.Tripwire, maxProse)+".")
	}
	if len(g.Rules) == 0 {
		return
	}
	title := "WHY IT IS A FINDING"
	if !g.Holds {
		title = "WHY IT WOULD BE NO FINDING NOW"
	}
	w.section(title, "one rule is enough; each asks for all of its conditions")
	const figure = 9
	nameWidth := min(w.width-36, 48)
	for i := range g.Rules {
		r := &g.Rules[i]
		mark, says := w.paint(dim, "○"), "does not hold"
		if r.Holds {
			mark, says = w.paint(bold, "●"), fmt.Sprintf(
				"holds, %.2f bits beyond correlate.%s (%.2f)", r.Excess, r.Option, r.Threshold)
		}
		const ruleWidth = 12
		says = fit(sentence(says, clause), w.width-ruleWidth-4)
		w.line("  ", mark, " ", w.paint(bold, column(sentence(r.Name, maxID), ruleWidth)), says)
		for _, c := range r.Conditions {
			has, needs := figureOf(c.Has, c.Count), figureOf(c.Needs, c.Count)
			met := w.paint(green, "met")
			if !c.Met {
				met = w.paint(red, "missing")
			}
			w.line("      ", column(sentence(c.What, clause), nameWidth), columnRight(has, figure), w.paint(dim, " of"),
				columnRight(needs, figure), "  ", met)
		}
	}
}

func figureOf(v float64, count bool) string {
	if count {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// evidence draws the detectors of one axis: bits and a bar, what of them is counted, and what would
// be without the detector.
func (w *explainWriter) evidence(
	g *campaign.ExplainedGroup, axis detectors.Axis, question, style string,
) {
	var quiet []string
	total := g.Strongest.Coordination
	if g.Now != nil {
		total = g.Now.Coordination
	}
	if axis == detectors.Harvest {
		total = g.Strongest.Harvest
		if g.Now != nil {
			total = g.Now.Harvest
		}
	}
	w.line()
	w.line(w.paint(bold, fmt.Sprintf("%s  %.2f bits", strings.ToUpper(axisName(axis)), total)),
		"  ", w.paint(dim, question))
	const nameWidth, familyWidth, barWidth, figure = 18, 10, 8, 8
	const left = 2 + nameWidth + familyWidth
	w.line("  ", w.paint(dim, column("detector", nameWidth)+column("family", familyWidth)+
		columnRight("bits", figure)+pad(barWidth+2)+columnRight("counted", figure)+"  without it"))
	for i := range g.Evidence {
		e := &g.Evidence[i]
		if e.Axis != axisName(axis) {
			continue
		}
		if math.Abs(e.Bits) < quietBits {
			quiet = append(quiet, sentence(e.Detector, maxID))
			continue
		}
		barStyle := style
		if e.Bits < 0 {
			barStyle = green
		}
		counted := ""
		if e.Counted != nil {
			counted = fmt.Sprintf("%+.2f", *e.Counted)
		}
		w.line("  ", column(sentence(e.Detector, maxID), nameWidth),
			w.paint(dim, column(sentence(string(e.Family), maxID), familyWidth)),
			columnRight(fmt.Sprintf("%+.2f", e.Bits), figure), "  ",
			w.paint(barStyle, bar(e.Bits, fullBar, barWidth)), columnRight(counted, figure), "  ",
			w.without(e.Without, w.width-left-barWidth-2*figure-4))
		w.indented(left, "", sentence(e.Observed, clause))
		if s := sentence(e.Expected, clause); s != "" {
			w.indented(left, dim, "against "+s)
		}
		if s := sentence(e.Note, clause); s != "" {
			w.indented(left, dim, s)
		}
		if s := sentence(e.Counts, clause); s != "" {
			w.indented(left, dim, "counts: "+s)
		}
	}
	if len(quiet) > 0 {
		w.indented(2, dim, "no evidence: "+strings.Join(quiet, ", "))
	}
	if axis == detectors.Harvest && len(g.Blind) > 0 {
		w.indented(2, dim, "nothing to judge by: "+sentence(strings.Join(g.Blind, ", "), maxProse))
	}
}

// without says what would be without a detector: the severity, and by how many bits.
func (w *explainWriter) without(o *campaign.Outcome, room int) string {
	switch {
	case o == nil:
		return ""
	case !o.Finding:
		return w.paint(bold, fit("no finding", room))
	default:
		return fit(fmt.Sprintf("%s %+.1f", severities()[severityID(o.Severity)], o.Excess), room)
	}
}

// indented writes wrapped text behind a margin.
func (w *explainWriter) indented(left int, style, s string) {
	for _, l := range wrap(s, w.width-left) {
		w.line(pad(left), w.paint(style, l))
	}
}

func (w *explainWriter) readings(list []campaign.ExplainedReading) {
	if len(list) == 0 {
		return
	}
	w.section("HONEST READINGS", "what each leaves of the coordination, its price included")
	for i := range list {
		r := &list[i]
		if i == explainedReadings || !r.Applies {
			w.line("  ", w.paint(dim, fmt.Sprintf("and %d more", len(list)-i)))
			break
		}
		w.line("  ", columnRight(fmt.Sprintf("%.2f", r.Leaves), 7), "  ",
			fit(sentence(r.Name, clause), w.width-11))
		explains := "explains nothing of it"
		if len(r.Explains) > 0 {
			explains = "explains " + sentence(strings.Join(r.Explains, ", "), maxProse)
		}
		if r.Price > 0 {
			explains += fmt.Sprintf("; its price is %.0f", r.Price)
		}
		w.indented(11, dim, explains)
	}
}

// bullets writes a section of sentences; nothing where there are none.
func (w *explainWriter) bullets(title, mark, style string, says []string) {
	says = slices.DeleteFunc(slices.Clone(says), func(s string) bool { return s == "" })
	if len(says) == 0 {
		return
	}
	w.section(title, "")
	for _, s := range says {
		w.bullet(w.paint(style, mark), sentence(s, maxProse))
	}
}

// timeline shows some points of the course, the first and the last among them.
func (w *explainWriter) timeline(points []campaign.Point) {
	if len(points) == 0 {
		return
	}
	note := ""
	if line := sparkline(points, 40); line != "" {
		note = line + "  members"
	}
	w.section("TIMELINE", note)
	n := min(len(points), explainedSteps)
	for i := range n {
		at := i
		if n > 1 {
			at = i * (len(points) - 1) / (n - 1)
		}
		p := &points[at]
		w.line("  ", stamp(p.Time), columnRight(plural(int64(p.Members), "account"), 18),
			columnRight(plural(p.Requests, "request"), 20))
	}
}

func (w *explainWriter) memberList(g *campaign.ExplainedGroup) {
	if len(g.Members) == 0 {
		return
	}
	shown := g.Members[:min(len(g.Members), explainedMembers)]
	note := fmt.Sprintf("%d of %s; --json has all", len(shown), short(int64(len(g.Members))))
	if g.Unnamed > 0 {
		note += fmt.Sprintf("; %s likely, not named", plural(int64(g.Unnamed), "other"))
	}
	w.section("MEMBERS", note)
	const named, requests, agreement, families = 17, 10, 10, 2*detectors.NumFamilies - 1
	name := w.width - 2 - named - requests - agreement - families - 3
	date := func(ms int64) string { return strings.TrimSuffix(stamp(ms), " UTC") }
	row := func(a, n, r, g, f string) string {
		return column(a, name) + column(n, named) + columnRight(r, requests) +
			columnRight(g, agreement) + pad(3) + fit(f, families)
	}
	var initials []string
	for _, p := range detectors.Families {
		initials = append(initials, strings.ToUpper(string(p[:1])))
	}
	w.line("  ", w.paint(dim,
		row("account", "named", "requests", "agreement", strings.Join(initials, " "))))
	for i := range shown {
		m := &shown[i]
		who := sentence(m.Account, maxID)
		if org := sentence(m.Org, maxID); org != "" {
			who += " (" + org + ")"
		}
		if !m.Live {
			w.line("  ", row(who, date(m.Named), "silent", "", ""))
			continue
		}
		agrees, marks := "", ""
		if w.x.Measured {
			agrees, marks = share(m.Agreement), scoreMarks(m.Families)
		}
		w.line("  ", row(who, date(m.Named), grouped(int64(m.Requests)), agrees, marks))
	}
}

func (w *explainWriter) similar(list []campaign.SimilarCampaign) {
	if len(list) == 0 {
		return
	}
	w.section("SIMILAR CAMPAIGNS", "how much they have in common of what their accounts share")
	for i := range list {
		if i == explainedSimilar {
			w.line("  ", w.paint(dim, fmt.Sprintf("and %d more", len(list)-i)))
			break
		}
		s := &list[i]
		w.line("  ", columnRight(share(s.Share), 6), "  ", w.brief(&s.FindingBrief))
		w.indented(10, dim, fmt.Sprintf("%s, %s in common; last seen %s",
			plural(int64(s.Members), "account"), short(int64(s.InCommon)), stamp(s.LastSeen)))
	}
}

// brief names a finding in a line.
func (w *explainWriter) brief(b *campaign.FindingBrief) string {
	state := "open"
	if b.Closed {
		state = "closed"
		if why := sentence(b.CloseReason, maxID); why != "" {
			state += " (" + why + ")"
		}
	}
	head := sentence(b.UID, maxID) + "  " + severities()[severityID(b.Severity)] + ", " + state
	return fit(head, w.width-10)
}

func (w *explainWriter) verdicts(list []campaign.ExplainedVerdict) {
	if len(list) == 0 {
		return
	}
	w.section("VERDICTS", "of analysts, the newest first")
	for i := range list {
		if i == explainedVerdicts {
			w.line("  ", w.paint(dim, fmt.Sprintf("and %d more", len(list)-i)))
			break
		}
		v := &list[i]
		state := "in force"
		switch {
		case v.Counts:
			state = "counts"
		case !v.InForce:
			state = "ended " + stamp(v.Ended)
		}
		if v.Expires > 0 && v.InForce {
			state += ", until " + stamp(v.Expires)
		}
		covers := ""
		if v.Covers < 1 {
			covers = ", covers " + share(v.Covers)
		}
		w.bullet(w.paint(bold, "•"), fmt.Sprintf("%s by %s, %s (%s%s; %s): %s",
			sentence(string(v.Action), maxID), sentence(v.Author, maxID), stamp(v.Given), state,
			covers, sentence(v.ID, maxID), sentence(v.Reason, reason)))
	}
}
