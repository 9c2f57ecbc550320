package fingerprint

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// turnQuota is how many places of Profile.Template belong to shingles of user turns before those of
// system prompts may take them.
const turnQuota = 40

// Profile writes the snapshot of the fingerprint to dst, reusing its memory. It estimates the
// sketches: tens of microseconds when they are dense, so call it when a profile is due, not per
// event.
func (f *Fingerprint) Profile(dst *Profile) {
	old := *dst
	*dst = Profile{
		Tenant: f.tenant, Account: f.account, Org: f.org, Verified: f.verified,
		CreatedAt: f.createdAt, FirstSeen: f.first, LastSeen: f.last, Time: f.last,
		FirstDayRequests: f.firstDay, RefusedEarly: f.refusedEarly,
		ActiveDays: uint16(len(f.days)),
		Prompts:    f.prompts.count(), Sources: f.sources.count(), EndUsers: f.endUsers.count(),
		Hours: f.hours, Gaps: f.gaps, Active10m: f.active10m, ActiveHour: f.activeHour,
		Served:   newestFirst(old.Served, f.served),
		Rejected: newestFirst(old.Rejected, f.rejected),
		Unserved: newestFirst(old.Unserved, f.unserved),
		Minted:   newestFirst(old.Minted, f.minted),
		Foreign:  newestFirst(old.Foreign, f.foreign),
		Networks: f.networks,
		Items:    append(old.Items[:0], f.undertakings.items...),
		ToolSets: f.undertakings.tools.show(), Workspaces: f.undertakings.workspaces.show(),
	}
	f.sumUp(dst)
	f.unreadableInto(dst)
	dst.PromptHLL = old.PromptHLL[:0]
	if f.prompts.sketch != nil {
		dst.PromptHLL = appendRaw(dst.PromptHLL, f.prompts.sketch)
	} else if len(f.prompts.few) > 0 {
		d := distinct{few: slices.Clone(f.prompts.few)}
		d.promote(f.opts.Precision)
		dst.PromptHLL = appendRaw(dst.PromptHLL, d.sketch)
	}

	text := scale{dst.WithText, f.agedText}
	dst.Habits = f.habits.pack(old.Habits[:0], text)
	dst.Template = f.topShingles(old.Template[:0], text)
	dst.Layouts = top(old.Layouts[:0], f.layouts, f.least(), MaxLayouts, text)
	all := scale{dst.Requests, f.aged}
	dst.Labels = old.Labels[:0]
	for i := range f.values {
		dst.Values[i], dst.Labels = topValues(
			old.Values[i][:0], dst.Labels, attribute.Attribute(i), f.values[i], all,
		)
	}
	dst.Models = old.Models[:0]
	for _, m := range f.models {
		dst.Models = append(dst.Models, ModelUse{m.hash, all.of(m.count), m.first})
	}
	dst.PackedLeads = f.leads.pack(old.PackedLeads[:0], dst)
	slices.SortFunc(dst.Models, func(x, y ModelUse) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Hash, y.Hash))
	})
	dst.Models = dst.Models[:min(len(dst.Models), MaxModels)]
}

// sumUp adds up the panes.
func (f *Fingerprint) sumUp(p *Profile) {
	var t totals
	for i := range f.days {
		t.add(&f.days[i].totals)
	}
	n := func(figure int) uint32 { return uint32(min(t[figure], math.MaxUint32)) }
	p.Requests, p.WithText = n(nRequests), n(nText)
	p.Requests24h = f.medium.since(
		slotOf(f.last, f.opts.MediumPane) - 24*3_600_000/f.opts.MediumPane.Milliseconds(),
	)
	p.WithInput, p.WithOutput, p.WithReasoning = n(nInput), n(nOutput), n(nReasoning)
	p.InputTokens, p.OutputTokens, p.ReasoningTokens = t[sumInput], t[sumOutput], t[sumReasoning]
	p.WithMessages, p.SingleTurn, p.Batch = n(nMessages), n(nSingle), n(nBatch)
	p.Refused, p.PromptTokens = n(nRefused), t[sumPrompt]
	for i := range p.Intents {
		p.Intents[i], p.TemplateIntents[i] = n(nIntents+i), n(nTemplateIntents+i)
	}
	p.TemplateRequests, p.TemplateSingleTurn, p.TemplateOutput = n(nTemplate), n(nTemplateSingle),
		t[sumTemplateOutput]
	p.ContinuedUnserved, p.Continued, p.RelayRequests = n(nContinuedUnserved), n(nContinued),
		n(nRelay)
}

