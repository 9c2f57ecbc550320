package backtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
)

const start = int64(1_767_225_600_000)

// element is a tag of a page with its attributes and the text right below it.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

// elements reads a page as a strict reader would: every tag that is opened is closed.
func elements(t *testing.T, page string) (out []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []int
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		switch k := token.(type) {
		case xml.StartElement:
			e := element{name: k.Name.Local, attrs: map[string]string{}}
			for _, a := range k.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			open = append(open, len(out))
			out = append(out, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				out[open[len(open)-1]].text += string(k)
			}
		}
	}
}

func matching(t *testing.T, page string, match func(element) bool) (n int) {
	t.Helper()
	for _, e := range elements(t, page) {
		if match(e) {
			n++
		}
	}
	return n
}

func class(name string) func(element) bool {
	return func(e element) bool { return slices.Contains(strings.Fields(e.attrs["class"]), name) }
}

// requireInert fails when a page could run or load anything, or holds an element or an attribute
// that the template does not have.
func requireInert(t *testing.T, page string) {
	t.Helper()
	known := strings.Fields(
		"html head meta title style body h1 h2 h3 h4 p nav a section div b small table tr th td svg path line text circle g figure figcaption ul li " +
			"span i article header details summary code footer",
	)
	attributes := strings.Fields(
		"charset http-equiv content name lang id class href style d viewBox aria-hidden aria-label role tabindex x y x1 x2 y1 y2 dx dy cx cy r text-anchor transform",
	)
	for _, e := range elements(t, page) {
		require.Contains(t, known, e.name)
		for name, value := range e.attrs {
			require.Contains(t, attributes, name, "of %s", e.name)
			if name == "href" {
				require.Regexp(t, `^#[a-z0-9-]+$`, value)
			}
			if name == "style" {
				require.Regexp(t, `^((left|width):[0-9.]+%;?)+$`, value)
			}
		}
	}
	for _, loads := range []string{"http:", "https:", "url(", "@import", "<script"} {
		require.NotContains(t, page, loads)
	}
	require.NotContains(t, page, "ZgotmplZ", "the template found a value unfit for its place")
	require.NotContains(t, page, "NaN")
}

func TestTheReportOfTheDemoWorldShowsItsCampaignAndIsTheSameEveryTime(t *testing.T) {
	events, truth, ids := recorded(t)
	dir := t.TempDir()
	writeTruth(t, dir, truth, ids)
	draw := func(workers int) string {
		labels, err := ReadTruth(filepath.Join(dir, "truth.json"))
		require.NoError(t, err)
		judge := NewJudge(labels)
		r, err := NewReport(
			ReportOptions{Campaign: campaign.DefaultOptions(), Inputs: []string{"demo.jsonl"}},
			judge,
		)
		require.NoError(t, err)
		st := stages(t)
		co := correlate.DefaultOptions()
		co.Trace = r.Measured
		st.Correlate, err = correlate.New(co)
		require.NoError(t, err)
		o := DefaultOptions()
		o.Workers, o.Tap, o.Observe = workers, judge.Event, r.Observed
		stats, err := Run(t.Context(), o, st, bytes.NewReader(events), &Files{Judge: judge}, nil)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, r.Write(&b, stats))
		return b.String()
	}
	page := draw(1)
	requireInert(t, page)
	for _, id := range []string{
		"summary", "timelines", "scores", "reliability", "findings", "finding-1",
	} {
		require.Equal(
			t, 1, matching(t, page, func(e element) bool { return e.attrs["id"] == id }), id,
		)
	}
	require.Equal(t, 2, matching(t, page, func(e element) bool {
		return e.name == "svg" && e.attrs["class"] == "chart"
	}), "one timeline and one score chart")
	require.Equal(t, 1, matching(t, page, class("alarm")))
	require.Equal(t, 1,
		matching(t, page, func(e element) bool { return e.attrs["class"] == "line" }),
		"the line for a finding")
	require.Equal(t, 1, matching(t, page, class("second")))
	require.Positive(t, matching(t, page, class("found")))
	require.Equal(t, 1, matching(t, page, class("card")))
	require.Contains(t, page, "true, mostly pool")
	require.Contains(t, page, "1 of 1 true; too few to tell (21–100 %)")
	for _, e := range elements(t, page) {
		if e.name == "path" && strings.Contains(e.attrs["class"], " k") {
			require.NotEmpty(t, e.attrs["d"])
		}
	}
	require.Equal(t, page, draw(3))
}

