// Package e2e runs the built binary as an operator does, on a real Apache Kafka and a real Redis.
package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/stillwatch/stillwatch/test/harness"
)

// patience bounds every wait for something that a healthy service does within a second or two; two
// cores may be shared with other tests.
const patience = 90 * time.Second

// binaryDir is where TestMain lets the binary be built.
var binaryDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stillwatch-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaryDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// buildBinary builds stillwatch once for all tests.
var buildBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaryDir, "stillwatch")
	root := filepath.Join("..", "..")
	// go test keeps results for as long as what the test has looked at stays the same: so it has to
	// look at what the binary is made of.
	for _, part := range []string{"cmd", "configs", "detectors", "pkg"} {
		if err := filepath.WalkDir(
			filepath.Join(root, part),
			func(_ string, _ fs.DirEntry, err error) error { return err },
		); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("go", "build", "-o", path, "./cmd/stillwatch")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := buildBinary()
	require.NoError(t, err, "build stillwatch")
	return path
}

// section is a part of the configuration; nested sections are laid over one another key by key.
type section = map[string]any

// deployment is a configuration of its own topics, groups and keys on the servers that all tests
// share.
type deployment struct {
	t      *testing.T
	name   string
	config section
	client *kafka.Client
}

const partitions = 3

// textTopic ends the names of topics that get events with their text.
const textTopic = ".events"

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	name, brokers := harness.Name(t), harness.Kafka(t)
	d := &deployment{t: t, name: name, client: newClient(t, brokers[0]), config: section{
		"kafka": section{
			"brokers": brokers, "group_prefix": name,
			// Short enough for a killed instance to be noticed within the test, long enough for a
			// busy machine.
			"session_timeout": "6s", "heartbeat_interval": "1s", "rebalance_timeout": "10s",
		},
		"redis": section{"addresses": []string{harness.Redis(t)}, "prefix": name},
		"topics": section{
			"partitions": partitions, "replication_factor": 1,
			"gateway": []string{name + textTopic}, "observations": name + ".observations",
			"profiles": name + ".profiles", "alerts": name + ".alerts",
			"accounts": name + ".accounts", "dead_letters": name + ".deadletter",
			"verdicts": name + ".verdicts", "audit": name + ".audit",
		},
		"sketch":           section{"secret": "a secret of the end-to-end tests"},
		"startup_timeout":  "60s",
		"shutdown_timeout": "20s",
	}}
	// Clean-up is last in, first out: whatever writes alerts has ended by then.
	t.Cleanup(d.verifyFindings)
	return d
}

// set lays further settings over the deployment's configuration.
func (d *deployment) set(settings section) *deployment {
	d.config = overlay(d.config, settings)
	return d
}

func overlay(base, over section) section {
	merged := maps.Clone(base)
	for key, value := range over {
		below, isSection := merged[key].(section)
		if above, ok := value.(section); ok && isSection {
			value = overlay(below, above)
		}
		merged[key] = value
	}
	return merged
}

func (d *deployment) topic(key string) string {
	value := d.config["topics"].(section)[key]
	if list, ok := value.([]string); ok {
		return list[0]
	}
	return value.(string)
}

func (d *deployment) prefix() string { return d.config["redis"].(section)["prefix"].(string) }

func (d *deployment) brokers() string {
	return d.config["kafka"].(section)["brokers"].([]string)[0]
}

func (d *deployment) redis() string {
	return d.config["redis"].(section)["addresses"].([]string)[0]
}

// service is a running stillwatch.
type service struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	log  *lockedBuffer
	done chan struct{}
	err  error
}

// start runs `stillwatch run` on the deployment's configuration. Whatever the test leaves running
// is killed at its end, and the log is shown if the test failed.
func (d *deployment) start(args ...string) *service {
	d.t.Helper()
	address := freeAddress(d.t)
	d.set(section{"http": section{"address": address}})
	return startService(d.t, address, append([]string{"run", "--config", d.file()}, args...)...)
}

// file writes the configuration and returns its path.
func (d *deployment) file() string {
	d.t.Helper()
	data, err := yaml.Marshal(d.config)
	require.NoError(d.t, err)
	return writeFile(d.t, "stillwatch.yaml", data)
}

// writeFile writes a file of its own and returns its path.
func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// command runs stillwatch to its end, which has to be a good one, and returns what it wrote to
// standard output.
func command(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(binary(t), args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, withoutOverrides(os.Environ())
	require.NoError(t, cmd.Run(), "stillwatch %s\n%s", strings.Join(args, " "), &stderr)
	return stdout.Bytes()
}

func startService(t *testing.T, address string, args ...string) *service {
	t.Helper()
	s := &service{
		t: t, url: "http://" + address, log: &lockedBuffer{}, done: make(chan struct{}),
		cmd: exec.Command(binary(t), args...),
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = withoutOverrides(os.Environ())
	require.NoError(t, s.cmd.Start())
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("--- stillwatch %s\n%s", strings.Join(args, " "), tail(s.log.String(), 80))
		}
	})
	return s
}

// withoutOverrides keeps settings of the developer's shell away from the tests.
func withoutOverrides(env []string) []string {
	var clean []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "STILLWATCH_") {
			clean = append(clean, variable)
		}
	}
	return clean
}

// ready reports whether the service says so, and the body of its answer.
func (s *service) ready() (bool, string) {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(s.url + "/readyz")
	if err != nil {
		return false, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return false, err.Error()
	}
	return res.StatusCode == http.StatusOK, string(body)
}

func (s *service) waitReady() *service {
	s.t.Helper()
	var last string
	eventually(s.t, func() error {
		select {
		case <-s.done:
			s.t.Fatalf("stillwatch ended: %v\n%s", s.err, s.log)
		default:
		}
		ok, body := s.ready()
		if last = body; !ok {
			return fmt.Errorf("not ready: %s", last)
		}
		return nil
	})
	return s
}

// kill ends the process without giving it a chance to do anything.
func (s *service) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// stop asks the process to end and returns its exit code.
func (s *service) stop() int {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	return s.wait()
}

// wait waits for the process to end by itself and returns its exit code.
func (s *service) wait() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatalf("stillwatch did not end within %v\n%s", patience, s.log)
	}
	if exit, ok := errors.AsType[*exec.ExitError](s.err); ok {
		return exit.ExitCode()
	}
	require.NoError(s.t, s.err)
	return 0
}

// eventually polls until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %v", patience, err)
		}
		// polling: nothing announces what other processes have done
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// lockedBuffer is what a process writes while a test reads.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
