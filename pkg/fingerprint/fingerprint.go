// Package fingerprint holds what is kept of an account: its sliding-window Fingerprint, the
// Observations that feed it and the Profile that is read off it. It is pure: time comes with the
// events, and the same events give the same bytes.
//
// Everything is bounded whatever is sent: counters in a ring of panes, sketches of fixed size,
// tables with a capacity. Windows are counted from the account's newest event.
package fingerprint

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

const (
	// turnShingles and systemShingles are how many of a request's shingles, the smallest hashes
	// first, are looked at: of a system prompt fewer, for it comes whole every time. The smallest
	// hashes are the same ones in every account.
	turnShingles   = 64
	systemShingles = 16
	// turnTable and systemTable are the capacities of the two tables. They are apart so that a long
	// system prompt can't push a template out.
	turnTable   = 96
	systemTable = 64
	// layoutTable is the capacity of the table of line structures.
	layoutTable = 16
	// certain is the number of sightings from which a shingle counts as part of the prompt
	// template.
	certain = 2
	// RefusalProbe is how many of an account's first requests count as early for
	// Profile.RefusedEarly.
	RefusalProbe = 20
	// maxIDs is the number of event ids remembered.
	maxIDs = 64
	// maxTokens bounds the tokens of one request, so that a nonsensical figure can't drown the
	// others.
	maxTokens = 1 << 32
	// maxTime is the latest time accepted, in Unix milliseconds: the year 2200.
	maxTime = 7_258_118_400_000
	// maxText bounds tenant, account and organisation, in bytes.
	maxText = 512
)

// Outcome tells what became of an observation.
type Outcome uint8

// The outcomes.
const (
	// OutcomeCounted observations changed the fingerprint.
	OutcomeCounted Outcome = iota
	// OutcomeDuplicate observations carry an event id seen within the window.
	OutcomeDuplicate
	// OutcomeLate observations are older than the account's newest one by more than the allowed
	// lateness, or have no time at all.
	OutcomeLate
)

// Fingerprint is an account's sliding-window state. It is not safe for concurrent use, not even for
// reading.
type Fingerprint struct {
	opts *Options

	tenant, account, org string
	verified             bool
	createdAt            int64
	first, last          int64
	// seen counts all requests ever, firstDay those of the first 24 hours.
	seen         uint64
	firstDay     uint32
	refusedEarly uint32

	medium     panes
	days       []dayPane
	hours      [24]uint32
	gaps       [GapBuckets]uint32
	active10m  [(Slots10m + 63) / 64]uint64
	activeHour [(SlotsHour + 63) / 64]uint64
	networks   NetworkDays

	prompts, sources, endUsers distinct

	// door remembers shingles seen once; turns, system and prompt layouts count those that recur.
	// While an account has sent little, turns and system hold what it wrote once as well (Shows).
	door                   rotatingBloom
	turns, system, layouts table
	values                 [attribute.NumKept][]attributeValue
	models                 []modelUse
	// agedAt is when the tables were last halved; aged and agedText are the requests, and those
	// with text, on the same footing.
	agedAt         int64
	aged, agedText uint32

	conversations
	// habits is nil as long as there are none: most of what it holds is the same size for all.
	habits *habits
	reasoning
	undertakings undertakings
	ids          []seenID
	leads        leads

	unread unreadable

	// publishedAt is the value of last at the last profile, published that of seen.
	publishedAt int64
	published   uint64
	deadline    int64
}

// seenID is the hash of an event id with the event's time in seconds.
type seenID struct {
	id uint32
	at int64
}

// New returns an empty fingerprint. The options must be valid and must not change while it is in
// use.
func New(opts *Options) *Fingerprint { return &Fingerprint{opts: opts} }

