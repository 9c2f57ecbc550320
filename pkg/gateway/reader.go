// Package gateway reads the records of gateway topics, whatever their format, into canonical
// events. One Kafka record may hold one object, a JSON array of objects, or objects separated by
// newlines; what cannot be read is reported item by item and the rest goes on.
//
// A format is either a mapping, a file that says where the fields are, or an adapter in a Go file
// of its own, listed in adapters. What other systems wrap around events (CloudEvents, Event Hubs,
// log shippers) is taken off first. The package does no I/O: mapping files are handed in.
package gateway

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/record"
)

// adapter reads one format.
type adapter interface {
	// name is what the configuration calls the format.
	name() string
	// detect tells by an object's names whether it is of this format.
	detect(names *outline) bool
	// decode reads and validates the object that data begins with and returns how many bytes it
	// took. Its error is a *event.DecodeError, or a *SkipError.
	decode(data []byte, ev *event.Event) (int, error)
	// salvage reads of a broken object of this format who asked, as far as it goes.
	salvage(data []byte, ev *event.Event)
}

// certainAdapter is an adapter that can tell after decode whether the object was one of its format,
// and of no other that would have been tried before.
type certainAdapter interface {
	adapter
	// certain is given what tells whether names are those of something that is tried before.
	certain(other func(names *outline) bool) bool
}

// SkipError says that an object is no request of a caller and is left out on purpose. Reason is fit
// for a metric label.
type SkipError struct {
	Reason string
	// Why is what makes the parts of a call no event, once no more can come.
	Why *event.DecodeError
}

// Error tells the reason.
func (s *SkipError) Error() string {
	if s.Why != nil {
		return "gateway: skipped: " + s.Reason + ": " + s.Why.Error()
	}
	return "gateway: skipped: " + s.Reason
}

// format is an adapter with the name by which the configuration calls it.
type format struct {
	name string
	make func(Options, *finisher) adapter
}

// adapters lists the formats; recognition tries them in this order.
func adapters() []format {
	return []format{
		{"native", newNative},
		{"litellm", newLiteLLM},
	}
}

// Formats names the formats that are no mappings.
func Formats() []string {
	var names []string
	for _, f := range adapters() {
		names = append(names, f.name)
	}
	return names
}

// Header is a header of a record.
type Header = record.Header

// Reader reads records. It is not safe for concurrent use.
type Reader struct {
	opts Options
	// adapters holds the formats that may occur; the first is tried before any recognition.
	adapters []adapter
	// formats are the adapters' names, advices what their mappings advise.
	formats []string
	advices map[string]map[string]string
	// otlp and apim read what holds many events, or parts of them; nil when they cannot occur.
	otlp *otlp
	apim *apim
	// clock is the time of the records that are joined, unjoined counts the calls that were given
	// up.
	clock    recordClock
	unjoined int64
	// late says that what is visited came in records before.
	late bool

	finisher *finisher
	scanner  *event.Scanner
	names    outline
	ev       event.Event
	// format is the name of the format of the last event or skipped object.
	format string
	// foreign says that the last object was not of the first adapter's format.
	foreign bool
	// last is the adapter of the last object, if it is one that can tell afterwards.
	last certainAdapter
	// own says that the deployment has mappings of its own, which are tried before all but the
	// first.
	own bool
	// lost counts the broken objects of the record, less the others.
	lost int
	// pieces are the lines of the record that wait for their ends.
	pieces pieces
	// depth is the number of wrappers taken off around what is being read, outer the offset of the
	// outermost.
	depth, outer int
}

