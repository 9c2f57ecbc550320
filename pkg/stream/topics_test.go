package stream

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func specs() []TopicSpec {
	return []TopicSpec{
		{Name: "events", Partitions: 3, Replication: 1},
		{Name: "profiles", Partitions: 1, Replication: 1, Config: map[string]string{
			"cleanup.policy": "compact",
		}},
	}
}

func TestMissingTopicsAreCreatedWhenPermitted(t *testing.T) {
	k := startKafka(t, nil)
	c := newClient(t, testOptions(k.ListenAddrs()))
	for range 2 { // the second time they exist
		warnings, err := c.EnsureTopics(testContext(t), specs(), true)
		require.NoError(t, err)
		require.Empty(t, warnings)
	}
	require.Equal(t, int32(3), int32(len(k.PartitionInfos("events"))))
	require.Equal(t, "compact", *k.TopicInfo("profiles").Configs["cleanup.policy"])
}

func TestMissingTopicsAreNamedWithTheirCommandOtherwise(t *testing.T) {
	k := startKafka(t, []string{"events"})
	o := testOptions(k.ListenAddrs())
	c := newClient(t, o)
	_, err := c.EnsureTopics(testContext(t), specs(), false)
	require.EqualError(
		t, err, "topics do not exist: profiles (`kafka-topics.sh --bootstrap-server "+o.Brokers[0]+
			" --create --topic profiles --partitions 1 --replication-factor 1 --config cleanup.policy=compact`); "+
			"create them, or let stillwatch do it (topics.create: true)",
	)
	require.Nil(t, k.TopicInfo("profiles"), "asking does not create")
}

func TestATopicThatIsNotCompactedIsWarnedOf(t *testing.T) {
	k := startKafka(t, []string{"events", "profiles"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	warnings, err := c.EnsureTopics(testContext(t), specs(), false)
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0],
		"topic profiles has cleanup.policy=delete and should have compact")
}

func TestATopicThatCannotBeCreatedSaysWhy(t *testing.T) {
	k := startKafka(t, nil)
	c := newClient(t, testOptions(k.ListenAddrs()))
	bad := []TopicSpec{{Name: "events", Partitions: 1, Replication: 3}}
	ctx, cancel := context.WithTimeout(testContext(t), 10*time.Second)
	defer cancel()
	_, err := c.EnsureTopics(ctx, bad, true)
	if err == nil {
		t.Skip("this broker does not check the replication factor")
	}
	require.ErrorContains(t, err, "topics could not be created")
	require.ErrorContains(t, err, "events")
}

func TestATopicThatNeedsAnExactNumberOfPartitionsIsCheckedForIt(t *testing.T) {
	k := startKafka(t, []string{"events", "profiles"})
	c := newClient(t, testOptions(k.ListenAddrs()))
	exact := specs()
	exact[1].Exact = true
	_, err := c.EnsureTopics(testContext(t), exact, true)
	require.EqualError(t, err,
		"topic profiles has 4 partitions and must have 1; make it anew, or configure another name")
	require.True(t, IsFatal(err))
}
