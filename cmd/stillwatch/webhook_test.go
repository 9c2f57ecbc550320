package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/embedded"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// endpoint keeps the ids of what it is posted and refuses what begins with bad.
func endpoint(t *testing.T) (url string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	judge, err := standardwebhooks.NewWebhook(webhookSecret)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id := r.Header.Get("webhook-id")
		if judge.Verify(body, r.Header) != nil || strings.HasPrefix(id, "bad") {
			http.Error(w, "not this one", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, id)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return ids
	}
}

func webhookFile(t *testing.T, url string) string {
	return file(t, fmt.Sprintf("webhooks: [{name: soar, url: %q, secret: %q}]", url, webhookSecret))
}

func TestAWebhookIsTriedWithAFindingAndItsEnd(t *testing.T) {
	url, got := endpoint(t)
	code, stdout, stderr := execute(t, nil, "webhook", "test", "-c", webhookFile(t, url), "soar")
	require.Equal(t, 0, code, stderr)
	require.Equal(t, "The webhook soar took a finding and its end.\n", stdout)
	require.Len(t, got(), 2)
	require.True(t, strings.HasSuffix(got()[0], ":1") && strings.HasSuffix(got()[1], ":2"))

	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	code, _, stderr = execute(
		t, nil, "webhook", "test", "-c", webhookFile(t, refusing.URL), "soar",
	)
	require.Equal(t, 1, code)
	require.Contains(t, stderr,
		"the webhook soar does not take a finding: status 404: 404 page not found")
	code, _, stderr = execute(t, nil, "webhook", "test", "-c", webhookFile(t, url), "other")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `no webhook called "other"`)
}

func TestDeadLettersArePostedAgain(t *testing.T) {
	kafka, err := embedded.StartKafka(embedded.KafkaOptions{Partitions: 1, AutoCreate: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, kafka.Close()) }()
	opts := stream.DefaultOptions()
	opts.Brokers = []string{kafka.Addr()}
	client, err := stream.New(opts, nil)
	require.NoError(t, err)
	const topic = "stillwatch.webhook.deadletter"
	_, err = client.EnsureTopics(
		t.Context(), []stream.TopicSpec{{Name: topic, Partitions: 1}}, true,
	)
	require.NoError(t, err)
	producer, err := client.Producer(topic)
	require.NoError(t, err)
	defer producer.Close()
	letter := func(webhook, id, value string) stream.OutRecord {
		finding, _, _ := strings.Cut(id, ":")
		return stream.OutRecord{
			Topic: topic, Key: []byte(finding), Value: []byte(value), Headers: []stream.Header{
				{Key: "stillwatch-reason", Value: []byte("given_up")},
				{Key: "stillwatch-webhook", Value: []byte(webhook)},
				{Key: "stillwatch-detail", Value: []byte("status 503")},
				{Key: "webhook-id", Value: []byte(id)},
			},
		}
	}
	require.NoError(t, producer.Produce(t.Context(), []stream.OutRecord{
		letter("soar", "a:1", "{}"), letter("other", "b:1", "{}"), letter("soar", "a:2", "{}"),
		letter("soar", "a:1", "{}"), letter("soar", "c:1", ""), letter("soar", "bad:1", "{}"),
	}))
	url, got := endpoint(t)
	args := []string{"webhook", "replay", "-c", webhookFile(t, url), "--brokers", kafka.Addr()}

	code, stdout, stderr := execute(t, nil, append(args, "--dry-run", "soar")...)
	require.Equal(t, 0, code, stderr)
	require.Equal(t, "a:1 given_up: status 503\na:2 given_up: status 503\n"+
		"bad:1 given_up: status 503\n3 dead letters\n", stdout)
	require.Empty(t, got())

	code, stdout, stderr = execute(t, nil, append(args, "--since", "1h", "soar")...)
	require.Equal(t, 1, code)
	require.Equal(t, "bad:1 refused again: status 400: not this one\n"+
		"2 of 3 dead letters posted\n", stdout)
	require.Contains(t, stderr, "stays in the topic")
	require.Equal(t, []string{"a:1", "a:2"}, got())
}
