package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeebo/xxh3"
)

// ErrFenced says that another owner took the partition over, or that Redis lost it: whatever the
// caller holds in memory is void.
var ErrFenced = errors.New("another owner took over the partition, or redis lost its state")

// NoOffset is Lease.Next when nothing was ever committed.
const NoOffset int64 = -1

// The fields of a partition's meta hash. Epoch, owner and offset are one key, so that none of them
// can be lost without the others.
const (
	fieldEpoch = "epoch"
	fieldOwner = "owner"
	// fieldIncarnation ties the values to the meta key: if that key is lost, with the offset in it,
	// the values written under it are void too.
	fieldIncarnation = "inc"
	fieldNext        = "next"
	// fieldCommit identifies the last commit, so that one whose answer was lost can be recognised.
	fieldCommit = "commit"
)

// loadChunk is how many keys one MGET asks for.
const loadChunk = 512

// Change is one change of a partition's state. A nil Value deletes the key. Keys are the
// partition's own.
type Change struct {
	Key   string
	Value []byte
	// TTL is how long the key is kept without another change; 0 takes the store's default.
	TTL time.Duration
}

// Commit is a step of a partition: the next offset to process, and the changes of state that lead
// there.
type Commit struct {
	Next int64
	// Rewind allows Next to lie below the offset committed before: the partition was made anew and
	// counts from 0 again.
	Rewind  bool
	Changes []Change
}

// ValueTooLargeError says that a value exceeds Options.MaxValueBytes. Nothing was committed.
type ValueTooLargeError struct {
	Key         string
	Size, Limit int
}

// Error implements error. It does not name the key, which may identify a person.
func (e *ValueTooLargeError) Error() string {
	return fmt.Sprintf("a state value of %d bytes exceeds max_value_bytes (%d)", e.Size, e.Limit)
}

// Lease is the ownership of one partition's state, until another one is acquired. It is not safe
// for concurrent use.
type Lease struct {
	store *Store
	keys  keyspace
	owner string
	epoch int64
	inc   string
	next  int64
	seq   int64
	lost  bool
}

// Acquire makes the caller the owner of a partition's state and fences off all earlier owners:
// their next commit fails with ErrFenced.
func (s *Store) Acquire(ctx context.Context, stage, partition string) (*Lease, error) {
	if err := checkNames(stage, partition); err != nil {
		return nil, err
	}
	l := &Lease{store: s, keys: s.keyspace(stage, partition), owner: nonce(), next: NoOffset}
	var epoch *redis.IntCmd
	var fields *redis.SliceCmd
	_, err := s.client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		epoch = tx.HIncrBy(ctx, l.keys.meta, fieldEpoch, 1)
		tx.HSet(ctx, l.keys.meta, fieldOwner, l.owner)
		tx.HSetNX(ctx, l.keys.meta, fieldIncarnation, nonce())
		tx.PExpire(ctx, l.keys.meta, s.opts.TTL)
		fields = tx.HMGet(ctx, l.keys.meta, fieldNext, fieldIncarnation)
		return nil
	})
	if err != nil {
		return nil, s.explain(err)
	}
	l.epoch = epoch.Val()
	values := fields.Val()
	if next, ok := values[0].(string); ok {
		if l.next, err = strconv.ParseInt(next, 10, 64); err != nil || l.next < 0 {
			return nil, fmt.Errorf(
				"the stored offset of %s/%s is not a number; delete the key %s to start anew",
				stage, partition, l.keys.meta,
			)
		}
	}
	l.inc, _ = values[1].(string)
	if len(l.inc) != incarnationHex {
		return nil, fmt.Errorf(
			"the stored state of %s/%s is damaged; delete the key %s to start anew",
			stage, partition, l.keys.meta,
		)
	}
	return l, nil
}

// Epoch is the number of this ownership; it grows with every owner.
func (l *Lease) Epoch() int64 { return l.epoch }

// Next is the committed offset, the next to be processed; NoOffset when there is none.
func (l *Lease) Next() int64 { return l.next }

// Load reads the values of keys, in their order, nil where there is none. It does not check the
// ownership: a commit does.
func (l *Lease) Load(ctx context.Context, keys []string) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var chunks []*redis.SliceCmd
	_, err := l.store.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for from := 0; from < len(keys); from += loadChunk {
			part := keys[from:min(from+loadChunk, len(keys))]
			names := make([]string, len(part))
			for i, k := range part {
				names[i] = l.keys.state + k
			}
			chunks = append(chunks, pipe.MGet(ctx, names...))
		}
		return nil
	})
	if err != nil {
		return nil, l.store.explain(err)
	}
	out := make([][]byte, 0, len(keys))
	for _, c := range chunks {
		for _, v := range c.Val() {
			s, ok := v.(string)
			if !ok {
				out = append(out, nil)
				continue
			}
			value, err := unwrapValue([]byte(s), l.inc)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
	}
	if len(out) != len(keys) {
		return nil, fmt.Errorf("redis returned %d values for %d keys", len(out), len(keys))
	}
	return out, nil
}

