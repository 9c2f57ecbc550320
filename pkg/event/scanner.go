package event

import (
	"hash/maphash"
	"slices"
	"unicode/utf8"
	"unsafe"
)

// Scanner reads one JSON value in a single pass and hands out its parts without allocating: strings
// alias the input, or the scanner's arena when they contain escapes, and are valid until the next
// Reset. It checks the syntax of everything, and limits and duplicate names in what is read.
//
// What is skipped may be of any depth, have any number of members, and names that occur twice: it
// means nothing to the reader, and much of it is what callers sent. NaN, Infinity and -Infinity,
// which Python's and others' JSON writers put out, are numbers without a value.
//
// Errors stick: after the first one every read returns the absent value, Next and NextItem return
// false, and Err tells the error. So a decoder is written as a plain loop over the members with one
// check at the end:
//
//	for o := s.Object(); s.Next(&o); {
//		switch o.Key {
//		case "model":
//			ev.Request.Model = s.String()
//		default:
//			s.Skip()
//		}
//	}
//	return s.Err()
//
// Each member must be read, by exactly one call, before the next. null, "" and "-" are the absent
// value for every type but text.
//
// Invalid UTF-8 and lone surrogates become U+FFFD, as encoding/json does it. Rejecting them would
// let a caller keep its requests out of sight with one bad byte in the prompt.
type Scanner struct {
	limits Limits
	data   []byte
	pos    int
	cut    bool // data is longer than MaxBytes and was cut there
	lax    bool
	// doubles says that a name may occur twice.
	doubles bool

	depth, fields int

	arena  []byte
	keys   []string // names of the open objects, outermost first
	frames []int    // where each open object's names begin in keys
	hidden int      // number of frames outside the value being skipped, -1 when none is
	stack  []byte   // the brackets that close what is being skipped, outermost first
	unread int64    // values that could not be read and count as absent
	seen   nameSet

	failed bool
	err    DecodeError
}

// Kind is the type of a JSON value.
type Kind byte