// world is a judge and a report that the test feeds.
type world struct {
	t      *testing.T
	judge  *Judge
	report *Report
}

func newWorld(t *testing.T, truth string) *world {
	t.Helper()
	var labels *Truth
	if truth != "" {
		path := filepath.Join(t.TempDir(), "truth.json")
		require.NoError(t, os.WriteFile(path, []byte(truth), 0o600))
		var err error
		labels, err = ReadTruth(path)
		require.NoError(t, err)
	}
	w := &world{t: t, judge: NewJudge(labels)}
	var err error
	w.report, err = NewReport(ReportOptions{
		Campaign: campaign.DefaultOptions(), Inputs: []string{`<script>alert("file")</script>`},
	}, w.judge)
	require.NoError(t, err)
	return w
}

func (w *world) request(account string, at int64) {
	b, err := (&fingerprint.Observation{
		Time: at, Tenant: "default", Account: account,
	}).MarshalBinary()
	require.NoError(w.t, err)
	w.report.Observed(stage.Out{To: stage.Observations, Value: b})
	w.judge.Event(stage.Seen{
		Tenant: "default", Account: account, ID: strconv.FormatInt(at, 10), Time: at,
	})
}

// tell emits a record of a finding and names its accounts.
func (w *world) tell(f campaign.Finding, accounts ...string) {
	enc, err := alert.New(alert.DefaultOptions())
	require.NoError(w.t, err)
	rec, err := enc.Finding(&f)
	require.NoError(w.t, err)
	require.NoError(w.t, w.judge.Write(stage.Out{To: stage.Alerts, Value: rec.Value}))
	for _, a := range accounts {
		rec, err := enc.Account(&campaign.AccountVerdict{
			Account: a, Tenant: f.Tenant, Time: f.Modified, Status: campaign.Implicated,
			Findings: []campaign.FindingRef{
				{UID: f.UID, Severity: f.Severity, Confidence: f.Confidence, Since: f.Modified},
			},
		})
		require.NoError(w.t, err)
		require.NoError(w.t, w.judge.Write(stage.Out{To: stage.Accounts, Value: rec.Value}))
	}
}

func (w *world) page() string {
	w.t.Helper()
	var b bytes.Buffer
	require.NoError(w.t, w.report.Write(&b, Stats{Records: 7, Counts: stage.Counts{
		{Counter: passedOver, Labels: [stage.MaxLabels]string{"<script>"}}: 1,
	}}))
	return b.String()
}

const attack = `</style></title></svg></script><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3)' {{.}}`

func hostileFinding() campaign.Finding {
	return campaign.Finding{
		UID: "x" + attack, Campaign: attack, Tenant: "default", Sequence: 1,
		Activity: campaign.Create, Kind: campaign.KindCampaign, Title: attack, Summary: attack,
		Created: start + 7_200_000, Modified: start + 7_200_000, FirstSeen: start,
		LastSeen: start + 7_200_000, Severity: campaign.High, Confidence: 95, Coordination: 11,
		Harvest: 4, Members: 2, Requests: 9000, NextStep: attack,
		Evidence: []detectors.Evidence{
			{
				Detector: "prompt_template", Axis: detectors.Coordination, Family: detectors.Work,
				Bits: 4, Observed: attack, Expected: attack, Note: attack,
			},
			{
				Detector: "clock", Axis: detectors.Harvest, Bits: -1, Observed: attack,
				Expected: attack, Note: attack,
			},
		},
		Families: []detectors.Family{detectors.Work}, Mitigating: []string{attack},
		Sample: []campaign.Member{{Account: "a1", Stack: attack}, {Account: attack}},
		Shared: []campaign.SharedAttribute{
			{Attribute: "client stack", Value: attack, Share: 1, Baseline: .01},
		},
	}
}

