package evaluate

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chart is a plot of y over x, both of which may be logarithmic.
type chart struct {
	title, xAxis, yAxis string
	x, y                scale
	series              []series
}

// scale maps values to a part of an axis.
type scale struct {
	from, to float64
	log      bool
	// marks are the values that are written beside the axis.
	marks []mark
}

type mark struct {
	at   float64
	text string
}

// series are points in one colour, joined by lines where line says so.
type series struct {
	name   string
	line   bool
	points [][2]float64
}

// colours are middle tones that are readable on white and on black alike, and told apart by people
// who see no difference between red and green (after Wong 2011).
var colours = [...]string{
	"#4a90d9", "#d9704a", "#3d9970", "#b07cc6", "#c9a227", "#7f8c9a", "#c05a7a", "#5ab4c4", "#8a6d3b",
	"#6b7fd1", "#9ab04a", "#d08ab0",
}

// The measures of a chart in pixels.
const (
	chartWidth  = 760
	chartHeight = 340
	chartLeft   = 60
	chartRight  = 200
	chartTop    = 56
	chartBottom = 52
	dotRadius   = 4
	lineWidth   = 2
	legendPitch = 18
)

// share is where a value lies between the ends of the scale, 0 to 1.
func (s *scale) share(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		v, from, to = math.Log(math.Max(v, 1e-12)), math.Log(from), math.Log(to)
	}
	return math.Min(1, math.Max(0, (v-from)/(to-from)))
}

// shares is a scale of 0 to 100 %.
func shares() scale {
	s := scale{to: 1}
	for i := range 5 {
		s.marks = append(s.marks, mark{float64(i) / 4, fmt.Sprintf("%d %%", 25*i)})
	}
	return s
}

// powers is a logarithmic scale with a mark at each power of ten.
func powers(from, to float64) scale {
	s := scale{from: from, to: to, log: true}
	for e := math.Ceil(math.Log10(from) - 1e-9); e <= math.Log10(to)+1e-9; e++ {
		at := math.Pow(10, e)
		s.marks = append(s.marks, mark{at, fmt.Sprintf("%g", math.Round(at*1e6)/1e6)})
	}
	return s
}

func (c *chart) at(p [2]float64) (x, y float64) {
	const width, height = chartWidth - chartLeft - chartRight, chartHeight - chartTop - chartBottom
	return chartLeft + width*c.x.share(p[0]), chartTop + height*(1-c.y.share(p[1]))
}

// svg draws the chart.
func (c *chart) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="sans-serif" font-size="12">`+"\n",
		chartWidth, chartHeight, chartWidth, chartHeight, html.EscapeString(c.title))
	text := func(x, y float64, anchor, extra, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>`+"\n",
			x, y, anchor, inkColour, extra, html.EscapeString(s))
	}
	grid := func(x1, y1, x2, y2 float64) {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n",
			x1, y1, x2, y2, gridColour)
	}
	const right, bottom = chartWidth - chartRight, chartHeight - chartBottom
	text(chartLeft, 20, "start", ` font-size="14" font-weight="bold"`, c.title)
	text(chartLeft, 40, "start", "", c.yAxis)
	text(chartLeft, chartHeight-10, "start", "", c.xAxis)
	for _, m := range c.x.marks {
		x, _ := c.at([2]float64{m.at, c.y.from})
		grid(x, chartTop, x, bottom)
		text(x, bottom+18, "middle", "", m.text)
	}
	for _, m := range c.y.marks {
		_, y := c.at([2]float64{c.x.from, m.at})
		grid(chartLeft, y, right, y)
		text(chartLeft-6, y+4, "end", "", m.text)
	}
	for i := range c.series {
		s, colour := &c.series[i], colours[i%len(colours)]
		c.draw(&b, s, colour)
		y := float64(chartTop + 8 + legendPitch*i)
		fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="12" height="12" rx="2" fill="%s"/>`+"\n",
			right+16, y-10, colour)
		text(right+34, y, "start", "", s.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c *chart) draw(b *strings.Builder, s *series, colour string) {
	if !s.line {
		for _, p := range s.points {
			x, y := c.at(p)
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%d" fill="%s" fill-opacity="0.7"/>`+"\n",
				x, y, dotRadius, colour)
		}
		return
	}
	points := make([]string, len(s.points))
	for i, p := range s.points {
		x, y := c.at(p)
		points[i] = fmt.Sprintf("%.1f,%.1f", x, y)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%d"/>`+"\n",
		strings.Join(points, " "), colour, lineWidth)
}
