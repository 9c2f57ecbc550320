package config

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/stillwatch/stillwatch/configs"
)

// signingSecret is a valid secret that tells which one it is.
func signingSecret(what string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(what, 30)[:30]))
}

func TestTheReferenceOfAWebhookIsItsDefaults(t *testing.T) {
	var want Webhook
	want.SetDefaults()
	want.Headers, want.HeaderFiles = map[string]string{}, map[string]string{}
	got := newItem(reflect.TypeFor[[]Webhook]())
	s := &source{
		fields: map[string]field{}, sections: map[string]bool{"": true}, lookup: environ(nil),
	}
	s.add(fields(got))
	s.yaml("webhook.yaml", configs.Webhook)
	require.Empty(t, s.errs)
	require.Equal(t, want, got.Elem().Interface())

	docs, err := comments("webhook.yaml", configs.Webhook)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, yaml.Unmarshal(configs.Webhook, &doc))
	for _, path := range s.order {
		require.NotEmpty(t, docs[path], "%s is in the file, with a comment", path)
		value, ok := at(doc, path)
		require.True(t, ok && value != nil, "%s shows its default", path)
	}
}

func TestTheSecretsOfAWebhookAreKnown(t *testing.T) {
	var secrets, companions []string
	for _, f := range fields(newItem(reflect.TypeFor[[]Webhook]())) {
		if f.secret {
			secrets = append(secrets, f.path)
		}
		if f.file {
			companions = append(companions, f.path)
		}
	}
	require.Equal(t, []string{"url", "secret", "previous_secret", "routing_key", "headers"}, secrets)
	require.Equal(t, []string{
		"url_file", "secret_file", "previous_secret_file", "routing_key_file",
	}, companions)
}

func TestWebhooksAreReadWithTheirSecretsFromFilesAndTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	text := `
webhooks:
  - name: soar
    url: https://soar.example.com/${ROOM}
    secret_file: ` + file("secret", signingSecret("one")+"\n") + `
    headers: {X-Team: soc}
    header_files: {Authorization: ` + file("token", "Bearer abc\n") + `}
    timeout: 5s
    tls: {ca_file: ca.pem}
  - name: pager
    format: pagerduty
    url: https://events.pagerduty.com/v2/enqueue
    routing_key: from-the-file
    alerts_only: true
    min_severity: high
`
	c, err := Load(write(t, text), environ(map[string]string{
		"ROOM": "hooks", "STILLWATCH_WEBHOOKS_2_ROUTING_KEY": "from-the-environment",
	}))
	require.NoError(t, err)
	var first, second Webhook
	first.SetDefaults()
	second.SetDefaults()
	first.Name, first.URL = "soar", "https://soar.example.com/hooks"
	first.Secret, first.Timeout = signingSecret("one"), 5*time.Second
	first.Headers = map[string]string{"X-Team": "soc", "Authorization": "Bearer abc"}
	first.HeaderFiles = map[string]string{"Authorization": filepath.Join(dir, "token")}
	first.TLS.CAFile = "ca.pem"
	second.Name, second.Format, second.RoutingKey = "pager", "pagerduty", "from-the-environment"
	second.URL = "https://events.pagerduty.com/v2/enqueue"
	second.AlertsOnly, second.MinSeverity = true, "high"
	require.Equal(t, []Webhook{first, second}, c.Webhooks)

	printed, err := Print(c)
	require.NoError(t, err)
	require.Contains(t, string(printed), "\n  - name: soar\n    url: '********'\n")
	require.Contains(t, string(printed), "X-Team: '********'")
	for _, secret := range []string{
		signingSecret("one"), "abc", "example.com", "/v2/enqueue", "from-the-environment",
	} {
		require.NotContains(t, string(printed), secret)
	}

	// A list in the environment takes the place of the file's, and its items can be overridden too.
	c, err = Load(write(t, text), environ(map[string]string{
		"ROOM": "hooks", "STILLWATCH_WEBHOOKS": "[{name: other, url: 'https://o.example.com'}]",
		"STILLWATCH_WEBHOOKS_1_SECRET": signingSecret("two"),
		"STILLWATCH_WEBHOOKS_2_NAME":   "nobody",
	}))
	require.NoError(t, err)
	require.Len(t, c.Webhooks, 1)
	require.Equal(t, "other", c.Webhooks[0].Name)
	require.Equal(t, signingSecret("two"), c.Webhooks[0].Secret)
}

