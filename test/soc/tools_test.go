package soc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// installed is the path of what test/soc/setup.sh installed as the file of software/ says.
func installed(t *testing.T, name, file, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("software", file))
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	folder := name + "-" + hex.EncodeToString(sum[:])[:12]
	path = filepath.Join(cache, "stillwatch", folder, path)
	_, err = os.Stat(path)
	require.NoError(t, err, "%s is not installed as software/%s says; to install it:\n"+
		"  test/soc/setup.sh", name, file)
	return path
}

func output(t *testing.T, command string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), command, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", command, args, out)
	return string(out)
}

const rules = "../../configs/soc/prometheus/stillwatch-rules.yaml"

func TestPrometheusTakesTheRulesAndTheyFireOnTheirFaults(t *testing.T) {
	promtool := installed(t, "soc-tools", "tools", "promtool")
	output(t, promtool, "check", "rules", "--lint=all", "--lint-fatal", rules)
	path, err := filepath.Abs(rules)
	require.NoError(t, err)
	tests, err := os.ReadFile("testdata/rules_test.yaml")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "rules_test.yaml")
	require.NoError(t, os.WriteFile(
		file, []byte(strings.Replace(string(tests), "RULES", path, 1)), 0o600,
	))
	output(t, promtool, "test", "rules", file)
	// promtool opens the file of the token.
	output(t, promtool, "check", "config", "--syntax-only",
		"../../configs/soc/prometheus/scrape.yaml")
}

func TestTheRulesNameMetricsThatThereAre(t *testing.T) {
	text, err := os.ReadFile(rules)
	require.NoError(t, err)
	var pages strings.Builder
	for _, page := range []string{"operations.md", "soc/webhook.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		require.NoError(t, err)
		pages.Write(text)
	}
	names := regexp.MustCompile(`\bstillwatch_[a-z_]+`).FindAllString(string(text), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		require.Contains(t, pages.String(), "`"+name+"`")
	}
	page, err := os.ReadFile("../../docs/soc/prometheus.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, string(page), "`"+m[1]+"`", "what to do about it")
	}
}

func TestAlertmanagerRoutesTheRulesAlerts(t *testing.T) {
	amtool := installed(t, "soc-tools", "tools", "amtool")
	const file = "../../configs/soc/prometheus/alertmanager.yaml"
	output(t, amtool, "check-config", file)
	text, err := os.ReadFile(rules)
	require.NoError(t, err)
	alerts := regexp.MustCompile(`(?s)alert: (\w+)\n.*?severity: (\w+)`).
		FindAllStringSubmatch(string(text), -1)
	require.Len(t, alerts, strings.Count(string(text), "- alert: "))
	for _, alert := range append(alerts, []string{"", "Other", "critical"}) {
		receiver := map[string]string{
			"critical": "stillwatch-page", "warning": "stillwatch-channel",
		}[alert[2]]
		if alert[1] == "Other" {
			receiver = "default"
		}
		require.NotEmpty(t, receiver, alert[0])
		output(t, amtool, "config", "routes", "test", "--config.file="+file,
			"--verify.receivers="+receiver, "alertname="+alert[1], "severity="+alert[2])
	}
}

// converted are the Sigma rules' queries, by tool and file.
func converted(t *testing.T) (out map[string]map[string]string) {
	t.Helper()
	python := installed(t, "sigma", "sigma.txt", "bin/python")
	text := output(t, python, "testdata/convert.py", "../../configs/soc/sigma")
	require.NoError(t, json.Unmarshal([]byte(text), &out), text)
	return out
}

func TestSigmaRulesFindInOpenSearchWhatTheyAreFor(t *testing.T) {
	n := openSearch(t)
	index := n.fresh("records")
	alerts := records(t).alerts
	// A campaign that comes back, and a group that an analyst allowed, as the encoder writes them.
	var closed record
	for _, r := range alerts {
		if r.doc["activity_id"] == 3.0 && r.f.Kind == "campaign" {
			closed = r
		}
	}
	again := *closed.f
	again.UID, again.Sequence, again.Activity = "again", 1, 1
	again.CloseReason, again.Related, again.Alerts = "", []string{closed.Key}, true
	muted := again
	muted.UID, muted.Muted, muted.Severity = "muted", true, 5
	alerts = append(alerts, encode(t, &again), encode(t, &muted))
	n.insert(index, lines(alerts)...)

	alerting := func(r record) bool { return r.doc["is_alert"] == true }
	for rule, want := range map[string]func(record) bool{
		"new-high-campaign.yml": func(r record) bool {
			return alerting(r) && r.f.Kind == "campaign" && r.f.Severity >= 4
		},
		"unreadable-accounts.yml": func(r record) bool {
			return alerting(r) && r.f.Kind == "tripwire" && strings.Contains(r.f.Title, "cannot be read")
		},
		"campaign-returns.yml": func(r record) bool {
			return alerting(r) && r.f.Activity == 1 && len(r.f.Related) > 0
		},
	} {
		var uids []string
		for _, r := range alerts {
			if want(r) {
				uids = append(uids, get(r.doc, "metadata.uid").(string))
			}
		}
		require.NotEmpty(t, uids, "no record is for %s", rule)
		require.Less(t, len(uids), len(alerts))
		query := converted(t)["opensearch"][rule]
		body, err := json.Marshal(map[string]any{
			"query": map[string]any{"query_string": map[string]any{"query": query}},
		})
		require.NoError(t, err)
		ids, _ := n.search(index, string(body))
		require.ElementsMatch(t, uids, ids, "%s: %s", rule, query)
	}
}

