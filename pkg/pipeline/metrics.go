package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Metrics are the pipeline's Prometheus metrics, shared by all stages of a process, with those that
// stages declare for themselves. No label holds anything about an account.
type Metrics struct {
	events      *prometheus.CounterVec
	upkeep      *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	lag         *prometheus.GaugeVec
	sizes       *prometheus.GaugeVec
	batch       *prometheus.HistogramVec
	commit      *prometheus.HistogramVec
	produce     *prometheus.HistogramVec
	records     *prometheus.HistogramVec
	stateKeys   *prometheus.CounterVec
	stateBytes  *prometheus.CounterVec
	owned       *prometheus.GaugeVec
	fenced      *prometheus.CounterVec
	retries     *prometheus.CounterVec
	produced    *prometheus.CounterVec
	rebuild     *prometheus.HistogramVec
	repaired    *prometheus.CounterVec
	tenants     tenantLabels

	reg prometheus.Registerer
	// mu guards own: the metrics of the stages' own counters, by name.
	mu  sync.Mutex
	own map[string]ownMetric
}

// ownMetric is the metric of a counter of the kind Own.
type ownMetric struct {
	counter *stage.Counter
	vec     *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them. It panics when they are registered already, as
// registering does.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(
			prometheus.CounterOpts{Namespace: "stillwatch", Name: name, Help: help}, labels,
		)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Namespace: "stillwatch", Name: name, Help: help}, labels,
		)
		reg.MustRegister(g)
		return g
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "stillwatch", Name: name, Help: help, Buckets: buckets,
		}, []string{"stage"})
		reg.MustRegister(h)
		return h
	}
	seconds := prometheus.ExponentialBuckets(0.0005, 2.5, 12)
	return &Metrics{
		reg: reg, own: map[string]ownMetric{},
		events: counter("events_total", "Records processed, by result.", "stage", "result"),
		upkeep: counter(
			"upkeep_total", "What a stage did with the accounts that it keeps, by action.",
			"stage", "action",
		),
		deadLetters: counter(
			"dead_letters_total", "Records that could not be read or written, by reason.",
			"stage", "reason",
		),
		dropped: counter(
			"dropped_total", "Records left out of the state, by reason.", "stage", "reason",
		),
		lag: gauge(
			"consumer_lag", "Records of an owned partition that are not processed yet.", "stage",
			"topic", "partition",
		),
		sizes: gauge(
			"state_entries", "What the owned partitions hold in memory, by kind.", "stage", "topic",
			"partition", "kind",
		),
		batch: histogram(
			"batch_duration_seconds", "Time from having a batch to having committed it.", seconds,
		),
		commit: histogram(
			"commit_duration_seconds", "Time to commit state and offset to Redis, without retries.",
			seconds,
		),
		produce: histogram(
			"produce_duration_seconds",
			"Time until all records of a batch were acknowledged, without retries.", seconds,
		),
		records: histogram(
			"batch_records", "Records per batch.", prometheus.ExponentialBuckets(1, 4, 8),
		),
		stateKeys:  counter("state_keys_written_total", "State keys written or deleted.", "stage"),
		stateBytes: counter("state_bytes_written_total", "Bytes of state written.", "stage"),
		repaired: counter(
			"state_repaired_total",
			"Entries of stored state that an earlier version wrote wrongly and that were mended when they were loaded, by what was wrong.",
			"stage", "what",
		),
		owned: gauge("partitions_owned", "Partitions that this process works on.", "stage"),
		fenced: counter(
			"fenced_total",
			"Times another owner took over a partition that this process still worked on.", "stage",
		),
		retries: counter(
			"retries_total", "Operations tried again after an error that may pass.", "stage", "op",
		),
		produced: counter(
			"produced_total", "Records produced and acknowledged, by output.", "stage", "output",
		),
		rebuild: histogram(
			"rebuild_duration_seconds", "Time to rebuild a partition's memory when it was opened.",
			prometheus.ExponentialBuckets(0.01, 4, 10),
		),
	}
}

// Expose makes the metrics of a stage's counters, at 0, before there is a pipeline that counts:
// what comes into being with a count is not seen to grow by it. New does the same for the stage
// that it is given. Again for the same counters is no error; another counter of the same name, or
// one with too many labels, is.
func (m *Metrics) Expose(s stage.Stage) error {
	_, err := m.forStage(s)
	return err
}

// declare registers the metrics of a stage's own counters.
func (m *Metrics) declare(counters []*stage.Counter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range counters {
		if len(c.Labels) > stage.MaxLabels {
			return fmt.Errorf("the counter %s has more than %d labels", c.Name, stage.MaxLabels)
		}
		if c.Kind != stage.Own {
			continue
		}
		if other, ok := m.own[c.Name]; ok {
			if other.counter != c {
				return fmt.Errorf("two counters are called %s", c.Name)
			}
			continue
		}
		opts := prometheus.CounterOpts{Namespace: "stillwatch", Name: c.Name, Help: c.Help}
		labels := []string{"stage"}
		for _, l := range c.Labels {
			labels = append(labels, l.Name)
		}
		vec := prometheus.NewCounterVec(opts, labels)
		if err := m.reg.Register(vec); err != nil {
			return fmt.Errorf("the counter %s: %w", c.Name, err)
		}
		m.own[c.Name] = ownMetric{c, vec}
	}
	return nil
}

