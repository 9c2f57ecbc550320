package soc

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
)

// Splunk cannot be had here. These tests apply the settings of props.conf to real records as
// Splunk's manual describes them: LINE_BREAKER's first group is cut out, and the time is read
// behind TIME_PREFIX, within MAX_TIMESTAMP_LOOKAHEAD characters.

// conf reads one of Splunk's files: settings by stanza and name.
func conf(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../configs/soc/splunk/" + name)
	require.NoError(t, err)
	out := map[string]map[string]string{}
	stanza := ""
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", "")) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			stanza = strings.Trim(line, "[]")
			require.NotContains(t, out, stanza)
			out[stanza] = map[string]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			require.True(t, ok, line)
			key = strings.TrimSpace(key)
			require.NotContains(t, out[stanza], key, stanza)
			out[stanza][key] = strings.TrimSpace(value)
		}
	}
	return out
}

// events cuts a stream of records into events, as LINE_BREAKER and SEDCMD say.
func splunkEvents(t *testing.T, settings map[string]string, stream []byte) (out [][]byte) {
	t.Helper()
	breaker := regexp.MustCompile(settings["LINE_BREAKER"])
	end := regexp.MustCompile(`####\s*$`)
	require.Equal(t, "s/"+end.String()+"//", settings["SEDCMD-breaker"])
	from := 0
	for _, at := range breaker.FindAllSubmatchIndex(stream, -1) {
		out = append(out, stream[from:at[2]])
		from = at[3]
	}
	out = append(out, stream[from:])
	for i := range out {
		out[i] = end.ReplaceAll(bytes.TrimSpace(out[i]), nil)
	}
	return out
}

// splunkTime reads an event's time.
func splunkTime(t *testing.T, settings map[string]string, event []byte) int64 {
	t.Helper()
	require.Equal(t, "%s%3N", settings["TIME_FORMAT"])
	at := regexp.MustCompile(settings["TIME_PREFIX"]).FindIndex(event)
	require.NotNil(t, at, "%s", event)
	most, err := strconv.Atoi(settings["MAX_TIMESTAMP_LOOKAHEAD"])
	require.NoError(t, err)
	digits := regexp.MustCompile(`^\d{13}`).Find(event[at[1]:min(at[1]+most, len(event))])
	require.NotNil(t, digits, "%s", event)
	ms, err := strconv.ParseInt(string(digits), 10, 64)
	require.NoError(t, err)
	return ms
}

func TestSplunkCutsRecordsApartAndReadsTheirTimes(t *testing.T) {
	out := records(t)
	var findings [][]byte
	for _, r := range out.alerts {
		findings = append(findings, r.Value)
	}
	props := conf(t, "props.conf")
	for sourcetype, list := range map[string][][]byte{
		"stillwatch:finding": findings, "stillwatch:account": out.accounts,
	} {
		settings := props[sourcetype]
		truncate, err := strconv.Atoi(settings["TRUNCATE"])
		require.NoError(t, err)
		for _, separator := range []string{"\n", "\r\n", "####"} {
			stream := append(bytes.Join(list, []byte(separator)), separator...)
			require.Equal(t, list, splunkEvents(t, settings, stream), separator)
		}
		for _, value := range list {
			r, err := newDocument(value)
			require.NoError(t, err)
			require.Equal(t, int64(r["time"].(float64)), splunkTime(t, settings, value))
			require.Less(t, len(value), truncate)
		}
	}
	require.LessOrEqual(t, alert.MaxRecord, 1_000_000)
	require.Equal(t, "1000000", props["stillwatch:finding"]["TRUNCATE"])
}

func TestSplunkSeesUpdatesAndClosesByTheirTime(t *testing.T) {
	// A search over the last fifteen minutes needs the time of the record.
	settings := conf(t, "props.conf")["stillwatch:finding"]
	for _, r := range records(t).alerts {
		ms := splunkTime(t, settings, r.Value)
		require.Equal(t, r.f.Modified, ms)
		require.Equal(t, 2026, time.UnixMilli(ms).UTC().Year())
	}
}

func TestTheSearchesOfSplunkNameFieldsThatRecordsHave(t *testing.T) {
	known := map[string]bool{
		"_time": true, "analyst_status": true, "analyst_assignee": true, "analyst_ticket": true,
	}
	for _, r := range records(t).alerts {
		flatten(r.doc, "", known)
	}
	field := regexp.MustCompile(`\b(?:table|dedup|sort 0 -?|where)\s+([a-z_. ]+)`)
	searches := conf(t, "savedsearches.conf")
	require.Len(t, searches, 3)
	for name, settings := range searches {
		found := 0
		for _, m := range field.FindAllStringSubmatch(settings["search"], -1) {
			for name := range strings.FieldsSeq(m[1]) {
				require.True(t, known[name], "%s is in no record", name)
				found++
			}
		}
		require.NotZero(t, found, name)
	}
	for name := range conf(t, "props.conf")["stillwatch:finding"] {
		if of, isAlias := strings.CutPrefix(name, "FIELDALIAS-"); isAlias {
			from, _, ok := strings.Cut(conf(t, "props.conf")["stillwatch:finding"][name], " AS ")
			require.True(t, ok)
			require.True(t, known[from], "%s: %s is in no record", of, from)
		}
	}
	lookup := conf(t, "transforms.conf")["stillwatch_analyst"]
	for name := range conf(t, "collections.conf")[lookup["collection"]] {
		require.Contains(t, lookup["fields_list"], strings.TrimPrefix(name, "field."))
	}
}

// flatten names what a document has as Splunk does: lists end in {}.
func flatten(v any, path string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			flatten(below, strings.TrimPrefix(path+"."+name, "."), into)
		}
	case []any:
		for _, below := range v {
			flatten(below, path+"{}", into)
		}
	default:
		into[path] = true
	}
}

func TestConnectorsNameNoOptionTwice(t *testing.T) {
	files, err := filepath.Glob("../../configs/soc/connect/*.properties")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.NotEmpty(t, properties(t, filepath.Base(file)))
	}
}

// properties reads a connector's file.
func properties(t *testing.T, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../configs/soc/connect/" + name)
	require.NoError(t, err)
	out := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		require.NotContains(t, out, key)
		out[key] = value
	}
	return out
}
