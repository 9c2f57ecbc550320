// Package gateway reads the records of gateway topics, whatever their format, into canonical events. One Kafka record may hold one
// object, a JSON array of objects, or objects separated by newlines; what cannot be read is reported item by item and the rest goes on.
//
// A format is an adapter in a file of its own, listed in adapters. The package does no I/O.
package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// FormatAuto recognises the format of every object by its names.
const FormatAuto = "auto"

// Options configure a Reader.
type Options struct {
	// Format is the format of the records: "auto", "native" or "litellm". Naming it saves the recognition, which reads objects that are
	// not native twice.
	Format string `yaml:"format" json:"format"`
	// Limits bound each object.
	Limits event.Limits `yaml:"limits" json:"limits"`
	// TrustedHops is the number of own proxies that append to X-Forwarded-For behind the one that faces the clients. Where a gateway
	// reports the whole list as the client's address, the entry that many places from the right end is taken: what stands further left
	// is the client's own claim.
	TrustedHops int `yaml:"trusted_hops" json:"trusted_hops"`
}

// DefaultOptions recognise the format and have the decoder's limits.
func DefaultOptions() Options {
	return Options{Format: FormatAuto, Limits: event.DefaultLimits()}
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	if o.Format != FormatAuto && !slices.Contains(Formats(), o.Format) {
		return fmt.Errorf("gateway: format %q is not known, choose one of %q or %q", o.Format, Formats(), FormatAuto)
	}
	if o.Limits.MaxBytes <= 0 || o.Limits.MaxDepth <= 0 || o.Limits.MaxFields <= 0 {
		return errors.New("gateway: limits max_bytes, max_depth and max_fields must be positive")
	}
	if o.TrustedHops < 0 {
		return fmt.Errorf("gateway: trusted_hops is %d, give 0 or more", o.TrustedHops)
	}
	return nil
}

// adapter reads one format.
type adapter interface {
	// detect tells by an object's names whether it is of this format.
	detect(names *outline) bool
	// decode reads and validates the object that data begins with and returns how many bytes it took. Its error is a
	// *event.DecodeError, or a *SkipError.
	decode(data []byte, ev *event.Event) (int, error)
}

// SkipError says that an object is no request of a caller and is left out on purpose. Reason is fit for a metric label.
type SkipError struct{ Reason string }

// Error tells the reason.
func (s *SkipError) Error() string { return "gateway: skipped: " + s.Reason }

// format is an adapter with the name by which the configuration calls it.
type format struct {
	name string
	make func(Options) adapter
}

// adapters lists the formats; recognition tries them in this order.
func adapters() []format {
	return []format{
		{"native", newNative},
		{"litellm", newLiteLLM},
	}
}

// Formats names the formats there are.
func Formats() []string {
	var names []string
	for _, f := range adapters() {
		names = append(names, f.name)
	}
	return names
}

// Reader reads records. It is not safe for concurrent use.
type Reader struct {
	opts Options
	// adapters holds the formats that may occur; the first is tried before any recognition.
	adapters []adapter
	scanner  *event.Scanner
	names    outline
	ev       event.Event
	// lost counts the broken objects of the record, less the others.
	lost int
}

// New makes a Reader.
func New(opts Options) (*Reader, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	r := &Reader{opts: opts, scanner: event.NewScanner(opts.Limits)}
	for _, f := range adapters() {
		if opts.Format == FormatAuto || opts.Format == f.name {
			r.adapters = append(r.adapters, f.make(opts))
		}
	}
	return r, nil
}

// Read calls visit for every object in the record, in order, until it returns false. An object that is no event is visited with a
// *event.DecodeError whose offset counts from the start of the record, one that is left out with a *SkipError; in both cases the event means
// nothing. An event is valid, and it and its strings, which alias the record, may be used until visit returns. A record without any
// object is not visited at all; one is given up that has a thousand more broken objects than others.
func (r *Reader) Read(record []byte, visit func(ev *event.Event, err error) bool) {
	pos := 0
	r.lost = 0
	if bytes.HasPrefix(record, []byte("\ufeff")) {
		pos = len("\ufeff")
	}
	for {
		pos = skipSpace(record, pos)
		if pos == len(record) {
			return
		}
		var ok bool
		switch record[pos] {
		case '[':
			pos, ok = r.array(record, pos, visit)
		case '{':
			start := pos
			var err error
			if pos, err = r.item(record, pos); pos < 0 {
				pos = nextLine(record, start)
			}
			ok = r.hand(err, visit)
		default:
			ok = r.hand(&event.DecodeError{Reason: event.ReasonMalformed, Offset: pos}, visit)
			pos = nextLine(record, pos)
		}
		if !ok {
			return
		}
	}
}

