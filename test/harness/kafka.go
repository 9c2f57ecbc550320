package harness

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	_ "embed" // for the POM
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"
)

//go:embed pom.xml
var pom string

var kafkaVersion = regexp.MustCompile(`<kafka\.version>(.*)</kafka\.version>`)

// KafkaServer is an Apache Kafka of a single node, broker and controller in one process.
type KafkaServer struct {
	Addr string
	// User and Password are set when the server wants SASL SCRAM-SHA-512 over TLS; CAFile is then
	// the PEM file of its certificate.
	User, Password, CAFile string

	ports   []int
	tls     *tls.Config
	process *process
}

// sharedKafka is the one broker of the test process. It ends with the process.
var sharedKafka = sync.OnceValues(func() (*KafkaServer, error) { return startKafka(false) })

// Kafka returns the brokers of a real Apache Kafka: KAFKA_BROKERS (comma-separated) when set,
// otherwise one that all tests of this process share. Topics are not created by themselves; tests
// tell theirs apart by a prefix of their own (see Name). It fails the test when there is no Kafka
// to be had.
func Kafka(t testing.TB) []string {
	t.Helper()
	if brokers := os.Getenv("KAFKA_BROKERS"); brokers != "" {
		return strings.Split(brokers, ",")
	}
	server, err := sharedKafka()
	if err != nil {
		t.Fatalf("start Apache Kafka: %v", err)
	}
	return []string{server.Addr}
}

// StartKafka starts an Apache Kafka for this test alone and stops it when the test ends.
func StartKafka(t testing.TB) *KafkaServer { return startOwnKafka(t, false) }

// StartSecureKafka starts an Apache Kafka for this test alone that takes only TLS connections with
// SASL SCRAM-SHA-512.
func StartSecureKafka(t testing.TB) *KafkaServer { return startOwnKafka(t, true) }

func startOwnKafka(t testing.TB, secure bool) *KafkaServer {
	t.Helper()
	server, err := startKafka(secure)
	if err != nil {
		t.Fatalf("start Apache Kafka: %v", err)
	}
	t.Cleanup(server.Stop)
	return server
}

// Stop kills the broker. It may be called more than once.
func (k *KafkaServer) Stop() { k.process.stop() }

// Dialer returns what a client needs to connect: nothing for a plain server.
func (k *KafkaServer) Dialer() (*tls.Config, sasl.Mechanism, error) {
	if k.User == "" {
		return nil, nil, nil
	}
	mechanism, err := scram.Mechanism(scram.SHA512, k.User, k.Password)
	return k.tls, mechanism, err
}

func startKafka(secure bool) (*KafkaServer, error) {
	return start(func() (*KafkaServer, error) {
		ports, err := freePorts(2)
		if err != nil {
			return nil, err
		}
		k := &KafkaServer{Addr: "127.0.0.1:" + strconv.Itoa(ports[0]), ports: ports}
		end, command := syscall.SIGKILL, k.javaCommand
		if secure {
			k.User, k.Password = "stillwatch", "only-for-tests"
		}
		if err := nativeKafka(); err != nil {
			if secure || !dockerWorks() {
				return nil, fmt.Errorf("%w; %w", err, errMissing)
			}
			end, command = syscall.SIGTERM, k.dockerCommand
		}
		if k.process, err = startProcess("kafka", end, command); err != nil {
			return nil, err
		}
		return k, k.process.waitReady(readyWithin(end, time.Minute), k.answers)
	})
}

// nativeKafka says what is missing for running the broker on this machine.
func nativeKafka() error {
	if _, err := exec.LookPath(java()); err != nil {
		return fmt.Errorf("java: %w", err)
	}
	if _, err := os.Stat(libs()); err != nil {
		return fmt.Errorf("the broker's jars: %w", err)
	}
	return nil
}

func java() string {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin", "java")
	}
	return "java"
}

// libs is where setup.sh puts the broker.
func libs() string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "stillwatch", "kafka-"+kafkaVersion.FindStringSubmatch(pom)[1])
}

