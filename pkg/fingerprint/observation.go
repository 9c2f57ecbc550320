package fingerprint

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/sketch"
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

	// Values holds the keyed hash of every attribute, 0 when unknown.
	Values [attribute.NumKept]uint64
	// Labels are short readable forms of the values that are no secret, for explanations; empty for
	// the others. At most MaxLabel bytes each.
	Labels [attribute.NumKept]string

	// Source is the hash of the full source address, EndUser of the end user's id; 0 unknown.
	Source, EndUser uint64

	InputTokens, OutputTokens, ReasoningTokens int64
	// Messages is the number of messages in the conversation, -1 unknown.
	Messages int32
	Status   Status
	// Refused says that the model or the gateway refused the content (finish reason or status).
	Refused bool
	// Truncated says that the answer ended at a limit of tokens.
	Truncated bool
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

	// Minted are the keyed hashes of the ids of reasoning blocks in the answer, Presented those in
	// the request, at most MaxReasoning of each.
	Minted, Presented []uint64

	// ToolSet is the keyed hash of the tools that the request offers, in whatever order; 0 unknown.
	ToolSet uint64

	// RequestID is the event's id as the gateway sent it (AppendRequestID), Client the client as it
	// was sent (AppendClient, beside the label of the client stack); empty when unknown. No
	// detector reads them: they are for whoever follows a finding.
	RequestID, Client []byte
}

// MaxReasoning bounds the reasoning blocks of one request that are looked at, each way.
const MaxReasoning = 8

// MaxLabel bounds a label in bytes.
const MaxLabel = 96
