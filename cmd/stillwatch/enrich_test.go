package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"
)

// factColumns are what a gateway does not know, without the account itself.
var factColumns = []string{
	"created_at", "payment_fp", "payment_issuer", "plan", "org_id", "verified", "email_domain",
	"contract", "purpose",
}

// poorer takes out of events what is known beside them, into a file of facts and a network
// database.
func poorer(t *testing.T, lines []string, dir string) (events, facts, networks string) {
	t.Helper()
	events, facts, networks = filepath.Join(dir, "poor.jsonl"), filepath.Join(dir, "facts.csv"),
		filepath.Join(dir, "networks.mmdb")
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "Test", IPVersion: 6, RecordSize: 28, IncludeReservedNetworks: true,
	})
	require.NoError(t, err)
	accounts := map[string]bool{}
	var poor, table strings.Builder
	rows := csv.NewWriter(&table)
	require.NoError(t, rows.Write(append([]string{"account"}, factColumns...)))
	for _, line := range lines {
		var ev map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		account, client := ev["account"].(map[string]any), ev["client"].(map[string]any)
		id := account["id"].(string)
		row := []string{id}
		for _, name := range factColumns {
			value := ""
			if account[name] != nil {
				value = fmt.Sprint(account[name])
			}
			row = append(row, value)
			delete(account, name)
		}
		if !accounts[id] {
			accounts[id] = true
			require.NoError(t, rows.Write(row))
		}
		if ip := net.ParseIP(client["ip"].(string)).To4(); ip != nil && client["asn"] != nil {
			require.NoError(
				t, tree.Insert(&net.IPNet{IP: ip, Mask: net.CIDRMask(32, 32)}, mmdbtype.Map{
					"autonomous_system_number":       mmdbtype.Uint32(client["asn"].(float64)),
					"autonomous_system_organization": mmdbtype.String(client["as_org"].(string)),
					"country": mmdbtype.Map{
						"iso_code": mmdbtype.String(client["country"].(string)),
					},
				}),
			)
			delete(client, "asn")
			delete(client, "as_org")
			delete(client, "country")
		}
		text, err := json.Marshal(ev)
		require.NoError(t, err)
		poor.Write(append(text, '\n'))
	}
	rows.Flush()
	require.NoError(t, os.WriteFile(events, []byte(poor.String()), 0o600))
	require.NoError(t, os.WriteFile(facts, []byte(table.String()), 0o600))
	out, err := os.Create(networks)
	require.NoError(t, err)
	_, err = tree.WriteTo(out)
	require.NoError(t, err)
	require.NoError(t, out.Close())
	return events, facts, networks
}

func TestWhatIsJoinedCountsAsIfTheGatewayHadSentIt(t *testing.T) {
	dir := t.TempDir()
	rich := filepath.Join(dir, "rich.jsonl")
	code, stdout, stderr := execute(t, nil, "simulate", "demo", "-o", "-")
	require.Equal(t, 0, code, stderr)
	require.NoError(t, os.WriteFile(rich, []byte(stdout), 0o600))
	poor, facts, networks := poorer(t, strings.Split(strings.TrimSpace(stdout), "\n"), dir)
	conf := file(
		t,
		"ingest: {enrich: {facts_topic: my.facts, facts_file: "+facts+", maxmind: ["+networks+"]}}",
	)

	backtest := func(args ...string) string {
		code, stdout, stderr := execute(
			t, nil, append([]string{"backtest", "--accounts", "-", "--alerts", "-"}, args...)...,
		)
		require.Equal(t, 0, code, stderr)
		return stdout
	}
	want := backtest(rich)
	require.NotEmpty(t, want)
	require.NotEqual(t, want, backtest(poor), "without it, less is known")
	require.Equal(t, want, backtest("-c", conf, poor), "with it, as much")
	require.Equal(t, want, backtest("-c", conf, rich), "and what the events say themselves stays")
}

func TestABacktestSaysWhatItCannotJoin(t *testing.T) {
	events := file(
		t, `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`+"\n",
	)
	conf := file(t, "ingest: {enrich: {facts_topic: my.facts}}")
	code, _, stderr := execute(t, nil, "backtest", "-c", conf, events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "ingest.enrich.facts_topic is not read here")
	facts := filepath.Join(t.TempDir(), "facts.csv")
	require.NoError(t, os.WriteFile(facts, []byte("account,plan\na,b,c\nd,pro\n"), 0o600))
	conf = file(t, "ingest: {enrich: {facts_file: "+facts+"}}")
	code, _, stderr = execute(t, nil, "backtest", "-c", conf, events)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stderr, "line 2: 3 fields where 2 are named")
	require.NoError(t, os.Remove(facts))
	code, _, stderr = execute(t, nil, "backtest", "-c", conf, events)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "ingest.enrich.facts_file: ")
}

func TestABacktestReadsEventsAsThoseOfATopic(t *testing.T) {
	events := sampleOf(t, "envoy_ai")
	conf := file(t, "topics: {gateway: [a, b]}\ningest: {gateway: {format: native, topics: {b: {format: envoy_ai}}}}")
	code, _, stderr := execute(t, nil, "backtest", "-c", conf, events)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "not one record could be read")
	code, _, stderr = execute(t, nil, "backtest", "-c", conf, "--topic", "c", events)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `"c" is none of topics.gateway (a, b)`)
	code, _, stderr = execute(t, nil, "backtest", "-c", conf, "--topic", "b", events)
	require.Equal(t, 0, code, stderr)
}
