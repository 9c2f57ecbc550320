package app

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// receiver keeps the ids of what it is posted, and verifies the signatures.
type receiver struct {
	mu     sync.Mutex
	ids    []string
	faults []error
	status int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	judge, _ := standardwebhooks.NewWebhook(webhookSecret)
	if err == nil {
		err = judge.Verify(body, req.Header)
	}
	if err != nil {
		r.faults = append(r.faults, err)
	}
	r.ids = append(r.ids, req.Header.Get("webhook-id"))
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.ids...)
}

func testWebhook(name, url string) config.Webhook {
	var w config.Webhook
	w.SetDefaults()
	w.Name, w.URL, w.Secret, w.Timeout = name, url, webhookSecret, time.Second
	return w
}

// announce produces records of findings as correlate does, the numbers from first to last of each.
func announce(t *testing.T, c config.Config, first, last int, uids ...string) {
	t.Helper()
	client, err := stream.New(c.Kafka.Options, nil)
	require.NoError(t, err)
	producer, err := client.Producer(c.Topics.Alerts)
	require.NoError(t, err)
	defer producer.Close()
	encoder, err := alert.New(c.Alerts)
	require.NoError(t, err)
	for n := first; n <= last; n++ {
		for _, uid := range uids {
			activity := campaign.Update
			if n == 1 {
				activity = campaign.Create
			}
			r, err := encoder.Finding(&campaign.Finding{
				UID: uid, Campaign: "c", Sequence: n, Activity: activity,
				Kind: campaign.KindCampaign, Title: "t", Created: 1, Modified: int64(n),
				Severity: campaign.High, Members: 8,
			})
			require.NoError(t, err)
			require.NoError(t, producer.Produce(t.Context(), []stream.OutRecord{{
				Topic: c.Topics.Alerts, Key: r.Key, Value: r.Value, Headers: r.Headers,
			}}))
		}
	}
}

// startApp starts an app that is ready.
func startApp(t *testing.T, opts Options) *App {
	t.Helper()
	a, err := New(opts)
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	t.Cleanup(func() { _ = a.Stop(context.WithoutCancel(t.Context())) })
	eventually(t, "ready", func() bool {
		code, _ := get(t, a, "/readyz")
		return code == http.StatusOK
	})
	return a
}

func TestFindingsArePostedAndAnEndpointThatIsDownHoldsUpNoOther(t *testing.T) {
	up, picky := &receiver{}, &receiver{status: http.StatusUnprocessableEntity}
	upServer, pickyServer := httptest.NewServer(up), httptest.NewServer(picky)
	defer upServer.Close()
	defer pickyServer.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())

	opts := newOptions(t)
	core, logs := observer.New(zapcore.DebugLevel)
	opts.Log = zap.New(core)
	opts.Config.Stages = []string{config.StageCorrelate}
	opts.Config.Webhooks = []config.Webhook{
		testWebhook("down", "http://"+free.Addr().String()), testWebhook("up", upServer.URL),
		testWebhook("picky", pickyServer.URL),
	}
	a := startApp(t, opts)
	// A webhook begins with what comes from now on; what begins is known once it is committed.
	eventually(t, "all webhooks have begun", func() bool {
		_, redis := a.connected()
		for _, w := range opts.Config.Webhooks {
			n, err := redis.Committed(
				t.Context(), "webhook-"+w.Name, opts.Config.Topics.Alerts+":0",
			)
			if err != nil || n != 0 {
				return false
			}
		}
		return true
	})
	announce(t, opts.Config, 1, 3, "f", "g")
	eventually(t, "six records posted", func() bool {
		return len(up.got()) == 6 && len(picky.got()) == 6
	})
	eventually(t, "the records that wait are counted", func() bool {
		_, metrics := get(t, a, "/metrics")
		return strings.Contains(
			metrics, `stillwatch_webhook_waiting_records{webhook="down"} 2`,
		) && strings.Contains(
			metrics, `stillwatch_dead_letters_total{reason="refused",stage="webhook-picky"} 6`,
		)
	})
	code, body := get(t, a, "/readyz?verbose")
	require.Equal(t, http.StatusOK, code, "an endpoint of others says nothing about this service")
	require.Contains(t, body, "webhook-down")
	requireOrder(t, up.got(), 3, "f", "g")
	require.Equal(t, 6, countLetters(t, opts.Config, "picky"))

	require.NoError(t, a.Stop(t.Context()))

	// The next start posts what is left, and nothing twice.
	late := &receiver{}
	listener, err := net.Listen("tcp", free.Addr().String())
	require.NoError(t, err)
	server := &httptest.Server{
		Listener: listener, Config: &http.Server{Handler: late, ReadHeaderTimeout: time.Minute},
	}
	server.Start()
	defer server.Close()
	a = startApp(t, opts)
	eventually(t, "the endpoint that was down has all", func() bool { return len(late.got()) == 6 })
	requireOrder(t, late.got(), 3, "f", "g")
	announce(t, opts.Config, 4, 4, "f", "g")
	eventually(t, "it goes on", func() bool {
		return len(late.got()) == 8 && len(up.got()) == 8 && len(picky.got()) == 8
	})
	requireOrder(t, up.got(), 4, "f", "g")
	require.NoError(t, a.Stop(t.Context()))
	require.Empty(t, append(up.faults, late.faults...))
	for _, entry := range logs.All() {
		require.NotContains(t, fmt.Sprint(entry.Message, entry.ContextMap()), webhookSecret)
	}
}

// requireOrder checks that a receiver has the records of findings from 1 on, once and in order.
func requireOrder(t *testing.T, ids []string, last int, uids ...string) {
	t.Helper()
	for _, uid := range uids {
		var got, want []string
		for _, id := range ids {
			if strings.HasPrefix(id, uid+":") {
				got = append(got, id)
			}
		}
		for n := 1; n <= last; n++ {
			want = append(want, fmt.Sprintf("%s:%d", uid, n))
		}
		require.Equal(t, want, got)
	}
}

// countLetters counts the dead letters of a webhook.
func countLetters(t *testing.T, c config.Config, webhook string) (n int) {
	t.Helper()
	client, err := stream.New(c.Kafka.Options, nil)
	require.NoError(t, err)
	_, err = client.Tail(t.Context(), c.Topics.WebhookDeadLetters, math.MaxInt,
		func(records []stream.Record) {
			for i := range records {
				for _, h := range records[i].Headers {
					if h.Key == "stillwatch-webhook" && string(h.Value) == webhook {
						n++
					}
				}
			}
		})
	require.NoError(t, err)
	return n
}
