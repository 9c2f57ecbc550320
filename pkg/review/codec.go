package review

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// schema is the version of the record; it changes when a field changes its meaning.
	schema = "1"
	// maxAccounts bounds the accounts of one verdict, so that a record stays below Kafka's default
	// of 1 MB with names of the longest kind (event.MaxIdentity) for all but the largest of lists.
	maxAccounts = 10_000
	// maxName is event.MaxIdentity, maxReason what an analyst may write, maxPhrases what a finding
	// shows of a template and more, in bytes and in number.
	maxName    = 256
	maxReason  = 2000
	maxClient  = 1024
	maxPhrases = 64
	// MaxRecord bounds a record in bytes: Kafka's default max.message.bytes less room for framing.
	MaxRecord = 1_000_000
	// maxTime is the last millisecond of the year 9999.
	maxTime = 253_402_300_799_999
	// maxField is how much is told of the name of an unknown field, in bytes with its quotes.
	maxField = 16
	// phraseDigits are the hexadecimal digits of a phrase's hash.
	phraseDigits = 16
)

// The reasons why a record is no verdict, for dead letters and their counter.
const (
	ReasonTooLarge = "too_large"
	ReasonFormat   = "bad_json"
	ReasonAction   = "bad_action"
	ReasonScope    = "bad_scope"
	ReasonIdentity = "bad_identity"
	ReasonTime     = "bad_time"
)

// Reasons lists all of them.
func Reasons() []string {
	return []string{
		ReasonTooLarge, ReasonFormat, ReasonAction, ReasonScope, ReasonIdentity, ReasonTime,
	}
}

// InvalidError says why a record is no verdict. Its text names fields, never what stands in them.
type InvalidError struct {
	Reason, Detail string
}

func (f *InvalidError) Error() string { return f.Reason + ": " + f.Detail }

