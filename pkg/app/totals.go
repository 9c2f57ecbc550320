package app

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// totals are the metrics of the apps of a process as one series each, whichever app counted: to
// what the app in force has counted is added what those before it had. Without that, a counter of
// few counts could be at 1 before a reload and at 1 after it, and nobody would see the second.
// Gauges are those of the app in force.
type totals struct {
	mu sync.Mutex
	// current are the metrics of the app in force, nil before there is one.
	current prometheus.Gatherer
	// before are the counters and histograms of the apps before it.
	before map[string]*dto.MetricFamily
}

// follow makes an app's metrics the current ones. The app before it has to have stopped: what it
// counts from here on is not seen. With an error, counters begin at 0 again.
func (t *totals) follow(next prometheus.Gatherer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	families, err := t.sum()
	t.current, t.before = next, map[string]*dto.MetricFamily{}
	for _, f := range families {
		if isCounted(f) {
			t.before[f.GetName()] = f
		}
	}
	return err
}

// Gather implements prometheus.Gatherer.
func (t *totals) Gather() ([]*dto.MetricFamily, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum()
}

// sum adds up, into families of its own.
func (t *totals) sum() ([]*dto.MetricFamily, error) {
	if t.current == nil {
		return nil, nil
	}
	families, err := t.current.Gather()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range families {
		seen[f.GetName()] = true
		if before := t.before[f.GetName()]; before != nil {
			f.Metric = addMetrics(f.GetMetric(), before.GetMetric())
		}
	}
	// What only apps before it counted, such as a stage that does not run any more.
	for name, before := range t.before {
		if !seen[name] {
			// A copy, because whoever gathers sorts the metrics.
			families = append(families, &dto.MetricFamily{
				Name: before.Name, Help: before.Help, Type: before.Type, Unit: before.Unit,
				Metric: slices.Clone(before.GetMetric()),
			})
		}
	}
	return families, nil
}

func isCounted(f *dto.MetricFamily) bool {
	return f.GetType() == dto.MetricType_COUNTER || f.GetType() == dto.MetricType_HISTOGRAM
}

// addMetrics adds the metrics of a family that were there before to those that are now.
func addMetrics(now, before []*dto.Metric) []*dto.Metric {
	byLabels := map[string]*dto.Metric{}
	for _, m := range now {
		byLabels[labelsOf(m)] = m
	}
	for _, old := range before {
		m := byLabels[labelsOf(old)]
		switch {
		case m == nil:
			now = append(now, old)
		case m.Counter != nil:
			m.Counter.Value = new(m.Counter.GetValue() + old.GetCounter().GetValue())
			m.Counter.CreatedTimestamp = old.GetCounter().GetCreatedTimestamp()
		case m.Histogram != nil:
			addHistogram(m.GetHistogram(), old.GetHistogram())
		}
	}
	return now
}

// addHistogram adds a histogram of the same buckets.
func addHistogram(now, old *dto.Histogram) {
	now.SampleCount = new(now.GetSampleCount() + old.GetSampleCount())
	now.SampleSum = new(now.GetSampleSum() + old.GetSampleSum())
	now.CreatedTimestamp = old.GetCreatedTimestamp()
	for i, b := range now.GetBucket() {
		b.CumulativeCount = new(b.GetCumulativeCount() + old.GetBucket()[i].GetCumulativeCount())
	}
}

// labelsOf tells the metrics of a family apart. Their labels come in one order.
func labelsOf(m *dto.Metric) string {
	var key strings.Builder
	for _, l := range m.GetLabel() {
		key.WriteString(l.GetName() + "\x00" + l.GetValue() + "\x00")
	}
	return key.String()
}
