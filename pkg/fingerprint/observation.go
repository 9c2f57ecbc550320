package fingerprint

import "github.com/stillwatch/stillwatch/pkg/sketch"

// Facet names a value that accounts can share.
type Facet uint8

// The facets. Their values are keyed 64-bit hashes; 0 is unknown.
const (
	// Payment is the instrument, Issuer the bank that issued it.
	Payment Facet = iota
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

	// NumFacets is how many facets there are.
	NumFacets
)

// Status is how a request ended.
type Status uint8

// The statuses.
const (
	StatusUnknown Status = iota
	StatusOK
	StatusError
	StatusBlocked
	StatusRateLimited
)

// Position is where a record came from: the source partition (a keyed hash of topic and partition
// number), the offset in it and the index of the event in the record.
type Position struct {
	Partition uint64
	Offset    int64
	Index     int32
}

// Observation is an event without its text: what ingest hands to fingerprint. -1 marks an unknown
// count.
type Observation struct {
	Position Position
	// Time is the start of the request in Unix milliseconds.
	Time int64
	// ID is the hash of the event's id.
	ID uint64

	Tenant, Account string
	Org             string
	// Verified says that the organisation (or the account, when it has none) is verified by the
	// operator.
	Verified bool
	// CreatedAt is the sign-up in Unix milliseconds, 0 when unknown.
	CreatedAt int64

	Facets [NumFacets]uint64
	// Labels are short readable forms of facets that are no secret (Stack, Params, Tools, ASN,
	// Domain, Model, Network), for explanations; empty for the others. At most MaxLabel bytes each.
	Labels [NumFacets]string

	// Source is the hash of the full source address, EndUser of the end user's id; 0 unknown.
	Source, EndUser uint64

	InputTokens, OutputTokens, ReasoningTokens int64
	// Messages is the number of messages in the conversation, -1 unknown.
	Messages int32
	Status   Status
	// Refused says that the model or the gateway refused the content (finish reason or status).
	Refused bool
	// Batch says that the request was declared as one of a batch: its answer is waited for by no
	// one.
	Batch bool

	// Unreadable says that the record became a dead letter, and was no more than attributed to its
	// account: nothing but position, time, tenant and account means anything, and it counts as no
	// request.
	Unreadable bool

	Sketch sketch.Sketch
	// HasText says whether there was content or a sketch to work from.
	HasText bool
}

// MaxLabel bounds a label in bytes.
const MaxLabel = 96

// String is the facet's name in findings and metrics.
func (f Facet) String() string {
	names := [...]string{"payment", "issuer", "device", "client stack", "parameters", "tools", "network", "autonomous system", "e-mail domain", "model"}
	if int(f) < len(names) {
		return names[f]
	}
	return "unknown"
}
