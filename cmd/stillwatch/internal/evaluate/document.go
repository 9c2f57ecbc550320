package evaluate

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"
)

//go:embed document.md.tmpl
var page string

// section is a family's part of the document.
type section struct {
	family

	Worlds []World
	Sum    summary
	Plots  []image
}

type image struct{ Path, Alt string }

// Document is the report, ready to be written.
type Document struct {
	// Markdown is the page, Images the plots by file name.
	Markdown string
	Images   map[string]string
}

// Render makes the document.
func Render(r Report) (*Document, error) {
	doc := &Document{Images: map[string]string{}}
	data := struct {
		Report

		// Own are the worlds that everybody can make, section by section.
		Own      []World
		Sum      summary
		Sections map[string]section
		Given    section
	}{Report: r, Sections: map[string]section{}}
	for _, f := range families {
		s := section{family: f, Worlds: within(r.Worlds, func(w *World) bool {
			return !w.External && strings.HasPrefix(w.Name, f.Prefix)
		})}
		if len(s.Worlds) == 0 {
			continue
		}
		data.Own = append(data.Own, s.Worlds...)
		s.Sum = sum(s.Worlds)
		if s.Sum.Campaigns > 0 {
			s.Plots = doc.draw(&r, s)
		}
		data.Sections[strings.TrimSuffix(f.Prefix, "-")] = s
	}
	data.Sum = sum(data.Own)
	data.Given.Worlds = within(r.Worlds, func(w *World) bool { return w.External })
	t, err := template.New("evaluation").Funcs(template.FuncMap{
		"percent": percent, "share": share, "cell": cell, "nearest": nearest,
		"upper": ruleOfThree, "failures": failures,
	}).Parse(page)
	if err != nil {
		return nil, fmt.Errorf("read the template of the evaluation: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("write the evaluation: %w", err)
	}
	doc.Markdown = b.String()
	return doc, nil
}

// draw makes a section's two plots.
func (d *Document) draw(r *Report, s section) []image {
	kind := strings.TrimSuffix(s.Prefix, "-")
	var out []image
	for _, p := range []struct {
		name, title, axis string
		mark              float64
		bars              []bar
	}{
		{
			"leaked", s.Title + ": leaked",
			"share of the harvest served when half of the accounts were named; dashed: a quarter",
			early, leakBars(s.Worlds),
		},
		{
			"recall", s.Title + ": recall",
			"share of the campaign's accounts that were named in the end", 0, recallBars(s.Worlds),
		},
	} {
		name := "evaluation-" + kind + "-" + p.name + ".svg"
		d.Images[name] = plot(p.title, p.axis, p.mark, p.bars)
		out = append(out, image{r.Images + "/" + name, p.title + ": " + p.axis})
	}
	return out
}

func within(worlds []World, keep func(*World) bool) []World {
	var out []World
	for i := range worlds {
		if keep(&worlds[i]) {
			out = append(out, worlds[i])
		}
	}
	order(out)
	return out
}

func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return percent(float64(n) / float64(of))
}

// cell makes a text fit into a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(s, "Ladder: ")), "|", `\|`)
}

// nearest says how far the nearest group stayed away.
func nearest(bits float64) string {
	switch {
	case math.IsInf(bits, -1):
		return "none near"
	case bits >= 0:
		return fmt.Sprintf("%.1f beyond", bits)
	default:
		return fmt.Sprintf("%.1f below", -bits)
	}
}

// ruleOfThree is the number of findings a day that so many days without one cannot rule out, with
// 95 % confidence (Hanley and Lippman-Hand 1983).
func ruleOfThree(days float64) string { return fmt.Sprintf("%.2g", 3/days) }

// failures lists what went wrong in a world, one entry a line.
func failures(worlds []World) []string {
	var out []string
	for i := range worlds {
		w := &worlds[i]
		for _, c := range w.Result.Campaigns {
			switch {
			case !c.Found:
				out = append(out, fmt.Sprintf(
					"%#q: campaign %s (%s, %d accounts) is not found.",
					w.Name, c.ID, cell(c.Kind), c.Accounts,
				))
			case c.HalfLeaked > early:
				out = append(out, fmt.Sprintf(
					"%#q: campaign %s (%s, %d accounts) is found late: %s of its harvest was served before half of its accounts were named, %s were named in the end.",
					w.Name, c.ID, cell(c.Kind), c.Accounts,
					percent(c.HalfLeaked), percent(c.Recall),
				))
			}
		}
		for _, f := range w.Result.False {
			out = append(out, fmt.Sprintf(
				"%#q: a false finding names %d accounts, mostly of %s.", w.Name, f.Members, f.Group,
			))
		}
		groups := make([]string, 0, len(w.Result.WrongBy))
		for g, n := range w.Result.WrongBy {
			groups = append(groups, fmt.Sprintf("%s %d", g, n))
		}
		slices.Sort(groups)
		if len(groups) > 0 {
			out = append(out, fmt.Sprintf(
				"%#q: honest accounts named: %s.", w.Name, strings.Join(groups, ", "),
			))
		}
	}
	return out
}
