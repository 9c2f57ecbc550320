package campaign

import (
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// Explanation says why something is a finding, or why an account stands as it does, and what would
// have to differ. Its JSON form is documented in docs/explain.md. Times are Unix milliseconds of
// event time, figures called bits are bits.
type Explanation struct {
	// Schema is the version of the form.
	Schema string `json:"schema"`
	// About says what it is about, ID is what was asked for.
	About  About  `json:"about"`
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	// AsOf is the time that it is as of, Accounts how many accounts live then.
	AsOf     int64 `json:"as_of"`
	Accounts int   `json:"accounts"`
	// Measured says that all was measured anew; else NotMeasured says why not, and only what is
	// stored is told.
	Measured    bool   `json:"measured"`
	NotMeasured string `json:"not_measured,omitempty"`

	Group   *ExplainedGroup   `json:"group,omitempty"`
	Account *ExplainedAccount `json:"account,omitempty"`
}

// About is what an explanation is about.
type About string

// What explanations are about.
const (
	AboutFinding  About = "finding"
	AboutCampaign About = "campaign"
	AboutAccount  About = "account"
)

// explanationSchema changes when a field changes its meaning.
const explanationSchema = "1"

// ExplainedGroup explains a finding.
type ExplainedGroup struct {
	// State is the finding as its last record said.
	State FindingState `json:"finding"`
	// Strongest is the strongest measurement, which the finding keeps; Now what its accounts show
	// now.
	Strongest Axes  `json:"strongest"`
	Now       *Axes `json:"now,omitempty"`
	// Holds says that what they show now makes a finding, Rules by which rules and how far from
	// each, the nearest first. A tripwire has none: Tripwire says what it asks for.
	Holds    bool        `json:"holds"`
	Rules    []RuleState `json:"rules,omitempty"`
	Tripwire string      `json:"tripwire_asks,omitempty"`
	// Evidence lists the detectors by axis, strongest first; Blind are those that had nothing to
	// judge by.
	Evidence []ExplainedEvidence `json:"evidence"`
	Blind    []string            `json:"blind,omitempty"`
	// Readings are the honest readings, the nearest first.
	Readings []ExplainedReading `json:"readings,omitempty"`
	Timeline []Point            `json:"timeline"`
	// Members are all accounts ever named, Unnamed counts those that are likely members and have
	// shown too little to be named.
	Members []ExplainedMember `json:"members"`
	Unnamed int               `json:"unnamed"`
	Similar []SimilarCampaign `json:"similar"`
	// Against says in sentences what speaks against it.
	Against  []string           `json:"against"`
	Verdicts []ExplainedVerdict `json:"verdicts"`
	Differs  *Differs           `json:"differs,omitempty"`
}

// FindingState is a finding in brief.
type FindingState struct {
	UID         string   `json:"uid"`
	Campaign    string   `json:"campaign"`
	Kind        Kind     `json:"kind"`
	Title       string   `json:"title"`
	Summary     string   `json:"summary"`
	NextStep    string   `json:"next_step"`
	Severity    Severity `json:"severity_id"`
	Confidence  int      `json:"confidence"`
	Closed      bool     `json:"closed"`
	CloseReason string   `json:"close_reason,omitempty"`
	Muted       bool     `json:"muted"`
	Shadow      bool     `json:"shadow,omitempty"`
	Opened      int64    `json:"opened"`
	Modified    int64    `json:"modified"`
	FirstSeen   int64    `json:"first_seen"`
	LastSeen    int64    `json:"last_seen"`
	Sequence    int      `json:"sequence"`
	Members     int      `json:"members"`
	Requests    int64    `json:"requests"`
	Related     []string `json:"related,omitempty"`
	// WeakSince is since when it measures so far below the thresholds that it will be withdrawn.
	WeakSince int64 `json:"weak_since,omitempty"`
	// Past says that an earlier finding of the campaign was asked for.
	Past bool `json:"past,omitempty"`
}

// Axes are the two totals, in bits.
type Axes struct {
	Coordination float64 `json:"coordination_bits"`
	Harvest      float64 `json:"harvest_bits"`
}

// RuleState is how a group stands to a rule.
type RuleState struct {
	Name string `json:"name"`
	// Option is the key under correlate of its threshold, Threshold its value.
	Option    string  `json:"option"`
	Threshold float64 `json:"threshold"`
	Asks      string  `json:"asks"`
	Holds     bool    `json:"holds"`
	// Excess is by how many bits the threshold could be raised until it no longer holds; it is
	// there when it holds.
	Excess     float64          `json:"excess_bits,omitempty"`
	Conditions []ConditionState `json:"conditions"`

	// margin orders rules by how near they are.
	margin float64
}

// ConditionState is one of the things that a rule asks for; Has and Needs are bits, but for counts.
type ConditionState struct {
	What  string  `json:"what"`
	Has   float64 `json:"has"`
	Needs float64 `json:"needs"`
	Count bool    `json:"count,omitempty"`
	Met   bool    `json:"met"`
}

// ExplainedEvidence is what one detector says.
type ExplainedEvidence struct {
	Detector string           `json:"detector"`
	Axis     string           `json:"axis"`
	Family   detectors.Family `json:"family,omitempty"`
	Bits     float64          `json:"bits"`
	Observed string           `json:"observed"`
	Expected string           `json:"expected"`
	Note     string           `json:"note,omitempty"`
	// Counted is what of the bits is in the axis's total, Counts says why it is not all of them.
	// Without is what would be without the detector. Both are there when it was measured now.
	Counted *float64 `json:"counted_bits,omitempty"`
	Counts  string   `json:"counts,omitempty"`
	Without *Outcome `json:"without,omitempty"`
}

// Outcome is what the group would be if something differed.
type Outcome struct {
	Axes

	// Finding says that it would still be a finding, Severity of which severity. Excess is by how
	// many bits beyond its nearest rule, Misses what it would lack.
	Finding  bool             `json:"finding"`
	Severity Severity         `json:"severity_id,omitempty"`
	Rule     string           `json:"rule"`
	Excess   float64          `json:"excess_bits,omitempty"`
	Misses   []ConditionState `json:"misses,omitempty"`
}

// ExplainedReading is an honest reading of the group. Leaves is the coordination that it does not
// explain, its Price included.
type ExplainedReading struct {
	Name     string   `json:"name"`
	Price    float64  `json:"price_bits"`
	Leaves   float64  `json:"leaves_bits"`
	Applies  bool     `json:"applies"`
	Explains []string `json:"explains"`
}

// ExplainedMember is an account that was named.
type ExplainedMember struct {
	Account string `json:"account"`
	Org     string `json:"org,omitempty"`
	// Named is when; Live says that it still sends.
	Named    int64  `json:"named"`
	Live     bool   `json:"live"`
	Requests uint32 `json:"requests,omitempty"`
	// Agreement is the share of the group's signal families on which it agrees, Families which.
	Agreement float64            `json:"agreement,omitempty"`
	Families  []detectors.Family `json:"families,omitempty"`
	// LogOdds are those that it is a member.
	LogOdds   float64 `json:"log_odds,omitempty"`
	Stack     string  `json:"client,omitempty"`
	FirstSeen int64   `json:"first_seen,omitempty"`
	LastSeen  int64   `json:"last_seen,omitempty"`
}

// SimilarCampaign is another campaign that is like it. Share is how much of what this one shares it
// shows, 0..1.
type SimilarCampaign struct {
	FindingBrief

	Share float64 `json:"share"`
	// InCommon counts the accounts that both have named.
	InCommon int `json:"accounts_in_common"`
}

// FindingBrief names a finding and says how it stands.
type FindingBrief struct {
	UID         string   `json:"uid"`
	Campaign    string   `json:"campaign"`
	Title       string   `json:"title"`
	Severity    Severity `json:"severity_id"`
	Closed      bool     `json:"closed"`
	CloseReason string   `json:"close_reason,omitempty"`
	Opened      int64    `json:"opened"`
	LastSeen    int64    `json:"last_seen"`
	Members     int      `json:"members"`
}

// ExplainedVerdict is an analyst's verdict that is held.
type ExplainedVerdict struct {
	ID      string        `json:"id"`
	Action  review.Action `json:"action"`
	Author  string        `json:"author"`
	Reason  string        `json:"reason"`
	Given   int64         `json:"given"`
	Expires int64         `json:"expires,omitempty"`
	Ended   int64         `json:"ended,omitempty"`
	// InForce says that it has not ended; Counts that it is the one that counts here.
	InForce bool `json:"in_force"`
	Counts  bool `json:"counts"`
	// Covers is the share of the live members that its scope covers.
	Covers float64      `json:"covers"`
	Scope  review.Scope `json:"scope"`
}

// Differs says what would have to differ for a finding to be none.
type Differs struct {
	// Deciding are the detectors without each of which it would be no finding.
	Deciding []string `json:"deciding"`
	// Fewest is the smallest set of detectors without which it would be no finding; nil when it is
	// none now, or when no set is enough.
	Fewest *Fewest `json:"fewest,omitempty"`
	// Coordination and Harvest are how many bits of the axis could go, all else being equal, until
	// it is no finding; nil where the axis does not decide.
	Coordination *float64 `json:"coordination_bits,omitempty"`
	Harvest      *float64 `json:"harvest_bits,omitempty"`
	// LeastAccounts is how many accounts, those of one customer once, would be enough with the same
	// figures; 0 where their number does not decide.
	LeastAccounts int    `json:"least_accounts,omitempty"`
	Facts         []Fact `json:"facts"`
	// Says says all of it in sentences.
	Says []string `json:"says"`
}

// Fewest is a set of detectors without which there would be no finding, although there would be one
// without any part of it. Exact says that no set is smaller.
type Fewest struct {
	Detectors []string `json:"detectors"`
	Exact     bool     `json:"exact"`
	Outcome   Outcome  `json:"outcome"`
}

// Fact is something that may be true of the group, and what it would be then.
type Fact struct {
	If      string  `json:"if"`
	Outcome Outcome `json:"outcome"`
	Says    string  `json:"says"`
}

// ExplainedAccount explains how an account stands.
type ExplainedAccount struct {
	Account string `json:"account"`
	Org     string `json:"org,omitempty"`
	Live    bool   `json:"live"`
	// Vouched says that the provider vouches for the organisation or the contract that it is of,
	// Customer counts the live accounts of this customer.
	Vouched     bool   `json:"vouched"`
	Customer    int    `json:"customer_accounts,omitempty"`
	FirstSeen   int64  `json:"first_seen,omitempty"`
	LastSeen    int64  `json:"last_seen,omitempty"`
	Requests    uint32 `json:"requests,omitempty"`
	Requests24h uint32 `json:"requests_24h,omitempty"`
	Output      uint64 `json:"output_tokens,omitempty"`
	Stack       string `json:"client,omitempty"`

	// Status is its standing on the accounts topic, empty where no finding has named it.
	Status AccountStatus `json:"status,omitempty"`
	// Alone is what it shows by itself.
	Alone *AloneState `json:"alone,omitempty"`
	// Groups are the findings that name it or have named it, and the open ones that it is nearest
	// to.
	Groups   []AccountInGroup   `json:"groups"`
	Verdicts []ExplainedVerdict `json:"verdicts"`
	// Says says in sentences why it stands as it does.
	Says []string `json:"says"`
}

// AloneState is how near an account is to a finding of its own.
type AloneState struct {
	Harvest       float64 `json:"harvest_bits"`
	NeedsHarvest  float64 `json:"needs_harvest_bits"`
	Requests      uint32  `json:"requests_24h"`
	NeedsRequests uint32  `json:"needs_requests_24h"`
	Finding       bool    `json:"finding"`
}

// AccountInGroup is how an account stands to a group.
type AccountInGroup struct {
	FindingBrief

	// Member says that the finding names it, Named since when; Unnamed that it is a likely member
	// that has shown too little to be named.
	Member  bool  `json:"member"`
	Named   int64 `json:"named,omitempty"`
	Unnamed bool  `json:"unnamed,omitempty"`
	// Fit is how it fits the group; nil where membership does not go by that.
	Fit *FitState `json:"fit,omitempty"`
	// Says says in sentences why it is a member or not.
	Says []string `json:"says"`
}

// FitState is how an account fits a group, in bits but for the counts.
type FitState struct {
	// LogOdds are those that it is a member: Bits less Prior, by how much it is less likely
	// beforehand. Needs is from how many bits on it is named, Stays from how many it stays named.
	LogOdds float64 `json:"log_odds"`
	Bits    float64 `json:"bits"`
	Prior   float64 `json:"prior_bits"`
	Needs   float64 `json:"needs_bits"`
	Stays   float64 `json:"stays_bits"`
	// Causes counts those on which it agrees. Alone says that its text speaks alone.
	Causes      int  `json:"causes"`
	NeedsCauses int  `json:"needs_causes"`
	Alone       bool `json:"text_speaks_alone"`
	// Families is what each signal family says, Behaviour what its use of the service does.
	Families  []FamilyBits  `json:"families"`
	Behaviour float64       `json:"behaviour_bits"`
	Linked    bool          `json:"conversation_with_a_member"`
	Shared    []SharedState `json:"shared"`
	// Phrases is how many of the Of sampled phrases of the group's text recur in its prompts, Text
	// the share of the text that they are.
	Phrases int     `json:"phrases"`
	Of      int     `json:"of_phrases"`
	Text    float64 `json:"text_share"`
	// Layout is in how many of its requests it writes in the members' layout.
	HasLayout bool   `json:"group_has_layout"`
	Layout    uint32 `json:"layout_requests"`
}

// FamilyBits is what a signal family says of an account.
type FamilyBits struct {
	Family detectors.Family `json:"family"`
	Bits   float64          `json:"bits"`
}

// SharedState is an attribute of the group as the account shows it: the readable form of its value,
// where there is one, and the shares of members and of others that show the same.
type SharedState struct {
	Attribute string           `json:"attribute"`
	Family    detectors.Family `json:"family"`
	Value     string           `json:"value,omitempty"`
	Reported  bool             `json:"reported"`
	Members   float64          `json:"members"`
	Others    float64          `json:"others"`
	Bits      float64          `json:"bits"`
}
