package alert

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

const (
	// textLeads is of how many members the terminal shows what they can be followed by,
	// textRequests and textValues how many requests and values of each kind of one.
	textLeads, textRequests, textValues = 3, 2, 2
	// textShare is the share of members from which the terminal shows a value that they share.
	textShare = 0.1
)

// lead shows what a member can be followed by.
func (t *textWriter) lead(l *campaign.Lead) {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	var requests []string
	for _, r := range l.Requests[:min(len(l.Requests), textRequests)] {
		if id := sentence(r.ID, requestID); id != "" {
			requests = append(requests, id)
		}
	}
	if len(requests) > 0 {
		add("requests " + strings.Join(requests, " "))
	}
	for _, list := range [...][]campaign.ValueShare{
		l.Networks, l.Systems, l.Payments, l.Issuers, l.Devices,
	} {
		for _, v := range list[:min(len(list), textValues)] {
			if text := sentence(v.Value, maxText); text != "" {
				add(text + " " + share(v.Share))
			}
		}
	}
	switch {
	case l.Sources == 1:
		add("1 address")
	case l.Sources > 1:
		add(short(int64(l.Sources)) + " addresses")
	}
	if created := clampTime(l.Created); created > 0 {
		add("signed up " + time.UnixMilli(created).UTC().Format(time.DateOnly))
	}
	const indent, between = 4, " · "
	line := ""
	flush := func() {
		for _, l := range wrap(line, t.width-indent) {
			t.line(pad(indent), t.paint(dim, l))
		}
	}
	for _, part := range parts {
		if line != "" && columns(line+between+part) > t.width-indent {
			flush()
			line = ""
		}
		if line != "" {
			line += between
		}
		line += part
	}
	flush()
}

// clientOf is a member's client: as it was sent where that is known.
func clientOf(m *campaign.Member) string {
	return cmp.Or(joinStack(m.Lead.UserAgent, m.Lead.JA4), m.Stack)
}

// telling picks of the shared values those that tell most of the members from everybody, in the
// order in which they are listed.
func telling(shared []campaign.SharedAttribute, most int) []campaign.SharedAttribute {
	// The information that it gives: how many members show it, times how much rarer it is
	// elsewhere.
	gain := func(s *campaign.SharedAttribute) float64 {
		everybody := math.Max(shareOf(s.Baseline), 1e-6)
		return shareOf(s.Share) * math.Log2(math.Max(shareOf(s.Share), 1e-6)/everybody)
	}
	var picked []int
	for i := range shared {
		if s := &shared[i]; s.Share >= textShare && tells(s.Share, s.Baseline) {
			picked = append(picked, i)
		}
	}
	slices.SortStableFunc(picked, func(i, j int) int {
		return cmp.Compare(gain(&shared[j]), gain(&shared[i]))
	})
	picked = picked[:min(len(picked), most)]
	slices.Sort(picked)
	out := make([]campaign.SharedAttribute, 0, len(picked))
	for _, i := range picked {
		out = append(out, shared[i])
	}
	return out
}
