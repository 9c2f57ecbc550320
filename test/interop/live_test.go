//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const docs = "../../docs/gateways/"

// litellmProxy starts the proxy with what a block of its page says, beside the models, the keys and
// a pass-through endpoint, and makes the calls.
func (l *lab) litellmProxy(t *testing.T, block string, env ...string) {
	t.Helper()
	var page map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(codeBlock(t, docs+"litellm.md", block)), &page))
	if settings, ok := page["callback_settings"].(map[string]any)["stillwatch"].(map[string]any); ok {
		require.Equal(t, "http://vector:8088", settings["endpoint"])
		settings["endpoint"] = l.receiver
	}
	general, _ := page["general_settings"].(map[string]any)
	if general == nil {
		general = map[string]any{}
	}
	general["master_key"] = "sk-master-0000"
	general["custom_auth"] = "keys.user_api_key_auth"
	general["pass_through_endpoints"] = []any{map[string]any{
		"path": "/through", "target": l.model + "/v1/chat/completions", "auth": true,
		"headers": map[string]any{"content-type": "application/json"},
	}}
	page["general_settings"] = general
	page["router_settings"] = map[string]any{"num_retries": 0}
	page["model_list"] = []any{
		modelEntry("corvid-2", "openai/corvid-2", l.model+"/v1"),
		modelEntry("corvid-text", "text-completion-openai/corvid-text", l.model+"/v1"),
		modelEntry("corvid-embed", "openai/corvid-embed", l.model+"/v1"),
		modelEntry("plover-3", "anthropic/plover-3", l.model),
	}
	config, err := yaml.Marshal(page)
	require.NoError(t, err)
	dir := t.TempDir()
	keys, err := os.ReadFile("drivers/litellm/keys.py")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "keys.py"), keys, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), config, 0o600))

	port := fmt.Sprint(freePort(t))
	url := "http://127.0.0.1:" + port
	python := filepath.Join(l.software, "litellm", "bin", "python")
	env = append(environment(
		// Nothing is fetched, and batches go out at once.
		"LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_TELEMETRY=False", "DEFAULT_FLUSH_INTERVAL_SECONDS=1",
	), env...)
	l.start(t, env, url+"/health/liveliness",
		filepath.Join(l.software, "litellm", "bin", "litellm"), "--config", filepath.Join(dir, "config.yaml"), "--host", "127.0.0.1", "--port", port)
	l.run(t, environment("MODEL_URL="+url), python, "drivers/litellm/drive.py")
}

func modelEntry(name, provider, base string) map[string]any {
	return map[string]any{
		"model_name":     name,
		"litellm_params": map[string]any{"model": provider, "api_base": base, "api_key": "none"},
		// LiteLLM refuses a reasoning effort for models that its price table does not know.
		"model_info": map[string]any{"supports_reasoning": true},
	}
}

// litellmRecords is how many calls the driver makes that the proxy logs: those of calls.json, three
// that it refuses, a health check of each of four models, and one that it passes through.
const litellmRecords = 13 + 3 + 4 + 1

func TestLiteLLMGenericAPI(t *testing.T) {
	l := newLab(t)
	l.litellmProxy(t, "callback_type: generic_api")
	records := l.wait(t, "the calls", func(r []string) bool { return len(r) >= litellmRecords })
	l.compare(t, "litellm-generic_api-"+version(t, "litellm.txt", `^litellm==(.*)$`), records)
}

func TestLiteLLMOpenTelemetry(t *testing.T) {
	l := newLab(t)
	env := []string{}
	for line := range strings.Lines(codeBlock(t, docs+"litellm.md", "USE_OTEL_LITELLM_REQUEST_SPAN")) {
		env = append(env, strings.ReplaceAll(strings.TrimSpace(line), "http://otel-collector:4318", l.receiver))
	}
	l.litellmProxy(t, `callbacks: ["otel"]`, env...)
	records := l.wait(t, "the spans", func(r []string) bool {
		return containing(r, `"name":"litellm_request"`) >= litellmRecords
	})
	l.compare(t, "litellm-otel-"+version(t, "litellm.txt", `^litellm==(.*)$`), records)
}

