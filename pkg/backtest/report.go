package backtest

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

//go:embed report.html
var reportPage string

// ReportOptions says what a report is about.
type ReportOptions struct {
	// Campaign are the options that the findings were made with: they have the thresholds.
	Campaign campaign.Options
	// Groups is how many measured groups are kept, those nearest to the threshold.
	Groups int
	// Inputs are the names of what was replayed, Version that of the release.
	Inputs  []string
	Version string
}

// DefaultGroups keeps enough groups to show where the benign groups are.
const DefaultGroups = 20_000

// Report collects what a run shows and draws it as one HTML page that needs nothing else. Its
// memory grows with the accounts, as the run's own does.
type Report struct {
	o        ReportOptions
	judge    *Judge
	labelled bool
	groups   *landscape
	// activity holds the requests of each account by the hour. Accounts of two tenants with one
	// name are taken together, as labels do.
	activity    map[string][]hourly
	first, last int64
	observation fingerprint.Observation
	page        *template.Template
}

type hourly struct {
	hour     int32
	requests uint32
}

const hourMillis = 3_600_000

// NewReport makes a report on a run that the judge follows.
func NewReport(o ReportOptions, j *Judge) (*Report, error) {
	t, err := template.New("report").Parse(reportPage)
	if err != nil {
		return nil, fmt.Errorf("parse the report's template: %w", err)
	}
	if o.Groups <= 0 {
		o.Groups = DefaultGroups
	}
	labelled := len(j.truth.Campaigns)+len(j.truth.Benign) > 0
	return &Report{
		o: o, judge: j, labelled: labelled, groups: newLandscape(o.Groups, j.truth),
		activity: map[string][]hourly{}, page: t,
	}, nil
}

// Measured takes a group that correlate measured.
func (r *Report) Measured(c search.Measurement) { r.groups.add(&c) }

// Observed takes an observation.
func (r *Report) Observed(out stage.Out) {
	o := &r.observation
	if o.Alias(out.Value) != nil {
		// The fingerprint stage makes a dead letter of it.
		return
	}
	if r.first == 0 {
		r.first = o.Time
	}
	r.first, r.last = min(r.first, o.Time), max(r.last, o.Time)
	hour := int32(o.Time / hourMillis)
	list, known := r.activity[o.Account]
	// Events come nearly in order.
	for i := len(list) - 1; i >= 0 && list[i].hour >= hour; i-- {
		if list[i].hour == hour {
			list[i].requests++
			return
		}
	}
	list = append(list, hourly{hour, 1})
	if known {
		r.activity[o.Account] = list
	} else {
		r.activity[strings.Clone(o.Account)] = list
	}
}

// page is what the template writes down.
type page struct {
	Inputs, Version, From, To, Days string
	Labelled                        bool
	Tiles                           []tile
	Result                          *Result
	Campaigns                       []campaignRow
	Crowds                          []crowdRow
	Timelines                       []timeline
	ScoreCharts                     []scoreChart
	Series                          []series
	Measured, Groups, Kept          string
	Reliability                     reliability
	Findings                        []card
}

// tile is a headline figure.
type tile struct{ Value, Unit, Label, Note string }

// campaignRow and crowdRow are the rows of the tables, worded as the command prints them.
type campaignRow struct {
	CampaignResult
	Class, Swatch                           string
	HoursText, LeakedText, HalfText, Recall string
}

type crowdRow struct {
	CrowdResult
	Class, Swatch            string
	FalsePerDay, WrongPerDay string
	Closest                  string
	Beyond                   bool
}

