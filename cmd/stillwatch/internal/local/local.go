// Package local provides the parts that Stillwatch otherwise finds on the network, inside this
// process: for `run --embedded` and the demo. Nothing survives the process.
package local

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options says where the parts should listen, host:port each. Where an address is taken, another
// port is used. Empty takes any.
type Options struct{ Kafka, Redis string }

// Parts is a running Kafka and Redis.
type Parts struct {
	kafka *embedded.Kafka
	redis *embedded.Redis
	// RandomSecret says that the configuration had no secret and was given one that nobody will
	// know again.
	RandomSecret bool
}

// Start starts the parts and points the configuration at them.
func Start(opts Options, conf *config.Config) (*Parts, error) {
	p := &Parts{}
	var err error
	p.kafka, err = listen(opts.Kafka, func(addr string) (*embedded.Kafka, error) {
		return embedded.StartKafka(embedded.KafkaOptions{
			Listen: []string{addr}, AutoCreate: true, Partitions: conf.Topics.Partitions,
		})
	})
	if err != nil {
		return nil, err
	}
	if p.redis, err = listen(opts.Redis, embedded.StartRedis); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	// What else the configuration says about the way to Kafka and Redis, such as TLS and logins, is
	// about other servers.
	conf.Kafka.Brokers, conf.Kafka.TLS, conf.Kafka.SASL = []string{p.kafka.Addr()}, remote.TLS{},
		stream.SASL{}
	redis := store.DefaultOptions()
	redis.Addresses = []string{p.redis.Addr()}
	conf.Redis = redis
	conf.Topics.Create = true
	// What is played into these parts has a calendar of its own, which may be ahead of this
	// machine's.
	conf.Ingest.MaxAhead = 0
	if conf.HTTP.Enabled && !free(conf.HTTP.Address) {
		conf.HTTP.Address = anyPort
	}
	if conf.Sketch.Secret == "" {
		secret := make([]byte, 32)
		if _, err := rand.Read(secret); err != nil {
			return nil, errors.Join(fmt.Errorf("make a secret: %w", err), p.Close())
		}
		conf.Sketch.Secret, p.RandomSecret = hex.EncodeToString(secret), true
	}
	return p, nil
}

// Close stops the parts.
func (p *Parts) Close() error {
	var errs []error
	if p.redis != nil {
		errs = append(errs, p.redis.Close())
	}
	if p.kafka != nil {
		errs = append(errs, p.kafka.Close())
	}
	return errors.Join(errs...)
}

// anyPort is an address on this machine with a port that is free.
const anyPort = "127.0.0.1:0"

// listen starts something at addr, or at any port when another process has that one.
func listen[T any](addr string, start func(addr string) (T, error)) (T, error) {
	if addr == "" {
		addr = anyPort
	}
	part, err := start(addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return start(anyPort)
	}
	return part, err
}

// free tells whether addr can be listened on.
func free(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}
