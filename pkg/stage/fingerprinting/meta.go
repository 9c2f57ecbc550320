package fingerprinting

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/packed"
)

// metaVersion is the version of the encodings of "meta" and "pending".
const metaVersion = 1

// pendingLog keeps the list of the accounts that wait for their profile in the store at a cost that
// grows with what changes: a base that is written now and then, and in "meta" what came on top. It
// may name accounts that wait no more: their fingerprint tells.
type pendingLog struct {
	// generation counts the bases; an account knows the one that names it.
	generation uint64
	base       int
	added      []string
	// unloaded are the accounts named by the store after a restart, to be loaded with the next
	// batch.
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
	r := newMetaReader(value)
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
		b = packed.AppendText(b, k)
	}
	return b
}

// marshalMeta encodes the clock, the records that wait for it, the source windows and the additions
// to the pending list.
func (t *task) marshalMeta() []byte {
	c := &t.clock
	b := append(make([]byte, 0, 256), metaVersion)
	b = binary.AppendVarint(b, c.now)
	b = binary.AppendUvarint(b, uint64(c.behind))
	b = binary.AppendVarint(b, c.newest)
	b = binary.AppendUvarint(b, uint64(len(c.quarantined)))
	for i := range c.quarantined {
		b = binary.AppendVarint(b, c.quarantined[i].time)
		b = packed.AppendText(b, c.quarantined[i].key)
		b = packed.AppendText(b, c.quarantined[i].value)
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

func (t *task) unmarshalMeta(value []byte) error {
	r := newMetaReader(value)
	var c watermark
	c.now = r.Varint()
	c.behind = int(r.Uvarint())
	c.newest = r.Varint()
	for range r.count() {
		c.quarantined = append(c.quarantined, quarantinedRecord{
			r.Varint(), string(r.bytes()), slices.Clone(r.bytes()),
		})
	}
	sources := map[uint64]*sourceWindow{}
	for range r.count() {
		id := r.Fixed()
		w := &sourceWindow{used: r.Varint(), floor: place{r.Varint(), int32(r.Varint())}}
		n := r.count()
		w.seen = make([]place, 0, n)
		last := w.floor.offset
		for range n {
			last += int64(r.Uvarint())
			w.seen = append(w.seen, place{last, int32(r.Uvarint())})
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

var errMeta = errors.New(
	"unreadable encoding, delete the stage's state and read the topic again, or bring the release back that wrote it",
)

// metaReader reads what this package wrote.
type metaReader struct{ packed.Reader }

func newMetaReader(b []byte) *metaReader {
	r := &metaReader{packed.NewReader(b)}
	r.Check(r.Byte() == metaVersion, "another version")
	return r
}

// count reads the length of a list, whose elements take at least a byte each.
func (r *metaReader) count() int { return r.Count(math.MaxInt, 1) }

// bytes reads a text of any length.
func (r *metaReader) bytes() []byte { return r.Text(math.MaxInt) }

func (r *metaReader) keys() []string {
	n := r.count()
	keys := make([]string, 0, n)
	for range n {
		keys = append(keys, string(r.bytes()))
	}
	return keys
}

func (r *metaReader) end() error {
	if err := r.End(); err != nil {
		return fmt.Errorf("version %d: %w: %w", metaVersion, err, errMeta)
	}
	return nil
}
