package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the metrics of all webhooks of a process, besides those that their pipelines have.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	waiting  *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them. It panics when they are registered already, as
// registering does.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "stillwatch_webhook_requests_total",
			Help: "Requests to a webhook, by the class of the answer: 2xx, 3xx, 4xx, 5xx; none when there was no answer.",
		}, []string{"webhook", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "stillwatch_webhook_request_duration_seconds",
			Help: "Time from a request to its answer, or to the end of waiting for it.",
			// From a service in the next room to the longest time-out.
			Buckets: prometheus.ExponentialBuckets(0.005, 3, 11),
		}, []string{"webhook"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "stillwatch_webhook_waiting_records",
			Help: "Records that were not taken at the last attempt and wait for the next.",
		}, []string{"webhook"}),
	}
	reg.MustRegister(m.requests, m.duration, m.waiting)
	return m
}

// noAnswer is the code of a request that had no answer.
const noAnswer = "none"

// sinkMetrics are those of one webhook.
type sinkMetrics struct {
	codes    map[string]prometheus.Counter
	duration prometheus.Observer
	waiting  prometheus.Gauge
}

// of returns the metrics of a webhook. They exist from now on, at 0.
func (m *Metrics) of(webhook string) sinkMetrics {
	s := sinkMetrics{
		codes:    map[string]prometheus.Counter{},
		duration: m.duration.WithLabelValues(webhook), waiting: m.waiting.WithLabelValues(webhook),
	}
	for _, code := range []string{"2xx", "3xx", "4xx", "5xx", noAnswer} {
		s.codes[code] = m.requests.WithLabelValues(webhook, code)
	}
	return s
}

// answered counts a request by its status, 0 for none.
func (m *sinkMetrics) answered(status int, took time.Duration) {
	code := noAnswer
	switch status / 100 {
	case 2:
		code = "2xx"
	case 3:
		code = "3xx"
	case 4:
		code = "4xx"
	case 5:
		code = "5xx"
	}
	m.codes[code].Inc()
	m.duration.Observe(took.Seconds())
}
