package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// What a finding recommends.
const (
	nextStop = "Act on all members at once: suspend every account that the accounts topic lists for " +
		"this finding, or ask it for more verification; then watch for a successor pool. Confirm " +
		"with a sample of prompts inside the gateway, because Stillwatch keeps no prompts."
	nextLook = "Watch the members; look at the evidence with the team that owns the accounts before " +
		"acting."
	nextAsk = "Look at the customer's contract: the accounts belong together in the open, and whether " +
		"the customer may collect outputs at this scale is for the contract to say. Where it may, " +
		"put the accounts under one contract in the account facts, with its purpose, and mark them as " +
		"verified."
	nextAllowed = "Nothing to stop: by your own records the contract is for this. Compare the volume " +
		"with what was agreed; what the customer does with the outputs is for the contract to say."
	nextSort = "Look at the findings of this hour by risk_score, the related ones too: they are in the " +
		"alerts topic, and do not alert. When many are alike, look for their common cause first."
	nextMend = "Read the dead letters of these accounts: the header stillwatch-account names the " +
		"account, stillwatch-reason says what is wrong. Correct what makes the records unreadable, " +
		"in the gateway's logger or in what it lets these callers write; until then no detector " +
		"judges these accounts."
)

// finding describes the campaign for the security team.
func (c *Campaign) finding(activity Activity, now int64) *Finding {
	f := &Finding{
		UID: c.UID(), Campaign: c.ID, Tenant: c.Tenant, Sequence: c.Sequence, Activity: activity,
		Kind: c.kind(), Title: title(c), Summary: summary(c), NextStep: nextStep(c),
		Created: c.Opened, Modified: now, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen,
		Severity: c.Severity, Confidence: c.Confidence,
		Coordination: tenths(c.Coordination), Harvest: tenths(c.Harvest),
		Evidence: slices.Clone(c.Evidence), Families: slices.Clone(c.Families),
		Members: len(c.Members), Sample: slices.Clone(c.shown.sample),
		Requests: c.Requests, OutputTokens: c.shown.output,
		Models: slices.Clone(c.shown.models), Shared: slices.Clone(c.shown.shared),
		Timeline: slices.Clone(c.Timeline), CloseReason: c.CloseReason,
		Related: slices.Clone(c.Related), Customer: c.Customer, Contract: c.Contract,
		Allowed: c.Allowed, Purpose: c.Purpose, Muted: c.Review.allows(),
		Template: templateOf(c.Model),
	}
	if c.Review != nil {
		said := *c.Review
		f.Review = &said
	}
	for _, e := range f.Evidence {
		if e.Bits < 0 {
			f.Mitigating = append(f.Mitigating, e.Note+": "+e.Observed)
		}
	}
	return f
}

func title(c *Campaign) string {
	switch {
	case c.kind() == KindOverflow:
		return "More findings than alert in an hour"
	case c.kind() == KindTripwire:
		return c.Tripwire.Title()
	case c.Allowed && c.Severity < Medium:
		return "One customer collects outputs, as its contract allows"
	case c.Customer && c.Severity < Medium:
		return "One customer collects outputs"
	case c.kind() == KindAccount:
		return "Account harvesting model outputs"
	default:
		return "Coordinated model distillation"
	}
}

func nextStep(c *Campaign) string {
	switch {
	case c.kind() == KindOverflow:
		return nextSort
	case c.Tripwire == watch.Unreadable:
		return nextMend
	case c.Allowed && c.Severity < Medium:
		return nextAllowed
	case c.Customer && c.Severity < Medium:
		return nextAsk
	case c.Severity < High:
		return nextLook
	default:
		return nextStop
	}
}

// summary says in a sentence what and why, and in another what honest reading comes nearest.
func summary(c *Campaign) string {
	// When all were released, LastEmitted has the number of accounts that the finding named.
	if c.kind() == KindOverflow {
		return fmt.Sprintf(
			"%d findings beyond correlate.alerts_per_hour were written without an alert.",
			c.Overflow,
		)
	}
	accounts := plural(c.LastEmitted.Members)
	if c.Tripwire == watch.Unreadable {
		does := c.Tripwire.Does(nil)
		return fmt.Sprintf("%s %s: %d became dead letters.", accounts, does, c.Requests)
	}
	what := accounts + " act as one and harvest the model"
	switch {
	case c.kind() == KindTripwire:
		what = accounts + " " + c.Tripwire.Does(c.Signs)
	case c.Customer && c.Severity < Medium:
		what = accounts + " of one customer in the open collect outputs"
	case c.kind() == KindAccount:
		what = "One account harvests the model"
	}
	s := fmt.Sprintf("%s: %d requests", what, c.Requests)
	if why := reasons(c); len(why) > 0 {
		s += "; " + strings.Join(why, ", ")
	}
	s += "."
	switch {
	case c.Allowed:
		s += " Its contract is for " + c.Purpose + ", which allows to collect outputs."
	case c.Contract && c.Purpose != "":
		s += " Its contract is for " + c.Purpose + ", which says nothing of collecting outputs."
	case c.Contract:
		s += " Its contract names no one purpose."
	}
	if c.Explanation != "" {
		s += " The honest reading that comes nearest: " + c.Explanation + "."
	}
	return s
}

const (
	// A summary names this many reasons on each axis, each of so many bits or more.
	coordinationReasons, harvestReasons = 3, 2
	reasonBits                          = 0.5
)

// reasons are the notes of the strongest evidence, by axis.
func reasons(c *Campaign) (why []string) {
	for _, axis := range []detectors.Axis{detectors.Coordination, detectors.Harvest} {
		most := coordinationReasons
		if axis == detectors.Harvest {
			most = harvestReasons
		}
		best := slices.DeleteFunc(slices.Clone(c.Evidence), func(e detectors.Evidence) bool {
			return e.Axis != axis || e.Bits < reasonBits || e.Note == ""
		})
		slices.SortStableFunc(best, func(a, b detectors.Evidence) int {
			return cmp.Compare(b.Bits, a.Bits)
		})
		for _, e := range best[:min(len(best), most)] {
			why = append(why, e.Note)
		}
	}
	return why
}

// templateOf names phrases of the group's text.
func templateOf(m *membership.Model) (out []string) {
	if m == nil {
		return nil
	}
	for _, s := range m.Shingles[:min(len(m.Shingles), maxPhrases)] {
		out = append(out, review.Phrase(s.Hash))
	}
	return out
}

// maxPhrases bounds the phrases that name a text: an account carries half of them or does not write
// it.
const maxPhrases = 16

func plural(accounts int) string {
	if accounts == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", accounts)
}