// least is the number of sightings from which a shingle or prompt layout is shown.
func (f *Fingerprint) least() uint32 { return Recurs(f.agedText) }

const (
	// recurrences is the number of an account's prompts from which a piece of text is one that it
	// writes again and again; two of many may be chance, or one and a false positive of the
	// doorkeeper.
	recurrences = 3
	// fewRecurrences is that number for an account that has sent fewer than fewPrompts prompts:
	// three of them would be a third of all it wrote.
	fewRecurrences, fewPrompts = 2, 10
)

// Shows is the number of prompts from which a shingle is in a profile, when the account has sent so
// many. Of an account that has sent fewer than fewPrompts, what it wrote once is there too: a pool
// whose accounts send six requests a day (Anthropic, September 2026) has one text in hundreds of
// accounts before it has it twice in one of them, and that other accounts wrote the same is as good
// a sign as that this one wrote it again. Of one that has sent more, what it wrote once would be a
// small part of all that it wrote once.
func Shows(prompts uint32) uint32 {
	if prompts < fewPrompts {
		return 1
	}
	return recurrences
}

// showsOnce says that a profile shows what the account wrote once.
func (f *Fingerprint) showsOnce() bool { return Shows(f.agedText) == 1 }

// Recurs is the number of prompts from which a shingle or prompt layout is part of an account's
// prompt template, when it has sent so many.
func Recurs(prompts uint32) uint32 {
	if prompts < fewPrompts {
		return fewRecurrences
	}
	return recurrences
}

// scale brings an aged count to the footing of the horizon's counts: its share of the recent
// requests, in requests of the horizon.
type scale struct{ horizon, aged uint32 }

func (s scale) of(n uint32) uint32 {
	if s.horizon == s.aged || s.aged == 0 {
		return n
	}
	return uint32(max(1, min(uint64(n)*uint64(s.horizon)/uint64(s.aged), math.MaxUint32)))
}

// some is of, bounded, and 0 of nothing.
func (s scale) some(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return min(s.of(n), maxUses)
}

// sum is some of a sum that may be larger than a count.
func (s scale) sum(n uint64) uint64 {
	if s.horizon == s.aged || s.aged == 0 {
		return n
	}
	return uint64(min(float64(n)*float64(s.horizon)/float64(s.aged), maxSum))
}

func byCount(x, y Counted) int {
	return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Hash, y.Hash))
}

// top appends the most sighted entries of a table.
func top(dst []Counted, t table, least uint32, most int, s scale) []Counted {
	mark := len(dst)
	for _, e := range t {
		if e.sure() >= least {
			dst = append(dst, Counted{e.hash, s.of(e.sure())})
		}
	}
	slices.SortFunc(dst[mark:], byCount)
	return dst[:mark+min(len(dst)-mark, most)]
}

// topShingles appends the prompt template, and what was written once where that is shown: turn and
// system shingles each have their places, and take what the other leaves free.
func (f *Fingerprint) topShingles(dst []Counted, s scale) []Counted {
	least := Shows(f.agedText)
	turns, system := certainly(f.turns, least), certainly(f.system, least)
	forTurns := min(turns, max(turnQuota, MaxTemplate-system))
	dst = top(dst, f.turns, least, forTurns, s)
	dst = top(dst, f.system, least, min(system, MaxTemplate-forTurns), s)
	slices.SortFunc(dst, byCount)
	return dst
}

// certainly counts the entries sighted at least so often.
func certainly(t table, least uint32) (n int) {
	for _, e := range t {
		if e.sure() >= least {
			n++
		}
	}
	return n
}

// topValues appends the most used values of an attribute, and their labels.
func topValues(
	dst []Counted, labels []Label, a attribute.Attribute, values []attributeValue, s scale,
) ([]Counted, []Label) {
	for i := range values {
		dst = append(dst, Counted{values[i].hash, s.of(values[i].sure())})
	}
	slices.SortFunc(dst, byCount)
	dst = dst[:min(len(dst), MaxValues)]
	for _, c := range dst {
		for i := range values {
			if values[i].hash == c.Hash && values[i].label != "" {
				labels = append(labels, Label{a, c.Hash, values[i].label})
			}
		}
	}
	return dst, labels
}

func newestFirst(dst, list []uint64) []uint64 {
	dst = append(dst[:0], list...)
	slices.Reverse(dst)
	return dst
}
