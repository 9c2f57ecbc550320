package soc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/test/harness"
)

// node is an OpenSearch node with the recipe on it.
type node struct {
	t   *testing.T
	url string
}

// recipe are the requests of docs/soc/elastic.md that put the recipe on a node, in their order.
var recipe = [][2]string{
	{"_ingest/pipeline/stillwatch-ecs", "pipeline-ecs.yaml"},
	{"_ingest/pipeline/stillwatch-records", "pipeline-records.yaml"},
	{"_component_template/stillwatch-finding", "component.yaml"},
	{"_index_template/stillwatch-findings", "template-findings.yaml"},
	{"_index_template/stillwatch-records", "template-records.yaml"},
	{"_index_template/stillwatch-accounts", "template-accounts.yaml"},
}

func openSearch(t *testing.T) node {
	t.Helper()
	n := node{t, harness.OpenSearch(t)}
	for _, step := range recipe {
		text, err := os.ReadFile("../../configs/soc/elastic/" + step[1])
		require.NoError(t, err)
		n.call(http.MethodPut, step[0], "application/yaml", text)
	}
	return n
}

// call sends a request, requires that it is well taken, and returns the answer.
func (n node) call(method, path, contentType string, body []byte) map[string]any {
	n.t.Helper()
	status, text := n.send(method, path, contentType, body)
	require.Less(n.t, status, 300, "%s %s: %s", method, path, text)
	var answer map[string]any
	require.NoError(n.t, json.Unmarshal(text, &answer), "%s", text)
	return answer
}

func (n node) send(method, path, contentType string, body []byte) (status int, text []byte) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(
		n.t.Context(), method, n.url+"/"+path, bytes.NewReader(body),
	)
	require.NoError(n.t, err)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(n.t, err)
	defer func() { require.NoError(n.t, res.Body.Close()) }()
	text, err = io.ReadAll(res.Body)
	require.NoError(n.t, err)
	return res.StatusCode, text
}

func (n node) json(method, path, body string) map[string]any {
	n.t.Helper()
	return n.call(method, path, "application/json", []byte(body))
}

// line is a record with the id that its document gets; an empty one is left to the node.
type line struct {
	id    string
	value []byte
}

func lines(list []record) (out []line) {
	for _, r := range list {
		out = append(out, line{r.Key, r.Value})
	}
	return out
}

// upsert writes as the connector of opensearch-findings.properties does: a bulk request of updates
// that make the document where there is none.
func (n node) upsert(index string, list ...line) {
	n.t.Helper()
	var b bytes.Buffer
	for _, l := range list {
		fmt.Fprintf(&b, `{"update":{"_index":%q,"_id":%q}}`+"\n", index, l.id)
		fmt.Fprintf(&b, `{"doc":%s,"doc_as_upsert":true}`+"\n", l.value)
	}
	n.bulk(&b)
}

// insert writes as the connector of opensearch-records.properties does.
func (n node) insert(index string, list ...line) {
	n.t.Helper()
	var b bytes.Buffer
	for i, l := range list {
		fmt.Fprintf(&b, `{"index":{"_index":%q,"_id":"stillwatch.alerts+0+%d"}}`+"\n%s\n", index, i,
			l.value)
	}
	n.bulk(&b)
}

func (n node) bulk(body *bytes.Buffer) {
	n.t.Helper()
	answer := n.call(
		http.MethodPost, "_bulk?refresh=true", "application/x-ndjson", body.Bytes(),
	)
	require.Equal(n.t, false, answer["errors"], "%v", answer)
}

// search returns the documents that a query finds, in its order, by their ids.
func (n node) search(index, query string) (ids []string, docs map[string]map[string]any) {
	n.t.Helper()
	answer := n.json(http.MethodPost, index+"/_search?size=1000", query)
	docs = map[string]map[string]any{}
	for _, hit := range get(answer, "hits.hits").([]any) {
		h := hit.(map[string]any)
		id := h["_id"].(string)
		ids = append(ids, id)
		docs[id] = h["_source"].(map[string]any)
	}
	return ids, docs
}

// fresh is an index of this test's own, which the templates are for.
func (n node) fresh(of string) string {
	return "stillwatch-" + of + "-" + harness.Name(n.t)
}

