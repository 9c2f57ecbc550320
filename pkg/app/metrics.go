package app

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// How it went to read something again, as metrics name it.
const (
	resultOK        = "ok"
	resultUnchanged = "unchanged"
	resultFailed    = "failed"
)

// processMetrics are the metrics of the process, whatever runs in it: what it is and what it takes.
func processMetrics(version string) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "stillwatch_build_info",
		Help: "Always 1; the labels say what is running.",
	}, []string{"version", "goversion"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	reg.MustRegister(
		build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return reg
}

// reloadMetrics tell how it went to put changed configurations in force, as Prometheus tells it of
// its own.
type reloadMetrics struct {
	reloads    *prometheus.CounterVec
	successful prometheus.Gauge
	at         prometheus.Gauge
}

func newReloadMetrics(reg prometheus.Registerer) *reloadMetrics {
	m := &reloadMetrics{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "stillwatch_config_reloads_total",
			Help: "Times the configuration was read again, by result: ok, unchanged, failed (the one before stays in force).",
		}, []string{"result"}),
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "stillwatch_config_last_reload_successful",
			Help: "1 when the configuration that was read last is in force, 0 when it could not be put in force.",
		}),
		at: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "stillwatch_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last read and found in force or put in force, in Unix seconds.",
		}),
	}
	for _, result := range [...]string{resultOK, resultUnchanged, resultFailed} {
		m.reloads.WithLabelValues(result)
	}
	reg.MustRegister(m.reloads, m.successful, m.at)
	return m
}

func (m *reloadMetrics) ok() {
	m.reloads.WithLabelValues(resultOK).Inc()
	m.succeeded()
}

func (m *reloadMetrics) unchanged() {
	m.reloads.WithLabelValues(resultUnchanged).Inc()
	m.succeeded()
}

func (m *reloadMetrics) failed() {
	m.reloads.WithLabelValues(resultFailed).Inc()
	m.successful.Set(0)
}

// succeeded says that what was read last is in force.
func (m *reloadMetrics) succeeded() {
	m.successful.Set(1)
	m.at.SetToCurrentTime()
}
