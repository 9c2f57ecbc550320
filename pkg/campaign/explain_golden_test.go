package campaign_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/test/tools"
)

var update = flag.Bool("update", false, "write the golden files and docs/explain.md anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write the golden file")
	require.Equal(t, string(want), string(got))
}

func TestExplanationsAreWrittenAsDesigned(t *testing.T) {
	w, err := campaign.ShownWorld()
	require.NoError(t, err)
	x := campaign.NewInspector(w.Engine)
	for name, id := range map[string]string{
		"finding": w.Finding, "member": w.Member, "bystander": w.Bystander,
	} {
		out, err := x.Explain(campaign.Subject{ID: id}, w.Now)
		require.NoError(t, err)
		b, err := alert.ExplanationJSON(out)
		require.NoError(t, err)
		golden(t, "explain_"+name+".json.golden", b)
		golden(t, "explain_"+name+".text.golden",
			[]byte(alert.ExplanationText(out, alert.TextOptions{})))
	}
	out, err := x.Explain(campaign.Subject{ID: w.Finding}, w.Now)
	require.NoError(t, err)
	golden(t, "explain_color.text.golden",
		[]byte(alert.ExplanationText(out, alert.TextOptions{Color: true, Width: 120})))
}

// short keeps the first n of a list.
func short[T any](list []T, n int) []T { return list[:min(len(list), n)] }

func TestThePageHasExamples(t *testing.T) {
	w, err := campaign.ShownWorld()
	require.NoError(t, err)
	x := campaign.NewInspector(w.Engine)
	const page = "../../docs/explain.md"
	example := func(begin, end, lang, text string) {
		tools.Document(t, page, begin, end, "```"+lang+"\n"+text+"```\n", *update)
	}
	finding, err := x.Explain(campaign.Subject{ID: w.Finding}, w.Now)
	require.NoError(t, err)
	example("<!-- text: go test ./pkg/campaign -run TestThePage -update -->\n",
		"<!-- end of the text -->\n", "text",
		alert.ExplanationText(finding, alert.TextOptions{}))

	account, err := x.Explain(campaign.Subject{ID: w.Member}, w.Now)
	require.NoError(t, err)
	example("<!-- account: go test ./pkg/campaign -run TestThePage -update -->\n",
		"<!-- end of the account -->\n", "text",
		alert.ExplanationText(account, alert.TextOptions{}))

	// The lists are cut, so that the page can be read.
	g := finding.Group
	g.Evidence, g.Readings = short(g.Evidence, 1), short(g.Readings, 1)
	g.Members = short(g.Members, 1)
	g.Rules, g.Timeline, g.Blind = short(g.Rules, 1), short(g.Timeline, 1), short(g.Blind, 2)
	g.Differs.Facts, g.Differs.Says = short(g.Differs.Facts, 1), short(g.Differs.Says, 1)
	b, err := alert.ExplanationJSON(finding)
	require.NoError(t, err)
	require.True(t, json.Valid(b))
	example("<!-- json: go test ./pkg/campaign -run TestThePage -update -->\n",
		"<!-- end of the json -->\n", "json", string(b))
}