// Write draws the page. The same input gives the same bytes.
func (r *Report) Write(w io.Writer, stats Stats) error {
	if err := r.page.Execute(w, r.view(stats)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *Report) view(stats Stats) *page {
	groups := r.groups.list()
	groups = groups[:min(len(groups), r.o.Groups)]
	list, of := r.seriesOf(groups)
	p := &page{
		Inputs: strings.Join(r.o.Inputs, ", "), Version: r.o.Version, Labelled: r.labelled,
		Series: list, Measured: grouped(r.groups.total),
		Groups: grouped(int64(len(r.groups.groups)) + r.groups.dropped),
		Kept:   grouped(int64(len(groups))), Reliability: r.reliability(), Findings: r.cards(list),
	}
	if r.last > 0 {
		p.From, p.To, p.Days = stamp(r.first), stamp(r.last),
			fmt.Sprintf("%.1f", float64(r.last-r.first)/24/hourMillis)
	}
	if len(groups) > 0 {
		p.ScoreCharts = r.scoreCharts(groups, list, of)
	}
	if r.labelled {
		res := r.judge.Result()
		p.Result = &res
		p.tables(list)
		p.Timelines = r.campaignTimelines(&res)
	} else {
		for _, f := range r.judge.order {
			p.Timelines = append(p.Timelines, r.findingTimeline(f))
		}
	}
	p.Tiles = r.tiles(p, stats)
	return p
}

// tables writes the rows of the result.
func (p *page) tables(list []series) {
	of := map[string]*series{}
	for i := range list {
		of[list[i].ID] = &list[i]
	}
	for _, c := range p.Result.Campaigns {
		s := of[c.ID]
		row := campaignRow{
			CampaignResult: c, Class: s.Class, Swatch: s.Swatch,
			HoursText: fmt.Sprintf("%.1f", c.Hours), Recall: fmt.Sprintf("%.3f", c.Recall),
		}
		row.LeakedText, row.HalfText = fmt.Sprintf("%.1f %%", 100*c.Leaked),
			fmt.Sprintf("%.1f %%", 100*c.HalfLeaked)
		if !c.Found {
			row.HoursText = "–"
		}
		p.Campaigns = append(p.Campaigns, row)
	}
	for _, c := range p.Result.Crowds {
		row := crowdRow{
			CrowdResult: c, FalsePerDay: fmt.Sprintf("%.2f", p.Result.PerDay(c.False)),
			WrongPerDay: fmt.Sprintf("%.2f", p.Result.PerDay(c.Wrong)), Class: "g0",
		}
		if s := of[c.ID]; s != nil {
			row.Class, row.Swatch, row.Closest, row.Beyond = s.Class, s.Swatch, s.Closest, s.Beyond
		}
		p.Crowds = append(p.Crowds, row)
	}
}

// tiles are the figures to look at first.
func (r *Report) tiles(p *page, stats Stats) []tile {
	dead := int64(0)
	var reasons []string
	why := stats.DeadReasons()
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		dead += why[reason]
		reasons = append(reasons, fmt.Sprintf("%s %s", reason, grouped(why[reason])))
	}
	traffic := []tile{
		{
			Value: grouped(stats.Records), Label: "records replayed",
			Note: p.Days + " days, " + grouped(int64(len(r.activity))) + " accounts",
		},
		{Value: grouped(dead), Label: "dead letters", Note: strings.Join(reasons, ", ")},
	}
	if !r.labelled {
		high := 0
		for _, f := range r.judge.order {
			if f.severity >= campaign.High {
				high++
			}
		}
		return append([]tile{
			{
				Value: fmt.Sprint(len(r.judge.order)), Label: "findings",
				Note: fmt.Sprintf("%d High or Critical", high),
			},
			{
				Value: grouped(int64(len(r.judge.named))), Label: "accounts named",
				Note: "in findings of severity Medium or more",
			},
		}, traffic...)
	}
	res := p.Result
	found, leaked, hours := 0, []float64{}, []float64{}
	for _, c := range res.Campaigns {
		leaked = append(leaked, 100*c.Leaked)
		if c.Found {
			found++
			hours = append(hours, c.Hours)
		}
	}
	var out []tile
	if len(res.Campaigns) > 0 {
		out = append(
			out,
			tile{
				Value: fmt.Sprintf("%d of %d", found, len(res.Campaigns)), Label: "campaigns found",
				Note: fmt.Sprintf("recall of accounts %.4f", res.Recall),
			},
			tile{
				Value: fmt.Sprintf("%.1f", median(leaked)), Unit: "%",
				Label: "harvest leaked before the finding", Note: "median of the campaigns",
			},
		)
		if found > 0 {
			out = append(out, tile{
				Value: fmt.Sprintf("%.1f", median(hours)), Unit: "h", Label: "to the finding",
				Note: "median of the campaigns found",
			})
		}
		out = append(out, tile{
			Value: fmt.Sprintf("%.4f", res.Precision), Label: "precision",
			Note: fmt.Sprintf("%d accounts named, %d wrongly", res.Named, res.Wrong),
		})
	} else {
		out = append(out, tile{
			Value: fmt.Sprint(res.Named), Label: "accounts named, all wrongly",
			Note: "no campaign is labelled",
		})
	}
	out = append(out, tile{
		Value: fmt.Sprintf("%.2f", res.PerDay(len(res.False))), Unit: "a day",
		Label: "false findings", Note: fmt.Sprintf("%d in %.1f days", len(res.False), res.Days),
	})
	return append(out, traffic...)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
