package fingerprinting

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// account is an account in memory.
type account struct {
	key string
	fp  *fingerprint.Fingerprint
	// batch is the last batch that changed it.
	batch uint64
	// deadline and slot are its place in the schedule; slot is -1 when it waits for nothing.
	deadline int64
	slot     int
	// listed is the generation of the pending list that names it.
	listed uint64
	// newer and older are its neighbours among the accounts that may be let go of; both nil when it
	// waits.
	newer, older *account
}

// accounts is a partition's memory: all accounts by key, those that wait for their profile by
// deadline, and the others by use.
type accounts struct {
	byKey map[string]*account
	due   schedule
	// ring is the head of the list by use: ring.older is the newest, ring.newer the oldest.
	ring account
}

func newAccounts() *accounts {
	c := &accounts{byKey: map[string]*account{}}
	c.ring.newer, c.ring.older = &c.ring, &c.ring
	c.due.idle = c
	return c
}

func (c *accounts) get(key string) *account { return c.byKey[key] }

// add puts an account in, in place of what was known of it.
func (c *accounts) add(key string, fp *fingerprint.Fingerprint) *account {
	if old := c.byKey[key]; old != nil {
		c.remove(old)
	}
	a := &account{key: strings.Clone(key), fp: fp, slot: -1}
	c.byKey[a.key] = a
	c.link(a)
	return a
}

// use makes the account the one used last.
func (c *accounts) use(a *account) {
	if a.older != nil {
		c.unlink(a)
		c.link(a)
	}
}

func (c *accounts) link(a *account) {
	a.newer, a.older = &c.ring, c.ring.older
	a.older.newer = a
	c.ring.older = a
}

func (c *accounts) unlink(a *account) {
	if a.older == nil {
		return
	}
	a.newer.older, a.older.newer = a.older, a.newer
	a.newer, a.older = nil, nil
}

// oldest is the account used least recently among those that wait for nothing.
func (c *accounts) oldest() *account {
	if c.ring.newer == &c.ring {
		return nil
	}
	return c.ring.newer
}

func (c *accounts) remove(a *account) {
	c.due.cancel(a)
	c.unlink(a)
	delete(c.byKey, a.key)
}

// schedule is a heap of the accounts that wait for their profile, by deadline and then key.
type schedule struct {
	heap []*account
	// idle is where accounts go that wait no more.
	idle *accounts
}

// schedule sets the account's deadline.
func (s *schedule) schedule(a *account, deadline int64) {
	if a.slot >= 0 {
		if a.deadline != deadline {
			a.deadline = deadline
			heap.Fix(s, a.slot)
		}
		return
	}
	a.deadline = deadline
	s.idle.unlink(a)
	heap.Push(s, a)
}

// cancel takes the account out.
func (s *schedule) cancel(a *account) {
	if a.slot >= 0 {
		heap.Remove(s, a.slot)
		s.idle.link(a)
	}
}

// first is the account due first, nil when none waits.
func (s *schedule) first() *account {
	if len(s.heap) == 0 {
		return nil
	}
	return s.heap[0]
}

// keys lists the accounts that wait, sorted.
func (s *schedule) keys() []string {
	keys := make([]string, len(s.heap))
	for i, a := range s.heap {
		keys[i] = a.key
	}
	slices.Sort(keys)
	return keys
}

// Len is for the heap.
func (s *schedule) Len() int { return len(s.heap) }

// Less is for the heap.
func (s *schedule) Less(i, j int) bool {
	a, b := s.heap[i], s.heap[j]
	if a.deadline != b.deadline {
		return a.deadline < b.deadline
	}
	return a.key < b.key
}

// Swap is for the heap.
func (s *schedule) Swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.heap[i].slot, s.heap[j].slot = i, j
}

// Push is for the heap.
func (s *schedule) Push(x any) {
	a := x.(*account)
	a.slot = len(s.heap)
	s.heap = append(s.heap, a)
}

// Pop is for the heap.
func (s *schedule) Pop() any {
	a := s.heap[len(s.heap)-1]
	s.heap[len(s.heap)-1] = nil
	s.heap = s.heap[:len(s.heap)-1]
	a.slot = -1
	return a
}
