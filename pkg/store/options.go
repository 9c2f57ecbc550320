// Package store keeps the state of stream partitions in Redis. A partition's state and the offset
// up to which it was computed change in one atomic transaction, fenced by an owner's epoch, so that
// they always belong together: whatever is killed when, and whoever believed to own the partition.
// The package knows nothing of what the state means.
package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// Options is how to reach Redis and how to use it.
type Options struct {
	// Addresses are host:port of the server, of some cluster nodes, or of the sentinels.
	Addresses []string `yaml:"addresses"`
	// Cluster says that the addresses are nodes of a Redis Cluster. More than one address without
	// Sentinel means the same.
	Cluster bool `yaml:"cluster"`
	// Sentinel is set when the addresses are those of sentinels.
	Sentinel Sentinel `yaml:"sentinel"`
	Username string   `yaml:"username"`
	Password string   `yaml:"password"`
	// Database is the database number; 0 with a cluster.
	Database int        `yaml:"database"`
	TLS      remote.TLS `yaml:"tls"`

	// Prefix begins every key. Deployments that share a Redis need different ones.
	Prefix string `yaml:"prefix"`
	// TTL is how long a key is kept without a change, unless the change gives its own.
	TTL time.Duration `yaml:"ttl"`
	// DialTimeout bounds connecting, including TLS and login.
	DialTimeout time.Duration `yaml:"dial_timeout"`
	// Timeout bounds one write to and one read from the server.
	Timeout time.Duration `yaml:"timeout"`
	// PoolSize is the most connections per node.
	PoolSize int `yaml:"pool_size"`
	// MaxValueBytes is the largest value that is stored under one key.
	MaxValueBytes int `yaml:"max_value_bytes"`
}

// Sentinel finds the server through sentinels.
type Sentinel struct {
	// Master is the name under which the sentinels know the server; empty when there are none.
	Master   string `yaml:"master"`
	Username string `yaml:"username"`
	Password string `yaml:"password"`
}

// DefaultOptions returns the defaults: a single Redis on this machine.
func DefaultOptions() Options {
	return Options{
		Addresses:     []string{"localhost:6379"},
		Prefix:        "stillwatch",
		TTL:           60 * 24 * time.Hour,
		DialTimeout:   5 * time.Second,
		Timeout:       5 * time.Second,
		PoolSize:      32,
		MaxValueBytes: 8 << 20,
	}
}

// Validate reports everything that is wrong with the options, in one error.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(o.Addresses) == 0 {
		bad("addresses: name at least one address as host:port")
	}
	for _, a := range o.Addresses {
		if !remote.IsAddress(a) {
			bad("addresses: %q is not host:port", a)
		}
	}
	if o.Cluster && o.Sentinel.Master != "" {
		bad("cluster and sentinel.master exclude each other")
	}
	if o.Database < 0 || o.Database > 0 && o.isCluster() {
		bad("database: %d; a number from 0, and 0 with a cluster", o.Database)
	}
	if o.Username != "" && o.Password == "" {
		bad("username is given without a password")
	}
	if o.Prefix == "" || strings.ContainsAny(o.Prefix, "{} \t\r\n*?[]") {
		bad("prefix: %q must not be empty nor hold braces, brackets, spaces or wildcards", o.Prefix)
	}
	if o.TTL < time.Hour {
		bad("ttl: %v is shorter than an hour; state would be lost while it is in use", o.TTL)
	}
	if o.DialTimeout < 10*time.Millisecond {
		bad("dial_timeout: %v is shorter than 10ms", o.DialTimeout)
	}
	if o.Timeout < 10*time.Millisecond {
		bad("timeout: %v is shorter than 10ms", o.Timeout)
	}
	if o.PoolSize < 1 || o.PoolSize > 10_000 {
		bad("pool_size: %d is not between 1 and 10000", o.PoolSize)
	}
	if o.MaxValueBytes < 2<<20 || o.MaxValueBytes > 512<<20 {
		bad("max_value_bytes: %d is not between 2 MiB and 512 MiB", o.MaxValueBytes)
	}
	if err := o.TLS.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (o *Options) isCluster() bool {
	return o.Cluster || o.Sentinel.Master == "" && len(o.Addresses) > 1
}

// client builds the client library's options.
func (o *Options) client() (*redis.UniversalOptions, error) {
	tlsConfig, err := o.TLS.Config()
	if err != nil {
		return nil, err
	}
	return &redis.UniversalOptions{
		Addrs:            o.Addresses,
		IsClusterMode:    o.isCluster(),
		MasterName:       o.Sentinel.Master,
		SentinelUsername: o.Sentinel.Username,
		SentinelPassword: o.Sentinel.Password,
		Username:         o.Username,
		Password:         o.Password,
		DB:               o.Database,
		TLSConfig:        tlsConfig,
		ClientName:       "stillwatch",
		DialTimeout:      o.DialTimeout,
		DialerRetries:    1,
		ReadTimeout:      o.Timeout,
		WriteTimeout:     o.Timeout,
		PoolTimeout:      o.Timeout,
		PoolSize:         o.PoolSize,
		// Without it the library ignores the deadlines of contexts.
		ContextTimeoutEnabled: true,
		// A transaction whose answer was lost must not be sent again blindly; Lease.Commit finds
		// out first.
		MaxRetries: -1,
		// Redis without this extension would answer every new connection with an error.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}, nil
}
