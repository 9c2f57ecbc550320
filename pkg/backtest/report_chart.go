package backtest

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// What is drawn is computed here and in the files beside; the template only writes it down. All
// coordinates are in the units of the SVG's view box, which the page shows at about one to one.

// scale maps values to coordinates.
type scale struct{ lo, hi, from, to float64 }

func (s scale) at(v float64) float64 {
	if s.hi == s.lo {
		return s.from
	}
	return s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

func (s scale) inverse() scale { return scale{s.from, s.to, s.lo, s.hi} }

// tick is a labelled place on an axis.
type tick struct {
	At    float64
	Label string
	// Below is a second line, for the day under the hour.
	Below string
}

// numbers makes about n ticks at round values.
func numbers(s scale, n int, unit string) []tick {
	step := niceStep((s.hi - s.lo) / float64(max(n, 1)))
	var out []tick
	for i := math.Ceil(s.lo/step - 1e-9); i*step <= s.hi+1e-9*step; i++ {
		out = append(out, tick{At: s.at(i * step), Label: number(i*step) + unit})
	}
	return out
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, k := range []float64{1, 2, 5} {
		if k*p >= v*(1-1e-9) {
			return k * p
		}
	}
	return 10 * p
}

// number writes a figure as short as it can: 0.5, 12, 1500, 20k, 3M.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a < 1e-9:
		return "0"
	case a >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 32) + "M"
	case a >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', -1, 32) + "k"
	default:
		return strings.Replace(strconv.FormatFloat(v, 'f', -1, 32), "-", "−", 1)
	}
}

// calendarSteps are the distances between ticks of a time axis.
var calendarSteps = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
	3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour,
	7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// stepFor is the smallest of the steps with at most n of them in a span of milliseconds.
func stepFor(span int64, n int) int64 {
	for _, d := range calendarSteps {
		if span <= int64(n)*d.Milliseconds() {
			return d.Milliseconds()
		}
	}
	last := calendarSteps[len(calendarSteps)-1].Milliseconds()
	return last * (span/(last*int64(n)) + 1)
}

// times makes at most about n ticks; the first, and each that begins another day, says the day.
func times(s scale, n int) []tick {
	step := stepFor(int64(s.hi-s.lo), n)
	var out []tick
	day := ""
	for at := (int64(s.lo) + step - 1) / step * step; float64(at) <= s.hi; at += step {
		t := time.UnixMilli(at).UTC()
		k := tick{At: s.at(float64(at)), Label: t.Format("15:04")}
		if d := t.Format("2 Jan"); d != day {
			k.Below, day = d, d
		}
		if step >= 24*3_600_000 {
			k.Label, k.Below = k.Below, ""
		}
		out = append(out, k)
	}
	return out
}

// stamp writes a moment for the page.
func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }

// path builds the d attribute of an SVG path.
type path struct{ b strings.Builder }

func (p *path) move(x, y float64) { p.op('M', x, y) }
func (p *path) line(x, y float64) { p.op('L', x, y) }

func (p *path) op(c byte, x, y float64) {
	p.b.WriteByte(c)
	p.num(x)
	p.b.WriteByte(' ')
	p.num(y)
}

func (p *path) num(v float64) {
	p.b.WriteString(strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64))
}

// rect adds a closed rectangle.
func (p *path) rect(x, y, w, h float64) {
	p.move(x, y)
	p.line(x+w, y)
	p.line(x+w, y+h)
	p.line(x, y+h)
	p.b.WriteByte('Z')
}

func (p *path) String() string { return p.b.String() }

// numShapes is the number of shapes that tell series apart where colours run out, or are not seen.
const numShapes = 4

// shape is the outline of a marker of about the same area whatever its shape: a circle, a square, a
// triangle, a diamond.
func shape(kind int, x, y, r float64) string {
	var p path
	switch kind % numShapes {
	case 0:
		p.move(x-r, y)
		for _, to := range []float64{2 * r, -2 * r} {
			p.b.WriteByte('a')
			for _, v := range []float64{r, r, 0, 1, 0, to, 0} {
				p.num(v)
				p.b.WriteByte(' ')
			}
		}
		p.b.WriteByte('z')
	case 1:
		p.rect(x-.89*r, y-.89*r, 1.78*r, 1.78*r)
	case 2:
		p.move(x, y-1.35*r)
		p.line(x+1.25*r, y+.85*r)
		p.line(x-1.25*r, y+.85*r)
		p.b.WriteByte('Z')
	default:
		p.move(x, y-1.3*r)
		p.line(x+1.3*r, y)
		p.line(x, y+1.3*r)
		p.line(x-1.3*r, y)
		p.b.WriteByte('Z')
	}
	return p.String()
}
