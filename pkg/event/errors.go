package event

import "strconv"

// The reasons of a DecodeError: a small fixed vocabulary, fit for a metric label.
const (
	// ReasonMalformed is a syntax error, or a value that ends too early.
	ReasonMalformed = "malformed_json"
	// ReasonDuplicateKey is a name that occurs twice in one object, at any level. Two parsers that
	// pick different ones see two different events, so neither is believed.
	ReasonDuplicateKey = "duplicate_key"
	// ReasonTooDeep, ReasonTooLarge and ReasonTooManyFields are the Limits.
	ReasonTooDeep       = "too_deep"
	ReasonTooLarge      = "too_large"
	ReasonTooManyFields = "too_many_fields"
	// ReasonWrongType is a value of another JSON type than the field has.
	ReasonWrongType = "wrong_type"
	// ReasonOutOfRange is a number that the field cannot hold or that makes no sense in it.
	ReasonOutOfRange = "out_of_range"
	// ReasonMissingField is a required field that is absent; ReasonNoAccount says that nothing
	// tells who asked.
	ReasonMissingField = "missing_field"
	ReasonNoAccount    = "no_account"
	// ReasonBadTime is a time that is no time, or not in this century.
	ReasonBadTime = "bad_time"
	// ReasonBadValue is an identity that is too long or has control characters.
	ReasonBadValue = "bad_value"
	// ReasonUTF16, ReasonUTF32 and ReasonBase64 are encodings in which no gateway's record is read;
	// ReasonGzip and ReasonZstd are compressed values that do not unpack.
	ReasonUTF16  = "encoding_utf16"
	ReasonUTF32  = "encoding_utf32"
	ReasonBase64 = "encoding_base64"
	ReasonGzip   = "encoding_gzip"
	ReasonZstd   = "encoding_zstd"
	// ReasonSchema is a schema registry's header before something that is neither JSON nor
	// OpenTelemetry's protobuf.
	ReasonSchema = "encoding_schema"
	// ReasonPartialLine is a piece of a line that a container's runtime split, without the others.
	ReasonPartialLine = "partial_line"
	// ReasonUnknownFormat is an object in which no gateway format is recognised.
	ReasonUnknownFormat = "unknown_format"
)

// Reasons are all reasons of a DecodeError.
func Reasons() []string {
	return []string{
		ReasonMalformed, ReasonDuplicateKey, ReasonTooDeep, ReasonTooLarge, ReasonTooManyFields,
		ReasonWrongType, ReasonOutOfRange, ReasonMissingField, ReasonNoAccount, ReasonBadTime,
		ReasonBadValue, ReasonUTF16, ReasonUTF32, ReasonBase64, ReasonGzip, ReasonZstd,
		ReasonSchema, ReasonPartialLine, ReasonUnknownFormat,
	}
}

// DecodeError says why a record is not an event. It never carries content: Field is made of schema
// names, and whatever the schema does not know is shown as "*".
type DecodeError struct {
	// Reason is one of the Reason constants.
	Reason string
	// Field is the dotted path of the field, empty when the error belongs to none.
	Field string
	// Offset is the position in bytes from the start of the decoded data.
	Offset int
	// Shape is the Shape of a time that could not be read.
	Shape string
}

// Error tells reason, field, shape and offset.
func (e *DecodeError) Error() string {
	text := "event: " + e.Reason
	if e.Field != "" {
		text += " in " + e.Field
	}
	if e.Shape != "" {
		text += " (" + e.Shape + ")"
	}
	return text + " at byte " + strconv.Itoa(e.Offset)
}

// Limits bounds what one event may cost to decode.
type Limits struct {
	// MaxBytes is the longest JSON object accepted, in bytes.
	MaxBytes int `yaml:"max_bytes" json:"max_bytes"`
	// MaxDepth is the deepest nesting of objects and arrays that is read; what is passed over may
	// be deeper.
	MaxDepth int `yaml:"max_depth" json:"max_depth"`
	// MaxFields is the largest number of object members that are read of a gateway's record, all
	// levels together; a caller's further ones are passed over.
	MaxFields int `yaml:"max_fields" json:"max_fields"`
}

// DefaultLimits are wide: what a caller can put into a request (a long conversation, a hundred
// tools with deep schemas) must not push its event into the dead letters, for that would hide it
// from detection. MaxBytes is as large as a record may be (ingest.max_record_bytes). Work and
// memory are linear in it whatever is sent.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 64 << 20, MaxDepth: 256, MaxFields: 1 << 16}
}

// withDefaults replaces figures that are not positive.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.MaxBytes <= 0 {
		l.MaxBytes = d.MaxBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = d.MaxDepth
	}
	if l.MaxFields <= 0 {
		l.MaxFields = d.MaxFields
	}
	return l
}