func TestMistakesInWebhooksAreReportedWithTheirPlaceAndWithoutSecrets(t *testing.T) {
	const hidden = "hunter2"
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		lint       []string
	}{
		{
			name: "an unknown key", text: "webhooks:\n  - name: a\n    uri: x\n",
			lint: []string{
				`:3: unknown key "webhooks.1.uri"; did you mean "webhooks.1.url"?`,
				"webhooks.1.url: must not be empty", "webhooks.1.secret: is required",
			},
		},
		{name: "no list", text: "webhooks: {name: a}", lint: []string{":1: webhooks: want a list"}},
		{
			name: "no keys", text: "webhooks: [a]",
			lint: []string{
				":1: webhooks.1: want keys and values", `webhooks.1.name: want 1 to 32 lower-case`,
				"webhooks.1.url: must not be empty", "webhooks.1.secret: is required",
			},
		},
		{
			name: "a key twice", text: "webhooks:\n - {name: a, name: b, format: slack, url: 'http://s'}",
			lint: []string{":2: webhooks.1.name: already set on line 2"},
		},
		{
			name: "wrong values",
			text: "webhooks: [{name: A_1, url: 'ftp://hunter2', format: xml, secret: hunter2, timeout: soon," +
				" max_in_flight: 0, give_up_after: 1ms, min_severity: grave, start: middle, headers: {'a b': hunter2," +
				" Webhook-Id: hunter2, X-Ok: \"hunter2\\n\"}}]",
			lint: []string{
				`webhooks.1.timeout: want a duration`, `webhooks.1.name: want 1 to 32 lower-case`,
				`webhooks.1.format: want ocsf, slack, pagerduty, not "xml"`,
				"webhooks.1.url: want an address such as https://",
				"webhooks.1.secret: want whsec_ and 24 to 64 bytes in base64",
				"webhooks.1.headers: Webhook-Id is Stillwatch's own",
				"webhooks.1.headers: the value of X-Ok", `webhooks.1.headers: "a b" is no name`,
				"webhooks.1.max_in_flight: 0", "webhooks.1.give_up_after: 1ms",
				"webhooks.1.min_severity: want informational, low, medium, high, critical",
				"webhooks.1.start: \"middle\" is neither",
			},
		},
		{
			name: "credentials in the address",
			text: "webhooks: [{name: a, format: slack, url: 'https://me:hunter2@host/'}]",
			lint: []string{"webhooks.1.url: must hold no user and password"},
		},
		{
			name: "secrets that do not fit together",
			text: "webhooks: [{name: a, format: slack, url: 'https://s', previous_secret: '" +
				signingSecret("x") + "'}, {name: a, url: 'https://s', secret: '" + signingSecret("x") +
				"', previous_secret: '" + signingSecret("x") + "', routing_key: hunter2}," +
				" {name: b, format: pagerduty, url: 'http://s', tls: {enabled: true}}]",
			lint: []string{
				"webhooks.1.previous_secret: is set without secret",
				"webhooks.2.previous_secret: is the same as secret",
				"webhooks.2.routing_key: is for the format pagerduty only",
				`webhooks.2.name: "a" is the name of webhooks.1 already`,
				"webhooks.3.routing_key: is required", "webhooks.3.tls: enabled is true, but the url",
			},
		},
		{
			name: "files that are not there",
			text: "webhooks: [{name: a, format: slack, url_file: no-such, header_files: {X-A: none}, headers: {X-B: hunter2}}," +
				" {name: b, format: slack, url: 'https://s', header_files: {X-A: none}, headers: {X-A: hunter2}}]",
			lint: []string{
				"webhooks.1.url_file: stat no-such", "webhooks.1.header_files: X-A: stat none",
				"webhooks.2.header_files: X-A: is set in headers too",
				"webhooks.1.url: must not be empty",
			},
		},
		{
			name: "an override that is no list", text: "{}",
			env:  map[string]string{"STILLWATCH_WEBHOOKS": "a: [", "STILLWATCH_LOG_LEVEL": "info"},
			lint: []string{"environment variable STILLWATCH_WEBHOOKS: want YAML such as"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load(write(t, tc.text), environ(tc.env))
			var bad *Error
			require.ErrorAs(t, err, &bad)
			problems := slices.Clone(bad.Problems)
			for _, want := range tc.lint {
				i := slices.IndexFunc(problems, func(p string) bool {
					return strings.Contains(p, want)
				})
				require.GreaterOrEqual(t, i, 0, "%s in %q", want, problems)
				problems = slices.Delete(problems, i, i+1)
			}
			require.Empty(t, problems)
			require.NotContains(t, err.Error(), hidden)
		})
	}
}