// added are the names that the pipeline adds to a record, but for message and tags, and the SOC's.
var added = []string{
	"@timestamp", "ecs", "event", "rule", "observer", "organization", "tags", "threat", "related",
	"user_agent", "analyst",
}

// ocsf is what a document has of its record: without what was added, and without the nulls that
// stand for what the record leaves out.
func ocsf(doc map[string]any) map[string]any {
	out := maps.Clone(doc)
	for _, name := range added {
		delete(out, name)
	}
	return withoutNulls(out)
}

func withoutNulls(doc map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range doc {
		if m, ok := v.(map[string]any); ok {
			v = withoutNulls(m)
		}
		if v != nil {
			out[name] = v
		}
	}
	return out
}

const all = `{"query":{"match_all":{}}}`

func TestUpsertsKeepTheNewestStateAndWhatAnalystsWrote(t *testing.T) {
	n, alerts := openSearch(t), records(t).alerts
	index := n.fresh("findings")
	half := len(alerts) / 2
	n.upsert(index, lines(alerts[:half])...)
	const note = `{"status":"in progress","assignee":"ines","ticket":"SOC-17","note":"asked the account team"}`
	for uid := range last(alerts[:half]) {
		n.json(http.MethodPost, index+"/_update/"+uid, `{"doc":{"analyst":`+note+`}}`)
	}
	n.upsert(index, lines(alerts[half:])...)
	// After a crash of the connector everything may come again.
	n.upsert(index, lines(alerts)...)

	_, docs := n.search(index, all)
	want := last(alerts)
	require.Len(t, docs, len(want))
	for uid, r := range want {
		require.Equal(t, withoutNulls(r.doc), ocsf(docs[uid]), "the newest state of %s", uid)
	}
	for uid := range last(alerts[:half]) {
		analyst, err := json.Marshal(docs[uid]["analyst"])
		require.NoError(t, err)
		require.JSONEq(t, note, string(analyst))
	}
	status, text := n.send(http.MethodPost, index+"/_update/"+alerts[0].Key, "application/json",
		[]byte(`{"doc":{"analyst":{"verdict":"?"}}}`))
	require.Equal(t, http.StatusBadRequest, status, "a field that is not in the template: %s", text)
}

// full is a finding in which every field is set.
func full(t *testing.T) *campaign.Finding {
	f := &campaign.Finding{}
	fill(t, reflect.ValueOf(f).Elem())
	f.UID, f.Campaign, f.Kind = "f-1", "c-1", campaign.KindCampaign
	f.Created, f.Modified, f.FirstSeen, f.LastSeen = 1772400000000, 1772400600000, 1, 2
	f.Activity, f.Severity = campaign.Close, campaign.High
	f.Sample[0].Stack = "agent/1.0 t13d1516h2_8daaf6152771_02713d6af862"
	return f
}

func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(t, field)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	default:
		switch {
		case v.CanInt():
			v.SetInt(1)
		case v.CanUint():
			v.SetUint(1)
		default:
			require.Fail(t, "no example", "%s", v.Type())
		}
	}
}

func TestAnUpsertKeepsNothingThatANewerRecordLeavesOut(t *testing.T) {
	n := openSearch(t)
	index := n.fresh("findings")
	before := encode(t, full(t))
	after := encode(t, &campaign.Finding{
		UID: before.f.UID, Campaign: before.f.Campaign, Sequence: 2, Activity: campaign.Update,
		Severity: campaign.Medium, Created: before.f.Created, Modified: before.f.Modified + 1,
	})
	require.Greater(t, len(before.doc), len(after.doc))
	n.upsert(index, lines([]record{before, after})...)
	_, docs := n.search(index, all)
	require.Equal(t, withoutNulls(after.doc), ocsf(docs[after.Key]),
		"a field that is optional in pkg/alert has to be listed in pipeline-ecs.yaml")
}

func TestWhatIsNoFindingIsRefused(t *testing.T) {
	n := openSearch(t)
	status, text := n.send(http.MethodPost, n.fresh("findings")+"/_doc", "application/json",
		[]byte(`{"account":"a","status":"cleared"}`))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, string(text), "no finding: finding_info.uid, metadata.uid or time is missing")
}

