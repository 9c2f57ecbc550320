package harness

import (
	_ "embed" // for the POM
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed connect.xml
var connectPOM string

// StartConnect starts a Kafka Connect worker of its own for this test, with connectors of which
// each is the text of a properties file, and stops it when the test ends. It fails the test when
// there is none to be had, or when a connector is refused.
func StartConnect(t testing.TB, brokers []string, connectors ...string) {
	t.Helper()
	var worker *process
	_, err := start(func() (struct{}, error) {
		ports, err := freePorts(1)
		if err != nil {
			return struct{}{}, err
		}
		if worker, err = startProcess("connect", syscall.SIGKILL, func(dir string) ([]string, error) {
			return connectCommand(dir, brokers, ports[0], connectors)
		}); err != nil {
			return struct{}{}, err
		}
		url := "http://127.0.0.1:" + strconv.Itoa(ports[0])
		return struct{}{}, worker.waitReady(3*time.Minute, func() error { return answersOK(url) })
	})
	if err != nil {
		t.Fatalf("start Kafka Connect: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(worker.log())
		}
		worker.stop()
	})
}

func connectCommand(dir string, brokers []string, port int, connectors []string) ([]string, error) {
	version := kafkaVersion.FindStringSubmatch(connectPOM)[1]
	libs, err := cached("connect-" + version)
	if err != nil {
		return nil, err
	}
	properties := fmt.Sprintf(`bootstrap.servers=%s
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=%s
offset.flush.interval.ms=1000
listeners=http://127.0.0.1:%d
consumer.auto.offset.reset=earliest
`, strings.Join(brokers, ","), filepath.Join(dir, "offsets"), port)
	command := []string{
		java(), "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-XX:-UsePerfData", "-cp", filepath.Join(libs, "*"),
		"org.apache.kafka.connect.cli.ConnectStandalone", filepath.Join(dir, "worker.properties"),
	}
	if err := writeFile(filepath.Join(dir, "worker.properties"), properties); err != nil {
		return nil, err
	}
	for i, connector := range connectors {
		path := filepath.Join(dir, fmt.Sprintf("connector-%d.properties", i))
		if err := writeFile(path, connector); err != nil {
			return nil, err
		}
		command = append(command, path)
	}
	return command, nil
}
