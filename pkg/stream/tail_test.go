package stream

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATailIsTheEndOfEveryPartition(t *testing.T) {
	kafka := startKafka(t, []string{"in", "empty"})
	c := newClient(t, testOptions(kafka.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "in").Produce(testContext(t), numbered("in", 0, 400)))

	for name, tc := range map[string]struct {
		topic   string
		last    int
		records int64
		held    int64
	}{
		"shorter than the topic": {topic: "in", last: 10, records: 40, held: 400},
		"longer than the topic":  {topic: "in", last: 5000, records: 400, held: 400},
		"of an empty topic":      {topic: "empty", last: 10},
	} {
		t.Run(name, func(t *testing.T) {
			newest := map[int]int64{}
			tail, err := c.Tail(testContext(t), tc.topic, tc.last, func(records []Record) {
				for i := range records {
					require.Greater(t, records[i].Offset, newest[records[i].Partition]-1)
					newest[records[i].Partition] = records[i].Offset + 1
				}
			})
			require.NoError(t, err)
			require.Equal(t, Tail{Partitions: 4, Records: tc.records, Held: tc.held}, tail)
			var ends int64
			for _, end := range newest {
				ends += end
			}
			require.Equal(t, tc.held, ends, "each partition was read to its end")
		})
	}
}

func TestATailSaysWhatItHadNoTimeFor(t *testing.T) {
	kafka := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(kafka.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "in").Produce(testContext(t), numbered("in", 0, 4000)))
	ctx, cancel := context.WithCancel(testContext(t))
	seen := int64(0)
	tail, err := c.Tail(ctx, "in", 4000, func(records []Record) {
		seen += int64(len(records))
		cancel()
	})
	require.NoError(t, err)
	require.Equal(t, seen, tail.Records)
	if tail.Records < 4000 {
		require.NotEmpty(t, tail.Missed)
	}
}

func TestOffsetsWithoutRecordsAreNotWaitedForForEver(t *testing.T) {
	kafka := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(kafka.ListenAddrs()))
	require.NoError(t, newProducer(t, c, "in").Produce(testContext(t), numbered("in", 0, 40)))
	p := c.lone("in", 0)
	defer p.closeConnection()
	first, end, err := p.Bounds(testContext(t))
	require.NoError(t, err)
	seen := int64(0)
	require.NoError(t, p.through(
		testContext(t), first, end+5, 5*time.Millisecond,
		func(records []Record) { seen += int64(len(records)) },
	))
	require.Equal(t, end-first, seen)
}

func TestAMissingTopicHasNoTail(t *testing.T) {
	kafka := startKafka(t, []string{"in"})
	c := newClient(t, testOptions(kafka.ListenAddrs()))
	for i := range 2 {
		_, err := c.Tail(testContext(t), "absent", 10, func([]Record) { t.Fatal("records") })
		require.EqualError(t, err, "topic absent does not exist",
			"try "+strconv.Itoa(i)+": it is not created by asking")
	}
}
