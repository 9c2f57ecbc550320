// Package event holds the canonical gateway event: one LLM request as an API gateway saw it, in the
// schema of docs/event.md (schema "1"). It is the first floor of the domain: it does no I/O and
// knows no gateway.
//
// Absent is not zero. A number or flag that the gateway did not report has Known == false, a string
// that it did not report is empty, and a detector that needs it says so instead of guessing.
package event

// Int is an integer that may be absent.
type Int struct {
	V     int64
	Known bool
}

// Float is a number that may be absent.
type Float struct {
	V     float64
	Known bool
}

// Bool is a flag that may be absent.
type Bool struct {
	V     bool
	Known bool
}

// Event is one gateway request.
//
// Strings may alias the record they were decoded from or the decoder's scratch memory: they are
// valid until the decoder is used again. Who keeps one longer clones it.
type Event struct {
	// ID is unique per upstream call: the duplicate key. Required.
	ID string
	// Time is the start of the request in Unix milliseconds. Required.
	Time int64
	// BadTime is what a time looked like that was there but could not be read: its Shape. Time is 0
	// then, and the event not valid.
	BadTime string
	// Tenant is the isolation boundary: nothing is ever compared across tenants. Empty means
	// "default".
	Tenant string

	Source   Source
	Account  Account
	Client   Client
	Request  Request
	Usage    Usage
	Response Response
	Content  Content
	// Sketch is what a gateway that may not ship text sends instead of Content; nil when absent.
	Sketch *Sketch
}

// Source says which gateway reported the event.
type Source struct{ Gateway, Instance string }

// Account is who asked. At least one of ID, OrgID, KeyHash, UserID or Client.IP must be there.
type Account struct {
	ID, OrgID, TeamID, UserID, EndUserID, KeyHash string
	// CreatedAt is the sign-up in Unix milliseconds, 0 when unknown.
	CreatedAt int64
	Plan      string
	// PaymentFP and PaymentIssuer are keyed fingerprints of the instrument and of its issuer, never
	// the number.
	PaymentFP, PaymentIssuer string
	EmailDomain              string
	Verified                 Bool
	// Contract is the id of the contract that the account is under, Purpose what the customer
	// declared to use the model for. Both are of the provider's own records, never of the caller.
	Contract, Purpose string
}

// Client is where the request came from.
type Client struct {
	IP                                  string
	ASN                                 Int
	ASOrg, Country, UserAgent, JA4, JA3 string
	DeviceID                            string
}

// Request is what was asked for, without its text.
type Request struct {
	Operation, Model, SessionID     string
	Stream                          Bool
	Temperature, TopP               Float
	N, MaxTokens, Seed              Int
	Logprobs                        Bool
	ReasoningEffort, ResponseFormat string
	Tools                           []string
	ToolChoice                      string
	MessageCount                    Int
}

// UnknownModel stands for a model whose name the caller chose and nobody can read.
const UnknownModel = "unknown"

// Usage is in tokens. Input includes cache reads and writes, Output includes reasoning.
type Usage struct {
	Input, Output, Reasoning, CacheRead, CacheWrite Int
	CostUSD                                         Float
}

// Response is how the request ended.
type Response struct {
	HTTPStatus Int
	// Status is one of the Status constants, or empty when unknown.
	Status        string
	ErrorType     string
	FinishReasons []string
	LatencyMS     Float
	TTFTMS        Float
}

// The values of Response.Status.
const (
	StatusOK          = "ok"
	StatusError       = "error"
	StatusBlocked     = "blocked"
	StatusRateLimited = "rate_limited"
)

// Message is one turn of the conversation as the API received it.
type Message struct{ Role, Text string }

// Content is the text of the request. It enters memory once, to be sketched; it is never stored,
// logged or forwarded.
type Content struct {
	System string
	// Input is the conversation, oldest first.
	Input             []Message
	Output, Reasoning string
	// ReasoningIn are the ids of the reasoning blocks that the request presents, oldest first;
	// ReasoningOut those of the blocks in the answer. See AddReasoningID.
	ReasoningIn, ReasoningOut []string
}

// reset empties the content and keeps the memory of its lists.
func (c *Content) reset() {
	*c = Content{
		Input: c.Input[:0], ReasoningIn: c.ReasoningIn[:0], ReasoningOut: c.ReasoningOut[:0],
	}
}

// Turns is the number of turns of the conversation: system and developer messages are none.
func (c *Content) Turns() int {
	n := 0
	for i := range c.Input {
		if !c.Input[i].IsInstruction() {
			n++
		}
	}
	return n
}

// IsInstruction tells whether a message is the application's own and no turn of the conversation.
func (m *Message) IsInstruction() bool { return m.Role == "system" || m.Role == "developer" }

// Present tells whether the gateway sent any text at all.
func (c *Content) Present() bool { return c.System != "" || len(c.Input) > 0 }

// Sketch is the wire form of a sketch computed by the gateway: hashes in hexadecimal.
type Sketch struct {
	Version int64
	// Check tells the secret and the options apart that the hashes were made with; empty when the
	// gateway does not say.
	Check                             string
	Exact, Layout, Prefix, Continuing string
	Shingles, System                  []string
	Intents                           []Intent
	// Subject is what the new turn is about: 32 numbers of one byte each, in hexadecimal digits.
	Subject string
	// Workspace is the hash of the working directory that a coding agent tells its model.
	Workspace string
	// Tokens is the number of words and characters of the new turn.
	Tokens int64
	// Relay says that the first user turn begins with the marker of known relay software.
	Relay bool
}

// Intent is one named intent with how often it was seen in the text.
type Intent struct {
	Name  string
	Count int64
}
