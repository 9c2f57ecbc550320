//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	if settings,
		ok := page["callback_settings"].(map[string]any)["stillwatch"].(map[string]any); ok {
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
		"LITELLM_LOCAL_MODEL_COST_MAP=True",
		"LITELLM_TELEMETRY=False",
		"DEFAULT_FLUSH_INTERVAL_SECONDS=1",
	), env...)
	l.start(
		t,
		env,
		url+"/health/liveliness",
		filepath.Join(
			l.software,
			"litellm",
			"bin",
			"litellm",
		),
		"--config",
		filepath.Join(dir, "config.yaml"),
		"--host",
		"127.0.0.1",
		"--port",
		port,
	)
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
// that it refuses, one that looks a response up, a health check of each of four models, and one
// that it passes through.
const litellmRecords = 14 + 3 + 1 + 4 + 1

func TestLiteLLMGenericAPI(t *testing.T) {
	l := newLab(t)
	l.refuse = 1 // a bridge that restarts: max_retries brings the batch all the same
	l.litellmProxy(t, "callback_type: generic_api")
	records := l.wait(t, "the calls", func(r []string) bool { return len(r) >= litellmRecords })
	l.compare(t, "litellm-generic_api-"+version(t, "litellm.txt", `^litellm==(.*)$`), records)
}

func TestLiteLLMOpenTelemetry(t *testing.T) {
	l := newLab(t)
	env := settings(
		codeBlock(t, docs+"litellm.md", "USE_OTEL_LITELLM_REQUEST_SPAN"), l.collectorAt(),
	)
	l.litellmProxy(t, `callbacks: ["otel"]`, env...)
	records := l.wait(t, "the spans", func(r []string) bool {
		return containing(r, `"name":"litellm_request"`) >= litellmRecords
	})
	l.compare(t, "litellm-otel-"+version(t, "litellm.txt", `^litellm==(.*)$`), records)
}

// tideApp is the environment of an application that reports to the lab.
func (l *lab) tideApp() []string {
	return []string{
		"OTEL_SERVICE_NAME=tide-app", "MODEL_URL=" + l.model,
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + l.receiver,
	}
}

// settings are the lines of a block of code that set something, without what is said about them.
// Places are other addresses for those of the page.
func settings(block string, places *strings.Replacer) (env []string) {
	for line := range strings.Lines(block) {
		if places != nil {
			line = places.Replace(line)
		}
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			env = append(env, fields[0])
		}
	}
	return env
}

// collectorAt has the lab in the place of the page's Collector.
func (l *lab) collectorAt() *strings.Replacer {
	return strings.NewReplacer("http://otel-collector:4318", l.receiver)
}

// instrumentations are what watches the Python clients: its name, the name for the driver, where it
// is installed and which package tells its version, and what switches content on: the block of code
// of docs/gateways/otlp.md with a text in it, or settings that the page advises against.
var instrumentations = []struct {
	name, driver, venv, pkg string
	block                   string
	env                     []string
}{
	{
		name: "opentelemetry-genai", driver: "genai", venv: "opentelemetry",
		pkg:   "opentelemetry-instrumentation-genai-openai",
		block: "CAPTURE_MESSAGE_CONTENT=span_only",
	},
	{
		name: "opentelemetry-genai-events", driver: "genai", venv: "opentelemetry",
		pkg: "opentelemetry-instrumentation-genai-openai",
		env: []string{
			"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=event_only",
			"OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=true",
		},
	},
	{
		name: "opentelemetry-openai-v2", driver: "openai-v2", venv: "openai-v2",
		pkg: "opentelemetry-instrumentation-openai-v2", block: "CAPTURE_MESSAGE_CONTENT=span_only",
	},
	{
		name: "opentelemetry-openai-v2-messages", driver: "openai-v2", venv: "openai-v2",
		pkg: "opentelemetry-instrumentation-openai-v2",
		env: []string{"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"},
	},
	{
		name: "openllmetry", driver: "openllmetry", venv: "opentelemetry",
		pkg: "opentelemetry-instrumentation-openai", block: "ANTHROPIC_OPEN_TELEMETRY=false",
	},
	{
		name: "openinference", driver: "openinference", venv: "opentelemetry",
		pkg: "openinference-instrumentation-openai",
	},
	{
		name: "anthropic-sdk", driver: "anthropic-sdk", venv: "opentelemetry", pkg: "anthropic",
		block: "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE=content",
	},
}

func TestInstrumentationsOfPythonClients(t *testing.T) {
	for _, it := range instrumentations {
		t.Run(it.name, func(t *testing.T) {
			l := newLab(t)
			env := slices.Concat(it.env, l.tideApp())
			if it.block != "" {
				env = append(env, settings(codeBlock(t, docs+"otlp.md", it.block), nil)...)
			}
			python := filepath.Join(l.software, it.venv, "bin", "python")
			l.run(t, environment(env...), python, "drivers/otel.py", it.driver)
			name := it.name + "-" +
				version(t, it.venv+".txt", `^`+regexp.QuoteMeta(it.pkg)+`==(.*)$`)
			l.compare(t, name, l.got())
		})
	}
}

func TestVercelAISDK(t *testing.T) {
	l := newLab(t)
	// Node looks for packages beside the script.
	script, err := os.ReadFile("drivers/aisdk.mjs")
	require.NoError(t, err)
	copied := filepath.Join(l.software, "node", "aisdk.mjs")
	require.NoError(t, os.WriteFile(copied, script, 0o600))
	env := append(l.tideApp(), "CALLS="+absolute(t, "model/calls.json"))
	l.run(t, environment(env...), "node", copied)
	l.compare(t, "vercel-ai-sdk-"+version(t, "package.json", `"ai": "(.*)"`), l.got())
}
