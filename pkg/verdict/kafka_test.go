package verdict_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/verdict"
)

const topic = "stillwatch.accounts"

func startKafka(t *testing.T, address string) *embedded.Kafka {
	t.Helper()
	k, err := embedded.StartKafka(embedded.KafkaOptions{Listen: []string{address}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

// writer makes the topic, as Stillwatch does, and writes verdicts to it.
func writer(t *testing.T, address string) func(...campaign.AccountVerdict) {
	t.Helper()
	opts := stream.DefaultOptions()
	opts.Brokers = []string{address}
	client, err := stream.New(opts, nil)
	require.NoError(t, err)
	_, err = client.EnsureTopics(t.Context(), []stream.TopicSpec{{
		Name: topic, Partitions: 1, Config: map[string]string{"cleanup.policy": "compact"},
	}}, true)
	require.NoError(t, err)
	producer, err := client.Producer(topic)
	require.NoError(t, err)
	t.Cleanup(producer.Close)
	return func(verdicts ...campaign.AccountVerdict) {
		t.Helper()
		var out []stream.OutRecord
		for _, v := range verdicts {
			key, value := written(t, v)
			out = append(out, stream.OutRecord{Topic: topic, Key: key, Value: value})
		}
		require.NoError(t, producer.Produce(t.Context(), out))
	}
}

// follow starts a client that is stopped with the test, or by stop.
func follow(t *testing.T, opts verdict.Options) (client *verdict.Client, stop func() error) {
	t.Helper()
	client, err := verdict.New(opts, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Follow(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { require.NoError(t, stop()) })
	return client, stop
}

func testOptions(address string) verdict.Options {
	opts := verdict.DefaultOptions()
	opts.Kafka.Brokers = []string{address}
	opts.StaleAfter = 2 * time.Second
	return opts
}

func implicated(account string) campaign.AccountVerdict {
	return campaign.AccountVerdict{
		Account: account, Tenant: "acme", Time: at, Status: campaign.Implicated,
		Findings: []campaign.FindingRef{
			{UID: "f", Severity: campaign.High, Confidence: 86, Since: at},
		},
	}
}

func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 10*time.Millisecond, what)
}

func TestAClientFollowsTheTopicThroughTheLossOfItsBroker(t *testing.T) {
	kafka := startKafka(t, "127.0.0.1:0")
	write := writer(t, kafka.Addr())
	var all []campaign.AccountVerdict
	for i := range 3000 {
		all = append(all, implicated(fmt.Sprintf("acct_%d", i)))
	}
	write(all...)
	write(campaign.AccountVerdict{
		Account: "acct_0", Tenant: "acme", Time: at + 1, Status: campaign.Cleared,
	})

	client, _ := follow(t, testOptions(kafka.Addr()))
	<-client.Read()
	require.Equal(t, int64(2999), client.Stats().Accounts[verdict.Implicated])
	require.Equal(t, verdict.Cleared, client.Lookup("acme", "acct_0").Status,
		"of a topic that was read to its end, the last record holds")
	require.Len(t, client.Members("f"), 2999)
	eventually(t, func() bool { return client.Freshness() == verdict.Fresh }, "it is fresh")
	require.False(t, client.Decide("acme", "acct_1").Allow)
	require.True(t, client.Decide("acme", "acct_0").Allow)

	write(implicated("acct_new"))
	eventually(t, func() bool { return !client.Decide("acme", "acct_new").Allow },
		"what comes later is read")

	require.NoError(t, kafka.Close())
	eventually(t, func() bool { return client.Freshness() == verdict.Stale },
		"a broker that is gone is noticed")
	require.Equal(t, verdict.ByFinding, client.Decide("acme", "acct_1").Reason,
		"the last standing is kept")

	// The embedded broker forgets everything at Close: its topic begins anew, shorter.
	again := startKafka(t, kafka.Addr())
	write = writer(t, again.Addr())
	write(campaign.AccountVerdict{
		Account: "acct_1", Tenant: "acme", Time: at + 2, Status: campaign.Cleared,
	})
	eventually(t, func() bool { return client.Decide("acme", "acct_1").Allow },
		"the topic is read on")
	eventually(t, func() bool { return client.Freshness() == verdict.Fresh }, "it is fresh again")
	require.False(t, client.Decide("acme", "acct_2").Allow)
}

func TestAGatewayStartsWithoutKafkaAndFailsAsItChose(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	opts := testOptions(address)
	opts.Policy.WhenNeverRead = verdict.FailClosed
	closed, _ := follow(t, opts)
	opened, stop := follow(t, testOptions(address))
	for _, tc := range []struct {
		client *verdict.Client
		allow  bool
	}{{opened, true}, {closed, false}} {
		decision := tc.client.Decide("acme", "acct_1")
		require.Equal(t, tc.allow, decision.Allow)
		require.Equal(t, verdict.ByNeverRead, decision.Reason)
	}
	require.NoError(t, stop())

	// The broker comes, and then the topic.
	kafka := startKafka(t, address)
	write := writer(t, kafka.Addr())
	write(implicated("acct_1"))
	<-closed.Read()
	eventually(t, func() bool { return closed.Decide("acme", "acct_2").Allow },
		"who was never named is allowed when that is known")
	require.False(t, closed.Decide("acme", "acct_1").Allow)
}

func TestARightThatIsMissingIsAnErrorAtOnce(t *testing.T) {
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	require.NoError(t, err)
	t.Cleanup(kafka.Close)
	kafka.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		kafka.KeepControl()
		in := req.(*kmsg.MetadataRequest)
		if len(in.Topics) == 0 {
			return nil, nil, false
		}
		host, port, err := net.SplitHostPort(kafka.ListenAddrs()[0])
		require.NoError(t, err)
		number, err := strconv.Atoi(port)
		require.NoError(t, err)
		res := in.ResponseKind().(*kmsg.MetadataResponse)
		broker := kmsg.NewMetadataResponseBroker()
		broker.Host, broker.Port = host, int32(number)
		res.Brokers = append(res.Brokers, broker)
		refused := kmsg.NewMetadataResponseTopic()
		refused.Topic, refused.ErrorCode = in.Topics[0].Topic, kerr.TopicAuthorizationFailed.Code
		res.Topics = append(res.Topics, refused)
		return res, nil, true
	})
	client, err := verdict.New(testOptions(kafka.ListenAddrs()[0]), nil)
	require.NoError(t, err)
	require.ErrorContains(t, client.Follow(t.Context()), "verdict: follow topic "+topic)
	require.Equal(t, verdict.NeverRead, client.Freshness())
}