// Observe counts an observation. It keeps no reference to it.
func (f *Fingerprint) Observe(o *Observation) Outcome {
	if o.Unreadable {
		return f.observeUnreadable(o)
	}
	switch {
	case o.Time <= 0 || o.Time > maxTime:
		return OutcomeLate
	case f.seen == 0:
		f.begin(o)
	case o.Time-f.last > f.opts.Horizon.Milliseconds():
		// Whatever was known is out of every window; what the store keeps longer by chance must not
		// matter.
		*f = Fingerprint{opts: f.opts, unread: f.unread}
		f.begin(o)
	case f.duplicate(o):
		return OutcomeDuplicate
	case f.last-o.Time > f.opts.AllowedLateness.Milliseconds():
		return OutcomeLate
	}
	day := f.pane(o.Time)
	if day == nil {
		return OutcomeLate
	}
	f.age(o.Time)
	f.identify(o)
	f.clock(o)
	f.figures(o, day)
	var texts smallest
	if o.HasText {
		texts = f.text(o, day)
	}
	f.distincts(o)
	f.countValues(o)
	f.lead(o, texts)
	if f.converse(o, day, f.opts.ConversationWindow.Milliseconds()) {
		f.undertakings.undertake(o, f.opts.Precision)
	}
	f.carry(o, f.opts.ConversationWindow.Milliseconds())
	f.remember(o)
	return OutcomeCounted
}

// begin starts the fingerprint at its first observation.
func (f *Fingerprint) begin(o *Observation) {
	f.tenant, f.account = bounded(o.Tenant), bounded(o.Account)
	f.first, f.last, f.agedAt = o.Time, o.Time, o.Time
}

