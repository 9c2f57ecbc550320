package evaluate

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// wide is a policy whose floors leave room for groups far below the sum of both axes.
func wide() decision.Policy {
	p := decision.DefaultPolicy()
	p.Coordination, p.Harvest, p.Total = 1, 1, 6
	return p
}

// near is a fitted group whose causes agree, by how many bits it is beyond the combined rule.
func near(at int64, beyond float64, members ...string) search.Measurement {
	p := wide()
	harvest := p.Harvest + 1
	return search.Measurement{
		Time: at, Origin: "template", Members: members, Fitted: true,
		Scores: decision.Scores{
			Coordination: p.Total + beyond - harvest, Harvest: harvest, Causes: 9,
			Size: decision.FullSize,
		},
		Bits: map[string]float64{"issuer": 2},
	}
}

func TestAGroupIsKeptWhenItIsBeyondWhatItsAccountsWereInBefore(t *testing.T) {
	o := NewObserved(wide())
	o.Add(near(1, -1, "x1", "x2", "a"))
	o.Add(near(1, 1, "x1", "x2"))
	o.Add(near(1, 9, "alone"))
	o.Add(near(1, -3.5, "b", "c"))
	o.Add(near(2, 1.4, "x1", "x2"))
	o.Add(near(3, 1.6, "x1", "x2"))
	weak := near(3, 5, "x1", "x2")
	weak.Fitted = false
	o.Add(weak)
	lone := near(3, 4, "x1", "x2")
	lone.Causes = wide().Families - 1
	o.Add(lone)
	truth := &simulate.Truth{
		Corpus:    "w",
		Campaigns: []simulate.TrueCampaign{{ID: "c", Accounts: []string{"x1", "x2"}}},
		BenignGroups: []simulate.BenignGroup{
			{ID: "crowd", Accounts: []string{"b", "a"}, Mechanisms: []string{"course"}},
		},
	}
	groups := o.Groups(truth, func(_ string, at int64) float64 { return float64(at) / 10 })
	type kept struct {
		time           int64
		margin         float64
		fitted, causes bool
	}
	var got []kept
	for _, g := range groups {
		got = append(got, kept{g.Time, math.Round(10*g.Margin) / 10, g.Fitted, g.Excess != nil})
	}
	require.Equal(t, []kept{
		{1, 1, true, true}, {1, -1, true, true}, // the second for the account that is new
		{3, 5, false, true}, {3, 4, true, false}, {3, 1.6, true, true},
	}, got)
	g := groups[1]
	require.Equal(t, map[string][]int{"c": {0, 1}}, g.Campaigns)
	require.Equal(t, map[string][]int{"crowd": {1}}, g.Honest)
	require.Equal(t, map[string][]string{"crowd": {"course"}}, g.Mechanisms)
	require.Equal(t, map[string]float64{"c": 0.1}, g.Leaked)
	require.InDelta(t, 2.0/3, g.Purity, 1e-9)
	require.Equal(t, "w", g.World)
	require.True(t, groups[0].Found)
	require.False(t, g.Found)
	require.False(t, groups[2].Found, "its members were not fitted")

	// The best of an account is kept however little it is better, in the order of time.
	o = NewObserved(wide())
	for i, beyond := range []float64{1, 1.2, 1.4, 1.3} {
		o.Add(near(int64(10+i), beyond, "x1", "x2"))
	}
	o.Add(near(20, -2, "b", "d"))
	var times []int64
	for _, g := range o.Groups(truth, func(string, int64) float64 { return 0 }) {
		times = append(times, g.Time)
	}
	require.Equal(t, []int64{10, 12, 20}, times)

	path := filepath.Join(t.TempDir(), "g.jsonl")
	require.NoError(t, WriteGroups(path, groups))
	again, err := ReadGroups(path)
	require.NoError(t, err)
	require.Len(t, again, len(groups))
	require.Equal(t, groups[1].Scores, again[1].Scores)
	none, err := ReadGroups(path + "x")
	require.NoError(t, err)
	require.Empty(t, none)
}

// curveOf is a study of one world with a campaign of four accounts and a crowd.
func curveOf(t *testing.T) *study {
	t.Helper()
	o := NewObserved(wide())
	o.Add(near(1, 2, "x1", "x2", "a"))
	o.Add(near(2, -1, "x3", "x4"))
	o.Add(near(3, 0.6, "b", "d", "e"))
	o.Add(near(4, -0.4, "b", "d"))
	truth := &simulate.Truth{
		Corpus:       "random-develop-1-0",
		Campaigns:    []simulate.TrueCampaign{{ID: "c", Accounts: []string{"x1", "x2", "x3", "x4"}}},
		BenignGroups: []simulate.BenignGroup{{ID: "crowd", Accounts: []string{"a", "b", "d", "e"}}},
	}
	world := outcome(t)
	world.Name = truth.Corpus
	world.Campaigns[0].ID, world.Campaigns[0].Accounts = "c", 4
	options := campaign.DefaultOptions()
	options.Policy = wide()
	seen := &Observation{
		Worlds: []Outcome{world}, Options: options,
		Groups: map[string][]Group{
			truth.Corpus: o.Groups(
				truth, func(_ string, at int64) float64 { return float64(at) / 10 },
			),
		},
	}
	return seen.study()
}

