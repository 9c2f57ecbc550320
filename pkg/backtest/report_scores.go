package backtest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
)

// The score charts' geometry.
const (
	chartWidth, chartHeight                      = 640, 520
	chartLeft, chartRight, chartTop, chartBottom = 52, 14, 14, 48
	// planeCell is the size of the square in which one marker of a series stands for all of its
	// kind.
	chartCell = 4
)

// series is a set of measured groups that share a colour: those that are mostly one campaign or one
// benign group.
type series struct {
	// Class is the colour's CSS class, Number its place in the legend.
	Class, ID, Kind string
	Number          int
	Shape           int
	Campaign        bool
	Groups          int
	// Closest says how near to the threshold the best of them came.
	Closest string
	Beyond  bool
	Swatch  string
}

// dot is one measured group on a chart.
type dot struct {
	Series      int
	Class, Path string
	Title       string
}

// scoreChart draws what was measured on two axes.
type scoreChart struct {
	Title, XLabel, YLabel, Note             string
	Width, Height, Left, Right, Top, Bottom float64
	ZeroX, ZeroY, MiddleX, MiddleY          float64
	X, Y                                    []tick
	Dots                                    []dot
	// Line is where findings begin, High where High ones do, Second the threshold of the operator
	// rule; Beyond is the region beyond Line.
	Line, High, Second, Beyond string
	Labels                     []mark

	x, y scale
}

// colours is how many colours campaigns have, greys how many benign groups have; shapes multiply
// them.
const colours, greys = 6, 3

// seriesOf lists who is drawn, campaigns first, in the order of the truth. Without one it is what
// became a finding, and where the other groups came from.
func (r *Report) seriesOf(groups []*group) (list []series, of func(*group) int) {
	index := map[string]int{}
	add := func(id, kind string, campaign bool) {
		if _, known := index[id]; known {
			return
		}
		n := 0
		for i := range list {
			if list[i].Campaign == campaign {
				n++
			}
		}
		s := series{ID: id, Kind: kind, Campaign: campaign, Number: len(list)}
		// Colour and shape both change from one to the next, so that no two of a dozen are alike.
		s.Shape = (n + n/12) % numShapes
		if s.Class = fmt.Sprintf("g%d", n%greys); campaign {
			s.Class = fmt.Sprintf("c%d", n%colours)
		}
		s.Swatch = shape(s.Shape, 8, 8, 5)
		index[id] = len(list)
		list = append(list, s)
	}
	name := func(g *group) string { return g.majority }
	if r.labelled {
		for _, c := range r.judge.truth.Campaigns {
			add(c.ID, c.Kind, true)
		}
		for _, c := range r.judge.truth.Benign {
			add(c.ID, c.Kind, false)
		}
	} else {
		name = func(g *group) string {
			if g.found {
				return "became a finding"
			}
			origin, _, _ := strings.Cut(strings.TrimSuffix(g.origin, ", fitted"), " and ")
			return "found by " + origin
		}
		add("became a finding", "", true)
	}
	for _, id := range sortedNames(groups, name) {
		kind := ""
		if id == mixed {
			kind = "no group has half of the accounts"
		}
		add(id, kind, false)
	}
	// The groups come best first. The best of a crowd that is far from any line may have been let
	// go since.
	for _, g := range groups {
		s := &list[index[name(g)]]
		if s.Groups++; s.Closest == "" {
			s.Closest, s.Beyond = nearest(g), g.margin >= 0
		}
	}
	for i := range list {
		if g := r.groups.closest[list[i].ID]; g != nil && r.labelled && list[i].Closest == "" {
			list[i].Closest = nearest(g)
		}
	}
	return list, func(g *group) int { return index[name(g)] }
}