// maxLost is how many more broken objects than others a record may have and be read on. A broken one costs several times what a good one does, and
// one without a known end may read far ahead before it breaks: a record with more of them is not worth that work.
const maxLost = 1000

// hand has r.ev or its error visited, and tells whether to go on.
func (r *Reader) hand(err error, visit func(ev *event.Event, err error) bool) bool {
	if err == nil || errors.As(err, new(*SkipError)) {
		r.lost--
	} else {
		r.lost++
	}
	return visit(&r.ev, err) && r.lost <= maxLost
}

// array visits the items of the array at pos and returns the position after it. Where an item ends can be told from its brackets even
// when it cannot be read; if not, nothing after it can be trusted.
func (r *Reader) array(record []byte, pos int, visit func(*event.Event, error) bool) (end int, ok bool) {
	broken := func(at int) (int, bool) {
		return len(record), r.hand(&event.DecodeError{Reason: event.ReasonMalformed, Offset: at}, visit)
	}
	pos = skipSpace(record, pos+1)
	if pos < len(record) && record[pos] == ']' {
		return pos + 1, true
	}
	for {
		pos = skipSpace(record, pos)
		if pos == len(record) || record[pos] == ',' || record[pos] == ']' {
			return broken(pos)
		}
		next, err := r.item(record, pos)
		if !r.hand(err, visit) {
			return len(record), false
		}
		if next < 0 {
			return len(record), true
		}
		pos = skipSpace(record, next)
		switch {
		case pos < len(record) && record[pos] == ',':
			pos++
		case pos < len(record) && record[pos] == ']':
			return pos + 1, true
		default:
			return broken(pos)
		}
	}
}

// item reads the value at pos into r.ev and returns the position after it, -1 when that cannot be told.
func (r *Reader) item(record []byte, pos int) (end int, err error) {
	data := record[pos:]
	n, err := r.adapters[0].decode(data, &r.ev)
	if err == nil {
		err = clean(&r.ev, r.opts.TrustedHops)
	}
	if err != nil {
		n, err = r.second(data, n, err)
	}
	if err != nil {
		if broken, ok := errors.AsType[*event.DecodeError](err); ok {
			broken.Offset += pos
		}
		if n < 0 {
			n = extent(data)
		}
		if n < 0 {
			return -1, err
		}
	}
	return pos + n, err
}

// second looks at a value once more that the first adapter could not read within n bytes, because of failure: it checks the syntax, finds
// the format by the names, and reads the value with that format's adapter. It returns the value's length, -1 when that cannot be told.
func (r *Reader) second(data []byte, n int, failure error) (int, error) {
	if errors.As(failure, new(*SkipError)) {
		return n, failure
	}
	r.scanner.Reset(data)
	r.names.read(r.scanner)
	if err := r.scanner.Err(); err != nil {
		return -1, plainer(failure, err)
	}
	n = r.scanner.Offset()
	for _, a := range r.adapters[1:] {
		if !a.detect(&r.names) {
			continue
		}
		if _, err := a.decode(data, &r.ev); err != nil {
			return n, err
		}
		return n, clean(&r.ev, r.opts.TrustedHops)
	}
	if len(r.adapters) > 1 && r.names.object && !r.adapters[0].detect(&r.names) {
		return n, &event.DecodeError{Reason: event.ReasonUnknownFormat}
	}
	return n, failure
}

// plainer returns of two errors about the same fault the one that names the field.
func plainer(first, second error) error {
	var a, b *event.DecodeError
	if errors.As(first, &a) && errors.As(second, &b) && a.Reason == b.Reason && a.Offset == b.Offset && strings.HasSuffix(b.Field, "*") {
		return first
	}
	return second
}

// skipSpace returns the position of the next byte that is not JSON white space.
func skipSpace(data []byte, pos int) int {
	for pos < len(data) && (data[pos] == ' ' || data[pos] == '\n' || data[pos] == '\t' || data[pos] == '\r') {
		pos++
	}
	return pos
}

// nextLine returns where reading can start again after something broken: the next line that begins with a bracket. In a record of
// newline-separated objects no newline is inside of one, and in indented JSON no inner line begins with one that opens.
func nextLine(data []byte, pos int) int {
	for {
		i := bytes.IndexByte(data[pos:], '\n')
		if i < 0 {
			return len(data)
		}
		pos += i + 1
		if pos < len(data) && (data[pos] == '{' || data[pos] == '[') {
			return pos
		}
	}
}

// extent returns the length of the JSON value that data begins with, going by brackets and quotes alone. It is -1 when a new line starts
// another object before the brackets are closed: then this one was truncated.
func extent(data []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '\n' && (quoted || i+1 < len(data) && data[i+1] == '{'):
			return -1
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case c == ',' && depth == 0:
			return i
		}
	}
	return -1
}
