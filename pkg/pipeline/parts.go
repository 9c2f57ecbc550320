package pipeline

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// ErrFenced is the store's: another owner took the partition over.
var ErrFenced = store.ErrFenced

// Source hands out partitions; see stream.Group.
type Source interface {
	Run(ctx context.Context, handle func(ctx context.Context, p Partition)) error
	Status() stream.Status
}

// Partition is one owned partition; see stream.Partition.
type Partition interface {
	Topic() string
	ID() int
	SetOffset(offset int64)
	Bounds(ctx context.Context) (first, end int64, err error)
	Read(ctx context.Context, limit int, wait time.Duration) (stream.Batch, error)
	CommitOffset(offset int64)
}

// Sink produces records; see stream.Producer. Besides that one's errors it may return a
// stream.RefusedError, also joined to a stream.TooLargeError.
type Sink interface {
	Produce(ctx context.Context, records []stream.OutRecord) error
}

// Store gives out the ownership of a partition's state; see store.Store.
type Store interface {
	Acquire(ctx context.Context, stage, partition string) (Lease, error)
}

// Lease is the ownership of a partition's state; see store.Lease.
type Lease interface {
	Epoch() int64
	Next() int64
	Load(ctx context.Context, keys []string) ([][]byte, error)
	Commit(ctx context.Context, c store.Commit) error
}

// FromGroup makes a consumer group the source.
func FromGroup(g *stream.Group) Source { return groupSource{g} }

type groupSource struct{ *stream.Group }

func (s groupSource) Run(ctx context.Context, handle func(context.Context, Partition)) error {
	return s.Group.Run(ctx, func(ctx context.Context, p *stream.Partition) { handle(ctx, p) })
}

// FromStore makes Redis the store.
func FromStore(s *store.Store) Store { return redisStore{s} }

type redisStore struct{ store *store.Store }

func (s redisStore) Acquire(ctx context.Context, stage, partition string) (Lease, error) {
	l, err := s.store.Acquire(ctx, stage, partition)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// nopRegisterer is for pipelines without metrics.
type nopRegisterer struct{}

func (nopRegisterer) Register(prometheus.Collector) error  { return nil }
func (nopRegisterer) MustRegister(...prometheus.Collector) {}
func (nopRegisterer) Unregister(prometheus.Collector) bool { return true }