func sortedNames(groups []*group, name func(*group) string) []string {
	seen := map[string]bool{}
	var out []string
	for _, g := range groups {
		if n := name(g); !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// nearest describes the group that came nearest to the threshold.
func nearest(g *group) string {
	return fmt.Sprintf("%d accounts, %s", g.size, bitsBeyond(g.margin))
}

// bitsBeyond says on which side of the threshold a margin lies.
func bitsBeyond(margin float64) string {
	if margin >= 0 {
		return fmt.Sprintf("%.1f bits beyond the threshold", margin)
	}
	return fmt.Sprintf("%.1f bits below the threshold", -margin)
}

// scoreCharts draws coordination against harvest.
func (r *Report) scoreCharts(groups []*group, list []series, of func(*group) int) []scoreChart {
	o := &r.o.Campaign
	chart := r.scoreChart(groups, list, of, func(g *group) float64 { return g.coordination })
	chart.Title, chart.XLabel, chart.YLabel = "Coordination and harvest",
		"coordination beyond the best honest explanation, bits", "harvest, bits"
	chart.Note = fmt.Sprintf(
		"A finding needs %s bits of coordination, %s of harvest and %s in sum; it is High from %s bits in sum. "+
			"Groups of fewer than %d accounts need more. Dashed: from %s bits of coordination on, conversations that move between the accounts are enough in place of a harvest. "+
			"The purpose rule, for a text that demands what only a harvest needs (%s bits of it and %s of harvest), needs less coordination and is not drawn.",
		number(o.Coordination), number(o.Harvest), number(o.Total),
		number(o.Total+o.HighMargin), decision.FullSize, number(o.Operator), number(o.Purpose),
		number(o.PurposeHarvest()),
	)
	at := func(x, y float64) *decision.Scores {
		return &decision.Scores{
			Coordination: x, Harvest: y, Size: decision.FullSize, Moved: math.Inf(1),
		}
	}
	chart.lines(
		func(x, y float64) float64 {
			return decision.Rules[decision.Combined].Margin(at(x, y), &o.Policy)
		},
		o.HighMargin,
		func(x, y float64) float64 {
			return decision.Rules[decision.Operator].Margin(at(x, y), &o.Policy)
		},
	)
	return []scoreChart{chart}
}

// scoreChart places the groups.
func (r *Report) scoreChart(
	groups []*group, list []series, of func(*group) int, value func(*group) float64,
) scoreChart {
	p := scoreChart{
		Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartWidth - chartRight,
		Top: chartTop, Bottom: chartHeight - chartBottom,
	}
	p.MiddleX, p.MiddleY = (p.Left+p.Right)/2, (p.Top+p.Bottom)/2
	o := &r.o.Campaign
	xlo, xhi, ylo, yhi := -1.0, o.Total+2, -1.0, o.Harvest+3
	for _, g := range groups {
		xlo, xhi = math.Min(xlo, value(g)), math.Max(xhi, value(g))
		ylo, yhi = math.Min(ylo, g.harvest), math.Max(yhi, g.harvest)
	}
	x := scale{math.Floor(xlo - .3), math.Ceil(xhi + .3), p.Left, p.Right}
	y := scale{math.Floor(ylo - .3), math.Ceil(yhi + .3), p.Bottom, p.Top}
	p.x, p.y = x, y
	p.X, p.Y, p.ZeroX, p.ZeroY = numbers(x, 12, ""), numbers(y, 8, ""), x.at(0), y.at(0)
	type cell struct{ series, x, y int }
	taken := map[cell]bool{}
	// The best come first: they keep their cell, and are drawn last.
	for _, g := range groups {
		at := dot{Series: of(g)}
		gx, gy := x.at(value(g)), y.at(g.harvest)
		c := cell{at.Series, int(gx / chartCell), int(gy / chartCell)}
		if taken[c] && !g.found {
			continue
		}
		taken[c] = true
		s := &list[at.Series]
		at.Class = fmt.Sprintf("%s k%d", s.Class, s.Number)
		if g.found {
			at.Class += " found"
		}
		at.Path = shape(s.Shape, gx, gy, 1.6+.8*math.Log10(float64(max(g.size, 1))))
		at.Title = r.describe(g)
		p.Dots = append(p.Dots, at)
	}
	slices.Reverse(p.Dots)
	slices.SortStableFunc(p.Dots, func(a, b dot) int {
		return cmp.Compare(rank(&list[a.Series]), rank(&list[b.Series]))
	})
	return p
}

// rank draws campaigns above benign groups.
func rank(s *series) int {
	if s.Campaign {
		return 1
	}
	return 0
}

// describe is a dot's tooltip.
func (r *Report) describe(g *group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d account", g.origin, g.size)
	if g.size != 1 {
		b.WriteByte('s')
	}
	if r.labelled {
		fmt.Fprintf(&b, ", %.0f %% of them %s", 100*g.share, g.largest)
	}
	fmt.Fprintf(
		&b, "\ncoordination %.1f, harvest %.1f bits: %s\n%d signal families agree",
		g.coordination, g.harvest, bitsBeyond(g.margin), g.families,
	)
	if g.found {
		b.WriteString("; became a finding")
	}
	if g.bits != "" {
		b.WriteString("\n" + g.bits)
	}
	return b.String()
}

// lines draws where findings begin: the contours of the margin at 0 and, for High ones, at high.
// Either way may be missing.
func (p *scoreChart) lines(
	first func(x, y float64) float64, high float64, second func(x, y float64) float64,
) {
	draw := func(f func(x, y float64) float64, level float64, label string) (line, beyond string) {
		pixels := func(px, py float64) float64 {
			return f(p.x.inverse().at(px), p.y.inverse().at(py)) - level
		}
		line, beyond = p.contour(pixels)
		y := p.lowest(pixels, p.Right)
		// Lines that meet have one name, the last.
		p.Labels = slices.DeleteFunc(p.Labels, func(m mark) bool { return math.Abs(m.Y+5-y) < 14 })
		if line != "" {
			p.Labels = append(p.Labels, mark{X: p.Right - 5, Y: y - 5, Label: label})
		}
		return line, beyond
	}
	if first == nil {
		p.Second, _ = draw(second, 0, "least asked for")
		return
	}
	p.Second, _ = draw(second, 0, "operator rule")
	p.Line, p.Beyond = draw(first, 0, "finding")
	p.High, _ = draw(first, high, "High")
}

// contour finds the curve at which a margin that grows to the right and upwards reaches 0, and the
// region beyond it.
func (p *scoreChart) contour(margin func(x, y float64) float64) (line, beyond string) {
	if margin(p.Right, p.Top) < 0 {
		return "", ""
	}
	left := bisect(p.Left, p.Right, func(x float64) bool { return margin(x, p.Top) >= 0 })
	var l, b path
	b.move(left, p.Top)
	if l.move(left, p.Top); left == p.Left {
		// It comes in from beyond the edge.
		l = path{}
		l.move(left, p.lowest(margin, left))
	}
	for x := left; ; x = math.Min(x+1, p.Right) {
		y := p.lowest(margin, x)
		l.line(x, y)
		b.line(x, y)
		if x >= p.Right {
			break
		}
	}
	b.line(p.Right, p.Top)
	b.b.WriteByte('Z')
	return l.String(), b.String()
}

// lowest is the lowest place in a column that the margin admits. Upwards is towards smaller
// coordinates.
func (p *scoreChart) lowest(margin func(x, y float64) float64, x float64) float64 {
	return -bisect(-p.Bottom, -p.Top, func(up float64) bool { return margin(x, -up) >= 0 })
}

// bisect finds where a condition that stays true once it is begins to be true.
func bisect(lo, hi float64, ok func(float64) bool) float64 {
	if ok(lo) {
		return lo
	}
	for range 40 {
		mid := (lo + hi) / 2
		if ok(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
