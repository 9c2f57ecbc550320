package demo

import (
	"github.com/prometheus/client_golang/prometheus"
)

// gauges reads figures from the service's own metrics.
type gauges struct{ metrics prometheus.Gatherer }

// sum adds up a metric's series that carry the label, or all of them when it is empty.
func (g gauges) sum(name, label, value string) float64 {
	// A collector that fails leaves the others' figures.
	families, _ := g.metrics.Gather()
	total := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			match := label == ""
			for _, l := range m.GetLabel() {
				match = match || l.GetName() == label && l.GetValue() == value
			}
			if match {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return total
}