func TestHostileLabelsAreShownAsText(t *testing.T) {
	group := strings.ReplaceAll(attack, `"`, `\"`)
	w := newWorld(t, `{"campaigns":[{"id":"c`+group+`","kind":"`+group+
		`","accounts":["a1"]}],"benign_groups":[{"id":"b`+group+`","kind":"`+group+
		`","accounts":["b1","b2"]}]}`)
	for i := range 4 {
		for _, a := range []string{"a1", "b1", "b2"} {
			w.request(a, start+int64(i)*3_600_000)
		}
	}
	w.tell(hostileFinding(), "a1", "b1", "b2", attack)
	w.report.Measured(search.Measurement{
		Origin: attack, Members: []string{"a1"},
		Scores: decision.Scores{Coordination: 11, Harvest: 4}, Margin: 1,
		Bits: map[string]float64{attack: 3}, Found: true,
	})
	w.report.Measured(search.Measurement{
		Origin: attack, Members: []string{"b1", "b2"},
		Scores: decision.Scores{Coordination: 1, Harvest: -4}, Margin: -9,
	})
	page := w.page()
	requireInert(t, page)
	require.Greater(t, strings.Count(page, "&lt;script&gt;alert(1)"), 15,
		"it is shown all the same")
	require.Positive(t, matching(t, page, func(e element) bool {
		return e.name == "span" && e.attrs["class"] == "bad" &&
			strings.HasPrefix(e.text, "false, mostly b")
	}))
}

func TestAReportWithoutFindingsSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		truth    string
		requests int
		charts   int
	}{
		"nothing at all": {"", 0, 0},
		"no labels":      {"", 3, 0},
		"an honest world": {
			`{"benign_groups":[{"id":"class","kind":"university class","accounts":["a"]}]}`, 3, 0,
		},
		"a campaign that is not found": {
			`{"campaigns":[{"id":"pool","accounts":["a","b"]}]}`, 3, 1,
		},
		"a campaign that never sent anything": {
			`{"campaigns":[{"id":"pool","accounts":["x"]}]}`, 3, 1,
		},
		"labels and no traffic": {`{"campaigns":[{"id":"pool","accounts":["x"]}]}`, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.truth)
			for i := range c.requests {
				w.request("a", start+int64(i)*60_000)
			}
			page := w.page()
			requireInert(t, page)
			require.Contains(t, page, "There was no finding.")
			require.Contains(t, page, "No group of accounts was large enough to be measured.")
			require.Equal(t, c.charts, matching(t, page, func(e element) bool {
				return e.attrs["class"] == "chart"
			}))
		})
	}
}

func TestWithoutLabelsEachFindingHasItsTimeline(t *testing.T) {
	w := newWorld(t, "")
	for i := range 10 {
		w.request("a1", start+int64(i)*3_600_000)
		w.request("bystander", start+int64(i)*3_600_000)
	}
	f := hostileFinding()
	f.UID, f.Title, f.Severity = "11111111-2222", "Coordinated model distillation", campaign.Low
	w.tell(f, "a1")
	f.Sequence, f.Activity, f.Severity, f.Modified = 2, campaign.Update,
		campaign.Critical, start+5*3_600_000
	w.tell(f, "a1")
	f.Sequence, f.Activity, f.CloseReason, f.Modified = 3, campaign.Close,
		"quiet", start+9*3_600_000
	w.tell(f)
	for i := range 3 {
		w.report.Measured(search.Measurement{
			Origin: "prompt template and funding", Members: []string{"a1"},
			Scores: decision.Scores{Harvest: 2}, Margin: float64(i), Found: i == 0,
		})
	}
	page := w.page()
	requireInert(t, page)
	require.Equal(t, 3, matching(t, page, class("letter")), "made, raised, closed")
	require.Contains(t, page, "Critical, confidence 95 %")
	require.Contains(t, page, "20.0 % served by then")
	require.Contains(t, page, "became a finding")
	require.Contains(t, page, "without labels")
	require.NotContains(t, page, "precision")
}

func TestARecordOfAnotherMakingIsCountedAndNotExplained(t *testing.T) {
	w := newWorld(t, "")
	require.NoError(t, w.judge.Write(stage.Out{To: stage.Alerts, Value: []byte(
		`{"severity_id":99,"message":"other","finding_info":{"uid":"u","modified_time":1767225600000}}`,
	)}))
	page := w.page()
	requireInert(t, page)
	require.Contains(t, page, "could not be read back")
}