// New makes a Reader.
func New(opts Options) (*Reader, error) {
	mappings, err := opts.compile()
	if err != nil {
		return nil, err
	}
	r := &Reader{
		opts: opts, scanner: event.NewScanner(opts.Limits),
		finisher: &finisher{trustedHops: opts.TrustedHops},
		clock:    recordClock{leap: opts.Join.Window.Milliseconds()},
		advices:  map[string]map[string]string{"litellm": liteLLMAdvice()},
	}
	var own, builtin []adapter
	for _, m := range mappings {
		r.advices[m.name] = m.advice
		wanted := opts.Format == FormatAuto || opts.Format == m.name ||
			opts.Format == FormatMapping && m.own
		a := newMapped(m, opts, r.finisher)
		switch {
		case m.reads == readsOTLP && (r.otlp == nil || wanted && !r.otlp.wanted):
			r.otlp = &otlp{
				a: a, wanted: wanted, named: opts.Format == m.name, max: opts.Limits.MaxBytes,
			}
			if wanted && opts.Join.OTLPWindow > 0 {
				r.otlp.calls = newSpanCalls(opts.Join, &r.clock)
			}
		case !wanted:
		case m.reads == readsAPIM && r.apim == nil:
			r.apim = newAPIM(a, opts, &r.clock)
		case m.reads != readsObjects:
		case m.own:
			own = append(own, a)
		default:
			builtin = append(builtin, a)
		}
	}
	for _, f := range adapters() {
		if opts.Format == FormatAuto || opts.Format == f.name {
			r.adapters = append(r.adapters, f.make(opts, r.finisher))
		}
	}
	// The native format stays the first, for speed: an object that has all that it needs is taken
	// for it.
	at := min(1, len(r.adapters))
	r.own = len(own) > 0
	r.adapters = slices.Concat(r.adapters[:at], own, r.adapters[at:], builtin)
	for _, a := range r.adapters {
		r.formats = append(r.formats, a.name())
	}
	return r, nil
}

// Format names the format of the event that is being visited, or of the object that is skipped.
func (r *Reader) Format() string { return r.format }

// Advice says what to switch on in a gateway so that it sends a field, by the field's path; empty
// where nothing is known.
func (r *Reader) Advice(format string) map[string]string { return r.advices[format] }

// TakeUnread returns what could not be read in events that count all the same, since it was last
// called.
func (r *Reader) TakeUnread() Unread {
	u := r.finisher.unread
	r.finisher.unread = Unread{}
	return u
}

// Read is ReadRecord for a record without headers.
func (r *Reader) Read(record []byte, visit func(ev *event.Event, err error) bool) {
	r.ReadRecord(record, nil, visit)
}

// ReadRecord calls visit for every object in the record, in order, until it returns false. An
// object that is no event is visited with a *event.DecodeError whose offset counts from the start
// of the record, and the event then holds no more than whose it was: id, time, tenant, account and
// client, as far as they could be read. One that is left out is visited with a *SkipError, and its
// event means nothing. An event is valid, and it and its strings, which alias the record, may be
// used until visit returns. A record without any object is not visited at all; one is given up that
// has a thousand more broken objects than others.
//
// The number of visits depends on the record alone, and so does the place of each object among
// them; but calls that a gateway reports in several records are joined. Their parts are skipped
// with ReasonWaiting, and their events follow the objects of the record that completes them, or
// that closes their window (Options.Join). Which they are depends on the records before, in their
// order. What waits at the end comes with Flush.
func (r *Reader) ReadRecord(
	record []byte, headers []Header, visit func(ev *event.Event, err error) bool,
) {
	r.lost, r.depth, r.pieces = 0, 0, r.pieces[:0]
	if r.value(record, headers, visit) && r.leftPieces(visit) {
		r.giveOut(false, visit)
	}
}

// read reads objects, arrays of them and lines of them.
func (r *Reader) read(record []byte, visit func(ev *event.Event, err error) bool) bool {
	pos := 0
	for {
		pos = skipFiller(record, pos)
		if pos == len(record) {
			return true
		}
		var ok bool
		switch record[pos] {
		case '[':
			pos, ok = r.array(record, pos, visit)
		case '{', '"':
			start := pos
			if pos, ok = r.item(record, pos, visit); pos < 0 {
				pos = nextLine(record, start)
			}
		default:
			whole := firstLine(record[pos:])
			if l, prefixed := cutPrefix(whole); prefixed {
				ok = r.line(l, pos, visit)
				pos += len(whole)
				break
			}
			ok = r.fault(event.ReasonMalformed, pos, visit)
			pos = nextLine(record, pos)
		}
		if !ok {
			return false
		}
	}
}

// MaxLost is how many more broken objects than others a record may have and be read on. A broken
// one costs several times what a good one does, and one without a known end may read far ahead
// before it breaks: a record with more of them is not worth that work.
const MaxLost = 1000

