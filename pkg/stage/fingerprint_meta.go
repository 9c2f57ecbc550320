package stage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// metaVersion is the version of the encodings of "meta" and "pending".
const metaVersion = 1

// pendingLog keeps the list of the accounts that wait for their profile in the store at a cost that grows with what changes: a base that is written now and
// then, and in "meta" what came on top. It may name accounts that wait no more: their fingerprint tells.
type pendingLog struct {
	// generation counts the bases; an account knows the one that names it.
	generation uint64
	base       int
	added      []string
	// unloaded are the accounts named by the store after a restart, to be loaded with the next batch.
	unloaded []string
}

// note adds the account unless it is listed.
func (p *pendingLog) note(a *account) {
	if a.listed != p.generation {
		a.listed = p.generation
		p.added = append(p.added, a.key)
	}
}

// rewrite returns a new base when the additions have outgrown the old one.
func (p *pendingLog) rewrite(c *accounts) ([]byte, bool) {
	if len(p.added) <= max(64, p.base/2) {
		return nil, false
	}
	p.generation++
	for _, a := range c.due.heap {
		a.listed = p.generation
	}
	p.base, p.added = len(c.due.heap), p.added[:0]
	return appendKeys([]byte{metaVersion}, c.due.keys()), true
}

func (p *pendingLog) unmarshalBase(value []byte) error {
	r := metaReader{b: value}
	r.version()
	keys := r.keys()
	if err := r.end(); err != nil {
		return err
	}
	p.base = len(keys)
	p.unloaded = append(p.unloaded, keys...)
	return nil
}

func appendKeys(b []byte, keys []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		b = appendBytes(b, k)
	}
	return b
}

func appendBytes[T string | []byte](b []byte, x T) []byte {
	b = binary.AppendUvarint(b, uint64(len(x)))
	return append(b, x...)
}

// marshalMeta encodes the clock, the records that wait for it, the source windows and the additions to the pending list.
func (t *fingerprintTask) marshalMeta() []byte {
	c := &t.clock
	b := append(make([]byte, 0, 256), metaVersion)
	b = binary.AppendVarint(b, c.now)
	b = binary.AppendUvarint(b, uint64(c.behind))
	b = binary.AppendVarint(b, c.newest)
	b = binary.AppendUvarint(b, uint64(len(c.held)))
	for i := range c.held {
		b = binary.AppendVarint(b, c.held[i].time)
		b = appendBytes(b, c.held[i].key)
		b = appendBytes(b, c.held[i].value)
	}
	b = binary.AppendUvarint(b, uint64(len(t.sources)))
	for _, id := range t.sourceIDs() {
		w := t.sources[id]
		b = binary.LittleEndian.AppendUint64(b, id)
		b = binary.AppendVarint(b, w.used)
		b = binary.AppendVarint(b, w.floor.offset)
		b = binary.AppendVarint(b, int64(w.floor.index))
		b = binary.AppendUvarint(b, uint64(len(w.listed())))
		last := w.floor.offset
		for _, p := range w.listed() {
			b = binary.AppendUvarint(b, uint64(p.offset-last))
			b = binary.AppendUvarint(b, uint64(p.index))
			last = p.offset
		}
	}
	return appendKeys(b, t.pending.added)
}

func (t *fingerprintTask) unmarshalMeta(value []byte) error {
	r := metaReader{b: value}
	r.version()
	var c streamClock
	c.now = r.varint()
	c.behind = int(r.uvarint())
	c.newest = r.varint()
	for range r.count() {
		c.held = append(c.held, heldRecord{r.varint(), string(r.bytes()), slices.Clone(r.bytes())})
	}
	sources := map[uint64]*sourceWindow{}
	for range r.count() {
		id := r.fixed()
		w := &sourceWindow{used: r.varint(), floor: place{r.varint(), int32(r.varint())}}
		n := r.count()
		w.seen = make([]place, 0, n)
		last := w.floor.offset
		for range n {
			last += int64(r.uvarint())
			w.seen = append(w.seen, place{last, int32(r.uvarint())})
		}
		sources[id] = w
	}
	added := r.keys()
	if err := r.end(); err != nil {
		return err
	}
	t.clock = c
	t.sources = sources
	t.pending.added = added
	t.pending.unloaded = append(t.pending.unloaded, added...)
	return nil
}

var errMeta = errors.New("unreadable encoding, delete the stage's state and read the topic again, or bring the release back that wrote it")

// metaReader reads what this package wrote. The first fault sticks.
type metaReader struct {
	b   []byte
	bad bool
}

func (r *metaReader) fail() { r.bad, r.b = true, nil }

func (r *metaReader) version() {
	if len(r.b) == 0 || r.b[0] != metaVersion {
		r.fail()
		return
	}
	r.b = r.b[1:]
}

func (r *metaReader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *metaReader) varint() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *metaReader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	x := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return x
}

// count reads the length of a list, whose elements take at least a byte each.
func (r *metaReader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *metaReader) bytes() []byte {
	n := r.count()
	x := r.b[:n]
	r.b = r.b[n:]
	return x
}

func (r *metaReader) keys() []string {
	n := r.count()
	keys := make([]string, 0, n)
	for range n {
		keys = append(keys, string(r.bytes()))
	}
	return keys
}

func (r *metaReader) end() error {
	if r.bad || len(r.b) > 0 {
		return fmt.Errorf("version %d: %w", metaVersion, errMeta)
	}
	return nil
}
