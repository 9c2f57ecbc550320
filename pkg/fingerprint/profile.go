package fingerprint

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// Counted is a hash with the number of requests that carried it.
type Counted struct {
	Hash  uint64
	Count uint32
}

// Label is the readable form of an attribute's value.
type Label struct {
	Attribute attribute.Attribute
	Hash      uint64
	Text      string
}

// ModelUse is how an account uses a model; First is in Unix milliseconds.
type ModelUse struct {
	Hash  uint64
	Count uint32
	First int64
}

// Sizes of a profile's bounded lists.
const (
	MaxTemplate   = 64
	MaxLayouts    = 8
	MaxValues     = 4
	MaxModels     = 8
	MaxConversing = 32
	// GapBuckets is the number of log2 inter-arrival buckets: bucket i counts gaps in [2^i,
	// 2^(i+1)) seconds, the first everything under 2 s, the last everything from 2^15 s.
	GapBuckets = 16
	// Slots10m is how many 10-minute slots of activity are kept (two days), SlotsHour how many
	// 1-hour slots (14 days).
	Slots10m  = 288
	SlotsHour = 336
)

// Profile is the snapshot of a fingerprint that correlate reads. Counts cover the fingerprint's
// whole horizon unless they say otherwise; times are Unix milliseconds of event time. Lists are
// sorted by count descending, then hash.
type Profile struct {
	Tenant, Account, Org string
	Verified             bool
	CreatedAt            int64
	FirstSeen, LastSeen  int64
	// Time is the event time at which the snapshot was taken.
	Time int64

	Requests, Requests24h uint32
	// FirstDayRequests counts the requests in the first 24 hours after FirstSeen: an account
	// without a ramp has most of its pace here.
	FirstDayRequests uint32
	// ActiveDays is the number of UTC days with a request.
	ActiveDays uint16

	// WithText counts requests that had text (or a sketch); shares of text features are over it.
	WithText uint32
	// Known counts of requests with a reported figure, and the sums over them.
	WithInput, WithOutput, WithReasoning       uint32
	InputTokens, OutputTokens, ReasoningTokens uint64
	WithMessages, SingleTurn                   uint32
	// Refused counts the refused requests, RefusedEarly those among the first RefusalProbe
	// requests.
	Refused, RefusedEarly uint32
	// Batch counts the requests declared as part of a batch.
	Batch uint32
	// PromptTokens is the size of the prompts' text as the sketcher counts it. No detector reads it
	// yet, nor Hours and Gaps: they are kept to compare the habits of accounts with.
	PromptTokens uint64
	Intents      [8]uint32

	// Estimates of distinct values (HyperLogLog).
	Prompts, Sources, EndUsers uint32
	// PromptHLL is the axiomhq/hyperloglog sketch of the exact prompts, for unions.
	PromptHLL []byte

	// Template holds the shingles that recur in the account's prompts, and of an account that has
	// sent little those that it wrote once (Shows, Recurs); Layouts the line structures that recur.
	Template []Counted
	Layouts  []Counted
	// TemplateRequests counts the requests that carried at least one shingle already in the prompt
	// template: the slice that harvests; the sums and counts beside it are over this slice only.
	TemplateRequests   uint32
	TemplateSingleTurn uint32
	TemplateOutput     uint64
	// TemplateIntents stay behind TemplateRequests for a horizon after an upgrade from a release
	// that did not count them.
	TemplateIntents [8]uint32

	// Values holds, for each attribute that comes with requests, the commonest values.
	Values [attribute.NumKept][]Counted
	Labels []Label
	Models []ModelUse

	// Hours counts requests by UTC hour of day, Gaps inter-arrival times.
	Hours [24]uint32
	Gaps  [GapBuckets]uint32
	// Active10m and ActiveHour are bitmaps of slots with a request. Bit i of Active10m is slot
	// (Slot10m - i), where Slot10m = LastSeen / 10 min; likewise ActiveHour with hours. Bit 0 is
	// the newest.
	Active10m  [(Slots10m + 63) / 64]uint64
	ActiveHour [(SlotsHour + 63) / 64]uint64

	// Served are the newest conversation hashes that the account was served (Continuation),
	// Rejected those whose request was rejected (401, 403, 429, 529, blocked), Unserved the
	// prefixes of conversations that the account continued without ever having been served their
	// earlier turns.
	Served, Rejected, Unserved []uint64
	// ContinuedUnserved counts requests that continued a conversation never served to the account,
	// out of Continued.
	ContinuedUnserved, Continued uint32
	// RelayRequests counts the requests that carried a relay's constants.
	RelayRequests uint32

	// Unreadable counts the account's records that could not be read: they are no requests, and in
	// no other figure. UnreadableAt is the time of the newest, which may be later than LastSeen.
	Unreadable   uint32
	UnreadableAt int64
	// Unreadable24h counts those in the 24 hours up to the account's newest record, read or not,
	// and Read24h the requests in the same hours. UnreadableSince is the end of the ten minutes
	// since whose beginning the newer half of Unreadable24h came, 0 when there are none.
	Unreadable24h, Read24h uint32
	UnreadableSince        int64

	// Habits is what the account asks about and how much; Unpack reads it.
	Habits PackedHabits
	// Minted are the hashes of the newest reasoning blocks that the account was given, Foreign
	// those of the newest that it presented though it was not given them; newest first, at most
	// MaxCarried each. A block that was given before it was kept track of is foreign: only one that
	// was minted for another account tells something.
	Minted, Foreign []uint64
	// ToolSets says in how many conversations the account offered tools, and how many different
	// lists of them; Workspaces in how many a coding agent told its working directory, and how many
	// different ones.
	ToolSets, Workspaces Variety
	// Items are the smallest hashes of the account's prompts, ascending: those below the smallest
	// of some accounts' last ones are all the prompts with such hashes that they sent.
	Items []uint64
	// Networks are the networks of the last days up to LastSeen.
	Networks NetworkDays
	// PackedLeads are some of the account's requests and its client as they were sent; Leads reads
	// them.
	PackedLeads PackedLeads
}

// Contract is the contract that the account is under, 0 when there is none that counts: whoever
// keeps the accounts says that it is real by marking the account as verified.
func (p *Profile) Contract() uint64 {
	if !p.Verified {
		return 0
	}
	return p.Value(attribute.Contract)
}

// Day is a day in milliseconds.
const Day = 86_400_000

// Value returns the account's value of an attribute, 0 when unknown. An account with several values
// shows the one that most of its requests carried.
func (p *Profile) Value(a attribute.Attribute) uint64 {
	if a < attribute.NumKept {
		if values := p.Values[a]; len(values) > 0 {
			return values[0].Hash
		}
		return 0
	}
	t := a.Spec().Day(p.CreatedAt, p.FirstSeen)
	if t <= 0 {
		return 0
	}
	return uint64(t/Day) + 1
}
