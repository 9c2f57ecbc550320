package stream

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// Options is how to reach Kafka and how much to move at a time.
type Options struct {
	// Brokers are the bootstrap addresses, host:port.
	Brokers []string `yaml:"brokers"`
	// ClientID names this client in the broker's logs and quotas.
	ClientID string     `yaml:"client_id"`
	TLS      remote.TLS `yaml:"tls"`
	SASL     SASL       `yaml:"sasl"`

	// DialTimeout bounds connecting to one broker, including TLS and SASL.
	DialTimeout time.Duration `yaml:"dial_timeout"`
	// RequestTimeout bounds one request.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// SessionTimeout is how long a silent group member keeps its partitions. After a broker's crash
	// the others wait for it as well before they can go on; the brokers refuse less than their
	// group.min.session.timeout.ms, 6 s by default.
	SessionTimeout time.Duration `yaml:"session_timeout"`
	// HeartbeatInterval is how often a member reports to the group.
	HeartbeatInterval time.Duration `yaml:"heartbeat_interval"`
	// RebalanceTimeout is how long the group waits for a member to hand in its partitions.
	RebalanceTimeout time.Duration `yaml:"rebalance_timeout"`
	// StallTimeout is how long a partition may show unread records without a fetch bringing any
	// before its connection is made anew.
	StallTimeout time.Duration `yaml:"stall_timeout"`
	// LagCommitInterval is how often offsets are committed to the group, which serves lag
	// monitoring only.
	LagCommitInterval time.Duration `yaml:"lag_commit_interval"`

	// FetchMaxBytes is the most that one fetch of one partition returns, before decompression.
	FetchMaxBytes int `yaml:"fetch_max_bytes"`
	// FetchMaxWait is how long the broker may hold back a fetch that has no data.
	FetchMaxWait time.Duration `yaml:"fetch_max_wait"`

	// Compression of what is produced: lz4, zstd, snappy, gzip or none.
	Compression string `yaml:"compression"`
	// ProduceMaxBytes is the largest produce request per partition, before compression; it has to
	// fit the topics' max.message.bytes. A single larger record is refused as too large.
	ProduceMaxBytes int `yaml:"produce_max_bytes"`
	// ProduceMaxInFlight is how many partitions are written to at a time, over all callers.
	ProduceMaxInFlight int `yaml:"produce_max_in_flight"`
}

// SASL is how this client authenticates.
type SASL struct {
	// Mechanism is plain, scram-sha-256 or scram-sha-512; empty for none.
	Mechanism string `yaml:"mechanism"`
	Username  string `yaml:"username"`
	Password  string `yaml:"password"`
}

// DefaultOptions returns the defaults: one broker on this machine, no encryption.
func DefaultOptions() Options {
	return Options{
		Brokers:            []string{"localhost:9092"},
		ClientID:           "stillwatch",
		DialTimeout:        5 * time.Second,
		RequestTimeout:     10 * time.Second,
		SessionTimeout:     10 * time.Second,
		HeartbeatInterval:  3 * time.Second,
		RebalanceTimeout:   30 * time.Second,
		StallTimeout:       30 * time.Second,
		LagCommitInterval:  3 * time.Second,
		FetchMaxBytes:      1 << 20,
		FetchMaxWait:       250 * time.Millisecond,
		Compression:        "lz4",
		ProduceMaxBytes:    1_000_000,
		ProduceMaxInFlight: 16,
	}
}

// Validate reports everything that is wrong with the options, in one error.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if len(o.Brokers) == 0 {
		bad("brokers: name at least one broker as host:port")
	}
	for _, b := range o.Brokers {
		if !remote.IsAddress(b) {
			bad("brokers: %q is not host:port", b)
		}
	}
	if err := o.TLS.Validate(); err != nil {
		errs = append(errs, err)
	}
	switch o.SASL.Mechanism {
	case "":
		if o.SASL.Username != "" || o.SASL.Password != "" {
			bad("sasl: username or password given without a mechanism; use plain, scram-sha-256 or scram-sha-512")
		}
	case "plain", "scram-sha-256", "scram-sha-512":
		if o.SASL.Username == "" || o.SASL.Password == "" {
			bad("sasl: mechanism %s needs username and password", o.SASL.Mechanism)
		}
	default:
		bad("sasl.mechanism: %q is not one of plain, scram-sha-256, scram-sha-512",
			o.SASL.Mechanism)
	}
	if _, err := compression(o.Compression); err != nil {
		errs = append(errs, err)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
		min   time.Duration
	}{
		{"dial_timeout", o.DialTimeout, 10 * time.Millisecond},
		{"request_timeout", o.RequestTimeout, 10 * time.Millisecond},
		{"session_timeout", o.SessionTimeout, time.Second},
		{"heartbeat_interval", o.HeartbeatInterval, 10 * time.Millisecond},
		{"rebalance_timeout", o.RebalanceTimeout, time.Second},
		{"stall_timeout", o.StallTimeout, time.Second},
		{"lag_commit_interval", o.LagCommitInterval, 10 * time.Millisecond},
		{"fetch_max_wait", o.FetchMaxWait, time.Millisecond},
	} {
		if d.value < d.min {
			bad("%s: %v is shorter than %v", d.name, d.value, d.min)
		}
	}
	if o.HeartbeatInterval*2 > o.SessionTimeout {
		bad("heartbeat_interval: %v must be at most half of session_timeout (%v)",
			o.HeartbeatInterval, o.SessionTimeout)
	}
	if o.FetchMaxBytes < 64<<10 || o.FetchMaxBytes > 256<<20 {
		bad("fetch_max_bytes: %d is not between 64 KiB and 256 MiB", o.FetchMaxBytes)
	}
	if o.ProduceMaxBytes < 1<<10 || o.ProduceMaxBytes > 256<<20 {
		bad("produce_max_bytes: %d is not between 1 KiB and 256 MiB", o.ProduceMaxBytes)
	}
	if o.ProduceMaxInFlight < 1 || o.ProduceMaxInFlight > 1024 {
		bad("produce_max_in_flight: %d is not between 1 and 1024", o.ProduceMaxInFlight)
	}
	return errors.Join(errs...)
}

// compression returns the codec of that name; 0 is none.
func compression(name string) (kafka.Compression, error) {
	switch name {
	case "none", "":
		return 0, nil
	case "gzip":
		return kafka.Gzip, nil
	case "snappy":
		return kafka.Snappy, nil
	case "lz4":
		return kafka.Lz4, nil
	case "zstd":
		return kafka.Zstd, nil
	}
	return 0, fmt.Errorf("compression: %q is not one of lz4, zstd, snappy, gzip, none", name)
}

// mechanism builds the SASL mechanism; nil when there is none.
func (s *SASL) mechanism() (sasl.Mechanism, error) {
	var algo scram.Algorithm
	switch s.Mechanism {
	case "":
		return nil, nil
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: s.Password}, nil
	case "scram-sha-256":
		algo = scram.SHA256
	case "scram-sha-512":
		algo = scram.SHA512
	default:
		return nil, fmt.Errorf(
			"sasl.mechanism: %q is not one of plain, scram-sha-256, scram-sha-512", s.Mechanism,
		)
	}
	m, err := scram.Mechanism(algo, s.Username, s.Password)
	if err != nil {
		return nil, fmt.Errorf("sasl: user name or password can't be used with %s: %w",
			strings.ToUpper(s.Mechanism), err)
	}
	return m, nil
}