func TestTheCurveSaysWhatOtherThresholdsWouldHaveFound(t *testing.T) {
	s := curveOf(t)
	for _, want := range []struct {
		shift         float64
		falses        int
		found         int
		recall, leaks float64
		named, wrong  int
	}{
		{-1, 1, 1, 1, 0.1, 8, 4},
		{0, 1, 1, 0.5, 0.1, 6, 4},
		{1, 0, 1, 0.5, 0.1, 3, 1},
		{2, 0, 1, 0.5, 0.1, 3, 1},
		{2.5, 0, 0, 0, 1, 0, 0},
	} {
		i := slices.IndexFunc(s.curve, func(p point) bool { return p.shift == want.shift })
		p := &s.curve[i]
		require.Equal(t, want.falses, p.falses, "%+v", want)
		require.Equal(t, want.found, p.fare.found, "%+v", want)
		require.InDelta(t, want.recall, float64(p.fare.hit)/float64(p.fare.accounts), 1e-9, "%+v", want)
		require.InDelta(t, want.leaks, p.fare.shares[0], 1e-9, "%+v", want)
		require.Equal(t, want.named, p.named, "%+v", want)
		require.Equal(t, want.wrong, p.wrong, "%+v", want)
	}
	require.Zero(t, s.curve[height(s.curve, 0)].falses)
	require.Equal(t, len(s.curve)-1, height(s.curve, -1), "no height gives so few")
}

func TestTheCurveIsWrittenAsTablesAndCharts(t *testing.T) {
	s := curveOf(t)
	var b strings.Builder
	require.NoError(t, WriteObserved(&b, "one", s.Observation))
	require.Contains(t, b.String(),
		fmt.Sprintf("| %.1f | +1.0 | 0 | 0.00 (1872.33) | ", wide().Total+1)+
			"100.0 % | 50.0 % | 66.7 % | 10.0 % |")
	require.Contains(t, b.String(), "## Threshold for 0.01 false findings a day at 5000 accounts")
	require.Contains(t, b.String(), "| wording: fixed-template | 1 |")
	names, images := s.rocCharts("p")
	require.Empty(t, names, "one kind of campaigns is no comparison")
	require.Empty(t, images)
	other := s.Worlds[0]
	other.Name = "random-develop-1-1"
	other.Campaigns = slices.Clone(other.Campaigns)
	other.Campaigns[0].Tactics = []string{"injected-paragraph"}
	s.Worlds = append(s.Worlds, other)
	names, images = s.study().rocCharts("p")
	require.Equal(t, []string{"p-roc-01.svg", "p-roc-10.svg"}, names)
	wellFormed(t, images)
	require.Contains(t, images["p-roc-01.svg"], "injected-paragraph (1)")
}

// wellFormed reads images as XML.
func wellFormed(t *testing.T, images map[string]string) {
	t.Helper()
	for name, svg := range images {
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			_, err := d.Token()
			if err == io.EOF { //nolint:errorlint // the decoder's own end
				break
			}
			require.NoError(t, err, name)
		}
		require.NotContains(t, svg, "NaN", name)
	}
}

func TestASectionOnRandomWorldsIsPutIntoTheDocumentAndKept(t *testing.T) {
	o := outcome(t)
	o.Campaigns[0].Accounts, o.Campaigns[0].Cost.RequestsPerAnswer = 40, 1.2
	o.Campaigns[0].Found = false
	warm, ok := ParseResults("random-develop-1-800-30h0m0s")
	require.True(t, ok)
	warm.Worlds = []Outcome{o}
	cold, ok := ParseResults("random-develop-1-800-30h0m0s-cold")
	require.True(t, ok)
	cold.Worlds = []Outcome{o}
	seen, ok := ParseResults("random-develop-1-800-30h0m0s-observed")
	require.True(t, ok)
	s := curveOf(t)
	seen.Worlds, seen.Groups = s.Worlds, s.Groups
	_, ok = ParseResults("other")
	require.False(t, ok)
	section, plots, err := RenderRandom(
		[]Results{warm, cold, seen}, campaign.DefaultOptions(), "img", "evaluate --document",
	)
	require.NoError(t, err)
	for _, want := range []string{
		"| figure | develop | develop, cold |",
		"| of 20 accounts and 3 requests an account and day or more: found; recall, precision; leaked (median, nine in ten) until half of the accounts were named, until it was found | 0 of 1; ",
		"| wording: fixed-template | develop | 0 | 1 | 0 | 75.0 % | 75.0 % | 20.0 % | never | 20 | 0 | 2 | 1.2 | 900 | 0.0 |",
		"- 40 accounts, 20 account days for 1,000 answers, 900 tokens an answer: fixed-template, slow-pace",
		"### Other thresholds, set develop", "#### Tactics by false findings",
		"- `evaluate --random 1 --set develop --seed 1 --accounts 800 --duration 30h0m0s --observe`",
	} {
		require.Contains(t, section, want)
	}
	wellFormed(t, plots)
	for name := range plots {
		require.Contains(t, section, "(img/"+name+")")
	}
	doc := PutRandom("# E\n\ntext\n", section)
	require.Equal(t, "# E\n\ntext\n\n"+section, doc)
	require.Equal(t, doc, PutRandom(doc, section))
	require.Equal(t, "# New\n\n"+section, KeepRandom("# New\n", doc))
	require.Equal(t, "# New\n", KeepRandom("# New\n", "# Old\n"))
	other := o
	other.Program = "another"
	cold.Worlds = []Outcome{other}
	_, _, err = RenderRandom([]Results{warm, cold}, campaign.DefaultOptions(), "img", "c")
	require.ErrorContains(t, err, "of several programs")
}