func TestRecordsAreKeptOnceEach(t *testing.T) {
	n, alerts := openSearch(t), records(t).alerts
	index := n.fresh("records")
	n.insert(index, lines(alerts)...)
	// Stillwatch repeats a record after a crash, at another offset.
	n.insert(index, lines(append(slices.Clone(alerts[3:]), alerts[0]))...)
	_, docs := n.search(index, all)
	require.Len(t, docs, len(alerts))
	for _, r := range alerts {
		uid := get(r.doc, "metadata.uid").(string)
		require.Equal(t, withoutNulls(r.doc), ocsf(docs[uid]))
	}
}

var decimals = regexp.MustCompile(`(":-?\d+)\.\d+([,}\]])`)

func TestTypesDoNotDependOnTheRecordThatCameFirst(t *testing.T) {
	n, alerts := openSearch(t), records(t).alerts
	list := lines(alerts)
	// An older release wrote a decimal that is whole without its point.
	whole := slices.Clone(list)
	for i, l := range whole {
		whole[i].value = decimals.ReplaceAll(l.value, []byte("$1$2"))
		require.True(t, json.Valid(whole[i].value))
	}
	require.NotEqual(t, list[0].value, whole[0].value)
	// A later one has numbers that the template does not know.
	later := line{"later", bytes.Replace(list[0].value, []byte(`"stillwatch":{`),
		[]byte(`"stillwatch":{"effective":3,`), 1)}
	decimal := line{"decimal", bytes.Replace(list[0].value, []byte(`"stillwatch":{`),
		[]byte(`"stillwatch":{"effective":3.75,`), 1)}
	whole = append(whole, later, decimal)
	list = append(list, decimal, later)
	slices.Reverse(list)

	var mappings []any
	for _, order := range [][]line{whole, list} {
		index := n.fresh("findings")
		n.upsert(index, order...)
		answer := n.json(http.MethodGet, index+"/_mapping", "")
		mappings = append(mappings, answer[index])
		ids, _ := n.search(index,
			`{"query":{"range":{"unmapped.stillwatch.effective":{"gt":3.5,"lt":4}}}}`)
		require.Equal(t, []string{"decimal"}, ids)
	}
	require.Equal(t, mappings[0], mappings[1])
	for path, want := range map[string]string{
		"unmapped.stillwatch.harvest_bits": "double", "evidences.data.agreement": "double",
		"unmapped.stillwatch.shared.share": "double", "unmapped.stillwatch.evidence.bits": "double",
		"time": "date", "@timestamp": "date", "finding_info.modified_time": "date",
		"is_alert": "boolean", "severity_id": "integer", "finding_info.uid": "keyword",
		"related.user": "keyword", "threat.technique.subtechnique.id": "keyword",
	} {
		at := "mappings.properties." + strings.ReplaceAll(path, ".", ".properties.") + ".type"
		require.Equal(t, want, get(mappings[0].(map[string]any), at), path)
	}
}

func TestADocumentHasTheFieldsOfECS(t *testing.T) {
	n, alerts := openSearch(t), records(t).alerts
	index := n.fresh("findings")
	n.upsert(index, lines(alerts)...)
	_, docs := n.search(index, all)
	for uid, r := range last(alerts) {
		doc := docs[uid]
		for ecs, of := range map[string]string{
			"@timestamp": "time", "event.id": "finding_info.uid", "event.severity": "severity_id",
			"event.risk_score": "risk_score", "event.sequence": "metadata.sequence",
			"event.start": "start_time", "event.end": "end_time",
			"event.created": "finding_info.created_time", "event.reason": "finding_info.desc",
			"message": "message", "rule.name": "finding_info.title", "tags": "metadata.labels",
			"rule.id": "finding_info.analytic.uid", "organization.id": "metadata.tenant_uid",
			"rule.category": "unmapped.stillwatch.kind",
		} {
			require.Equal(t, get(r.doc, of), get(doc, ecs), ecs)
		}
		actions := map[campaign.Activity]string{
			campaign.Create: "finding-created", campaign.Update: "finding-updated",
			campaign.Close: "finding-closed",
		}
		require.Equal(t, actions[r.f.Activity], get(doc, "event.action"))
		require.Contains(t, get(doc, "threat.technique.id"), "AML.T0024")
		require.Contains(t, get(doc, "threat.technique.subtechnique.id"), "AML.T0024.002")
		require.Len(t, get(doc, "related.user"), len(r.f.Sample))
		for _, member := range r.f.Sample {
			require.Contains(t, get(doc, "related.user"), member.Account)
		}
	}
}