func TestMeasuredGroupsKeepTheirBestMeasurementAndTheirNumberIsBounded(t *testing.T) {
	truth := &Truth{group: map[string]string{"a": "pool", "b": "pool", "c": "class"}}
	m := newLandscape(10, truth)
	add := func(origin string, margin float64, found bool, members ...string) {
		m.add(&search.Measurement{Origin: origin, Margin: margin, Found: found, Members: members})
	}
	add("prompt_template", -3, false, "a", "b", "c")
	add("prompt_template", -1, false, "c", "a", "b")
	add("prompt_template", -2, true, "a", "b", "c")
	add("payment", -5, false, "a", "c", "x")
	require.Len(t, m.groups, 2)
	best := m.list()[0]
	require.InDelta(t, -1, best.margin, 1e-9)
	require.True(t, best.found, "it became a finding, be it on another measurement")
	require.Equal(t, "pool", best.majority)
	require.InDelta(t, 2.0/3, best.share, 1e-9)
	require.Equal(t, mixed, m.list()[1].majority)
	for i := range 1000 {
		add("stack", -10-float64(i%97), false, "c", fmt.Sprint(i))
	}
	require.Less(t, len(m.groups), 20)
	require.Same(t, best, m.list()[0])
	require.EqualValues(t, 1002, int64(len(m.groups))+m.dropped)
	require.InDelta(t, -10, m.closest["class"].margin, 1e-9)
}

func TestTheLineIsDrawnWhereTheMarginIsZero(t *testing.T) {
	w := newWorld(t, "")
	o := campaign.DefaultOptions()
	w.report.Measured(search.Measurement{
		Origin: "stack", Members: []string{"a"},
		Scores: decision.Scores{Coordination: 5, Harvest: 2},
	})
	groups := w.report.groups.list()
	list, of := w.report.seriesOf(groups)
	p := w.report.scoreCharts(groups, list, of)[0]
	on := func(coordination float64) float64 {
		margin := func(x, y float64) float64 {
			return decision.Rules[decision.Combined].Margin(&decision.Scores{
				Coordination: p.x.inverse().at(x), Harvest: p.y.inverse().at(y),
				Size: decision.FullSize,
			}, &o.Policy)
		}
		return p.y.inverse().at(p.lowest(margin, p.x.at(coordination)))
	}
	require.InDelta(t, o.Harvest, on(o.Total), 1e-6)
	require.InDelta(t, o.Total-2, on(2), 1e-6)
	require.True(t, strings.HasSuffix(p.Beyond, "Z"))
	require.NotEmpty(t, p.High)
	require.Len(t, p.Labels, 3)
}

func TestAxesHaveRoundTicks(t *testing.T) {
	labels := func(ticks []tick) (out []string) {
		for _, k := range ticks {
			out = append(out, strings.TrimSpace(k.Label+" "+k.Below))
		}
		return out
	}
	require.Equal(t, []string{"−2", "0", "2", "4"}, labels(numbers(scale{-3, 5, 0, 100}, 4, "")))
	require.Equal(
		t, []string{"0 %", "50 %", "100 %"}, labels(numbers(scale{0, 100, 0, 100}, 4, " %")),
	)
	require.Equal(t, []string{"0", "20k", "40k"}, labels(numbers(scale{0, 51_000, 0, 100}, 3, "")))
	day := 86_400_000.0
	require.Equal(
		t, []string{"00:00 1 Jan", "12:00", "00:00 2 Jan", "12:00"},
		labels(times(scale{float64(start), float64(start) + 1.6*day, 0, 100}, 4)),
	)
	require.Equal(
		t, []string{"1 Jan", "8 Jan", "15 Jan"},
		labels(times(scale{float64(start), float64(start) + 20*day, 0, 100}, 4)),
	)
	require.LessOrEqual(
		t, len(times(scale{float64(start), float64(start) + 4000*day, 0, 100}, 8)), 9,
	)
}

func TestRangesAreWideWhereThereIsLittleToGoBy(t *testing.T) {
	low, high := wilson(10, 10)
	require.InDelta(t, .722, low, .001)
	require.InDelta(t, 1, high, 1e-9)
	low, high = wilson(0, 10)
	require.InDelta(t, 0, low, 1e-9)
	require.InDelta(t, .278, high, .001)
	low, high = wilson(0, 0)
	require.Zero(t, low)
	require.InDelta(t, 1, high, 1e-9)
}
