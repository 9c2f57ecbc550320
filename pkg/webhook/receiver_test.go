package webhook_test

import (
	"io"
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

// receiver verifies what is posted and hands it on; an error of store lets it come again.
func receiver(
	secret string, store func(id string, finding []byte) error,
) (http.HandlerFunc, error) {
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
		// store drops what has an id that it has seen.
		if err := store(r.Header.Get("webhook-id"), body); err != nil {
			http.Error(w, "not stored", http.StatusInternalServerError)
		}
	}, nil
}

func TestTheReceiverOfTheDocumentationTakesWhatIsPostedAndNothingElse(t *testing.T) {
	source, err := os.ReadFile("receiver_test.go")
	require.NoError(t, err)
	const begin, end = "// receiver verifies", "\n}\n"
	_, code, _ := strings.Cut(string(source), "\n"+begin)
	code, _, _ = strings.Cut(code, end)
	tools.Document(t, "../../docs/soc/webhook.md", "```go\n", "```\n", begin+code+end, false)

	secret := webhook.SecretPrefix + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	stored := map[string]string{}
	handler, err := receiver(secret, func(id string, finding []byte) error {
		stored[id] = string(finding)
		return nil
	})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
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
	require.Equal(t, map[string]string{"a:1": `{"message":"found"}`}, stored)
	var refused *stream.RefusedError
	require.ErrorAs(t, post(strings.Replace(secret, "M", "N", 1)), &refused)
	require.Contains(t, string(refused.Refused[0].Headers[0].Value), "not verified")
}
