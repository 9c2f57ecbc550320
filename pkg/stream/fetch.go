package stream

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// leader is a connection to the leader of a partition. kafka-go dials it and proves who we are, and
// asks for offsets. Fetching is done here: kafka-go hands out the records of aborted transactions
// and does not say which they are, and it takes the answer of a partition in which an open
// transaction is all that is left for a broken connection.
type leader struct {
	conn     *kafka.Conn
	socket   net.Conn
	clientID string
	// version is that of the fetch requests, correlation the number of the last.
	version     int16
	correlation int32
}

const (
	// fetchZstd is the first version with which brokers hand out batches compressed by zstd
	// (KIP-110), fetchLeast the first that tells transactions (KIP-98), and the least that Kafka
	// 4.0 takes (KIP-896).
	fetchZstd  = 10
	fetchLeast = 4
	// maxResponse bounds what is believed to be the size of an answer: brokers send at least one
	// batch, whatever its size, and none is larger than the largest record that they take.
	maxResponse = 1 << 30
	// readCommitted has a broker send no record of a transaction that is open.
	readCommitted = 1
)

// dialLeader connects to the leader of a partition.
func (c *Client) dialLeader(ctx context.Context, topic string, partition int) (*leader, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.DialTimeout+c.opts.RequestTimeout)
	defer cancel()
	var first error
	for _, b := range c.opts.Brokers {
		l, err := c.dialLeaderBy(ctx, b, topic, partition)
		if err == nil {
			return l, nil
		}
		if first == nil {
			first = explain(err, []string{b})
		}
	}
	return nil, first
}

// dialLeaderBy asks one broker for the leader of a partition and connects to it.
func (c *Client) dialLeaderBy(
	ctx context.Context, broker, topic string, partition int,
) (*leader, error) {
	p, err := c.dialer.LookupPartition(ctx, "tcp", broker, topic, partition)
	if err == nil && p.Leader.Host == "" {
		err = kafka.LeaderNotAvailable
	}
	if err != nil {
		return nil, err
	}
	l := &leader{clientID: c.opts.ClientID}
	dialer := *c.dialer
	dialer.TLS = nil // It is under the socket.
	dialer.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		plain := &net.Dialer{Timeout: c.opts.DialTimeout, KeepAlive: c.dialer.KeepAlive}
		var err error
		if c.dialer.TLS != nil {
			secure := &tls.Dialer{NetDialer: plain, Config: c.dialer.TLS}
			l.socket, err = secure.DialContext(ctx, network, address)
		} else {
			l.socket, err = plain.DialContext(ctx, network, address)
		}
		return l.socket, err
	}
	if l.conn, err = dialer.DialPartition(ctx, "tcp", broker, p); err != nil {
		return nil, err
	}
	if err = l.conn.SetDeadline(c.deadline(ctx)); err == nil {
		err = l.negotiate()
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// negotiate chooses the version of fetch requests.
func (l *leader) negotiate() error {
	versions, err := l.conn.ApiVersions()
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.ApiKey != int16(kmsg.Fetch) {
			continue
		}
		if l.version = min(v.MaxVersion, fetchZstd); l.version < fetchZstd {
			l.version = fetchLeast
		}
		if v.MinVersion <= l.version && l.version <= v.MaxVersion {
			return nil
		}
	}
	return errors.New(
		"the broker's fetch answers do not report transactions: use Kafka 0.11 or newer",
	)
}

// Close drops the connection.
func (l *leader) Close() error { return l.conn.Close() }

