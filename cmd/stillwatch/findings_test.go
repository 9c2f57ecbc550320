package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// findingRecord is a record as far as verify looks at it.
func findingRecord(uid string, sequence, members int) string {
	activity := 2
	if sequence == 1 {
		activity = 1
	}
	return fmt.Sprintf(
		`{"class_uid":2004,"activity_id":%d,"metadata":{"uid":"%s:%d","sequence":%d},"finding_info":{"uid":%q},"unmapped":{"stillwatch":{"members":%d}}}`,
		activity, uid, sequence, sequence, uid, members,
	)
}

func TestFindingsAreVerifiedInAFile(t *testing.T) {
	good := []string{
		findingRecord("a", 1, 8), findingRecord("b", 1, 9), findingRecord("a", 2, 9),
		findingRecord("a", 1, 8),
	}
	code, stdout, stderr := execute(
		t, nil, "findings", "verify", writeFile(t, "alerts.jsonl", strings.Join(good, "\n")+"\n"),
	)
	require.Equal(t, 0, code, stderr)
	require.Equal(
		t, "4 records of 2 findings: created 2, updated 1, closed 0, repeated 1; faults: 0\n",
		stdout,
	)

	bad := slices.Concat(good, []string{
		"", findingRecord("a", 1, 7), findingRecord("b", 3, 9), "not JSON",
	})
	path := writeFile(t, "alerts.jsonl", strings.Join(bad, "\n"))
	code, stdout, stderr = execute(t, nil, "findings", "verify", path)
	require.Equal(t, 1, code)
	require.Equal(t, strings.Join([]string{
		"line 6: record a:1: comes with another content than at line 1: unmapped.stillwatch differ",
		"line 7: record b:3: follows sequence 1; a sequence rises by one",
		"line 8: alert: read finding: invalid character 'o' in literal null (expecting 'u')",
		"7 records of 2 findings: created 2, updated 2, closed 0, repeated 2; faults: 3", "",
	}, "\n"), stdout)
	require.Equal(
		t,
		"stillwatch: the records contradict what docs/alerts.md promises; report it with the lines above and the log of correlate\n",
		stderr,
	)

	code, stdout, _ = execute(t, nil, "findings", "verify", "--partial", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "faults: 2")

	code, _, stderr = execute(t, nil, "findings", "verify", "--follow", path)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "either a file, or --topic and --follow")
	code, _, stderr = execute(
		t, nil, "findings", "verify", writeFile(t, "alerts.jsonl", strings.Repeat("x", 2_000_000)),
	)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "line 1: 2000000 bytes; a finding record is smaller than 1000000")
}

func TestFindingsAreVerifiedInATopic(t *testing.T) {
	kafka, err := embedded.StartKafka(embedded.KafkaOptions{Partitions: 2, AutoCreate: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, kafka.Close()) }()
	opts := stream.DefaultOptions()
	opts.Brokers = []string{kafka.Addr()}
	client, err := stream.New(opts, nil)
	require.NoError(t, err)
	_, err = client.EnsureTopics(
		t.Context(), []stream.TopicSpec{{Name: "found", Partitions: 2}}, true,
	)
	require.NoError(t, err)
	producer, err := client.Producer("found")
	require.NoError(t, err)
	defer producer.Close()
	send := func(uid string, sequence, members int) {
		require.NoError(t, producer.Produce(t.Context(), []stream.OutRecord{
			{
				Topic: "found", Key: []byte(uid),
				Value: []byte(findingRecord(uid, sequence, members)),
			},
		}))
	}
	for sequence := 1; sequence <= 3; sequence++ {
		send("a", sequence, 8)
		send("b", sequence, 8)
	}
	conf := file(t, "topics: {alerts: found}")
	code, stdout, stderr := execute(
		t, nil, "findings", "verify", "-c", conf, "--brokers", kafka.Addr(),
	)
	require.Equal(t, 0, code, stderr)
	require.Equal(
		t, "6 records of 2 findings: created 2, updated 4, closed 0, repeated 0; faults: 0\n",
		stdout,
	)
	code, _, stderr = execute(
		t, nil, "findings", "verify", "--brokers", kafka.Addr(), "--topic", "absent",
	)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "topic absent does not exist")

	// A consumer that follows sees the contradiction when it comes, and says so when it is stopped.
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &notifier{on: "comes with another content", do: stop}
	errs := &notifier{on: "read to the end", do: func() { send("b", 2, 9) }}
	code = run(ctx, []string{
		"findings", "verify", "--follow", "--brokers", kafka.Addr(), "--topic", "found",
	}, terminal{
		out: out, err: errs, env: func(string) (string, bool) { return "", false },
	})
	require.Equal(t, 1, code, errs)
	require.Contains(t, out.text.String(),
		"record b:2: comes with another content than at partition ")
	require.Contains(t, out.text.String(), "faults: 1\n")
}

// notifier keeps what is written, and does something once when it contains a text.
type notifier struct {
	on   string
	do   func()
	text bytes.Buffer
	once sync.Once
}

func (n *notifier) Write(p []byte) (int, error) {
	n.text.Write(p)
	if bytes.Contains(n.text.Bytes(), []byte(n.on)) {
		n.once.Do(n.do)
	}
	return len(p), nil
}
