package alert

import (
	"fmt"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// account renders how an account stands.
func (w *explainWriter) account(a *campaign.ExplainedAccount) {
	style := badgeGreen
	switch a.Status {
	case campaign.Implicated:
		style = badgeMedium
	case campaign.Watched:
		style = badgeLow
	case campaign.Allowed:
		style = badgeGrey
	}
	status := sentence(string(a.Status), maxID)
	if status == "" {
		status = "not named"
	}
	badge := " " + strings.ToUpper(status) + " "
	w.line(w.paint(style, badge), "  ",
		w.paint(bold, fit(sentence(a.Account, maxID), w.width-columns(badge)-2)))
	for _, s := range a.Says {
		w.indented(0, "", sentence(s, maxProse))
	}
	w.line()
	w.fact("tenant", sentence(tenantOf(w.x.Tenant), maxID))
	if org := sentence(a.Org, maxID); org != "" {
		if a.Vouched {
			org += ", which you vouch for"
		}
		w.fact("org", org)
	}
	if a.Customer > 1 {
		w.fact("customer", "one with "+plural(int64(a.Customer), "live account"))
	}
	if a.Live {
		w.fact("seen", fmt.Sprintf("%s to %s", stamp(a.FirstSeen), stamp(a.LastSeen)))
		w.fact("volume", fmt.Sprintf("%s, %s in its last day · %s",
			plural(int64(a.Requests), "request"), short(int64(a.Requests24h)),
			plural(int64(min(a.Output, maxTime)), "output token")))
	}
	if s := sentence(a.Stack, clause); s != "" {
		w.fact("client", s)
	}
	if s := a.Alone; s != nil {
		w.fact("alone", fmt.Sprintf("harvest %.2f of %.2f bits, %s of %s requests in a day",
			s.Harvest, s.NeedsHarvest, grouped(int64(s.Requests)), grouped(int64(s.NeedsRequests))))
	}
	w.asOf()
	for i := range a.Groups {
		w.inGroup(&a.Groups[i])
	}
	w.verdicts(a.Verdicts)
}

// inGroup renders how an account stands to one finding.
func (w *explainWriter) inGroup(g *campaign.AccountInGroup) {
	how := "does not name it"
	switch {
	case g.Member && g.Closed:
		how = "named it"
	case g.Member:
		how = "names it"
	case g.Unnamed:
		how = "holds it for a likely member"
	}
	w.section(strings.ToUpper(how), sentence(g.Title, clause))
	w.line("  ", w.brief(&g.FindingBrief))
	if g.Member {
		w.line("  ", w.paint(dim, "since "+stamp(g.Named)))
	}
	for _, s := range g.Says {
		w.bullet(w.paint(bold, "•"), sentence(s, maxProse))
	}
	if g.Fit != nil {
		w.fitOf(g.Fit)
	}
}

func (w *explainWriter) fitOf(f *campaign.FitState) {
	var families []string
	for _, b := range f.Families {
		families = append(families, fmt.Sprintf("%s %+.1f", sentence(string(b.Family), maxID), b.Bits))
	}
	families = append(families, fmt.Sprintf("use of the service %+.1f", f.Behaviour))
	w.indented(4, "", fmt.Sprintf("fits with %.2f bits; named from %.2f on, stays from %.2f on; "+
		"agrees on %d causes, %d are needed", f.Bits, f.Needs, f.Stays, f.Causes, f.NeedsCauses))
	w.indented(4, "", strings.Join(families, ", "))
	if f.Of > 0 {
		w.indented(4, "", fmt.Sprintf("carries %d of the %d sampled phrases of the group's text, "+
			"%s of one text", f.Phrases, f.Of, share(f.Text)))
	}
	if f.HasLayout {
		w.indented(4, "", fmt.Sprintf("writes in the group's layout in %s",
			plural(int64(f.Layout), "request")))
	}
	if f.Linked {
		w.indented(4, "", "has exchanged a conversation with a member")
	}
	if len(f.Shared) == 0 {
		return
	}
	const name, figure, bitsWidth = 20, 13, 8
	room := w.width - 4 - name - 2*figure - bitsWidth
	row := func(a, v, m, o, b string) string {
		return column(a, name) + column(v, room) + columnRight(m, figure) + columnRight(o, figure) +
			columnRight(b, bitsWidth)
	}
	w.line("    ", w.paint(dim, row("", "", "of members", "of others", "bits")))
	for i := range f.Shared {
		if i == explainedShared {
			w.line("    ", w.paint(dim, fmt.Sprintf("and %d more", len(f.Shared)-i)))
			break
		}
		s := &f.Shared[i]
		value := sentence(s.Value, clause)
		switch {
		case !s.Reported:
			value = "not reported"
		case value == "":
			value = "a value that is kept as a hash"
		}
		w.line("    ", row(sentence(s.Attribute, maxID), value, share(s.Members), share(s.Others),
			fmt.Sprintf("%+.1f", s.Bits)))
	}
}

// FindingsText lists findings for a terminal, in their order. No line is wider than the width, and
// nothing from the traffic can move the cursor.
func FindingsText(list []*campaign.Finding, o TextOptions) string {
	t := newTextWriter(o)
	for _, f := range list {
		severity := severities()[severityID(f.Severity)]
		badge, style := strings.ToUpper(severity), severityStyle(f.Severity)
		switch {
		case f.Activity == campaign.Close:
			badge, style = "CLOSED", badgeGreen
		case f.Shadow != nil:
			badge, style = "SHADOW", badgeGrey
		case f.Muted:
			badge, style = "MUTED", badgeGrey
		}
		const badgeWidth, risk, uid = 15, 5, 38
		title := sentence(f.Title, maxText)
		if title == "" {
			title = defaultTitle(f.Kind)
		}
		left := " " + badge + " "
		t.line(t.paint(style, left), pad(badgeWidth-columns(left)),
			columnRight(fmt.Sprint(Risk(f)), risk-2), "  ",
			t.paint(bold, column(title, t.width-badgeWidth-risk-uid)),
			columnRight(sentence(f.UID, maxID), uid))
		facts := []string{
			sentence(string(f.Kind), maxID), plural(int64(f.Members), "account"), plural(f.Requests, "request"),
			fmt.Sprintf("%.1f + %.1f bits", bits(f.Coordination), bits(f.Harvest)),
			"opened " + stamp(f.Created), "last seen " + stamp(f.LastSeen),
		}
		if name := tenantOf(f.Tenant); name != defaultTenant {
			facts = append(facts, "tenant "+sentence(name, maxID))
		}
		if f.Activity == campaign.Close {
			facts = append(facts, sentence(closeDetail(f.CloseReason), clause))
		}
		if r := f.Review; r != nil {
			facts = append(facts, sentence(string(r.Action), maxID)+" by "+sentence(r.Author, maxID))
		}
		for _, l := range wrap(strings.Join(facts, " · "), t.width-badgeWidth-risk) {
			t.line(pad(badgeWidth+risk), t.paint(dim, l))
		}
	}
	return t.b.String()
}
