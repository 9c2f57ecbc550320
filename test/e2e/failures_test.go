package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/test/harness"
)

// complaints returns what the service said to its user: the lines of its output that are not
// structured logs.
func (s *service) complaints() []string {
	var lines []string
	for line := range strings.Lines(s.log.String()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestWhatCannotWorkEndsWithOneLineThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		settings func(t *testing.T) section
		says     []string
	}{
		{"a broker that is not there", func(*testing.T) section {
			return section{
				"kafka": section{"brokers": []string{"127.0.0.1:1"}}, "startup_timeout": "2s",
			}
		}, []string{"127.0.0.1:1", "refused"}},
		{"a Redis that is not there", func(*testing.T) section {
			return section{
				"redis": section{"addresses": []string{"127.0.0.1:1"}}, "startup_timeout": "2s",
			}
		}, []string{"redis", "refused"}},
		{"a wrong Redis password", func(t *testing.T) section {
			return section{"redis": section{
				"addresses": []string{harness.StartRedis(t, "right").Addr}, "password": "wrong",
			}}
		}, []string{"redis", "password"}},
		{"a Redis password that is missing", func(t *testing.T) section {
			return section{
				"redis": section{"addresses": []string{harness.StartRedis(t, "right").Addr}},
			}
		}, []string{"redis", "password"}},
		{"a missing topic that may not be created", func(*testing.T) section {
			return section{"topics": section{"create": false}}
		}, []string{".events", "topics.create"}},
		{"a missing topic of account facts that may not be created", func(*testing.T) section {
			return section{"topics": section{"create": false}, "ingest": section{
				"enrich": section{"facts_topic": "my.facts"},
			}}
		}, []string{"my.facts", "--config cleanup.policy=compact"}},
		{"a misspelt key", func(*testing.T) section {
			return section{"kafka": section{"broker": "localhost:9092"}}
		}, []string{"kafka.broker", "brokers"}},
		{"a value of the wrong kind", func(*testing.T) section {
			return section{"shutdown_timeout": "soon"}
		}, []string{"shutdown_timeout", "soon"}},
		{"no secret", func(*testing.T) section {
			return section{"sketch": section{"secret": ""}}
		}, []string{"sketch.secret", "openssl rand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newDeployment(t).set(c.settings(t)).start()
			began := time.Now()
			require.NotZero(t, s.wait(), s.log)
			require.Less(t, time.Since(began), 30*time.Second)
			complaints := s.complaints()
			require.Len(t, complaints, 1, s.log)
			for _, word := range c.says {
				require.Contains(t, complaints[0], word)
			}
			requireNoStackTrace(t, s)
			require.NotContains(t, s.log.String(), "wrong\"", "passwords are not logged")
		})
	}
}

func TestAConfigurationFileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("kafka: [unclosed\n"), 0o600))
	for _, path := range []string{missing, broken} {
		s := startService(t, "127.0.0.1:1", "run", "--config", path)
		require.NotZero(t, s.wait())
		require.Len(t, s.complaints(), 1, s.log)
		require.Contains(t, s.complaints()[0], path)
		requireNoStackTrace(t, s)
	}
}

func TestItSpeaksToASecureKafkaAndRefusesAWrongPasswordAtOnce(t *testing.T) {
	t.Parallel()
	k := harness.StartSecureKafka(t)
	secure := func(password string) section {
		return section{"kafka": section{
			"brokers": []string{k.Addr}, "tls": section{"enabled": true, "ca_file": k.CAFile},
			"sasl": section{"mechanism": "scram-sha-512", "username": k.User, "password": password},
		}}
	}
	s := newDeployment(t).set(secure(k.Password)).start().waitReady()
	require.Zero(t, s.stop(), s.log)

	refused := newDeployment(t).set(secure("another")).start()
	began := time.Now()
	require.NotZero(t, refused.wait())
	require.Less(t, time.Since(began), 30*time.Second, "waiting does not mend a wrong password")
	require.Len(t, refused.complaints(), 1, refused.log)
	require.Contains(t, refused.complaints()[0], "kafka")
	require.NotContains(t, refused.log.String(), "another")
	requireNoStackTrace(t, refused)
}

func TestItIsNotReadyWhileRedisIsGoneAndSaysSo(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t, "")
	s := newDeployment(t).set(section{"redis": section{"addresses": []string{r.Addr}}}).
		start().waitReady()
	r.Stop()
	requireUnready(t, s, "redis")
}

func TestItIsNotReadyWhileKafkaIsGoneAndSaysSo(t *testing.T) {
	t.Parallel()
	k := harness.StartKafka(t)
	s := newDeployment(t).set(section{"kafka": section{"brokers": []string{k.Addr}}}).
		start().waitReady()
	k.Stop()
	requireUnready(t, s, "kafka")
}

// requireUnready waits until the service, which must stay alive, reports that a dependency is gone,
// and that it can still be stopped.
func requireUnready(t *testing.T, s *service, dependency string) {
	t.Helper()
	eventually(t, func() error {
		if ok, body := s.ready(); ok {
			return errStillReady
		} else if !strings.Contains(body, dependency) {
			t.Fatalf("the reason does not name %s: %s", dependency, body)
		}
		return nil
	})
	s.stop()
	requireNoStackTrace(t, s)
}

func requireNoStackTrace(t *testing.T, s *service) {
	t.Helper()
	for _, trace := range []string{"goroutine ", "panic:", "stacktrace"} {
		require.NotContains(t, s.log.String(), trace)
	}
}
