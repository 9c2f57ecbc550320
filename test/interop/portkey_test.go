//go:build interop

package interop

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// portkeyServer is the gateway's program, below the folder of the packages.
var portkeyServer = filepath.Join("@portkey-ai", "gateway", "build", "start-server.js")

// TestThePortkeyGatewayReportsNothing holds what docs/gateways/portkey.md says of the open-source
// gateway: with the settings of the others a call passes, and nobody gets a report.
func TestThePortkeyGatewayReportsNothing(t *testing.T) {
	l := newLab(t)
	port := fmt.Sprint(freePort(t))
	url := "http://127.0.0.1:" + port
	page := codeBlock(t, docs+"portkey.md", "EXPERIMENTAL_GEN_AI_OTEL_TRACES_ENABLED")
	server := filepath.Join(l.software, "node", "node_modules", portkeyServer)
	env := environment(settings(page, l.collectorAt())...)
	l.start(t, env, url+"/", "node", server, "--port="+port, "--headless")
	require.Contains(t, l.throughPortkey(t, url), "Thjorsa, at 230 kilometres.")
	require.Empty(t, l.got())
	// That nothing came so far may be chance; that the whole program has no word for it is none.
	program, err := os.ReadFile(server)
	require.NoError(t, err)
	require.NotRegexp(t, `(?i)otel|opentelemetry`, string(program))
}

func (l *lab) throughPortkey(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		url+"/v1/chat/completions",
		strings.NewReader(
			`{"model":"corvid-2","messages":[{"role":"user","content":`+
				`"Name the longest river of Iceland."}]}`,
		),
	)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Authorization": "Bearer sk-none",
		"x-portkey-provider":    "openai",
		"x-portkey-custom-host": l.model + "/v1", "x-portkey-metadata": `{"_user":"ada"}`,
	} {
		request.Header.Set(name, value)
	}
	client := http.Client{Timeout: 20 * time.Second}
	res, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusOK, res.StatusCode)
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(data)
}
