package pipeline

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the pipeline's Prometheus metrics, shared by all stages of a process. No label holds
// anything about an account.
type Metrics struct {
	events      *prometheus.CounterVec
	upkeep      *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	lag         *prometheus.GaugeVec
	held        *prometheus.GaugeVec
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
	filled      *prometheus.CounterVec
	fields      *prometheus.CounterVec
	findings    *prometheus.CounterVec
	accounts    *prometheus.CounterVec
	byTenant    *prometheus.CounterVec
	tenants     tenantLabels
}

// NewMetrics makes the metrics and registers them. It panics when they are registered already, as
// registering does.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "stillwatch", Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "stillwatch", Name: name, Help: help}, labels)
		reg.MustRegister(g)
		return g
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "stillwatch", Name: name, Help: help, Buckets: buckets}, []string{"stage"})
		reg.MustRegister(h)
		return h
	}
	seconds := prometheus.ExponentialBuckets(0.0005, 2.5, 12)
	return &Metrics{
		events:      counter("events_total", "Records processed, by result.", "stage", "result"),
		upkeep:      counter("upkeep_total", "What a stage did with the accounts that it keeps, by action.", "stage", "action"),
		deadLetters: counter("dead_letters_total", "Records that could not be read or written, by reason.", "stage", "reason"),
		dropped:     counter("dropped_total", "Records left out of the state, by reason.", "stage", "reason"),
		lag:         gauge("consumer_lag", "Records of an owned partition that are not processed yet.", "stage", "topic", "partition"),
		held:        gauge("state_held", "What the owned partitions hold in memory, by kind.", "stage", "topic", "partition", "kind"),
		batch:       histogram("batch_duration_seconds", "Time from having a batch to having committed it.", seconds),
		commit:      histogram("commit_duration_seconds", "Time to commit state and offset to Redis, without retries.", seconds),
		produce:     histogram("produce_duration_seconds", "Time until all records of a batch were acknowledged, without retries.", seconds),
		records:     histogram("batch_records", "Records per batch.", prometheus.ExponentialBuckets(1, 4, 8)),
		stateKeys:   counter("state_keys_written_total", "State keys written or deleted.", "stage"),
		stateBytes:  counter("state_bytes_written_total", "Bytes of state written.", "stage"),
		repaired:    counter("state_repaired_total", "Entries of stored state that an earlier version wrote wrongly and that were mended when they were loaded, by what was wrong.", "stage", "what"),
		owned:       gauge("partitions_owned", "Partitions that this process works on.", "stage"),
		fenced:      counter("fenced_total", "Times another owner took over a partition that this process still worked on.", "stage"),
		retries:     counter("retries_total", "Operations tried again after an error that may pass.", "stage", "op"),
		produced:    counter("produced_total", "Records produced and acknowledged, by output.", "stage", "output"),
		filled:      counter("enrich_filled_total", "Events in which a field was filled from the account facts or the network databases.", "stage", "field"),
		fields:      counter("event_fields_total", "Events in which a field is known that some detector needs.", "stage", "field"),
		findings:    counter("findings_total", "Findings sent, by activity.", "stage", "activity"),
		byTenant: counter("dead_letters_by_tenant_total",
			"What could not be read and still named its account, by reason; each item of a record counts. Tenants beyond the first hundred are \"other\".",
			"stage", "tenant", "reason"),
		accounts: counter("account_records_total", "Account records sent, by status.", "stage", "status"),
		rebuild:  histogram("rebuild_duration_seconds", "Time to rebuild a partition's memory when it was opened.", prometheus.ExponentialBuckets(0.01, 4, 10)),
	}
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
}

func (m *Metrics) forStage(stage string) *stageMetrics {
	l := prometheus.Labels{"stage": stage}
	return &stageMetrics{
		m: m, stage: stage,
		batch: m.batch.With(l), commit: m.commit.With(l), produce: m.produce.With(l), records: m.records.With(l), rebuild: m.rebuild.With(l),
		stateKeys: m.stateKeys.With(l), stateBytes: m.stateBytes.With(l), fenced: m.fenced.With(l), owned: m.owned.With(l),
		events: m.events.MustCurryWith(l), dropped: m.dropped.MustCurryWith(l), letter: m.deadLetters.MustCurryWith(l),
		retries: m.retries.MustCurryWith(l), produced: m.produced.MustCurryWith(l),
		upkeep: m.upkeep.MustCurryWith(l), repaired: m.repaired.MustCurryWith(l),
	}
}

// count adds a stage's counts. A key is "result" or "result:reason". Dead letters and what was left
// out are counted by reason too. What is not the result of one record has metrics of its own, so
// that the sum over the results is the number of records.
func (m *stageMetrics) count(counts map[string]int64) {
	for key, n := range counts {
		if n <= 0 {
			continue
		}
		result, reason, _ := strings.Cut(key, ":")
		switch result {
		case "field":
			m.m.fields.WithLabelValues(m.stage, orUnknown(reason)).Add(float64(n))
			continue
		case "filled":
			m.m.filled.WithLabelValues(m.stage, orUnknown(reason)).Add(float64(n))
			continue
		case "finding":
			m.m.findings.WithLabelValues(m.stage, orUnknown(reason)).Add(float64(n))
			continue
		case "account":
			m.m.accounts.WithLabelValues(m.stage, orUnknown(reason)).Add(float64(n))
			continue
		case "tenant_dead_letter":
			reason, tenant, _ := strings.Cut(reason, ":")
			m.m.byTenant.WithLabelValues(m.stage, m.m.tenants.of(tenant), reason).Add(float64(n))
			continue
		case "published", "published_early", "quarantined", "reset", "expired", "evicted", "source_forgotten", "unjoined", "unread_body", "unread_value", "filler", "unchecked_sketch":
			m.upkeep.WithLabelValues(result).Add(float64(n))
			continue
		}
		m.events.WithLabelValues(result).Add(float64(n))
		switch result {
		case "dead_letter":
			m.letter.WithLabelValues(orUnknown(reason)).Add(float64(n))
		case "dropped":
			m.dropped.WithLabelValues(orUnknown(reason)).Add(float64(n))
		case "late", "duplicate":
			if reason != "" {
				result += "_" + reason
			}
			m.dropped.WithLabelValues(result).Add(float64(n))
		}
	}
}

func orUnknown(reason string) string {
	if reason == "" {
		return "unknown"
	}
	return reason
}