func (k *KafkaServer) javaCommand(dir string) ([]string, error) {
	protocol, extra := "PLAINTEXT", ""
	if k.User != "" {
		protocol = "SASL_SSL"
		keyStore, config, err := newCertificate(dir)
		if err != nil {
			return nil, err
		}
		k.tls, k.CAFile = config, filepath.Join(dir, "ca.pem")
		extra = fmt.Sprintf(`sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="%s" password="%s";
ssl.keystore.type=PEM
ssl.keystore.location=%s
ssl.truststore.type=PEM
ssl.truststore.location=%s
ssl.endpoint.identification.algorithm=
`, k.User, k.Password, keyStore, k.CAFile)
	}
	properties := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[2]d
listeners=CLIENT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
advertised.listeners=CLIENT://127.0.0.1:%[1]d
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENT:%[3]s
inter.broker.listener.name=CLIENT
log.dirs=%[4]s
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.cleaner.backoff.ms=500
%[5]s`, k.ports[0], k.ports[1], protocol, filepath.Join(dir, "data"), extra)
	config := filepath.Join(dir, "server.properties")
	if err := os.WriteFile(config, []byte(properties), 0o600); err != nil {
		return nil, err
	}
	// A bounded heap and the cheap collector and compiler: tests share the machine with what they
	// test.
	vm := []string{
		java(), "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp",
		filepath.Join(libs(), "*"),
	}
	id, err := clusterID()
	if err != nil {
		return nil, err
	}
	format := slices.Concat(vm, []string{
		"kafka.tools.StorageTool", "format", "-t", id, "-c", config,
	})
	if k.User != "" {
		format = append(
			format, "--add-scram",
			fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", k.User, k.Password),
		)
	}
	if err := run(format...); err != nil {
		return nil, err
	}
	return append(vm, "kafka.Kafka", config), nil
}

// dockerCommand runs the official image in the foreground, so that the client passes the signal on
// and the container is removed.
func (k *KafkaServer) dockerCommand(string) ([]string, error) {
	args := []string{"docker", "run", "--rm", "-p", k.Addr + ":9092"}
	for _, setting := range []string{
		"PROCESS_ROLES=broker,controller", "NODE_ID=1", "CONTROLLER_QUORUM_VOTERS=1@localhost:9093",
		"LISTENERS=CLIENT://:9092,INSIDE://:9094,CONTROLLER://:9093",
		"ADVERTISED_LISTENERS=CLIENT://" + k.Addr + ",INSIDE://localhost:9094",
		"CONTROLLER_LISTENER_NAMES=CONTROLLER",
		"LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT,INSIDE:PLAINTEXT",
		"INTER_BROKER_LISTENER_NAME=INSIDE", "OFFSETS_TOPIC_REPLICATION_FACTOR=1",
		"TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1", "TRANSACTION_STATE_LOG_MIN_ISR=1",
		"SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR=1",
		"SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR=1", "GROUP_INITIAL_REBALANCE_DELAY_MS=0",
		"AUTO_CREATE_TOPICS_ENABLE=false", "LOG_CLEANER_BACKOFF_MS=500",
	} {
		args = append(args, "-e", "KAFKA_"+setting)
	}
	return append(args, "apache/kafka:"+kafkaVersion.FindStringSubmatch(pom)[1]), nil
}

// answers asks for the metadata of the cluster.
func (k *KafkaServer) answers() error {
	config, mechanism, err := k.Dialer()
	if err != nil {
		return err
	}
	transport := &kafka.Transport{TLS: config, SASL: mechanism, DialTimeout: time.Second}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(k.Addr), Transport: transport, Timeout: 2 * time.Second}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	res, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return err
	}
	if len(res.Brokers) == 0 {
		return errors.New("the broker is not registered yet")
	}
	return nil
}

// clusterID makes an id as StorageTool does: 16 bytes in URL-safe base64. One that begins with a
// hyphen would be taken for an option.
func clusterID() (string, error) {
	for {
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return "", err
		}
		if id := base64.RawURLEncoding.EncodeToString(raw[:]); !strings.HasPrefix(id, "-") {
			return id, nil
		}
	}
}
