package webhook_test

import (
	"encoding/json"
	"io"
	"log" //nolint:depguard // The receiver is somebody else's program.
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/webhook"
	"github.com/stillwatch/stillwatch/test/tools"
)

// documented marks the part of this file that is in docs/soc/webhook.md.
const documented = "// Receiver.\n"

// Receiver.
func receiver(secret string) (http.HandlerFunc, error) {
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(body, r.Header) != nil {
			http.Error(w, "not verified", http.StatusUnauthorized)
			return
		}
		var finding struct {
			Message string `json:"message"`
		}
		if err := json.Unmarshal(body, &finding); err != nil {
			http.Error(w, "no finding", http.StatusBadRequest)
			return
		}
		// Drop what has this id and was seen before; else store it, and answer then.
		log.Printf("%s: %s", r.Header.Get("webhook-id"), finding.Message)
	}, nil
}

func TestTheReceiverOfTheDocumentationTakesWhatIsPostedAndNothingElse(t *testing.T) {
	source, err := os.ReadFile("receiver_test.go")
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(source), "\n"+documented)
	code, _, _ = strings.Cut(code, "\n}\n")
	tools.Document(t, "../../docs/soc/webhook.md", "```go\n", "```\n", code+"\n}\n", false)

	secret := webhook.SecretPrefix + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	handler, err := receiver(secret)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	var said strings.Builder
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	post := func(secret string) error {
		o := webhook.DefaultOptions()
		o.Name, o.URL, o.Secret = "soar", server.URL, secret
		sink, err := webhook.New(
			o, &kafka{}, webhook.NewMetrics(prometheus.NewRegistry()), zap.NewNop(),
		)
		require.NoError(t, err)
		defer sink.Close()
		return sink.Produce(t.Context(), []stream.OutRecord{{
			Topic: webhook.Target, Key: []byte("a"), Value: []byte(`{"message":"found"}`),
			Headers: []stream.Header{{Key: "webhook-id", Value: []byte("a:1")}},
		}})
	}
	require.NoError(t, post(secret))
	require.Contains(t, said.String(), "a:1: found")
	var refused *stream.RefusedError
	require.ErrorAs(t, post(strings.Replace(secret, "M", "N", 1)), &refused)
	require.Contains(t, string(refused.Refused[0].Headers[0].Value), "not verified")
}
