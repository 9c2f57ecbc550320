// Package metrics reports what a verdict.Client knows to Prometheus. It is a package of its own so
// that a gateway without Prometheus does not import it. None of the figures names an account.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stillwatch/stillwatch/pkg/verdict"
)

// Source is what is reported of; *verdict.Client is one.
type Source interface {
	Stats() verdict.Stats
	Age() (age time.Duration, read bool)
}

type collector struct {
	source                                 Source
	accounts, records, unreadable, up, age *prometheus.Desc
}

// New makes a collector for a registry. The figures are read when they are asked for.
func New(source Source) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(
			prometheus.BuildFQName("stillwatch", "verdict", name), help, labels, nil,
		)
	}
	return &collector{
		source: source,
		accounts: desc("accounts",
			"Accounts by status; unknown are those with a status that this release does not know.",
			"status"),
		records: desc("records_total", "Records of the accounts topic that were read."),
		unreadable: desc("unreadable_records_total",
			"Records that could not be read, so that the account's standing stayed as it was."),
		up: desc("read", "1 when the topic has been read to its end since the start, else 0."),
		age: desc("age_seconds",
			"How long ago the topic was known to its end; absent until it has been read."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.accounts, c.records, c.unreadable, c.up, c.age} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stats := c.source.Stats()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for status, n := range stats.Accounts {
		gauge(c.accounts, float64(n), status.String())
	}
	counter := func(d *prometheus.Desc, value int64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value))
	}
	counter(c.records, stats.Records)
	counter(c.unreadable, stats.Unreadable)
	age, read := c.source.Age()
	if !read {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	gauge(c.age, age.Seconds())
}
