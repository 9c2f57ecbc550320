package ingest

import (
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// coverage counts in how many events the fields are known that some detector needs, and how many
// bring a sketch instead of text. A gateway that stops to send one makes detectors blind without
// any error.
type coverage struct {
	fields   []fieldCount
	sketches int64
}

type fieldCount struct {
	field gateway.Field
	n     int64
}

// fieldSketch is what a gateway's own sketch is called among the fields.
const fieldSketch = "sketch"

func newCoverage() coverage {
	var needed []string
	for _, d := range detectors.All() {
		for _, need := range d.Spec.Needs {
			needed = append(needed, strings.Split(need, " or ")...)
		}
	}
	var c coverage
	for _, f := range gateway.Fields() {
		if slices.Contains(needed, f.Path) {
			c.fields = append(c.fields, fieldCount{field: f})
		}
	}
	return c
}

// coveredFields are the fields that are counted.
func coveredFields() []string {
	var names []string
	for _, f := range newCoverage().fields {
		names = append(names, f.field.Path)
	}
	return append(names, fieldSketch)
}

func (c *coverage) add(ev *event.Event) {
	for i := range c.fields {
		if c.fields[i].field.Known(ev) {
			c.fields[i].n++
		}
	}
	if ev.Sketch != nil {
		c.sketches++
	}
}

// take moves the counts since the last time.
func (c *coverage) take(counts stage.Counts) {
	for i := range c.fields {
		if f := &c.fields[i]; f.n > 0 {
			counts.Add(f.n, fieldsKnown, f.field.Path)
			f.n = 0
		}
	}
	if c.sketches > 0 {
		counts.Add(c.sketches, fieldsKnown, fieldSketch)
		c.sketches = 0
	}
}
