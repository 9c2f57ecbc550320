package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const redisImage = "redis:8"

// RedisServer is a redis-server of a single test.
type RedisServer struct {
	Addr     string
	Password string
	process  *process
}

// sharedRedis is the one server of the test process. It ends with the process.
var sharedRedis = sync.OnceValues(func() (*RedisServer, error) { return startRedis("") })

// Redis returns the host:port of a real Redis: REDIS_ADDR when set, otherwise a redis-server that
// all tests of this process share. Tests tell their keys apart by a prefix of their own (see Name).
// It fails the test when there is no Redis to be had.
func Redis(t testing.TB) string {
	t.Helper()
	if addr := os.Getenv("REDIS_ADDR"); addr != "" {
		return addr
	}
	server, err := sharedRedis()
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	return server.Addr
}

// StartRedis starts a redis-server for this test alone, with a password unless that is empty, and
// stops it when the test ends.
func StartRedis(t testing.TB, password string) *RedisServer {
	t.Helper()
	server, err := startRedis(password)
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	t.Cleanup(server.Stop)
	return server
}

// Stop kills the server. It may be called more than once.
func (r *RedisServer) Stop() { r.process.stop() }

func startRedis(password string) (*RedisServer, error) {
	return start(func() (*RedisServer, error) {
		ports, err := freePorts(1)
		if err != nil {
			return nil, err
		}
		port := strconv.Itoa(ports[0])
		r := &RedisServer{Addr: "127.0.0.1:" + port, Password: password}
		options := []string{"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}
		if password != "" {
			options = append(options, "--requirepass", password)
		}
		end := syscall.SIGKILL
		command := func(dir string) ([]string, error) {
			return append([]string{
				"redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", dir,
			}, options...), nil
		}
		if _, err := exec.LookPath("redis-server"); err != nil {
			if !dockerWorks() {
				return nil, errMissing
			}
			end = syscall.SIGTERM
			command = func(string) ([]string, error) {
				return append([]string{
					"docker", "run", "--rm", "-p", r.Addr + ":6379", redisImage, "redis-server",
				}, options...), nil
			}
		}
		if r.process, err = startProcess("redis", end, command); err != nil {
			return nil, err
		}
		return r, r.process.waitReady(readyWithin(end, 10*time.Second), r.ping)
	})
}

func (r *RedisServer) ping() error {
	client := redis.NewClient(&redis.Options{
		Addr: r.Addr, Password: r.Password, MaxRetries: -1, DialTimeout: time.Second,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}