// hand has r.ev or its error visited, and tells whether to go on.
func (r *Reader) hand(err error, visit func(ev *event.Event, err error) bool) bool {
	if err == nil || errors.As(err, new(*SkipError)) {
		r.lost--
	} else {
		r.lost++
	}
	if broken, ok := errors.AsType[*event.DecodeError](err); ok {
		if r.depth > 0 {
			broken.Offset = r.outer
		}
		named(&r.ev, broken, r.opts.TrustedHops)
	}
	ok := visit(&r.ev, err)
	r.ev.Reset() // What comes next may be too broken to be read at all: it is not this one's.
	return ok && r.lost <= MaxLost
}

// fault has an error visited that is of no object: nothing is known of who asked.
func (r *Reader) fault(reason string, pos int, visit func(ev *event.Event, err error) bool) bool {
	r.ev.Reset()
	r.format = ""
	return r.hand(&event.DecodeError{Reason: reason, Offset: pos}, visit)
}

// array visits the items of the array at pos and returns the position after it. Where an item ends
// can be told from its brackets even when it cannot be read; if not, nothing after it can be
// trusted.
func (r *Reader) array(
	record []byte, pos int, visit func(*event.Event, error) bool,
) (end int, ok bool) {
	broken := func(at int) (int, bool) {
		return len(record), r.fault(event.ReasonMalformed, at, visit)
	}
	pos = skipFiller(record, pos+1)
	if pos < len(record) && record[pos] == ']' {
		return pos + 1, true
	}
	for {
		pos = skipFiller(record, pos)
		if pos == len(record) || record[pos] == ',' || record[pos] == ']' {
			return broken(pos)
		}
		next, ok := r.item(record, pos, visit)
		if !ok {
			return len(record), false
		}
		if next < 0 {
			return len(record), true
		}
		pos = skipFiller(record, next)
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

// item reads the value at pos, has what is in it visited, and returns the position after it, -1
// when that cannot be told, and whether to go on.
func (r *Reader) item(
	record []byte, pos int, visit func(*event.Event, error) bool,
) (end int, ok bool) {
	data := record[pos:]
	if len(r.adapters) == 0 {
		return r.second(data, pos, 0, &event.DecodeError{Reason: event.ReasonUnknownFormat}, visit)
	}
	if end, ok, done := r.asBefore(data, pos, visit); done {
		return end, ok
	}
	if r.foreign {
		// Most probably of the format of the last one: the first adapter is not tried before the
		// names say that it may be of its format.
		return r.second(data, pos, 0, nil, visit)
	}
	n, err := r.adapters[0].decode(data, &r.ev)
	if err == nil {
		r.format = r.formats[0]
		return pos + n, r.hand(nil, visit)
	}
	return r.second(data, pos, n, err, visit)
}

// asBefore reads a value by the adapter that read the last one, where that can tell afterwards
// whether it was its own: records of one format stand together, and to look at the names first
// costs a third of the time.
func (r *Reader) asBefore(
	data []byte, pos int, visit func(*event.Event, error) bool,
) (end int, ok, done bool) {
	if r.last == nil {
		return 0, false, false
	}
	unread := r.finisher.unread
	n, err := r.last.decode(data, &r.ev)
	if !r.last.certain(r.isOther) || err != nil && !errors.As(err, new(*SkipError)) {
		r.finisher.unread = unread
		return 0, false, false
	}
	r.format = r.last.name()
	return pos + n, r.hand(err, visit), true
}

// isOther tells whether an object with these names would have been taken for something else before
// the adapter of the last object: for a strict envelope, or for one of another format.
func (r *Reader) isOther(names *outline) bool {
	if names.has("resourceSpans") || names.has("resourceLogs") {
		return true
	}
	if e := envelopeOf(names); e != nil && e.strict {
		return true
	}
	for _, a := range r.adapters {
		if a == adapter(r.last) {
			return false
		}
		if a.detect(names) {
			return true
		}
	}
	return true
}

// second looks at a value once more that the first adapter could not read within n bytes, because
// of failure: it checks the syntax, finds the format by the names, and reads the value with that
// format's adapter. Without a failure the first adapter has not seen it.
func (r *Reader) second(
	data []byte, pos, n int, failure error, visit func(*event.Event, error) bool,
) (end int, ok bool) {
	if errors.As(failure, new(*SkipError)) {
		r.format = r.formats[0]
		return pos + n, r.hand(failure, visit)
	}
	r.scanner.Reset(data)
	r.names.read(r.scanner)
	if err := r.scanner.Err(); err != nil {
		r.salvage(data)
		if n, end = extent(data), -1; n >= 0 {
			end = pos + n
		}
		return end, r.hand(shifted(pos, plainer(failure, err)), visit)
	}
	n = r.scanner.Offset()
	data = data[:n]
	if r.names.object {
		if handled, ok := r.unpack(data, pos, visit); handled {
			return pos + n, ok
		}
	} else if handled, ok := r.quoted(data, pos, visit); handled {
		return pos + n, ok
	}
	return pos + n, r.hand(shifted(pos, r.recognise(data, failure)), visit)
}

// recognise reads an object into r.ev with the adapter that knows its names.
func (r *Reader) recognise(data []byte, failure error) error {
	if r.foreign && (!r.names.object || r.adapters[0].detect(&r.names)) {
		r.foreign, r.format, r.last = false, r.formats[0], nil
		if _, failure = r.adapters[0].decode(data, &r.ev); failure == nil ||
			errors.As(failure, new(*SkipError)) {
			return failure
		}
	}
	for i, a := range r.adapters {
		if i == 0 || !a.detect(&r.names) {
			continue
		}
		r.format, r.foreign = r.formats[i], true
		if r.last = nil; !r.own {
			r.last, _ = a.(certainAdapter)
		}
		_, err := a.decode(data, &r.ev)
		return err
	}
	if len(r.adapters) > 1 && r.names.object && !r.adapters[0].detect(&r.names) {
		return &event.DecodeError{Reason: event.ReasonUnknownFormat}
	}
	return failure
}

// salvage reads into r.ev who asked, of an object whose syntax is broken.
func (r *Reader) salvage(data []byte) {
	r.ev.Reset()
	for _, a := range r.adapters {
		if a.detect(&r.names) {
			a.salvage(data, &r.ev)
			return
		}
	}
}

// shifted makes the offset of an error count from pos bytes earlier.
func shifted(pos int, err error) error {
	if broken, ok := errors.AsType[*event.DecodeError](err); ok {
		broken.Offset += pos
	}
	return err
}

// plainer returns of two errors about the same fault the one that names the field.
func plainer(first, second error) error {
	var a, b *event.DecodeError
	if errors.As(first, &a) && errors.As(second, &b) && a.Reason == b.Reason &&
		a.Offset == b.Offset && strings.HasSuffix(b.Field, "*") {
		return first
	}
	return second
}

// skipSpace returns the position of the next byte that is not JSON white space.
func skipSpace(data []byte, pos int) int {
	for pos < len(data) &&
		(data[pos] == ' ' || data[pos] == '\n' || data[pos] == '\t' || data[pos] == '\r') {
		pos++
	}
	return pos
}

// skipFiller is skipSpace between values, where a byte order mark may stand too: programs that
// append to a file put one before every line. So may the record separator of RFC 7464.
func skipFiller(data []byte, pos int) int {
	for {
		switch pos = skipSpace(data, pos); {
		case bytes.HasPrefix(data[pos:], []byte("\ufeff")):
			pos += len("\ufeff")
		case pos < len(data) && data[pos] == 0x1e:
			pos++
		default:
			return pos
		}
	}
}

// opens tells whether data begins like an object, an array or a string.
func opens(data []byte) bool {
	pos := skipFiller(data, 0)
	return pos < len(data) && (data[pos] == '{' || data[pos] == '[' || data[pos] == '"')
}

// nextLine returns where reading can start again after something broken: the next line that begins
// with a bracket, or with what is put before a line of a log. In a record of newline-separated
// objects no newline is inside of one, and in indented JSON no inner line begins with one that
// opens.
func nextLine(data []byte, pos int) int {
	for {
		i := bytes.IndexByte(data[pos:], '\n')
		if i < 0 {
			return len(data)
		}
		pos += i + 1
		line := bytes.TrimPrefix(data[pos:], []byte("\ufeff"))
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') {
			return pos
		}
		if _, ok := cutPrefix(firstLine(line[:min(len(line), maxPrefix)])); ok {
			return pos
		}
	}
}

// extent returns the length of the JSON value that data begins with, going by brackets and quotes
// alone. It is -1 when a new line starts another object before the brackets are closed: then this
// one was truncated.
func extent(data []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '\n' && (quoted || startsObject(data[i+1:])):
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

// startsObject tells whether data begins with an object, or a byte order mark and one.
func startsObject(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return len(data) > 0 && data[0] == '{'
}