// The kinds.
const (
	KindInvalid Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// maxKept bounds the memory in bytes that a scanner keeps after an unusually large value.
const maxKept = 1 << 20

// NewScanner makes a scanner; limits that are not positive take their defaults.
func NewScanner(limits Limits) *Scanner {
	return &Scanner{
		limits: limits.withDefaults(), hidden: -1, seen: nameSet{seed: maphash.MakeSeed()},
	}
}

// Reset starts on data; what was read before becomes invalid. Only the first MaxBytes are looked
// at.
func (s *Scanner) Reset(data []byte) {
	s.cut = len(data) > s.limits.MaxBytes
	if s.cut {
		data = data[:s.limits.MaxBytes]
	}
	s.data, s.pos, s.depth, s.fields = data, 0, 0, 0
	s.lax, s.doubles, s.failed, s.hidden, s.unread = false, false, false, -1, 0
	s.stack = s.stack[:0]
	if cap(s.arena) > maxKept {
		s.arena = nil
	}
	s.arena, s.keys, s.frames = s.arena[:0], s.keys[:0], s.frames[:0]
	s.seen.reset()
}

// Continue starts on text and keeps what was read before valid. It is for going back to a part of a
// value that was skipped, or into a string that holds JSON.
func (s *Scanner) Continue(text string) {
	s.data = nil
	if len(text) > 0 {
		//nolint:gosec // The scanner never writes to its data.
		s.data = unsafe.Slice(unsafe.StringData(text), len(text))
	}
	s.pos, s.depth, s.cut, s.failed, s.doubles, s.hidden = 0, 0, false, false, false, -1
	s.keys, s.frames, s.stack = s.keys[:0], s.frames[:0], s.stack[:0]
}

// Lax says whether a value of the wrong type or range counts as absent instead of failing, and
// whether any number of members may be read. It is for payloads whose values callers choose: a
// gateway that logs them raw must not let a caller spoil its own log record.
func (s *Scanner) Lax(lax bool) { s.lax = lax }

// Doubles says whether a name that occurs twice is handed out again, as Object.Twice, instead of
// failing, until the next Reset or Continue.
func (s *Scanner) Doubles(doubles bool) (before bool) {
	before, s.doubles = s.doubles, doubles
	return before
}

// Unread is how many values could not be read since Reset and count as absent.
func (s *Scanner) Unread() int64 { return s.unread }

// Mark is the place of a value that a caller chose, whatever it may be.
type Mark struct{ pos, depth, keys, frames int }

// Mark remembers the value that comes next.
func (s *Scanner) Mark() Mark {
	s.peek()
	return Mark{pos: s.pos, depth: s.depth, keys: len(s.keys), frames: len(s.frames)}
}

// Lost tells whether the value at the mark could not be read, because a name occurs in it twice or
// it is beyond a limit. Then the value is passed over and counted, and reading goes on after it. A
// syntax error stays one: nobody can tell where a broken value ends.
func (s *Scanner) Lost(m Mark) bool {
	if !s.failed || s.err.Reason == ReasonMalformed || s.err.Reason == ReasonTooLarge {
		return s.failed
	}
	s.pos, s.depth, s.failed, s.hidden = m.pos, m.depth, false, -1
	s.keys, s.frames = s.keys[:m.keys], s.frames[:m.frames]
	s.unread++
	s.Skip()
	return true
}

// Offset is how far the scanner has read, in bytes.
func (s *Scanner) Offset() int { return s.pos }

// Err returns the first error, a *DecodeError, or nil.
func (s *Scanner) Err() error {
	if !s.failed {
		return nil
	}
	e := s.err
	return &e
}

// Fail records a semantic error at the field being read, unless there is an error already.
func (s *Scanner) Fail(reason string) {
	if s.failed {
		return
	}
	s.failed = true
	s.err = DecodeError{Reason: reason, Field: s.path(), Offset: s.pos}
}

// malformed fails with a syntax error, or with too_large when the syntax only broke because the
// data was cut.
func (s *Scanner) malformed() {
	if s.cut && s.pos >= len(s.data) {
		s.Fail(ReasonTooLarge)
		return
	}
	s.Fail(ReasonMalformed)
}

// mismatch handles a value that was read but does not fit: it fails, or leaves the value absent
// when lax.
func (s *Scanner) mismatch(reason string) {
	if !s.lax {
		s.Fail(reason)
		return
	}
	s.unread++
}

// mistyped handles a value that was not read and has the wrong type.
func (s *Scanner) mistyped() {
	if s.Kind() == KindInvalid {
		s.malformed()
		return
	}
	if !s.lax {
		s.Fail(ReasonWrongType)
		return
	}
	s.unread++
	s.Skip()
}

// path renders the names of the open objects, hiding those that the schema does not know.
func (s *Scanner) path() string {
	var b []byte
	for i, start := range s.frames {
		end := len(s.keys)
		if i+1 < len(s.frames) {
			end = s.frames[i+1]
		}
		if end == start {
			break
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		if s.hidden >= 0 && i+1 >= s.hidden || !plainName(s.keys[end-1]) {
			return string(append(b, '*'))
		}
		b = append(b, s.keys[end-1]...)
	}
	return string(b)
}

// plainName tells whether a name looks like a schema's, so that it may be shown.
func plainName(name string) bool {
	if name == "" || len(name) > 48 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && c != '.' && (c < '0' || c > '9') &&
			(c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// peek skips white space and returns the next byte, 0 at the end of the data.
func (s *Scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\n', '\t', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// Kind tells the type of the next value by its first byte.
func (s *Scanner) Kind() Kind {
	if s.failed {
		return KindInvalid
	}
	switch c := s.peek(); c {
	case '{':
		return KindObject
	case '[':
		return KindArray
	case '"':
		return KindString
	case 't', 'f':
		return KindBool
	case 'n':
		return KindNull
	case 'N', 'I':
		if nonFinite(s.data[s.pos:]) == 0 {
			return KindInvalid
		}
		return KindNumber
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return KindNumber
	default:
		return KindInvalid
	}
}

// End checks that nothing but white space is left.
func (s *Scanner) End() {
	if !s.failed && (s.peek() != 0 || s.pos < len(s.data)) {
		s.malformed()
	}
	if !s.failed && s.cut {
		s.Fail(ReasonTooLarge)
	}
}

// Object is the iteration over one JSON object.
type Object struct {
	// Key is the name of the current member.
	Key   string
	start int
	count int
	mask  uint64
	id    uint32
	open  bool
	// Twice says that the object had the name before, where that is no error; see Scanner.Doubles.
	Twice bool
}

// Object opens the object that comes next. Absent values give an empty one.
func (s *Scanner) Object() Object {
	switch s.Kind() {
	case KindObject:
	case KindNull, KindString:
		if s.absent() {
			return Object{}
		}
		fallthrough
	default:
		s.mistyped()
		return Object{}
	}
	s.pos++
	if s.depth++; s.depth > s.limits.MaxDepth {
		s.Fail(ReasonTooDeep)
		return Object{}
	}
	s.frames = append(s.frames, len(s.keys))
	s.seen.objects++
	return Object{start: len(s.keys), id: s.seen.objects, open: true}
}

// Next goes to the next member of the object and sets its Key, or returns false at the end.
func (s *Scanner) Next(o *Object) bool {
	if s.failed || !o.open {
		return false
	}
	c := s.peek()
	if c == '}' {
		s.pos++
		s.depth--
		s.keys, s.frames = s.keys[:o.start], s.frames[:len(s.frames)-1]
		o.open = false
		return false
	}
	if o.count > 0 {
		if c != ',' {
			s.malformed()
			return false
		}
		s.pos++
		c = s.peek()
	}
	if c != '"' {
		s.malformed()
		return false
	}
	if s.fields++; s.fields > s.limits.MaxFields && !s.lax {
		s.Fail(ReasonTooManyFields)
		return false
	}
	o.Key = s.readString()
	if s.failed {
		return false
	}
	known := s.isDuplicate(o)
	s.keys = append(s.keys, o.Key)
	o.count++
	if o.Twice = known; known && !s.doubles {
		s.Fail(ReasonDuplicateKey)
		return false
	}
	if s.peek() != ':' {
		s.malformed()
		return false
	}
	s.pos++
	return true
}

// fewNames is up to how many names an object is searched linearly for duplicates.
const fewNames = 24

// isDuplicate tells whether the object has o.Key already. A one-word Bloom filter answers for
// nearly all; what it does not clear is compared with the object's other names, through a hash set
// when they are many, so that no input makes it quadratic.
func (s *Scanner) isDuplicate(o *Object) bool {
	h := uint(len(o.Key)) * 11
	if n := len(o.Key); n > 0 {
		h += uint(o.Key[0])*5 + uint(o.Key[n-1])*17 + uint(o.Key[n/2])*3
	}
	bit := uint64(1) << (h & 63)
	maybe := o.mask&bit != 0
	o.mask |= bit
	if o.count >= fewNames {
		if o.count == fewNames {
			for _, k := range s.keys[o.start:] {
				s.seen.add(o.id, k)
			}
		}
		return !s.seen.add(o.id, o.Key)
	}
	return maybe && slices.Contains(s.keys[o.start:], o.Key)
}

// Array is the iteration over one JSON array.
type Array struct {
	count int
	open  bool
}

// Array opens the array that comes next. Absent values give an empty one.
func (s *Scanner) Array() Array {
	switch s.Kind() {
	case KindArray:
	case KindNull, KindString:
		if s.absent() {
			return Array{}
		}
		fallthrough
	default:
		s.mistyped()
		return Array{}
	}
	s.pos++
	if s.depth++; s.depth > s.limits.MaxDepth {
		s.Fail(ReasonTooDeep)
		return Array{}
	}
	return Array{open: true}
}

// NextItem goes to the next item of the array, or returns false at the end.
func (s *Scanner) NextItem(a *Array) bool {
	if s.failed || !a.open {
		return false
	}
	c := s.peek()
	if c == ']' {
		s.pos++
		s.depth--
		a.open = false
		return false
	}
	if a.count > 0 {
		if c != ',' {
			s.malformed()
			return false
		}
		s.pos++
	}
	a.count++
	return true
}

// Skip reads any value and checks its syntax, without limits.
func (s *Scanner) Skip() {
	if s.failed {
		return
	}
	s.hidden = len(s.frames)
	s.skip()
	if !s.failed {
		s.hidden = -1
	}
}

// Raw reads any value as Skip does and returns it as it was written, "" after an error.
func (s *Scanner) Raw() string {
	s.peek()
	start := s.pos
	s.Skip()
	if s.failed {
		return ""
	}
	return alias(s.data[start:s.pos])
}

// Since returns what was read since Offset was start.
func (s *Scanner) Since(start int) string { return alias(s.data[start:s.pos]) }

// Rest returns what has not been read yet.
func (s *Scanner) Rest() string { return alias(s.data[s.pos:]) }

// skip reads a value. It keeps the open brackets on a stack of its own: a value may be as deep as
// it is long.
func (s *Scanner) skip() {
	s.stack = s.stack[:0]
	for !s.failed {
		switch s.peek() {
		case '{':
			s.pos++
			if s.peek() != '}' {
				s.stack = append(s.stack, '}')
				s.skipName()
				continue
			}
			s.pos++
		case '[':
			s.pos++
			if s.peek() != ']' {
				s.stack = append(s.stack, ']')
				continue
			}
			s.pos++
		case '"':
			s.skipString()
		default:
			s.skipWord()
		}
		if s.skipEnds() {
			return
		}
	}
}

// skipEnds reads the brackets that end with the value before, and the comma before the next value.
// It tells whether there is none.
func (s *Scanner) skipEnds() (done bool) {
	for n := len(s.stack); n > 0 && !s.failed; n-- {
		switch c := s.peek(); {
		case c == ',':
			s.pos++
			if s.stack[n-1] == '}' {
				s.skipName()
			}
			return false
		case c == s.stack[n-1] && c != 0:
			s.pos++
			s.stack = s.stack[:n-1]
		default:
			s.malformed()
		}
	}
	return true
}

// skipName reads the name of a member and the colon after it.
func (s *Scanner) skipName() {
	if s.peek() != '"' {
		s.malformed()
		return
	}
	s.skipString()
	if s.failed {
		return
	}
	if s.peek() != ':' {
		s.malformed()
		return
	}
	s.pos++
}

// skipWord reads a number, a flag or null.
func (s *Scanner) skipWord() {
	switch s.Kind() {
	case KindNumber:
		s.readNumber()
	case KindBool:
		s.readBool()
	case KindNull:
		s.readNull()
	default:
		s.malformed()
	}
}

// nameSet holds the names of objects that have many. The seed of its hash is random, so that names
// cannot be chosen to collide; no result depends on it.
type nameSet struct {
	seed    maphash.Seed
	slots   []nameSlot
	used    int
	epoch   uint32
	objects uint32
}

type nameSlot struct {
	epoch, object uint32
	name          string
}

// reset empties the set.
func (t *nameSet) reset() {
	t.objects, t.used = 0, 0
	if t.epoch++; t.epoch == 0 || len(t.slots) > maxKept/32 {
		t.slots, t.epoch = nil, 1
	}
}

// add puts a name of an object in and tells whether it was new.
func (t *nameSet) add(object uint32, name string) bool {
	if 2*(t.used+1) > len(t.slots) {
		t.grow()
	}
	i := t.find(object, name)
	if t.slots[i].epoch == t.epoch {
		return false
	}
	t.slots[i] = nameSlot{epoch: t.epoch, object: object, name: name}
	t.used++
	return true
}

// find returns the slot that holds the name, or the free one where it belongs.
func (t *nameSet) find(object uint32, name string) int {
	mask := len(t.slots) - 1
	i := int(maphash.String(t.seed, name)+uint64(object)*0x9e3779b97f4a7c15) & mask
	for t.slots[i].epoch == t.epoch && (t.slots[i].object != object || t.slots[i].name != name) {
		i = (i + 1) & mask
	}
	return i
}

// grow doubles the slots.
func (t *nameSet) grow() {
	old := t.slots
	t.slots = make([]nameSlot, max(256, 2*len(old)))
	for _, e := range old {
		if e.epoch == t.epoch {
			t.slots[t.find(e.object, e.name)] = e
		}
	}
}

// appendValid appends text with invalid UTF-8 replaced byte by byte.
func appendValid(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}
