package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

var errStillReady = errors.New("the service still calls itself ready")

// smallBatches makes a run long enough, in commits, to be interrupted in the middle.
var smallBatches = section{"pipeline": section{"batch_records": 10}}

func TestAfterKillsTheFingerprintsEqualThoseOfAnUninterruptedRun(t *testing.T) {
	t.Parallel()
	const accounts, events = 200, 9000
	whole := newDeployment(t)
	// One source partition gives every run the same order of observations, so the states can be
	// compared byte by byte.
	gateway := whole.topic("gateway")
	whole.createTopic(gateway, 1)
	whole.produce(gateway, traffic(accounts, events))
	s := whole.start().waitReady()
	whole.waitDone(events)
	require.Zero(t, s.stop(), s.log)
	want := whole.fingerprints()
	if len(want) != accounts { // require.Len would print all of them
		t.Fatalf("%d accounts have a fingerprint, not %d", len(want), accounts)
	}

	killed := newDeployment(t).set(smallBatches).set(
		section{"topics": section{"gateway": []string{gateway}}},
	)
	for _, part := range []int64{events / 5, events / 2, events * 4 / 5} {
		s := killed.start()
		killed.waitCommitted(part)
		s.kill()
		done, err := killed.fingerprinted()
		require.NoError(t, err)
		require.Less(t, done, int64(events), "killed too late to show anything")
	}
	s = killed.start().waitReady()
	killed.waitDone(events)
	require.Zero(t, s.stop(), s.log)

	got := killed.fingerprints()
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for key, value := range want {
		require.Equal(t, profile(t, value), profile(t, got[key]), "the fingerprint of %s", key)
		require.Equal(t, value, got[key], "the stored fingerprint of %s", key)
	}
}

func TestTwoInstancesShareThePartitionsAndLoseNothingWhenOneIsKilled(t *testing.T) {
	t.Parallel()
	const accounts, events = 200, 9000
	messages := traffic(accounts, events)
	d := newDeployment(t).set(smallBatches)
	d.createTopic(d.topic("gateway"), partitions)
	first, second := d.start().waitReady(), d.start().waitReady()
	eventually(t, func() error {
		for _, s := range []*service{first, second} {
			for _, stage := range []string{"ingest", "fingerprint"} {
				if owned, err := s.owned(stage); err != nil {
					return err
				} else if owned < 1 || owned >= partitions {
					return fmt.Errorf("%s owns %d partitions of %s", s.url, owned, stage)
				}
			}
		}
		return nil
	})

	d.produce(d.topic("gateway"), messages[:events/2])
	d.waitCommitted(events / 8)
	first.kill()
	d.produce(d.topic("gateway"), messages[events/2:])
	d.waitDone(events)

	want := make(map[string]int)
	for _, m := range messages {
		want[string(m.Key)]++
	}
	require.Equal(t, want, d.requestsByAccount())
	require.Zero(t, second.stop(), second.log)
}

func TestAMalformedRecordLandsInTheDeadLetterTopicAndThePartitionGoesOn(t *testing.T) {
	d := newDeployment(t)
	gateway := d.topic("gateway")
	d.createTopic(gateway, 1)
	good := traffic(3, 30)
	malformed := []string{
		`{"id":"cut off`, `{"id":"a","id":"b"}`, `not JSON at all`, `{"schema":"1"}`,
	}
	messages := slices.Clone(good[:10])
	for _, value := range malformed {
		messages = append(messages, kafka.Message{Key: []byte("k"), Value: []byte(value)})
	}
	messages = append(messages, good[10:]...)
	d.produce(gateway, messages)
	s := d.start().waitReady()
	d.waitDone(int64(len(messages)))

	letters := d.read(d.topic("dead_letters"))
	require.Len(t, letters, len(malformed))
	byOffset := make(map[string]kafka.Message)
	for _, letter := range letters {
		byOffset[header(letter, "stillwatch-offset")] = letter
	}
	for i, value := range malformed {
		letter, found := byOffset[fmt.Sprint(10+i)]
		require.True(t, found, "no dead letter for offset %d", 10+i)
		require.Equal(t, value, string(letter.Value), "the record comes whole")
		require.NotEmpty(t, header(letter, "stillwatch-reason"))
		require.Equal(t, gateway, header(letter, "stillwatch-topic"))
		require.Equal(t, "0", header(letter, "stillwatch-partition"))
	}
	total := 0
	for _, requests := range d.requestsByAccount() {
		total += requests
	}
	require.Equal(t, len(good), total, "what stands before and after the malformed records counts")
	require.Zero(t, s.stop(), s.log)
}

