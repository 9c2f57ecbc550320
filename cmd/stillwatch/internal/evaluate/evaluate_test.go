package evaluate

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func world(name string, accounts int, campaigns ...backtest.CampaignResult) World {
	return World{
		Name: name, Description: "Ladder: a <world> | of " + name, Accounts: accounts,
		Nearest: math.Inf(-1), Result: backtest.Result{Campaigns: campaigns, Days: 2},
	}
}

func TestTheReportAddsUpAndTellsWhatGoesWrong(t *testing.T) {
	found := backtest.CampaignResult{
		ID: "c", Kind: "plain", Accounts: 100, Found: true, Hours: 1.04, Leaked: 0.02,
		HalfLeaked: 0.021, Recall: 1,
	}
	missed := backtest.CampaignResult{ID: "c", Kind: "all", Accounts: 300, Leaked: 1, HalfLeaked: 1}
	late := backtest.CampaignResult{
		ID: "late", Kind: "slow", Accounts: 100, Found: true, Hours: 30, Leaked: 0.3,
		HalfLeaked: 0.4, Recall: 0.5,
	}
	mixed := world("mix-two", 1000, found, late)
	mixed.Result.Named, mixed.Result.Wrong, mixed.Result.WrongBy = 153, 3,
		map[string]int{"class": 2, "chat": 1}
	mixed.Result.False = []backtest.FalseFinding{{UID: "u", Group: "class", Members: 9}}
	honest := world("honest-quiet", 400)
	honest.Nearest = -1.25
	given := world("dev", 50, late)
	given.External = true
	doc, err := Render(Report{
		Worlds: []World{
			mixed, world("ladder-1-all", 700, missed), world("ladder-0-plain", 500, found), honest,
			given, world("size-1000", 1000, found), world("size-300", 300, found),
		},
		Options: campaign.DefaultOptions(), Images: "img",
	})
	require.NoError(t, err)
	for _, want := range []string{
		"```\nmake evaluate\n```",
		"| worlds, of them without a campaign | 6, 1 |",
		"| campaigns found | 5 of 6 |",
		"| campaigns with half of their accounts named before a quarter of the harvest was served | 4 of 6 |",
		"| accounts of campaigns that are named in the end (recall) | 450 of 800, 56.2 % |",
		"| honest accounts among all that are named | 3 of 153 |",
		"| `ladder-0-plain` | a <world> \\| of ladder-0-plain | c | 100 of 500 | 1.0 h | 2.0 % | 2.1 % | 100.0 % | 0 |",
		"| c | 300 of 700 | never | 100.0 % | never | 0.0 % | 0 |",
		"- `ladder-1-all`: campaign c (all, 300 accounts) is not found.",
		"- `mix-two`: campaign late (slow, 100 accounts) is found late: 40.0 % of its harvest was served before half of its accounts were named, 50.0 % were named in the end.",
		"- `mix-two`: a false finding names 9 accounts, mostly of class.",
		"- `mix-two`: honest accounts named: chat 1, class 2.",
		"| 400 | 2.0 | 0 | 0 | 1.2 below |",
		"no more than 1.5 a day",
		"## Worlds from elsewhere",
		"`bin/stillwatch backtest dev/events.jsonl.zst --truth dev/truth.json`",
	} {
		require.Contains(t, doc.Markdown, want)
	}
	require.Less(
		t, strings.Index(doc.Markdown, "| `size-300`"),
		strings.Index(doc.Markdown, "| `size-1000`"),
	)
	require.NotContains(t, doc.Markdown, "six hours", "a section without worlds is left out")
	require.Len(t, doc.Images, 6)
	for name, svg := range doc.Images {
		require.Contains(t, doc.Markdown, "(img/"+name+")")
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			_, err := d.Token()
			if err == io.EOF { //nolint:errorlint // the decoder's own end
				break
			}
			require.NoError(t, err, name)
		}
	}
	require.Contains(t, doc.Images["evaluation-mix-leaked.svg"], "mix-two late")
	require.Contains(t, doc.Images["evaluation-ladder-leaked.svg"], ">never<")
}
