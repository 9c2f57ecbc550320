// Package embedded runs a Kafka broker and a Redis server inside the process: the parts that let
// the demo and `stillwatch run --embedded` work with nothing else installed. They speak the real
// protocols on real sockets, keep everything in memory and forget it at Close; they are no place
// for data that matters.
package embedded

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// KafkaOptions says where the embedded broker listens.
type KafkaOptions struct {
	// Listen holds one host:port for each broker; port 0 takes a free one. Empty means one broker
	// on a free port of 127.0.0.1.
	Listen []string
	// Advertise is the host that clients are told to connect to; empty takes the host of Listen, or
	// 127.0.0.1 where that is a wildcard.
	Advertise string
	// Partitions is how many partitions a topic gets that is created without a number; 0 means 6.
	Partitions int
	// AutoCreate lets clients create topics by asking for them.
	AutoCreate bool
	// RetainBytes bounds what a partition keeps in memory; 0 means 64 MiB. Older records are
	// dropped within a minute.
	RetainBytes int64
}

// Kafka is a running embedded Kafka cluster.
type Kafka struct {
	cluster *kfake.Cluster
	addrs   []string
	network *network
}

// StartKafka starts an embedded Kafka. The error says which address could not be listened on.
func StartKafka(opts KafkaOptions) (*Kafka, error) {
	if len(opts.Listen) == 0 {
		opts.Listen = []string{"127.0.0.1:0"}
	}
	if opts.Partitions <= 0 {
		opts.Partitions = 6
	}
	if opts.RetainBytes <= 0 {
		opts.RetainBytes = 64 << 20
	}
	n := &network{listen: opts.Listen, advertise: opts.Advertise, conns: make(map[*conn]struct{})}
	options := []kfake.Opt{
		kfake.NumBrokers(len(opts.Listen)),
		kfake.DefaultNumPartitions(opts.Partitions),
		kfake.ListenFn(n.next),
		// Only size ends a record's life: replayed traffic may carry timestamps from last month.
		// The cleaner, hourly by default, is what enforces it.
		kfake.BrokerConfigs(map[string]string{
			"log.retention.ms":       "-1",
			"log.retention.bytes":    strconv.FormatInt(opts.RetainBytes, 10),
			"log.segment.bytes":      strconv.FormatInt(max(opts.RetainBytes/4, 1<<20), 10),
			"log.cleaner.backoff.ms": "60000",
		}),
	}
	if opts.AutoCreate {
		options = append(options, kfake.AllowAutoTopicCreation())
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, fmt.Errorf("start embedded kafka: %w", err)
	}
	return &Kafka{cluster: cluster, addrs: cluster.ListenAddrs(), network: n}, nil
}

// Addr returns the host:port of the first broker, which is enough to bootstrap any client.
func (k *Kafka) Addr() string { return k.addrs[0] }

// Addrs returns the host:port of every broker.
func (k *Kafka) Addrs() []string { return append([]string(nil), k.addrs...) }

// Close stops the brokers, drops their connections and forgets all records. It may be called more
// than once.
func (k *Kafka) Close() error {
	k.cluster.Close()
	k.network.drop()
	return nil
}

// network hands the cluster its listeners: kfake itself can only choose ports of 127.0.0.1, and it
// advertises whatever address the listener reports.
type network struct {
	listen    []string
	advertise string

	mu    sync.Mutex
	used  int
	conns map[*conn]struct{}
}

// next opens the listener of the next broker; kfake asks for them in order.
func (n *network) next(protocol, _ string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used >= len(n.listen) {
		return nil, errors.New("no listen address left for another broker")
	}
	address := n.listen[n.used]
	ln, err := net.Listen(protocol, address)
	if err != nil {
		return nil, err
	}
	n.used++
	host, port, err := advertised(address, n.advertise, ln.Addr())
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &listener{Listener: ln, network: n, addr: hostPort{host: host, port: port}}, nil
}

// drop closes the connections that are still open: kfake leaves them to the clients, whose next
// request would wait for its timeout.
func (n *network) drop() {
	n.mu.Lock()
	open := n.conns
	n.conns = nil
	n.mu.Unlock()
	for c := range open {
		_ = c.Close()
	}
}

func advertised(listen, advertise string, bound net.Addr) (host, port string, err error) {
	if host, _, err = net.SplitHostPort(listen); err != nil {
		return "", "", fmt.Errorf("listen address %q: %w", listen, err)
	}
	if _, port, err = net.SplitHostPort(bound.String()); err != nil {
		return "", "", fmt.Errorf("bound address %q: %w", bound, err)
	}
	ip := net.ParseIP(host)
	switch {
	case advertise != "":
		host = advertise
	case host == "" || (ip != nil && ip.IsUnspecified()):
		host = "127.0.0.1"
	}
	return host, port, nil
}

type listener struct {
	net.Listener
	network *network
	addr    hostPort
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, network: l.network}
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	if l.network.conns == nil {
		return nil, errors.Join(net.ErrClosed, raw.Close())
	}
	l.network.conns[c] = struct{}{}
	return c, nil
}

type conn struct {
	net.Conn
	network *network
}

func (c *conn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}

// hostPort is an address by name, which net.TCPAddr cannot hold.
type hostPort struct{ host, port string }

func (hostPort) Network() string  { return "tcp" }
func (a hostPort) String() string { return net.JoinHostPort(a.host, a.port) }
