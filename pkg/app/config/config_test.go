package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

const (
	referencePath = "../../../configs/stillwatch.yaml"
	schemaPath    = "../../../configs/schema/stillwatch.schema.json"
)

// environ looks variables up in a map.
func environ(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stillwatch.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheDefaultsAreValid(t *testing.T) {
	got, err := Load("", environ(nil))
	require.NoError(t, err)
	require.Equal(t, Default(), got)
}

func TestTheReferenceFileIsTheDefaults(t *testing.T) {
	got, err := Load(referencePath, environ(nil))
	require.NoError(t, err)
	require.Equal(t, Default(), got)

	docs, err := comments(referencePath, configs.Reference)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, yaml.Unmarshal(configs.Reference, &doc))
	defaults := Default()
	for _, f := range fields(reflect.ValueOf(&defaults)) {
		section, _ := split(f.path)
		require.NotEmpty(t, docs[f.path], "%s is in the file, with a comment", f.path)
		if section != "" {
			require.NotEmpty(t, docs[section], "%s has a comment", section)
		}
		value, ok := at(doc, f.path)
		require.True(t, ok, f.path)
		require.NotNil(t, value, "%s shows its default", f.path)
	}
}

func at(doc map[string]any, path string) (any, bool) {
	head, rest, more := strings.Cut(path, ".")
	value, ok := doc[head]
	if !more || !ok {
		return value, ok
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return at(inner, rest)
}

func TestEveryKeyCanBeOverriddenFromTheEnvironment(t *testing.T) {
	names := map[string]string{}
	probe := Default()
	for _, f := range fields(reflect.ValueOf(&probe)) {
		require.NotContains(t, names, EnvName(f.path),
			"%s and %s have the same variable", f.path, names[EnvName(f.path)])
		names[EnvName(f.path)] = f.path
	}
	for name, path := range names {
		c := Default()
		want, text := other(t, &c, path)
		s := newSource(&c, environ(map[string]string{name: text}))
		s.env()
		s.secretFiles()
		require.Empty(t, s.errs, name)
		for _, f := range fields(reflect.ValueOf(&c)) {
			if f.path == strings.TrimSuffix(path, fileSuffix) && (f.secret || f.path == path) {
				require.Equal(t, want, f.value.Interface(), name)
			}
		}
	}
}

// other is a value that the key at path does not have by default, and how the environment says it.
func other(t *testing.T, c *Config, path string) (value any, text string) {
	t.Helper()
	for _, f := range fields(reflect.ValueOf(c)) {
		if f.path != path {
			continue
		}
		if f.file {
			return "from-a-file-0123456789", write(t, "from-a-file-0123456789\n")
		}
		switch v := f.value.Interface().(type) {
		case time.Duration:
			return v + 90*time.Second, FormatDuration(v + 90*time.Second)
		case []string:
			return []string{"one", "two"}, "one, two"
		case map[string]string:
			return map[string]string{"a": "b", "c": "d"}, "a=b, c=d"
		case map[string]gateway.TopicOptions:
			hops := 2
			return map[string]gateway.TopicOptions{
					"a.b": {Format: "kong", TrustedHops: &hops}, "c": {},
				},
				"{a.b: {format: kong, trusted_hops: 2}, c: {}}"
		case []Webhook:
			var w Webhook
			w.SetDefaults()
			w.Name, w.URL = "soar", "https://soar.example.com/in"
			return []Webhook{w}, `[{name: soar, url: "https://soar.example.com/in"}]`
		case bool:
			return !v, map[bool]string{true: "true", false: "false"}[!v]
		}
		switch k := f.value.Kind(); {
		case k == reflect.String:
			return reflect.ValueOf("other").Convert(f.value.Type()).Interface(), "other"
		case f.value.CanInt(), f.value.CanUint(), f.value.CanFloat():
			return reflect.ValueOf(7).Convert(f.value.Type()).Interface(), "7"
		}
		require.Failf(t, "no other value", "%s is a %s", path, f.value.Type())
	}
	require.Fail(t, "no such key", path)
	return nil, ""
}

func TestTheSecretsAreKnown(t *testing.T) {
	c := Default()
	var secrets []string
	for _, f := range fields(reflect.ValueOf(&c)) {
		if f.secret {
			secrets = append(secrets, f.path)
		}
	}
	require.Equal(t, []string{
		"kafka.sasl.password", "redis.sentinel.password", "redis.password", "sketch.secret",
		"sketch.previous_secret", "http.token",
	}, secrets)
}

func TestPrintMasksSecretsAndReadsBack(t *testing.T) {
	c := Default()
	for _, f := range fields(reflect.ValueOf(&c)) {
		if f.secret {
			f.value.SetString("hunter2hunter2hunter2")
		}
	}
	text, err := Print(c)
	require.NoError(t, err)
	require.NotContains(t, string(text), "hunter2")
	require.Contains(t, string(text), masked)

	text, err = Print(Default())
	require.NoError(t, err)
	got, err := Load(write(t, string(text)), environ(nil))
	require.NoError(t, err)
	require.Equal(t, Default(), got)
}

// TestTheSchemaIsCurrent fails after a change of the keys: write it anew with go run
// ./cmd/stillwatch config schema.
func TestTheSchemaIsCurrent(t *testing.T) {
	want, err := Schema()
	require.NoError(t, err)
	got, err := os.ReadFile(schemaPath)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got),
		"run: go run ./cmd/stillwatch config schema > configs/schema/stillwatch.schema.json")
}

