package sketchfilter

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// canary is what must not be found where text was. It is a word of its own that no gateway has a
// use for.
const canary = "Kanarienvogel"

// passes lists the fields of the canonical event that come out as they are: none of them is text.
var passes = []string{
	"id", "tenant", "source.gateway", "source.instance", "account.id", "account.org_id",
	"account.team_id", "account.user_id", "account.end_user_id", "account.key_hash", "account.plan",
	"account.payment_fp", "account.payment_issuer", "account.email_domain", "account.contract",
	"account.purpose", "client.ip",
	"client.as_org", "client.country", "client.user_agent", "client.ja4", "client.ja3",
	"client.device_id", "request.operation", "request.model", "request.session_id",
	"request.reasoning_effort", "request.response_format", "request.tools", "request.tool_choice",
	"response.error_type", "response.finish_reasons",
}

// prose matches the names under which gateways have text, or what may be text.
var prose = regexp.MustCompile(`(?i)content|text|prompt|message|system|instruction|input|output|reasoning|thinking|completion|argument|description|` +
	`parameters|schema|labels|ext\b|error_str|traceback|exception\.message|query|document|parts`)

// notProse matches names that only look so.
var notProse = regexp.MustCompile(
	`(?i)_tokens|finish_reason|reasoning_effort|\.role$|\.name$|\.type$|\.id$|call_id|system_fingerprint|error_type|` +
		`content.type|(stop|completion)_?reason|reasoning\.effort|output\.type|request\.model$|invocation_parameters\.stringValue\.model$`,
)

// wrapper matches what log shippers put around events.
var wrapper = regexp.MustCompile(`^(\.logEvents)?\.message`)

func TestNoTextComesOutWhereverAGatewayPutsIt(t *testing.T) {
	for name, sample := range samples(t) {
		t.Run(name, func(t *testing.T) {
			f := newFilter(t)
			leaves, texts := 0, 0
			for i := 0; ; i++ {
				record, path, found := poisoned(t, sample, i)
				if !found {
					break
				}
				leaves++
				output, complaints := through(t, f, record)
				require.NotContains(t, complaints, canary, path)
				if inside := wrapper.ReplaceAllString(path, ""); prose.MatchString(inside) &&
					!notProse.MatchString(inside) {
					texts++
					require.NotContains(t, output, canary, path)
				}
				for _, field := range carriers(t, output) {
					require.Contains(t, passes, field, "from %s", path)
				}
			}
			t.Logf("%d strings, %d of them text", leaves, texts)
			require.Positive(t, leaves)
		})
	}
}

func TestNoUnknownFieldComesOut(t *testing.T) {
	for name, sample := range samples(t) {
		t.Run(name, func(t *testing.T) {
			w := &walker{extra: true}
			record := w.record(t, sample)
			require.Positive(t, w.seen)
			f, output, complaints := filtered(t, record)
			require.Positive(t, f.Counts.Events)
			require.NotContains(t, output, canary)
			require.NotContains(t, complaints, canary)
		})
	}
}

func TestNoTextComesOutOfASketch(t *testing.T) {
	head := strings.ReplaceAll(
		`{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"},"ext":{"x":"Kanarienvogel"},"labels":{"x":"Kanarienvogel"},"sketch":`,
		"Kanarienvogel", canary,
	)
	for sketch, events := range map[string]int64{
		`{"version":1,"exact":"0a","Kanarienvogel":"Kanarienvogel","intents":{"Kanarienvogel":1,"rubric":2}}`: 1,
		`{"version":1,"exact":"Kanarienvogel"}`:                         0,
		`{"version":1,"shingles":["Kanarienvogel"]}`:                    0,
		`{"version":1,"system":["Kanarienvogel"]}`:                      0,
		`{"version":1,"check":"Kanarienvogel"}`:                         0,
		`{"version":"Kanarienvogel"}`:                                   0,
		`{"version":1,"intents":{"Kanarienvogel":"x"}}`:                 0,
		`{"version":1,"intents":{"Kanarienvogel":1,"Kanarienvogel":1}}`: 0,
		`{"version":1},"Kanarienvogel":1,"Kanarienvogel":1`:             0,
		`{"version":1},"ext2":{"Kanarienvogel":1,"Kanarienvogel":1}`:    1,
		`{"version":1},"ext2":{"Kanarienvogel" 1}`:                      0,
		`"Kanarienvogel"`: 0,
	} {
		f, output, complaints := filtered(t, head+sketch+"}")
		require.Equal(t, events, f.Counts.Events, sketch)
		require.NotContains(t, output+complaints, canary)
	}
}

// carriers lists the fields of the events in which the canary sits.
func carriers(t *testing.T, output string) (fields []string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if !strings.Contains(line, canary) {
			continue
		}
		var ev any
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for k, item := range v {
					require.NotContains(t, k, canary)
					walk(strings.TrimPrefix(path+"."+k, "."), item)
				}
			case []any:
				for _, item := range v {
					walk(path, item)
				}
			case string:
				if strings.Contains(v, canary) {
					fields = append(fields, path)
				}
			}
		}
		walk("", ev)
	}
	return fields
}

// poisoned returns the record with the canary at the end of its string number n, and that string's
// path.
func poisoned(t *testing.T, record string, n int) (out, path string, found bool) {
	t.Helper()
	w := &walker{target: n}
	out = w.record(t, record)
	return out, w.path, w.path != ""
}

// walker goes over the strings of a record, also those in strings that are JSON themselves.
type walker struct {
	target, seen int
	// path is where the target is.
	path string
	// extra adds an unknown field to every object instead.
	extra bool
}

func (w *walker) record(t *testing.T, record string) string {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(record) {
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			out.WriteString(line)
			continue
		}
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		require.NoError(t, e.Encode(w.walk(t, "", v)))
	}
	return out.String()
}

func (w *walker) walk(t *testing.T, path string, v any) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		var names []string
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names)
		// OpenTelemetry names an attribute beside its value.
		key, named := v["key"].(string)
		for _, k := range names {
			at := path + "." + k
			if named && k == "value" {
				at = path + "." + key
			}
			v[k] = w.walk(t, at, v[k])
		}
		if w.extra {
			w.seen++
			v[canary] = canary
		}
		return v
	case []any:
		for i := range v {
			v[i] = w.walk(t, path, v[i])
		}
		return v
	case string:
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			d := json.NewDecoder(strings.NewReader(v))
			d.UseNumber()
			var inner any
			if d.Decode(&inner) == nil && !d.More() {
				text, err := json.Marshal(w.walk(t, path, inner))
				require.NoError(t, err)
				return string(text)
			}
		}
		if w.extra {
			return v
		}
		w.seen++
		if w.seen-1 == w.target {
			w.path = path
			return v + " " + canary
		}
		return v
	}
	return v
}