// instrumented makes the calls with Python clients that an instrumentation watches.
func (l *lab) instrumented(t *testing.T, venv, name string, env ...string) []string {
	t.Helper()
	env = append(environment("OTEL_SERVICE_NAME=tide-app", "MODEL_URL="+l.model, "OTEL_EXPORTER_OTLP_ENDPOINT="+l.receiver), env...)
	l.run(t, env, filepath.Join(l.software, venv, "bin", "python"), "drivers/otel.py", name)
	return l.got()
}

// contentSwitches are the lines of the page about instrumentations that switch content on.
func contentSwitches(t *testing.T, block string) (env []string) {
	for line := range strings.Lines(codeBlock(t, docs+"otlp.md", block)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			line, _, _ = strings.Cut(line, " ")
			env = append(env, line)
		}
	}
	return env
}

func TestOpenTelemetryGenAI(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "opentelemetry", "genai", contentSwitches(t, "CAPTURE_MESSAGE_CONTENT=span_only")...)
	l.compare(t, "opentelemetry-genai-"+version(t, "opentelemetry.txt", `^opentelemetry-instrumentation-genai-openai==(.*)$`), records)
}

func TestOpenTelemetryGenAIWithEvents(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "opentelemetry", "genai",
		"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=event_only", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=true")
	l.compare(t, "opentelemetry-genai-events-"+version(t, "opentelemetry.txt", `^opentelemetry-instrumentation-genai-openai==(.*)$`), records)
}

func TestOpenTelemetryOpenAIv2(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "openai-v2", "openai-v2", contentSwitches(t, "CAPTURE_MESSAGE_CONTENT=span_only")...)
	l.compare(t, "opentelemetry-openai-v2-"+version(t, "openai-v2.txt", `^opentelemetry-instrumentation-openai-v2==(.*)$`), records)
}

func TestOpenTelemetryOpenAIv2WithMessageEvents(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "openai-v2", "openai-v2", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true")
	l.compare(t, "opentelemetry-openai-v2-messages-"+version(t, "openai-v2.txt", `^opentelemetry-instrumentation-openai-v2==(.*)$`), records)
}

func TestOpenLLMetry(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "opentelemetry", "openllmetry", contentSwitches(t, "ANTHROPIC_OPEN_TELEMETRY=false")...)
	l.compare(t, "openllmetry-"+version(t, "opentelemetry.txt", `^opentelemetry-instrumentation-openai==(.*)$`), records)
}

func TestOpenInference(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "opentelemetry", "openinference")
	l.compare(t, "openinference-"+version(t, "opentelemetry.txt", `^openinference-instrumentation-openai==(.*)$`), records)
}

func TestVercelAISDK(t *testing.T) {
	l := newLab(t)
	// Node looks for packages beside the script.
	dir := filepath.Join(l.software, "node")
	script, err := os.ReadFile("drivers/aisdk.mjs")
	require.NoError(t, err)
	copied := filepath.Join(dir, "aisdk.mjs")
	require.NoError(t, os.WriteFile(copied, script, 0o600))
	l.run(t, environment("OTEL_SERVICE_NAME=tide-app", "MODEL_URL="+l.model, "OTEL_EXPORTER_OTLP_ENDPOINT="+l.receiver, "CALLS="+absolute(t, "model/calls.json")), "node", copied)
	l.compare(t, "vercel-ai-sdk-"+version(t, "package.json", `"ai": "(.*)"`), l.got())
}

func TestAnthropicClientByItself(t *testing.T) {
	l := newLab(t)
	records := l.instrumented(t, "opentelemetry", "anthropic-sdk", contentSwitches(t, "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content")...)
	l.compare(t, "anthropic-sdk-"+version(t, "opentelemetry.txt", `^anthropic==(.*)$`), records)
}