func TestTheSchemaTakesTheReferenceAndRefusesMistakes(t *testing.T) {
	text, err := Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(schemaID, doc))
	schema, err := compiler.Compile(schemaID)
	require.NoError(t, err)

	check := func(text string) error {
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(text), &value))
		asJSON, err := json.Marshal(value)
		require.NoError(t, err)
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		require.NoError(t, err)
		return schema.Validate(instance)
	}
	require.NoError(t, check(string(configs.Reference)))
	require.NoError(t, check("topics: {partitions: '${N}'}\nshutdown_timeout: 1d12h"))
	require.Error(t, check("kafka: {broker: [a]}"))
	require.Error(t, check("topics: {partitions: many}"))
	require.Error(t, check("shutdown_timeout: soon"))
	require.NoError(t, check("ingest: {gateway: {topics: {a: {format: kong, trusted_hops: 1}}}}"))
	require.Error(t, check("ingest: {gateway: {topics: {a: {formt: kong}}}}"))
}

func TestMistakesAreReportedAllAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		lint       []string
	}{
		{name: "an unknown stage", text: "stages: [ingest, egress]", lint: []string{
			`stages: no stage is called "egress"; there are ingest, fingerprint, correlate`,
		}},
		{name: "no stage", text: "stages: []", lint: []string{"stages: name at least one of"}},
		{name: "a broker without a port", text: "kafka: {brokers: [kafka]}", lint: []string{
			"kafka.brokers: \"kafka\" is not host:port",
		}},
		{
			name: "half a login", text: "kafka: {sasl: {mechanism: plain, username: me}}",
			lint: []string{"kafka.sasl: mechanism plain needs username and password"},
		},
		{
			name: "a topic twice and one with a space",
			text: "topics: {alerts: a, accounts: a, profiles: 'a b', verdicts: a, audit: ''}",
			lint: []string{
				`topics.profiles: "a b" is no topic name`,
				`topics.accounts: "a" is already the topic of alerts`,
				`topics.verdicts: "a" is already the topic of accounts`,
				`topics.audit: "" is no topic name`,
			},
		},
		{
			name: "findings in shadow among those that alert, and a detector that is none",
			text: "topics: {shadow: stillwatch.alerts}\ncorrelate: {shadow: {detectors: [hour]}}",
			lint: []string{
				`topics.shadow: "stillwatch.alerts" is already the topic of alerts`,
				`correlate.shadow.detectors: no detector is called "hour"; did you mean "hours"?`,
			},
		},
		{
			name: "options of a topic that is no input",
			text: "topics: {gateway: [a, b]}\ningest: {gateway: {topics: {c: {format: kong}}}}",
			lint: []string{`ingest.gateway.topics: "c" is none of topics.gateway (a, b)`},
		},
		{
			name: "a format that no topic can have",
			text: "topics: {gateway: [a]}\ningest: {gateway: {topics: {a: {format: pigeon}}}}",
			lint: []string{`ingest.gateway.topics.a: format "pigeon" is not known, choose one of`},
		},
		{
			name: "an option that no topic has",
			text: "topics: {gateway: [a]}\ningest: {gateway: {topics: {a: {formt: kong}}}}",
			lint: []string{
				`ingest.gateway.topics: a: unknown key "formt"; there are format, trusted_hops`,
			},
		},
		{
			name: "a format where options belong",
			text: "topics: {gateway: [a]}\ningest: {gateway: {topics: {a: kong}}}",
			lint: []string{`ingest.gateway.topics: a: want keys and values: format, trusted_hops`},
		},
		{
			name: "hops below nothing",
			text: "topics: {gateway: [a]}\ningest: {gateway: {topics: {a: {trusted_hops: -1}}}}",
			lint: []string{`ingest.gateway.topics.a: trusted_hops is -1, give 0 or more`},
		},
		{
			name: "facts from where they can't be",
			text: "ingest: {enrich: {facts_topic: llm.gateway.events, maxmind: [a, a], reload: 1ms}}",
			lint: []string{
				"ingest.enrich.reload: 1ms is too often, give at least 1s",
				"ingest.enrich.maxmind: a is named twice",
				`topics.facts (ingest.enrich.facts_topic): "llm.gateway.events" is already the topic of gateway`,
			},
		},
		{name: "no gateway topic", text: "topics: {gateway: []}", lint: []string{
			"topics.gateway: name at least one topic",
		}},
		{
			name: "numbers out of range", text: "topics: {partitions: 0, replication_factor: -1}",
			lint: []string{"topics.partitions: ", "topics.replication_factor: "},
		},
		{name: "a short secret", text: "sketch: {secret: hunter2}", lint: []string{
			"sketch.secret: shorter than 16 characters",
		}},
		{
			name: "a rotation that is none",
			text: "sketch: {secret: hunter2hunter2hunter2, previous_secret: hunter2hunter2hunter2}",
			lint: []string{"sketch.previous_secret: is the same as secret"},
		},
		{name: "a sketch that cannot be", text: "sketch: {width: 0}", lint: []string{
			"sketch.width is 0",
		}},
		{name: "a group of two", text: "correlate: {min_group: 2}", lint: []string{
			"correlate.min_group: 2",
		}},
		{name: "a public console without a token", text: "http: {address: ':9464'}", lint: []string{
			"http.token: required because address is not loopback",
		}},
		{name: "log words", text: "log: {level: loud, format: xml}", lint: []string{
			"log.level: want debug", "log.format: want json",
		}},
		{
			name: "keys of earlier configurations", text: "fingerprint: {short_pane: 5m}",
			env: map[string]string{"STILLWATCH_FINGERPRINT_SHORT_KEEP": "1h"},
			lint: []string{
				`:1: "fingerprint.short_pane" is no key any more: nothing read the requests of the last hour; remove it`,
				`environment variable STILLWATCH_FINGERPRINT_SHORT_KEEP: "fingerprint.short_keep" is no key any more: `,
			},
		},
		{
			name: "no time to stop", text: "shutdown_timeout: 0s\nstartup_timeout: -1s",
			lint: []string{
				"startup_timeout: must be positive", "shutdown_timeout: must be positive",
			},
		},
		{
			name: "a file, an override and a check at once",
			text: "kafka: {brokerz: [a]}\nlog: {level: loud}",
			env:  map[string]string{"STILLWATCH_TOPICS_PARTITIONS": "many"},
			lint: []string{
				`:1: unknown key "kafka.brokerz"; did you mean "kafka.brokers"?`,
				"STILLWATCH_TOPICS_PARTITIONS: want an integer", "log.level: ",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load(write(t, tc.text), environ(tc.env))
			var bad *Error
			require.ErrorAs(t, err, &bad)
			require.Len(t, bad.Problems, len(tc.lint), "%v", bad.Problems)
			for i, lint := range tc.lint {
				require.Contains(t, bad.Problems[i], lint)
				require.NotContains(t, bad.Problems[i], "hunter2")
				require.NotContains(t, bad.Problems[i], "\n")
			}
		})
	}
}