// stageMetrics are the metrics of one stage, with its label resolved.
type stageMetrics struct {
	m                       *Metrics
	stage                   string
	batch, commit, produce  prometheus.Observer
	records, rebuild        prometheus.Observer
	stateKeys, stateBytes   prometheus.Counter
	fenced                  prometheus.Counter
	owned                   prometheus.Gauge
	events, dropped, letter *prometheus.CounterVec
	retries, produced       *prometheus.CounterVec
	upkeep, repaired        *prometheus.CounterVec
	// declared are the stage's counters, with the metric of those that have one of their own.
	declared map[*stage.Counter]*prometheus.CounterVec
}

// forStage returns the metrics of a stage, with all of its counters that can be at 0.
func (m *Metrics) forStage(st stage.Stage) (*stageMetrics, error) {
	name, counters := st.Name(), st.Counters()
	if err := m.declare(counters); err != nil {
		return nil, fmt.Errorf("stage %s: %w", name, err)
	}
	l := prometheus.Labels{"stage": name}
	s := &stageMetrics{
		m: m, stage: name,
		batch: m.batch.With(l), commit: m.commit.With(l), produce: m.produce.With(l),
		records: m.records.With(l), rebuild: m.rebuild.With(l), stateKeys: m.stateKeys.With(l),
		stateBytes: m.stateBytes.With(l), fenced: m.fenced.With(l), owned: m.owned.With(l),
		events: m.events.MustCurryWith(l), dropped: m.dropped.MustCurryWith(l),
		letter: m.deadLetters.MustCurryWith(l), retries: m.retries.MustCurryWith(l),
		produced: m.produced.MustCurryWith(l),
		upkeep:   m.upkeep.MustCurryWith(l), repaired: m.repaired.MustCurryWith(l),
		declared: map[*stage.Counter]*prometheus.CounterVec{},
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range counters {
		s.declared[c] = nil
		if c.Kind == stage.Own {
			s.declared[c] = m.own[c.Name].vec.MustCurryWith(l)
		}
	}
	s.expose(st.Outputs())
	return s, nil
}

// expose makes the series that the stage can have, at 0, as far as their labels' values are known.
func (m *stageMetrics) expose(outputs []stage.Output) {
	for c, own := range m.declared {
		if c.Kind.IsResult() {
			// Seen without its labels, whatever values these have.
			m.events.WithLabelValues(c.Name)
		}
		for labels := range c.Known() {
			m.add(c, own, labels[:len(c.Labels)], 0)
		}
	}
	for _, reason := range [...]string{droppedRetention, droppedTooLarge} {
		m.dropped.WithLabelValues(reason)
	}
	m.letter.WithLabelValues(letterTooLarge)
	for _, op := range [...]string{opAcquire, opLoad, opCommit, opProduce} {
		m.retries.WithLabelValues(op)
	}
	for _, o := range outputs {
		m.produced.WithLabelValues(string(o))
	}
}

// count adds a stage's counts to the metrics of their kinds. The error names what the stage did not
// declare: values of labels, which are counted all the same, and counters, which cannot be.
func (m *stageMetrics) count(counts stage.Counts) error {
	var undeclared []error
	for what, n := range counts {
		if n <= 0 {
			continue
		}
		c := what.Counter
		own, ok := m.declared[c]
		if !ok {
			undeclared = append(undeclared, fmt.Errorf(
				"the stage counts %q, which it does not declare", c.Name,
			))
			continue
		}
		if !what.Declared() {
			undeclared = append(undeclared, fmt.Errorf(
				"the stage counts %q with a label's value that it does not declare", c.Name,
			))
		}
		m.add(c, own, what.Labels[:len(c.Labels)], float64(n))
	}
	return errors.Join(undeclared...)
}

// add adds n to the metrics of a counter's kind. What is not the result of a record is no event, so
// that the sum over the results is the number of records.
func (m *stageMetrics) add(
	c *stage.Counter, own *prometheus.CounterVec, labels []string, n float64,
) {
	if c.Kind.IsResult() {
		m.events.WithLabelValues(c.Name).Add(n)
	}
	switch c.Kind {
	case stage.Processed:
	case stage.Rejected:
		m.letter.WithLabelValues(reasonOf(labels)).Add(n)
	case stage.Dropped:
		m.dropped.WithLabelValues(strings.Join(append([]string{c.Name}, labels...), "_")).Add(n)
	case stage.Upkeep:
		m.upkeep.WithLabelValues(c.Name).Add(n)
	case stage.Repaired:
		m.repaired.WithLabelValues(c.Name).Add(n)
	case stage.Own:
		values := make([]string, len(labels))
		for i, v := range labels {
			if values[i] = orUnknown(v); c.Labels[i].Name == stage.LabelTenant {
				values[i] = m.m.tenants.of(v)
			}
		}
		own.WithLabelValues(values...).Add(n)
	}
}

// What the pipeline itself leaves out or makes dead letters of, as the reasons of metrics.
const (
	// droppedRetention are records that Kafka deleted before they were processed.
	droppedRetention = "retention"
	// droppedTooLarge are dead letters that are too large for their topic, even without content.
	droppedTooLarge = "dead_letter_too_large"
	// letterTooLarge are outgoing records that are too large for their topic.
	letterTooLarge = "record_too_large"
)

// reasonOf is the first label.
func reasonOf(labels []string) string {
	if len(labels) == 0 {
		return unknownLabel
	}
	return orUnknown(labels[0])
}

// unknownLabel stands for a label without a value.
const unknownLabel = "unknown"

func orUnknown(label string) string {
	if label == "" {
		return unknownLabel
	}
	return label
}