// Commit stores the changes and the next offset in one transaction. It fails with ErrFenced, now
// and ever after, when this lease is no longer the last one. After any other error it is not known
// whether the commit took: call Commit again with equal content, which finds out and commits at
// most once; or give the lease up.
func (l *Lease) Commit(ctx context.Context, c Commit) error {
	if l.lost {
		return ErrFenced
	}
	for i := range c.Changes {
		if n := len(c.Changes[i].Value); n > l.store.opts.MaxValueBytes {
			return &ValueTooLargeError{
				Key: c.Changes[i].Key, Size: n, Limit: l.store.opts.MaxValueBytes,
			}
		}
	}
	if c.Next < l.next && !c.Rewind {
		return fmt.Errorf("commit of offset %d after %d", c.Next, l.next)
	}
	id := l.commitID(&c)
	for attempt := 0; ; attempt++ {
		err := l.store.client.Watch(
			ctx, func(tx *redis.Tx) error { return l.transact(ctx, tx, &c, id) }, l.keys.meta,
		)
		switch {
		case err == nil:
			l.next = c.Next
			l.seq++
			return nil
		case errors.Is(err, ErrFenced):
			l.lost = true
			return err
		case errors.Is(err, redis.TxFailedErr) && attempt < 3:
			// The meta key changed after it was looked at: most likely a new owner, which the next
			// look shows.
			continue
		}
		return l.store.explain(err)
	}
}

// transact checks the ownership and writes, if the watched meta key does not change in between. The
// watch also makes an attempt harmless that was given up here but still lies in some socket buffer:
// by the time it runs, a later attempt has changed the key.
func (l *Lease) transact(ctx context.Context, tx *redis.Tx, c *Commit, id string) error {
	fields, err := tx.HMGet(ctx, l.keys.meta, fieldOwner, fieldIncarnation, fieldCommit).Result()
	if err != nil {
		return err
	}
	if fields[0] != l.owner || fields[1] != l.inc {
		return ErrFenced
	}
	if fields[2] == id {
		return nil
	}
	_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
		var deletes []string
		for i := range c.Changes {
			ch := &c.Changes[i]
			if ch.Value == nil {
				deletes = append(deletes, l.keys.state+ch.Key)
				continue
			}
			ttl := ch.TTL
			if ttl <= 0 {
				ttl = l.store.opts.TTL
			}
			p.Set(ctx, l.keys.state+ch.Key, wrapValue(ch.Value, l.inc), max(ttl, time.Millisecond))
		}
		for from := 0; from < len(deletes); from += loadChunk {
			p.Del(ctx, deletes[from:min(from+loadChunk, len(deletes))]...)
		}
		p.HSet(ctx, l.keys.meta, fieldNext, c.Next, fieldCommit, id)
		p.PExpire(ctx, l.keys.meta, l.store.opts.TTL)
		return nil
	})
	return err
}

// commitID identifies a commit by its place in the sequence and its content: an attempt that is
// repeated has the same one, another commit never.
func (l *Lease) commitID(c *Commit) string {
	h := xxh3.New()
	var n [8]byte
	number := func(v int64) {
		binary.LittleEndian.PutUint64(n[:], uint64(v))
		_, _ = h.Write(n[:])
	}
	number(c.Next)
	for i := range c.Changes {
		ch := &c.Changes[i]
		number(int64(len(ch.Key)))
		_, _ = h.WriteString(ch.Key)
		if ch.Value == nil {
			number(-1)
		} else {
			number(int64(len(ch.Value)))
			_, _ = h.Write(ch.Value)
		}
		number(int64(ch.TTL))
	}
	sum := h.Sum128()
	return fmt.Sprintf("%s-%d-%016x%016x", l.owner, l.seq+1, sum.Hi, sum.Lo)
}

// A stored value is a version byte, the incarnation, and the caller's bytes.
const (
	valueVersion   = 1
	incarnationHex = 16
	valueHeader    = 1 + incarnationHex/2
)

func wrapValue(value []byte, inc string) []byte {
	out := make([]byte, 0, valueHeader+len(value))
	out = append(out, valueVersion)
	out, _ = hex.AppendDecode(out, []byte(inc))
	return append(out, value...)
}

// unwrapValue returns the caller's bytes; nil when the value belongs to an earlier incarnation of
// the partition. The error does not name the key, which may identify a person.
func unwrapValue(raw []byte, inc string) ([]byte, error) {
	if len(raw) < valueHeader || raw[0] != valueVersion {
		return nil, fmt.Errorf("a state value of %d bytes has an unknown format", len(raw))
	}
	if hex.EncodeToString(raw[1:valueHeader]) != inc {
		return nil, nil
	}
	return raw[valueHeader:], nil
}

// nonce returns 64 random bits in hexadecimal.
func nonce() string {
	var b [incarnationHex / 2]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
