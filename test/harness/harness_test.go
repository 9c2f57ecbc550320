package harness

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

func TestTheSharedServersAnswer(t *testing.T) {
	brokers := Kafka(t)
	produce(t, &kafka.Transport{}, brokers[0])
	again := Kafka(t)
	require.Equal(t, brokers, again, "one broker for all tests of the process")

	client := redis.NewClient(&redis.Options{Addr: Redis(t)})
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Set(t.Context(), Name(t), 1, time.Minute).Err())
}

func TestASecureKafkaTakesOnlyTheRightPassword(t *testing.T) {
	k := StartSecureKafka(t)
	config, mechanism, err := k.Dialer()
	require.NoError(t, err)
	produce(t, &kafka.Transport{TLS: config, SASL: mechanism}, k.Addr)

	k.Password = "wrong"
	require.Error(t, k.answers())
}

func TestARedisWithAPasswordTakesOnlyThatOne(t *testing.T) {
	r := StartRedis(t, "secret")
	r.Password = "wrong"
	require.ErrorContains(t, r.ping(), "WRONGPASS")
	r.Stop()
	r.Stop()
	_, err := os.Stat(r.process.dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func produce(t *testing.T, transport *kafka.Transport, addr string) {
	t.Helper()
	defer transport.CloseIdleConnections()
	topic := Name(t)
	client := &kafka.Client{Addr: kafka.TCP(addr), Transport: transport, Timeout: 10 * time.Second}
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}},
	})
	require.NoError(t, err)
	require.NoError(t, res.Errors[topic])
	w := &kafka.Writer{
		Addr: client.Addr, Topic: topic, RequiredAcks: kafka.RequireAll,
		BatchTimeout: time.Millisecond, Transport: transport,
	}
	defer func() { require.NoError(t, w.Close()) }()
	require.NoError(t, w.WriteMessages(t.Context(), kafka.Message{Value: []byte("x")}))
}

// helperVariable makes a test process of this package the child of the one that sets it.
const helperVariable = "STILLWATCH_HARNESS_HELPER"

func TestServersEndWhenTheTestProcessIsKilled(t *testing.T) {
	if os.Getenv(helperVariable) != "" {
		r, err := startRedis("")
		require.NoError(t, err)
		fmt.Println("started", r.Addr, r.process.dir)
		select {}
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), helperVariable+"=1")
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var addr, dir string
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "started "); ok {
			addr, dir, _ = strings.Cut(rest, " ")
		}
	}
	require.NotEmpty(t, addr)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	require.Eventually(t, func() bool {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		_, statErr := os.Stat(dir)
		return err != nil && os.IsNotExist(statErr)
	}, 10*time.Second, 20*time.Millisecond)
}

func TestAServerThatEndsByItselfIsReportedWithItsLog(t *testing.T) {
	p, err := startProcess("broken", os.Kill, func(string) ([]string, error) {
		return []string{"sh", "-c", "echo cannot bind; exit 3"}, nil
	})
	require.NoError(t, err)
	err = p.waitReady(10*time.Second, func() error { return context.DeadlineExceeded })
	require.ErrorIs(t, err, errExited)
	require.ErrorContains(t, err, "status 3")
	require.ErrorContains(t, err, "cannot bind")
	_, err = os.Stat(p.dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestNamesAreUniqueAndFitForTopics(t *testing.T) {
	first, second := Name(t), Name(t)
	require.NotEqual(t, first, second)
	require.Regexp(t, `^[a-z0-9-]{1,60}$`, first)
}