func bounded(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

// identify takes over what the account is, from its newest event.
func (f *Fingerprint) identify(o *Observation) {
	if o.CreatedAt > 0 && o.CreatedAt <= maxTime && (f.createdAt == 0 || o.Time >= f.last) {
		f.createdAt = o.CreatedAt
	}
	if o.Org != f.org && o.Org != "" && (f.org == "" || o.Time >= f.last) {
		f.org = bounded(o.Org)
	}
	if o.Time >= f.last {
		f.verified = o.Verified
	}
}

// duplicate tells whether the event id was seen within the window.
func (f *Fingerprint) duplicate(o *Observation) bool {
	if o.ID == 0 {
		return false
	}
	id := uint32(o.ID ^ o.ID>>32)
	for i := range f.ids {
		if f.ids[i].id == id {
			return true
		}
	}
	return false
}

// remember keeps the event id and lets go of those beyond the window.
func (f *Fingerprint) remember(o *Observation) {
	window := int64(f.opts.DedupeWindow.Seconds())
	if o.ID != 0 && window > 0 {
		f.ids = append(f.ids, seenID{uint32(o.ID ^ o.ID>>32), o.Time / 1000})
	}
	old := max(0, len(f.ids)-maxIDs)
	for old < len(f.ids) && f.ids[old].at < f.last/1000-window {
		old++
	}
	if old > 0 {
		f.ids = append(f.ids[:0], f.ids[old:]...)
	}
}

// clock counts when the request came.
func (f *Fingerprint) clock(o *Observation) {
	t := o.Time
	if f.seen > 0 && t >= f.last {
		seconds := uint64(t-f.last) / 1000
		f.gaps[min(max(bits.Len64(seconds)-1, 0), GapBuckets-1)]++
	}
	f.hours[t/3_600_000%24]++
	f.medium.add(slotOf(t, f.opts.MediumPane), 1, int64(f.opts.MediumKeep/f.opts.MediumPane))
	mark(f.active10m[:], Slots10m, t/600_000, f.last/600_000)
	mark(f.activeHour[:], SlotsHour, t/3_600_000, f.last/3_600_000)
	f.networks.mark(o.network(), t/Day, f.last/Day)
	f.first, f.last = min(f.first, t), max(f.last, t)
	f.seen++
	f.aged++
	if t-f.first < day {
		f.firstDay++
	}
}

// figures counts what the request cost and whether it was refused.
func (f *Fingerprint) figures(o *Observation, t *totals) {
	t.bump(nRequests, 1)
	for _, x := range [...]struct {
		tokens   int64
		n, total int
	}{
		{o.InputTokens, nInput, sumInput},
		{o.OutputTokens, nOutput, sumOutput},
		{o.ReasoningTokens, nReasoning, sumReasoning},
	} {
		if x.tokens >= 0 {
			t.bump(x.n, 1)
			t.bump(x.total, uint64(min(x.tokens, maxTokens)))
		}
	}
	if o.Messages >= 0 {
		t.bump(nMessages, 1)
		if o.Messages <= 1 {
			t.bump(nSingle, 1)
		}
	}
	if o.Batch {
		t.bump(nBatch, 1)
	}
	if o.Refused {
		t.bump(nRefused, 1)
		if f.seen <= RefusalProbe {
			f.refusedEarly++
		}
	}
	if o.Sketch.Relay != 0 {
		t.bump(nRelay, 1)
	}
}

// text counts what the prompt shows, and returns its shingles that were part of the prompt template
// before.
func (f *Fingerprint) text(o *Observation, t *totals) smallest {
	sk := &o.Sketch
	t.bump(nText, 1)
	t.bump(sumPrompt, uint64(min(max(sk.Tokens, 0), maxTokens)))
	countIntents(sk.Intents, nIntents, t)
	if f.agedText++; f.agedText == fewPrompts {
		f.turns.dropOnce()
		f.system.dropOnce()
	}
	f.door.rotate(f.last, f.opts.DoorkeeperWindow.Milliseconds(), shingleMarks)
	texts := f.template(
		sk.Turn[:min(len(sk.Turn), turnShingles)], sk.System[:min(len(sk.System), systemShingles)],
	)
	// The smallest one names the template.
	name := texts[0]
	if name != 0 {
		t.bump(nTemplate, 1)
		if o.Messages >= 0 && o.Messages <= 1 {
			t.bump(nTemplateSingle, 1)
		}
		if o.OutputTokens > 0 {
			t.bump(sumTemplateOutput, uint64(min(o.OutputTokens, maxTokens)))
		}
		countIntents(sk.Intents, nTemplateIntents, t)
	}
	f.habit(o, f.use(o, name), f.opts.ConversationWindow.Milliseconds())
	if sk.Layout != 0 {
		if i, ok := f.layouts.find(sk.Layout); ok {
			f.layouts[i].count++
		} else if f.door.has(sk.Layout) {
			f.layouts.insert(sk.Layout, 2, layoutTable, f.seen)
		} else {
			f.door.add(sk.Layout)
		}
	}
	f.prompts.add(sk.Exact, f.opts.Precision)
	f.undertakings.sample(sk.Exact)
	return texts
}

// countIntents counts each intent in the figures from first on.
func countIntents(intents sketch.Intents, first int, t *totals) {
	for i := intents; i != 0; i &= i - 1 {
		if bit := bits.TrailingZeros16(uint16(i)); bit < numIntents {
			t.bump(first+bit, 1)
		}
	}
}

// template counts the shingles of a request, each once, and returns those that were part of the
// prompt template before. Both lists are ascending.
func (f *Fingerprint) template(turn, system []uint64) (known smallest) {
	count := func(h uint64, into *table, capacity int) {
		if f.shingle(h, into, capacity) {
			known.add(h)
		}
	}
	for i, h := range turn {
		if i == 0 || h != turn[i-1] {
			count(h, &f.turns, turnTable)
		}
	}
	for i, h := range system {
		if i > 0 && h == system[i-1] {
			continue
		}
		if _, ok := slices.BinarySearch(turn, h); !ok {
			count(h, &f.system, systemTable)
		}
	}
	return known
}

// shingle counts one shingle wherever it is known; when it is new but was seen before, it enters
// the given table with that second sighting, and with the first while it would be shown.
func (f *Fingerprint) shingle(h uint64, into *table, capacity int) (known bool) {
	for _, t := range [...]table{f.turns, f.system} {
		if i, ok := t.find(h); ok {
			t[i].count++
			return t[i].sure() > certain
		}
	}
	if f.door.has(h) {
		into.insert(h, 2, capacity, f.seen)
	} else {
		f.door.add(h)
		if f.showsOnce() {
			into.insertOnce(h, capacity)
		}
	}
	return false
}

// distincts counts distinct sources and end users.
func (f *Fingerprint) distincts(o *Observation) {
	p := f.opts.Precision
	f.sources.add(o.Source, p)
	f.endUsers.add(o.EndUser, p)
}

// attributeValues counts the attributes' values and the models.
func (f *Fingerprint) countValues(o *Observation) {
	for i, h := range o.Values {
		if h != 0 {
			countValue(&f.values[i], h, o.Labels[i])
		}
	}
	if h := o.Values[attribute.Model]; h != 0 {
		countModel(&f.models, h, o.Time)
	}
}

// age halves the weight of tables and histograms for every half-life that has passed. Windows of
// time are the panes' work; this is for what has no panes.
func (f *Fingerprint) age(now int64) {
	half := f.opts.HalfLife.Milliseconds()
	for now-f.agedAt >= half {
		f.agedAt += half
		f.aged /= 2
		f.agedText /= 2
		f.turns.halve()
		f.system.halve()
		f.layouts.halve()
		f.habits = f.habits.halve()
		for i := range f.values {
			halveValues(&f.values[i])
		}
		for i := range f.models {
			f.models[i].count = max(1, f.models[i].count/2)
		}
		for i := range f.hours {
			f.hours[i] /= 2
		}
		for i := range f.gaps {
			f.gaps[i] /= 2
		}
	}
}

// LastSeen is the time of the newest event, read or not, in Unix milliseconds, 0 when there is
// none.
func (f *Fingerprint) LastSeen() int64 { return max(f.last, f.unread.last) }

// Expired tells whether the account has been silent for the whole horizon at time now, in Unix
// milliseconds.
func (f *Fingerprint) Expired(now int64) bool {
	return now-f.LastSeen() > f.opts.Horizon.Milliseconds()
}

// Due tells when the account's next profile is due in the account's own time, in Unix milliseconds;
// ok is false when nothing has changed since the last one. A change by ProfileChange is worth a
// profile after ProfileInterval, a smaller one after ProfileDelay.
func (f *Fingerprint) Due() (at int64, ok bool) {
	published := f.published + f.unread.published
	switch fresh := f.seen + f.unread.seen - published; {
	case fresh == 0:
		return 0, false
	case f.publishedAt == 0:
		return f.LastSeen(), true
	case float64(fresh) >= f.opts.ProfileChange*float64(published):
		return f.publishedAt + f.opts.ProfileInterval.Milliseconds(), true
	default:
		return f.publishedAt + f.opts.ProfileDelay.Milliseconds(), true
	}
}

// Published notes that a profile was taken now, and clears the deadline.
func (f *Fingerprint) Published() {
	f.publishedAt, f.published, f.unread.published, f.deadline = f.LastSeen(), f.seen,
		f.unread.seen, 0
}

// SetDeadline notes the stream's time at which a profile is to be taken if the account stays silent
// until then. It is kept with the fingerprint, so that it outlives a restart. 0 is none; a time
// that no event can have is the latest one.
func (f *Fingerprint) SetDeadline(at int64) { f.deadline = max(0, min(at, maxTime)) }

// Deadline returns what SetDeadline noted.
func (f *Fingerprint) Deadline() int64 { return f.deadline }

// The longest encodings of a fingerprint and of its profile with DefaultOptions, in bytes, whatever
// was sent: the sum of what every list may hold. Half of it are identities and labels of full
// length, which ingest does not make; real ones take a quarter of it at most.
const (
	MaxBytes        = 48 << 10
	MaxProfileBytes = 16 << 10
)
