package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

func TestConvertTellsWhatItLeavesOut(t *testing.T) {
	record := `{"id":"1","time":1793613600000,"account":{"id":"a","plan":"pro"},"client":{"asn":7},` +
		`"request":{"model":"m"}}`
	facts := filepath.Join(t.TempDir(), "facts.csv")
	code, stdout, stderr := execute(
		t, nil, "convert", "--to", "helicone", "-o", "-", file(t, record),
	)
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, `\"userId\":\"a\"`)
	require.Equal(t, "1 events written; left out, at least of some: account.plan, client.asn\n",
		stderr)

	code, _, stderr = execute(t, nil, "convert", "--to", "helicone", "--facts", facts, "-o", "-",
		file(t, record))
	require.Equal(t, 0, code, stderr)
	require.Equal(t, "1 events written; left out, at least of some: client.asn\n", stderr)
	text, err := os.ReadFile(facts)
	require.NoError(t, err)
	require.Equal(t, "tenant,account,created_at,payment_fp,payment_issuer,plan,org_id,verified,"+
		"email_domain,contract,purpose\n,a,,,,pro,,,,,\n", string(text))
}

func TestConvertSaysWhatIsWrong(t *testing.T) {
	good := file(t, `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`)
	truth := filepath.Join(filepath.Dir(good), "truth.json")
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{
			[]string{"--to", "kongo", "-o", "-", good},
			2,
			`--to: shape: there is no format "kongo", choose one of native, litellm, otlp`,
		},
		{
			[]string{"--to", "kong", "-o", "-", "--truth", truth, good},
			2,
			"--truth: give an output file in another folder",
		},
		{
			[]string{"--to", "kong", "-o", truth + "x", "--truth", truth, good},
			2,
			"--truth: give an output file in another folder",
		},
		{[]string{"--to", "kong", "-o", "-", good + "x"}, 1, "open events"},
		{
			[]string{"--to", "kong", "-o", "-", file(t, "\n{}\n")},
			1,
			"line 2 is no canonical event: event: missing_field",
		},
	} {
		code, _, stderr := execute(t, nil, append([]string{"convert"}, tc.args...)...)
		require.Equal(t, tc.code, code, stderr)
		require.Contains(t, stderr, tc.want)
	}
	code, _, stderr := execute(t, nil, "simulate", "demo", "--format", "kongo", "-o", "-")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, `there is no format "kongo"`)
}

// TestLabelsHaveTheNamesOfTheRecords writes a world in a shape that calls accounts otherwise, at
// once and by conversion.
func TestLabelsHaveTheNamesOfTheRecords(t *testing.T) {
	dir, world, converted := t.TempDir(), t.TempDir(), t.TempDir()
	for _, line := range []string{
		"simulate demo --duration 5h --format bedrock -o DIR/events.jsonl --truth DIR/truth.json",
		"simulate demo --duration 5h -o WORLD/events.jsonl --truth WORLD/truth.json",
		"convert --to bedrock --truth WORLD/truth.json -o CONVERTED/events.jsonl WORLD/events.jsonl",
	} {
		paths := strings.NewReplacer("DIR", dir, "WORLD", world, "CONVERTED", converted)
		code, _, stderr := execute(t, nil, strings.Fields(paths.Replace(line))...)
		require.Equal(t, 0, code, stderr)
	}
	require.Equal(t, read(t, dir+"/events.jsonl"), read(t, converted+"/events.jsonl"))
	require.JSONEq(t, read(t, dir+"/truth.json"), read(t, converted+"/truth.json"))
	harvest := unpacked(t, dir+"/harvest.ids.gz")
	require.Equal(t, harvest, unpacked(t, converted+"/harvest.ids.gz"))

	var truth simulate.Truth
	require.NoError(t, json.Unmarshal([]byte(read(t, dir+"/truth.json")), &truth))
	require.Len(t, truth.Campaigns, 1)
	require.Equal(t, truth.Campaigns[0].Exchanges, strings.Count(harvest, "\n"))
	accounts, ids := map[string]bool{}, map[string]bool{}
	opts, err := gatewayOptions(t)
	require.NoError(t, err)
	reader, err := gateway.New(opts)
	require.NoError(t, err)
	reader.Read([]byte(read(t, dir+"/events.jsonl")), func(ev *event.Event, err error) bool {
		require.NoError(t, err)
		accounts[strings.Clone(ev.Account.ID)], ids[strings.Clone(ev.ID)] = true, true
		return true
	})
	for _, account := range truth.Campaigns[0].Accounts {
		require.True(t, strings.HasPrefix(account, "arn:aws:iam::"), account)
		require.True(t, accounts[account], account)
	}
	for id := range strings.FieldsSeq(harvest) {
		require.True(t, ids[id], id)
	}
}

// gatewayOptions read as a service without a configuration does.
func gatewayOptions(t *testing.T) (gateway.Options, error) {
	t.Helper()
	nothing := func(string) (string, bool) { return "", false }
	conf, err := configFlag{}.load(terminal{out: io.Discard, err: io.Discard, env: nothing})
	return conf.Ingest.Gateway, err
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func unpacked(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(data)
}