// fetch asks for the records of a partition from an offset on.
func (l *leader) fetch(
	topic string, partition int, offset int64, maxBytes int, wait time.Duration, deadline time.Time,
) (*kmsg.FetchResponseTopicPartition, error) {
	req := kmsg.NewPtrFetchRequest()
	req.Version = l.version
	req.ReplicaID = -1
	req.MaxWaitMillis = int32(max(wait.Milliseconds(), 1))
	req.MinBytes = 1
	req.MaxBytes = int32(min(maxBytes, math.MaxInt32))
	req.IsolationLevel = readCommitted
	req.SessionEpoch = -1 // No session: every answer is a whole one.
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = int32(partition), offset, req.MaxBytes
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.Partitions = topic, append(t.Partitions, p)
	req.Topics = append(req.Topics, t)

	if err := l.socket.SetDeadline(deadline); err != nil {
		return nil, err
	}
	body, err := l.exchange(req)
	if err != nil {
		return nil, err
	}
	resp := kmsg.NewPtrFetchResponse()
	resp.Version = l.version
	if err := resp.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("unreadable answer to a fetch: %w", err)
	}
	switch {
	case resp.ErrorCode != 0:
		return nil, kafka.Error(resp.ErrorCode)
	case len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1:
		return nil, errors.New("the answer to a fetch is of other partitions than was asked for")
	}
	answer := &resp.Topics[0].Partitions[0]
	if answer.ErrorCode != 0 {
		return nil, kafka.Error(answer.ErrorCode)
	}
	return answer, nil
}

// exchange sends a request and returns the body of its answer.
func (l *leader) exchange(req kmsg.Request) ([]byte, error) {
	l.correlation++
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID(l.clientID))
	if _, err := l.socket.Write(formatter.AppendRequest(nil, req, l.correlation)); err != nil {
		return nil, err
	}
	var head [8]byte // Size and correlation.
	if _, err := io.ReadFull(l.socket, head[:]); err != nil {
		return nil, err
	}
	size, got := int(int32(binary.BigEndian.Uint32(head[:4])))-4,
		int32(binary.BigEndian.Uint32(head[4:]))
	if got != l.correlation || size < 0 || size > maxResponse {
		return nil, fmt.Errorf("the broker answers request %d with %d bytes for request %d",
			l.correlation, size, got)
	}
	body := make([]byte, size)
	_, err := io.ReadFull(l.socket, body)
	return body, err
}

// fetch makes one fetch request at p.after and moves p.after behind what came. Records of aborted
// transactions, and those that end a transaction, are left out.
func (p *Partition) fetch(ctx context.Context, l *leader, wait time.Duration) ([]Record, error) {
	deadline := p.client.deadline(ctx).Add(wait)
	answer, err := l.fetch(p.topic, p.id, p.after, p.client.opts.FetchMaxBytes, wait, deadline)
	if err != nil {
		return nil, err
	}
	got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: p.after, IsolationLevel: kgo.ReadCommitted(),
		Topic: p.topic, Partition: int32(p.id),
	}, answer, kgo.DefaultDecompressor(), nil)
	if got.Err != nil && next == p.after {
		return nil, fmt.Errorf("unreadable batch at offset %d: %w", p.after, got.Err)
	}
	records := make([]Record, 0, len(got.Records))
	for _, m := range got.Records {
		records = append(records, Record{
			Topic: p.topic, Partition: p.id, Offset: m.Offset, Time: millis(m.Timestamp),
			Key: m.Key, Value: m.Value, Headers: headersIn(m.Headers),
		})
	}
	high := answer.HighWatermark
	if stable := answer.LastStableOffset; stable >= 0 {
		high = min(high, stable)
	}
	p.high.Store(high)
	before := p.after
	p.after = max(p.after, next)
	if p.after > before || p.after >= high {
		p.progress = time.Now()
	} else if time.Since(p.progress) > p.client.opts.StallTimeout {
		p.progress = time.Now()
		return nil, fmt.Errorf("no record from offset %d for %v although the partition ends at %d",
			p.after, p.client.opts.StallTimeout, high)
	}
	return records, nil
}

// millis is a record's timestamp; 0 when there is none, which brokers write as -1.
func millis(t time.Time) int64 { return max(t.UnixMilli(), 0) }

func headersIn(in []kgo.RecordHeader) []Header {
	if len(in) == 0 {
		return nil
	}
	out := make([]Header, len(in))
	for i := range in {
		out[i] = Header(in[i])
	}
	return out
}
