//go:build interop

package interop

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

// output keeps what a program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestThePythonReceiverOfTheDocumentation runs the example of docs/soc/webhook.md with the library
// that it names.
func TestThePythonReceiverOfTheDocumentation(t *testing.T) {
	const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	script := filepath.Join(t.TempDir(), "receiver.py")
	block := codeBlock(t, "../../docs/soc/webhook.md", "from standardwebhooks")
	require.NoError(t, os.WriteFile(script, []byte(block), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(free.Addr().String())
	require.NoError(t, err)
	require.NoError(t, free.Close())
	var said output
	cmd := exec.Command(filepath.Join(cacheFolder(t), "webhooks", "bin", "python"), script)
	cmd.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret, "PORT="+port)
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	url := "http://127.0.0.1:" + port
	require.Eventually(t, func() bool {
		res, err := http.Get(url)
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil
	}, startFor, every, "%s", said.String())

	post := func(secret string) error {
		o := webhook.DefaultOptions()
		o.Name, o.URL, o.Secret, o.GiveUpAfter = "python", url, secret, time.Second
		sink, err := webhook.New(
			o, nil, webhook.NewMetrics(prometheus.NewRegistry()), zap.NewNop(),
		)
		require.NoError(t, err)
		defer sink.Close()
		return sink.Produce(t.Context(), []stream.OutRecord{{
			Topic: webhook.Target, Key: []byte("a"), Value: []byte(`{"message":"found é"}`),
			Headers: []stream.Header{{Key: "webhook-id", Value: []byte("a:1")}},
		}})
	}
	require.NoError(t, post(secret), "%s", said.String())
	require.Contains(t, said.String(), "a:1 found")
	var refused *stream.RefusedError
	require.ErrorAs(t, post(strings.Replace(secret, "M", "N", 1)), &refused)
	require.Contains(t, string(refused.Refused[0].Headers[0].Value), "status 401")
}