func TestAStopFinishesInTimeAndTheNextStartContinues(t *testing.T) {
	const accounts, events = 100, 6000
	messages := traffic(accounts, events)
	d := newDeployment(t).set(smallBatches)
	d.createTopic(d.topic("gateway"), partitions)
	d.produce(d.topic("gateway"), messages[:events/2])
	s := d.start().waitReady()
	d.waitCommitted(events / 10)
	began := time.Now()
	require.Zero(t, s.stop(), s.log)
	require.Less(t, time.Since(began), 20*time.Second, "shutdown_timeout")
	requireNoStackTrace(t, s)

	d.produce(d.topic("gateway"), messages[events/2:])
	began = time.Now()
	s = d.start().waitReady()
	require.Less(t, time.Since(began), 8*time.Second,
		"an instance that left its groups is not waited for")
	d.waitDone(events)
	require.Zero(t, s.stop(), s.log)

	ends, err := d.endOffsets(d.topic("observations"))
	require.NoError(t, err)
	var observations int64
	for _, end := range ends {
		observations += end
	}
	require.EqualValues(t, events, observations, "a graceful stop repeats nothing")
	total := 0
	for _, requests := range d.requestsByAccount() {
		total += requests
	}
	require.Equal(t, events, total)
}

// waitCommitted waits until fingerprint has committed so many observations.
func (d *deployment) waitCommitted(observations int64) {
	d.t.Helper()
	eventually(d.t, func() error {
		done, err := d.fingerprinted()
		if err == nil && done < observations {
			err = fmt.Errorf("fingerprint has done %d of %d", done, observations)
		}
		return err
	})
}

// fingerprinted returns how many observations fingerprint has committed. It asks Redis only, to be
// quick about it.
func (d *deployment) fingerprinted() (done int64, err error) {
	client := redis.NewClient(&redis.Options{Addr: d.redis()})
	defer func() { _ = client.Close() }()
	for partition := range partitions {
		next, err := d.committed(client, "fingerprint", d.topic("observations"), partition)
		if err != nil {
			return 0, err
		}
		done += next
	}
	return done, nil
}

func header(m kafka.Message, key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// owned returns how many partitions of a stage the instance works on, from its metrics.
func (s *service) owned(stage string) (int, error) {
	return s.metric(fmt.Sprintf("stillwatch_partitions_owned{stage=%q}", stage))
}

// metric returns the value of a series, given as the metrics show it.
func (s *service) metric(series string) (int, error) {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(s.url + "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), series+" "); found {
			return strconv.Atoi(value)
		}
	}
	return 0, fmt.Errorf("%s shows no metric %s", s.url, series)
}

// waitMetric waits until a series has a value.
func (s *service) waitMetric(series string, want int) {
	s.t.Helper()
	eventually(s.t, func() error {
		got, err := s.metric(series)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %d, not %d", series, got, want)
		}
		return err
	})
}

// fingerprints returns the stored fingerprints by partition and key.
func (d *deployment) fingerprints() map[string][]byte {
	d.t.Helper()
	values := d.state("fingerprint", d.topic("observations"))
	maps.DeleteFunc(values, func(key string, _ []byte) bool {
		_, key, _ = strings.Cut(key, "/")
		return !strings.HasPrefix(key, "a:")
	})
	return values
}

// requestsByAccount adds up the requests that the stored fingerprints have counted.
func (d *deployment) requestsByAccount() map[string]int {
	d.t.Helper()
	counts := make(map[string]int)
	for _, value := range d.fingerprints() {
		p := profile(d.t, value)
		counts[p.Account] += int(p.Requests)
	}
	return counts
}

func profile(t *testing.T, value []byte) fingerprint.Profile {
	t.Helper()
	opts := fingerprint.DefaultOptions()
	stored := fingerprint.New(&opts)
	require.NoError(t, stored.UnmarshalBinary(value))
	var p fingerprint.Profile
	stored.Profile(&p)
	return p
}