func TestATopicKeepsWhatItDoesNotName(t *testing.T) {
	c, err := Load(write(
		t,
		"topics: {gateway: [a, b, c]}\ningest: {gateway: {format: kong, trusted_hops: 2, topics: {a: {format: litellm}, b: {trusted_hops: 0, format: }}}}",
	),
		environ(nil))
	require.NoError(t, err)
	for topic, want := range map[string]struct {
		format string
		hops   int
	}{"a": {"litellm", 2}, "b": {"kong", 0}, "c": {"kong", 2}} {
		got := c.Ingest.Gateway.For(topic)
		require.Equal(t, want.format, got.Format, topic)
		require.Equal(t, want.hops, got.TrustedHops, topic)
	}
	text, err := Print(c)
	require.NoError(t, err)
	again, err := Load(write(t, string(text)), environ(nil))
	require.NoError(t, err)
	require.Equal(t, c, again)
}

func TestAFileThatIsNotThereIsOneClearLine(t *testing.T) {
	_, err := Load("no-such.yaml", environ(nil))
	require.EqualError(t, err, "configuration file: open no-such.yaml: no such file or directory")
}

func TestARotationHasTwoKeys(t *testing.T) {
	c := Default()
	require.Empty(t, c.Sketch.Keys())
	c.Sketch.Secret = "new-0123456789abcdef"
	c.Sketch.PreviousSecret = "old-0123456789abcdef"
	keys := c.Sketch.Keys()
	require.Len(t, keys, 2)
	require.Equal(t, "new-0123456789abcdef", string(keys[0].Key))
	require.Equal(t, "old-0123456789abcdef", string(keys[1].Key))
}

func TestWatchListsThatCannotBeReadAreNamedAllAtOnce(t *testing.T) {
	dir := t.TempDir()
	broken, path := filepath.Join(dir, "broken.json"), filepath.Join(dir, "stillwatch.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("7"), 0o600))
	text := "correlate: {watch_lists: ['" + broken + "', '" +
		filepath.Join(dir, "none.json") + "', '']}\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	_, err := Load(path, func(string) (string, bool) { return "", false })
	require.ErrorContains(t, err, "broken.json: no JSON object")
	require.ErrorContains(t, err, "none.json: no such file")
	require.ErrorContains(t, err, "correlate.watch_lists: a file has no name")
}
