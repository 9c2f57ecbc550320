package verdict

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// generation is a hash table of entries that one goroutine writes and any number read, without a
// lock: a slot is one word, and what it points to was written before it and does not change. When
// it is full, or holds much that is no longer pointed to, the writer makes the next generation and
// leaves this one to its readers.
//
// It is here because no library has it: tables without locks for readers (xsync.Map was measured)
// keep three objects an account, which a lookup fetches from memory one after the other and the
// garbage collector visits: 138 bytes an account, and more than twice the time of a lookup.
type generation struct {
	seed  maphash.Seed
	slots []atomic.Uint64 // a power of two
	// chunks hold the entries, texts what entries name by number: tenants, uids, unknown statuses.
	// Both only grow. They are published before the slot that needs them, and have to be loaded
	// after it.
	chunks atomic.Pointer[[][]byte]
	texts  atomic.Pointer[[]string]

	// What follows is the writer's.
	numbers    map[string]uint32
	live, gone int // slots
	room       int // bytes that are free at the end of the last chunk
	wasted     int // bytes of entries that no slot points to
}

const (
	chunkBits = 18 // 256 KiB
	chunkSize = 1 << chunkBits
	leastBits = 8 // slots of the smallest generation

	// A slot is the hash's upper bits and the entry's place plus one; 0 is an empty slot. A slot
	// whose account was forgotten is gone: what was put behind it must still be found.
	tagBits   = 24
	placeBits = 64 - tagBits
	placeMask = 1<<placeBits - 1
	gone      = placeMask
)

// A generation is at most three quarters full, and begins at most three fifths full.
const (
	fullNum, fullDen   = 3, 4
	beginNum, beginDen = 3, 5
)

func newGeneration(seed maphash.Seed, accounts int) *generation {
	slots := max(leastBits, bits.Len(uint(accounts*beginDen/beginNum)))
	g := &generation{
		seed: seed, slots: make([]atomic.Uint64, 1<<slots), numbers: map[string]uint32{},
	}
	g.chunks.Store(&[][]byte{})
	g.texts.Store(&[]string{})
	return g
}

func (g *generation) hash(tenant, account string) uint64 {
	// The rotation keeps (a, b) and (b, a) apart.
	return maphash.String(g.seed, account) ^
		bits.RotateLeft64(maphash.String(g.seed, tenant), tagBits)
}

// find returns the entry of an account and its slot; nil, and the slot where it belongs, when there
// is none.
func (g *generation) find(id identity) (entry, int) {
	h := g.hash(id.tenant, id.account)
	mask := len(g.slots) - 1
	free := -1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		slot := g.slots[i].Load()
		switch {
		case slot == 0:
			if free < 0 {
				free = i
			}
			return nil, free
		case slot&placeMask == gone:
			if free < 0 {
				free = i
			}
		case slot>>placeBits == h>>placeBits:
			e := g.entry(slot)
			if string(e.account()) == id.account && g.text(e.tenant()) == id.tenant {
				return e, i
			}
		}
	}
}

// entry is what a slot points to.
func (g *generation) entry(slot uint64) entry {
	place := slot&placeMask - 1
	e := entry((*g.chunks.Load())[place>>chunkBits][place&(chunkSize-1):])
	return e[:e.length()]
}

func (g *generation) text(number uint32) string { return (*g.texts.Load())[number] }

// put writes what was said of an account in place of what was said before.
func (g *generation) put(id identity, s *said) {
	e, place := g.allocate(sizeOf(id, s))
	e.write(id, s, g.number)
	old, i := g.find(id)
	switch {
	case old != nil:
		g.wasted += len(old)
	case g.slots[i].Load() == 0:
		g.live++
	default:
		g.live++
		g.gone--
	}
	g.slots[i].Store(g.hash(id.tenant, id.account)&^placeMask | (place + 1))
}

// forget removes an account.
func (g *generation) forget(id identity) {
	if old, i := g.find(id); old != nil {
		g.slots[i].Store(gone)
		g.wasted += len(old)
		g.live--
		g.gone++
	}
}

// allocate returns room for an entry, and its place.
func (g *generation) allocate(size int) (entry, uint64) {
	chunks := *g.chunks.Load()
	if size > g.room {
		chunks = append(chunks, make([]byte, chunkSize))
		g.chunks.Store(&chunks)
		g.room = chunkSize
	}
	last := len(chunks) - 1
	at := chunkSize - g.room
	g.room -= size
	return entry(chunks[last][at : at+size]), uint64(last)<<chunkBits | uint64(at)
}

// number returns a text's number, and gives it one.
func (g *generation) number(text string) uint32 {
	n, known := g.numbers[text]
	if !known {
		texts := append(*g.texts.Load(), text)
		n = uint32(len(texts) - 1)
		g.numbers[text] = n
		g.texts.Store(&texts)
	}
	return n
}

// worn tells whether the next generation is due.
func (g *generation) worn() bool {
	held := len(*g.chunks.Load()) * chunkSize
	return (g.live+g.gone)*fullDen >= len(g.slots)*fullNum || g.wasted > held/2+chunkSize
}

// next makes a generation of what this one still says.
func (g *generation) next() *generation {
	n := newGeneration(g.seed, g.live)
	texts := *g.texts.Load()
	for old := range g.each() {
		e, place := n.allocate(len(old))
		copy(e, old)
		e.renumber(func(number uint32) uint32 { return n.number(texts[number]) })
		id := identity{tenant: texts[old.tenant()], account: string(old.account())}
		_, i := n.find(id)
		n.slots[i].Store(n.hash(id.tenant, id.account)&^placeMask | (place + 1))
		n.live++
	}
	return n
}

// each calls yield with the entries, in no order.
func (g *generation) each() func(yield func(entry) bool) {
	return func(yield func(entry) bool) {
		for i := range g.slots {
			slot := g.slots[i].Load()
			if slot == 0 || slot&placeMask == gone {
				continue
			}
			if !yield(g.entry(slot)) {
				return
			}
		}
	}
}
