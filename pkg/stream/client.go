package stream

import (
	"context"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Client is the way to one Kafka cluster, from which groups and producers are made. It is safe for
// concurrent use and holds no connection of its own.
type Client struct {
	opts   Options
	dialer *kafka.Dialer
	log    *zap.Logger
	// errlog is log with repeated messages held back.
	errlog *zap.Logger
}

// New makes a client; it does not connect. log may be nil.
func New(opts Options, log *zap.Logger) (*Client, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if log == nil {
		log = zap.NewNop()
	}
	tlsConfig, err := opts.TLS.Config()
	if err != nil {
		return nil, err
	}
	mechanism, err := opts.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	return &Client{
		opts: opts,
		dialer: &kafka.Dialer{
			ClientID:      opts.ClientID,
			Timeout:       opts.DialTimeout,
			KeepAlive:     30 * time.Second,
			DualStack:     true,
			TLS:           tlsConfig,
			SASLMechanism: mechanism,
		},
		log:    log,
		errlog: log.WithOptions(zap.WrapCore(sampled)),
	}, nil
}

// sampled lets the first few of equal messages through in every interval.
func sampled(core zapcore.Core) zapcore.Core {
	return zapcore.NewSamplerWithOptions(core, 10*time.Second, 2, 0)
}

// Ping connects to the first broker that answers. The error is one line that says what to do.
func (c *Client) Ping(ctx context.Context) error {
	conn, err := c.dialAny(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(c.deadline(ctx)); err != nil {
		return explain(err, c.opts.Brokers)
	}
	_, err = conn.Brokers()
	return explain(err, c.opts.Brokers)
}

// dialAny connects to the first bootstrap broker that answers. Its error is explained.
func (c *Client) dialAny(ctx context.Context) (*kafka.Conn, error) {
	var first error
	for _, b := range c.opts.Brokers {
		conn, err := c.dialer.DialContext(ctx, "tcp", b)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = explain(err, []string{b})
		}
	}
	return nil, first
}

// transport makes a connection pool that watches only the given topics.
func (c *Client) transport(refresh time.Duration, topics ...string) *kafka.Transport {
	return &kafka.Transport{
		Dial: (&net.Dialer{
			Timeout: c.opts.DialTimeout, KeepAlive: 30 * time.Second,
		}).DialContext,
		DialTimeout:    c.opts.DialTimeout,
		MetadataTTL:    refresh,
		MetadataTopics: topics,
		ClientID:       c.opts.ClientID,
		TLS:            c.dialer.TLS,
		SASL:           c.dialer.SASLMechanism,
	}
}

// deadline is when a request started now has to be done.
func (c *Client) deadline(ctx context.Context) time.Time {
	d := time.Now().Add(c.opts.RequestTimeout)
	if cd, ok := ctx.Deadline(); ok && cd.Before(d) {
		return cd
	}
	return d
}

// debugLogger hands the library's chatter to the log at debug level.
func (c *Client) debugLogger() kafka.Logger {
	log := c.log.Sugar()
	return kafka.LoggerFunc(func(format string, args ...any) { log.Debugf(format, args...) })
}

// errorLogger hands the library's complaints to the log; most are retried, so they are debug too,
// and rate limited.
func (c *Client) errorLogger() kafka.Logger {
	log := c.errlog.Sugar()
	return kafka.LoggerFunc(func(format string, args ...any) {
		log.Debugf("kafka: "+format, args...)
	})
}