func fault(reason, format string, args ...any) error {
	return &InvalidError{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// document is the record. Unknown fields are refused: an expiry that is misspelt must not make a
// verdict one for ever.
type document struct {
	Schema  string `json:"schema"`
	ID      string `json:"id"`
	Tenant  string `json:"tenant"`
	Action  Action `json:"action"`
	Scope   *Scope `json:"scope,omitempty"`
	Author  string `json:"author"`
	Reason  string `json:"reason"`
	Time    int64  `json:"time"`
	Expires int64  `json:"expires,omitempty"`
	Revokes string `json:"revokes,omitempty"`
}

// MarshalJSON writes the record's form. It is no longer than what Parse has read, but for a name of
// the default tenant.
func (v *Verdict) MarshalJSON() ([]byte, error) {
	d := document{
		Schema: schema, ID: v.ID, Tenant: v.Tenant, Action: v.Action, Author: v.Author,
		Reason: v.Reason, Time: v.Time, Expires: v.Expires, Revokes: v.Revokes,
	}
	if v.Action != Revoke {
		d.Scope = &v.Scope
	}
	return marshal(d)
}

// marshal writes JSON in which only what JSON asks for is escaped: else a record of names with "<"
// would be several times as long as it came.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads the record's form, and checks it as Parse does, but for its length: who holds
// a verdict may write it with more escapes than it came with.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	read, err := parse(b)
	if err == nil {
		*v = read
	}
	return err
}

// Parse reads a record. Its error is a *InvalidError.
func Parse(record []byte) (Verdict, error) {
	if len(record) > MaxRecord {
		return Verdict{}, fault(
			ReasonTooLarge, "%d bytes; a verdict has at most %d", len(record), MaxRecord,
		)
	}
	v, err := parse(record)
	if err != nil {
		return Verdict{}, err
	}
	// Its form may be longer than the record, by the name of the default tenant.
	if form, err := v.MarshalJSON(); err != nil || len(form) > MaxRecord {
		return Verdict{}, fault(ReasonTooLarge, "a verdict has at most %d bytes", MaxRecord)
	}
	return v, nil
}

func parse(record []byte) (Verdict, error) {
	if !utf8.Valid(record) {
		return Verdict{}, fault(ReasonFormat, "no UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(record))
	dec.DisallowUnknownFields()
	var d document
	if err := dec.Decode(&d); err != nil {
		return Verdict{}, fault(ReasonFormat, "%s", plainly(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Verdict{}, fault(ReasonFormat, "more than one JSON value")
	}
	if d.Schema != schema {
		return Verdict{}, fault(ReasonFormat, "schema must be %q", schema)
	}
	v := Verdict{
		ID: d.ID, Tenant: d.Tenant, Action: d.Action, Author: d.Author, Reason: d.Reason,
		Time: d.Time, Expires: d.Expires, Revokes: d.Revokes,
	}
	if d.Scope != nil {
		v.Scope = *d.Scope
	}
	// An empty list is none.
	if len(v.Scope.Accounts) == 0 {
		v.Scope.Accounts = nil
	}
	if len(v.Scope.Template) == 0 {
		v.Scope.Template = nil
	}
	if v.Tenant == "" {
		v.Tenant = "default"
	}
	if err := v.Validate(); err != nil {
		return Verdict{}, err
	}
	return v, nil
}

// plainly says what is wrong with JSON without what stands in it.
func plainly(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		// Of a number that does not fit, Value holds the number too.
		what, _, _ := strings.Cut(wrong.Value, " ")
		return fmt.Sprintf("%s must not be this %s", cmp.Or(wrong.Field, "the record"), what)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		// The name is the writer's own; cut, it says enough.
		return "unknown field " + strings.ToValidUTF8(name[:min(len(name), maxField)], "")
	}
	return "no JSON object"
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Validate says what is wrong with a verdict; its error is a *InvalidError.
func (v *Verdict) Validate() error {
	switch {
	case !idForm.MatchString(v.ID):
		return fault(ReasonIdentity, "id must be 1 to 64 letters, digits and ._-")
	case !readable(v.Tenant, maxName) || v.Tenant == "":
		return fault(ReasonIdentity, "tenant must be a name of 1 to %d bytes", maxName)
	case v.Author == "" || !readable(v.Author, maxName):
		return fault(ReasonIdentity, "author must be a name of 1 to %d bytes", maxName)
	case v.Reason == "" || !readable(v.Reason, maxReason):
		return fault(ReasonIdentity, "reason must be a text of 1 to %d bytes", maxReason)
	case v.Time <= 0 || v.Time > maxTime:
		return fault(ReasonTime, "time must be Unix milliseconds")
	case v.Expires != 0 && (v.Expires <= v.Time || v.Expires > maxTime):
		return fault(ReasonTime, "expires must be Unix milliseconds after time")
	}
	switch v.Action {
	case Revoke:
		if !idForm.MatchString(v.Revokes) {
			return fault(ReasonScope, "revokes must be the id of the verdict to end")
		}
		if v.Scope.parts() != 0 || v.Expires != 0 {
			return fault(ReasonScope, "a revoke has neither scope nor expires")
		}
		return nil
	case Reopen:
		if !v.Scope.One() {
			return fault(ReasonScope, "reopen needs a finding or a campaign as its scope")
		}
		if v.Expires != 0 {
			return fault(ReasonTime, "a reopen does not expire")
		}
	case Confirm, Dismiss, Allow:
	default:
		return fault(ReasonAction, "action must be confirm, dismiss, allow, reopen or revoke")
	}
	if v.Revokes != "" {
		return fault(ReasonScope, "only a revoke has revokes")
	}
	return v.Scope.validate()
}

// parts counts the fields that are set.
func (s *Scope) parts() (n int) {
	for _, set := range []bool{
		s.Finding != "", s.Campaign != "", len(s.Accounts) > 0, s.Organisation != "",
		s.Client != "", len(s.Template) > 0,
	} {
		if set {
			n++
		}
	}
	return n
}

func (s *Scope) validate() error {
	if s.parts() != 1 {
		return fault(ReasonScope,
			"scope must have exactly one of finding, campaign, accounts, organisation, client, template")
	}
	for _, name := range append([]string{s.Finding, s.Campaign, s.Organisation}, s.Accounts...) {
		if !readable(name, maxName) {
			return fault(ReasonScope, "a name has more than %d bytes or is no text", maxName)
		}
	}
	if !readable(s.Client, maxClient) {
		return fault(ReasonScope, "client has more than %d bytes or is no text", maxClient)
	}
	if len(s.Accounts) > maxAccounts || len(s.Template) > maxPhrases {
		return fault(ReasonScope, "at most %d accounts, and %d phrases of a template",
			maxAccounts, maxPhrases)
	}
	for _, text := range s.Template {
		if _, ok := phrase(text); !ok {
			return fault(ReasonScope, "template must be phrases of 16 hexadecimal digits each")
		}
	}
	if slices.Contains(s.Accounts, "") {
		return fault(ReasonScope, "an account has no name")
	}
	return nil
}

// readable says that a text has at most limit bytes of UTF-8, on one line and without control
// characters: it is shown in terminals and logs.
func readable(s string, limit int) bool {
	if len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return false
		}
	}
	return true
}

// Phrase writes a phrase's hash as findings show it.
func Phrase(hash uint64) string { return fmt.Sprintf("%0*x", phraseDigits, hash) }

func phrase(text string) (uint64, bool) {
	if len(text) != phraseDigits {
		return 0, false
	}
	h, err := strconv.ParseUint(text, 16, 64)
	return h, err == nil
}
