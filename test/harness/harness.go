// Package harness gives tests a real Apache Kafka and a real Redis: those named by KAFKA_BROKERS
// and REDIS_ADDR, or servers that it starts on free ports and that end with the test process,
// however that ends. It never skips: a test that cannot have its servers fails and says how to get
// them.
package harness

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// errMissing says what to do where neither the servers nor Docker are installed.
var errMissing = errors.New(
	`not installed, and neither Docker nor KAFKA_BROKERS/REDIS_ADDR is there instead. On Debian or Ubuntu:
  sudo apt-get install -y redis-server maven default-jre-headless
  test/setup.sh`,
)

// Name returns a name that no other test and no earlier run uses, for topics, groups and key
// prefixes on shared servers. It is made of letters, digits and hyphens.
func Name(t testing.TB) string {
	t.Helper()
	var suffix [4]byte
	if _, err := rand.Read(suffix[:]); err != nil {
		t.Fatalf("read randomness: %v", err)
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '-'
		}
	}, strings.TrimPrefix(t.Name(), "Test"))
	if len(clean) > 40 {
		clean = clean[:40]
	}
	return strings.ToLower(clean) + "-" + hex.EncodeToString(suffix[:])
}

// start calls launch again when the server ended at once, which is what it does when another
// process took its port in the meantime.
func start[T any](launch func() (T, error)) (server T, err error) {
	for range 3 {
		if server, err = launch(); !errors.Is(err, errExited) {
			break
		}
	}
	return server, err
}

func dockerWorks() bool { return exec.Command("docker", "info").Run() == nil }

// readyWithin allows for the download of an image where the server runs in Docker, which is where
// it is ended by SIGTERM.
func readyWithin(end syscall.Signal, native time.Duration) time.Duration {
	if end == syscall.SIGTERM {
		return 5 * time.Minute
	}
	return native
}
