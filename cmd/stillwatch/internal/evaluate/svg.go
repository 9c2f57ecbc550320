package evaluate

import (
	"fmt"
	"html"
	"strings"
)

// bar is one line of a plot: a share of 1, with the words behind it.
type bar struct {
	label string
	share float64
	text  string
	// bad draws it in the colour of what went wrong.
	bad bool
}

// The measures of a plot in pixels. Middle greys and middle tones are readable on white and on
// black alike, and nothing is painted behind them.
const (
	plotWidth  = 760
	plotLeft   = 190
	plotRight  = 100
	plotTop    = 56
	barPitch   = 24
	barHeight  = 14
	inkColour  = "#808890"
	gridColour = "#80889055"
	goodColour = "#4a90d9"
	badColour  = "#d9704a"
)

// plot draws horizontal bars from 0 to 100 %. mark, when above 0, is a share worth a dashed line.
//
// It is not gonum/plot: where a viewer has another font than the one that gonum/plot measured with,
// names run into the bars and titles are cut off, and the file is twice as large
// (docs/decisions/0015-evaluation-plots.md).
func plot(title, axis string, mark float64, bars []bar) string {
	var b strings.Builder
	height := plotTop + barPitch*len(bars) + 30
	bottom := plotTop + barPitch*len(bars)
	x := func(share float64) float64 { return plotLeft + share*(plotWidth-plotLeft-plotRight) }
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="sans-serif" font-size="12">`+"\n",
		plotWidth, height, plotWidth, height, html.EscapeString(title))
	text := func(x float64, y int, anchor, extra, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="%s" fill="%s"%s>%s</text>`+"\n",
			x, y, anchor, inkColour, extra, html.EscapeString(s))
	}
	text(plotLeft, 20, "start", ` font-size="14" font-weight="bold"`, title)
	text(plotLeft, 38, "start", "", axis)
	for i := range 5 {
		at := x(float64(i) / 4)
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>`+"\n",
			at, plotTop-6, at, bottom, gridColour)
		text(at, bottom+18, "middle", "", fmt.Sprintf("%d %%", 25*i))
	}
	if mark > 0 {
		fmt.Fprintf(&b,
			`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-width="1.5" stroke-dasharray="4 3"/>`+"\n",
			x(mark), plotTop-6, x(mark), bottom, inkColour)
	}
	for i, v := range bars {
		y := plotTop + barPitch*i + (barPitch-barHeight)/2
		colour := goodColour
		if v.bad {
			colour = badColour
		}
		text(plotLeft-8, y+barHeight-3, "end", "", v.label)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n",
			plotLeft, y, max(x(v.share)-plotLeft, 1), barHeight, colour)
		text(x(v.share)+6, y+barHeight-3, "start", "", v.text)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// leakBars shows how much had leaked when half of a campaign's accounts were named.
func leakBars(worlds []World) []bar {
	return bars(worlds, func(w *World, i int) (share float64, text string, bad bool) {
		c := &w.Result.Campaigns[i]
		if c.HalfLeaked >= 1 {
			return 1, "never", true
		}
		return c.HalfLeaked, percent(c.HalfLeaked), c.HalfLeaked > early
	})
}

// recallBars shows the share of a campaign's accounts that were named in the end.
func recallBars(worlds []World) []bar {
	return bars(worlds, func(w *World, i int) (share float64, text string, bad bool) {
		c := &w.Result.Campaigns[i]
		return c.Recall, percent(c.Recall), c.Recall < 0.9
	})
}

// bars makes a bar for every campaign; a world's name does where it has one campaign only.
func bars(
	worlds []World, of func(w *World, campaign int) (share float64, text string, bad bool),
) []bar {
	var out []bar
	for i := range worlds {
		w := &worlds[i]
		for j, c := range w.Result.Campaigns {
			v := bar{label: w.Name}
			if len(w.Result.Campaigns) > 1 {
				v.label += " " + c.ID
			}
			v.share, v.text, v.bad = of(w, j)
			out = append(out, v)
		}
	}
	return out
}
