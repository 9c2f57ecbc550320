package fingerprint

import (
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// Merge adds what other has seen: the result is the fingerprint of both accounts' requests, within
// the error of the sketches and tables. Gaps are added up, not interleaved, and event ids seen by
// both count twice. Other stays as it is. Sketches of different precision can't be merged: that is
// an error, and f is unusable after it.
func (f *Fingerprint) Merge(other *Fingerprint) error {
	if f.account == "" {
		f.tenant, f.account = other.tenant, other.account
	}
	f.unread.merge(&other.unread, f.opts)
	if other.seen == 0 {
		return nil
	}
	if f.seen == 0 {
		f.first, f.agedAt = other.first, other.agedAt
	}
	newer := other.last > f.last
	if f.org == "" || newer && other.org != "" {
		f.org = other.org
	}
	if f.createdAt == 0 || newer && other.createdAt > 0 {
		f.createdAt = other.createdAt
	}
	if newer {
		f.verified = other.verified
	}
	mergeActivity(f.active10m[:], f.last/600_000, other.active10m[:], other.last/600_000, Slots10m)
	mergeActivity(
		f.activeHour[:], f.last/3_600_000, other.activeHour[:], other.last/3_600_000, SlotsHour,
	)
	f.networks.merge(&other.networks, f.last/Day, other.last/Day)
	f.firstDay = f.mergeFirstDay(other)
	f.first, f.last = min(f.first, other.first), max(f.last, other.last)
	f.seen += other.seen
	f.refusedEarly += other.refusedEarly
	f.medium.merge(other.medium, int64(f.opts.MediumKeep/f.opts.MediumPane))
	f.mergeDays(other.days)
	if err := f.mergeDistincts(other); err != nil {
		return fmt.Errorf("fingerprint: merge: %w", err)
	}
	f.mergeTables(other)
	f.mergeConversations(other)
	f.mergeReasoning(other)
	f.leads.merge(&other.leads, newer)
	f.leads.dropClient(f.values[attribute.Stack])
	f.ids = append(f.ids, other.ids...)
	slices.SortStableFunc(f.ids, func(x, y seenID) int { return int(x.at - y.at) })
	f.ids = f.ids[max(0, len(f.ids)-maxIDs):]
	f.publishedAt, f.published = max(f.publishedAt, other.publishedAt), 0
	return nil
}

// mergeFirstDay adds the first days when they are the same day, else it takes the earlier
// account's.
func (f *Fingerprint) mergeFirstDay(other *Fingerprint) uint32 {
	switch {
	case f.seen == 0 || other.first <= f.first-day:
		return other.firstDay
	case f.first <= other.first-day:
		return f.firstDay
	default:
		return f.firstDay + other.firstDay
	}
}

func (f *Fingerprint) mergeDistincts(other *Fingerprint) error {
	for _, pair := range [...]struct{ to, from *distinct }{
		{&f.prompts, &other.prompts},
		{&f.sources, &other.sources},
		{&f.endUsers, &other.endUsers},
	} {
		if err := pair.to.merge(pair.from, f.opts.Precision); err != nil {
			return err
		}
	}
	return f.undertakings.merge(&other.undertakings, f.opts.Precision)
}

// mergeTables adds what ages: the one that was halved longer ago is brought to the other's footing
// first, on a copy.
func (f *Fingerprint) mergeTables(other *Fingerprint) {
	o := Fingerprint{
		opts: f.opts, turns: slices.Clone(other.turns), system: slices.Clone(other.system),
		layouts: slices.Clone(other.layouts), models: slices.Clone(other.models),
		hours: other.hours, gaps: other.gaps, agedAt: other.agedAt, aged: other.aged,
		agedText: other.agedText, habits: other.habits.clone(),
	}
	for i := range o.values {
		o.values[i] = slices.Clone(other.values[i])
	}
	f.age(f.last)
	o.age(f.last)
	f.agedAt = max(f.agedAt, o.agedAt)
	f.aged += o.aged
	f.agedText += o.agedText
	f.turns.merge(o.turns, turnTable)
	f.system.merge(o.system, systemTable)
	f.layouts.merge(o.layouts, layoutTable)
	f.door.merge(&other.door, shingleMarks)
	for i := range f.values {
		mergeValues(&f.values[i], o.values[i])
	}
	mergeModels(&f.models, o.models)
	f.habits = f.habits.merge(o.habits)
	for i, n := range o.hours {
		f.hours[i] += n
	}
	for i, n := range o.gaps {
		f.gaps[i] += n
	}
}
