// Package attribute lists the attributes: the values that accounts can share, such as a payment
// instrument, a client stack or a sign-up day. One table (table.go) says everything that the other
// packages need to know of each: how its value is read of an event, which signal family it belongs
// to, whether accounts are found, refined, recognised and watched for by it.
//
// The package knows no account and no group: what is kept of values is in pkg/fingerprint, how
// common they are in pkg/baseline.
package attribute

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Attribute is a value that accounts can share.
type Attribute uint8

// The attributes that come with requests. Their values are keyed 64-bit hashes, 0 is unknown, and
// an account's commonest ones are kept in its profile. The number of such an attribute is a part of
// its hashes and of the encodings of pkg/fingerprint: it never changes, and a new one goes before
// NumKept.
const (
	// Payment is the instrument, Issuer the bank that issued it.
	Payment Attribute = iota
	Issuer
	// Device is the client-reported device id.
	Device
	// Stack is the client software: user agent and TLS fingerprint.
	Stack
	// Params is the tuple of request parameters: temperature, top_p, n, max_tokens, stream, effort,
	// response format.
	Params
	// Tools is the list of tool names.
	Tools
	// Network is the /24 or /48 of the source address; ASN its autonomous system.
	Network
	ASN
	// Domain is the e-mail domain.
	Domain
	// Model is the requested model.
	Model
	// Seed is the seed of the model's sampling that a request asks for.
	Seed
	// Contract is the contract that the account is under, Purpose what the customer declared to use
	// the model for (Purposes). Both come of the provider's own records.
	Contract
	Purpose

	// NumKept is how many attributes come with requests.
	NumKept
)

// The attributes of an account itself are days: their values are numbers of days, not hashes.
const (
	// SignupDay is the UTC day on which the account was created.
	SignupDay = NumKept + iota
	// FirstDay is the UTC day of the first request seen.
	FirstDay

	// Num is how many attributes there are.
	Num
)

// Spec is what the table says of an attribute.
type Spec struct {
	// Name is the attribute's name in findings and metrics.
	Name string
	// Family is the signal family that agreement on it counts for; empty when agreement on it alone
	// is no evidence.
	Family Family
	// Fields are the fields of the event that its value is made of, for the documentation.
	Fields string
	// Read appends the value's text in the form that is hashed; nothing when it is unknown. It is
	// nil for days.
	Read func(b []byte, ev *event.Event) []byte
	// Day picks the time that the value is the day of, in Unix milliseconds; nil for all others.
	Day func(createdAt, firstSeen int64) int64
	// Readable says that the text is no secret: profiles keep it beside the hash, as a label.
	Readable bool
	// Posting is the kind of the postings that list the accounts of each value (see
	// pkg/campaign/index), 0 when none does. Every attribute that refines or belongs to the model
	// has one.
	Posting uint8
	// AllValues says that an account is listed for all values of its profile, not just the
	// commonest.
	AllValues bool
	// Group is what a group of accounts found by its posting is called; empty when no groups are
	// looked for by it.
	Group string
	// Refines says that groups are narrowed down by it.
	Refines bool
	// Recognises says that it belongs to the membership model: it tells members from others.
	Recognises bool
	// Watch lists under which STIX paths it may be watched for.
	Watch []Path
	// State is its number in the saved state of campaigns. It never changes.
	State uint8
}

// Path is a STIX path with the part of the attribute's text that it is compared with.
type Path struct {
	STIX string
	Part Part
}

// Part is a part of an attribute's text.
type Part uint8

// The parts.
const (
	Whole Part = iota
	// UserAgent and JA4 are the two parts of a client stack.
	UserAgent
	JA4
)

// Account is the type of the observable that Stillwatch adds to STIX's, for what STIX has no words
// for.
const Account = "x-stillwatch-account"

// Spec is the attribute's row of the table.
func (a Attribute) Spec() *Spec { return &table[a] }

// String is the attribute's name in findings and metrics.
func (a Attribute) String() string {
	if a >= Num {
		return "unknown"
	}
	return table[a].Name
}

// Family is the attribute's signal family.
func (a Attribute) Family() Family { return table[a].Family }

// MarshalJSON writes the number by which saved state knows the attribute.
func (a Attribute) MarshalJSON() ([]byte, error) {
	if a >= Num {
		return nil, fmt.Errorf("attribute: there is no attribute %d", a)
	}
	return json.Marshal(table[a].State)
}

// UnmarshalJSON reads that number. Num comes of one that this version does not know.
func (a *Attribute) UnmarshalJSON(b []byte) error {
	var n uint8
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("attribute: %w", err)
	}
	*a = Attribute(slices.IndexFunc(table[:], func(s Spec) bool { return s.State == n }))
	*a = min(*a, Num)
	return nil
}

// Where lists the attributes whose Spec passes the test, in order.
func Where(passes func(s *Spec) bool) (out []Attribute) {
	for a := range Num {
		if passes(&table[a]) {
			out = append(out, a)
		}
	}
	return out
}