func TestThePageHasTheQueriesThatSigmaRulesBecome(t *testing.T) {
	page, err := os.ReadFile("../../docs/soc/sigma.md")
	require.NoError(t, err)
	for tool, queries := range converted(t) {
		require.Len(t, queries, 3, tool)
		for rule, query := range queries {
			require.Contains(t, string(page), "\n"+query+"\n", "%s of %s", rule, tool)
		}
	}
}

// column is one of the table's.
type column struct{ Name, Type string }

func TestTheRecipeForSentinelIsOfTheFormThatMicrosoftsModelsHave(t *testing.T) {
	python := installed(t, "azure", "azure.txt", "bin/python")
	output(t, python, "testdata/azure_models.py", "../../configs/soc/sentinel")
	for name, change := range map[string][2]string{
		"dcr.json": {`"consumerGroup"`, `"consumer_group"`}, "table.json": {`"plan"`, `"plans"`},
		"rule.json": {`"queryPeriod"`, `"period"`},
	} {
		folder := t.TempDir()
		for _, file := range []string{"dcr.json", "table.json", "rule.json"} {
			text, err := os.ReadFile("../../configs/soc/sentinel/" + file)
			require.NoError(t, err)
			if file == name {
				text = []byte(strings.Replace(string(text), change[0], change[1], 1))
			}
			require.NoError(t, os.WriteFile(filepath.Join(folder, file), text, 0o600))
		}
		out, err := exec.CommandContext(t.Context(), python, "testdata/azure_models.py", folder).
			CombinedOutput()
		require.Error(t, err, name)
		require.Contains(t, string(out), strings.Trim(change[1], `"`)+" is not known")
	}
}

func TestTheTransformationForSentinelFillsTheTableFromRecords(t *testing.T) {
	var table struct {
		Properties struct{ Schema struct{ Columns []column } }
	}
	var rule struct {
		Properties struct {
			DataFlows []struct{ TransformKql string }
			Query     string
		}
	}
	readJSON(t, "table.json", &table)
	readJSON(t, "dcr.json", &rule)
	_, projected, found := strings.Cut(rule.Properties.DataFlows[0].TransformKql, "| project ")
	require.True(t, found)
	types := map[string]string{
		"tostring": "string", "toint": "int", "tolong": "long", "todouble": "real",
		"datetime": "datetime", "iff": "string", "case": "string", "record": "dynamic",
	}
	var made []column
	for _, m := range regexp.MustCompile(`(\w+) = (\w+)`).FindAllStringSubmatch(projected, -1) {
		require.Contains(t, types, m[2])
		made = append(made, column{m[1], types[m[2]]})
	}
	require.Equal(t, table.Properties.Schema.Columns, made)

	// What the transformation reads is what some record has.
	paths := regexp.MustCompile(`record((?:\.\w+|\[0\])+)`).FindAllStringSubmatch(projected, -1)
	require.Greater(t, len(paths), 30)
	full := encode(t, full(t)).doc
	for _, m := range paths {
		path := strings.TrimPrefix(m[1], ".")
		if list, rest, isList := strings.Cut(path, "[0]."); isList {
			require.NotNil(t, get(get(full, list).([]any)[0].(map[string]any), rest), path)
			continue
		}
		if path != "finding_info.src_url" { // with alerts.console_url
			require.NotNil(t, get(full, path), path)
		}
	}
	readJSON(t, "rule.json", &rule)
	_, columns, found := strings.Cut(rule.Properties.Query, "| project ")
	require.True(t, found)
	for name := range strings.SplitSeq(columns, ", ") {
		require.Contains(t, text(t, "table.json"), fmt.Sprintf(`"name": %q`, name))
	}
}

func text(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../configs/soc/sentinel/" + name)
	require.NoError(t, err)
	return string(data)
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text(t, name)), into))
}

func TestTheRecipesConnectorsAndTheBrokerAreOfOneVersion(t *testing.T) {
	versions := regexp.MustCompile(`<kafka\.version>(.*)</kafka\.version>`)
	var found []string
	for _, file := range []string{"pom.xml", "connect.xml"} {
		data, err := os.ReadFile("../harness/" + file)
		require.NoError(t, err)
		found = append(found, versions.FindStringSubmatch(string(data))[1])
	}
	require.Equal(t, found[0], found[1])
}
