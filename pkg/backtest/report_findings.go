package backtest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// card explains one finding.
type card struct {
	Number                      int
	UID, Title, Severity, Class string
	Confidence, Members         int
	Created, Ended, Tenant      string
	Requests                    string
	Summary, Verdict            string
	True, False                 bool
	Coordination, Harvest       axisCard
	Mitigating                  []string
	Families                    []string
	Groups                      []memberGroup
	Shared                      []sharedRow
	Sample                      []string
	SampleMore                  int
	Unreadable                  bool
	CloseReason, NextStep, Seen string
}

// axisCard is what speaks for and against on one axis.
type axisCard struct {
	Question, Bits, Note string
	Rows                 []evidenceRow
}

type evidenceRow struct {
	Detector, Family, Bits, Observed, Expected, Note string
	// Percent is the bar's length, against what the longest of the finding has.
	Percent float64
	Against bool
}

// memberGroup is a labelled group among the members.
type memberGroup struct {
	ID, Kind, Class string
	N               int
	Percent         float64
	Campaign        bool
}

type sharedRow struct {
	Attribute, Value, Share, Baseline string
}

// numberOf is a finding's place in the order of creation, from 1.
func (r *Report) numberOf(f *finding) int { return slices.Index(r.judge.order, f) + 1 }

// cards explains the findings, the most severe first, then in the order of creation.
func (r *Report) cards(list []series) []card {
	classes, kinds := map[string]string{}, map[string]string{}
	for _, s := range list {
		classes[s.ID], kinds[s.ID] = s.Class, s.Kind
	}
	var out []card
	for i, f := range r.judge.order {
		c := card{
			Number: i + 1, UID: f.uid, Severity: severityName(f.severity),
			Class: severityClass(f.severity), Created: stamp(f.created), Members: len(f.members),
		}
		r.explain(&c, f)
		if r.labelled {
			k := r.judge.compose(f, true)
			c.True, c.False = k.isTrue(), !k.isTrue()
			for n, g := range k.groups() {
				if n == 0 {
					c.Verdict = fmt.Sprintf("mostly %s", g)
				}
				c.Groups = append(c.Groups, memberGroup{
					ID: g, Kind: kinds[g], Class: cmp.Or(classes[g], "g0"), N: k.by[g],
					Percent:  percent(float64(k.by[g]), float64(k.members)),
					Campaign: r.judge.truth.campaign[g],
				})
			}
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b card) int {
		return cmp.Compare(r.judge.order[b.Number-1].severity, r.judge.order[a.Number-1].severity)
	})
	return out
}

// percent is a share rounded to a tenth of a percent.
func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return math.Round(1000*part/whole) / 10
}

// explain fills in what the finding's last record says.
func (r *Report) explain(c *card, f *finding) {
	said, err := alert.Parse(f.last)
	if err != nil {
		// A record of another making; that it is there counts all the same.
		c.Title, c.Unreadable = f.message, true
		return
	}
	c.Title, c.Summary, c.Confidence, c.Tenant = said.Title, said.Summary,
		said.Confidence, said.Tenant
	c.Requests, c.Mitigating, c.CloseReason, c.NextStep = grouped(said.Requests), said.Mitigating,
		said.CloseReason, said.NextStep
	c.Seen = stamp(said.FirstSeen) + " to " + stamp(said.LastSeen)
	if said.Activity == campaign.Close {
		c.Ended = stamp(said.Modified)
	}
	if len(c.Mitigating) == 0 {
		// It is in the evidence as well, and a record cut short may have only one of them.
		for _, e := range said.Evidence {
			if e.Bits < 0 {
				c.Mitigating = append(c.Mitigating, e.Note+": "+e.Observed)
			}
		}
	}
	for _, p := range said.Families {
		c.Families = append(c.Families, string(p))
	}
	longest := 1.0
	for _, e := range said.Evidence {
		longest = math.Max(longest, math.Abs(e.Bits))
	}
	c.Coordination = axisCard{
		Question: "do these accounts act as one?", Bits: bitsText(said.Coordination),
	}
	c.Harvest = axisCard{
		Question: "do they collect outputs to train on?", Bits: bitsText(said.Harvest),
	}
	evidence := slices.Clone(said.Evidence)
	slices.SortStableFunc(evidence, func(a, b detectors.Evidence) int {
		return cmp.Compare(b.Bits, a.Bits)
	})
	var sum float64
	for _, e := range evidence {
		row := evidenceRow{
			Detector: e.Detector, Family: string(e.Family), Bits: signed(e.Bits),
			Observed: e.Observed, Expected: e.Expected, Note: e.Note,
			Percent: percent(math.Abs(e.Bits), longest), Against: e.Bits < 0,
		}
		if e.Axis == detectors.Harvest {
			c.Harvest.Rows = append(c.Harvest.Rows, row)
			continue
		}
		sum += e.Bits
		c.Coordination.Rows = append(c.Coordination.Rows, row)
	}
	if sum > said.Coordination+.1 {
		c.Coordination.Note = fmt.Sprintf(
			"The detectors’ bits add up to %.1f; evidence of one cause, such as one program, counts in full only once.",
			sum,
		)
	}
	for _, s := range said.Shared {
		c.Shared = append(c.Shared, sharedRow{
			s.Attribute, s.Value, share(s.Share), share(s.Baseline),
		})
	}
	for _, m := range said.Sample {
		c.Sample = append(c.Sample, m.Account)
	}
	c.SampleMore = max(0, len(f.members)-len(c.Sample))
}

func bitsText(v float64) string { return strings.Replace(fmt.Sprintf("%.1f", v), "-", "−", 1) }

func signed(v float64) string { return strings.Replace(fmt.Sprintf("%+.1f", v), "-", "−", 1) }

// share writes a part of one as a percentage.
func share(v float64) string {
	if v < .1 {
		return fmt.Sprintf("%.2g %%", 100*v)
	}
	return fmt.Sprintf("%.0f %%", 100*v)
}

func severityName(s campaign.Severity) string {
	switch s {
	case campaign.Informational:
		return "Informational"
	case campaign.Low:
		return "Low"
	case campaign.Medium:
		return "Medium"
	case campaign.High:
		return "High"
	case campaign.Critical:
		return "Critical"
	default:
		return "Unknown"
	}
}

func severityClass(s campaign.Severity) string { return "sev-" + strings.ToLower(severityName(s)) }

// short is the beginning of an identity.
func short(uid string) string { return uid[:min(len(uid), 8)] }

// grouped writes a count in groups of three figures.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
