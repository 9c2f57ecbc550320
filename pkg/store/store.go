package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// Store is the way to Redis. It is safe for concurrent use.
type Store struct {
	opts     Options
	client   redis.UniversalClient
	warnings []string
}

// LogClient sends what the Redis client library logs, which is process-wide and by default goes to
// standard error, to log at debug level.
func LogClient(log *zap.Logger) { redis.SetLogger(clientLogger{log.Sugar()}) }

type clientLogger struct{ log *zap.SugaredLogger }

func (l clientLogger) Printf(_ context.Context, format string, args ...any) {
	l.log.Debugf(format, args...)
}

// Open connects to Redis and checks that it can be written to. The error is one line that says what
// to do. Close the store when done.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	co, err := opts.client()
	if err != nil {
		return nil, err
	}
	s := &Store{opts: opts, client: redis.NewUniversalClient(co)}
	if err := s.check(ctx); err != nil {
		_ = s.client.Close()
		return nil, err
	}
	return s, nil
}

// check writes, reads and deletes a key, so that a replica, a user without rights or a full server
// is found now, and looks at the settings.
func (s *Store) check(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	key := s.opts.Prefix + ":probe"
	if err := s.client.Set(ctx, key, "1", time.Minute).Err(); err != nil {
		return s.explain(err)
	}
	// Managed services and restricted users may not be allowed to ask; then there is nothing to
	// warn of.
	memory := s.client.InfoMap(ctx, "memory").Val()["Memory"]
	if policy := memory["maxmemory_policy"]; memory["maxmemory"] != "0" && policy != "" &&
		policy != "noeviction" {
		s.warnings = append(s.warnings, fmt.Sprintf(
			"redis evicts keys when it is full (maxmemory-policy %s), which loses parts of the state; "+
				"set maxmemory-policy noeviction", policy,
		))
	}
	return nil
}

// Warnings tells of settings of the server that endanger the state, one line each.
func (s *Store) Warnings() []string { return s.warnings }

// Ping checks that Redis answers. The error is one line that says what to do.
func (s *Store) Ping(ctx context.Context) error {
	return s.explain(s.client.Ping(ctx).Err())
}

// Close closes all connections.
func (s *Store) Close() error { return s.client.Close() }

// keyspace is the names of one partition's keys. The part in braces is what a cluster places keys
// by: all keys of a partition are on one node.
type keyspace struct {
	meta  string
	state string
}

func (s *Store) keyspace(stage, partition string) keyspace {
	base := fmt.Sprintf("%s:{%s:%s}:", s.opts.Prefix, stage, partition)
	return keyspace{meta: base + "meta", state: base + "s:"}
}

func checkNames(stage, partition string) error {
	if stage == "" || partition == "" || strings.ContainsAny(stage+partition, "{}") {
		return fmt.Errorf("stage %q, partition %q: names must not be empty nor hold braces",
			stage, partition)
	}
	return nil
}

// Committed returns the offset that was last committed for a partition, NoOffset when there is
// none, without taking the ownership.
func (s *Store) Committed(ctx context.Context, stage, partition string) (int64, error) {
	if err := checkNames(stage, partition); err != nil {
		return NoOffset, err
	}
	next, err := s.client.HGet(ctx, s.keyspace(stage, partition).meta, fieldNext).Int64()
	if errors.Is(err, redis.Nil) {
		return NoOffset, nil
	}
	if err != nil {
		return NoOffset, s.explain(err)
	}
	return next, nil
}

// Scan calls visit for every state key of a partition, in no order, as it is stored at that moment;
// for tools and tests. It looks through all keys of the node, so it is slow on a large Redis.
func (s *Store) Scan(
	ctx context.Context, stage, partition string, visit func(key string, value []byte) error,
) error {
	if err := checkNames(stage, partition); err != nil {
		return err
	}
	ks := s.keyspace(stage, partition)
	inc, err := s.client.HGet(ctx, ks.meta, fieldIncarnation).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return s.explain(err)
	}
	keys, err := s.scanKeys(ctx, ks)
	if err != nil {
		return s.explain(err)
	}
	for _, key := range keys {
		raw, err := s.client.Get(ctx, ks.state+key).Bytes()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return s.explain(err)
		}
		value, err := unwrapValue(raw, inc)
		if err != nil {
			return err
		}
		if value == nil {
			continue
		}
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) scanKeys(ctx context.Context, ks keyspace) ([]string, error) {
	seen := map[string]struct{}{}
	var keys []string
	scan := func(ctx context.Context, c redis.Cmdable) error {
		it := c.Scan(ctx, 0, escapeGlob(ks.state)+"*", 1000).Iterator()
		for it.Next(ctx) {
			key := strings.TrimPrefix(it.Val(), ks.state)
			if _, ok := seen[key]; !ok {
				seen[key] = struct{}{}
				keys = append(keys, key)
			}
		}
		return it.Err()
	}
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		err := scan(ctx, s.client)
		return keys, err
	}
	node, err := cluster.MasterForKey(ctx, ks.meta)
	if err != nil {
		return nil, err
	}
	err = scan(ctx, node)
	return keys, err
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(s)
}
