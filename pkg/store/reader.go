package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// ErrNoState says that nothing was ever stored for a partition.
var ErrNoState = errors.New("redis holds no state of it")

// Reader reads the state of partitions beside their owners: it takes no ownership and writes
// nothing, so it fences nobody. It is safe for concurrent use.
type Reader struct{ store *Store }

// OpenReader connects to Redis for reading alone: a user that may not write is enough. The error is
// one line that says what to do. Close the reader when done.
func OpenReader(ctx context.Context, opts Options) (*Reader, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	co, err := opts.client()
	if err != nil {
		return nil, err
	}
	s := &Store{opts: opts, client: redis.NewUniversalClient(co)}
	if err := s.Ping(ctx); err != nil {
		_ = s.client.Close()
		return nil, err
	}
	return &Reader{s}, nil
}

// Close closes all connections.
func (r *Reader) Close() error { return r.store.Close() }

// Snapshot is what a partition's state was at one moment.
type Snapshot struct {
	// Next is the committed offset, NoOffset when nothing was committed.
	Next int64
	// Values holds the values by key; a key that is not there has none.
	Values map[string][]byte
}

// snapshots bounds the attempts: each reads what the one before it has asked for, and an owner that
// adds keys every time is not to be followed for ever.
const snapshots = 8

// Snapshot reads the values of some keys and of those that they lead to, all as of one moment: more
// says which further keys a snapshot asks for. The error is ErrNoState where there is no state.
func (r *Reader) Snapshot(
	ctx context.Context, stage, partition string, keys []string,
	more func(s *Snapshot) ([]string, error),
) (*Snapshot, error) {
	if err := checkNames(stage, partition); err != nil {
		return nil, err
	}
	ks := r.store.keyspace(stage, partition)
	for range snapshots {
		s, err := r.read(ctx, ks, keys)
		if err != nil {
			return nil, err
		}
		want, err := more(s)
		if err != nil {
			return nil, err
		}
		known := make(map[string]bool, len(keys))
		for _, k := range keys {
			known[k] = true
		}
		complete := true
		for _, k := range want {
			if !known[k] {
				known[k], complete = true, false
				keys = append(slices.Clip(keys), k)
			}
		}
		if complete {
			return s, nil
		}
	}
	return nil, fmt.Errorf(
		"the state of %s/%s has changed at each of %d attempts to read it; try again",
		stage, partition, snapshots,
	)
}

// read reads keys in one transaction, so that no commit comes between them. All keys of a partition
// are on one node, in a cluster too.
func (r *Reader) read(ctx context.Context, ks keyspace, keys []string) (*Snapshot, error) {
	var fields *redis.SliceCmd
	var chunks []*redis.SliceCmd
	_, err := r.store.client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		fields = tx.HMGet(ctx, ks.meta, fieldNext, fieldIncarnation)
		for from := 0; from < len(keys); from += loadChunk {
			part := keys[from:min(from+loadChunk, len(keys))]
			names := make([]string, len(part))
			for i, k := range part {
				names[i] = ks.state + k
			}
			chunks = append(chunks, tx.MGet(ctx, names...))
		}
		return nil
	})
	if err != nil {
		return nil, r.store.explain(err)
	}
	inc, _ := fields.Val()[1].(string)
	if inc == "" {
		return nil, ErrNoState
	}
	s := &Snapshot{Next: NoOffset, Values: make(map[string][]byte, len(keys))}
	if next, ok := fields.Val()[0].(string); ok {
		if _, err := fmt.Sscan(next, &s.Next); err != nil {
			return nil, fmt.Errorf("the stored offset is not a number: %w", err)
		}
	}
	at := 0
	for _, c := range chunks {
		for _, v := range c.Val() {
			key := keys[at]
			at++
			text, ok := v.(string)
			if !ok {
				continue
			}
			value, err := unwrapValue([]byte(text), inc)
			if err != nil {
				return nil, err
			}
			if value != nil {
				s.Values[key] = value
			}
		}
	}
	return s, nil
}
